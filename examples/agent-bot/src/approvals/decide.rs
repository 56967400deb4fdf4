//! A click, decided in one transaction.

use super::tries::{Left, Tries};
use super::{Answer, ApprovalError, Approvals, Plan, PlanState, expire};
use crate::audit::{self, Entry, Who};
use crate::platform::{Profile, ReplyRoute};
use crate::state::{StateError, Tx, written};
use crate::who::{Person, Place};

/// What a click says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Reject,
}

impl Verdict {
    /// The verdict of a button's verb.
    #[must_use]
    pub fn of_verb(verb: &str) -> Option<Self> {
        match verb {
            "approve" => Some(Self::Approve),
            "reject" => Some(Self::Reject),
            _ => None,
        }
    }
}

/// A click on a plan's card.
#[derive(Clone, Copy)]
pub struct Press<'a> {
    /// The key of the click's job: the same one is answered the same.
    pub job: &'a str,
    /// The plan's id, as the button brought it back.
    pub plan: &'a str,
    /// What was pressed.
    pub verdict: Verdict,
    /// Who pressed, as the platform proved.
    pub person: &'a Person,
    /// What the platform says about them now; `None` where it did not answer.
    pub profile: Option<&'a Profile>,
    /// What was typed beside it.
    pub passcode: Option<&'a str>,
    /// Where the card stands that was pressed.
    pub place: &'a Place,
    /// The short-lived way to answer, if there is one.
    pub reply: Option<&'a ReplyRoute>,
}

impl std::fmt::Debug for Press<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Press").field("plan", &self.plan).field("verdict", &self.verdict).finish_non_exhaustive()
    }
}

/// What a click came to.
struct Ruling {
    answer: Answer,
    /// Whether the plan changed its state, and the card its face.
    turned: bool,
    /// For the audit: the act, and what else is to be known.
    told: Option<(&'static str, String)>,
}

impl Ruling {
    const fn silent(answer: Answer) -> Self {
        Self { answer, turned: false, told: None }
    }

    const fn told(answer: Answer, act: &'static str, detail: String) -> Self {
        Self { answer, turned: false, told: Some((act, detail)) }
    }

    const fn turned(answer: Answer, act: &'static str, detail: String) -> Self {
        Self { answer, turned: true, told: Some((act, detail)) }
    }
}

impl Approvals {
    /// Decides a click in the caller's transaction. The card's new face goes into the outbox, or the answer where the card
    /// does not tell it; [`Answer::NeedsPasscode`] is told by nothing but the form that the caller opens.
    ///
    /// # Errors
    /// Where the database fails; roll back, and work on the click's job again.
    pub async fn decide(&self, tx: &mut Tx, press: Press<'_>) -> Result<Answer, ApprovalError> {
        let now = tx.now().await?;
        // The same job at the same time waits here.
        let sql = "INSERT INTO bot_clicks (job, answer, at) VALUES ($1, '', $2) ON CONFLICT (job) DO NOTHING";
        if tx.query(sql).bind(press.job).bind(now).run().await? == 0 {
            let before = tx.query("SELECT answer FROM bot_clicks WHERE job = $1").bind(press.job).row().await?;
            return Ok(before.ok_or(StateError::Row("job"))?.parsed("answer")?);
        }
        let plan = Plan::lock(tx, press.plan).await?;
        let ruling = match &plan {
            Some(plan) => self.judge(tx, plan, press).await?,
            None => Ruling::silent(Answer::Unknown),
        };
        let Ruling { answer, turned, told } = ruling;
        let sql = "UPDATE bot_clicks SET answer = $1 WHERE job = $2";
        tx.query(sql).bind(written(&answer, "answer")?).bind(press.job).run().await?;
        if turned {
            self.turn(tx, press.plan).await?;
        }
        if !answer.decided() && answer != Answer::NeedsPasscode {
            self.answer(tx, press, &answer).await?;
        }
        if let (Some(plan), Some((act, detail))) = (plan, told) {
            let who = if act == expire::ACT { Who::Bot } else { Who::Person(press.person) };
            let (tenant, what, digest) = (plan.place.tenant.as_str(), plan.id.as_str(), Some(plan.digest.as_str()));
            audit::append(tx, Entry { act, who, tenant, what, digest, detail: &detail }).await?;
        }
        Ok(answer)
    }

    /// The plan's row is locked.
    async fn judge(&self, tx: &mut Tx, plan: &Plan, press: Press<'_>) -> Result<Ruling, ApprovalError> {
        let Press { person, profile, verdict, .. } = press;
        let of_tenant = person.platform == plan.place.platform && person.tenant == plan.place.tenant;
        // What was decided is for the tenant that can see the card.
        if of_tenant && let Some(ruling) = over(tx, plan).await? {
            return Ok(ruling);
        }
        let withdrawn = verdict == Verdict::Reject && *person == plan.requester;
        if !withdrawn && let Err(reason) = plan.approvers.admits(person, profile, &plan.requester, &plan.place) {
            let reason = reason.to_string();
            return Ok(Ruling::told(Answer::Refused(reason.clone()), "plan.refused", reason));
        }
        match verdict {
            Verdict::Reject => {
                settle(tx, plan, PlanState::Rejected, person).await?;
                Ok(Ruling::turned(Answer::Rejected, "plan.rejected", String::new()))
            }
            Verdict::Approve => {
                if plan.approvers.second_factor
                    && let Some(ruling) = self.typed(tx, plan, press).await?
                {
                    return Ok(ruling);
                }
                approve(tx, plan, person).await
            }
        }
    }

    /// The passcode: `None` where it is right.
    async fn typed(&self, tx: &mut Tx, plan: &Plan, press: Press<'_>) -> Result<Option<Ruling>, ApprovalError> {
        let tries = Tries::of(tx, plan, press.person).await?;
        if !matches!(tries.left(), Left::Tries(_)) {
            return Ok(Some(Ruling::silent(wrong(tries))));
        }
        let Some(passcode) = press.passcode else {
            return Ok(Some(Ruling::silent(Answer::NeedsPasscode)));
        };
        if self.passcodes.is_right(press.person, passcode) {
            return Ok(None);
        }
        let tries = tries.wrong(tx, plan, press.person).await?;
        Ok(Some(Ruling::told(wrong(tries), "plan.wrong_passcode", tries.told())))
    }
}

/// The answer to somebody who has typed so many wrong ones.
fn wrong(tries: Tries) -> Answer {
    match tries.left() {
        Left::Tries(left) => Answer::WrongPasscode { left },
        Left::NoneHere => Answer::LockedOut,
        Left::NoneUntil(until) => Answer::LockedOutUntil { until },
    }
}

/// The answer where nothing is left to decide.
async fn over(tx: &mut Tx, plan: &Plan) -> Result<Option<Ruling>, ApprovalError> {
    Ok(match plan.state {
        PlanState::Pending if plan.expires <= tx.now().await? => {
            expire::settle(tx, plan).await?;
            Some(Ruling::turned(Answer::Expired { at: plan.expires }, expire::ACT, String::new()))
        }
        PlanState::Pending => None,
        PlanState::Expired => Some(Ruling::silent(Answer::Expired { at: plan.expires })),
        state => {
            let decided = plan.decided.as_ref().ok_or(StateError::Row("decided_by"))?;
            let approved = state != PlanState::Rejected;
            let at = i64::try_from(decided.at.unix_timestamp_nanos().div_euclid(1000)).unwrap_or(i64::MAX);
            Some(Ruling::silent(Answer::DecidedBefore { approved, by: decided.by.clone(), at }))
        }
    })
}

async fn approve(tx: &mut Tx, plan: &Plan, person: &Person) -> Result<Ruling, ApprovalError> {
    let now = tx.now().await?;
    let sql = "INSERT INTO bot_votes (plan, person, at) VALUES ($1, $2, $3) ON CONFLICT (plan, person) DO NOTHING";
    let new = tx.query(sql).bind(&plan.id).bind(person.to_string()).bind(now).run().await? == 1;
    let votes = tx.query("SELECT count(*) AS have FROM bot_votes WHERE plan = $1").bind(&plan.id).row().await?;
    let have = votes.ok_or(StateError::Row("plan"))?.number("have")?;
    let have = u32::try_from(have).unwrap_or(u32::MAX);
    let need = plan.approvers.quorum.max(1);
    if have >= need {
        settle(tx, plan, PlanState::Approved, person).await?;
        return Ok(Ruling::turned(Answer::Approved, "plan.approved", format!("{have} of {need}")));
    }
    if new {
        return Ok(Ruling::told(Answer::Counted { have, need }, "plan.counted", format!("{have} of {need}")));
    }
    Ok(Ruling::silent(Answer::CountedBefore { have, need }))
}

/// The one way out of `pending` by a person: a compare-and-set by store time.
async fn settle(tx: &mut Tx, plan: &Plan, state: PlanState, person: &Person) -> Result<(), ApprovalError> {
    let now = tx.now().await?;
    let sql = "UPDATE bot_plans SET state = $1, decided_by = $2, decided_at = $3 \
        WHERE id = $4 AND state = 'pending' AND expires_at > $3";
    let set = tx.query(sql).bind(state.as_str()).bind(written(person, "decided_by")?).bind(now).bind(&plan.id);
    // It was pending under the lock: it expired since, and the click's job tells so when it is worked on again.
    if set.run().await? == 1 { Ok(()) } else { Err(ApprovalError::Lost) }
}
