//! `[limits]`: how much may be asked.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::Fault;
use crate::limits::{Allowances, Quota, Scopes};

/// A bucket that fills up over a longer time than this limits nothing that anybody remembers.
const LONGEST: u64 = 24 * 60 * 60;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    messages: Option<Each>,
    tokens: Option<Each>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Each {
    user: Option<Spanned<Amount>>,
    channel: Option<Spanned<Amount>>,
    workspace: Option<Spanned<Amount>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    most: u32,
    per_secs: u64,
}

impl Limits {
    /// What the file does not say is as without a file.
    pub(super) fn checked(&self) -> Result<Allowances, Fault> {
        let Allowances { messages, tokens } = Allowances::default();
        Ok(Allowances {
            messages: scopes(self.messages.as_ref(), messages)?,
            tokens: scopes(self.tokens.as_ref(), tokens)?,
        })
    }
}

fn scopes(each: Option<&Each>, otherwise: Scopes) -> Result<Scopes, Fault> {
    let Some(Each { user, channel, workspace }) = each else { return Ok(otherwise) };
    Ok(Scopes {
        user: quota(user.as_ref(), otherwise.user)?,
        channel: quota(channel.as_ref(), otherwise.channel)?,
        workspace: quota(workspace.as_ref(), otherwise.workspace)?,
    })
}

fn quota(amount: Option<&Spanned<Amount>>, otherwise: Quota) -> Result<Quota, Fault> {
    let Some(spanned) = amount else { return Ok(otherwise) };
    let Amount { most, per_secs } = *spanned.get_ref();
    if most == 0 || !(1..=LONGEST).contains(&per_secs) {
        let problem =
            format!("lets nobody through, or limits nothing: write most from 1, and per_secs from 1 to {LONGEST}");
        return Err((spanned.span(), problem));
    }
    Ok(Quota::new(most, Duration::from_secs(per_secs)))
}
