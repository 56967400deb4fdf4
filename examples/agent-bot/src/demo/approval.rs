//! The second half of the scene: a write that waits for people, in a room of its own.

use std::path::Path;
use std::time::Duration;

use chat_sim::Delivery;
use chat_sim::sender::SendError;
use chat_sim::slack_api::Post;
use chat_sim::slack_clicks::buttons;

use super::crash::Process;
use super::news::{News, Seen};
use super::person::Person;
use super::room::{self, Room};
use super::{DemoError, SECRETS, shown};

/// How long the bot may take for what comes of one thing.
pub(super) const COMES_WITHIN: Duration = Duration::from_secs(10);

/// One thing that was done in the room, what came of it, and what should have.
pub(super) struct Moment {
    pub(super) done: &'static str,
    pub(super) deliveries: Vec<Result<Delivery, SendError>>,
    /// How each message begins, and each notice and the card's last edit end.
    pub(super) said: Vec<String>,
    /// Restarts that there ever were.
    pub(super) effects: i64,
    /// Whether everything had come within the time.
    pub(super) rests: bool,
    /// How each of the lines must end.
    pub(super) should_say: &'static [&'static str],
    pub(super) should_have: i64,
}

pub(super) const WAITS: &str = "this waits until somebody agrees. Nothing has happened yet.";
pub(super) const CARD: &str = "Restart checkout";
const MAY_NOT: &str = "You are not one of the people who may decide this.";
const OWN: &str = "You asked for this yourself, so somebody else has to decide.";
pub(super) const DONE: &str = "Done: checkout was restarted";
const LATE: &str = "Your click changed nothing.";

/// Holds an effect for ever in the transaction that would write it down.
const HELD: &str = "CREATE TRIGGER held BEFORE INSERT ON bot_effects BEGIN SELECT count(*) FROM (WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT i FROM n); END";
const RUNNING: &str = "SELECT id FROM bot_plans WHERE state = 'running' LIMIT 1";
/// Nothing holds it any more, and the time that the dead executor had is over.
const RELEASED: [&str; 3] = [
    "DROP TRIGGER held",
    "UPDATE bot_plans SET leased_until = 0 WHERE state = 'running'",
    "UPDATE bot_outbox SET leased_until = 0 WHERE state = 'sending'",
];

/// Asked for, pressed by who may not, by who asked, by who may, by them again; then the last press in a storm; and once
/// more with an executor that is killed between the approval and its effect.
pub(super) async fn play(folder: &Path) -> Result<Vec<Moment>, DemoError> {
    let file = folder.join("approval.db");
    let mut stage = Stage { room: Room::open(&file).await?, seen: Seen::nothing(), card: None };
    let mut moments = Vec::new();

    let asked = vec![stage.room.say(Person::Ada, "please restart checkout").await];
    moments.push(stage.moment("ada asks for a restart", asked, &[WAITS, CARD], 0).await?);
    let presses: [(_, _, &'static [&'static str], _); 4] = [
        ("cleo, who may not, presses Approve", Person::Cleo, &[MAY_NOT], 0),
        ("ada, who asked, presses Approve", Person::Ada, &[OWN], 0),
        ("ben, who may, presses Approve", Person::Ben, &[DONE], 1),
        ("ben presses Approve once more", Person::Ben, &[LATE], 1),
    ];
    for (done, person, should_say, effects) in presses {
        let pressed = stage.approve(person).await;
        moments.push(stage.moment(done, pressed, should_say, effects).await?);
    }
    let stormed = stage.room.storm().await.unwrap_or_default();
    moments.push(stage.moment("that press, delivered ten times again", stormed, &[], 1).await?);
    let asked = vec![stage.room.say(Person::Ada, "please restart checkout").await];
    moments.push(stage.moment("ada asks for another restart", asked, &[WAITS, CARD], 1).await?);
    let (pressed, halfway) = stage.killed(folder, &file).await?;
    let moment = stage.moment("ben approves; executor killed halfway", pressed, &[DONE], 2).await?;
    moments.push(Moment { rests: moment.rests && halfway, ..moment });
    stage.room.close().await;
    Ok(moments)
}

struct Stage {
    room: Room,
    seen: Seen,
    /// As it stood when it was posted: people press what they see.
    card: Option<Post>,
}

impl Stage {
    /// Nothing is delivered when there is nothing to press.
    async fn approve(&mut self, person: Person) -> Vec<Result<Delivery, SendError>> {
        let button = self.card.as_ref().and_then(|card| {
            let (_, action_id) = buttons(card).into_iter().find(|(label, _)| label == "Approve")?;
            Some((card.clone(), action_id))
        });
        match button {
            Some((card, action_id)) => vec![self.room.press(person, &card, &action_id).await],
            None => Vec::new(),
        }
    }

    /// Ben approves, and the executor, a process of its own for this, is killed before the effect; then another one goes
    /// on. Also whether it was killed there.
    async fn killed(
        &mut self,
        folder: &Path,
        file: &Path,
    ) -> Result<(Vec<Result<Delivery, SendError>>, bool), DemoError> {
        let policy = folder.join("policy.toml");
        std::fs::write(&policy, room::POLICY)?;
        self.room.stop().await;
        let process = Process { role: "executor", file, policy: Some(&policy), slack: &self.room.slack };
        let (mut executor, _) = process.start(&SECRETS).await?;
        let ledger = &self.room.ledger;
        let before = ledger.effects().await?;
        ledger.change(HELD).await?;
        let pressed = self.approve(Person::Ben).await;
        let ledger = &self.room.ledger;
        let begun = ledger.finds(RUNNING, COMES_WITHIN).await?;
        executor.kill().await?;
        let halfway = begun && ledger.effects().await? == before;
        for sql in RELEASED {
            ledger.change(sql).await?;
        }
        self.room.start().await?;
        Ok((pressed, halfway))
    }

    async fn moment(
        &mut self,
        done: &'static str,
        deliveries: Vec<Result<Delivery, SendError>>,
        should_say: &'static [&'static str],
        should_have: i64,
    ) -> Result<Moment, DemoError> {
        let rests = self.room.ledger.rests(COMES_WITHIN).await?;
        let (mut said, mut edited) = (Vec::new(), None);
        for news in self.seen.news(&self.room.slack) {
            match news {
                News::Post(post) => {
                    said.extend(shown::lines(&post.text, &post.blocks).into_iter().next());
                    self.card = (!buttons(&post).is_empty()).then_some(post).or(self.card.take());
                }
                News::Notice(_, lines) => said.extend(lines.into_iter().last()),
                // A card may say in between that it is about to be done: what counts is how it stands.
                News::Edit(post) => edited = shown::lines(&post.text, &post.blocks).into_iter().last(),
            }
        }
        said.extend(edited);
        let effects = self.room.standing().await?.effects;
        Ok(Moment { done, deliveries, said, effects, rests, should_say, should_have })
    }
}

impl Moment {
    /// What should have been, when it was not.
    pub(super) fn difference(&self) -> Option<String> {
        let acknowledged = |delivery: &Result<Delivery, SendError>| {
            delivery.as_ref().is_ok_and(|delivery| delivery.status.is_success())
        };
        if self.deliveries.is_empty() || !self.deliveries.iter().all(acknowledged) {
            return Some("a 200 for each".to_owned());
        }
        if !self.rests {
            return Some("everything done and said".to_owned());
        }
        if self.effects != self.should_have {
            return Some(format!("{} in all", restarts(self.should_have)));
        }
        let says = self.said.len() == self.should_say.len()
            && self.said.iter().zip(self.should_say).all(|(said, should)| said.ends_with(should));
        if says {
            return None;
        }
        Some(self.should_say.last().map_or_else(|| "nothing said".to_owned(), |says| format!("“… {says}”")))
    }
}

/// So many, in words.
pub(super) fn restarts(count: i64) -> String {
    match count {
        1 => "1 restart".to_owned(),
        count => format!("{count} restarts"),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn delivery(status: StatusCode) -> Result<Delivery, SendError> {
        Ok(Delivery { status, latency: Duration::from_millis(2), headers: HeaderMap::new(), body: Bytes::new() })
    }

    fn moment() -> Moment {
        Moment {
            done: "ben presses",
            deliveries: vec![delivery(StatusCode::OK)],
            said: vec!["Approved by @ben. Done: checkout was restarted".to_owned()],
            effects: 1,
            rests: true,
            should_say: &[DONE],
            should_have: 1,
        }
    }

    #[test]
    fn whatever_is_not_as_it_should_be_differs() {
        assert_eq!(moment().difference(), None);
        for (moment, why) in [
            (Moment { deliveries: Vec::new(), ..moment() }, "nothing to press"),
            (
                Moment { deliveries: vec![delivery(StatusCode::OK), delivery(StatusCode::UNAUTHORIZED)], ..moment() },
                "401",
            ),
            (Moment { deliveries: vec![Err(SendError::NothingToTamper)], ..moment() }, "no answer"),
            (Moment { said: Vec::new(), ..moment() }, "not told"),
            (Moment { said: vec!["Something else".to_owned()], ..moment() }, "told otherwise"),
            (Moment { said: vec![DONE.to_owned(), DONE.to_owned()], ..moment() }, "told twice"),
            (Moment { effects: 2, ..moment() }, "done twice"),
            (Moment { effects: 0, ..moment() }, "not done"),
            (Moment { rests: false, ..moment() }, "still at it"),
        ] {
            assert!(moment.difference().is_some(), "{why}");
        }
    }
}
