//! How many wrong passcodes somebody may type: a few for one plan, and some more for all plans, until a day has passed without one.
//!
//! Anybody who may ask can ask for plan after plan. So what is counted for the plan alone would let whoever sits at an
//! approver's account guess without end.

use super::Plan;
use crate::state::{StateError, Tx};
use crate::who::Person;

/// Wrong passcodes of one person for one plan.
const OF_PLAN: i64 = 5;
/// Wrong passcodes of one person for all plans, each within a day of the one before.
const OF_DAY: i64 = 15;
/// A day, in microseconds.
const DAY: i64 = 24 * 3600 * 1_000_000;

/// What one person has typed wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tries {
    of_plan: i64,
    of_day: i64,
    /// A day after the last wrong one, in store time.
    until: i64,
}

/// What is left of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// So many.
    Tries(u32),
    /// None for this plan.
    NoneHere,
    /// None for any plan until then, in Unix microseconds of store time.
    NoneUntil(i64),
}

impl Tries {
    /// Counted under the person's own lock: guesses at several plans at once are counted one after the other.
    pub(super) async fn of(tx: &mut Tx, plan: &Plan, person: &Person) -> Result<Self, StateError> {
        let (who, now) = (person.to_string(), tx.now().await?);
        let sql = "INSERT INTO bot_passcode_days (person, tries, since) VALUES ($1, 0, $2) \
            ON CONFLICT (person) DO UPDATE SET tries = CASE WHEN bot_passcode_days.since <= $3 THEN 0 \
            ELSE bot_passcode_days.tries END, since = CASE WHEN bot_passcode_days.since <= $3 THEN $2 \
            ELSE bot_passcode_days.since END RETURNING tries, since";
        let day = tx.query(sql).bind(&who).bind(now).bind(now.saturating_sub(DAY)).row().await?;
        let day = day.ok_or(StateError::Row("person"))?;
        let sql = "SELECT tries FROM bot_passcode_tries WHERE plan = $1 AND person = $2";
        let of_plan = match tx.query(sql).bind(&plan.id).bind(&who).row().await? {
            Some(row) => row.number("tries")?,
            None => 0,
        };
        Ok(Self { of_plan, of_day: day.number("tries")?, until: day.number("since")?.saturating_add(DAY) })
    }

    /// One more.
    pub(super) async fn wrong(self, tx: &mut Tx, plan: &Plan, person: &Person) -> Result<Self, StateError> {
        let who = person.to_string();
        let sql = "INSERT INTO bot_passcode_tries (plan, person, tries) VALUES ($1, $2, 1) \
            ON CONFLICT (plan, person) DO UPDATE SET tries = bot_passcode_tries.tries + 1";
        tx.query(sql).bind(&plan.id).bind(&who).run().await?;
        // The day begins anew with each wrong one: any day that began with its first would let two runs meet at its end.
        let now = tx.now().await?;
        let sql = "UPDATE bot_passcode_days SET tries = tries + 1, since = $2 WHERE person = $1";
        tx.query(sql).bind(&who).bind(now).run().await?;
        let (of_plan, of_day) = (self.of_plan.saturating_add(1), self.of_day.saturating_add(1));
        Ok(Self { of_plan, of_day, until: now.saturating_add(DAY) })
    }

    pub(super) fn left(self) -> Left {
        let (here, today) = (OF_PLAN.saturating_sub(self.of_plan), OF_DAY.saturating_sub(self.of_day));
        if today <= 0 {
            return Left::NoneUntil(self.until);
        }
        match u32::try_from(here.min(today)) {
            Ok(left @ 1..) => Left::Tries(left),
            _ => Left::NoneHere,
        }
    }

    /// For the audit.
    pub(super) fn told(self) -> String {
        format!("{} of {OF_PLAN} for this, {} of {OF_DAY} in a day", self.of_plan, self.of_day)
    }

    /// Forgets the tries at plans that nobody decides on any more, and days that are over.
    pub(super) async fn forget(tx: &mut Tx) -> Result<(), StateError> {
        let sql = "DELETE FROM bot_passcode_tries WHERE NOT EXISTS \
            (SELECT 1 FROM bot_plans p WHERE p.id = bot_passcode_tries.plan AND p.state = 'pending')";
        tx.query(sql).run().await?;
        let over = tx.now().await?.saturating_sub(DAY);
        tx.query("DELETE FROM bot_passcode_days WHERE since <= $1").bind(over).run().await?;
        Ok(())
    }
}
