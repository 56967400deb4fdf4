//! A receiver in a world, as the checker wants it: which steps there are, and what each leads to.

use stateright::{Model, Property};

use crate::action::Action;
use crate::designs::{Dedup, Design, Slip};
use crate::platform::{Attempt, FOREVER, Message, World};
use crate::properties;
use crate::state::{Handler, Phase, Stage, State, Worker};
use crate::store::Record;

/// One design in one world.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    pub(crate) design: Design,
    pub(crate) world: World,
    /// The one property to look at, which makes the first broken run the shortest; all of them where there is none.
    pub(crate) only: Option<&'static str>,
}

impl Receiver {
    /// The key that a message is handled under.
    pub(crate) fn key(&self, message: Message) -> Message {
        if self.design.slips(Slip::ScopeIgnored) { Message::First } else { message }
    }

    pub(crate) const fn is_inbox(&self) -> bool {
        matches!(self.design.dedup, Dedup::Row)
    }

    /// Whether a job is run in one step: where the queue is another system, and where the world looks elsewhere.
    pub(crate) const fn runs_at_once(&self) -> bool {
        !self.is_inbox() || self.world.workers == 0
    }

    fn is_unsent(state: &State, number: usize) -> bool {
        state.handlers.get(number).is_some_and(|handler| handler.phase == Phase::Unsent)
    }

    /// The attempts that are still to be made, for no 2xx was seen.
    fn coming(&self, state: &State) -> impl Iterator<Item = &Attempt> {
        let unsent = self.world.attempts.iter().zip(&state.handlers);
        let unsent = unsent.filter(|(_, handler)| handler.phase == Phase::Unsent).map(|(attempt, _)| attempt);
        unsent.filter(|attempt| !*state.seen.of(attempt.message))
    }

    /// Whether this attempt is due; one that nothing asks for is a fault.
    fn can_send(&self, state: &State, number: usize) -> bool {
        let Some(attempt) = self.world.attempts.get(number) else { return false };
        let asked = !*state.seen.of(attempt.message) || state.faults > 0;
        Self::is_unsent(state, number) && attempt.at <= state.now && asked
    }

    /// Whether somebody waits for the time. The ladder is kept to the tick; all else may be late.
    fn can_tick(&self, state: &State) -> bool {
        if self.coming(state).any(|attempt| attempt.at <= state.now) {
            return false;
        }
        let ends = |until: u8| until > state.now && until != FOREVER;
        self.coming(state).next().is_some()
            || state.handlers.iter().any(|handler| handler.holds() && ends(handler.until))
            || Message::ALL.iter().any(|message| match state.jobs.of(*message).stage {
                Stage::Ready { at } => self.is_inbox() && at > state.now,
                Stage::Leased { until, .. } => ends(until),
                Stage::Absent | Stage::Done | Stage::Dead => false,
            })
    }

    fn tick(&self, state: &mut State) {
        state.now = state.now.saturating_add(1);
        let now = state.now;
        for message in Message::ALL {
            state.watches.of_mut(message).tick(now);
        }
        for (handler, attempt) in state.handlers.iter().zip(self.world.attempts) {
            // A pause past the lease is a fault of its own, for it takes an attempt.
            if handler.holds() && handler.until <= now {
                state.watches.of_mut(self.key(attempt.message)).struck(&self.world, attempt.message, now);
            }
        }
    }

    fn run(&self, state: &mut State, key: Message) -> Option<()> {
        let job = state.jobs.of_mut(key);
        if self.is_inbox() {
            job.stage = Stage::Done;
        } else {
            job.waiting = job.waiting.checked_sub(1)?;
        }
        job.ran();
        Some(())
    }

    fn apply(&self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Send(number) => {
                if *state.seen.of(self.world.attempts.get(number)?.message) {
                    state.strike()?;
                }
                state.handlers.get_mut(number)?.phase = Phase::Arrived;
            }
            Action::Handle(number, step) => self.handle(state, number, step)?,
            Action::Drain => {
                state.strike()?;
                state.drained = true;
                for handler in state.handlers.iter_mut().filter(|handler| handler.is_alive()) {
                    handler.draining = true;
                }
                let now = state.now;
                for message in Message::ALL {
                    state.watches.of_mut(self.key(message)).struck(&self.world, message, now);
                }
            }
            Action::Take(worker, key) => self.take(state, worker, key)?,
            Action::Work(worker, work) => self.work(state, worker, work)?,
            Action::Reap(key) => Self::reap(state, key),
            Action::Run(key) => self.run(state, key)?,
            Action::Tick => self.tick(state),
            Action::End => state.ended = true,
        }
        for key in Message::ALL {
            let done = if self.is_inbox() {
                state.jobs.of(key).stage == Stage::Done
            } else {
                state.records.of(key).is_done(state.now)
            };
            state.watches.of_mut(key).says(&mut state.breaches, done);
        }
        Some(())
    }
}

impl Model for Receiver {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let workers = if self.is_inbox() { self.world.workers } else { 0 };
        vec![State::start(&self.world, workers, Record::of(&self.design))]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.ended {
            return;
        }
        actions.extend((0..state.handlers.len()).filter(|number| self.can_send(state, *number)).map(Action::Send));
        let mut steps = Vec::new();
        for (number, handler) in state.handlers.iter().enumerate() {
            self.steps(state, number, handler, &mut steps);
            actions.extend(steps.drain(..).map(|step| Action::Handle(number, step)));
        }
        if state.faults > 0 && !state.drained && state.handlers.iter().any(Handler::is_alive) {
            actions.push(Action::Drain);
        }
        let mut works = Vec::new();
        for (number, worker) in state.workers.iter().enumerate() {
            Self::works(state, worker, &mut works);
            actions.extend(works.drain(..).map(|work| Action::Work(number, work)));
        }
        // Workers are alike: the first idle one stands for all.
        let idle = state.workers.iter().position(|worker| *worker == Worker::Idle);
        for key in Message::ALL {
            actions.extend(idle.filter(|_| self.can_take(state, key)).map(|worker| Action::Take(worker, key)));
            if self.is_inbox() && self.can_reap(state, key) {
                actions.push(Action::Reap(key));
            }
            let job = state.jobs.of(key);
            let waits = job.waiting > 0 || self.is_inbox() && matches!(job.stage, Stage::Ready { .. });
            if self.runs_at_once() && waits {
                actions.push(Action::Run(key));
            }
        }
        if self.can_tick(state) {
            actions.push(Action::Tick);
        }
        if actions.is_empty() {
            actions.push(Action::End);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        self.apply(&mut state, action)?;
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all().into_iter().filter(|property| self.only.is_none_or(|only| only == property.name)).collect()
    }
}
