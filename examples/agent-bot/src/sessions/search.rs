//! Finding what was said in one conversation.

use super::rows;
use crate::agent::taint::Trust;
use crate::agent::transcript::Content;
use crate::state::{StateError, Tx};

/// How far back is looked.
const BACK: i64 = 500;
const MOST: usize = 10;
/// Characters of a line.
const EACH: usize = 200;

pub(super) async fn search(tx: &mut Tx, conversation: &str, query: &str) -> Result<Vec<String>, StateError> {
    let query = query.to_lowercase();
    let mut found: Vec<_> = rows::newest(tx, conversation, BACK)
        .await?
        .into_iter()
        .filter_map(|numbered| {
            let Content::Text(text) = numbered.entry.content else { return None };
            let who = match numbered.entry.trust {
                Trust::Person(person) => person.to_string(),
                Trust::Bot | Trust::Untrusted(_) => "the bot".to_owned(),
            };
            text.to_lowercase()
                .contains(&query)
                .then(|| format!("{who}: {}", text.chars().take(EACH).collect::<String>()))
        })
        .take(MOST)
        .collect();
    found.reverse();
    Ok(found)
}
