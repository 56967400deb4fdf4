//! Who asked, who decided, what ran: rows that are only added, each holding the hash of the one before.
//!
//! 1. A row is written in the transaction of what it tells: neither is there without the other.
//! 2. The chain has one end. Who appends holds it until the commit, so append last and commit soon.
//! 3. The database refuses to change or delete a row. Who owns the database can take that away, and then the chain tells
//!    what was changed; only a rewritten chain is not told: keep the head's hash elsewhere to notice that.
//! 4. No secret goes in: of a capability, nothing; of arguments, the digest.

mod chain;
#[cfg(test)]
mod tests;
mod verify;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use verify::{Chain, Fault, Row, rows, verify};

use crate::message::legible;
use crate::state::{StateError, Tx};
use crate::who::{Person, Place};

/// What is to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What happened, as `plan.approved`.
    pub act: &'static str,
    /// Who did it.
    pub who: Who<'a>,
    /// In which tenant.
    pub tenant: &'a str,
    /// To what: the id of a plan or of a row.
    pub what: &'a str,
    /// The digest of what was asked for or ran, in base64url.
    pub digest: Option<&'a str>,
    /// What else is to be known, in a line. Never a secret.
    pub detail: &'a str,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// The bot itself.
    Bot,
    /// Somebody on a platform.
    Person(&'a Person),
    /// Whoever used the bot's command line, by the name that they gave.
    Operator(&'a str),
}

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bot => f.write_str("bot"),
            Self::Person(person) => write!(f, "{person}"),
            // No platform has this name, so that nobody is taken for somebody else.
            Self::Operator(name) => write!(f, "operator:{}", legible(name, NAME)),
        }
    }
}

/// Characters of an operator's name.
const NAME: usize = 100;

/// Adds that a turn is over which this person asked for, in the caller's transaction.
///
/// # Errors
/// Where the database fails.
pub async fn answered(
    tx: &mut Tx,
    key: &str,
    person: &Person,
    place: &Place,
    ended: &'static str,
) -> Result<(), StateError> {
    let detail = format!("{ended} in {}", place.channel);
    let (act, who, tenant) = ("turn.answered", Who::Person(person), place.tenant.as_str());
    append(tx, Entry { act, who, tenant, what: key, digest: None, detail: &detail }).await
}

/// Adds a row to the chain, in the caller's transaction.
///
/// # Errors
/// Where the database fails.
pub async fn append(tx: &mut Tx, entry: Entry<'_>) -> Result<(), StateError> {
    // The row is locked from here on, and what is read below is its end.
    tx.query("UPDATE bot_audit_head SET one = one WHERE one = 1").run().await?;
    let head = tx.query("SELECT number, hash FROM bot_audit_head WHERE one = 1").row().await?;
    let head = head.ok_or(StateError::Row("bot_audit_head"))?;
    let (number, before) = (head.number("number")?.saturating_add(1), head.text("hash")?);
    let at = tx.now().await?;
    let who = entry.who.to_string();
    let link = chain::Link {
        number,
        at,
        act: entry.act,
        who: &who,
        tenant: entry.tenant,
        what: entry.what,
        digest: entry.digest,
        detail: entry.detail,
    };
    let hash = URL_SAFE_NO_PAD.encode(link.hash(&before));
    let sql = "INSERT INTO bot_audit (number, at, act, who, tenant, what, digest, detail, before, hash) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let row = tx.query(sql).bind(number).bind(at).bind(entry.act).bind(&who).bind(entry.tenant).bind(entry.what);
    row.bind(entry.digest).bind(entry.detail).bind(&before).bind(&hash).run().await?;
    tx.query("UPDATE bot_audit_head SET number = $1, hash = $2 WHERE one = 1").bind(number).bind(&hash).run().await?;
    Ok(())
}
