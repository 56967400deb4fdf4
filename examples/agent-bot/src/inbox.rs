//! The inbox, beside the bot's own tables and with its bodies sealed: they hold response URLs and trigger ids.

use std::path::Path;

use imchat_inbox::{InboxError, PostgresInbox, SqliteInbox};
use imchat_verify::dedup::DedupKey;

use crate::seal::Seal;

/// In a SQLite file.
///
/// # Errors
/// Where it cannot be opened.
pub async fn sqlite(file: &Path, seal: &Seal) -> Result<SqliteInbox, InboxError> {
    SqliteInbox::builder().beside_other_tables().seal(closing(seal), opening(seal)).open(file).await
}

/// In a PostgreSQL database.
///
/// # Errors
/// Where it cannot be opened.
pub async fn postgres(url: &str, seal: &Seal) -> Result<PostgresInbox, InboxError> {
    PostgresInbox::builder().seal(closing(seal), opening(seal)).open(url).await
}

fn closing(seal: &Seal) -> impl Fn(&DedupKey, &[u8]) -> Vec<u8> + use<> {
    let seal = seal.clone();
    move |key, body| seal.seal_body(key, body)
}

fn opening(seal: &Seal) -> impl Fn(&DedupKey, &[u8]) -> Option<Vec<u8>> + use<> {
    let seal = seal.clone();
    move |key, body| seal.open_body(key, body)
}
