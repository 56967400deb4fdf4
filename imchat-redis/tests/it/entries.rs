//! What is in the server, and for how long.

use imchat_redis::{ErrorKind, RedisStore};
use imchat_test_servers::RedisServer;
use imchat_verify::dedup::{Claim, DedupKey, DedupStore, Settled};

use crate::common::{KEEP, LEASE, ask, cluster, connect, grant, key};

const HOUR_MS: u128 = 3_600_000;

/// How long the entry is kept, in ms.
async fn kept(server: &RedisServer, name: &str) -> u128 {
    let left: i64 = ask(server, &[b"PTTL", name.as_bytes()]).await;
    u128::try_from(left).expect("an entry always expires")
}

/// It was written with this expiry not long ago.
#[track_caller]
fn lasts(left: u128, written: u128) {
    assert!(left <= written && left + 60_000 > written, "{left} of {written} ms");
}

#[tokio::test]
async fn an_entry_outlives_its_end_by_an_hour() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::new(&connect(&server).await).prefix("kept");
    let name = "{kept:Ev1}";
    let lease = grant(&store, &key("Ev1"), LEASE).await;
    lasts(kept(&server, name).await, LEASE.as_millis() + HOUR_MS);
    assert_eq!(store.renew(&lease, LEASE * 3).await.unwrap(), Settled::Ok);
    lasts(kept(&server, name).await, 3 * LEASE.as_millis() + HOUR_MS);
    assert_eq!(store.release(&lease).await.unwrap(), Settled::Ok);
    lasts(kept(&server, name).await, HOUR_MS);
    let lease = grant(&store, &key("Ev1"), LEASE).await;
    assert_eq!(store.complete(&lease, KEEP).await.unwrap(), Settled::Ok);
    lasts(kept(&server, name).await, KEEP.as_millis() + HOUR_MS);
    assert_eq!(ask::<u64>(&server, &[b"DBSIZE"]).await, 1);
}

#[tokio::test]
async fn the_fence_grows_under_a_clock_that_stepped_back() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::new(&connect(&server).await).prefix("p");
    // As it looks to a server whose clock is a hundred years behind that of the one that wrote it.
    let ahead = 4_900_000_000_000_000_u64;
    let entry = format!("F{:016}{ahead:016}", 0);
    ask::<()>(&server, &[b"SET", b"{p:Ev1}", entry.as_bytes()]).await;
    let first = grant(&store, &key("Ev1"), LEASE).await;
    assert_eq!(first.fence().get(), ahead + 1);
    assert_eq!(store.release(&first).await.unwrap(), Settled::Ok);
    assert_eq!(grant(&store, &key("Ev1"), LEASE).await.fence().get(), ahead + 2);
}

#[tokio::test]
async fn a_fence_is_the_servers_time_in_microseconds() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::new(&connect(&server).await);
    let time = async || {
        let (seconds, micros): (u64, u64) = ask(&server, &[b"TIME"]).await;
        seconds * 1_000_000 + micros
    };
    let before = time().await;
    let fence = grant(&store, &key("Ev1"), LEASE).await.fence().get();
    assert!((before..=time().await).contains(&fence), "{fence}");
}

#[tokio::test]
async fn keys_are_bytes_in_the_server_too() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::new(&connect(&server).await).prefix("p");
    let bytes = b"\0\r\n\xFF}{ *1\r\n$1";
    grant(&store, &DedupKey::from_bytes(bytes), LEASE).await;
    let names: Vec<Vec<u8>> = ask(&server, &[b"KEYS", b"*"]).await;
    assert_eq!(names, [[&b"{p:"[..], bytes, b"}"].concat()]);
}

/// A server of a cluster refuses scripts that touch a key they did not name, and takes nothing while slots are missing.
#[tokio::test]
async fn the_scripts_run_in_a_cluster_that_is_whole() {
    let Some(server) = cluster() else { return };
    let store = RedisStore::new(&connect(&server).await);
    let error = store.claim(&key("Ev1"), None, LEASE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotNow, "{error:?}");
    ask::<()>(&server, &[b"CLUSTER", b"ADDSLOTSRANGE", b"0", b"16383"]).await;
    while !ask::<String>(&server, &[b"CLUSTER", b"INFO"]).await.contains("cluster_state:ok") {
        tokio::task::yield_now().await;
    }
    let lease = grant(&store, &key("Ev1"), LEASE).await;
    assert_eq!(store.renew(&lease, LEASE).await.unwrap(), Settled::Ok);
    assert_eq!(store.release(&lease).await.unwrap(), Settled::Ok);
    let lease = grant(&store, &key("Ev1"), LEASE).await;
    assert_eq!(store.complete(&lease, KEEP).await.unwrap(), Settled::Ok);
    assert_eq!(store.claim(&key("Ev1"), None, LEASE).await.unwrap(), Claim::Done { digest: None });
}
