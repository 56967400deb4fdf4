//! `[hooks.…]`: what comes in, and where it is told.

use serde::Deserialize;
use toml::Spanned;

use super::Fault;
use crate::hooks::{Hook, Preset};
use crate::policy::Area;
use crate::who::{Place, PlatformName};

/// Characters of a hook's name.
const NAME: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    provider: Spanned<String>,
    secret_env: Spanned<String>,
    verify_token_env: Option<Spanned<String>>,
    say_in: Spanned<String>,
}

impl Entry {
    pub(super) fn checked(&self, name: &Spanned<String>) -> Result<Hook, Fault> {
        let letters = name.get_ref().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !letters || !(1..=NAME).contains(&name.get_ref().len()) {
            let problem = format!("a hook's name is a part of its address: write a to z, 0 to 9 and -, at most {NAME}");
            return Err((name.span(), problem));
        }
        let Some(preset) = Preset::named(self.provider.get_ref()) else {
            let names: Vec<_> = Preset::names().collect();
            let problem = format!("there is no such provider for a hook: write one of {}", names.join(", "));
            return Err((self.provider.span(), problem));
        };
        let verify_token_env = match &self.verify_token_env {
            Some(token) if !preset.asks_for_token() => {
                let problem = format!("{} asks for no such token: take verify_token_env out", preset.name());
                return Err((token.span(), problem));
            }
            token => token.as_ref().map(variable).transpose()?,
        };
        Ok(Hook {
            name: name.get_ref().clone(),
            preset,
            secret_env: variable(&self.secret_env)?,
            verify_token_env,
            say_in: place(&self.say_in)?,
        })
    }
}

/// A name as shells write them: whatever else stands there may be the secret itself, and is not repeated.
fn variable(name: &Spanned<String>) -> Result<String, Fault> {
    let text = name.get_ref();
    let letters = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if letters && text.starts_with(|first: char| first.is_ascii_uppercase()) {
        return Ok(text.clone());
    }
    let problem = "this is no name of a variable: write a name such as DEPLOYS_SECRET, and the secret into the \
                   variable, never here";
    Err((name.span(), problem.to_owned()))
}

fn place(text: &Spanned<String>) -> Result<Place, Fault> {
    match Area::parse(text.get_ref()) {
        Some(Area::Channel(PlatformName::Teams, ..)) => Err((
            text.span(),
            "nothing can be said in Teams unasked: write a channel of Slack, Feishu or Discord".to_owned(),
        )),
        Some(Area::Channel(platform, tenant, channel)) => Ok(Place { platform, tenant, channel, thread: None }),
        _ => Err((text.span(), format!("{:?} is no channel: write slack:T1:C1", text.get_ref()))),
    }
}
