//! A room with one plan in it, and people who press.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::agent::plan::{PlannedCall, Risk};
use crate::agent::taint::{Source, Taint};
use crate::approvals::{Answer, ApprovalError, Approvals, NoPermit, Outcome, Passcodes, Permit, Plan, Press, Verdict};
use crate::config::Secret;
use crate::outbox::Outbox;
use crate::platform::{Profile, Standing};
use crate::policy::{Approvers, Subject};
use crate::seal::Seal;
use crate::state::State;
use crate::state::testing::Room;
use crate::who::{Person, Place, PlatformName};

pub(super) const WITHIN: Duration = Duration::from_secs(600);
pub(super) const LEASE: Duration = Duration::from_secs(30);
pub(super) const KEY: &str = "0123456789abcdef0123456789abcdef";

pub(super) static PLACE: LazyLock<Place> = LazyLock::new(place);

pub(super) fn outbox() -> Outbox {
    Outbox::new(Seal::new(&Secret::new("ab".repeat(32)), None).unwrap())
}

pub(super) fn person(user: &str) -> Person {
    of_tenant("T1", user)
}

pub(super) fn of_tenant(tenant: &str, user: &str) -> Person {
    Person { platform: PlatformName::Slack, tenant: tenant.to_owned(), user: user.to_owned() }
}

pub(super) fn place() -> Place {
    let (tenant, channel) = ("T1".to_owned(), "C1".to_owned());
    Place { platform: PlatformName::Slack, tenant, channel, thread: Some("1.2".to_owned()) }
}

pub(super) fn profile(groups: &[&str]) -> Profile {
    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
    Profile { name: "Somebody".to_owned(), standing: Standing::Member, groups }
}

/// Ada, Bob and Cyd may approve, and whoever is in the group `ops`.
pub(super) fn rule() -> Approvers {
    let mut who: Vec<_> = ["ada", "bob", "cyd"].map(|user| Subject::User(person(user))).into();
    who.push(Subject::Group(PlatformName::Slack, "T1".to_owned(), "ops".to_owned()));
    Approvers { who, quorum: 1, self_approval: false, second_factor: false, within: WITHIN }
}

pub(super) fn call(step: &str, approvers: Approvers) -> PlannedCall {
    PlannedCall {
        step: step.to_owned(),
        tool: "restart_service".to_owned(),
        arguments: r#"{"service":"checkout"}"#.to_owned(),
        summary: "Restart checkout".to_owned(),
        risk: Risk::High,
        blast_radius: "everybody who pays".to_owned(),
        tainted_by: Taint::from_iter([Source::Thread]),
        approvers,
    }
}

pub(super) struct Desk {
    pub(super) state: State,
    pub(super) approvals: Approvals,
}

impl Desk {
    /// Opened over a room; a second one is another process in all but name.
    pub(super) async fn open(room: &Room) -> Self {
        let key = Secret::new(KEY);
        let tag = Passcodes::tag(&key, &person("ada"), "1234");
        let passcodes = Passcodes::new(key, [(person("ada"), tag)]).unwrap();
        Self { state: room.state().await, approvals: Approvals::new(passcodes, outbox()) }
    }

    /// What Eve asks for.
    pub(super) async fn ask(&self, call: &PlannedCall) -> Plan {
        let mut tx = self.state.begin().await.unwrap();
        let plan = self.approvals.ask(&mut tx, call, &person("eve"), &place()).await.unwrap();
        tx.commit().await.unwrap();
        plan
    }

    pub(super) async fn plan(&self, id: &str) -> Plan {
        Plan::find(&mut self.state.read().await.unwrap(), id).await.unwrap().unwrap()
    }

    pub(super) async fn press(&self, press: Press<'_>) -> Answer {
        let mut tx = self.state.begin().await.unwrap();
        let answer = self.approvals.decide(&mut tx, press).await.unwrap();
        tx.commit().await.unwrap();
        answer
    }

    /// A click of its own job, by a member without groups.
    pub(super) async fn click(&self, plan: &str, who: &str, verdict: Verdict) -> Answer {
        static JOB: AtomicU32 = AtomicU32::new(0);
        let job = format!("job-{}", JOB.fetch_add(1, Ordering::SeqCst));
        let (person, profile) = (person(who), profile(&[]));
        let press = Press {
            job: &job,
            plan,
            verdict,
            person: &person,
            profile: Some(&profile),
            passcode: None,
            place: &PLACE,
            reply: None,
        };
        self.press(press).await
    }

    pub(super) async fn begin(&self, plan: &str) -> Result<Permit, NoPermit> {
        let mut tx = self.state.begin().await.unwrap();
        let permit = self.approvals.begin(&mut tx, plan, LEASE).await.unwrap();
        tx.commit().await.unwrap();
        permit
    }

    /// Counts an effect in the transaction that ends the plan.
    pub(super) async fn effect(&self, permit: Permit) -> Result<Plan, ApprovalError> {
        let mut tx = self.state.begin().await.unwrap();
        let sql = "INSERT INTO counted_effects (plan, arguments) VALUES ($1, $2)";
        tx.query(sql).bind(permit.plan()).bind(permit.arguments()).run().await?;
        let plan = self.approvals.finish(&mut tx, permit, &Outcome::Done("restarted".to_owned())).await?;
        tx.commit().await?;
        Ok(plan)
    }

    /// A table that would take the same effect twice: that it does not come twice is the permit's doing.
    pub(super) async fn count_effects(&self) -> &Self {
        let mut tx = self.state.begin().await.unwrap();
        tx.query("CREATE TABLE IF NOT EXISTS counted_effects (plan TEXT, arguments TEXT)").run().await.unwrap();
        tx.commit().await.unwrap();
        self
    }

    pub(super) async fn effects(&self, plan: &str) -> i64 {
        let mut tx = self.state.read().await.unwrap();
        let sql = "SELECT count(*) AS effects FROM counted_effects WHERE plan = $1";
        tx.query(sql).bind(plan).row().await.unwrap().unwrap().number("effects").unwrap()
    }

    pub(super) async fn expire_all(&self) -> Vec<Plan> {
        let mut expired = Vec::new();
        loop {
            let mut tx = self.state.begin().await.unwrap();
            let next = self.approvals.expire_next(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            match next {
                Some(plan) => expired.push(plan),
                None => return expired,
            }
        }
    }

    /// What the audit says of a plan, in its order.
    pub(super) async fn acts(&self, plan: &str) -> Vec<String> {
        let mut tx = self.state.read().await.unwrap();
        let rows =
            tx.query("SELECT act FROM bot_audit WHERE what = $1 ORDER BY number").bind(plan).rows().await.unwrap();
        rows.iter().map(|row| row.text("act").unwrap()).collect()
    }
}
