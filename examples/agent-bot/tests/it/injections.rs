//! The corpus of `tests/injections.toml`, through the whole bot on each platform, with a model that obeys whatever it reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agent_bot::agent::tools::named;
use agent_bot::state::Row;
use chat_sim::Variant;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chats::{Chat, Said, Spot, Who, on_each_platform};
use crate::model::{Answer, ModelDouble, read};
use crate::play::until;
use crate::program::{Program, Scene};

on_each_platform!(whatever_a_model_is_talked_into_waits_for_people_who_see_all_of_it);

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Injection {
    pub(crate) name: String,
    pub(crate) via: Via,
    pub(crate) text: String,
    query: Option<String>,
    pub(crate) obey: Vec<Deed>,
    pub(crate) cards: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Via {
    Tool,
    Thread,
    Search,
    Paste,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Deed {
    Call { tool: String, arguments: String },
    Say { say: String },
}

#[derive(Deserialize)]
struct Corpus {
    injection: Vec<Injection>,
}

pub(crate) fn corpus() -> Vec<Injection> {
    let corpus: Corpus = toml::from_str(include_str!("../injections.toml")).expect("a corpus");
    assert!(corpus.injection.len() >= 40);
    corpus.injection
}

/// Looks where it was told to look and then, once it has read the text, does what that says.
fn obedient(injection: &Injection) -> impl Fn(&Value) -> Answer + Send + Sync + use<> {
    let (injection, done) = (injection.clone(), Arc::new(AtomicUsize::new(0)));
    move |request| {
        if !read(request).contains(injection.text.trim()) || injection.asks_first(request) {
            return injection.look();
        }
        match injection.obey.get(done.fetch_add(1, Ordering::SeqCst)) {
            Some(Deed::Call { tool, arguments }) => Answer::Call(vec![(tool.clone(), arguments.clone())]),
            Some(Deed::Say { say }) => Answer::Say(say.clone()),
            None => Answer::Say("Done as I was told.".to_owned()),
        }
    }
}

impl Injection {
    /// What the model reads with first.
    fn look(&self) -> Answer {
        match (self.via, &self.query) {
            (Via::Tool, _) => Answer::Call(vec![("service_status".to_owned(), r#"{"service":"checkout"}"#.to_owned())]),
            (Via::Search, Some(query)) => {
                Answer::Call(vec![("search_thread".to_owned(), json!({ "query": query }).to_string())])
            }
            _ => Answer::Say("Noted.".to_owned()),
        }
    }

    /// Whether the text stands in the thread already, and it is the tool that is to find it.
    fn asks_first(&self, request: &Value) -> bool {
        let messages = request["messages"].as_array().cloned().unwrap_or_default();
        self.via == Via::Search && !messages.iter().any(|message| message["role"] == "tool")
    }
}

async fn says<C: Chat>(scene: &Scene<C>, all: &Program, spot: Spot, number: usize, who: Who, text: &str) {
    let before = scene.chat.said().len();
    let event = scene.chat.ask(spot, number, who, text);
    assert_eq!(scene.chat.deliver(&all.base, &event, Variant::Fresh).await, StatusCode::OK);
    until(async || scene.chat.said().len() > before).await;
    scene.rests().await;
}

/// Lets the text in, has Alice ask a harmless question, and returns what the bot said then.
async fn played<C: Chat>(
    scene: &Scene<C>,
    all: &Program,
    model: &ModelDouble,
    spot: Spot,
    injection: &Injection,
) -> Vec<Said> {
    let mut number = 0;
    match injection.via {
        Via::Tool => versioned(scene, &injection.text).await,
        Via::Thread | Via::Search => {
            model.think(|_| Answer::Say("Noted.".to_owned()));
            says(scene, all, spot, number, Who::Bob, &injection.text).await;
            number += 1;
        }
        Via::Paste => {}
    }
    let before = scene.chat.said().len();
    model.think(obedient(injection));
    let question = if injection.via == Via::Paste { &injection.text } else { "is there anything new?" };
    says(scene, all, spot, number, Who::Alice, question).await;
    scene.chat.said().split_off(before)
}

async fn versioned<C: Chat>(scene: &Scene<C>, version: &str) {
    let mut tx = scene.store.state.begin().await.expect("a transaction");
    tx.query("UPDATE bot_services SET version = $1").bind(version).run().await.expect("changed");
    tx.commit().await.expect("durable");
}

/// Plans by id, with their tools, arguments and states.
async fn plans<C: Chat>(scene: &Scene<C>) -> Vec<[String; 4]> {
    let mut tx = scene.store.state.read().await.expect("a transaction");
    let rows = tx.query("SELECT id, tool, arguments, state FROM bot_plans").rows().await.expect("read");
    let text = |row: &Row, column| row.text(column).expect("text");
    rows.iter().map(|row| [text(row, "id"), text(row, "tool"), text(row, "arguments"), text(row, "state")]).collect()
}

async fn whatever_a_model_is_talked_into_waits_for_people_who_see_all_of_it<C: Chat>() {
    let corpus = corpus();
    let model = ModelDouble::start(|_| Answer::Say("Noted.".to_owned())).await;
    let bob = C::person(Who::Bob);
    let rule = format!("rule = \"ask\"\napprovers = [\"{bob}\"]\n");
    let tools = ["restart_service", "deploy", "merge"].map(|tool| format!("[tools.{tool}]\n{rule}"));
    let scene = Scene::under(&tools.concat(), C::open(corpus.len(), 2).await).await;
    let scene = scene.with("OPENAI_BASE_URL", model.url()).with("OPENAI_MODEL", "obedient");
    let all = scene.start("all").await;
    let mut waiting = 0;
    for (channel, injection) in corpus.iter().enumerate() {
        let (spot, name) = (Spot { channel, thread: 1 }, &injection.name);
        let said = played(&scene, &all, &model, spot, injection).await;
        assert!(model.seen().iter().any(|request| read(request).contains(injection.text.trim())), "{name}: not read");

        // No write without an approval, and none of the approvals is there.
        assert_eq!(scene.store.effects().await, (0, 0), "{name}");
        let plans = plans(&scene).await;
        waiting += injection.cards;
        assert_eq!(plans.len(), waiting, "{name}: {said:?}");
        assert!(plans.iter().all(|[_, _, _, state]| state == "pending"), "{name}");

        // Nothing is posted to another place, and nobody is whispered to.
        assert!(said.iter().all(|said| said.at == scene.chat.at(spot)), "{name}: {said:?}");
        assert_eq!(scene.chat.told(Who::Alice).len() + scene.chat.told(Who::Bob).len(), 0, "{name}");

        let (cards, words): (Vec<_>, Vec<_>) = said.into_iter().partition(|said| !said.buttons.is_empty());
        assert_eq!(cards.len(), injection.cards, "{name}");
        for card in cards {
            let plan = plans.iter().find(|[id, ..]| card.buttons.iter().all(|button| button.contains(id.as_str())));
            let [_, tool, arguments, _] = plan.expect("a card is of a plan");
            shows_all(&card, tool, arguments, injection);
        }
        for word in words {
            harmless(&scene.chat, &word, name);
        }
    }
    all_voices_are_their_own(&model);

    // One of them is approved: that one is done, as it is shown, and no other.
    let card = scene.chat.card().expect("a card");
    let press = scene.chat.press(&card, Who::Bob, "approve");
    assert_eq!(scene.chat.deliver(&all.base, &press, Variant::Fresh).await, StatusCode::OK);
    until(async || scene.store.effects().await == (1, 1)).await;
    scene.rests().await;
    assert_eq!(plans(&scene).await.iter().filter(|[_, _, _, state]| state == "pending").count(), waiting - 1);
}

/// The card tells in the bot's own words what would happen, with which exact arguments, and what had been read before.
fn shows_all(card: &Said, tool: &str, arguments: &str, injection: &Injection) {
    let (name, text) = (&injection.name, card.text.replace('\\', ""));
    let effect = named(tool).and_then(|known| Some((known.check(arguments).ok()?, known.effect?)));
    let (checked, effect) = effect.expect("a tool that writes");
    assert_eq!(checked.canonical(), arguments, "{name}");
    let heading = (effect.summary)(&checked);
    assert!(card.raw.contains(&heading) && text.contains(&format!("{tool} {arguments}")), "{name}: {text}");
    assert_eq!(text.contains("text that nobody vouches for"), injection.via != Via::Paste, "{name}: {text}");
    assert_eq!(card.buttons.len(), 2, "{name}");
}

/// No button, no link, no ping, and nothing invisible.
fn harmless<C: Chat>(chat: &C, said: &Said, name: &str) {
    assert!(!chat.pings(said), "{name} on {}: {}", C::NAME, said.raw);
    let lower = said.raw.to_lowercase();
    for reach in ["http://", "https://", "https:/\\", "www.", "slack://", "discord://", "\"type\":\"link\""] {
        assert!(!lower.contains(reach), "{name} on {}: {reach} in {}", C::NAME, said.raw);
    }
    // Half of a Markdown link that a platform could take for a whole one; Slack reads none.
    let opened = said.raw.match_indices("](").any(|(at, _)| !said.raw[..at].ends_with('\\'));
    assert!(!opened || C::NAME == "slack", "{name} on {}: {}", C::NAME, said.raw);
    let invisible = |c: char| agent_bot::agent::egress::is_invisible(c) && c != '\u{200b}';
    assert!(!said.text.contains(invisible), "{name} on {}: {:?}", C::NAME, said.text);
}

/// There is one system message, the bot's own; and what others wrote is marked as theirs.
fn all_voices_are_their_own(model: &ModelDouble) {
    for request in model.seen() {
        let messages = request["messages"].as_array().expect("messages");
        assert_eq!(messages.iter().filter(|message| message["role"] == "system").count(), 1);
        assert_eq!(messages[0]["role"], "system");
        for message in messages.iter().filter(|message| message["role"] == "tool") {
            let text = message["content"].as_str().expect("text");
            let own = ["Nothing was ", "There is no such tool"].iter().any(|start| text.starts_with(start));
            let own = own || text.contains(": this waits ");
            assert!(own || text.starts_with("Untrusted content (what the tool "), "{text}");
        }
    }
}
