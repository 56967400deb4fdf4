#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
pub mod inbox;
#[cfg(feature = "jwks")]
pub mod jwks;
pub mod webhook;

pub use clock::SystemClock;
pub use imchat_verify as verify;
pub use inbox::WebhookInbox;
pub use webhook::{Duplicate, Execute, Rejection, ResponseBody, WebhookBuilder, WebhookLayer, WebhookService};

#[cfg(test)]
use {rustls as _, tokio as _, tower as _};
