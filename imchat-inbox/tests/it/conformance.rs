//! The cases that every inbox is held to, wherever it keeps its rows.

use std::sync::LazyLock;

use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::time::Duration;

    use imchat_inbox::{InboxError, SqliteInbox};
    use imchat_verify::inbox::{Accepted, Delivery, Inbox};

    use super::RUNTIME;
    use crate::directory::Directory;

    /// An inbox whose file goes when it does.
    struct OfItsOwn(SqliteInbox, #[expect(dead_code, reason = "held for its end")] Directory);

    impl Inbox for OfItsOwn {
        type Error = InboxError;

        fn retention(&self) -> Duration {
            self.0.retention()
        }

        async fn accept(&self, delivery: Delivery) -> Result<Accepted, InboxError> {
            self.0.accept(delivery).await
        }
    }

    imchat_verify::inbox_conformance! {
        block_on: |case| RUNTIME.block_on(case),
        spawn: |task| drop(RUNTIME.spawn(task)),
        inbox: {
            let folder = Directory::new();
            OfItsOwn(SqliteInbox::open(folder.path().join("inbox.db")).await.unwrap(), folder)
        },
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use imchat_inbox::PostgresInbox;

    use super::RUNTIME;
    use crate::postgres::empty_schema;

    imchat_verify::inbox_conformance! {
        block_on: |case| RUNTIME.block_on(case),
        spawn: |task| drop(RUNTIME.spawn(task)),
        inbox: {
            let Some(options) = empty_schema().await else { return };
            PostgresInbox::builder().open_with(options).await.unwrap()
        },
    }
}
