//! Calls of the Web API, and what their errors mean.

use std::sync::Arc;

use hyper_rustls::HttpsConnectorBuilder;
use rustls::ClientConfig;
use serde_json::Value;
use slack_morphism::SlackClient;
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::{SlackApiToken, SlackApiTokenValue, SlackClientHyperConnector, SlackHyperClient};

use crate::config::SlackAccess;
use crate::platform::SendError;
use crate::platform::web::{ClientError, DEADLINE, code};

const NOT_SLACK: &str = "it answered with something else than Slack does";

/// A token's voice.
pub(super) struct Api {
    client: SlackHyperClient,
    token: SlackApiToken,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

impl Api {
    /// Over https with the machine's certificate authorities, or over plain http, which the configuration only lets
    /// through to a loopback address.
    pub(super) fn new(access: &SlackAccess) -> Result<Self, ClientError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let connector = if access.api_url.starts_with("https://") {
            HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(provider)
                .map_err(ClientError::NoRoots)?
                .https_only()
                .enable_all_versions()
                .build()
        } else {
            let tls = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(ClientError::Tls)?
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build()
        };
        let connector = SlackClientHyperConnector::with_connector(connector).with_slack_api_url(&access.api_url);
        let token = SlackApiToken::new(SlackApiTokenValue(access.token.expose().to_owned()));
        Ok(Self { client: SlackClient::new(connector), token })
    }

    /// Calls a method with JSON arguments.
    pub(super) async fn call(&self, method: &str, arguments: &Value) -> Result<Value, SendError> {
        let session = self.client.open_session(&self.token);
        let call = session.http_session_api.http_post(method, arguments, None);
        within(call).await
    }

    /// Calls a method that reads.
    pub(super) async fn get(&self, method: &str, arguments: &[(&str, &str)]) -> Result<Value, SendError> {
        let session = self.client.open_session(&self.token);
        let arguments: Vec<(&str, Option<&str>)> =
            arguments.iter().map(|(name, value)| (*name, Some(*value))).collect();
        within(session.http_session_api.http_get(method, &arguments, None)).await
    }
}

async fn within(call: impl Future<Output = Result<Value, SlackClientError>>) -> Result<Value, SendError> {
    match tokio::time::timeout(DEADLINE, call).await {
        // slack-morphism takes a 204 and a page of a proxy for an empty object.
        Ok(Ok(answer)) if answer.get("ok") == Some(&Value::Bool(true)) => Ok(answer),
        Ok(Ok(_)) => Err(SendError::Unknown(NOT_SLACK)),
        Ok(Err(error)) => Err(sorted(&error)),
        Err(_) => Err(SendError::Unknown("it took too long")),
    }
}

/// Keeps only what may be logged: slack-morphism's errors print the whole response body.
fn sorted(error: &SlackClientError) -> SendError {
    match error {
        SlackClientError::RateLimitError(limit) => SendError::RateLimited { retry_after: limit.retry_after },
        SlackClientError::ApiError(refusal) => refused(&refusal.code),
        SlackClientError::HttpError(http) if http.status_code.is_server_error() => {
            SendError::Unknown("it answered with a server error")
        }
        SlackClientError::HttpError(http) => {
            SendError::Refused { code: format!("http_{}", http.status_code.as_u16()), remedy: "check SLACK_API_URL" }
        }
        SlackClientError::HttpProtocolError(protocol) => {
            let cause = protocol.cause.as_deref();
            let connecting = cause
                .and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>())
                .is_some_and(hyper_util::client::legacy::Error::is_connect);
            if connecting { SendError::Unreachable } else { SendError::Unknown("the connection broke") }
        }
        _ => SendError::Unknown(NOT_SLACK),
    }
}

fn refused(error: &str) -> SendError {
    match error {
        "ratelimited" | "rate_limited" => SendError::RateLimited { retry_after: None },
        "trigger_expired" | "trigger_exchanged" | "expired_trigger_id" | "exchanged_trigger_id" => {
            SendError::RouteEnded
        }
        // Slack's own words for them: some aspect of the operation may have succeeded before.
        "fatal_error" | "internal_error" | "request_timeout" | "service_unavailable" => {
            SendError::Unknown("it failed inside")
        }
        other => SendError::Refused { code: code(other), remedy: remedy(other) },
    }
}

/// What a person can do about a refusal.
fn remedy(code: &str) -> &'static str {
    match code {
        "not_in_channel" | "user_not_in_channel" => "invite the bot to the channel with /invite",
        "channel_not_found" => "invite the bot to the channel, or check which workspace the token is for",
        "is_archived" => "the channel is archived; nothing can be posted there",
        "message_not_found" => "the message was deleted; nothing is left to edit",
        "user_not_found" => "the account is of another workspace, or was never there",
        "not_authed" | "invalid_auth" | "account_inactive" | "token_revoked" | "token_expired" => {
            "set SLACK_BOT_TOKEN to the app's current bot token"
        }
        "missing_scope" | "not_allowed_token_type" | "no_permission" => {
            "add the scopes of docs/setup to the app and install it again"
        }
        _ => "look the code up in Slack's documentation of the method",
    }
}
