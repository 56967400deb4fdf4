//! Slack's variables.

use super::{ConfigError, Lookup, Secret, SigningSecrets, address, any_set, header_text, required, signing};

/// Where Slack's own Web API lives.
const API_URL: &str = "https://slack.com/api";
const URL: &str = "SLACK_API_URL";
const TOKEN: &str = "SLACK_BOT_TOKEN";
const SIGNING: signing::Names = signing::Names {
    current: "SLACK_SIGNING_SECRET",
    previous: "SLACK_SIGNING_SECRET_PREVIOUS",
    until: "SLACK_SIGNING_SECRET_PREVIOUS_UNTIL",
    remedy: "copy the signing secret from the app's Basic Information page",
};

/// How the bot speaks to Slack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackAccess {
    /// The bot token.
    pub token: Secret,
    /// The base of the Web API, without a slash at its end.
    pub api_url: String,
}

/// A bot in a Slack workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackConfig {
    /// What proves a request.
    pub signing: SigningSecrets,
    /// Where replies go.
    pub access: SlackAccess,
}

/// Slack, where any of its variables is set.
pub(super) fn read(lookup: Lookup<'_>) -> Result<Option<SlackConfig>, ConfigError> {
    if !any_set(lookup, &[SIGNING.current, TOKEN, URL]) {
        return Ok(None);
    }
    let signing = signing::read(lookup, &SIGNING)?;
    let current = signing.current.expose();
    if current.starts_with("xox") || current.starts_with("xapp-") {
        let problem = "holds a token: copy the signing secret from the app's Basic Information page instead";
        return Err(ConfigError::Unusable { name: SIGNING.current, problem });
    }
    let token = required(lookup, TOKEN, "copy the bot token (xoxb-…) from the app's OAuth & Permissions page")?;
    let access = SlackAccess {
        token: header_text(TOKEN, token)?,
        api_url: address::of(lookup, URL, API_URL, "is not a URL: write for instance https://slack.com/api")?,
    };
    Ok(Some(SlackConfig { signing, access }))
}
