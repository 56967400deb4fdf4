//! Teams' variables.

use imchat_verify::providers::TeamsOutgoing;

use super::{ConfigError, Lookup, SigningSecrets, any_set, signing};

const SECRET: signing::Names = signing::Names {
    current: "TEAMS_OUTGOING_SECRET",
    previous: "TEAMS_OUTGOING_SECRET_PREVIOUS",
    until: "TEAMS_OUTGOING_SECRET_PREVIOUS_UNTIL",
    remedy: "copy the security token that Teams shows once the outgoing webhook is created",
};

/// An outgoing webhook of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamsConfig {
    /// What proves a request. There is nothing to answer with but the response.
    pub signing: SigningSecrets,
}

/// Teams, where its variable is set.
pub(super) fn read(lookup: Lookup<'_>) -> Result<Option<TeamsConfig>, ConfigError> {
    if !any_set(lookup, &[SECRET.current]) {
        return Ok(None);
    }
    let signing = signing::read(lookup, &SECRET)?;
    if TeamsOutgoing::verifier(signing.secrets()).is_err() {
        let problem = "is no security token, or the one before it is none: copy it from Teams whole, without spaces";
        return Err(ConfigError::Unusable { name: SECRET.current, problem });
    }
    Ok(Some(TeamsConfig { signing }))
}
