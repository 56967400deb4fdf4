//! Feishu's and Lark's variables.

use super::{ConfigError, Lookup, Secret, SigningSecrets, address, any_set, header_text, required, signing, text};
use crate::platform::feishu::FeishuAccess;

/// Where Feishu's own API lives; Lark's is `https://open.larksuite.com`.
const API_URL: &str = "https://open.feishu.cn";
const URL: &str = "FEISHU_API_URL";
const APP: &str = "FEISHU_APP_ID";
const SECRET: &str = "FEISHU_APP_SECRET";
const TOKEN: &str = "FEISHU_VERIFICATION_TOKEN";
const SIGNING: signing::Names = signing::Names {
    current: "FEISHU_ENCRYPT_KEY",
    previous: "FEISHU_ENCRYPT_KEY_PREVIOUS",
    until: "FEISHU_ENCRYPT_KEY_PREVIOUS_UNTIL",
    remedy: "copy the encrypt key from the app's Event Subscriptions page; without one nothing is signed",
};

/// A bot in a Feishu or Lark tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeishuConfig {
    /// What proves a request, and what opens it.
    pub signing: SigningSecrets,
    /// Stands in every request; what proves a challenge, which is not signed.
    pub verification_token: Secret,
    /// Where replies go.
    pub access: FeishuAccess,
}

/// Feishu, where any of its variables is set.
pub(super) fn read(lookup: Lookup<'_>) -> Result<Option<FeishuConfig>, ConfigError> {
    if !any_set(lookup, &[APP, SECRET, SIGNING.current, TOKEN, URL]) {
        return Ok(None);
    }
    let page = "copy it from the app's Credentials & Basic Info page";
    let access = FeishuAccess {
        app_id: required(lookup, APP, page)?,
        app_secret: header_text(SECRET, required(lookup, SECRET, page)?)?,
        api_url: address::of(lookup, URL, API_URL, "is not a URL: write for instance https://open.feishu.cn")?,
    };
    let signing = signing::read(lookup, &SIGNING)?;
    let token = text(lookup, TOKEN)?.ok_or(ConfigError::Missing {
        name: TOKEN,
        remedy: "copy the verification token from the app's Event Subscriptions page",
    })?;
    Ok(Some(FeishuConfig { signing, verification_token: Secret::new(token), access }))
}
