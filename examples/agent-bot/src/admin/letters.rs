//! Dead letters: jobs of the inbox by their numbers, messages of the outbox by their steps.

use std::io::Write;

use imchat_inbox::{DeadLetter, DeadLetters};

use super::{Admin, AdminError, Desk, Letter, Signed};
use crate::audit::{self, Entry, Who};
use crate::message::legible;

/// Characters of a reason.
const LINE: usize = 300;

pub(super) async fn run(
    admin: &Admin,
    inbox: &impl DeadLetters,
    desk: &Desk,
    out: &mut impl Write,
) -> Result<(), AdminError> {
    match admin {
        Admin::DeadLetters { most } => list(inbox, desk, *most, out).await,
        Admin::Replay(letter) => act(letter, Act::Replay, inbox, desk, out).await,
        Admin::Discard(letter) => act(letter, Act::Discard, inbox, desk, out).await,
        _ => Ok(()),
    }
}

async fn list(inbox: &impl DeadLetters, desk: &Desk, most: u32, out: &mut impl Write) -> Result<(), AdminError> {
    let jobs = inbox.dead_letters(0, most).await?;
    let mut tx = desk.state.read().await?;
    let messages = desk.outbox.dead(&mut tx, most).await?;
    for job in &jobs {
        writeln!(out, "job {}", told(job))?;
    }
    for message in &messages {
        writeln!(out, "message {message}")?;
    }
    if jobs.is_empty() && messages.is_empty() {
        writeln!(out, "There are no dead letters.")?;
    }
    Ok(())
}

fn told(job: &DeadLetter) -> String {
    let DeadLetter { id, provider, kind, tenant, attempts, why, died_at, .. } = job;
    let (date, hour, minute) = (died_at.date(), died_at.hour(), died_at.minute());
    let tenant = legible(tenant.as_deref().unwrap_or("-"), LINE);
    let why = legible(why.as_deref().unwrap_or("for no reason that was kept"), LINE);
    format!("{id}  {date} {hour:02}:{minute:02}  {provider} {kind} of {tenant}, {attempts} attempts\n    {why}")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Replay,
    Discard,
}

async fn act(
    letter: &Letter,
    act: Act,
    inbox: &impl DeadLetters,
    desk: &Desk,
    out: &mut impl Write,
) -> Result<(), AdminError> {
    let Letter { id, by: Signed { who, why } } = letter;
    let done = match id.parse::<i64>() {
        Ok(job) => {
            // The inbox keeps an audit of its own in the transaction of what it does; this row stands in the bot's as well.
            let done = match act {
                Act::Replay => inbox.replay(job, who, why).await?,
                Act::Discard => inbox.discard(job, who, why).await?,
            };
            if done {
                remember(desk, id, who, why, act).await?;
            }
            done
        }
        Err(_) => {
            let mut tx = desk.state.begin().await?;
            let done = match act {
                Act::Replay => desk.outbox.replay(&mut tx, id, who, why).await?,
                Act::Discard => desk.outbox.discard(&mut tx, id, who, why).await?,
            };
            tx.commit().await?;
            done
        }
    };
    if !done {
        return Err(AdminError::NoLetter);
    }
    match act {
        Act::Replay => writeln!(out, "It is due again: a running executor takes it up within seconds.")?,
        Act::Discard => writeln!(out, "It is gone for good.")?,
    }
    Ok(())
}

async fn remember(desk: &Desk, id: &str, who: &str, why: &str, act: Act) -> Result<(), AdminError> {
    let act = if act == Act::Replay { "job.replayed" } else { "job.discarded" };
    let mut tx = desk.state.begin().await?;
    let entry = Entry { act, who: Who::Operator(who), tenant: "", what: id, digest: None, detail: why };
    audit::append(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}
