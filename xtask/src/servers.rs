//! The database servers that the tests start for themselves: found, or installed where that is allowed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set to `1` for a step whose tests start servers: none of them may then be skipped for want of one.
pub(crate) const REQUIRED: &str = "IMCHAT_REQUIRE_SERVERS";

/// A program that has to be there, and the package of Debian that brings it.
struct Server {
    program: &'static str,
    package: &'static str,
    /// Where Debian puts it beside the `PATH`: each version in a folder of its own, with its programs in `bin`.
    versions: Option<&'static str>,
}

const SERVERS: [Server; 2] = [
    Server { program: "redis-server", package: "redis-server", versions: None },
    Server { program: "initdb", package: "postgresql", versions: Some("/usr/lib/postgresql") },
];

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

/// Makes sure that the servers are there.
pub(crate) fn provide() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let installer = installer();
    let Some((update, install)) = commands(&missing, installer) else {
        return Err(advice(&missing, installer));
    };
    println!("    not on this machine: {}; so first: {}", missing.join(", "), shown(&install));
    // The lists of packages are fetched only where the old ones do not do.
    if run(&install) || (run(&update) && run(&install)) {
        return match self::missing() {
            left if left.is_empty() => Ok(()),
            left => Err(format!("{} is installed and still not found; put it on the PATH", left.join(", "))),
        };
    }
    Err(advice(&missing, Installer::Person))
}

/// The packages of the servers that are not there.
fn missing() -> Vec<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = |server: &Server| versions(Path::new(server.versions.unwrap_or_default()));
    SERVERS
        .iter()
        .filter(|server| !found(server.program, folders.iter().chain(&versions(server))))
        .map(|server| server.package)
        .collect()
}

fn found<'f>(program: &str, mut folders: impl Iterator<Item = &'f PathBuf>) -> bool {
    folders.any(|folder| folder.join(program).is_file())
}

/// The `bin` of each version in a folder; none where there is no such folder.
fn versions(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|version| version.path().join("bin")).collect()
}

fn installer() -> Installer {
    let succeeds = |line: &str| {
        let mut words = line.split(' ');
        let program = words.next().unwrap_or_default();
        let status = Command::new(program).args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
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
fn advice(packages: &[&'static str], installer: Installer) -> String {
    let packages = packages.join(" ");
    match installer {
        Installer::Unknown => format!(
            "the tests start servers that are not on this machine ({packages} as Debian calls them); \
             install them so that `redis-server` and PostgreSQL's `initdb` are on the PATH"
        ),
        _ => format!(
            "the tests start servers that are not on this machine; type: \
             sudo apt-get update && sudo apt-get install {packages}"
        ),
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

    /// A folder of this test alone, gone afterwards.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("imchat-xtask-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_program_is_found_in_a_folder_of_the_path() {
        let folder = Folder::new("path");
        let elsewhere = folder.0.join("nowhere");
        std::fs::write(folder.0.join("redis-server"), "").unwrap();
        assert!(found("redis-server", [&elsewhere, &folder.0].into_iter()));
        assert!(!found("redis-server", [&elsewhere].into_iter()));
        assert!(!found("initdb", [&folder.0].into_iter()));
    }

    #[test]
    fn a_program_is_found_in_any_version_beside_the_path() {
        let folder = Folder::new("versions");
        for version in ["15", "16"] {
            std::fs::create_dir_all(folder.0.join(version).join("bin")).unwrap();
        }
        assert!(!found("initdb", versions(&folder.0).iter()));
        std::fs::write(folder.0.join("16/bin/initdb"), "").unwrap();
        assert!(found("initdb", versions(&folder.0).iter()));
        assert!(versions(&folder.0.join("nowhere")).is_empty());
    }

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
    fn a_person_is_told_what_to_type() {
        let told = advice(&["postgresql"], Installer::Person);
        assert!(told.ends_with("type: sudo apt-get update && sudo apt-get install postgresql"), "{told}");
        let elsewhere = advice(&["redis-server"], Installer::Unknown);
        assert!(elsewhere.contains("redis-server") && elsewhere.contains("PATH"), "{elsewhere}");
    }
}
