//! The database servers that the tests start for themselves: found, or installed where that is allowed.

use std::path::{Path, PathBuf};

use crate::packages;

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

/// Makes sure that the servers are there.
pub(crate) fn provide() -> Result<(), String> {
    packages::provide(missing, "the tests start servers")
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
}
