//! What should become of a plan.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fixture::{LEASE, WITHIN};
use crate::approvals::PlanState;

/// Eve asks, and is named as an approver; Mal is not; the last is Ada of another workspace.
pub(super) const PEOPLE: [&str; 6] = ["eve", "ada", "bob", "cyd", "mal", "T2/ada"];

/// What should be so, in seconds since the plan was made.
pub(super) struct Model {
    quorum: usize,
    pub(super) now: u64,
    pub(super) state: PlanState,
    voices: BTreeSet<usize>,
    pub(super) decided_at: Option<u64>,
    pub(super) begun_at: Option<u64>,
    fence: u64,
    runs: u32,
    leased_until: u64,
    pub(super) effects: i64,
    answered: BTreeMap<u8, &'static str>,
}

impl Model {
    pub(super) fn new(quorum: usize) -> Self {
        Self {
            quorum,
            now: 0,
            state: PlanState::Pending,
            voices: BTreeSet::new(),
            decided_at: None,
            begun_at: None,
            fence: 0,
            runs: 0,
            leased_until: 0,
            effects: 0,
            answered: BTreeMap::new(),
        }
    }

    fn expired(&self) -> bool {
        self.now >= WITHIN.as_secs()
    }

    pub(super) fn click(&mut self, who: usize, approve: bool, job: u8) -> &'static str {
        if let Some(before) = self.answered.get(&job) {
            return before;
        }
        let answer = self.judge(PEOPLE[who], who, approve);
        self.answered.insert(job, answer);
        answer
    }

    fn judge(&mut self, name: &str, who: usize, approve: bool) -> &'static str {
        if name != "T2/ada" {
            match self.state {
                PlanState::Pending if self.expired() => {
                    self.state = PlanState::Expired;
                    return "expired";
                }
                PlanState::Pending => {}
                PlanState::Expired => return "expired",
                _ => return "before",
            }
        }
        let approver = ["ada", "bob", "cyd"].contains(&name);
        let withdrawn = name == "eve" && !approve;
        if !approver && !withdrawn {
            return "refused";
        }
        if !approve {
            self.state = PlanState::Rejected;
            return "rejected";
        }
        let new = self.voices.insert(who);
        if self.voices.len() >= self.quorum {
            (self.state, self.decided_at) = (PlanState::Approved, Some(self.now));
            return "approved";
        }
        if new { "counted" } else { "counted before" }
    }

    /// The fence of a permit, or why there is none.
    pub(super) fn begin(&mut self) -> Result<u64, &'static str> {
        match self.state {
            PlanState::Pending => return Err("pending"),
            PlanState::Running if self.leased_until > self.now => return Err("busy"),
            PlanState::Approved if self.expired() => {
                self.state = PlanState::Expired;
                return Err("over");
            }
            PlanState::Approved | PlanState::Running => {}
            _ => return Err("over"),
        }
        if self.runs >= 5 {
            self.state = PlanState::Failed;
            return Err("over");
        }
        self.begun_at.get_or_insert(self.now);
        (self.state, self.leased_until) = (PlanState::Running, self.now + LEASE.as_secs());
        (self.fence, self.runs) = (self.fence + 1, self.runs + 1);
        Ok(self.fence)
    }

    pub(super) fn finish(&mut self, fence: u64) -> bool {
        let may = self.state == PlanState::Running && fence == self.fence;
        if may {
            (self.state, self.effects) = (PlanState::Done, self.effects + 1);
        }
        may
    }

    pub(super) fn sweep(&mut self) {
        if matches!(self.state, PlanState::Pending | PlanState::Approved) && self.expired() {
            self.state = PlanState::Expired;
        }
    }
}
