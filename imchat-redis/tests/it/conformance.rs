//! The store passes the conformance kit; a restart is what makes it forget.

use std::future::Future;
use std::sync::Arc;

use imchat_redis::RedisStore;
use imchat_test_servers::RedisServer;
use imchat_verify::testing::OwnClock;
use tokio::sync::Mutex;

use crate::common::{connect, until_it_answers};

fn run(case: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(case);
}

async fn subject(server: RedisServer) -> OwnClock<RedisStore> {
    let store = RedisStore::new(&connect(&server).await);
    let (server, kept) = (Arc::new(Mutex::new(server)), store.clone());
    OwnClock::new(store, tokio::time::sleep, |task| drop(tokio::spawn(task))).forget_by(move || {
        let (server, store) = (server.clone(), kept.clone());
        async move {
            server.lock().await.restart();
            until_it_answers(&store).await;
        }
    })
}

imchat_verify::dedup_store_conformance! {
    block_on: run,
    subject: {
        let Some(server) = RedisServer::start() else { return };
        subject(server).await
    },
}
