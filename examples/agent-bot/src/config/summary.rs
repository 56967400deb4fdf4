//! What a configuration comes to, for whoever checks it: no value that is secret.

use std::fmt;

use super::{Config, Database, HookConfig, ModelChoice};
use crate::who::PlatformName;

/// A configuration in a few lines.
#[derive(Debug)]
pub struct Summary<'a>(&'a Config);

impl Config {
    /// Whether something can be said there.
    const fn speaks(&self, platform: PlatformName) -> bool {
        match platform {
            PlatformName::Slack => self.slack.is_some(),
            PlatformName::Feishu => self.feishu.is_some(),
            PlatformName::Discord => self.discord.is_some(),
            PlatformName::Teams => false,
        }
    }

    /// Tells it in a few lines, without a secret.
    #[must_use]
    pub const fn summary(&self) -> Summary<'_> {
        Summary(self)
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = self.0;
        writeln!(f, "The configuration can be used.")?;
        writeln!(f, "  listens on    {}", config.listen)?;
        match &config.database {
            Database::Sqlite(file) => writeln!(f, "  database      the file {}", file.display())?,
            Database::Postgres(_) => writeln!(f, "  database      PostgreSQL")?,
        }
        let platforms = [
            ("Slack", "/slack/events, /slack/interactions, /slack/commands", config.slack.is_some()),
            ("Feishu", "/feishu/events, /feishu/cards", config.feishu.is_some()),
            ("Discord", "/discord/interactions", config.discord.is_some()),
            ("Teams", "/teams/messages", config.teams.is_some()),
        ];
        for (name, routes, there) in platforms {
            writeln!(f, "  {name:<12}  {}", if there { routes } else { "not set up" })?;
        }
        if config.discord.as_ref().is_some_and(|discord| discord.access.public_url.is_none()) {
            writeln!(f, "  ! PUBLIC_URL is not set: Discord wants to know the address of whoever calls it")?;
        }
        for HookConfig { hook, .. } in &config.hooks {
            let (name, provider, place) = (&hook.name, hook.preset.name(), &hook.say_in);
            writeln!(
                f,
                "  hook          /hooks/{name} of {provider}, told in {}:{}:{}",
                place.platform, place.tenant, place.channel
            )?;
            if !config.speaks(place.platform) {
                writeln!(f, "  ! {} is not set up here: what comes to /hooks/{name} is a dead letter", place.platform)?;
            }
        }
        match &config.model {
            ModelChoice::Scripted(_) => writeln!(f, "  model         the scripted one; OPENAI_MODEL names another")?,
            ModelChoice::OpenAi(access) => writeln!(f, "  model         {} at {}", access.model, access.base_url)?,
        }
        let writes: Vec<_> = config.policy.writes().collect();
        match writes.as_slice() {
            [] => writeln!(f, "  writes        none: the policy lets nothing be changed")?,
            writes => writeln!(f, "  writes        after approval: {}", writes.join(", "))?,
        }
        if config.policy.asks_for_passcodes()
            && (config.keys.passcodes.is_none() || config.policy.passcodes().is_empty())
        {
            writeln!(f, "  ! second_factor is set, and nobody has a passcode: set PASSCODE_KEY and [passcodes]")?;
        }
        writeln!(f, "  limits        {}", if config.redis.is_some() { "shared in Redis" } else { "in each process" })
    }
}
