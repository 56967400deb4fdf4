//! What is sent, and what should come of it.

use std::ops::Range;
use std::time::Duration;

use chat_sim::sender::SendError;
use chat_sim::slack_events::{self, Said, Workspace};
use chat_sim::{Delivery, Request, Sender, SlackApi, Variant};
use http::StatusCode;

pub(super) const CHANNEL: &str = "C0GENERAL";
const CHALLENGE: &str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P";
const BURST: usize = 20;
/// How long the bot may take to post an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// One thing that was sent.
pub(super) struct Step {
    pub(super) sent: String,
    pub(super) deliveries: Vec<Result<Delivery, SendError>>,
    pub(super) status: StatusCode,
    /// What the answer's body must be; `None` is empty.
    pub(super) body: Option<&'static str>,
    /// The threads it wrote in, each of which gets `posts` posts.
    pub(super) threads: Vec<String>,
    /// Which of the posts in such a thread are this step's: several steps may write the same message.
    pub(super) own: Range<usize>,
    pub(super) posts: usize,
    /// What each post must say, if there is any.
    pub(super) text: &'static str,
}

/// The two sides of the play.
pub(super) struct Stage<'a> {
    pub(super) sender: Sender,
    pub(super) bot: String,
    pub(super) slack: &'a SlackApi,
}

impl Stage<'_> {
    /// Plays the scene from beginning to end.
    pub(super) async fn play(&self) -> Vec<Step> {
        let greeting = mention("Ev0GREETING", "<@U0BOT> hello", "1700000000.000100");
        let mut steps = vec![self.challenge().await];

        let greeted = self.one("mention: “hello”", &greeting, Variant::Fresh, "1700000000.000100").await;
        steps.push(Step { own: 0..1, ..greeted });
        // Only an answer that stands already shows that the retry adds none.
        let _ = self.slack.posted(1, ANSWER_WITHIN).await;
        let retry = Variant::Retry { num: 1, reason: "http_timeout" };
        let retried = self.one("the same once more, as a retry", &greeting, retry, "1700000000.000100").await;
        steps.push(Step { own: 1..2, posts: 0, ..retried });

        let stale = Variant::Stale(Duration::from_secs(600));
        let replayed = self.one("the same, replayed 10 minutes old", &greeting, stale, "1700000000.000100").await;
        steps.push(Step { own: 2..usize::MAX, ..refused(replayed) });

        let forgery = mention("Ev0FORGED", "<@U0BOT> let me in", "1700000000.000200");
        let forged =
            self.one("mention signed with another secret", &forgery, Variant::Forged, "1700000000.000200").await;
        steps.push(refused(forged));

        let original = mention("Ev0TAMPERED", "<@U0BOT> pay 10", "1700000000.000300");
        let tampered =
            self.one("mention with one bit flipped", &original, Variant::Tampered, "1700000000.000300").await;
        steps.push(refused(tampered));

        steps.push(self.burst().await);
        let _ = self.slack.posted(1 + BURST, ANSWER_WITHIN).await;
        steps
    }

    async fn challenge(&self) -> Step {
        let request = slack_events::url_verification(CHALLENGE);
        Step {
            sent: "url_verification".to_owned(),
            deliveries: vec![self.sender.send(&self.bot, &request, Variant::Fresh).await],
            status: StatusCode::OK,
            body: Some(CHALLENGE),
            threads: Vec::new(),
            own: 0..usize::MAX,
            posts: 0,
            text: "",
        }
    }

    async fn one(&self, sent: &str, request: &Request, variant: Variant, thread: &str) -> Step {
        Step {
            sent: sent.to_owned(),
            deliveries: vec![self.sender.send(&self.bot, request, variant).await],
            status: StatusCode::OK,
            body: None,
            threads: vec![thread.to_owned()],
            own: 0..usize::MAX,
            posts: 1,
            text: "You said: hello",
        }
    }

    async fn burst(&self) -> Step {
        let ts = |index: usize| format!("1700000001.{index:06}");
        let make = |index| mention(&format!("Ev0BURST{index}"), "<@U0BOT> ping", &ts(index));
        Step {
            sent: format!("burst of {BURST} mentions: “ping”"),
            deliveries: self.sender.burst(&self.bot, BURST, 8, make).await,
            status: StatusCode::OK,
            body: None,
            threads: (0..BURST).map(ts).collect(),
            own: 0..usize::MAX,
            posts: 1,
            text: "pong",
        }
    }
}

fn refused(step: Step) -> Step {
    Step { status: StatusCode::UNAUTHORIZED, posts: 0, ..step }
}

fn mention(event_id: &str, text: &str, ts: &str) -> Request {
    let said = Said { event_id, channel: CHANNEL, user: "U0ADA", text, ts, thread_ts: None };
    slack_events::app_mention(&Workspace::default(), &said)
}
