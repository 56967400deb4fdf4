//! A run in words.

use crate::action::{Action, Fate, Step, Work};
use crate::check::Run;
use crate::designs::{Dedup, Settle};
use crate::model::Receiver;
use crate::platform::Message;
use crate::state::{Handler, Phase, Stage, State, Worker};

/// The lines of a run, the last one saying what has come of it.
pub(crate) fn lines(model: &Receiver, run: &Run, invariant: &str) -> Vec<String> {
    let moments = run.iter().zip(run.iter().skip(1));
    let mut lines: Vec<String> =
        moments.filter_map(|((before, action), (after, _))| line(model, before, (*action)?, after)).collect();
    lines.extend(run.last().map(|(last, _)| format!("{}: {invariant} is broken", outcome(last))));
    lines
}

fn line(model: &Receiver, before: &State, action: Action, after: &State) -> Option<String> {
    Some(match action {
        Action::Send(h) => {
            let attempt = model.world.attempts.get(h)?;
            let again = model.world.attempts.iter().take(h).any(|other| other.message == attempt.message);
            let how = match () {
                () if *before.seen.of(attempt.message) => "the platform sends a duplicate",
                () if again => "the platform tries again",
                () => "the platform sends",
            };
            let which = if attempt.message == Message::Second { ", the second message" } else { "" };
            let body = if attempt.body > 0 { ", with another body" } else { "" };
            format!("{how}: h{h}{which}{body}")
        }
        Action::Handle(h, step) => handled(model, before, (h, step), after)?,
        Action::Drain => "the process is told to stop".to_owned(),
        Action::Take(w, key) => format!("w{w} leases the job{}, fence {}", of(model, key), after.jobs.of(key).fence),
        Action::Work(w, work) => worked(before, (w, work), after)?,
        Action::Reap(_) => "the job has no attempts left: a dead letter".to_owned(),
        Action::Run(_) => "a worker runs the job".to_owned(),
        Action::Tick => {
            let outlives = |(_, one): &(usize, &Handler)| one.holds() && one.until == after.now;
            let paused = after.handlers.iter().enumerate().filter(outlives);
            let paused: String = paused.map(|(h, _)| format!(": h{h} outlives its lease")).collect();
            format!("time passes, to {}{paused}", after.now)
        }
        Action::End => "nothing more happens".to_owned(),
    })
}

fn of(model: &Receiver, key: Message) -> &'static str {
    match key {
        Message::Second => " of the second message",
        Message::First if model.world.sends(Message::Second) => " of the first message",
        Message::First => "",
    }
}

fn handled(model: &Receiver, before: &State, (h, step): (usize, Step), after: &State) -> Option<String> {
    let attempt = model.world.attempts.get(h)?;
    let was = before.handlers.get(h)?;
    let is = after.handlers.get(h)?;
    let key = model.key(attempt.message);
    let put = after.jobs.of(key).waiting > before.jobs.of(key).waiting;
    let lost = model.design.settle == Settle::Together && matches!(step, Step::Enqueue(_)) && !put;
    let reply = match is.phase {
        Phase::Ready => " → 200",
        Phase::Over if matches!(step, Step::Claim(Fate::Known) | Step::Enqueue(Fate::Known)) && !lost => " → 409",
        Phase::Over => " → 503",
        _ => "",
    };
    let unheard = |fate| if fate == Fate::Unheard { ", and crashes or hears so too late" } else { "" };
    Some(match step {
        Step::Claim(Fate::Refused) => format!("the store fails h{h}{reply}"),
        Step::Claim(fate) => {
            let job = before.jobs.of(key);
            let granted = after.watches.of(key).grants() > before.watches.of(key).grants();
            let what = match (model.design.dedup, is.phase) {
                (Dedup::Row, _) if job.enqueues == 0 => "inserts the row",
                (Dedup::Row, _) => "finds the row",
                (Dedup::MarkAfter, _) if granted => "looks: no mark",
                (Dedup::MarkFirst { .. }, _) if granted => "marks",
                (Dedup::MarkAfter | Dedup::MarkFirst { .. }, _) => "sees the mark",
                (Dedup::Lease { .. }, _) if granted => "claims",
                (Dedup::Lease { .. }, Phase::Waiting) => "sees in-flight and waits",
                (Dedup::Lease { .. }, Phase::Over) if fate == Fate::Known => "sees another body",
                (Dedup::Lease { .. }, _) if before.records.of(key).is_done(before.now) => "sees done",
                (Dedup::Lease { .. }, _) => "sees in-flight",
            };
            format!("h{h} {what}{}{reply}", unheard(fate))
        }
        Step::StopWaiting => format!("h{h} waits no longer{reply}"),
        Step::Renew if was.until == is.until => format!("h{h} is told that it lost its lease{reply}"),
        Step::Renew => format!("h{h} renews its lease"),
        Step::Enqueue(Fate::Refused) => format!("the queue fails h{h}"),
        Step::Enqueue(fate) => {
            let together = model.design.settle == Settle::Together;
            let what = match () {
                () if lost => "has lost its lease and enqueues nothing",
                () if together => "enqueues and completes",
                () if is.phase == Phase::Over => "finds another body in the queue",
                () => "enqueues",
            };
            format!("h{h} {what}{}{reply}", unheard(fate))
        }
        Step::Complete(_) if is.phase == Phase::Over => format!("h{h} is not told that its claim is complete{reply}"),
        Step::Complete(fate) => format!("h{h} completes its claim{}{reply}", unheard(fate)),
        Step::Fail => format!("h{h} fails"),
        Step::Release(Fate::Refused) => format!("h{h} cannot give its key back{reply}"),
        Step::Release(fate) => format!("h{h} gives its key back{}{reply}", unheard(fate)),
        Step::Answer { seen: true } => "the platform sees the 200 and stops".to_owned(),
        Step::Answer { seen: false } => format!("the 200 of h{h} is lost on the way"),
        Step::Hurry => format!("h{h} is cut short{reply}"),
        Step::Crash => format!("h{h} crashes"),
    })
}

fn worked(before: &State, (w, work): (usize, Work), after: &State) -> Option<String> {
    let Worker::Holding { key, fence, .. } = before.workers.get(w)? else { return None };
    let (was, is) = (before.jobs.of(*key), after.jobs.of(*key));
    let settled = was.stage != is.stage;
    Some(match work {
        Work::Heartbeat if settled => format!("w{w} renews its lease"),
        Work::Effect => format!("w{w} changes something downstream, fence {fence}"),
        Work::Done if settled => format!("w{w} marks the job as done"),
        Work::Retry if settled && is.stage == Stage::Dead => format!("the last attempt of w{w} fails: a dead letter"),
        Work::Retry if settled => format!("the attempt of w{w} fails: later again"),
        Work::Bury if settled => format!("w{w} buries the job: a dead letter"),
        Work::Crash => format!("w{w} crashes"),
        _ => format!("w{w} is told that it lost its lease"),
    })
}

/// What somebody finds who comes by afterwards.
fn outcome(last: &State) -> String {
    let jobs = Message::ALL.map(|key| *last.jobs.of(key));
    match () {
        () if jobs.iter().any(|job| job.enqueues > 1) => "the job was enqueued twice".to_owned(),
        () if jobs.iter().all(|job| job.enqueues == 0) => "the queue is empty".to_owned(),
        () => "and so".to_owned(),
    }
}
