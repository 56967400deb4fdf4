//! What must hold, by the names that the documentation uses.
//!
//! Every run comes to an end, since attempts, faults, renewals and tries are counted. What must happen *eventually* is
//! therefore checked as what must be so at every end.

use stateright::Property;

use crate::model::Receiver;
use crate::platform::Message;
use crate::state::{Handler, Job, Stage, State, Worker};
use crate::watch::Breach;

type Holds = fn(&Receiver, &State) -> bool;

/// Safety first, then what must be so when a run ends.
pub(crate) const INVARIANTS: &[(&str, Holds)] = &[
    ("AckImpliesDurable", |_, state| !state.breaches.has(Breach::AckedUndurable)),
    ("NoLoss", no_loss),
    ("SingleOwner", |_, state| !state.breaches.has(Breach::TwoOwners)),
    ("FenceMonotone", |_, state| !state.breaches.has(Breach::FenceNotGrown)),
    ("StaleNoWrite", |_, state| !state.breaches.has(Breach::StaleWrite)),
    ("StaleNoAck", |_, state| !state.breaches.has(Breach::StaleAck)),
    ("DoneStable", |_, state| !state.breaches.has(Breach::DoneUndone)),
    ("AtMostOneEnqueue", |_, state| jobs(state).all(|job| job.enqueues <= 1)),
    ("NoMarkWithoutJob", |model, state| {
        model.is_inbox()
            || Message::ALL
                .iter()
                .all(|key| !state.records.of(*key).is_done(state.now) || state.jobs.of(*key).enqueues > 0)
    }),
    ("DigestBinding", |_, state| !state.breaches.has(Breach::OtherBody)),
    ("KeyScope", |_, state| !state.breaches.has(Breach::OtherScope)),
    ("OrderPerLane", |_, state| !state.breaches.has(Breach::OutOfLane)),
    ("EffectKeyStable", |_, state| jobs(state).all(|job| job.effect_keys.count_ones() <= 1)),
    ("DrainAcksOnlyDurable", |_, state| !state.breaches.has(Breach::DrainAckedUndurable)),
    ("ReclaimedBeforeLastRetry", reclaimed),
    ("EveryJobEnds", |model, state| !state.ended || jobs(state).all(|job| ended(model, job))),
    ("NoneStranded", none_stranded),
];

/// Whether an invariant says anything of a profile; elsewhere it holds for want of what it is about.
///
/// Without workers there are no lanes and no effects. In the inbox profile no handler holds a lease that it could lose, and
/// the mark is the job.
pub(crate) fn is_stated(name: &str, inbox: bool) -> bool {
    match name {
        "OrderPerLane" | "EffectKeyStable" | "NoneStranded" => inbox,
        "StaleNoAck" | "NoMarkWithoutJob" => !inbox,
        _ => true,
    }
}

/// Places that a run must be able to get to: a model that cannot go wrong anywhere proves nothing.
pub(crate) const REACHED: &[(&str, Holds)] = &[
    ("a holder outlives its lease", |model, state| {
        let worker = |one: &Worker| matches!(*one, Worker::Holding { until, .. } if until <= state.now);
        let handler = |one: &Handler| one.holds() && one.until <= state.now;
        model.runs_at_once() == model.is_inbox()
            || state.workers.iter().any(worker)
            || state.handlers.iter().any(handler)
    }),
    ("a job is done though all faults struck", |_, state| {
        state.ended && state.faults == 0 && jobs(state).any(|job| job.runs > 0)
    }),
    ("a job is a dead letter", |model, state| model.runs_at_once() || jobs(state).any(|job| job.stage == Stage::Dead)),
];

pub(crate) fn all() -> Vec<Property<Receiver>> {
    let invariants = INVARIANTS.iter().map(|(name, holds)| Property::always(name, *holds));
    invariants.chain(REACHED.iter().map(|(name, holds)| Property::sometimes(name, *holds))).collect()
}

fn jobs(state: &State) -> impl Iterator<Item = &Job> {
    Message::ALL.iter().map(|key| state.jobs.of(*key))
}

fn ended(model: &Receiver, job: &Job) -> bool {
    job.enqueues == 0 || if model.is_inbox() { job.has_ended() } else { job.waiting == 0 }
}

/// A 2xx was said: at the end the delivery was executed or is a dead letter.
fn no_loss(model: &Receiver, state: &State) -> bool {
    !state.ended
        || Message::ALL.iter().all(|message| {
            let job = state.jobs.of(model.key(*message));
            !*state.acked.of(*message) || job.owner == Some(*message) && (job.runs > 0 || job.stage == Stage::Dead)
        })
}

/// Unless a fault struck within a lease of the last attempt or after it, the ladder made every delivery durable.
fn reclaimed(model: &Receiver, state: &State) -> bool {
    !state.ended
        || Message::ALL.iter().filter(|message| model.world.sends(**message)).all(|message| {
            let key = model.key(*message);
            state.watches.of(key).late || state.jobs.of(key).owner == Some(*message)
        })
}

/// No job is left waiting behind one of its lane that has ended.
fn none_stranded(model: &Receiver, state: &State) -> bool {
    !state.ended
        || !model.world.one_lane
        || jobs(state)
            .all(|job| ended(model, job) || !jobs(state).any(|before| before.place < job.place && before.has_ended()))
}
