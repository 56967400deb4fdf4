//! What the reading tools tell.

use super::{Ops, Service};
use crate::agent::arguments::Arguments;
use crate::agent::tools::{ReadError, Reads};
use crate::platform::Doing;
use crate::sessions::Sessions;
use crate::state::{State, StateError};

/// What the reading tools look into: services, and the conversation they are asked in.
#[derive(Debug, Clone)]
pub struct Desk {
    state: State,
    sessions: Sessions,
}

impl Desk {
    /// Over this database.
    #[must_use]
    pub const fn new(state: State, sessions: Sessions) -> Self {
        Self { state, sessions }
    }

    async fn found(&self, tool: &str, arguments: &Arguments, conversation: &str) -> Result<Option<String>, StateError> {
        let mut tx = self.state.read().await?;
        let name = arguments.text("service");
        let no_such = |names: Vec<String>| format!("there is no service of this name; there are {}", names.join(", "));
        Ok(Some(match tool {
            "service_status" => match Ops.service(&mut tx, name).await? {
                Some(Service { name, health, version, restarts, .. }) => {
                    format!("{name} is {health}, runs {version} and was restarted {restarts} times")
                }
                None => no_such(Ops.services(&mut tx).await?),
            },
            "on_call" if name.is_empty() => {
                let mut lines = Vec::new();
                for name in Ops.services(&mut tx).await? {
                    let service = Ops.service(&mut tx, &name).await?;
                    lines.extend(service.map(|service| format!("{}: {}", service.name, service.on_call)));
                }
                lines.join("\n")
            }
            "on_call" => match Ops.service(&mut tx, name).await? {
                Some(service) => format!("{} is on call for {}", service.on_call, service.name),
                None => no_such(Ops.services(&mut tx).await?),
            },
            "search_thread" => {
                let found = self.sessions.search(&mut tx, conversation, arguments.text("query")).await?;
                if found.is_empty() { "nothing in this conversation holds it".to_owned() } else { found.join("\n") }
            }
            _ => return Ok(None),
        }))
    }
}

impl Reads for Desk {
    fn read<'a>(
        &'a self,
        tool: &'a str,
        arguments: &'a Arguments,
        conversation: &'a str,
    ) -> Doing<'a, String, ReadError> {
        Box::pin(async move {
            match self.found(tool, arguments, conversation).await {
                Ok(found) => found.ok_or(ReadError::Unknown),
                Err(error) => {
                    tracing::warn!(tool, %error, "a tool could not read");
                    Err(ReadError::Unavailable)
                }
            }
        })
    }
}
