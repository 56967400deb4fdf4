//! `imchat completions`: what a shell needs to complete the command's words.

use std::io::{self, Write};

use clap::CommandFactory as _;
use clap_complete::Shell;
use serde_json::{Map, Value, json};

use crate::args::{Args, CompletionsArgs};
use crate::report::{self, Outcome, Report};

struct Script {
    shell: Shell,
    text: String,
}

pub(crate) fn run(args: &CompletionsArgs) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "imchat", &mut script);
    Ok(Box::new(Script { shell: args.shell, text: String::from_utf8_lossy(&script).into_owned() }))
}

impl Report for Script {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())
    }

    fn json(&self) -> Map<String, Value> {
        report::members(json!({"shell": self.shell.to_string(), "script": self.text}))
    }
}
