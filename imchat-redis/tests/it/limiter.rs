//! Buckets that all machines take from.

use std::time::Duration;

use imchat_redis::{ErrorKind, Quota, RedisLimiter, Take};
use imchat_test_servers::RedisServer;
use tokio::task::JoinSet;

use crate::common::{ask, connect};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// The wait that the bucket asks for.
#[track_caller]
fn wait(take: Take) -> Duration {
    match take {
        Take::Wait(wait) => wait,
        Take::Taken => panic!("an empty bucket gave a token"),
    }
}

/// It is this long, less what the test itself took.
#[track_caller]
fn about(wait: Duration, expected: Duration) {
    assert!(wait <= expected && wait + MINUTE > expected, "{wait:?} and not {expected:?}");
}

#[tokio::test]
async fn a_bucket_gives_its_burst_and_then_says_how_long_to_wait() {
    let Some(server) = RedisServer::start() else { return };
    let limiter = RedisLimiter::new(&connect(&server).await);
    for (burst, cost) in [(1, 1), (3, 1), (7, 1), (10, 5)] {
        let (quota, key) = (Quota::new(burst, HOUR), format!("{burst} by {cost}"));
        for _ in 0..burst / cost {
            assert_eq!(limiter.take(&key, cost, quota).await.unwrap(), Take::Taken, "{key}");
        }
        about(wait(limiter.take(&key, cost, quota).await.unwrap()), HOUR * cost / burst);
        about(wait(limiter.take(&key, burst, quota).await.unwrap()), HOUR);
    }
}

#[tokio::test]
async fn a_refused_take_takes_nothing() {
    let Some(server) = RedisServer::start() else { return };
    let limiter = RedisLimiter::new(&connect(&server).await);
    let quota = Quota::new(4, HOUR);
    assert_eq!(limiter.take("k", 2, quota).await.unwrap(), Take::Taken);
    for _ in 0..5 {
        about(wait(limiter.take("k", 3, quota).await.unwrap()), HOUR / 4);
    }
    assert_eq!(limiter.take("k", 2, quota).await.unwrap(), Take::Taken);
}

#[tokio::test]
async fn two_machines_share_a_bucket_and_keys_do_not() {
    let Some(server) = RedisServer::start() else { return };
    let limiters = [connect(&server).await, connect(&server).await].map(|redis| RedisLimiter::new(&redis));
    let mut tasks = JoinSet::new();
    for (number, limiter) in limiters.iter().cycle().take(100).cloned().enumerate() {
        tasks.spawn(async move {
            let key = if number < 50 { "T01" } else { "T02" };
            (key, limiter.take(key, 1, Quota::new(10, HOUR)).await.unwrap())
        });
    }
    let answers = tasks.join_all().await;
    for workspace in ["T01", "T02"] {
        let taken = answers.iter().filter(|(key, take)| *key == workspace && *take == Take::Taken).count();
        assert_eq!(taken, 10, "{workspace}");
    }
}

#[tokio::test]
async fn after_the_wait_the_token_is_there() {
    let Some(server) = RedisServer::start() else { return };
    let limiter = RedisLimiter::new(&connect(&server).await);
    let quota = Quota::new(1, Duration::from_millis(100));
    // On a machine that stalls the token may be back before the second try.
    let left = loop {
        match limiter.take("k", 1, quota).await.unwrap() {
            Take::Taken => {}
            Take::Wait(left) => break left,
        }
    };
    assert!(left <= quota.per());
    // Time is what the bucket asks for; it is the server's, so a little more for its clock.
    tokio::time::sleep(left + Duration::from_millis(5)).await;
    assert_eq!(limiter.take("k", 1, quota).await.unwrap(), Take::Taken);
}

#[tokio::test]
async fn a_bucket_leaves_when_it_is_full() {
    let Some(server) = RedisServer::start() else { return };
    let limiter = RedisLimiter::new(&connect(&server).await).prefix("l");
    assert_eq!(limiter.take("k", 0, Quota::new(2, HOUR)).await.unwrap(), Take::Taken);
    assert_eq!(ask::<u64>(&server, &[b"DBSIZE"]).await, 0, "a full bucket is none");
    assert_eq!(limiter.take("k", 1, Quota::new(2, HOUR)).await.unwrap(), Take::Taken);
    let left: i64 = ask(&server, &[b"PTTL", b"{l:k}"]).await;
    about(Duration::from_millis(left.try_into().expect("a bucket always expires")), HOUR / 2);
}

#[tokio::test]
async fn a_clock_that_stepped_back_makes_nobody_wait_for_more_than_a_bucket() {
    let Some(server) = RedisServer::start() else { return };
    let limiter = RedisLimiter::new(&connect(&server).await).prefix("l");
    ask::<()>(&server, &[b"SET", b"{l:k}", b"4900000000000000"]).await;
    let left = wait(limiter.take("k", 1, Quota::new(2, HOUR)).await.unwrap());
    assert_eq!(left, HOUR / 2);
}

#[tokio::test]
async fn more_than_a_bucket_holds_is_an_error_and_not_a_wait() {
    let Some(server) = RedisServer::start() else { return };
    let limiter = RedisLimiter::new(&connect(&server).await);
    let error = limiter.take("k", 3, Quota::new(2, HOUR)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cost);
    ask::<()>(&server, &[b"SET", b"{imchat:limit:k}", b"theirs"]).await;
    assert_eq!(limiter.take("k", 1, Quota::new(2, HOUR)).await.unwrap_err().kind(), ErrorKind::Foreign);
}

#[tokio::test]
async fn quotas_at_their_limits_are_exact() {
    let Some(server) = RedisServer::start() else { return };
    let limiter = RedisLimiter::new(&connect(&server).await);
    let endless = Quota::new(2, Duration::MAX);
    for _ in 0..2 {
        assert_eq!(limiter.take("endless", 1, endless).await.unwrap(), Take::Taken);
    }
    assert!(wait(limiter.take("endless", 1, endless).await.unwrap()) > HOUR * 24 * 365 * 50);
    for _ in 0..10 {
        assert_eq!(limiter.take("free", 1, Quota::new(1, Duration::ZERO)).await.unwrap(), Take::Taken);
    }
}
