//! Response URLs: five uses in half an hour, no token, and an address that somebody else wrote.
//!
//! <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>. The signature proves that Slack
//! sent the URL; where it leads is checked all the same, so that nothing that gets past the proof makes the bot call
//! another host.

use reqwest::{Method, StatusCode, Url};

use crate::config::SlackAccess;
use crate::platform::json::also;
use crate::platform::web::{Answer, ClientError, Web, base, is_loopback};
use crate::platform::{Rendered, SendError};

/// Where Slack's response URLs lead, its government cloud included.
const HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// What posts to response URLs.
#[derive(Debug)]
pub(super) struct Routes {
    web: Web,
    loopback: bool,
}

impl Routes {
    pub(super) fn new(access: &SlackAccess) -> Result<Self, ClientError> {
        let base = base(&access.api_url)?;
        Ok(Self { web: Web::new(&base)?, loopback: base.scheme() == "http" })
    }

    /// Says `message` in the place the URL stands for, to one person or to all there.
    pub(super) async fn post(&self, url: &str, message: &Rendered, only: bool) -> Result<(), SendError> {
        let Some(url) = allowed(url, self.loopback) else {
            tracing::warn!("a response URL does not lead to Slack: it is not called, and the API is used instead");
            return Err(SendError::RouteEnded);
        };
        let members = [
            ("response_type", if only { "ephemeral" } else { "in_channel" }.into()),
            // The card that was pressed stays: it is edited by its own id.
            ("replace_original", false.into()),
            ("unfurl_links", false.into()),
            ("unfurl_media", false.into()),
        ];
        let body = also(message.json.clone(), members);
        judged(&self.web.call(Method::POST, url, None, Some(&body)).await?)
    }
}

fn judged(answer: &Answer) -> Result<(), SendError> {
    match answer.status {
        status if status.is_success() => Ok(()),
        StatusCode::TOO_MANY_REQUESTS => Err(SendError::RateLimited { retry_after: answer.retry_after }),
        // `expired_url` and `used_url` come as 404; a revoked one is 403 or 410.
        StatusCode::NOT_FOUND | StatusCode::FORBIDDEN | StatusCode::GONE => Err(SendError::RouteEnded),
        status if status.is_server_error() => Err(SendError::Unknown("it answered with a server error")),
        status => Err(SendError::Refused {
            code: format!("http_{}", status.as_u16()),
            remedy: "look up what response URLs take in Slack's documentation",
        }),
    }
}

/// The URL, where it leads to Slack over https and nothing in it leads elsewhere; to a simulated Slack where that is the API.
fn allowed(url: &str, loopback: bool) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let slack =
        url.scheme() == "https" && url.port().is_none() && url.host_str().is_some_and(|host| HOSTS.contains(&host));
    let simulated = url.scheme() == "http" && is_loopback(&url);
    (if loopback { simulated } else { slack }).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slack_is_called() {
        for good in ["https://hooks.slack.com/actions/T1/2/abc", "https://hooks.slack-gov.com/commands/1"] {
            assert!(allowed(good, false).is_some(), "{good}");
        }
        for bad in [
            "http://hooks.slack.com/actions/1",
            "https://hooks.slack.com:8443/actions/1",
            "https://hooks.slack.com.evil.example/",
            "https://evil.example/hooks.slack.com",
            "https://hooks.slack.com@evil.example/",
            "https://evil.example@hooks.slack.com/",
            "https://slack.com/api",
            "https://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:4000/response",
            "file:///etc/passwd",
            "hooks.slack.com",
            "",
        ] {
            assert!(allowed(bad, false).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_simulated_slack_leads_to_loopback_addresses_alone() {
        assert!(allowed("http://127.0.0.1:4000/response", true).is_some());
        for bad in [
            "https://hooks.slack.com/actions/1",
            "http://localhost:4000/",
            "http://10.0.0.1/",
            "https://127.0.0.1/",
            "http://127.0.0.1.evil.example/",
        ] {
            assert!(allowed(bad, true).is_none(), "{bad}");
        }
    }
}
