//! Teams' outgoing webhooks: the response is the answer, and there is no other way to give one.
//!
//! 1. A turn is taken in the request, and is over before Teams gives up: what takes longer is said so.
//! 2. The turn reads only. A change waits for people, and there is nothing to ask them with.
//! 3. Policy and limits hold as elsewhere. Nobody can be looked up, so that rules about groups cover nobody here.
//! 4. Nothing is remembered but that it was asked (the audit), and for how long a retry may come: a second delivery of
//!    the same message is answered without a turn.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use imchat_axum::{Verified, Webhook};
use imchat_inbox::StepKey;
use imchat_verify::dedup::MemoryStore;
use imchat_verify::providers::TeamsOutgoing;
use imchat_verify::{ConfigError, Receipt};
use tracing::warn;

use super::watched;
use crate::agent::budget::Budget;
use crate::agent::ended::Ended;
use crate::agent::transcript::{Entry, Transcript};
use crate::agent::turn::{Turn, TurnOutcome};
use crate::audit;
use crate::config::TeamsConfig;
use crate::limits::{Verdict, over_limit};
use crate::message::Outbound;
use crate::ops::Desk;
use crate::platform::Inbound;
use crate::platform::teams::{decode, response};
use crate::policy::identity::Gate;
use crate::policy::{Act, Decision, Policy, Reason};
use crate::serve::Thinking;
use crate::sessions::Sessions;
use crate::state::{State, StateError};
use crate::telemetry::Telemetry;
use crate::telemetry::watch::Of;
use crate::who::{Person, Place};

/// What a turn may take. With the two below it stays under the five seconds that Teams waits.
const TURN: Duration = Duration::from_millis(3500);
/// What everything may take that follows the request's proof.
const ANSWER: Duration = Duration::from_secs(4);
/// What the request's body may take.
const BODY: Duration = Duration::from_millis(500);

const LATE: &str = "That takes me longer than Teams waits: please ask for less.";
const UNREADABLE: &str = "I could not read this. Please ask me in words.";
const NO_DATABASE: &str = "I cannot reach my database just now. Please try again in a few minutes.";

/// Answers people on Teams; cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "some of it shows nothing")]
pub struct Answering(Arc<Inner>);

struct Inner {
    policy: Policy,
    thinking: Thinking,
    reads: Desk,
    state: State,
    telemetry: Telemetry,
}

impl Answering {
    /// Under this policy and these limits.
    #[must_use]
    pub fn new(policy: Policy, thinking: Thinking, state: State, telemetry: Telemetry) -> Self {
        let reads = Desk::new(state.clone(), Sessions::default());
        Self(Arc::new(Inner { policy, thinking, reads, state, telemetry }))
    }

    /// What is said to this message, whose key is the same at each delivery of it.
    async fn answer(&self, key: &str, body: &[u8]) -> Outbound {
        let Ok(inbound) = decode(body) else {
            self.0.telemetry.count("imchat_bot_ignored_total", &[("reason", "not a message")], 1);
            return Outbound::plain(UNREADABLE);
        };
        match tokio::time::timeout(ANSWER, self.asked(key, inbound)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                warn!(error = &error as &dyn std::error::Error, "a turn for Teams cannot be written down");
                Outbound::plain(NO_DATABASE)
            }
            Err(_) => Outbound::plain(LATE),
        }
    }

    async fn asked(&self, key: &str, inbound: Inbound) -> Result<Outbound, StateError> {
        if let Some(declined) = self.declined(&inbound).await {
            return Ok(Outbound::plain(declined));
        }
        let outcome = self.turn(key, &inbound).await;
        self.write_down(key, &inbound, outcome.ended).await?;
        if outcome.ended == Ended::Late {
            return Ok(Outbound::plain(LATE));
        }
        Ok(outcome.say)
    }

    async fn declined(&self, inbound: &Inbound) -> Option<String> {
        let (Inner { policy, thinking, telemetry, .. }, Inbound { person, place, .. }) = (&*self.0, inbound);
        let denied = match policy.decide(person, None, place, Act::Ask) {
            Decision::Allow => None,
            Decision::Ask(_) => Some(Reason::NoCards),
            Decision::Deny(reason) => Some(reason),
        };
        let over = match thinking.limits.message(person, place).await {
            Verdict::Within if denied.is_none() => thinking.limits.model(person, place).await,
            within_or_over => within_or_over,
        };
        let (reason, told) = match (over, denied) {
            (Verdict::Within, None) => return None,
            (Verdict::Within, Some(reason)) => ("policy", reason.to_string()),
            // Teams waits for a word each time.
            (Verdict::Over { retry_after, .. }, _) => ("limit", over_limit(retry_after)),
        };
        telemetry.count("imchat_bot_declined_total", &[("reason", reason)], 1);
        Some(told)
    }

    async fn turn(&self, key: &str, inbound: &Inbound) -> TurnOutcome {
        let (Inner { policy, thinking, reads, telemetry, .. }, Inbound { person, place, .. }) = (&*self.0, inbound);
        let turn = Turn {
            key,
            conversation: &place.conversation(person),
            reads,
            gate: &ReadsOnly { policy, person, place },
            links: policy.links(),
            budget: Budget { time: TURN, ..Budget::default() },
            clock: &*thinking.clock,
            interrupted: &|| false,
        };
        let transcript = Transcript::new(person.clone()).with([Entry::person(person.clone(), inbound.text.as_str())]);
        let started = thinking.clock.micros();
        let outcome = turn.run(&*thinking.model, transcript).await;
        telemetry.turn(&outcome, Duration::from_micros(thinking.clock.micros().saturating_sub(started)));
        thinking.limits.spent(person, place, outcome.usage.total()).await;
        outcome
    }

    async fn write_down(&self, key: &str, inbound: &Inbound, ended: Ended) -> Result<(), StateError> {
        let mut tx = self.0.state.begin().await?;
        audit::answered(&mut tx, key, &inbound.person, &inbound.place, ended.as_str()).await?;
        tx.commit().await
    }
}

async fn answered(answering: &Answering, receipt: &Receipt<TeamsOutgoing>, body: &[u8]) -> Response {
    // Every message has a key, if only its body's digest.
    let key = receipt.identity().dedup_key.map(|key| StepKey::of(&key, "job").to_string()).unwrap_or_default();
    let answer = response(&answering.answer(&key, body).await);
    ([(CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// What somebody may whom nobody looks up, where nothing can be approved.
struct ReadsOnly<'a> {
    policy: &'a Policy,
    person: &'a Person,
    place: &'a Place,
}

impl Gate for ReadsOnly<'_> {
    fn may<'a>(&'a self, act: Act<'a>) -> Pin<Box<dyn Future<Output = Decision> + Send + 'a>> {
        let decision = match act {
            Act::Write(_) => Decision::Deny(Reason::NoCards),
            Act::Ask | Act::Read(_) => self.policy.decide(self.person, None, self.place, act),
        };
        Box::pin(async { decision })
    }
}

/// The route.
///
/// # Errors
/// [`ConfigError`] where the secret cannot be used.
pub fn routes(teams: &TeamsConfig, answering: Answering) -> Result<Router, ConfigError> {
    let telemetry = answering.0.telemetry.clone();
    let verifier = TeamsOutgoing::verifier(teams.signing.secrets())?.endpoint("messages");
    let clock = Arc::clone(&answering.0.thinking.clock);
    let answer = move |Verified(receipt, body): Verified<TeamsOutgoing, Bytes>| {
        let answering = answering.clone();
        async move { answered(&answering, &receipt, &body).await }
    };
    let webhook = Webhook::new(verifier).dedup(MemoryStore::new(move || clock.now()));
    let route = webhook.configure(|builder| builder.body_deadline(BODY)).handler(answer)?;
    Ok(watched(Router::new().route("/teams/messages", route), &telemetry, Of::platform("teams")))
}

#[cfg(test)]
mod tests;
