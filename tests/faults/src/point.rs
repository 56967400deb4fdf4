//! Named points at which a process stops for good, to be killed there.

use std::io::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};

/// `NAME:COUNT`: where to stop, and at which passage.
pub(crate) const POINT: &str = "IMCHAT_FAULTS_POINT";

/// Before the delivery is handed to the inbox.
pub(crate) const BEFORE_ACCEPT: &str = "before_accept";
/// The row is durable, and the sender does not know.
pub(crate) const AFTER_COMMIT: &str = "after_commit_before_answer";
/// The job is leased, and nothing is done.
pub(crate) const AFTER_TAKE: &str = "after_take";
/// The effect is there, and the inbox does not know.
pub(crate) const AFTER_EFFECT: &str = "between_effect_and_done";
/// The job is settled, and its worker has not gone on.
pub(crate) const AFTER_DONE: &str = "after_done";
/// The delivery is claimed, and nothing is done.
pub(crate) const AFTER_CLAIM: &str = "after_claim";
/// The effect is there, and the dedup store does not know.
pub(crate) const BEFORE_COMPLETE: &str = "between_effect_and_complete";
/// The claim is completed, and the sender does not know.
pub(crate) const AFTER_COMPLETE: &str = "after_complete_before_answer";

pub(crate) const OF_INGRESS: &[&str] = &[BEFORE_ACCEPT, AFTER_COMMIT];
pub(crate) const OF_WORKER: &[&str] = &[AFTER_TAKE, AFTER_EFFECT, AFTER_DONE];
pub(crate) const OF_LEASE: &[&str] = &[AFTER_CLAIM, BEFORE_COMPLETE, AFTER_COMPLETE];

/// Stops here for good if the environment says so, and tells the supervisor.
pub(crate) fn pass(name: &str) {
    static PASSED: AtomicI64 = AtomicI64::new(0);
    let Ok(armed) = std::env::var(POINT) else { return };
    let Some((point, count)) = armed.split_once(':') else { return };
    if point != name || PASSED.fetch_add(1, Ordering::SeqCst).saturating_add(1) != count.parse().unwrap_or(1) {
        return;
    }
    // Where nobody reads it any more, the process is about to end anyway.
    let _told = writeln!(std::io::stdout(), "at {name}");
    loop {
        std::thread::park();
    }
}
