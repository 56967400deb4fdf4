//! A server, a connection to it, and a client of its own for what the crate does not do.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use imchat_redis::{Redis, RedisStore, Server};
use imchat_test_servers::{NoServer, RedisServer, or_skip};
use imchat_verify::dedup::{Claim, DedupKey, DedupStore, Lease};
use redis::FromRedisValue;

pub(crate) const LEASE: Duration = Duration::from_secs(3600);
pub(crate) const KEEP: Duration = Duration::from_secs(8 * 24 * 3600);

pub(crate) fn key(name: &str) -> DedupKey {
    DedupKey::from_bytes(name.as_bytes())
}

/// A server with these options, or nothing where the machine has none.
pub(crate) fn server(options: &[&str]) -> Option<RedisServer> {
    or_skip(RedisServer::try_start(options))
}

/// The only server of a cluster, with no slot yet.
pub(crate) fn cluster() -> Option<RedisServer> {
    // The nodes' port of a cluster cannot be left to the system; a free one may be taken before the server has it.
    let start = || {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).unwrap();
        let port = free.port().to_string();
        RedisServer::try_start(&["--cluster-enabled", "yes", "--bind", "127.0.0.1", "--cluster-port", &port])
    };
    let mut server = start();
    for _ in 0..5 {
        if matches!(server, Err(NoServer::Broken(_))) {
            server = start();
        }
    }
    or_skip(server)
}

/// What the crate does not do: a command as it is, on a connection of its own.
pub(crate) async fn ask<T: FromRedisValue>(server: &RedisServer, words: &[&[u8]]) -> T {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let (verb, arguments) = words.split_first().unwrap();
    redis::cmd(std::str::from_utf8(verb).unwrap()).arg(arguments).query_async(&mut connection).await.unwrap()
}

/// A connection that waits long enough for a machine that is busy with other tests.
pub(crate) async fn connect(server: &RedisServer) -> Redis {
    patient(&server.url()).connect().await.unwrap()
}

pub(crate) fn patient(url: &str) -> Server {
    Server::at(url).unwrap().answer_within(Duration::from_secs(20)).connect_within(Duration::from_secs(20))
}

pub(crate) async fn grant(store: &RedisStore, key: &DedupKey, lease: Duration) -> Lease {
    match store.claim(key, None, lease).await.unwrap() {
        Claim::Granted(lease) => lease,
        other => panic!("{other:?}"),
    }
}

/// Calls until the connection is made again, as the next deliveries would.
pub(crate) async fn until_it_answers(store: &RedisStore) {
    for _ in 0..100 {
        if store.claim(&key("are you there"), None, Duration::ZERO).await.is_ok() {
            return;
        }
    }
    panic!("the server is there again, and a hundred calls did not reach it");
}
