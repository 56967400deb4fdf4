use super::summary::Summary;
use super::*;
use crate::agent::scripted::{Mood, Scripted};
use crate::agent::taint::{Source, Taint};
use crate::state::State;
use crate::state::testing::Room;
use crate::who::PlatformName;

fn person(user: &str) -> Person {
    Person { platform: PlatformName::Slack, tenant: "T1".to_owned(), user: user.to_owned() }
}

/// A session with this window, whose every act is a transaction of its own.
struct Hand {
    state: State,
    sessions: Sessions,
}

impl Hand {
    async fn new(room: &Room) -> Self {
        Self { state: room.state().await, sessions: Sessions::default() }
    }

    async fn append(&self, conversation: &str, job: &str, user: &str, text: &str) -> Appended {
        let mut tx = self.state.begin().await.unwrap();
        let appended = self.sessions.append(&mut tx, conversation, job, &person(user), text).await.unwrap();
        tx.commit().await.unwrap();
        appended
    }

    async fn begin(&self, conversation: &str, job: &str, meanwhile: Meanwhile) -> Begun {
        let mut tx = self.state.begin().await.unwrap();
        let begun = self.sessions.begin(&mut tx, conversation, job, meanwhile).await.unwrap();
        tx.commit().await.unwrap();
        begun
    }

    async fn finish(&self, conversation: &str, job: &str, text: &str) -> bool {
        let mut tx = self.state.begin().await.unwrap();
        let said = Entry::bot(text, Taint::none());
        let ended = self.sessions.finish(&mut tx, conversation, job, &said).await.unwrap();
        tx.commit().await.unwrap();
        ended
    }

    async fn put_back(&self, conversation: &str, job: &str, user: &str) -> bool {
        let mut tx = self.state.begin().await.unwrap();
        let put_back = self.sessions.put_back(&mut tx, conversation, job, &person(user)).await.unwrap();
        tx.commit().await.unwrap();
        put_back
    }

    async fn keep(&self, conversation: &str, summary: &Summary) {
        let mut tx = self.state.begin().await.unwrap();
        self.sessions.keep(&mut tx, conversation, summary).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn texts(begun: &Begun) -> Vec<&str> {
    let Begun::Turn { entries, .. } = begun else { panic!("{begun:?}") };
    let text = |entry: &'_ Entry| match &entry.content {
        Content::Text(_) => {}
        other => panic!("{other:?}"),
    };
    entries.iter().for_each(text);
    entries
        .iter()
        .filter_map(|entry| if let Content::Text(text) = &entry.content { Some(&**text) } else { None })
        .collect()
}

#[tokio::test]
async fn a_turn_reads_what_was_said_before_in_its_conversation() {
    for room in Room::each().await {
        let hand = Hand::new(&room).await;
        assert_eq!(hand.append("c", "j1", "U1", "status?").await, Appended::New);
        assert_eq!(texts(&hand.begin("c", "j1", Meanwhile::Queue).await), ["status?"]);
        assert!(hand.finish("c", "j1", "it is well").await);
        hand.append("c", "j2", "U1", "and now?").await;
        let begun = hand.begin("c", "j2", Meanwhile::Queue).await;
        assert_eq!(texts(&begun), ["status?", "it is well", "and now?"]);
        let Begun::Turn { entries, overflow: None } = begun else { panic!("{begun:?}") };
        assert_eq!(entries[0].trust, Trust::Person(person("U1")));
        assert_eq!(entries[1].trust, Trust::Bot);
    }
}

#[tokio::test]
async fn a_message_that_no_turn_ends_holds_no_summary_up_for_ever_and_a_younger_one_is_still_told() {
    for room in Room::each().await {
        let hand = Hand::new(&room).await;
        hand.append("c", "dead", "U1", "never answered").await;
        let asks = async |name: String| {
            hand.append("c", &name, "U1", "status?").await;
            let begun = hand.begin("c", &name, Meanwhile::Queue).await;
            assert!(hand.finish("c", &name, "it is well").await);
            let Begun::Turn { entries, overflow } = begun else { panic!("{begun:?}") };
            if let Some(overflow) = overflow {
                hand.keep("c", &overflow.in_short()).await;
            }
            entries.len()
        };
        for nth in 0..51 {
            assert!(asks(format!("j{nth}")).await <= 101, "{nth}");
        }
        hand.append("c", "late", "U1", "answered late").await;
        for nth in 51..80 {
            assert!(asks(format!("j{nth}")).await <= 62, "{nth}: what the late one holds up, and the window");
        }
        let late = hand.begin("c", "late", Meanwhile::Queue).await;
        assert!(texts(&late).contains(&"answered late"));
        assert!(hand.finish("c", "late", "so it is").await);
        for nth in 80..90 {
            assert!(asks(format!("j{nth}")).await <= 42, "{nth}");
        }
    }
}

#[tokio::test]
async fn the_same_job_stands_once_and_is_answered_once() {
    for room in Room::each().await {
        let hand = Hand::new(&room).await;
        assert_eq!(hand.append("c", "j1", "U1", "status?").await, Appended::New);
        assert_eq!(hand.append("c", "j1", "U1", "status?").await, Appended::Known);
        // A crash: the turn is begun again and finds the same.
        for _ in 0..2 {
            assert_eq!(texts(&hand.begin("c", "j1", Meanwhile::Queue).await), ["status?"]);
        }
        assert!(hand.finish("c", "j1", "well").await);
        assert!(!hand.finish("c", "j1", "well, again").await);
        assert_eq!(hand.append("c", "j1", "U1", "status?").await, Appended::Known);
        assert_eq!(hand.begin("c", "j1", Meanwhile::Queue).await, Begun::Over);
        hand.append("c", "j2", "U1", "more").await;
        assert_eq!(texts(&hand.begin("c", "j2", Meanwhile::Queue).await), ["status?", "well", "more"]);
        assert_eq!(hand.begin("c", "j9", Meanwhile::Queue).await, Begun::Unknown);
        assert_eq!(hand.begin("d", "j2", Meanwhile::Queue).await, Begun::Unknown, "a job is of one conversation");
    }
}

#[tokio::test]
async fn queued_messages_are_answered_one_by_one() {
    for room in Room::each().await {
        let hand = Hand::new(&room).await;
        for (job, text) in [("j1", "one"), ("j2", "two")] {
            hand.append("c", job, "U1", text).await;
        }
        assert_eq!(texts(&hand.begin("c", "j1", Meanwhile::Queue).await), ["one"]);
        assert!(hand.finish("c", "j1", "first").await);
        let begun = hand.begin("c", "j2", Meanwhile::Queue).await;
        assert_eq!(texts(&begun), ["one", "first", "two"], "what was asked last is last, whatever was numbered first");
    }
}

#[tokio::test]
async fn merged_messages_are_answered_together_where_one_person_wrote_them() {
    for room in Room::each().await {
        let hand = Hand::new(&room).await;
        for (job, user, text) in [("j1", "U1", "one"), ("j2", "U2", "deploy it"), ("j3", "U1", "three")] {
            hand.append("c", job, user, text).await;
        }
        assert_eq!(texts(&hand.begin("c", "j1", Meanwhile::Merge).await), ["one", "three"]);
        // What arrives now is not taken by a turn that is run again: its plans would mean something else.
        hand.append("c", "j4", "U1", "four").await;
        assert_eq!(texts(&hand.begin("c", "j1", Meanwhile::Merge).await), ["one", "three"]);
        assert_eq!(hand.begin("c", "j3", Meanwhile::Merge).await, Begun::Over, "the other turn answers it");
        assert!(hand.finish("c", "j1", "both").await);
        assert_eq!(hand.begin("c", "j3", Meanwhile::Merge).await, Begun::Over);
        let begun = hand.begin("c", "j2", Meanwhile::Merge).await;
        assert_eq!(texts(&begun).last(), Some(&"deploy it"), "somebody else's is a turn of its own");
        assert!(hand.finish("c", "j2", "no").await);
        assert_eq!(texts(&hand.begin("c", "j4", Meanwhile::Merge).await).last(), Some(&"four"), "none is dropped");
    }
}

#[tokio::test]
async fn an_interrupted_turn_is_answered_with_what_interrupted_it() {
    for room in Room::each().await {
        let hand = Hand::new(&room).await;
        hand.append("c", "j1", "U1", "deploy checkout").await;
        hand.begin("c", "j1", Meanwhile::Interrupt).await;
        let more = async |user: &str| {
            let mut tx = hand.state.read().await.unwrap();
            hand.sessions.more_waits(&mut tx, "c", &person(user)).await.unwrap()
        };
        assert!(!more("U1").await);
        assert!(!hand.put_back("c", "j1", "U1").await, "nothing would answer it");
        hand.append("c", "j2", "U2", "hello").await;
        assert!(!more("U1").await, "somebody else interrupts nobody");
        hand.append("c", "j3", "U1", "no, web").await;
        assert!(more("U1").await);
        assert!(hand.put_back("c", "j1", "U1").await);
        assert_eq!(texts(&hand.begin("c", "j3", Meanwhile::Interrupt).await), ["deploy checkout", "no, web"]);
        assert!(hand.finish("c", "j3", "web it is").await);
        assert_eq!(hand.begin("c", "j1", Meanwhile::Interrupt).await, Begun::Over);
    }
}

#[tokio::test]
async fn what_does_not_fit_is_told_in_a_summary_that_stays_untrusted() {
    for room in Room::each().await {
        let hand = Hand { state: room.state().await, sessions: Sessions::new(Window { messages: 4, tokens: 1000 }) };
        for number in 1..=3 {
            let job = format!("j{number}");
            hand.append("c", &job, "U1", &format!("question {number}")).await;
            hand.begin("c", &job, Meanwhile::Queue).await;
            hand.finish("c", &job, &format!("answer {number}")).await;
        }
        hand.append("c", "j4", "U2", "question 4").await;
        let begun = hand.begin("c", "j4", Meanwhile::Queue).await;
        let plain = "slack:T1:U1 said: question 1\nI said: answer 1\nslack:T1:U1 said: question 2";
        assert_eq!(texts(&begun), [plain, "answer 2", "question 3", "answer 3", "question 4"]);
        let Begun::Turn { entries, overflow: Some(overflow) } = begun else { panic!("{begun:?}") };
        assert_eq!(entries[0].trust, Trust::Untrusted(Source::Summary));
        assert_eq!(entries[0].read, [Source::Other(person("U1"))].into_iter().collect());

        let (summary, _) = overflow.summarize(&Scripted::default(), &person("U2"), Duration::from_secs(5)).await;
        hand.keep("c", &summary).await;
        hand.keep("c", &Summary { text: "older".to_owned(), upto: 1, ..Summary::default() }).await;
        let begun = hand.begin("c", "j4", Meanwhile::Queue).await;
        assert_eq!(texts(&begun), [plain, "answer 2", "question 3", "answer 3", "question 4"]);
        assert!(matches!(begun, Begun::Turn { overflow: None, .. }), "it is told now");
    }
}

#[tokio::test]
async fn a_summary_does_not_pass_over_what_still_waits() {
    for room in Room::each().await {
        let hand = Hand { state: room.state().await, sessions: Sessions::new(Window { messages: 1, tokens: 1000 }) };
        for (job, text) in [("j1", "one"), ("j2", "two"), ("j3", "three")] {
            hand.append("c", job, "U1", text).await;
        }
        for (job, text) in [("j1", "first"), ("j3", "third")] {
            hand.begin("c", job, Meanwhile::Queue).await;
            hand.finish("c", job, text).await;
        }
        let begun = hand.begin("c", "j2", Meanwhile::Queue).await;
        assert_eq!(texts(&begun), ["slack:T1:U1 said: one", "three", "first", "third", "two"]);
        let Begun::Turn { overflow: Some(overflow), .. } = begun else { panic!("{begun:?}") };
        assert_eq!(overflow.in_short().upto, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_model_in_time_the_summary_is_made_all_the_same() {
    let told = |number: i64| Entry::person(person("U1"), format!("{number} {}", "x".repeat(500)));
    let overflow = summary::Overflow { before: Summary::default(), entries: (0..100).map(told).collect(), upto: 100 };
    for mood in [Mood::Down, Mood::Silent, Mood::Endless, Mood::Slow(Duration::from_secs(60))] {
        let (made, _) = overflow.summarize(&Scripted::new(mood), &person("U1"), Duration::from_secs(5)).await;
        assert_eq!(made, overflow.in_short(), "{mood:?}");
        assert!(made.text.chars().count() <= 2_000);
        assert!(made.text.contains("said: 99 x") && !made.text.contains("said: 3 x"), "the newest are kept");
    }
}

#[tokio::test]
async fn tokens_bound_a_window_and_what_is_asked_is_always_read() {
    for room in Room::each().await {
        let hand = Hand { state: room.state().await, sessions: Sessions::new(Window { messages: 40, tokens: 10 }) };
        hand.append("c", "j1", "U1", "a first question of some length, which does not fit").await;
        hand.begin("c", "j1", Meanwhile::Queue).await;
        hand.finish("c", "j1", "yes").await;
        hand.append("c", "j2", "U1", "a question that is longer than the whole window is").await;
        let begun = hand.begin("c", "j2", Meanwhile::Queue).await;
        assert_eq!(texts(&begun).len(), 2, "the summary and the question");
        assert_eq!(texts(&begun)[1], "a question that is longer than the whole window is");
    }
}

#[tokio::test]
async fn a_hundred_conversations_never_mix() {
    for room in Room::each().await {
        let hand = Hand::new(&room).await;
        for round in 0..3 {
            // Interleaved: all are asked before any is begun, and begun before any is answered.
            for number in 0..100 {
                let (conversation, job) = (format!("c{number}"), format!("c{number}/j{round}"));
                hand.append(&conversation, &job, "U1", &format!("{number} asks {round}")).await;
            }
            for number in (0..100).rev() {
                let (conversation, job) = (format!("c{number}"), format!("c{number}/j{round}"));
                let begun = hand.begin(&conversation, &job, Meanwhile::Merge).await;
                let mut expected = Vec::new();
                for earlier in 0..round {
                    expected.extend([format!("{number} asks {earlier}"), format!("{number} hears {earlier}")]);
                }
                expected.push(format!("{number} asks {round}"));
                assert_eq!(texts(&begun), expected);
            }
            for number in 0..100 {
                let (conversation, job) = (format!("c{number}"), format!("c{number}/j{round}"));
                assert!(hand.finish(&conversation, &job, &format!("{number} hears {round}")).await);
            }
        }
        let mut tx = hand.state.read().await.unwrap();
        let found = hand.sessions.search(&mut tx, "c7", "HEARS").await.unwrap();
        assert_eq!(found, ["the bot: 7 hears 0", "the bot: 7 hears 1", "the bot: 7 hears 2"]);
    }
}

#[tokio::test]
async fn conversations_in_which_nothing_was_said_for_long_are_forgotten_but_not_what_waits() {
    for room in Room::each().await {
        let hand = Hand::new(&room).await;
        for (conversation, ends) in [("over", true), ("waits", false)] {
            hand.append(conversation, conversation, "U1", "hello").await;
            hand.begin(conversation, conversation, Meanwhile::Queue).await;
            if ends {
                assert!(hand.finish(conversation, conversation, "hi").await);
            }
        }
        room.pass(Duration::from_secs(100)).await;
        hand.append("fresh", "fresh", "U1", "hello").await;
        let mut tx = hand.state.begin().await.unwrap();
        assert_eq!(hand.sessions.forget(&mut tx, Duration::from_secs(101)).await.unwrap(), 0);
        assert_eq!(hand.sessions.forget(&mut tx, Duration::from_secs(50)).await.unwrap(), 1);
        for (conversation, left) in [("over", false), ("waits", true), ("fresh", true)] {
            assert_eq!(
                hand.sessions.stands(&mut tx, conversation, conversation).await.unwrap(),
                left,
                "{conversation}"
            );
        }
    }
}
