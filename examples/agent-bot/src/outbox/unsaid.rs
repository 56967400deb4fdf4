//! Whoever waits for what could not be said is told so, over the short-lived way that they gave.
//!
//! The dead letter is for whoever looks after the bot. The person saw "the bot is thinking", or was told to look at a card:
//! without a word of it they wait for ever.

use serde::{Deserialize, Serialize};

use super::put::ROUTE;
use super::row::Taken;
use super::{Draft, Outbox, OutboxError};
use crate::message::Outbound;
use crate::platform::{Address, ReplyRoute, SendError};
use crate::state::{Tx, written};
use crate::who::Person;

/// What the step is called that tells it.
const UNSAID: &str = "/unsaid";

/// A reply route as its row keeps it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Route {
    /// The message goes over the API, and only its failure over this.
    Tell { tell: ReplyRoute, person: Person },
    /// The message goes over it.
    Say(ReplyRoute),
}

impl Outbox {
    /// Where the message of this step, which the same transaction put and which goes over the API, becomes a dead letter,
    /// this person is told so over `route`.
    ///
    /// # Errors
    /// Where the database fails, or the route cannot be sealed.
    pub async fn tells(&self, tx: &mut Tx, step: &str, person: &Person, route: &ReplyRoute) -> Result<(), OutboxError> {
        let sql = "SELECT tenant FROM bot_outbox WHERE step = $1 AND state = 'waiting' AND route IS NULL";
        let Some(row) = tx.query(sql).bind(step).row().await? else { return Ok(()) };
        let route = Route::Tell { tell: route.clone(), person: person.clone() };
        let sealed = self.seal.seal(ROUTE, &row.text("tenant")?, written(&route, "route")?.as_bytes())?;
        let sql = "UPDATE bot_outbox SET route = $1 WHERE step = $2 AND state = 'waiting' AND route IS NULL";
        tx.query(sql).bind(sealed).bind(step).run().await?;
        Ok(())
    }

    /// The row's route, if it has one; one that does not open any more has ended.
    pub(super) fn route(&self, taken: &Taken) -> Result<Option<Route>, SendError> {
        let open = |sealed: &String| {
            let plain = self.seal.open(ROUTE, &taken.place.tenant, sealed).map_err(|_| SendError::RouteEnded)?;
            serde_json::from_slice(&plain).map_err(|_| SendError::RouteEnded)
        };
        taken.route.as_ref().map(open).transpose()
    }

    /// Writes down what tells that this could not be said, where somebody waits for it; once, and never of itself.
    pub(super) async fn unsaid(&self, tx: &mut Tx, taken: &Taken, remedy: Option<&str>) -> Result<(), OutboxError> {
        if taken.step.ends_with(UNSAID) {
            return Ok(());
        }
        let (reply, only, tells) = match self.route(taken) {
            Ok(Some(Route::Say(reply))) => (reply, taken.only.clone(), false),
            Ok(Some(Route::Tell { tell, person })) => (tell, Some(person), true),
            Ok(None) | Err(_) => return Ok(()),
        };
        let text = match remedy {
            Some(remedy) => format!("I could not post this here: {remedy}. Please ask me again once that is mended."),
            None => "I could not post this here. Please ask me again later.".to_owned(),
        };
        let to = Address { place: taken.place.clone(), only, reply: Some(reply) };
        let step = format!("{}{UNSAID}", taken.step);
        self.put(tx, &Draft { to, message: Outbound::plain(text), step, edit_of: None }).await?;
        if tells {
            // It was kept for this alone.
            tx.query("UPDATE bot_outbox SET route = NULL WHERE step = $1").bind(&taken.step).run().await?;
        }
        Ok(())
    }
}
