//! Restarts, flushes, and two stores on one server.

use imchat_redis::{ErrorKind, RedisStore};
use imchat_test_servers::RedisServer;
use imchat_verify::dedup::{Claim, DedupStore, Settled};
use tokio::task::JoinSet;

use crate::common::{KEEP, LEASE, ask, connect, grant, key, until_it_answers};

#[tokio::test]
async fn a_restart_of_the_server_is_survived() {
    let Some(mut server) = RedisServer::start() else { return };
    let store = RedisStore::new(&connect(&server).await);
    let before = grant(&store, &key("before"), LEASE).await;
    server.stop();
    let error = store.complete(&before, KEEP).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    assert_eq!(store.release(&before).await.unwrap_err().kind(), ErrorKind::Unreachable);
    server.restart();
    until_it_answers(&store).await;
    assert_eq!(store.complete(&before, KEEP).await.unwrap(), Settled::Lost);
    let after = grant(&store, &key("before"), LEASE).await;
    assert!(after.fence() > before.fence());
    assert_eq!(store.complete(&after, KEEP).await.unwrap(), Settled::Ok);
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::new(&connect(&server).await);
    let flush = async || ask::<()>(&server, &[b"SCRIPT", b"FLUSH"]).await;
    flush().await;
    let first = grant(&store, &key("flushed"), LEASE).await;
    flush().await;
    assert_eq!(store.renew(&first, LEASE).await.unwrap(), Settled::Ok);
    flush().await;
    assert_eq!(store.release(&first).await.unwrap(), Settled::Ok);
    let second = grant(&store, &key("flushed"), LEASE).await;
    flush().await;
    assert_eq!(store.complete(&second, KEEP).await.unwrap(), Settled::Ok);
}

#[tokio::test]
async fn two_stores_on_one_server_have_one_owner_for_a_key() {
    let Some(server) = RedisServer::start() else { return };
    let stores = [connect(&server).await, connect(&server).await].map(|redis| RedisStore::new(&redis));
    let mut tasks = JoinSet::new();
    for number in 0..100 {
        let store = stores[number % 2].clone();
        tasks.spawn(async move { store.claim(&key("raced"), None, LEASE).await.unwrap() });
    }
    let answers = tasks.join_all().await;
    let granted = answers.iter().filter(|answer| matches!(answer, Claim::Granted(_))).count();
    let busy = answers.iter().filter(|answer| matches!(answer, Claim::Busy { .. })).count();
    assert_eq!((granted, busy), (1, 99));
}

#[tokio::test]
async fn stores_with_other_prefixes_share_nothing() {
    let Some(server) = RedisServer::start() else { return };
    let redis = connect(&server).await;
    let (ours, theirs) = (RedisStore::new(&redis), RedisStore::new(&redis).prefix("theirs"));
    let lease = grant(&ours, &key("same"), LEASE).await;
    assert_eq!(theirs.complete(&lease, KEEP).await.unwrap(), Settled::Lost);
    grant(&theirs, &key("same"), LEASE).await;
    assert_eq!(ours.complete(&lease, KEEP).await.unwrap(), Settled::Ok);
}
