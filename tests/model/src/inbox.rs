//! The inbox profile: one INSERT that is the dedup record as well, and workers that lease the rows.

use crate::action::{Fate, Work};
use crate::designs::Slip;
use crate::model::Receiver;
use crate::platform::{Attempt, FOREVER, LEASE, Message};
use crate::state::{Handler, Job, Reply, Stage, State, Worker};
use crate::watch::Breach;

/// How many attempts a job gets.
const ATTEMPTS: u8 = 2;

impl Receiver {
    /// `INSERT … ON CONFLICT DO NOTHING`.
    pub(crate) fn accept(&self, state: &mut State, attempt: Attempt, handler: &mut Handler, fate: Fate) {
        handler.will(if fate == Fate::Known { Reply::Accepted } else { self.in_doubt() });
        if !fate.is_carried_out() {
            return;
        }
        let key = self.key(attempt.message);
        let place = Message::ALL.map(|message| state.jobs.of(message).place).into_iter().max().unwrap_or(0);
        state.watches.of_mut(key).met_by(&mut state.breaches, attempt.message);
        let job = state.jobs.of_mut(key);
        if job.enqueues == 0 || self.design.slips(Slip::ConflictIgnored) {
            job.enqueued(attempt.message, attempt.body);
            job.stage = Stage::Ready { at: state.now };
            job.place = place.saturating_add(1);
        } else if self.world.same_bytes && job.body != attempt.body && !self.design.slips(Slip::DigestIgnored) {
            job.quarantine |= 1 << attempt.body;
        }
    }

    /// Whether a job could be leased now, were it the head of its lane and not out of attempts.
    fn is_due(&self, job: &Job, now: u8) -> bool {
        match job.stage {
            Stage::Ready { at } => at <= now,
            Stage::Leased { until, .. } => until <= now || self.design.slips(Slip::GrantedTwice),
            Stage::Absent | Stage::Done | Stage::Dead => false,
        }
    }

    /// The job that was accepted before this one in its lane and is in its way, if there is one.
    fn is_behind(&self, state: &State, key: Message, in_the_way: impl Fn(&Job) -> bool) -> bool {
        let own = state.jobs.of(key).place;
        self.world.one_lane
            && Message::ALL.iter().any(|other| {
                let job = state.jobs.of(*other);
                job.place > 0 && job.place < own && in_the_way(job)
            })
    }

    pub(crate) fn can_take(&self, state: &State, key: Message) -> bool {
        let job = state.jobs.of(key);
        let dead_blocks = self.design.slips(Slip::DeadHeadBlocks);
        let blocked = !self.design.slips(Slip::LaneIgnored)
            && self.is_behind(state, key, |job| !job.has_ended() || dead_blocks && job.stage == Stage::Dead);
        self.is_due(job, state.now) && job.attempts < ATTEMPTS && !blocked
    }

    pub(crate) fn can_reap(&self, state: &State, key: Message) -> bool {
        let job = state.jobs.of(key);
        self.is_due(job, state.now) && job.attempts >= ATTEMPTS
    }

    pub(crate) fn reap(state: &mut State, key: Message) {
        state.jobs.of_mut(key).stage = Stage::Dead;
        let grants = state.watches.of(key).grants();
        state.watches.of_mut(key).settled(grants);
    }

    pub(crate) fn take(&self, state: &mut State, worker: usize, key: Message) -> Option<()> {
        let out_of_lane = self.is_behind(state, key, |job| !job.has_ended());
        state.breaches.note_if(Breach::OutOfLane, out_of_lane);
        let endless = self.design.slips(Slip::LeaseForEver);
        let until = if endless { FOREVER } else { state.now.saturating_add(LEASE) };
        let job = state.jobs.of_mut(key);
        job.fence = if self.design.slips(Slip::FenceReset) { 1 } else { job.fence.saturating_add(1) };
        job.attempts = job.attempts.saturating_add(1);
        job.stage = Stage::Leased { fence: job.fence, until };
        let fence = job.fence;
        let watch = state.watches.of_mut(key);
        let grant = watch.granted(&mut state.breaches, state.now, Some(u64::from(fence)), until);
        *state.workers.get_mut(worker)? = Worker::Holding { key, fence, grant, until, did: false };
        Some(())
    }

    /// The steps a worker could take with the job it holds.
    pub(crate) fn works(state: &State, worker: &Worker, works: &mut Vec<Work>) {
        let Worker::Holding { until, did, .. } = *worker else { return };
        if did {
            works.push(Work::Done);
        } else {
            works.extend([Work::Effect, Work::Bury]);
        }
        works.push(Work::Retry);
        if state.renewals > 0 && until < state.now.saturating_add(LEASE) {
            works.push(Work::Heartbeat);
        }
        if state.faults > 0 {
            works.push(Work::Crash);
        }
    }

    pub(crate) fn work(&self, state: &mut State, number: usize, work: Work) -> Option<()> {
        let mut worker = *state.workers.get(number)?;
        let Worker::Holding { key, until, did, .. } = &mut worker else { return None };
        let key = *key;
        let job = *state.jobs.of(key);
        if matches!(work, Work::Crash) {
            state.strike()?;
        }
        let to = match work {
            Work::Heartbeat => {
                state.renewals = state.renewals.checked_sub(1)?;
                let longer = state.now.saturating_add(LEASE);
                *until = longer;
                Some(Stage::Leased { fence: job.fence, until: longer })
            }
            Work::Effect => {
                *did = true;
                self.effect(state, number)?;
                None
            }
            Work::Done => Some(Stage::Done),
            Work::Retry if job.attempts >= ATTEMPTS => Some(Stage::Dead),
            Work::Retry => Some(Stage::Ready { at: state.now.saturating_add(1) }),
            Work::Bury => Some(Stage::Dead),
            Work::Crash => None,
        };
        let had = *state.workers.get(number)?;
        let settled = to.is_some_and(|to| self.settle_row(state, &had, to));
        let keeps = matches!(work, Work::Effect) || matches!(work, Work::Heartbeat) && settled;
        *state.workers.get_mut(number)? = if keeps { worker } else { Worker::Idle };
        Some(())
    }

    /// One compare-and-set on the row, its fence and its state; says whether it was carried out.
    fn settle_row(&self, state: &mut State, worker: &Worker, to: Stage) -> bool {
        let Worker::Holding { key, fence, grant, until, .. } = *worker else { return false };
        let ignored = self.design.slips(Slip::FenceNotCompared);
        let job = state.jobs.of_mut(key);
        let Stage::Leased { fence: held, until: ends } = job.stage else { return false };
        if ends <= state.now || held != fence && !ignored {
            return false;
        }
        job.stage = to;
        if to == Stage::Done {
            job.ran();
        }
        let watch = state.watches.of_mut(key);
        state.breaches.note_if(Breach::StaleWrite, watch.is_stale(grant, until, state.now));
        match to {
            Stage::Leased { until, .. } => watch.renewed(grant, until),
            _ => watch.settled(grant),
        }
        true
    }

    /// A change in a system downstream, which keeps the highest fence that it has seen and refuses a lower one.
    fn effect(&self, state: &mut State, worker: usize) -> Option<()> {
        let Worker::Holding { key, fence, until, .. } = *state.workers.get(worker)? else { return None };
        let out_of_lane = self.is_behind(state, key, |job| !job.has_ended());
        let job = state.jobs.of_mut(key);
        let stale = fence < job.effect_fence;
        if stale && !self.design.slips(Slip::EffectsUnfenced) {
            return Some(());
        }
        state.breaches.note_if(Breach::StaleWrite, stale);
        // A holder whose lease has ended cannot know what the lane has done since; its fence is what protects.
        state.breaches.note_if(Breach::OutOfLane, out_of_lane && until > state.now);
        job.effect_fence = job.effect_fence.max(fence);
        job.effect_keys |= 1 << if self.design.slips(Slip::KeyPerAttempt) { fence } else { 0 };
        Some(())
    }
}
