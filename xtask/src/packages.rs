//! Debian's packages: installed where that may be done unasked, else said to whom it may concern.

use std::process::{Command, Stdio};

/// How packages may be installed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Installer {
    /// As root.
    Root,
    /// With a `sudo` that asks for no password.
    Sudo,
    /// Debian's packages are there, but only a person may install them.
    Person,
    /// Another system.
    Unknown,
}

/// Makes sure that nothing is missing; `what` begins the sentence for the person who has to install it.
pub(crate) fn provide(missing: fn() -> Vec<&'static str>, what: &str) -> Result<(), String> {
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    let installer = installer();
    let Some((update, install)) = commands(&packages, installer) else {
        return Err(advice(&packages, installer, what));
    };
    println!("    not on this machine: {}; so first: {}", packages.join(", "), shown(&install));
    // The lists of packages are fetched only where the old ones do not do.
    if run(&install) || (run(&update) && run(&install)) {
        return match missing() {
            left if left.is_empty() => Ok(()),
            left => Err(format!("{} is installed and still not found; put it on the PATH", left.join(", "))),
        };
    }
    Err(advice(&packages, Installer::Person, what))
}

/// The packages of those programs whose probes do not succeed; each is a probe with its package.
pub(crate) fn without(programs: &[(&str, &'static str)]) -> Vec<&'static str> {
    programs.iter().filter(|(probe, _)| !succeeds(probe)).map(|(_, package)| *package).collect()
}

fn succeeds(line: &str) -> bool {
    let mut words = line.split(' ');
    let program = words.next().unwrap_or_default();
    let status = Command::new(program).args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn installer() -> Installer {
    if !succeeds("apt-get --version") {
        Installer::Unknown
    } else if Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
        Installer::Root
    } else if succeeds("sudo -n true") {
        Installer::Sudo
    } else {
        Installer::Person
    }
}

/// The words that fetch the lists of packages and those that install these packages, where that may be done unasked.
fn commands(packages: &[&'static str], installer: Installer) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    let before: &[&str] = match installer {
        Installer::Root => &[],
        Installer::Sudo => &["sudo", "-n"],
        Installer::Person | Installer::Unknown => return None,
    };
    let install = ["apt-get", "install", "--yes", "--no-install-recommends"];
    Some(([before, &["apt-get", "update"]].concat(), [before, &install, packages].concat()))
}

/// What a person has to do.
fn advice(packages: &[&'static str], installer: Installer, what: &str) -> String {
    let packages = packages.join(" ");
    match installer {
        Installer::Unknown => format!(
            "{what} that are not on this machine ({packages} as Debian calls them); install them so that their programs \
             are on the PATH"
        ),
        _ => {
            format!("{what} that are not on this machine; type: sudo apt-get update && sudo apt-get install {packages}")
        }
    }
}

fn shown(words: &[&str]) -> String {
    words.join(" ")
}

fn run(words: &[&str]) -> bool {
    let mut words = words.iter();
    let Some(program) = words.next() else { return false };
    let status = Command::new(program).args(words).env("DEBIAN_FRONTEND", "noninteractive").status();
    status.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_installed_unasked_only_by_who_may() {
        let both = ["redis-server", "postgresql"];
        let install = |installer| commands(&both, installer).map(|(_, install)| shown(&install));
        let line = "apt-get install --yes --no-install-recommends redis-server postgresql";
        assert_eq!(install(Installer::Root).as_deref(), Some(line));
        assert_eq!(install(Installer::Sudo), Some(format!("sudo -n {line}")));
        assert_eq!(install(Installer::Person), None);
        assert_eq!(install(Installer::Unknown), None);
    }

    #[test]
    fn what_does_not_answer_is_missing() {
        assert_eq!(without(&[("cargo --version", "cargo"), ("imchat-no-such-program", "none")]), ["none"]);
    }

    #[test]
    fn a_person_is_told_what_to_type() {
        let told = advice(&["postgresql"], Installer::Person, "the tests start servers");
        assert!(told.ends_with("type: sudo apt-get update && sudo apt-get install postgresql"), "{told}");
        let elsewhere = advice(&["redis-server"], Installer::Unknown, "the tests start servers");
        assert!(elsewhere.contains("redis-server") && elsewhere.contains("PATH"), "{elsewhere}");
    }
}
