//! `imchat vectors`: files of signed requests, and what must come of each.

mod case;
mod check;
mod secret;

use std::collections::BTreeMap;
use std::io::Write;

use self::case::Case;
use self::check::Outcome;
use crate::args::VectorsArgs;
use crate::file;
use crate::stop::Stop;
use crate::text::{counted, shown};

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
    /// Why cases were skipped, by provider and scheme.
    skips: BTreeMap<String, usize>,
}

/// Runs all files. None is run where one of them is not in the format: counts that leave out a file say nothing.
pub(crate) fn run(args: &VectorsArgs, out: &mut dyn Write) -> Result<(), Stop> {
    let mut files = Vec::new();
    for path in &args.files {
        let bytes = file::read(path, "the vectors")?;
        let cases = case::parse(&bytes).map_err(|wrong| {
            Stop::usage(format!("{} is no file of vectors: {wrong}; correct it and run again", path.display()))
        })?;
        files.push((path, cases));
    }
    let mut tally = Tally::default();
    for (path, cases) in &files {
        let before = (tally.passed, tally.failed, tally.skipped);
        for case in cases {
            tally.count(case, check::run(case), args.verbose, out)?;
        }
        let since = |now: usize, then: usize| now.saturating_sub(then);
        writeln!(
            out,
            "{}: {} passed, {} failed, {} skipped",
            path.display(),
            since(tally.passed, before.0),
            since(tally.failed, before.1),
            since(tally.skipped, before.2)
        )?;
    }
    for (what, count) in &tally.skips {
        writeln!(out, "skipped {what} ({})", counted(*count, "case"))?;
    }
    writeln!(out, "{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped)?;
    if tally.failed == 0 { Ok(()) } else { Err(Stop::Found(None)) }
}

impl Tally {
    fn count(&mut self, case: &Case, outcome: Outcome, verbose: bool, out: &mut dyn Write) -> Result<(), Stop> {
        let (id, provider) = (shown(&case.id), shown(&case.provider));
        match outcome {
            Outcome::Passed(reason) => {
                self.passed = self.passed.saturating_add(1);
                if verbose {
                    writeln!(out, "ok {provider} {id}{}", remark(case, reason))?;
                }
            }
            Outcome::Failed(what) => {
                self.failed = self.failed.saturating_add(1);
                writeln!(out, "FAILED {provider} {id}: {what}")?;
            }
            Outcome::Skipped(why) => {
                self.skipped = self.skipped.saturating_add(1);
                if verbose {
                    writeln!(out, "skipped {provider} {id}: {}", shown(&why))?;
                }
                let scheme = case.scheme.as_deref().map(|scheme| format!(" [{}]", shown(scheme))).unwrap_or_default();
                let count = self.skips.entry(format!("{provider}{scheme}: {}", shown(&why))).or_default();
                *count = count.saturating_add(1);
            }
        }
        Ok(())
    }
}

/// For which reason it was refused; reasons are not binding, so another one than the file's is a remark.
fn remark(case: &Case, reason: Option<&str>) -> String {
    match (case.reason.as_deref(), reason) {
        (Some(wanted), Some(is)) if wanted != is => format!(": {is} (the file says {})", shown(wanted)),
        (_, Some(is)) => format!(": {is}"),
        (_, None) => String::new(),
    }
}
