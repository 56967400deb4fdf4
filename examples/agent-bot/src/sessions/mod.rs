//! What was said, conversation by conversation, and never anything of another.
//!
//! 1. A session's key is [`Place::conversation`](crate::who::Place::conversation): nothing is read or written without one.
//! 2. A job's message stands once, however often the job is worked on, and so does its answer.
//! 3. A message waits until a turn takes it. A turn that is run again after a crash takes the same messages as before, and
//!    no others, so that its plans mean the same.
//! 4. Several messages are answered together only where the same person wrote them: nobody's request is decided on with
//!    somebody else's rights.
//! 5. What no longer fits the [`Window`] is told in a [`summary`], which is as untrusted as the least trusted part of it.
//!
//! Everything works in the caller's transaction; a model is called between two of them, never inside.

mod rows;
mod search;
pub mod summary;
mod window;

pub use window::Window;

use crate::agent::taint::Trust;
use crate::agent::transcript::{Content, Entry};
use crate::policy::Meanwhile;
use crate::state::{StateError, Tx};
use crate::who::Person;

/// Whether a message was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It stands now, and waits.
    New,
    /// The same job appended it before.
    Known,
}

/// What a turn is to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// These, of which the last is the newest.
    Turn {
        /// The summary, then the newest that fit, then what is to be answered.
        entries: Vec<Entry>,
        /// What no longer fits and no summary tells; empty mostly.
        overflow: Option<summary::Overflow>,
    },
    /// Nothing: it was answered before, alone or with others of the same person.
    Over,
    /// Nothing: this job never appended a message here.
    Unknown,
}

/// The sessions of all conversations.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sessions {
    window: Window,
}

impl Sessions {
    /// Sessions of which a turn reads so much.
    #[must_use]
    pub const fn new(window: Window) -> Self {
        Self { window }
    }

    /// Appends what a job brought. It waits until a turn takes it.
    ///
    /// Whoever learns of the message first may do this, in the transaction in which it learns of it: with
    /// [`Merge`](Meanwhile::Merge) and [`Interrupt`](Meanwhile::Interrupt) a turn sees what was appended while others ran.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn append(
        &self,
        tx: &mut Tx,
        conversation: &str,
        job: &str,
        person: &Person,
        text: &str,
    ) -> Result<Appended, StateError> {
        let entry = Entry::person(person.clone(), text);
        rows::add(tx, conversation, job, rows::Written::Asked, &entry).await
    }

    /// Whether this job appended a message before.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn stands(&self, tx: &mut Tx, conversation: &str, job: &str) -> Result<bool, StateError> {
        Ok(rows::asked(tx, conversation, job).await?.is_some())
    }

    /// Takes what this job's turn answers: its own message, and with `meanwhile` other than
    /// [`Queue`](Meanwhile::Queue) what else the same person said that still waits.
    ///
    /// # Errors
    /// Where the database fails, or a row cannot be read.
    pub async fn begin(
        &self,
        tx: &mut Tx,
        conversation: &str,
        job: &str,
        meanwhile: Meanwhile,
    ) -> Result<Begun, StateError> {
        rows::lock(tx, conversation).await?;
        let Some(own) = rows::asked(tx, conversation, job).await? else { return Ok(Begun::Unknown) };
        match own.state {
            rows::State::Over => return Ok(Begun::Over),
            rows::State::Waiting if meanwhile == Meanwhile::Queue => rows::take(tx, conversation, job).await?,
            rows::State::Waiting => rows::take_all(tx, conversation, job, &own.person).await?,
            // By this job's own turn, which did not come to its end; or by another's, which answers it.
            rows::State::Taken if own.taken_by.as_deref() == Some(job) => {}
            rows::State::Taken => return Ok(Begun::Over),
        }
        let told = rows::summary(tx, conversation).await?;
        let past = rows::past(tx, conversation, told.upto).await?;
        let taken = rows::taken(tx, conversation, job).await?;
        let open = rows::oldest_open(tx, conversation).await?;
        Ok(self.window.fit(told, past, taken, open))
    }

    /// Whether the same person said more that waits: with [`Interrupt`](Meanwhile::Interrupt) the turn then ends.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn more_waits(&self, tx: &mut Tx, conversation: &str, person: &Person) -> Result<bool, StateError> {
        rows::waits(tx, conversation, &person.to_string()).await
    }

    /// Ends a turn: what it took is over, and what it said stands beside it, once. Returns whether it was still to end.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn finish(&self, tx: &mut Tx, conversation: &str, job: &str, said: &Entry) -> Result<bool, StateError> {
        rows::lock(tx, conversation).await?;
        if rows::end(tx, conversation, job).await? == 0 {
            return Ok(false);
        }
        let text = matches!(&said.content, Content::Text(text) if !text.is_empty());
        if text && said.trust == Trust::Bot {
            rows::add(tx, conversation, job, rows::Written::Said, said).await?;
        }
        Ok(true)
    }

    /// Puts back what an interrupted turn took: the message that interrupted it is answered together with it. Returns
    /// whether there is such a message; where there is none, the turn's own message keeps waiting for nobody, and the turn is
    /// to be finished instead.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn put_back(
        &self,
        tx: &mut Tx,
        conversation: &str,
        job: &str,
        person: &Person,
    ) -> Result<bool, StateError> {
        rows::lock(tx, conversation).await?;
        if !rows::waits(tx, conversation, &person.to_string()).await? {
            return Ok(false);
        }
        rows::put_back(tx, conversation, job).await?;
        Ok(true)
    }

    /// Keeps a summary of what no longer fits; an older one never takes the place of a newer one.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn keep(&self, tx: &mut Tx, conversation: &str, summary: &summary::Summary) -> Result<(), StateError> {
        rows::lock(tx, conversation).await?;
        rows::keep(tx, conversation, summary).await
    }

    /// What was said in this conversation that holds the text, newest last, a line each: at most ten.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn search(&self, tx: &mut Tx, conversation: &str, query: &str) -> Result<Vec<String>, StateError> {
        search::search(tx, conversation, query).await
    }
}

#[cfg(test)]
mod tests;
