//! Reading the chain, and telling where it breaks.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::chain::Link;
use crate::message::legible;
use crate::state::{self, StateError, Tx, instant, stamp};

/// Rows that are read at once.
const PAGE: i64 = 500;

/// A row of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// Counts from 1, without a gap.
    pub number: i64,
    /// When, in Unix microseconds of store time.
    pub at: i64,
    /// What happened, as `plan.approved`.
    pub act: String,
    /// Who did it, as `slack:T1:U1`, `operator:ada` or `bot`.
    pub who: String,
    /// In which tenant.
    pub tenant: String,
    /// To what: the id of a plan or of a row.
    pub what: String,
    /// The digest of what was asked for or ran, in base64url.
    pub digest: Option<String>,
    /// What else is to be known.
    pub detail: String,
    /// The hash of the row before, in base64url; empty in the first.
    pub before: String,
    /// The row's own, in base64url.
    pub hash: String,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &str| legible(text, 200);
        write!(f, "{:>6}  {}", self.number, stamp(instant(self.at)))?;
        write!(f, "  {}  {}  {}", line(&self.act), line(&self.who), line(&self.what))?;
        if let Some(digest) = &self.digest {
            write!(f, "  {}", line(digest))?;
        }
        if !self.detail.is_empty() {
            write!(f, "  {}", line(&self.detail))?;
        }
        Ok(())
    }
}

/// How a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Fault {
    /// The row is not there.
    Missing,
    /// What the row says is not what its hash was made of.
    Altered,
    /// The row does not follow the one before it.
    Unlinked,
    /// The row is not the one that was written last.
    End,
    /// The row stands after the last one that the chain knows of.
    Added,
}

/// What became of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "chain", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Chain {
    /// Every row is as it was written.
    Whole {
        /// How many there are.
        rows: i64,
        /// The last one's hash, in base64url; empty where there is none.
        hash: String,
    },
    /// It is broken.
    Broken {
        /// The first row that is not as it was written.
        number: i64,
        /// How.
        fault: Fault,
    },
}

impl Chain {
    /// Whether every row is as it was written.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole { .. })
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, how) = match self {
            Self::Whole { rows: 0, .. } => return f.write_str("The audit is empty."),
            Self::Whole { rows, hash } => {
                return write!(
                    f,
                    "The audit is whole: {rows} rows, the last with the hash {hash}. Keep number and hash elsewhere: \
                     a chain that somebody wrote anew has others."
                );
            }
            Self::Broken { number, fault: Fault::Missing } => (number, "is missing"),
            Self::Broken { number, fault: Fault::Altered } => (number, "was changed after it was written"),
            Self::Broken { number, fault: Fault::Unlinked } => (number, "does not follow the one before it"),
            Self::Broken { number, fault: Fault::End } => (number, "is not the one that was written last"),
            Self::Broken { number, fault: Fault::Added } => (number, "was added past the end of the chain"),
        };
        write!(
            f,
            "The audit is broken: row {number} {how}. What stands before it can be relied on. Compare the rest with a \
             backup, and find out who can write to the database."
        )
    }
}

const ROWS: &str = "SELECT number, at, act, who, tenant, what, digest, detail, before, hash FROM bot_audit \
    WHERE number > $1 ORDER BY number LIMIT $2";

/// Up to so many rows after this number, in their order; from 0, the first ones.
///
/// # Errors
/// Where the database fails.
pub async fn rows(tx: &mut Tx, after: i64, most: u32) -> Result<Vec<Row>, StateError> {
    page(tx, after, i64::from(most)).await
}

/// Checks every row against its hash, the hash before and its number, and the last one against the head. For
/// `agent-bot admin audit --verify`: print what it returns, and fail unless it [is whole](Chain::is_whole).
///
/// # Errors
/// Where the database fails.
pub async fn verify(tx: &mut Tx) -> Result<Chain, StateError> {
    // The head first: what is appended meanwhile is not looked at.
    let head = head(tx).await?;
    let (mut last, mut hash) = (0_i64, String::new());
    'pages: loop {
        let page = page(tx, last, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            if row.number > head.0 {
                break 'pages;
            }
            let number = last.saturating_add(1);
            if let Some(fault) = fault(&row, number, &hash) {
                // A row that is not there has the number that is missed, and not that of the one that is there.
                return Ok(Chain::Broken { number: number.min(row.number), fault });
            }
            (last, hash) = (row.number, row.hash);
        }
    }
    if last < head.0 {
        return Ok(Chain::Broken { number: last.saturating_add(1), fault: Fault::Missing });
    }
    if hash != head.1 {
        return Ok(Chain::Broken { number: last, fault: Fault::End });
    }
    // Read before the head is read again, which can only have grown past it.
    let newest = tx.query("SELECT max(number) AS newest FROM bot_audit").row().await?;
    let newest = newest.map(|row| row.maybe_number("newest")).transpose()?.flatten().unwrap_or(0);
    let known = self::head(tx).await?.0;
    if newest > known {
        return Ok(Chain::Broken { number: known.saturating_add(1), fault: Fault::Added });
    }
    Ok(Chain::Whole { rows: last, hash })
}

fn fault(row: &Row, number: i64, before: &str) -> Option<Fault> {
    if row.number != number {
        return Some(Fault::Missing);
    }
    let link = Link {
        number: row.number,
        at: row.at,
        act: &row.act,
        who: &row.who,
        tenant: &row.tenant,
        what: &row.what,
        digest: row.digest.as_deref(),
        detail: &row.detail,
    };
    if URL_SAFE_NO_PAD.encode(link.hash(&row.before)) != row.hash {
        return Some(Fault::Altered);
    }
    (row.before != before).then_some(Fault::Unlinked)
}

async fn head(tx: &mut Tx) -> Result<(i64, String), StateError> {
    let row = tx.query("SELECT number, hash FROM bot_audit_head WHERE one = 1").row().await?;
    let row = row.ok_or(StateError::Row("bot_audit_head"))?;
    Ok((row.number("number")?, row.text("hash")?))
}

async fn page(tx: &mut Tx, after: i64, most: i64) -> Result<Vec<Row>, StateError> {
    let rows = tx.query(ROWS).bind(after).bind(most).rows().await?;
    rows.iter().map(of).collect()
}

fn of(row: &state::Row) -> Result<Row, StateError> {
    Ok(Row {
        number: row.number("number")?,
        at: row.number("at")?,
        act: row.text("act")?,
        who: row.text("who")?,
        tenant: row.text("tenant")?,
        what: row.text("what")?,
        digest: row.maybe_text("digest")?,
        detail: row.text("detail")?,
        before: row.text("before")?,
        hash: row.text("hash")?,
    })
}
