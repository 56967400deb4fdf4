//! How many accepts share an fsync, counted by strace where it is installed and may trace.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use imchat_inbox::SqliteInbox;

use super::accepted;
use crate::process;

/// What a run of accepts cost.
#[derive(Debug, Clone, Copy)]
pub struct Syncs {
    /// Deliveries that were accepted.
    pub accepts: u64,
    /// Transactions that the inbox committed.
    pub commits: u64,
    /// Calls of fsync and fdatasync by the whole process, those of checkpoints too; `None` without strace.
    pub fsyncs: Option<u64>,
}

/// Runs this program again with the arguments `accepts` and the file, under strace if it can be had, and counts.
///
/// # Errors
/// Where that run fails.
pub fn syncs(directory: &Path) -> Result<Syncs> {
    std::fs::create_dir_all(directory)?;
    let (file, trace) = (directory.join("inbox.db"), directory.join("trace"));
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-e", "trace=fsync,fdatasync", "-o"]).arg(&trace).arg(std::env::current_exe()?);
    let traced = strace.arg("accepts").arg(&file).output().ok().filter(|output| output.status.success());
    let (told, fsyncs) = match traced {
        Some(output) => (output.stdout, Some(calls(&std::fs::read_to_string(&trace)?))),
        None => (process::again(None)?.arg("accepts").arg(&file).output()?.stdout, None),
    };
    let told = String::from_utf8(told)?;
    let mut numbers = told.split_whitespace().map(str::parse);
    let mut next = || numbers.next().context("a number")?.context("a number");
    let (accepts, commits) = (next()?, next()?);
    std::fs::remove_dir_all(directory)?;
    Ok(Syncs { accepts, commits, fsyncs })
}

/// The run that is counted: accepts and commits.
///
/// # Errors
/// Where the inbox fails.
pub async fn accept_for(file: &Path, length: Duration) -> Result<(u64, u64)> {
    let inbox = SqliteInbox::open(file).await?;
    let (accepts, _) = accepted(&inbox, length).await?;
    Ok((accepts, inbox.commits()))
}

/// The calls in strace's table: `% time, seconds, usecs/call, calls, [errors,] syscall`.
fn calls(table: &str) -> u64 {
    let calls = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        matches!(words.last(), Some(&"fsync" | &"fdatasync")).then(|| words.get(3)?.parse::<u64>().ok())?
    };
    table.lines().filter_map(calls).sum()
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[test]
    fn both_calls_are_counted_and_the_total_is_not() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
            ------ ----------- ----------- --------- --------- ----------------\n \
            90.00    0.900000        1000       900           fdatasync\n \
            10.00    0.100000        1000       100         1 fsync\n\
            ------ ----------- ----------- --------- --------- ----------------\n\
            100.00    1.000000        1000      1000         1 total\n";
        assert_eq!(calls(table), 1000);
    }
}
