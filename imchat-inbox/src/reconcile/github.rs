//! GitHub: its log of deliveries.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, LINK};
use reqwest::{Client, Method, Url};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::api::{self, Api};
use super::{Attempt, Cursor, Page, ReconcileError, Source, Span};

const API_VERSION: HeaderName = HeaderName::from_static("x-github-api-version");

/// GitHub's log of what a hook delivered, or tried to: `GET …/hooks/{id}/deliveries`.
///
/// GitHub never sends again by itself. Its API shows a lost delivery as parsed JSON and not as the bytes that were signed,
/// and the key of a GitHub delivery is the digest of those bytes: a body written anew would have another key, and would
/// be handled twice once somebody redelivers. So nothing is taken from the API. Each delivery that no attempt got a 2xx for
/// since [`Span::since`] is asked for again, `POST …/deliveries/{id}/attempts`, and GitHub sends the original bytes through
/// the front door, signed, where they are verified and accepted like any other.
///
/// A run asks once for each delivery, the least tried first, and for at most
/// [`most_asked`](super::Reconcile::most_asked). GitHub answers that it will try; whether it could, the next run sees.
/// A delivery that it lists as failed though it came is a duplicate at the door.
///
/// The token needs to read and write the hook (`repository_hooks`, `organization_hooks`, or `admin:repo_hook` and
/// `admin:org_hook` of a classic one). GitHub keeps the log for some days only.
///
/// ```
/// use imchat_inbox::reconcile::{GitHubDeliveries, ReconcileError};
///
/// # fn main() -> Result<(), ReconcileError> {
/// # let _installed = rustls::crypto::ring::default_provider().install_default();
/// let client = reqwest::Client::new();
/// let hook = GitHubDeliveries::of_repository(client, "a token of the hook's owner", "octocat", "hello-world", 42)?;
/// assert!(!format!("{hook:?}").contains("token"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a source is asked by `Reconcile::poll_once`"]
pub struct GitHubDeliveries {
    api: Api,
    path: Vec<String>,
}

impl GitHubDeliveries {
    /// What a repository's hook delivered. The client is as of [`StripeEvents::new`](super::StripeEvents::new).
    ///
    /// # Errors
    ///
    /// [`ReconcileError::Setting`] where the token is empty or cannot stand in a header, or a name is no name.
    pub fn of_repository(
        client: Client,
        token: &str,
        owner: &str,
        repository: &str,
        hook: u64,
    ) -> Result<Self, ReconcileError> {
        Self::at(client, token, &["repos", owner, repository, "hooks", &hook.to_string()])
    }

    /// What an organisation's hook delivered.
    ///
    /// # Errors
    ///
    /// As of [`of_repository`](Self::of_repository).
    pub fn of_organisation(client: Client, token: &str, organisation: &str, hook: u64) -> Result<Self, ReconcileError> {
        Self::at(client, token, &["orgs", organisation, "hooks", &hook.to_string()])
    }

    /// What the hook of a GitHub App delivered. The token is a JWT that the app signs, which lasts ten minutes at most: make
    /// a source for each run.
    ///
    /// # Errors
    ///
    /// As of [`of_repository`](Self::of_repository).
    pub fn of_app(client: Client, jwt: &str) -> Result<Self, ReconcileError> {
        Self::at(client, jwt, &["app", "hook"])
    }

    fn at(client: Client, token: &str, path: &[&str]) -> Result<Self, ReconcileError> {
        // A dot alone would lead to another path, whatever is encoded.
        if path.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(ReconcileError::Setting(
                "an owner, repository or organisation has no name: give it as in its URL",
            ));
        }
        let mut api = Api::new(client, "https://api.github.com", token)?;
        api.headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        api.headers.insert(API_VERSION, HeaderValue::from_static("2022-11-28"));
        Ok(Self { api, path: path.iter().chain(&["deliveries"]).map(|part| String::from(*part)).collect() })
    }

    /// Another place than `https://api.github.com`, such as `https://github.example.com/api/v3`; over plain HTTP only on
    /// this machine.
    ///
    /// # Errors
    ///
    /// [`ReconcileError::Setting`] where it is no such URL.
    pub fn base_url(mut self, base: &str) -> Result<Self, ReconcileError> {
        self.api.set_base(base)?;
        Ok(self)
    }

    /// How long a request may take, its answer's body included. Default: 30 seconds.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.api.timeout = timeout;
        self
    }

    fn url(&self, rest: &[&str]) -> Result<Url, ReconcileError> {
        self.api.url(self.path.iter().map(String::as_str).chain(rest.iter().copied()))
    }
}

impl Source for GitHubDeliveries {
    async fn page(&self, span: Span, cursor: Option<&Cursor>) -> Result<Page, ReconcileError> {
        let mut url = self.url(&[])?;
        url.query_pairs_mut().append_pair("per_page", "100");
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor.as_str());
        }
        let response = self.api.send(Method::GET, url, span.now).await.map_err(unhurried)?;
        let next = next(response.headers());
        let body = api::body(response).await?;
        let listed: Vec<Listed> = serde_json::from_slice(&body).map_err(|error| api::unreadable(&error))?;
        let mut attempts = listed.into_iter().map(Listed::attempt).collect::<Result<Vec<_>, _>>()?;
        let before = attempts.len();
        attempts.retain(|attempt| attempt.at >= span.since);
        // Newest first: where a page reaches back beyond the time, those after it are older still.
        let next = next.filter(|_| attempts.len() == before);
        Ok(Page::of_attempts(attempts).and_then(next))
    }

    async fn ask_again(&self, attempt: &Attempt, span: Span) -> Result<(), ReconcileError> {
        let url = self.url(&[&attempt.id.to_string(), "attempts"])?;
        match self.api.send(Method::POST, url, span.now).await {
            Ok(_accepted) => Ok(()),
            Err(ReconcileError::Status { status: status @ (400 | 404 | 410 | 422), wait: None }) => {
                Err(ReconcileError::Gone { status })
            }
            Err(error) => Err(unhurried(error)),
        }
    }
}

/// GitHub asks for a minute where it says 429 and no more.
fn unhurried(error: ReconcileError) -> ReconcileError {
    match error {
        ReconcileError::Status { status: 429, wait: None } => {
            ReconcileError::Status { status: 429, wait: Some(Duration::from_secs(60)) }
        }
        error => error,
    }
}

/// The cursor of the `Link` header's next page. Only the cursor: a whole URL could lead the token elsewhere.
fn next(headers: &HeaderMap) -> Option<Cursor> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    links
        .filter_map(|link| {
            let (url, relations) = link.trim().strip_prefix('<')?.split_once('>')?;
            relations.split(';').map(str::trim).find(|relation| matches!(*relation, "rel=\"next\"" | "rel=next"))?;
            let url = Url::parse(url).ok()?;
            url.query_pairs().find_map(|(name, value)| (name == "cursor").then(|| Cursor::new(value)))
        })
        .next()
}

#[derive(Deserialize)]
struct Listed {
    id: u64,
    guid: String,
    delivered_at: String,
    status_code: Option<u16>,
}

impl Listed {
    fn attempt(self) -> Result<Attempt, ReconcileError> {
        let at = OffsetDateTime::parse(&self.delivered_at, &Rfc3339)
            .map_err(|_| ReconcileError::Page("a delivery has no time"))?;
        // The words of `status` are not documented; the receiver's own answer is what counts.
        let succeeded = self.status_code.is_some_and(|status| (200..300).contains(&status));
        Ok(Attempt { id: self.id, guid: self.guid, at, succeeded })
    }
}
