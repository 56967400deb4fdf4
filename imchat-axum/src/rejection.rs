//! Why a handler was not called though the route was.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// Why a handler was not called; the sender gets the status and nothing of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookRejection {
    /// Nothing verified this request: mount the handler through [`Webhook`](crate::Webhook). 500.
    Unverified,
    /// Another provider's verification stands in front of this handler. 500.
    OtherProvider {
        /// The provider that the handler wants.
        wanted: &'static str,
        /// The provider that was verified.
        got: &'static str,
    },
    /// The delivery is authentic, but is not of the handler's type. 400.
    Payload {
        /// The line at which reading stopped, from 1; 0 where there is none.
        line: usize,
        /// The column at which reading stopped.
        column: usize,
    },
}

impl IntoResponse for WebhookRejection {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unverified => {
                tracing::error!(
                    "a handler of verified webhooks stands behind no verification: mount it through Webhook"
                );
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::OtherProvider { wanted, got } => {
                tracing::error!(wanted, got, "a handler stands behind another provider's verification");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Payload { line, column } => {
                tracing::warn!(line, column, "an authentic delivery is not of the handler's type");
                StatusCode::BAD_REQUEST
            }
        };
        (status, status.canonical_reason().unwrap_or_default()).into_response()
    }
}
