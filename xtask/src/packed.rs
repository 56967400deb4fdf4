//! What cargo keeps of crates that were packed before. It takes a name and a version for a content, which holds for what is
//! published; ours change every day under one version, and the next build would be made of yesterday's.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::run;

/// Forgets what was built and unpacked of these packages, so that the crates that are verified are those that are packed now.
pub(crate) fn forget(packages: &[&str], root: &Path) -> Result<(), String> {
    let names: String = packages.iter().map(|package| format!(" -p {package}")).collect();
    let status = run::command(&format!("cargo clean --quiet{names}"), root)?.status();
    let status = status.map_err(|error| format!("cargo clean could not be started: {error}"))?;
    if !status.success() {
        return Err(format!("cargo clean: {status}"));
    }
    let Some(home) = cargo_home() else { return Ok(()) };
    for kept in ["cache", "index", "src"] {
        unpacked(&home.join("registry").join(kept)).map_err(|error| format!("{}: {error}", home.display()))?;
    }
    Ok(())
}

fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// The registry that a packing makes for itself is a folder and has no host: its name begins with the dash that others have
/// behind theirs.
fn unpacked(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('-') {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registries_without_a_host_are_forgotten() {
        let folder = env::temp_dir().join(format!("imchat-packed-{}", std::process::id()));
        for name in ["-0123456789abcdef", "example.org-0123456789abcdef"] {
            fs::create_dir_all(folder.join(name).join("imchat-verify-0.1.0")).unwrap();
        }
        unpacked(&folder).unwrap();
        let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["example.org-0123456789abcdef"]);
        unpacked(&folder.join("nowhere")).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
