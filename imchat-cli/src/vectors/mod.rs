//! `imchat vectors`: files of signed requests, and what must come of each.

mod case;
mod check;
mod secret;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

use self::case::Case;
use self::check::Outcome;
use crate::args::VectorsArgs;
use crate::file;
use crate::report::{self, Report};
use crate::stop::Stop;
use crate::text::{counted, shown};

/// What came of all files.
struct Ran {
    files: Vec<Tally>,
    is_verbose: bool,
}

/// What came of one file.
struct Tally {
    file: String,
    passed: usize,
    failed: usize,
    skipped: usize,
    cases: Vec<Seen>,
}

/// What came of one case.
struct Seen {
    id: String,
    provider: String,
    scheme: Option<String>,
    outcome: Outcome,
    /// For which reason it was refused, and that the file names another one.
    remark: String,
}

/// Runs all files. None is run where one of them is not in the format: counts that leave out a file say nothing.
pub(crate) fn run(args: &VectorsArgs) -> report::Outcome {
    let mut files = Vec::new();
    for path in &args.files {
        let bytes = file::read(path, "the vectors")?;
        let cases = case::parse(&bytes).map_err(|wrong| {
            Stop::usage(format!("{} is no file of vectors: {wrong}; correct it and run again", path.display()))
        })?;
        files.push((path.display().to_string(), cases));
    }
    let files = files.into_iter().map(|(file, cases)| Tally::of(file, &cases)).collect();
    Ok(Box::new(Ran { files, is_verbose: args.verbose }))
}

impl Tally {
    fn of(file: String, cases: &[Case]) -> Self {
        let cases: Vec<Seen> = cases.iter().map(Seen::of).collect();
        let count = |is: fn(&Outcome) -> bool| cases.iter().filter(|case| is(&case.outcome)).count();
        Self {
            file,
            passed: count(|outcome| matches!(outcome, Outcome::Passed(_))),
            failed: count(|outcome| matches!(outcome, Outcome::Failed(_))),
            skipped: count(|outcome| matches!(outcome, Outcome::Skipped(_))),
            cases,
        }
    }
}

impl Seen {
    fn of(case: &Case) -> Self {
        let outcome = check::run(case);
        let remark = match &outcome {
            Outcome::Passed(reason) => remark(case, *reason),
            Outcome::Failed(_) | Outcome::Skipped(_) => String::new(),
        };
        let scheme = case.scheme.clone();
        Self { id: case.id.clone(), provider: case.provider.clone(), scheme, outcome, remark }
    }

    fn line(&self, is_verbose: bool) -> Option<String> {
        let (id, provider) = (shown(&self.id), shown(&self.provider));
        match &self.outcome {
            Outcome::Failed(what) => Some(format!("FAILED {provider} {id}: {what}")),
            Outcome::Passed(_) if is_verbose => Some(format!("ok {provider} {id}{}", self.remark)),
            Outcome::Skipped(why) if is_verbose => Some(format!("skipped {provider} {id}: {}", shown(why))),
            Outcome::Passed(_) | Outcome::Skipped(_) => None,
        }
    }

    fn json(&self) -> Value {
        let (outcome, why) = match &self.outcome {
            Outcome::Passed(reason) => ("passed", reason.map(str::to_owned)),
            Outcome::Failed(what) => ("failed", Some(what.clone())),
            Outcome::Skipped(why) => ("skipped", Some(why.clone())),
        };
        json!({"id": self.id, "provider": self.provider, "scheme": self.scheme, "outcome": outcome, "why": why})
    }
}

impl Ran {
    fn total(&self, count: fn(&Tally) -> usize) -> usize {
        self.files.iter().map(count).fold(0, usize::saturating_add)
    }

    /// Why cases were skipped, by provider and scheme, and how many.
    fn skips(&self) -> BTreeMap<String, usize> {
        let mut skips: BTreeMap<String, usize> = BTreeMap::new();
        for case in self.files.iter().flat_map(|file| &file.cases) {
            let Outcome::Skipped(why) = &case.outcome else { continue };
            let scheme = case.scheme.as_deref().map(|scheme| format!(" [{}]", shown(scheme))).unwrap_or_default();
            let count = skips.entry(format!("{}{scheme}: {}", shown(&case.provider), shown(why))).or_default();
            *count = count.saturating_add(1);
        }
        skips
    }
}

impl Report for Ran {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        for tally in &self.files {
            for line in tally.cases.iter().filter_map(|case| case.line(self.is_verbose)) {
                writeln!(out, "{line}")?;
            }
            let Tally { file, passed, failed, skipped, .. } = tally;
            writeln!(out, "{file}: {passed} passed, {failed} failed, {skipped} skipped")?;
        }
        for (what, count) in &self.skips() {
            writeln!(out, "skipped {what} ({})", counted(*count, "case"))?;
        }
        let (passed, failed) = (self.total(|file| file.passed), self.total(|file| file.failed));
        writeln!(out, "{passed} passed, {failed} failed, {} skipped", self.total(|file| file.skipped))
    }

    fn json(&self) -> Map<String, Value> {
        let files = self.files.iter().map(|tally| {
            let is_told = |case: &&Seen| self.is_verbose || matches!(case.outcome, Outcome::Failed(_));
            let cases: Vec<Value> = tally.cases.iter().filter(is_told).map(Seen::json).collect();
            let Tally { file, passed, failed, skipped, .. } = tally;
            json!({"file": file, "passed": passed, "failed": failed, "skipped": skipped, "cases": cases})
        });
        report::members(json!({
            "passed": self.total(|file| file.passed),
            "failed": self.total(|file| file.failed),
            "skipped": self.total(|file| file.skipped),
            "files": files.collect::<Vec<_>>(),
        }))
    }

    fn fault(&self) -> Option<String> {
        let failed = self.total(|file| file.failed);
        (failed > 0).then(|| format!("{} failed: see what was expected of each and what came", counted(failed, "case")))
    }

    fn says_its_fault(&self) -> bool {
        true
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
