//! The rows of a session.

use super::Appended;
use super::summary::Summary;
use crate::agent::taint::{Taint, Trust};
use crate::agent::transcript::{Content, Entry};
use crate::state::{Row, StateError, Tx, written};

/// Which of a job's two rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Asked,
    Said,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    Taken,
    Over,
}

pub(super) struct Asked {
    pub(super) state: State,
    pub(super) taken_by: Option<String>,
    pub(super) person: String,
}

/// An entry and its number in the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) number: i64,
    pub(super) entry: Entry,
}

/// Makes the session where there is none, and holds it: numbers are given to one at a time.
pub(super) async fn lock(tx: &mut Tx, conversation: &str) -> Result<(), StateError> {
    let now = tx.now().await?;
    let sql = "INSERT INTO bot_sessions (conversation, summary, summary_read, summary_upto, changed_at) \
               VALUES ($1, '', '[]', 0, $2) \
               ON CONFLICT (conversation) DO UPDATE SET changed_at = excluded.changed_at";
    tx.query(sql).bind(conversation).bind(now).run().await?;
    Ok(())
}

pub(super) async fn add(
    tx: &mut Tx,
    conversation: &str,
    job: &str,
    which: Written,
    entry: &Entry,
) -> Result<Appended, StateError> {
    lock(tx, conversation).await?;
    let sql = "SELECT COALESCE(MAX(number), 0) AS last FROM bot_turns WHERE conversation = $1";
    let last = tx.query(sql).bind(conversation).row().await?.ok_or(StateError::Row("last"))?.number("last")?;
    let (part, state) = match which {
        Written::Asked => ("asked", "waiting"),
        Written::Said => ("said", "over"),
    };
    let person = match &entry.trust {
        Trust::Person(person) => person.to_string(),
        Trust::Bot | Trust::Untrusted(_) => String::new(),
    };
    let text = match &entry.content {
        Content::Text(text) | Content::Result { text, .. } => text,
        Content::Call(call) => &call.arguments,
    };
    let now = tx.now().await?;
    let sql = "INSERT INTO bot_turns (conversation, number, job, part, state, taken_by, trust, person, said, was_read, said_at) \
               VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8, $9, $10) ON CONFLICT (job, part) DO NOTHING";
    let added = tx
        .query(sql)
        .bind(conversation)
        .bind(last.saturating_add(1))
        .bind(job)
        .bind(part)
        .bind(state)
        .bind(written(&entry.trust, "trust")?)
        .bind(person)
        // PostgreSQL keeps no NUL in a text, and nobody reads one.
        .bind(text.replace('\0', ""))
        .bind(written(&entry.read, "was_read")?)
        .bind(now)
        .run()
        .await?;
    Ok(if added == 0 { Appended::Known } else { Appended::New })
}

pub(super) async fn asked(tx: &mut Tx, conversation: &str, job: &str) -> Result<Option<Asked>, StateError> {
    let sql = "SELECT state, taken_by, person FROM bot_turns WHERE conversation = $1 AND job = $2 AND part = 'asked'";
    let Some(row) = tx.query(sql).bind(conversation).bind(job).row().await? else { return Ok(None) };
    let state = match &*row.text("state")? {
        "waiting" => State::Waiting,
        "taken" => State::Taken,
        "over" => State::Over,
        _ => return Err(StateError::Row("state")),
    };
    Ok(Some(Asked { state, taken_by: row.maybe_text("taken_by")?, person: row.text("person")? }))
}

pub(super) async fn take(tx: &mut Tx, conversation: &str, job: &str) -> Result<(), StateError> {
    let sql = "UPDATE bot_turns SET state = 'taken', taken_by = $2 \
               WHERE conversation = $1 AND job = $2 AND part = 'asked' AND state = 'waiting'";
    tx.query(sql).bind(conversation).bind(job).run().await?;
    Ok(())
}

pub(super) async fn take_all(tx: &mut Tx, conversation: &str, job: &str, person: &str) -> Result<(), StateError> {
    let sql = "UPDATE bot_turns SET state = 'taken', taken_by = $2 \
               WHERE conversation = $1 AND person = $3 AND part = 'asked' AND state = 'waiting'";
    tx.query(sql).bind(conversation).bind(job).bind(person).run().await?;
    Ok(())
}

pub(super) async fn waits(tx: &mut Tx, conversation: &str, person: &str) -> Result<bool, StateError> {
    let sql = "SELECT number FROM bot_turns \
               WHERE conversation = $1 AND person = $2 AND part = 'asked' AND state = 'waiting' LIMIT 1";
    Ok(tx.query(sql).bind(conversation).bind(person).row().await?.is_some())
}

pub(super) async fn end(tx: &mut Tx, conversation: &str, job: &str) -> Result<u64, StateError> {
    let sql = "UPDATE bot_turns SET state = 'over' WHERE conversation = $1 AND taken_by = $2 AND state = 'taken'";
    tx.query(sql).bind(conversation).bind(job).run().await
}

pub(super) async fn put_back(tx: &mut Tx, conversation: &str, job: &str) -> Result<(), StateError> {
    let sql = "UPDATE bot_turns SET state = 'waiting', taken_by = NULL \
               WHERE conversation = $1 AND taken_by = $2 AND state = 'taken'";
    tx.query(sql).bind(conversation).bind(job).run().await?;
    Ok(())
}

pub(super) async fn summary(tx: &mut Tx, conversation: &str) -> Result<Summary, StateError> {
    let sql = "SELECT summary, summary_read, summary_upto FROM bot_sessions WHERE conversation = $1";
    let row = tx.query(sql).bind(conversation).row().await?.ok_or(StateError::Row("conversation"))?;
    Ok(Summary { text: row.text("summary")?, read: row.parsed("summary_read")?, upto: row.number("summary_upto")? })
}

pub(super) async fn keep(tx: &mut Tx, conversation: &str, summary: &Summary) -> Result<(), StateError> {
    let sql = "UPDATE bot_sessions SET summary = $2, summary_read = $3, summary_upto = $4 \
               WHERE conversation = $1 AND summary_upto < $4";
    tx.query(sql)
        .bind(conversation)
        .bind(summary.text.replace('\0', ""))
        .bind(written(&summary.read, "summary_read")?)
        .bind(summary.upto)
        .run()
        .await?;
    Ok(())
}

/// What is over and no summary tells yet, oldest first.
pub(super) async fn past(tx: &mut Tx, conversation: &str, upto: i64) -> Result<Vec<Numbered>, StateError> {
    let sql = "SELECT number, trust, said, was_read FROM bot_turns \
               WHERE conversation = $1 AND state = 'over' AND number > $2 ORDER BY number";
    let rows = tx.query(sql).bind(conversation).bind(upto).rows().await?;
    rows.iter().map(numbered).collect()
}

/// The number of the oldest message that no turn has ended yet, unless more than a hundred came after it: its job is a dead
/// letter, that nobody may ever replay.
pub(super) async fn oldest_open(tx: &mut Tx, conversation: &str) -> Result<Option<i64>, StateError> {
    let sql = "SELECT MIN(number) AS oldest FROM bot_turns WHERE conversation = $1 AND state <> 'over' \
               AND number > coalesce((SELECT number FROM bot_turns WHERE conversation = $1 AND state = 'over' \
               ORDER BY number DESC LIMIT 1 OFFSET 100), 0)";
    tx.query(sql).bind(conversation).row().await?.ok_or(StateError::Row("oldest"))?.maybe_number("oldest")
}

/// What this job's turn has taken, oldest first.
pub(super) async fn taken(tx: &mut Tx, conversation: &str, job: &str) -> Result<Vec<Numbered>, StateError> {
    let sql = "SELECT number, trust, said, was_read FROM bot_turns \
               WHERE conversation = $1 AND taken_by = $2 AND state = 'taken' ORDER BY number";
    let rows = tx.query(sql).bind(conversation).bind(job).rows().await?;
    rows.iter().map(numbered).collect()
}

/// Conversations that nobody has changed since then.
pub(super) async fn forget(tx: &mut Tx, before: i64) -> Result<u64, StateError> {
    let sql = "DELETE FROM bot_turns WHERE conversation IN (SELECT conversation FROM bot_sessions s WHERE changed_at < $1 \
               AND NOT EXISTS (SELECT 1 FROM bot_turns t WHERE t.conversation = s.conversation AND t.state <> 'over'))";
    tx.query(sql).bind(before).run().await?;
    let sql = "DELETE FROM bot_sessions WHERE changed_at < $1 \
               AND NOT EXISTS (SELECT 1 FROM bot_turns t WHERE t.conversation = bot_sessions.conversation)";
    tx.query(sql).bind(before).run().await
}

/// The newest of what was said, newest first.
pub(super) async fn newest(tx: &mut Tx, conversation: &str, most: i64) -> Result<Vec<Numbered>, StateError> {
    let sql =
        "SELECT number, trust, said, was_read FROM bot_turns WHERE conversation = $1 ORDER BY number DESC LIMIT $2";
    let rows = tx.query(sql).bind(conversation).bind(most).rows().await?;
    rows.iter().map(numbered).collect()
}

fn numbered(row: &Row) -> Result<Numbered, StateError> {
    let (trust, read): (Trust, Taint) = (row.parsed("trust")?, row.parsed("was_read")?);
    let entry = Entry { trust, content: Content::Text(row.text("said")?), read };
    Ok(Numbered { number: row.number("number")?, entry })
}
