//! Calls of Feishu's API, with a tenant token that is fetched once and renewed before it ends.
//!
//! <https://open.feishu.cn/document/server-docs/authentication-management/access-token/tenant_access_token_internal>.

use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::FeishuAccess;
use crate::config::Secret;
use crate::platform::SendError;
use crate::platform::json::text;
use crate::platform::web::{Answer, ClientError, Web, base};

/// A token is renewed this long before its end.
const MARGIN: Duration = Duration::from_secs(180);
/// The tenant token is not known or has ended.
const BAD_TOKEN: [i64; 4] = [99_991_661, 99_991_663, 99_991_664, 99_991_671];

/// A token and when it is to be renewed.
struct Token {
    text: Secret,
    until: Instant,
}

/// An app's voice.
pub(super) struct Api {
    web: Web,
    base: Url,
    app_id: String,
    app_secret: Secret,
    /// Held while one is fetched: whoever comes meanwhile waits for it.
    token: Mutex<Option<Token>>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

impl Api {
    pub(super) fn new(access: &FeishuAccess) -> Result<Self, ClientError> {
        let base = base(&access.api_url)?;
        let (app_id, app_secret) = (access.app_id.clone(), access.app_secret.clone());
        Ok(Self { web: Web::new(&base)?, base, app_id, app_secret, token: Mutex::default() })
    }

    /// Calls once; a token that has ended early is fetched anew, and only then the call is made again.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, SendError> {
        let url = self.url(path, query)?;
        let token = self.token().await?;
        let answer = self.attempt(method.clone(), url.clone(), &token, body).await?;
        if !code(&answer).is_some_and(|code| BAD_TOKEN.contains(&code)) {
            return judged(answer);
        }
        self.forget(&token).await;
        let token = self.token().await?;
        judged(self.attempt(method, url, &token, body).await?)
    }

    async fn attempt(
        &self,
        method: Method,
        url: Url,
        token: &Secret,
        body: Option<&Value>,
    ) -> Result<Answer, SendError> {
        self.web.call(method, url, Some(&format!("Bearer {}", token.expose())), body).await
    }

    /// The segments are encoded: an id cannot lead to another path.
    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url, SendError> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| SendError::Unreachable)?.pop_if_empty().push("open-apis").extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn token(&self) -> Result<Secret, SendError> {
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref()
            && Instant::now() < token.until
        {
            return Ok(token.text.clone());
        }
        let body = json!({ "app_id": self.app_id, "app_secret": self.app_secret.expose() });
        let asked = Instant::now();
        let url = self.url(&["auth", "v3", "tenant_access_token", "internal"], &[])?;
        // Nothing was said yet: whatever went wrong, the message was not sent.
        let answer = self.web.call(Method::POST, url, None, Some(&body)).await.map_err(|_| SendError::Unreachable)?;
        if answer.status.is_server_error() {
            return Err(SendError::Unreachable);
        }
        let answer = judged(answer)?;
        let token = text(&answer, "/tenant_access_token").ok_or(SendError::Unreachable)?;
        let expire = answer.get("expire").and_then(Value::as_u64).unwrap_or_default();
        let text = Secret::new(token);
        *held = Some(Token { text: text.clone(), until: asked.checked_add(kept_for(expire)).unwrap_or(asked) });
        Ok(text)
    }

    /// Only the token that failed is forgotten: another may be there already.
    async fn forget(&self, failed: &Secret) {
        let mut held = self.token.lock().await;
        if held.as_ref().is_some_and(|token| token.text == *failed) {
            *held = None;
        }
    }
}

/// For how long a token that lives for so many seconds is used. One near its end may be given out again: then half of what
/// is left has to do.
fn kept_for(expire: u64) -> Duration {
    let life = Duration::from_secs(expire);
    life.checked_sub(MARGIN).filter(|rest| *rest > MARGIN).unwrap_or(Duration::from_secs(expire / 2))
}

/// Nothing where it is no whole number: only 0 is a success.
fn code(answer: &Answer) -> Option<i64> {
    answer.json.get("code").and_then(Value::as_i64)
}

/// Feishu's errors come under HTTP 400, and some under 200: the code decides.
fn judged(answer: Answer) -> Result<Value, SendError> {
    match (answer.status, code(&answer)) {
        // Feishu's rate limits, and those of chats and people that all bots share.
        (StatusCode::TOO_MANY_REQUESTS, _) | (_, Some(99_991_400 | 230_020 | 11_232)) => {
            Err(SendError::RateLimited { retry_after: answer.retry_after })
        }
        (status, _) if status.is_server_error() => Err(SendError::Unknown("it answered with a server error")),
        (status, Some(0)) if status.is_success() => Ok(answer.json),
        (status, None) if status.is_success() => {
            Err(SendError::Unknown("it answered with something else than Feishu does"))
        }
        (status, None | Some(0)) => {
            Err(SendError::Refused { code: format!("http_{}", status.as_u16()), remedy: "check FEISHU_API_URL" })
        }
        (_, Some(code)) => Err(SendError::Refused { code: code.to_string(), remedy: remedy(code) }),
    }
}

/// What a person can do about a refusal.
fn remedy(code: i64) -> &'static str {
    match code {
        10_003 | 10_014 => "set FEISHU_APP_ID and FEISHU_APP_SECRET to those of the app",
        230_002 => "add the bot to the chat",
        230_006 => "switch on the app's bot ability and publish a version",
        230_011 => "the message was withdrawn; nothing is left to edit or to reply to",
        230_013 => "add the person to those who may use the app",
        230_025 => "the message is too long for Feishu",
        230_031 => "messages can be edited for fourteen days: say it anew",
        41_050 | 99_992_351 => "the account is of another tenant, or outside the app's contact range",
        99_991_672 | 99_991_679 => "add the scopes of docs/setup to the app and publish a version",
        99_991_661..=99_991_671 => "check FEISHU_APP_ID, FEISHU_APP_SECRET and FEISHU_API_URL",
        _ => "look the code up in Feishu's list of error codes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_is_no_known_number_is_no_success() {
        for answer in
            [json!({ "code": -1 }), json!({ "code": "99991663" }), json!({ "code": 0.5 }), json!({ "code": null })]
        {
            let status = StatusCode::OK;
            let answer = Answer { status, headers: http::HeaderMap::new(), retry_after: None, json: answer };
            let told = answer.json.to_string();
            assert!(judged(answer).is_err(), "{told}");
        }
    }

    #[test]
    fn a_token_is_renewed_before_its_end() {
        for (expire, kept) in [(7200, 7020), (1800, 1620), (400, 220), (360, 180), (100, 50), (1, 0), (0, 0)] {
            assert_eq!(kept_for(expire), Duration::from_secs(kept), "{expire}");
        }
    }
}
