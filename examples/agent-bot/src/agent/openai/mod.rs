//! A model behind the chat completions API, of OpenAI or of anybody who speaks it.
//!
//! 1. `wire` makes the request out of a transcript and reads the answer: pure, and strict where something would be done.
//! 2. `attempts` sends it: each attempt has its time, a busy or broken service is tried again a few times and not before
//!    it says, and an answer is read up to a size.
//! 3. Neither the key, nor what was asked or answered, is in an error or a log.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat/create>

mod attempts;
mod wire;

use std::fmt;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use rustls::crypto::CryptoProvider;
use serde_json::Value;

pub use attempts::Patience;

use self::attempts::{Attempts, Failed};
use super::model::{Model, ModelError, Stepped};
use super::tools::ToolSpec;
use super::transcript::Transcript;
use crate::config::ModelAccess;
use crate::platform::Doing;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenAiError {
    /// No TLS provider was installed.
    #[error("TLS has no crypto provider: install one first thing in the program")]
    NoProvider,
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: check the certificates that the system trusts")]
    Client(#[source] reqwest::Error),
}

/// A model behind the chat completions API.
pub struct OpenAi {
    client: Client<OpenAIConfig>,
    model: String,
    base_url: String,
}

impl OpenAi {
    /// A client; nothing is sent yet. A TLS provider has to be installed before.
    ///
    /// # Errors
    /// [`OpenAiError`].
    pub fn new(access: &ModelAccess, patience: Patience) -> Result<Self, OpenAiError> {
        // The HTTP client would panic.
        CryptoProvider::get_default().ok_or(OpenAiError::NoProvider)?;
        let http = reqwest::Client::builder()
            .connect_timeout(patience.connect)
            .timeout(patience.attempt)
            // The key and the conversation go where the configuration says, and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(OpenAiError::Client)?;
        // All of it is given: the configuration would look into the environment by itself.
        let config = OpenAIConfig::new()
            .with_api_base(&access.base_url)
            .with_api_key(access.key.expose())
            .with_org_id("")
            .with_project_id("");
        let client = Client::build(http.clone(), config).with_http_service(Attempts::new(http, patience));
        Ok(Self { client, model: access.model.clone(), base_url: access.base_url.clone() })
    }
}

impl Model for OpenAi {
    fn step<'a>(&'a self, transcript: &'a Transcript, tools: &'a [ToolSpec]) -> Doing<'a, Stepped, ModelError> {
        Box::pin(async move {
            let request = wire::request(&self.model, transcript, tools);
            let answer: Value = self.client.chat().create_byot(&request).await.map_err(told)?;
            wire::stepped(&answer, &request)
        })
    }
}

impl fmt::Debug for OpenAi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAi").field("model", &self.model).field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// What [`Attempts`] found out; whatever else the library says may hold what was answered, and is not told.
fn told(error: OpenAIError) -> ModelError {
    match error {
        OpenAIError::Boxed(error) => error.downcast_ref::<Failed>().map_or(ModelError::Down, |failed| failed.0),
        OpenAIError::JSONDeserialize(..) => ModelError::Nonsense("something that is not JSON"),
        _ => ModelError::Down,
    }
}

#[cfg(test)]
mod tests;
