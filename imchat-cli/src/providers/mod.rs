//! `imchat providers`: what every scheme of this build signs, and what its platform says of its deliveries.

mod document;
mod row;
mod similar;
mod table;

use std::io::{self, Write};

use imchat_verify::{Scheme, providers};
use serde_json::{Map, Value, json};

use crate::args::ProvidersArgs;
use crate::report::{self, Outcome, Report};
use crate::stop::Stop;
use crate::text::shown;

/// The scheme of this name.
pub(crate) fn by_name(name: &str) -> Result<&'static Scheme, Stop> {
    providers::by_name(name).ok_or_else(|| {
        let known: Vec<&str> = providers::all().iter().map(|scheme| scheme.name()).collect();
        let similar = similar::to(name, &known);
        let meant =
            if similar.is_empty() { String::new() } else { format!("; did you mean {}?", similar.join(" or ")) };
        Stop::usage(format!("unsupported: provider {} is none of {}{meant}", shown(name), known.join(", ")))
    })
}

/// The table, in the form that was asked for.
struct Table {
    rows: Vec<row::Row>,
    is_markdown: bool,
}

pub(crate) fn run(args: &ProvidersArgs) -> Outcome {
    let rows = providers::all().iter().flat_map(|scheme| row::of(scheme)).collect();
    Ok(Box::new(Table { rows, is_markdown: args.markdown }))
}

impl Report for Table {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.is_markdown {
            return table::markdown(&self.rows, out);
        }
        table::aligned(&self.rows, out)?;
        writeln!(out)?;
        for scheme in providers::all().iter().filter(|scheme| !scheme.not_signed().is_empty()) {
            writeln!(out, "{} does not sign {}", scheme.name(), scheme.not_signed().join(", "))?;
        }
        writeln!(out, "A dedup key whose id is absent falls back to the SHA-256 of the body.")
    }

    fn json(&self) -> Map<String, Value> {
        let schemes: Vec<Value> = providers::all().iter().map(|scheme| document::of(scheme)).collect();
        report::members(json!({"providers": schemes}))
    }
}
