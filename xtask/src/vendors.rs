//! `cargo xtask vendors`: the vendors' SDKs, installed into a folder of their own under `target`, and the comparison.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::packages;
use crate::run;

/// Where the SDKs are; nothing else is written outside of Cargo's own folders.
const FOLDER: &str = "target/vendors";
const SOURCES: &str = "tests/vendors";
/// Older versions of Node are refused by the SDKs themselves.
const OLDEST_NODE: u32 = 20;

/// Installs what is not there and runs the comparison; its options come last.
pub(crate) fn compare(options: &[&str]) -> ExitCode {
    let installed = run::root().map_err(str::to_owned).and_then(install);
    if let Err(problem) = installed {
        eprintln!("{problem}");
        return ExitCode::FAILURE;
    }
    run::with(crate::steps::VENDORS, options)
}

fn install(root: &Path) -> Result<(), String> {
    packages::provide(missing, "the vendors' SDKs need programs")?;
    let node = node_version().ok_or("`node --version` says nothing; install Node.js again")?;
    if node < OLDEST_NODE {
        return Err(format!(
            "the vendors' SDKs need Node.js {OLDEST_NODE} or later, and this is {node}; install a later one"
        ));
    }
    let (folder, sources) = (root.join(FOLDER), root.join(SOURCES));
    fs::create_dir_all(&folder).map_err(|error| format!("{FOLDER} cannot be made ({error})"))?;
    for name in ["driver.mjs", "driver.py"] {
        copy(&sources, &folder, name)?;
    }
    // A list of versions is copied once it is installed: what differs is not installed.
    if differ(&sources, &folder, "package.json") {
        fs::copy(sources.join("package.json"), folder.join("package.json"))
            .map_err(|error| format!("{FOLDER}/package.json cannot be written ({error})"))?;
        let npm = "npm install --no-audit --no-fund --no-package-lock --ignore-scripts";
        let done = succeed(npm, &folder);
        // Left there, the copy would say that it is.
        done.inspect_err(|_| drop(fs::remove_file(folder.join("package.json"))))?;
    }
    if differ(&sources, &folder, "requirements.txt") {
        succeed("python3 -m venv --clear venv", &folder)?;
        let list = sources.join("requirements.txt");
        succeed(&format!("venv/bin/python -m pip install --quiet --requirement {}", list.display()), &folder)?;
        copy(&sources, &folder, "requirements.txt")?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path, name: &str) -> Result<(), String> {
    let copied = fs::copy(from.join(name), to.join(name));
    copied.map(|_| ()).map_err(|error| format!("{FOLDER}/{name} cannot be written ({error})"))
}

fn differ(sources: &Path, folder: &Path, name: &str) -> bool {
    let read = |folder: &Path| fs::read(folder.join(name)).ok();
    read(folder).is_none() || read(sources) != read(folder)
}

/// Debian's packages whose programs are not there.
fn missing() -> Vec<&'static str> {
    packages::without(&[
        ("node --version", "nodejs"),
        ("npm --version", "npm"),
        ("python3 --version", "python3"),
        ("python3 -m ensurepip --version", "python3-venv"),
    ])
}

fn node_version() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    major(std::str::from_utf8(&output.stdout).ok()?)
}

/// The first number of `v20.1.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn words(line: &str) -> Command {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

fn succeed(line: &str, folder: &Path) -> Result<(), String> {
    println!("    {line}");
    let mut command = words(line);
    // A program in the folder is found from there, whatever the folder of this process.
    if line.starts_with("venv/") {
        command = Command::new(folder.join("venv/bin/python"));
        command.args(line.split(' ').skip(1));
    }
    let status = command.current_dir(folder).status().map_err(|error| format!("`{line}` does not start ({error})"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed in {FOLDER} ({status}); run it by hand")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_version_is_its_first_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("20.20.2"), None);
        assert_eq!(major(""), None);
    }

    #[test]
    fn what_was_never_installed_differs() {
        let root = run::root().unwrap();
        assert!(differ(&root.join(SOURCES), &root.join("nowhere"), "package.json"));
        assert!(!differ(&root.join(SOURCES), &root.join(SOURCES), "package.json"));
    }
}
