//! Slack's Web API, through slack-morphism.

use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::HttpsConnectorBuilder;
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use slack_morphism::errors::SlackClientError;
use slack_morphism::prelude::{
    SlackApiChatPostMessageRequest, SlackApiToken, SlackApiTokenValue, SlackClientHyperConnector, SlackHyperClient,
    SlackMessageContent, SlackMessageMetadata, SlackTs,
};
use slack_morphism::{SlackChannelId, SlackClient};

use crate::config::SlackAccess;
use crate::post::{Outbound, Post, PostError};

/// Why the client cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No certificate authority is known to this machine.
    #[error("no CA certificates were found: install the system's ca-certificates, or set SSL_CERT_FILE")]
    NoRoots(#[source] std::io::Error),
    /// The crypto provider has no TLS version in common with what is compiled in.
    #[error("TLS cannot be set up: build with rustls' tls12 or tls13 support")]
    Tls(#[source] rustls::Error),
}

/// A bot's voice in one workspace.
pub struct SlackPoster {
    client: SlackHyperClient,
    token: SlackApiToken,
}

impl std::fmt::Debug for SlackPoster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SlackPoster").finish_non_exhaustive()
    }
}

impl SlackPoster {
    /// A client for `access.api_url`: https with the machine's certificate authorities, or plain http, which
    /// [`Config`](crate::config::Config) only lets through to a loopback address.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(access: &SlackAccess) -> Result<Self, ClientError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let connector = if access.api_url.starts_with("https://") {
            HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(provider)
                .map_err(ClientError::NoRoots)?
                .https_only()
                .enable_all_versions()
                .build()
        } else {
            HttpsConnectorBuilder::new()
                .with_tls_config(without_roots(provider)?)
                .https_or_http()
                .enable_http1()
                .build()
        };
        let connector = SlackClientHyperConnector::with_connector(connector).with_slack_api_url(&access.api_url);
        let token = SlackApiToken::new(SlackApiTokenValue(access.token.expose().to_owned()));
        Ok(Self { client: SlackClient::new(connector), token })
    }

    /// Asks who the token belongs to: the bot's user id.
    ///
    /// # Errors
    /// [`PostError`].
    pub async fn whoami(&self) -> Result<String, PostError> {
        let session = self.client.open_session(&self.token);
        session.auth_test().await.map(|me| me.user_id.0).map_err(|error| sorted(&error))
    }
}

impl Post for SlackPoster {
    async fn post(&self, message: &Outbound) -> Result<String, PostError> {
        let content = SlackMessageContent::new().with_text(message.text.clone());
        let mut request = SlackApiChatPostMessageRequest::new(SlackChannelId(message.channel.clone()), content)
            // An answer repeats what people wrote: their links are not fetched and their names not turned into pings.
            .with_unfurl_links(false)
            .with_unfurl_media(false)
            .with_link_names(false)
            .with_parse("none".to_owned());
        request.content.metadata = Some(step(&message.step));
        if let Some(thread_ts) = &message.thread_ts {
            request = request.with_thread_ts(SlackTs(thread_ts.clone()));
        }
        let session = self.client.open_session(&self.token);
        session.chat_post_message(&request).await.map(|posted| posted.ts.0).map_err(|error| sorted(&error))
    }
}

/// The step as [message metadata](https://docs.slack.dev/messaging/message-metadata), which people do not see.
///
/// Slack documents no key under which `chat.postMessage` is done once: a `client_msg_id` is no argument of it, and
/// slack-morphism's request has none. So a step that is made again may stand there twice, but under the same key: whoever
/// reads the channel with its metadata can tell that the two are one.
fn step(key: &str) -> SlackMessageMetadata {
    SlackMessageMetadata::new("imchat_step".to_owned()).with_event_payload([("key".to_owned(), key.to_owned())].into())
}

/// Plain http needs no certificate authority, and a machine without any must be able to run the demo.
fn without_roots(provider: Arc<CryptoProvider>) -> Result<ClientConfig, ClientError> {
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ClientError::Tls)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}

/// Keeps only what may be logged: slack-morphism's errors print the whole response body.
fn sorted(error: &SlackClientError) -> PostError {
    match error {
        SlackClientError::RateLimitError(limit) => PostError::RateLimited { retry_after: limit.retry_after },
        SlackClientError::ApiError(refusal) if matches!(refusal.code.as_str(), "ratelimited" | "rate_limited") => {
            PostError::RateLimited { retry_after: None }
        }
        // Slack's own words for them: some aspect of the operation may have succeeded before.
        SlackClientError::ApiError(refusal)
            if matches!(
                refusal.code.as_str(),
                "fatal_error" | "internal_error" | "request_timeout" | "service_unavailable"
            ) =>
        {
            PostError::Unknown("it failed inside")
        }
        SlackClientError::ApiError(refusal) => PostError::Refused { code: code(&refusal.code) },
        SlackClientError::HttpError(http) if http.status_code.is_server_error() => {
            PostError::Unknown("it answered with a server error")
        }
        SlackClientError::HttpError(http) => PostError::Refused { code: format!("http_{}", http.status_code.as_u16()) },
        SlackClientError::HttpProtocolError(protocol) => {
            let cause = protocol.cause.as_deref();
            let connecting = cause
                .and_then(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>())
                .is_some_and(hyper_util::client::legacy::Error::is_connect);
            if connecting { PostError::Unreachable } else { PostError::Unknown("the connection broke") }
        }
        _ => PostError::Unknown("it answered with something else than Slack does"),
    }
}

/// An error code as it may be logged: what does not look like one is not repeated.
fn code(code: &str) -> String {
    let plain = code.len() <= 80 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain { code.to_owned() } else { "an unreadable code".to_owned() }
}

/// How long one post may take before its outcome counts as unknown.
pub const POST_DEADLINE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
