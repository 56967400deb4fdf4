//! One script a verb: by its hash, and in full where the server does not know it.

use redis::aio::ConnectionManager;
use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, ToRedisArgs, Value};

/// A Lua script on one key. What it does is one atomic step, and its clock is the server's.
pub(crate) struct Script {
    source: &'static str,
    hash: String,
}

impl Script {
    pub(crate) fn new(source: &'static str) -> Self {
        Self { source, hash: redis::Script::new(source).get_hash().to_owned() }
    }

    pub(crate) async fn run(
        &self,
        connection: &mut ConnectionManager,
        key: &[u8],
        arguments: &(impl ToRedisArgs + Sync),
    ) -> Result<Value, RedisError> {
        let answer = command("EVALSHA", &self.hash, key, arguments).query_async(connection).await;
        match answer {
            // A server that was restarted or flushed knows no scripts. In full it runs and is known again in one step.
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                tracing::debug!(hash = self.hash, "the server does not know the script, so it is sent in full");
                command("EVAL", self.source, key, arguments).query_async(connection).await
            }
            answer => answer,
        }
    }
}

fn command(verb: &str, script: &str, key: &[u8], arguments: &impl ToRedisArgs) -> Cmd {
    let mut command = redis::cmd(verb);
    command.arg(script).arg(1).arg(key).arg(arguments);
    command
}
