//! `cargo xtask fuzz`: libFuzzer over the functions of `imchat-fuzz-targets`, for a while each.
//!
//! The instrumentation is a pass of the compiler that the stable toolchain has too; what needs another toolchain are only the
//! sanitizers, which look for faults that code without `unsafe` does not have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::packages;
use crate::run;

/// The vectors, as bytes for every target.
const SEEDS: &str = "target/fuzz/seeds";
/// What the fuzzers found worth keeping, from one run to the next.
const CORPUS: &str = "target/fuzz/corpus";
/// What once made a target fail, one folder each; the tests of the targets run it too.
const REGRESSIONS: &str = "fuzz/regressions";
const ARTIFACTS: &str = "fuzz/artifacts";
const INSTRUMENT: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// How long each target runs, and which do.
#[derive(Debug, PartialEq, Eq)]
struct Options<'o> {
    seconds: u32,
    /// All where none is named.
    targets: Vec<&'o str>,
}

/// Builds the fuzzers and runs them one after another.
pub(crate) fn all(options: &[&str]) -> ExitCode {
    match parse(options).and_then(|options| fuzz(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn parse<'o>(options: &[&'o str]) -> Result<Options<'o>, String> {
    let mut parsed = Options { seconds: 60, targets: Vec::new() };
    let mut words = options.iter();
    while let Some(word) = words.next() {
        match *word {
            "--seconds" => {
                let number = words.next().and_then(|word| word.parse().ok()).filter(|seconds| *seconds > 0);
                parsed.seconds = number.ok_or("--seconds is followed by how many, at least 1")?;
            }
            option if option.starts_with('-') => {
                return Err(format!("there is no option {option}; there is --seconds N"));
            }
            target => parsed.targets.push(target),
        }
    }
    Ok(parsed)
}

/// Whether no target failed.
fn fuzz(options: &Options<'_>) -> Result<bool, String> {
    let root = run::root()?;
    let known = targets(root)?;
    if let Some(unknown) = options.targets.iter().find(|name| known.iter().all(|known| known != *name)) {
        return Err(format!("there is no target {unknown}; there are {}", known.join(", ")));
    }
    packages::provide(|| packages::without(&[("c++ --version", "g++")]), "the fuzzers are built by programs")?;
    let host = host()?;
    build(root, &host)?;
    let (mut total, mut crashes) = (0_u64, 0_u32);
    for target in known.iter().filter(|name| options.targets.is_empty() || options.targets.contains(&name.as_str())) {
        let (executions, crash) = one(root, &host, target, options.seconds)?;
        total = total.saturating_add(executions);
        crashes = crashes.saturating_add(u32::from(crash.is_some()));
        println!("fuzz target={target} executions={executions} crashes={}", u32::from(crash.is_some()));
        if let Some(input) = crash {
            println!(
                "To reproduce it, from the root of the repository:\n    {program} {input}\nTo keep it as a test that \
                 fails until it is mended:\n    mkdir -p {REGRESSIONS}/{target} && cp {input} {REGRESSIONS}/{target}/ && \
                 cargo test -p imchat-fuzz-targets",
                program = program(&host, target).display(),
            );
        }
    }
    println!("fuzz total executions={total} crashes={crashes}");
    Ok(crashes == 0)
}

/// The targets: a program each.
fn targets(root: &Path) -> Result<Vec<String>, String> {
    let folder = root.join("fuzz/fuzz_targets");
    let unreadable = |error| format!("{} cannot be read ({error}); is it checked out?", folder.display());
    let mut names = Vec::new();
    for entry in folder.read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// The flags would reach build scripts too, which link without libFuzzer, unless a target is named.
fn host() -> Result<String, String> {
    let output =
        Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc does not start ({error})"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "`rustc -vV` names no host; install Rust again".to_owned())
}

fn build(root: &Path, host: &str) -> Result<(), String> {
    let line =
        format!("cargo build --release --manifest-path fuzz/Cargo.toml --target-dir target/fuzz --target {host}");
    println!("    {line}");
    let status = run::command(&line, root)?.env("RUSTFLAGS", INSTRUMENT).status();
    match status {
        Ok(status) if status.success() => {}
        _ => return Err("the fuzzers do not build; the lines above say why".to_owned()),
    }
    let seeds = root.join(SEEDS);
    // Those of vectors that are gone would stay.
    drop(fs::remove_dir_all(&seeds));
    let line = format!("cargo run -q -p imchat-fuzz-targets -- tests/vectors {SEEDS}");
    let written = run::command(&line, root)?.status().is_ok_and(|status| status.success());
    if written { Ok(()) } else { Err(format!("`{line}` failed; the targets start from its seeds")) }
}

/// Where a target's program is, from the root.
fn program(host: &str, target: &str) -> PathBuf {
    ["target/fuzz", host, "release", target].iter().collect()
}

/// Runs a target; says how often it ran, and which input made it fail.
fn one(root: &Path, host: &str, target: &str, seconds: u32) -> Result<(u64, Option<String>), String> {
    let folders = [CORPUS, SEEDS, REGRESSIONS, ARTIFACTS].map(|folder| format!("{folder}/{target}"));
    for folder in &folders {
        fs::create_dir_all(root.join(folder)).map_err(|error| format!("{folder} cannot be made ({error})"))?;
    }
    let [corpus, seeds, regressions, artifacts] = folders;
    let output = Command::new(root.join(program(host, target)))
        .args([&corpus, &seeds, &regressions])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={artifacts}/"))
        .args(["-print_final_stats=1", "-timeout=10", "-max_len=4096"])
        .current_dir(root)
        .stdout(Stdio::null())
        .output()
        .map_err(|error| format!("the fuzzer of {target} does not start ({error})"))?;
    // An empty folder is no file of the repository.
    drop(fs::remove_dir(root.join(regressions)));
    let log = String::from_utf8_lossy(&output.stderr);
    let executions = executions(&log);
    if output.status.success() {
        let executions = executions.ok_or_else(|| format!("the fuzzer of {target} does not say how often it ran"))?;
        return Ok((executions, None));
    }
    let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with('#')).collect();
    eprintln!("{}", lines.get(lines.len().saturating_sub(60)..).unwrap_or_default().join("\n"));
    let input = log.lines().find_map(|line| line.split_once("Test unit written to ")).map(|(_, path)| path.to_owned());
    match input {
        Some(input) => Ok((executions.unwrap_or_default(), Some(input))),
        None => Err(format!("the fuzzer of {target} ended ({}) without an input that makes it fail", output.status)),
    }
}

/// The count in what libFuzzer prints at its end.
fn executions(log: &str) -> Option<u64> {
    log.lines().find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_each_is_what_is_run_unless_told() {
        assert_eq!(parse(&[]), Ok(Options { seconds: 60, targets: Vec::new() }));
        assert_eq!(parse(&["xml", "--seconds", "5"]), Ok(Options { seconds: 5, targets: vec!["xml"] }));
        assert!(
            parse(&["--seconds"]).is_err() && parse(&["--seconds", "0"]).is_err() && parse(&["--minutes"]).is_err()
        );
    }

    #[test]
    fn the_count_is_read_from_the_statistics() {
        assert_eq!(executions("#5 DONE\nstat::number_of_executed_units: 12345\nstat::x: 1"), Some(12_345));
        assert_eq!(executions("Done 7 runs"), None);
    }

    #[test]
    fn every_target_is_a_program_of_the_fuzzers() {
        let root = run::root().unwrap();
        let manifest = fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
        let targets = targets(root).unwrap();
        assert!(targets.len() >= 10 && targets.iter().all(|name| manifest.contains(&format!("name = \"{name}\""))));
    }
}
