//! Writes the seeds: one folder a target under the folder that is given.
#![expect(clippy::print_stderr, reason = "what a terminal program prints is its interface")]

use std::path::Path;
use std::process::ExitCode;

use imchat_fuzz_targets::seeds;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(vectors), Some(folder)) = (arguments.next(), arguments.next()) else {
        eprintln!("the folders of the vectors and of the seeds are missing; run `cargo xtask fuzz`");
        return ExitCode::from(2);
    };
    match write(Path::new(&vectors), Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn write(vectors: &Path, folder: &Path) -> Result<(), String> {
    for (number, (target, seed)) in seeds::of(vectors)?.into_iter().enumerate() {
        let folder = folder.join(target);
        let written =
            std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(number.to_string()), seed));
        written.map_err(|error| format!("{} cannot be written ({error})", folder.display()))?;
    }
    Ok(())
}
