#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "discord")]
pub mod discord;
#[cfg(feature = "feishu")]
pub mod feishu;
#[cfg(feature = "github")]
pub mod github;
mod guarded;
mod json;
mod payload;
mod rejection;
#[cfg(feature = "slack")]
pub mod slack;
#[cfg(feature = "stripe")]
pub mod stripe;
#[cfg(feature = "testing")]
pub mod testing;
mod verified;
mod webhook;

#[cfg(feature = "discord")]
pub use discord::DiscordInteraction;
#[cfg(feature = "feishu")]
pub use feishu::{FeishuCardAction, FeishuEvent};
#[cfg(feature = "github")]
pub use github::GitHubEvent;
pub use imchat_tower as tower;
pub use imchat_verify as verify;
pub use json::Json;
pub use payload::{Capability, FromProved, Rest};
pub use rejection::WebhookRejection;
#[cfg(feature = "slack")]
pub use slack::{SlackCommand, SlackEvent, SlackInteraction};
#[cfg(feature = "stripe")]
pub use stripe::Event as StripeEvent;
pub use verified::{Receipt, Verified};
pub use webhook::Webhook;

#[cfg(test)]
use ::{tokio as _, tower as _};
