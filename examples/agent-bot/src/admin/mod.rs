//! What whoever looks after the bot does from the command line: dead letters, the audit, passcodes, and the services that the
//! bot operates. Everything that changes something is in the [audit](crate::audit), with a name and a reason.

mod letters;
mod record;
mod setup;

use std::io::{self, Write};

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};

use crate::approvals::PasscodeError;
use crate::config::{Database, Keys, Storage};
use crate::inbox;
use crate::outbox::{Outbox, OutboxError};
use crate::seal::{Seal, SealError};
use crate::state::{State, StateError};

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Admin {
    /// Lists jobs and messages that were given up, with their ids and the reasons
    DeadLetters {
        /// At most so many of each
        #[arg(long, default_value_t = 100)]
        most: u32,
    },
    /// Works on a dead letter again, or sends it again: under the same key, with all attempts before it
    Replay(Letter),
    /// Lets a dead letter go for good
    Discard(Letter),
    /// Shows who asked, who decided and what ran
    Audit {
        /// Checks the whole chain, and fails where it is broken
        #[arg(long)]
        verify: bool,
        /// Only rows after this number
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        most: u32,
    },
    /// Reads a passcode from standard input and prints its line for the policy file; reads PASSCODE_KEY
    Passcode {
        /// The approver, as in slack:T1:U1
        person: String,
    },
    /// Puts a service there that the bot may tell of and operate
    Service {
        /// Its name
        name: String,
        /// What runs
        #[arg(long, default_value = "unknown")]
        version: String,
        /// Who is on call for it
        #[arg(long, default_value = "nobody")]
        on_call: String,
        /// Who does it
        #[command(flatten)]
        by: Signed,
    },
}

/// A dead letter, and who does something about it.
#[derive(Debug, Clone, Args)]
pub struct Letter {
    /// A job's number, or a message's step, as `dead-letters` lists them
    pub id: String,
    /// Who does it
    #[command(flatten)]
    pub by: Signed,
}

/// What the audit keeps of whoever changes something.
#[derive(Debug, Clone, Args)]
pub struct Signed {
    /// Your name, for the audit
    #[arg(long, env = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub who: String,
    /// Why, for the audit
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub why: String,
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// Standard output or input is gone.
    #[error("cannot write to standard output, or read standard input")]
    Io(#[from] io::Error),
    /// The inbox failed.
    #[error("the inbox could not do it")]
    Inbox(#[from] imchat_inbox::InboxError),
    /// The bot's own tables failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The outbox failed.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The key that seals cannot be used.
    #[error("TOKEN_ENCRYPTION_KEY cannot be used")]
    Seal(#[from] SealError),
    /// The passcode cannot be kept.
    #[error(transparent)]
    Passcode(#[from] PasscodeError),
    /// There is no such dead letter.
    #[error("there is no dead letter of this id: `agent-bot admin dead-letters` lists them")]
    NoLetter,
    /// Not a person.
    #[error("that is no person: write slack:T1:U1, feishu:TENANT:ou_1 or discord:GUILD:1")]
    NoPerson,
    /// There is no key for passcodes.
    #[error("PASSCODE_KEY is not set: make one with `openssl rand -hex 32`, and give the bot the same one")]
    NoPasscodeKey,
    /// A passcode that guessing would find.
    #[error("a passcode has 4 characters at least: type a longer one, and end it with a line break")]
    ShortPasscode,
}

/// The databases' side of it.
struct Desk {
    state: State,
    outbox: Outbox,
}

/// Does it, and prints what there is to say to `out`; whether all is as it should be.
///
/// # Errors
/// [`AdminError`].
pub async fn run(admin: &Admin, storage: &Storage, out: &mut impl Write) -> Result<bool, AdminError> {
    let Storage { database, keys } = storage;
    if let Admin::Passcode { person } = admin {
        setup::passcode(person, keys, &mut io::stdin().lock(), out)?;
        return Ok(true);
    }
    let seal = seal(keys)?;
    let desk = Desk { state: State::open(database).await?, outbox: Outbox::new(seal.clone()) };
    match admin {
        Admin::DeadLetters { .. } | Admin::Replay(_) | Admin::Discard(_) => match database {
            Database::Sqlite(file) => letters::run(admin, &inbox::sqlite(file, &seal).await?, &desk, out).await?,
            Database::Postgres(url) => {
                letters::run(admin, &inbox::postgres(url.expose(), &seal).await?, &desk, out).await?;
            }
        },
        Admin::Audit { verify: true, .. } => return record::verify(&desk.state, out).await,
        Admin::Audit { after, most, .. } => record::list(&desk.state, *after, *most, out).await?,
        Admin::Service { name, version, on_call, by } => {
            setup::service(&desk.state, [name, version, on_call], by, out).await?;
        }
        Admin::Passcode { .. } => {}
    }
    Ok(true)
}

fn seal(keys: &Keys) -> Result<Seal, SealError> {
    Seal::new(&keys.sealing, keys.sealing_before.as_ref())
}

#[cfg(test)]
mod tests;
