//! Discord's variables.

use super::{ConfigError, Lookup, SigningSecrets, address, any_set, header_text, required, signing};
use crate::platform::discord::DiscordAccess;

/// Where Discord's own API lives.
const API_URL: &str = "https://discord.com/api/v10";
const URL: &str = "DISCORD_API_URL";
const TOKEN: &str = "DISCORD_BOT_TOKEN";
/// Not Discord's alone, but only Discord asks for it.
const PUBLIC: &str = "PUBLIC_URL";
const KEY: signing::Names = signing::Names {
    current: "DISCORD_PUBLIC_KEY",
    previous: "DISCORD_PUBLIC_KEY_PREVIOUS",
    until: "DISCORD_PUBLIC_KEY_PREVIOUS_UNTIL",
    remedy: "copy the public key from the application's General Information page",
};

/// A bot in any number of guilds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscordConfig {
    /// The application's public key, which proves a request.
    pub key: SigningSecrets,
    /// Where replies go.
    pub access: DiscordAccess,
}

/// Discord, where any of its variables is set.
pub(super) fn read(lookup: Lookup<'_>) -> Result<Option<DiscordConfig>, ConfigError> {
    if !any_set(lookup, &[KEY.current, TOKEN, URL]) {
        return Ok(None);
    }
    let key = signing::read(lookup, &KEY)?;
    let token = required(lookup, TOKEN, "copy the bot token from the application's Bot page")?;
    let access = DiscordAccess {
        token: header_text(TOKEN, token)?,
        api_url: address::of(lookup, URL, API_URL, "is not a URL: write for instance https://discord.com/api/v10")?,
        public_url: address::maybe(lookup, PUBLIC, "is not a URL: write for instance https://bot.example.com")?,
    };
    Ok(Some(DiscordConfig { key, access }))
}
