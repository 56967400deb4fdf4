//! What handlers take: the receipt, and the payload it proves.

use std::ops::Deref;

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use imchat_verify::{AnyProvider, Provider};

use crate::payload::FromProved;
use crate::rejection::WebhookRejection;

/// A proved delivery of provider `P`: its receipt, and its payload as `T`.
///
/// `T` is [`Bytes`](bytes::Bytes) for the raw body, [`Json`](crate::Json) for a type of your own, or an envelope such as
/// [`SlackEvent`](crate::SlackEvent). Behind another provider's verification, or behind none, it answers 500 and logs
/// the mistake; a payload of another shape is answered 400.
#[derive(Debug)]
#[must_use]
pub struct Verified<P, T>(pub imchat_verify::Receipt<P>, pub T);

impl<P, T, S> FromRequest<S> for Verified<P, T>
where
    P: Provider,
    T: FromProved,
    S: Send + Sync,
{
    type Rejection = WebhookRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, WebhookRejection> {
        let (mut parts, _) = request.into_parts();
        let receipt: imchat_verify::Receipt<AnyProvider> =
            parts.extensions.remove().ok_or(WebhookRejection::Unverified)?;
        // The provider first: another one's payload most likely does not parse, and that is not the sender's fault.
        let typed = typed(receipt.clone())?;
        Ok(Self(typed, T::from_proved(&receipt)?))
    }
}

/// The receipt alone, for handlers that take the rest of the request by other extractors.
#[derive(Debug)]
#[must_use]
pub struct Receipt<P>(pub imchat_verify::Receipt<P>);

impl<P> Deref for Receipt<P> {
    type Target = imchat_verify::Receipt<P>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<P, S> FromRequestParts<S> for Receipt<P>
where
    P: Provider,
    S: Send + Sync,
{
    type Rejection = WebhookRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, WebhookRejection> {
        let receipt = parts.extensions.get().cloned().ok_or(WebhookRejection::Unverified)?;
        typed(receipt).map(Self)
    }
}

fn typed<P: Provider>(
    receipt: imchat_verify::Receipt<AnyProvider>,
) -> Result<imchat_verify::Receipt<P>, WebhookRejection> {
    let got = receipt.scheme().name();
    receipt.of().ok_or(WebhookRejection::OtherProvider { wanted: P::SCHEME.name(), got })
}
