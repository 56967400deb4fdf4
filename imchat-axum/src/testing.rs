//! Signed requests for the tests of your own handlers.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Request};
use imchat_verify::sign::{SignError, SignRequest, Signer};
use imchat_verify::{ConfigError, Provider, Secrets};
use time::OffsetDateTime;

/// Why a test request could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum TestRequestError {
    /// The secret is not one of this provider.
    Config(ConfigError),
    /// The provider's requests cannot be signed.
    Sign(SignError),
    /// The path is not one.
    Http(http::Error),
}

impl std::fmt::Display for TestRequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Sign(error) => error.fmt(f),
            Self::Http(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TestRequestError {}

/// A POST of `body` to `path`, signed as provider `P` signs at `now`, ready for `oneshot`.
///
/// # Errors
///
/// [`TestRequestError`] where the secret or the path is unusable, or the provider signs nothing.
pub fn signed_request<P: Provider>(
    secrets: impl Into<Secrets>,
    path: &str,
    body: &str,
    now: OffsetDateTime,
) -> Result<Request<Body>, TestRequestError> {
    let signer = Signer::of(P::SCHEME, secrets).map_err(TestRequestError::Config)?;
    let signed = signer.sign(SignRequest::post(body.as_bytes(), now)).map_err(TestRequestError::Sign)?;
    let mut request = Request::post(path).body(Body::from(String::from(body))).map_err(TestRequestError::Http)?;
    for (name, value) in signed {
        let name = HeaderName::try_from(name).map_err(|error| TestRequestError::Http(error.into()))?;
        let value = HeaderValue::try_from(value).map_err(|error| TestRequestError::Http(error.into()))?;
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}
