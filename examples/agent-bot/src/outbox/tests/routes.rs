use std::sync::Arc;

use super::fixture::*;
use crate::config::Secret;
use crate::outbox::Turn;
use crate::platform::{ReplyRoute, SendError};
use crate::seal::Seal;
use crate::state::testing::Room;
use crate::who::{Person, PlatformName};

#[tokio::test]
async fn the_short_lived_way_is_used_while_it_lives_and_the_api_after_it() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering([SendError::RouteEnded])).await;
        office.put(&routed("a")).await;
        office.deliver(&room).await;
        office.put(&routed("b")).await;
        office.deliver(&room).await;
        assert_eq!(
            office.stage.calls(),
            [called("route", "hello", "a/1"), called("send", "hello", "a/1"), called("route", "hello", "b/1")]
        );
    }
}

#[tokio::test]
async fn a_route_is_sealed_while_it_waits_and_gone_when_it_is_over() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        office.put(&routed("a")).await;
        let sealed = office.column("a", "route").await.unwrap();
        assert!(!sealed.contains("hooks"), "{sealed}");
        assert!(seal(1).open("outbox.route", "T1", &sealed).is_ok());
        assert!(seal(1).open("outbox.route", "T2", &sealed).is_err());
        assert!(!format!("{:?} {:?}", routed("a"), office.outbox).contains("secret"));
        office.deliver(&room).await;
        assert_eq!(office.column("a", "route").await, None);
    }
}

#[tokio::test]
async fn a_route_that_no_key_opens_leaves_the_api() {
    let room = Room::sqlite();
    Office::open(&room, Stage::default()).await.put(&routed("a")).await;
    let office = Office::sealing(&room, Arc::default(), seal(2)).await;
    office.deliver(&room).await;
    assert_eq!(office.stage.calls(), [called("send", "hello", "a/1")]);
}

#[tokio::test]
async fn routes_are_sealed_anew_when_the_key_changes() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::default()).await;
        for step in ["a", "b"] {
            office.put(&routed(step)).await;
        }
        let key = |byte: u8| Secret::new(const_hex::encode([byte; 32]));
        let both = Office::sealing(&room, Arc::default(), Seal::new(&key(2), Some(&key(1))).unwrap()).await;
        for resealed in [2, 0] {
            let mut tx = both.state.begin().await.unwrap();
            assert_eq!(both.outbox.reseal(&mut tx, 10).await.unwrap(), resealed);
            tx.commit().await.unwrap();
        }
        // Without the old key.
        let office = Office::sealing(&room, Arc::default(), seal(2)).await;
        assert_eq!(office.turn().await, Turn::Did);
        assert_eq!(office.stage.calls(), [called("route", "hello", "a/1")]);
    }
}

/// What whoever waits is told.
const UNSAID: &str = "I could not post this here: add the bot to the channel. Please ask me again once that is mended.";

#[tokio::test]
async fn whoever_waits_over_a_route_is_told_once_that_it_could_not_be_said() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering([refused(), refused()])).await;
        office.put(&routed("a")).await;
        office.deliver(&room).await;
        let calls: Vec<_> = office.stage.calls().into_iter().map(|call| (call.how, call.key)).collect();
        let expected = [("route", "a/1"), ("route", "a/unsaid/1")].map(|(how, key)| (how.to_owned(), key.to_owned()));
        assert_eq!(calls, expected, "and nothing is said of what tells it");
        assert!(office.stage.texts()[1].contains(UNSAID), "{:?}", office.stage.texts());
        assert_eq!((office.row("a").await, office.row("a/unsaid").await), ("dead".to_owned(), "dead".to_owned()));
    }
}

#[tokio::test]
async fn whoever_waits_for_what_everybody_is_to_see_is_told_over_their_route_alone() {
    for room in Room::each().await {
        let office = Office::open(&room, Stage::answering([refused()])).await;
        let person = Person { platform: PlatformName::Slack, tenant: "T1".to_owned(), user: "U1".to_owned() };
        let put = async |step: &str, tell: bool| {
            let mut tx = office.state.begin().await.unwrap();
            office.outbox.put(&mut tx, &draft(step, place("C1", "1"), &["a card"])).await.unwrap();
            let route = ReplyRoute::SlackResponseUrl("https://hooks.slack.com/secret".to_owned());
            if tell {
                office.outbox.tells(&mut tx, step, &person, &route).await.unwrap();
            }
            tx.commit().await.unwrap();
        };
        put("a", true).await;
        assert!(!office.column("a", "route").await.unwrap().contains("hooks"));
        put("b", true).await;
        office.deliver(&room).await;
        let calls: Vec<_> = office.stage.calls().into_iter().map(|call| format!("{} {}", call.how, call.key)).collect();
        assert_eq!(calls, ["send a/1", "send b/1", "route a/unsaid/1"]);
        assert_eq!((office.column("b", "route").await, office.row("a/unsaid").await), (None, "sent".to_owned()));
    }
}
