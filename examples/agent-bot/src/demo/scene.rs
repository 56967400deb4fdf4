//! What is sent, and what should come of it.

use std::ops::Range;
use std::time::Duration;

use chat_sim::sender::SendError;
use chat_sim::{Delivery, Request, Sender, SlackApi, Variant};
use http::StatusCode;

use super::archive::Archive;

// What should happen is written out here and not read from what is sent: a bot that reads it wrong must not pass.
const CHALLENGE: &str = "ImchatTestChallenge0123456789abcdefghijklmnopqrstuvw";
const OPS: &str = "C0OPS00001";
const DIRECT: &str = "D0ALICE001";
const MENTION_TS: &str = "1699999999.123459";
const DIRECT_TS: &str = "1699999999.310449";
const PARENT_TS: &str = "1699999700.000200";
pub(super) const FORGED_TS: &str = "1699999999.400000";
pub(super) const CRASH_TS: &str = "1699999999.500000";
const CHECKOUT: &str = "Here is what I found: checkout is degraded, runs 1.4.1 and was restarted 0 times";
const ON_CALL: &str = "Here is what I found: checkout: Alice\npayments: Bob";

/// How long the bot may take to post an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Where something stands: a channel, or a thread in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) channel: &'static str,
    pub(super) thread: Option<String>,
}

/// One thing that was sent.
pub(super) struct Step {
    pub(super) sent: String,
    pub(super) deliveries: Vec<Result<Delivery, SendError>>,
    pub(super) status: StatusCode,
    /// What the answer's body must hold; `None` is anything.
    pub(super) body: Option<&'static str>,
    /// Where it would be answered; each place gets `posts` posts.
    pub(super) places: Vec<Place>,
    /// Which of the posts in such a place are this step's: several steps may write the same message.
    pub(super) own: Range<usize>,
    pub(super) posts: usize,
    /// What each post must say, if there is any.
    pub(super) text: &'static str,
}

/// The two sides of the play.
pub(super) struct Stage<'a> {
    pub(super) archive: Archive,
    pub(super) sender: Sender,
    /// Has one right signature, that of the mention, and puts it on whatever it sends.
    pub(super) interceptor: Sender,
    pub(super) bot: String,
    pub(super) slack: &'a SlackApi,
}

impl Stage<'_> {
    /// Plays the scene from beginning to end.
    pub(super) async fn play(&self) -> Vec<Step> {
        let Archive { url_verification, app_mention, tampered, forged, .. } = &self.archive;
        let mut steps = Vec::new();

        let challenged = self.send("url_verification", url_verification, Variant::Fresh).await;
        steps.push(Step { body: Some(CHALLENGE), ..challenged });

        let mentioned = self.send("app_mention", app_mention, Variant::Fresh).await;
        steps.push(Step { own: 0..1, ..answered(mentioned, thread(OPS, MENTION_TS), CHECKOUT) });
        // Only an answer that stands already shows that what follows adds none.
        let _ = self.slack.posted(1, ANSWER_WITHIN).await;

        let retry = Variant::Retry { num: 1, reason: "http_timeout" };
        let retried = self.send("app_mention, sent again as a retry", app_mention, retry).await;
        steps.push(Step { own: 1..2, places: vec![thread(OPS, MENTION_TS)], ..retried });

        let stale = Variant::Stale(Duration::from_secs(600));
        let replayed = self.send("app_mention, replayed 10 min later", app_mention, stale).await;
        steps.push(Step { own: 2..3, ..refused(replayed, thread(OPS, MENTION_TS)) });

        let sent = self.interceptor.send(&self.bot, tampered, Variant::Fresh).await;
        let tampered = step("app_mention, text tampered with", vec![sent]);
        steps.push(Step { own: 3..usize::MAX, ..refused(tampered, thread(OPS, MENTION_TS)) });

        let signed_by_another = self.send("app_mention, signed by a stranger", forged, Variant::Forged).await;
        steps.push(refused(signed_by_another, thread(OPS, FORGED_TS)));

        steps.extend(self.other_kinds().await);
        steps.push(self.burst().await);
        let expected = steps.iter().map(|step| step.posts.saturating_mul(step.places.len())).sum();
        let _ = self.slack.posted(expected, ANSWER_WITHIN).await;
        steps
    }

    async fn other_kinds(&self) -> [Step; 3] {
        let Archive { message_dm, message_thread, slash_command, .. } = &self.archive;
        let direct = self.send("message_dm", message_dm, Variant::Fresh).await;
        let between_people = self.send("message_thread, not for the bot", message_thread, Variant::Fresh).await;
        let commanded = self.send("slash_command", slash_command, Variant::Fresh).await;
        [
            answered(direct, thread(DIRECT, DIRECT_TS), ON_CALL),
            Step { places: vec![thread(OPS, PARENT_TS)], ..between_people },
            answered(commanded, Place { channel: OPS, thread: None }, CHECKOUT),
        ]
    }

    async fn burst(&self) -> Step {
        let (timestamps, requests): (Vec<_>, Vec<_>) = self.archive.burst.iter().cloned().unzip();
        let deliveries = self.sender.burst(&self.bot, 8, requests).await;
        Step {
            places: timestamps.iter().map(|ts| thread(OPS, ts)).collect(),
            posts: 1,
            text: CHECKOUT,
            ..step(&format!("{} × app_mention, 8 at a time", timestamps.len()), deliveries)
        }
    }

    async fn send(&self, sent: &str, request: &Request, variant: Variant) -> Step {
        step(sent, vec![self.sender.send(&self.bot, request, variant).await])
    }
}

/// A mention that a bot took before it was killed, and another one answered.
pub(super) fn after_a_crash(delivery: Result<Delivery, SendError>) -> Step {
    answered(step("app_mention, then the bot is killed", vec![delivery]), thread(OPS, CRASH_TS), CHECKOUT)
}

fn thread(channel: &'static str, ts: &str) -> Place {
    Place { channel, thread: Some(ts.to_owned()) }
}

/// Acknowledged, and nothing more.
fn step(sent: &str, deliveries: Vec<Result<Delivery, SendError>>) -> Step {
    Step {
        sent: sent.to_owned(),
        deliveries,
        status: StatusCode::OK,
        body: None,
        places: Vec::new(),
        own: 0..usize::MAX,
        posts: 0,
        text: "",
    }
}

fn answered(step: Step, place: Place, text: &'static str) -> Step {
    Step { places: vec![place], posts: 1, text, ..step }
}

fn refused(step: Step, place: Place) -> Step {
    Step { status: StatusCode::UNAUTHORIZED, places: vec![place], ..step }
}
