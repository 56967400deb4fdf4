//! How a handler goes from delivery to answer in the lease profile and in the designs that lose.

use imchat_verify::dedup::Settled;

use crate::action::{Fate, Step};
use crate::designs::{Dedup, Design, Queue, Settle, Slip};
use crate::model::Receiver;
use crate::platform::{LEASE, Message};
use crate::state::{Handler, Job, Phase, Reply, State};
use crate::store::{Answer, Record};
use crate::watch::Breach;

impl Receiver {
    /// The steps this handler could take.
    pub(crate) fn steps(&self, state: &State, number: usize, handler: &Handler, steps: &mut Vec<Step>) {
        let Some(attempt) = self.world.attempts.get(number) else { return };
        let renewable = handler.holds() && state.renewals > 0 && matches!(self.design.dedup, Dedup::Lease { .. });
        let fates = |state: &State| if state.faults > 0 { &Fate::ALL[..] } else { &Fate::ALL[..1] };
        match handler.phase {
            Phase::Unsent | Phase::Over => return,
            // A crash is not told apart where a refusal, a lost answer or an end of the wait leaves the same behind.
            Phase::Arrived => steps.extend(fates(state).iter().map(|fate| Step::Claim(*fate))),
            Phase::Waiting => {
                let body = self.world.same_bytes.then_some(attempt.body);
                let record = state.records.of(self.key(attempt.message));
                if record.would_answer(&self.design, state.now, body) != Answer::Busy {
                    steps.push(Step::Claim(Fate::Known));
                }
                steps.push(Step::StopWaiting);
            }
            Phase::Working => {
                steps.extend(fates(state).iter().map(|fate| Step::Enqueue(*fate)));
                if state.faults > 0 {
                    steps.extend([Step::Fail, Step::Crash]);
                }
            }
            Phase::Enqueued => {
                steps.push(Step::Complete(Fate::Known));
                if state.faults > 0 {
                    steps.extend([Step::Complete(Fate::Unheard), Step::Crash]);
                }
            }
            Phase::Failing => steps.extend(fates(state).iter().map(|fate| Step::Release(*fate))),
            Phase::Ready => {
                steps.push(Step::Answer { seen: true });
                // A late answer need not be seen, without anything going wrong.
                if state.now > attempt.at || state.faults > 0 {
                    steps.push(Step::Answer { seen: false });
                }
            }
        }
        if renewable && handler.until < state.now.saturating_add(LEASE) {
            steps.push(Step::Renew);
        }
        if handler.draining && handler.phase != Phase::Ready {
            steps.push(Step::Hurry);
        }
    }

    /// Takes a step of a handler.
    pub(crate) fn handle(&self, state: &mut State, number: usize, step: Step) -> Option<()> {
        let attempt = *self.world.attempts.get(number)?;
        let mut handler = *state.handlers.get(number)?;
        let key = self.key(attempt.message);
        let is_fault = match step {
            Step::Claim(fate) | Step::Enqueue(fate) | Step::Complete(fate) | Step::Release(fate) => fate != Fate::Known,
            Step::Answer { seen } => !seen && state.now <= attempt.at,
            Step::Fail | Step::Crash | Step::Hurry => true,
            Step::StopWaiting | Step::Renew => false,
        };
        if is_fault {
            // The drain that makes a handler hurry has been counted.
            if step != Step::Hurry {
                state.strike()?;
            }
            let now = state.now;
            state.watches.of_mut(key).struck(&self.world, attempt.message, now);
        }
        match step {
            Step::Claim(fate) if self.design.dedup == Dedup::Row => self.accept(state, attempt, &mut handler, fate),
            Step::Claim(fate) => self.claim(state, (attempt.message, attempt.body), &mut handler, fate),
            Step::StopWaiting => handler.will(Reply::Unavailable),
            Step::Renew => self.renew(state, key, &mut handler)?,
            Step::Enqueue(fate) => self.enqueue(state, (attempt.message, attempt.body), &mut handler, fate),
            Step::Complete(fate) => self.complete(state, key, &mut handler, fate),
            Step::Fail => handler.phase = Phase::Failing,
            Step::Release(fate) => self.release(state, key, &mut handler, fate),
            Step::Answer { seen } => self.answer(state, number, &mut handler, seen)?,
            Step::Hurry => {
                let acks = self.design.slips(Slip::AckedByDrain);
                handler.will(if acks { Reply::Accepted } else { Reply::Unavailable });
            }
            Step::Crash => handler.end(),
        }
        *state.handlers.get_mut(number)? = handler;
        Some(())
    }

    /// What is answered where the store's answer is missing.
    pub(crate) fn in_doubt(&self) -> Reply {
        if self.design.slips(Slip::AckedInDoubt) { Reply::Accepted } else { Reply::Unavailable }
    }

    fn claim(&self, state: &mut State, (message, body): (Message, u8), handler: &mut Handler, fate: Fate) {
        if !fate.is_carried_out() {
            return handler.will(self.in_doubt());
        }
        let key = self.key(message);
        let body = self.world.same_bytes.then_some(body);
        let answer = state.records.of_mut(key).claim(&self.design, state.now, body);
        let watch = state.watches.of_mut(key);
        watch.met_by(&mut state.breaches, message);
        let phase = match answer {
            Answer::Granted { fence, until } => {
                let fenced = self.design.dedup == Dedup::Lease { fenced: true };
                handler.grant = watch.granted(&mut state.breaches, state.now, fenced.then_some(fence), until);
                handler.fence = fence;
                handler.until = until;
                Phase::Working
            }
            Answer::Busy if self.design.acks_in_flight => Phase::Ready,
            Answer::Busy => Phase::Waiting,
            Answer::Done => Phase::Ready,
            Answer::Mismatch => Phase::Over,
        };
        if fate == Fate::Known {
            handler.phase = phase;
        } else {
            handler.will(self.in_doubt());
        }
    }

    fn renew(&self, state: &mut State, key: Message, handler: &mut Handler) -> Option<()> {
        state.renewals = state.renewals.checked_sub(1)?;
        let until = state.now.saturating_add(LEASE);
        match self.settle(state, key, handler, Record::renew) {
            Settled::Ok => {
                handler.until = until;
                state.watches.of_mut(key).renewed(handler.grant, until);
            }
            Settled::Lost => handler.will(self.when_lost()),
        }
        Some(())
    }

    fn enqueue(&self, state: &mut State, (message, body): (Message, u8), handler: &mut Handler, fate: Fate) {
        let key = self.key(message);
        handler.phase = Phase::Failing;
        if !fate.is_carried_out() {
            return;
        }
        if self.design.settle == Settle::Together {
            let settled = self.settle(state, key, handler, Record::complete);
            if settled == Settled::Ok {
                self.put(state.jobs.of_mut(key), message, body);
                state.watches.of_mut(key).settled(handler.grant);
            }
            if fate == Fate::Known {
                handler.will(if settled == Settled::Ok { Reply::Accepted } else { self.when_lost() });
            }
        } else {
            let stands = self.put(state.jobs.of_mut(key), message, body);
            if fate == Fate::Known && !stands {
                handler.will(Reply::Conflict);
            } else if fate == Fate::Known {
                let marked = matches!(self.design.dedup, Dedup::MarkFirst { .. });
                handler.phase = if marked { Phase::Ready } else { Phase::Enqueued };
            }
        }
    }

    fn complete(&self, state: &mut State, key: Message, handler: &mut Handler, fate: Fate) {
        let settled = self.settle(state, key, handler, Record::complete);
        if settled == Settled::Ok {
            state.watches.of_mut(key).settled(handler.grant);
        }
        let known = if settled == Settled::Ok { Reply::Accepted } else { self.when_lost() };
        handler.will(if fate == Fate::Known { known } else { self.in_doubt() });
    }

    fn release(&self, state: &mut State, key: Message, handler: &mut Handler, fate: Fate) {
        if fate.is_carried_out() {
            let settled = self.settle(state, key, handler, Record::release);
            if settled == Settled::Ok {
                state.watches.of_mut(key).settled(handler.grant);
            }
        }
        handler.will(Reply::Unavailable);
    }

    /// Carries out a verb of a holder and notes whether one that had lost its lease changed something.
    fn settle(
        &self,
        state: &mut State,
        key: Message,
        handler: &mut Handler,
        verb: impl FnOnce(&mut Record, &Design, u8, u64) -> Settled,
    ) -> Settled {
        let settled = verb(state.records.of_mut(key), &self.design, state.now, handler.fence);
        if matches!(self.design.dedup, Dedup::Lease { .. }) {
            handler.stale = state.watches.of(key).is_stale(handler.grant, handler.until, state.now);
            state.breaches.note_if(Breach::StaleWrite, handler.stale && settled == Settled::Ok);
        }
        settled
    }

    const fn when_lost(&self) -> Reply {
        if self.design.acks_when_lost { Reply::Accepted } else { Reply::Unavailable }
    }

    fn answer(&self, state: &mut State, number: usize, handler: &mut Handler, seen: bool) -> Option<()> {
        let attempt = self.world.attempts.get(number)?;
        if handler.phase == Phase::Ready {
            let job = state.jobs.of(self.key(attempt.message));
            let durable = job.owner == Some(attempt.message);
            let stands = job.body == attempt.body || job.quarantine & (1 << attempt.body) != 0;
            state.breaches.note_if(Breach::AckedUndurable, !durable);
            state.breaches.note_if(Breach::DrainAckedUndurable, !durable && handler.draining);
            state.breaches.note_if(Breach::OtherBody, durable && self.world.same_bytes && !stands);
            state.breaches.note_if(Breach::StaleAck, handler.stale);
            *state.acked.of_mut(attempt.message) = true;
            *state.seen.of_mut(attempt.message) |= seen;
        }
        handler.end();
        Some(())
    }

    /// Enqueues a job in a queue that is a system of its own; says whether the job that stands there is this one.
    ///
    /// A tombstone keeps the digest too: of two attempts with different bodies, the one that lost its lease may enqueue
    /// first, and the other must not be acknowledged for it.
    fn put(&self, job: &mut Job, message: Message, body: u8) -> bool {
        let refuses = match self.design.queue {
            Queue::Plain => false,
            Queue::UniqueUntilRun => job.waiting > 0,
            Queue::Tombstone => job.enqueues > 0,
        };
        if refuses {
            return job.body == body || !self.world.same_bytes || self.design.slips(Slip::DigestIgnored);
        }
        job.enqueued(message, body);
        job.waiting = job.waiting.saturating_add(1);
        true
    }
}
