//! Runs steps one after another: a headed, timed line each, a stop at the first failure, a summary at the end.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::packed;
use crate::servers;
use crate::steps::{Step, Tool, Verdict};

/// A step that passed, how long it took, and what it counted.
struct Passed {
    name: &'static str,
    took: Duration,
    counted: String,
}

/// Runs all `steps`; stops at the first that fails and says how to run it again.
pub(crate) fn all(steps: &[Step]) -> ExitCode {
    let root = match root() {
        Ok(root) => root,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::FAILURE;
        }
    };
    let start = Instant::now();
    let mut passed = Vec::new();
    for (number, step) in (1..).zip(steps) {
        println!("\n==> [{number}/{}] {}: {}\n    {}", steps.len(), step.name, step.proves, shell_line(step));
        let start = Instant::now();
        let outcome = one(step, root);
        let took = start.elapsed();
        match outcome {
            Ok(counted) => {
                println!("--- {} passed in {:.1} s", step.name, took.as_secs_f64());
                passed.push(Passed { name: step.name, took, counted });
            }
            Err(problem) => {
                println!("--- {} FAILED after {:.1} s: {problem}", step.name, took.as_secs_f64());
                summarise(&passed);
                println!("  {:<15}{:>7.1} s  FAILED", step.name, took.as_secs_f64());
                for left in steps.iter().skip(number) {
                    println!("  {:<15}{:>9}  not run", left.name, "");
                }
                println!("\nTo run it again, from the root of the repository:\n    {}", rerun(step));
                return ExitCode::FAILURE;
            }
        }
    }
    summarise(&passed);
    println!("\n{} of {} steps passed in {:.1} s", passed.len(), steps.len(), start.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// Runs one step with these options after its line, and prints nothing of its own behind what it prints.
pub(crate) fn with(step: Step, options: &[&str]) -> ExitCode {
    let run = || {
        if step.environment.iter().any(|(name, _)| *name == servers::REQUIRED) {
            servers::provide()?;
        }
        let mut command = command(step.line, root()?)?;
        command.args(options).envs(step.environment.iter().copied());
        command.status().map_err(|error| not_started(&error))
    };
    match run() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn summarise(passed: &[Passed]) {
    println!("\nSummary");
    for Passed { name, took, counted } in passed {
        println!("{}", format!("  {name:<15}{:>7.1} s  passed  {counted}", took.as_secs_f64()).trim_end());
    }
}

/// The root of the repository: the folder above this package.
pub(crate) fn root() -> Result<&'static Path, &'static str> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("xtask has to be a folder of the workspace; move it back there")
}

/// Runs one step; says what it counted, if it counts.
fn one(step: &Step, root: &Path) -> Result<String, String> {
    if let Some(tool) = step.tool {
        provide(tool, root)?;
    }
    if step.environment.iter().any(|(name, _)| *name == servers::REQUIRED) {
        servers::provide()?;
    }
    if step.name == "package" {
        packed::forget(&named(step.line), root)?;
    }
    let mut command = command(step.line, root)?;
    command.envs(step.environment.iter().copied());
    match step.verdict {
        Verdict::Status => succeed(&mut command).map(|()| String::new()),
        Verdict::Packages(limit) => within(limit, &shown(&mut command)?),
        Verdict::Tally => tally(&shown(&mut command)?),
    }
}

/// The packages that a command names with `-p`.
fn named(line: &str) -> Vec<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.iter().zip(words.iter().skip(1)).filter(|(flag, _)| **flag == "-p").map(|(_, name)| *name).collect()
}

/// Installs a tool that is not there yet.
fn provide(tool: Tool, root: &Path) -> Result<(), String> {
    let probe = command(tool.probe, root)?
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| not_started(&error))?;
    if probe.success() {
        return Ok(());
    }
    println!("    `{}` fails, so first: {}", tool.probe, tool.install);
    succeed(&mut command(tool.install, root)?)
        .map_err(|problem| format!("`{}` did not work ({problem}); install the tool by hand", tool.install))
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| not_started(&error))?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

/// Like [`succeed`], and hands back what the command printed once it is on the screen.
fn shown(command: &mut Command) -> Result<String, String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| not_started(&error))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{text}");
    if output.status.success() { Ok(text) } else { Err(output.status.to_string()) }
}

fn not_started(error: &io::Error) -> String {
    format!("the command could not be started ({error}); is cargo installed and on the PATH?")
}

/// Turns a line of a step into a command that runs in `root`.
pub(crate) fn command(line: &str, root: &Path) -> Result<Command, String> {
    let mut words = Vec::new();
    for word in line.split_whitespace() {
        match word.rsplit_once("/*.") {
            Some((folder, extension)) => words.extend(matching(root, folder, extension)?),
            None => words.push(word.to_owned()),
        }
    }
    let mut words = words.into_iter();
    let program = words.next().ok_or("the step has no command; write one in steps.rs")?;
    let mut command = match std::env::var_os("CARGO") {
        Some(cargo) if program == "cargo" => Command::new(cargo),
        _ => Command::new(program),
    };
    command.args(words).current_dir(root);
    // Cargo tells the program it runs about that program's own package. Build scripts of dependencies read the same
    // names, so passing them on would build those again, here and once more in the next command typed by hand.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(name.as_ref());
        }
    }
    Ok(command)
}

/// The files in `folder` with this extension, as paths from `root`, in order of name; none is an error.
fn matching(root: &Path, folder: &str, extension: &str) -> Result<Vec<String>, String> {
    let unreadable = |error| format!("{folder} cannot be read ({error}); is it checked out?");
    let mut files = Vec::new();
    for entry in root.join(folder).read_dir().map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if Path::new(&name).extension().is_some_and(|found| found == extension) {
            files.push(format!("{folder}/{}", name.to_string_lossy()));
        }
    }
    if files.is_empty() {
        return Err(format!("{folder} holds no .{extension} file; is it checked out?"));
    }
    files.sort();
    Ok(files)
}

/// Counts the packages in the output of `cargo tree --prefix none` and refuses more than `limit`, with the list.
fn within(limit: usize, tree: &str) -> Result<String, String> {
    let packages = packages(tree);
    match packages.len() {
        0 => Err("cargo tree names no package; look at its output".to_owned()),
        count if count > limit => {
            let list: String = packages.iter().map(|(name, version)| format!("\n      {name} {version}")).collect();
            Err(format!(
                "{count} packages where at most {limit} are allowed; \
                 take one out, or put it behind a feature that is off by default:{list}"
            ))
        }
        count => Ok(format!("{count} packages of at most {limit}")),
    }
}

/// Reads the last line, `N passed, N failed, N skipped`, and refuses failures and an empty run.
fn tally(output: &str) -> Result<String, String> {
    let last = output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let count = |word| last.split(", ").find_map(|part| part.strip_suffix(word)?.trim_end().parse::<u64>().ok());
    match (count("passed"), count("failed"), count("skipped")) {
        (Some(1..), Some(0), Some(_)) => Ok(last.to_owned()),
        (Some(_), Some(_), Some(_)) => Err(format!("{last}; some have to pass and none may fail")),
        _ => Err("the output does not close with `N passed, N failed, N skipped`; did it run to its end?".to_owned()),
    }
}

/// Name and version of each package once, however often and with whatever remark the tree repeats it.
fn packages(tree: &str) -> BTreeSet<(&str, &str)> {
    tree.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            words.next().zip(words.next())
        })
        .collect()
}

/// The step's command as one would type it.
fn shell_line(step: &Step) -> String {
    let environment: String = step.environment.iter().map(|(name, value)| format!("{name}=\"{value}\" ")).collect();
    format!("{environment}{}", step.line)
}

/// What to type after a failure: the command itself where its exit status is the verdict.
fn rerun(step: &Step) -> String {
    match step.verdict {
        Verdict::Status => shell_line(step),
        Verdict::Packages(_) | Verdict::Tally => format!("cargo xtask test {}", step.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::STEPS;

    #[test]
    fn a_package_counts_once_for_each_version() {
        let tree = "a v1.0.0 (/here/a)\nb v2.0.0\nc v0.1.0 (proc-macro)\nb v2.0.0 (*)\nb v3.0.0\n\n";
        assert_eq!(
            packages(tree),
            BTreeSet::from([("a", "v1.0.0"), ("b", "v2.0.0"), ("b", "v3.0.0"), ("c", "v0.1.0")])
        );
    }

    #[test]
    fn one_package_too_many_is_refused_with_the_list() {
        let tree = "a v1.0.0\nb v2.0.0\n";
        assert!(within(2, tree).is_ok());
        let problem = within(1, tree).unwrap_err();
        assert!(problem.contains("a v1.0.0") && problem.contains("b v2.0.0"), "{problem}");
    }

    #[test]
    fn an_empty_tree_is_not_a_small_one() {
        assert!(within(30, "").is_err());
    }

    #[test]
    fn a_tally_needs_a_pass_and_no_failure() {
        assert!(tally("slack ok\n12 passed, 0 failed, 3 skipped\n").is_ok());
        assert!(tally("12 passed, 1 failed, 3 skipped\n").is_err());
        assert!(tally("0 passed, 0 failed, 15 skipped\n").is_err());
        assert!(tally("12 passed, 0 failed, 3 skipped\nthen it stopped\n").is_err());
        assert!(tally("").is_err());
    }

    #[test]
    fn the_vectors_are_passed_one_by_one() {
        let line = STEPS.iter().find(|step| step.name == "vectors").unwrap().line;
        let command = command(line, root().unwrap()).unwrap();
        let arguments: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert!(arguments.contains(&"tests/vectors/slack.json".into()), "{arguments:?}");
        assert!(!arguments.iter().any(|word| word.contains('*') || word.contains("README")), "{arguments:?}");
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_an_error() {
        assert!(command("cargo run tests/vectors/*.nothing", root().unwrap()).is_err());
        assert!(command("cargo run tests/nowhere/*.json", root().unwrap()).is_err());
    }

    #[test]
    fn a_rerun_repeats_the_environment() {
        let docs = STEPS.iter().find(|step| step.name == "docs").unwrap();
        assert!(rerun(docs).starts_with("RUSTDOCFLAGS=\"-D warnings\" cargo doc "));
    }
}
