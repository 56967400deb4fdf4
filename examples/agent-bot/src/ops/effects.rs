//! What is changed, each change once.

use super::Ops;
use crate::agent::arguments::Arguments;
use crate::agent::tools::named;
use crate::approvals::Permit;
use crate::state::{StateError, Tx};

/// What came of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What happened, in a line, for people.
    pub result: String,
    /// Whether it happened now; otherwise it had happened before.
    pub now: bool,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpsError {
    /// The plan is not what a tool of this release takes.
    #[error("the plan is not what any tool takes: was it made by another release? ask for it again")]
    Arguments,
    /// There is no such service.
    #[error("there is no service of this name: check the name and ask again")]
    NoService,
    /// It is merged already.
    #[error("this pull request is merged already: there is nothing left to do")]
    Merged,
    /// The database failed; nothing was changed.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A plan, as it is carried out. Outside of tests only [`Ops::apply`] makes one.
pub(super) struct Approved<'a> {
    pub(super) plan: &'a str,
    pub(super) tool: &'a str,
    pub(super) arguments: &'a str,
    pub(super) fence: i64,
}

impl Ops {
    /// Carries out what was approved, or tells what came of it before. In the transaction that ends the plan.
    ///
    /// Nothing is ever changed but through here, and a permit comes from nowhere but an approval:
    ///
    /// ```compile_fail,E0451
    /// let permit = agent_bot::approvals::Permit { plan: String::new(), ..todo!() };
    /// ```
    ///
    /// # Errors
    /// [`OpsError::State`] where the database fails: roll back. With any other nothing was changed, and the plan can be ended
    /// as failed in the same transaction.
    pub async fn apply(&self, tx: &mut Tx, permit: &Permit) -> Result<Effect, OpsError> {
        let (plan, tool, arguments, fence) = (permit.plan(), permit.tool(), permit.arguments(), permit.fence());
        self.carry_out(tx, &Approved { plan, tool, arguments, fence }).await
    }

    pub(super) async fn carry_out(&self, tx: &mut Tx, approved: &Approved<'_>) -> Result<Effect, OpsError> {
        if let Some(result) = self.effect(tx, approved.plan).await? {
            return Ok(Effect { result, now: false });
        }
        let tool = named(approved.tool).filter(|tool| tool.effect.is_some()).ok_or(OpsError::Arguments)?;
        let arguments = tool.check(approved.arguments).map_err(|_| OpsError::Arguments)?;
        // What was approved is this text, not one that means the same.
        if arguments.canonical() != approved.arguments {
            return Err(OpsError::Arguments);
        }
        let result = match tool.name {
            "restart_service" => restart(tx, &arguments).await?,
            "deploy" => deploy(tx, &arguments).await?,
            "merge" => merge(tx, &arguments).await?,
            _ => return Err(OpsError::Arguments),
        };
        let now = tx.now().await?;
        let sql =
            "INSERT INTO bot_effects (plan, tool, arguments, result, fence, done_at) VALUES ($1, $2, $3, $4, $5, $6)";
        let Approved { plan, tool, arguments, fence } = *approved;
        tx.query(sql).bind(plan).bind(tool).bind(arguments).bind(&result).bind(fence).bind(now).run().await?;
        Ok(Effect { result, now: true })
    }

    /// What came of this plan, if anything did.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn effect(&self, tx: &mut Tx, plan: &str) -> Result<Option<String>, StateError> {
        let row = tx.query("SELECT result FROM bot_effects WHERE plan = $1").bind(plan).row().await?;
        row.map(|row| row.text("result")).transpose()
    }

    /// How many effects there ever were.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn effects(&self, tx: &mut Tx) -> Result<i64, StateError> {
        let row = tx.query("SELECT COUNT(*) AS effects FROM bot_effects").row().await?;
        row.ok_or(StateError::Row("effects"))?.number("effects")
    }
}

async fn restart(tx: &mut Tx, arguments: &Arguments) -> Result<String, OpsError> {
    let service = arguments.text("service");
    let sql = "UPDATE bot_services SET restarts = restarts + 1, health = 'healthy' WHERE name = $1";
    match tx.query(sql).bind(service).run().await? {
        0 => Err(OpsError::NoService),
        _ => Ok(format!("{service} was restarted")),
    }
}

async fn deploy(tx: &mut Tx, arguments: &Arguments) -> Result<String, OpsError> {
    let (service, version) = (arguments.text("service"), arguments.text("version"));
    let sql = "UPDATE bot_services SET version = $2 WHERE name = $1";
    match tx.query(sql).bind(service).bind(version).run().await? {
        0 => Err(OpsError::NoService),
        _ => Ok(format!("{service} runs {version}")),
    }
}

async fn merge(tx: &mut Tx, arguments: &Arguments) -> Result<String, OpsError> {
    let repository = arguments.text("repository");
    let number = arguments.number("number").and_then(|number| i64::try_from(number).ok()).ok_or(OpsError::Arguments)?;
    let now = tx.now().await?;
    let sql = "INSERT INTO bot_merges (repository, number, merged_at) VALUES ($1, $2, $3) \
               ON CONFLICT (repository, number) DO NOTHING";
    match tx.query(sql).bind(repository).bind(number).bind(now).run().await? {
        0 => Err(OpsError::Merged),
        _ => Ok(format!("pull request {number} of {repository} was merged")),
    }
}
