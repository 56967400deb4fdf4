//! The memory store passes the conformance kit, and the kit notices stores that are wrong.

mod broken;

mod memory_store {
    use imchat_verify::dedup::MemoryStore;
    use imchat_verify::testing::{ByHand, block_on};

    imchat_verify::dedup_store_conformance! {
        block_on: block_on,
        subject: ByHand::new(MemoryStore::new),
    }
}

/// A store so small that it has one shard, which the cases still fit into.
mod small_memory_store {
    use imchat_verify::dedup::MemoryStore;
    use imchat_verify::testing::{ByHand, block_on};

    imchat_verify::dedup_store_conformance! {
        block_on: block_on,
        subject: ByHand::new(|clock| MemoryStore::new(clock).capacity(2000)),
    }
}

mod shared_memory_store {
    use imchat_verify::dedup::{MemoryStore, SharedStore};
    use imchat_verify::testing::{ByHand, block_on};

    imchat_verify::dedup_store_conformance! {
        block_on: block_on,
        subject: ByHand::new(|clock| SharedStore::new(MemoryStore::new(clock))),
    }
}

/// By the machine's own clock, as a database is tested.
mod memory_store_in_real_time {
    use std::future::Future;

    use imchat_verify::dedup::MemoryStore;
    use imchat_verify::testing::OwnClock;
    use time::OffsetDateTime;

    fn run(case: impl Future<Output = ()>) {
        tokio::runtime::Runtime::new().unwrap().block_on(case);
    }

    imchat_verify::dedup_store_conformance! {
        block_on: run,
        subject: OwnClock::new(
            MemoryStore::new(OffsetDateTime::now_utc),
            tokio::time::sleep,
            |task| drop(tokio::spawn(task)),
        ),
    }
}
