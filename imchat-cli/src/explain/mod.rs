//! `imchat explain`: why a captured request does not verify.

mod attempt;
mod body;
mod charset;
mod clock;
mod form;
mod head;
mod json;
mod mistakes;
mod search;
mod secret;
mod signs;
mod token;
mod url;

use std::io::{self, Write};

use imchat_verify::Verdict;
use serde_json::{Map, Value, json};

pub(crate) use self::attempt::Attempt;
pub(crate) use self::search::{Explanation, Refused, explain};
use crate::args::ExplainArgs;
use crate::report::{self, Notes, Outcome, Report};
use crate::verify::Looked;

/// What was found out about a request.
struct Explained {
    provider: &'static str,
    /// Nothing where it verifies.
    found: Option<(Refused, Explanation)>,
}

pub(crate) fn run(args: &ExplainArgs, notes: &mut Notes) -> Outcome {
    let looked = Looked::at(&args.capture, notes)?;
    let provider = looked.scheme.name();
    let verifier = match looked.verifier() {
        Ok(verifier) => verifier,
        Err(error) => {
            let refused = Refused::Secrets(error);
            let explanation = explain(&looked.attempt(), &refused, None);
            return Ok(Box::new(Explained { provider, found: Some((refused, explanation)) }));
        }
    };
    let found = match verifier.verify(looked.request.head(), &looked.request.body, looked.now) {
        Ok(Verdict::Event(_) | Verdict::Handshake(_)) => None,
        Err(error) => {
            let refused = Refused::Request(error);
            let explanation = explain(&looked.attempt(), &refused, verifier.current_window());
            Some((refused, explanation))
        }
    };
    Ok(Box::new(Explained { provider, found }))
}

impl Refused {
    /// A short, stable name.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Request(error) => error.reason(),
            Self::Secrets(_) => "unusable_secret",
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Request(error) => error.to_string(),
            Self::Secrets(error) => error.to_string(),
        }
    }
}

impl Report for Explained {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |name: &str, value: &str| writeln!(out, "{name:<12} {value}");
        line("provider", self.provider)?;
        let Some((refused, explanation)) = &self.found else {
            return line("verdict", "authentic: there is nothing to explain");
        };
        line("refused", &format!("{}: {}", refused.reason(), refused.sentence()))?;
        let proved =
            if explanation.proved { "with it undone the request verifies" } else { "by its signs, not proved" };
        let cause = explanation.cause.map(|name| format!("{name} ({proved})"));
        line("cause", cause.as_deref().unwrap_or("none of the usual mistakes fits"))?;
        line("tried", &explanation.tried.join(", "))?;
        line("what to do", &explanation.sentence)
    }

    fn json(&self) -> Map<String, Value> {
        let found = self.found.as_ref();
        report::members(json!({
            "provider": self.provider,
            "authentic": found.is_none(),
            "refused": found.map(|(refused, _)| refused.reason()),
            "cause": found.and_then(|(_, found)| found.cause),
            "proved": found.is_some_and(|(_, found)| found.proved),
            "tried": found.map(|(_, found)| found.tried.clone()).unwrap_or_default(),
        }))
    }

    fn fault(&self) -> Option<String> {
        self.found.as_ref().map(|(_, explanation)| explanation.sentence.clone())
    }

    fn says_its_fault(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
