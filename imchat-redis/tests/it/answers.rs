//! What goes wrong is told in words a person can act on, and without the password.

use std::error::Error as _;
use std::time::Duration;

use imchat_redis::{Error, ErrorKind, RedisStore, Server};
use imchat_test_servers::RedisServer;
use imchat_verify::dedup::DedupStore;

use crate::common::{LEASE, ask, connect, grant, key, patient, server};

const PASSWORD: &str = "correct-horse";

/// All that anybody could print of an error.
fn all_of(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    text
}

#[test]
fn a_url_that_cannot_be_read_is_not_repeated() {
    for url in [
        format!("redis://user:{PASSWORD}@host:port/0"),
        format!("redis://user:{PASSWORD}@host/{PASSWORD}"),
        format!("redis://host/0?protocol={PASSWORD}"),
        format!("http://user:{PASSWORD}@host/"),
        format!("user:{PASSWORD}"),
        String::new(),
    ] {
        let error = Server::at(&url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Url);
        assert!(!all_of(&error).contains(PASSWORD), "{error:?}");
        assert!(error.to_string().contains("redis://user:password@host:port/database"), "{error}");
    }
}

#[cfg(not(feature = "tls"))]
#[test]
fn a_build_without_tls_says_so() {
    let error = Server::at(&format!("rediss://user:{PASSWORD}@host/")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls);
    assert!(error.to_string().contains("feature `tls`"), "{error}");
}

#[test]
fn a_server_is_shown_without_its_login() {
    let server = Server::at(&format!("redis://alice:{PASSWORD}@redis.example:6380/2")).unwrap();
    let shown = format!("{server:?} {server:#?}");
    assert!(shown.contains("redis.example:6380"), "{shown}");
    assert!(!shown.contains(PASSWORD) && !shown.contains("alice"), "{shown}");
}

#[tokio::test]
async fn a_wrong_password_is_denied_and_not_shown() {
    let Some(server) = server(&["--requirepass", "another one"]) else { return };
    let error = patient(&format!("{}?pass={PASSWORD}", server.url())).connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
    assert!(!all_of(&error).contains(PASSWORD), "{error:?}");
    let error = patient(&server.url()).connect().await;
    let error = match error {
        Err(error) => error,
        Ok(redis) => RedisStore::new(&redis).claim(&key("Ev1"), None, LEASE).await.unwrap_err(),
    };
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
}

#[tokio::test]
async fn the_right_password_is_not_shown_either() {
    let Some(server) = server(&["--requirepass", PASSWORD]) else { return };
    let redis = patient(&format!("{}?pass={PASSWORD}", server.url())).connect().await.unwrap();
    let store = RedisStore::new(&redis);
    grant(&store, &key("Ev1"), LEASE).await;
    let shown = format!("{redis:?} {store:?}");
    assert!(shown.contains("redis.sock") && !shown.contains(PASSWORD), "{shown}");
}

#[tokio::test]
async fn no_server_is_unreachable_and_the_address_is_told() {
    let Some(mut server) = RedisServer::start() else { return };
    server.stop();
    let error = Server::at(&server.url()).unwrap().connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
    assert!(error.to_string().contains("redis.sock"), "{error}");
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_too_slow() {
    let Some(server) = RedisServer::start() else { return };
    let redis = Server::at(&server.url()).unwrap().answer_within(Duration::from_millis(50)).connect().await.unwrap();
    let store = RedisStore::new(&redis);
    ask::<()>(&server, &[b"CLIENT", b"PAUSE", b"60000", b"ALL"]).await;
    assert_eq!(store.claim(&key("Ev1"), None, LEASE).await.unwrap_err().kind(), ErrorKind::TooSlow);
}

#[tokio::test]
async fn a_full_server_and_a_replica_take_no_writes() {
    let Some(server) = server(&["--maxmemory", "100kb", "--maxmemory-policy", "noeviction"]) else { return };
    let store = RedisStore::new(&connect(&server).await);
    let error = store.claim(&key("Ev1"), None, LEASE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotNow, "{error:?}");
    ask::<()>(&server, &[b"CONFIG", b"SET", b"maxmemory", b"0"]).await;
    grant(&store, &key("Ev1"), LEASE).await;
    ask::<()>(&server, &[b"REPLICAOF", b"127.0.0.1", b"1"]).await;
    let error = store.claim(&key("Ev2"), None, LEASE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotNow, "{error:?}");
}

#[tokio::test]
async fn a_key_that_another_program_wrote_is_left_alone() {
    let Some(server) = RedisServer::start() else { return };
    let store = RedisStore::new(&connect(&server).await).prefix("p");
    ask::<()>(&server, &[b"SET", b"{p:text}", b"theirs"]).await;
    ask::<()>(&server, &[b"RPUSH", b"{p:list}", b"theirs"]).await;
    for name in ["text", "list"] {
        let error = store.claim(&key(name), None, LEASE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Foreign, "{error:?}");
    }
    assert_eq!(ask::<String>(&server, &[b"GET", b"{p:text}"]).await, "theirs");
    assert_eq!(ask::<u64>(&server, &[b"LLEN", b"{p:list}"]).await, 1);
}
