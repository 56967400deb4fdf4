//! The chat platforms, offline: signed deliveries and a small Web API.
//!
//! A receiver is tested from both sides without an account and without a network:
//!
//! * [`slack_api`], [`feishu_api`] and [`discord_api`] answer what a bot says to a platform and record it;
//! * [`sender`] says what a platform says to a bot, signed by anything that is [`Sign`], honestly or with a
//!   fault, once or up a platform's [`Ladder`] of retries;
//! * [`slack_events`], [`slack_clicks`], [`feishu_events`] and [`discord_events`] write the bodies of such deliveries,
//!   [`archive`] reads recorded ones from `.http` files.
//!
//! Everything binds to and speaks with plain HTTP addresses, so nothing here belongs on a public interface.

pub mod archive;
pub mod clock;
pub mod discord_api;
pub mod discord_events;
pub mod feishu_api;
pub mod feishu_events;
mod headers;
pub mod ladder;
mod request;
pub mod sender;
mod server;
pub mod sign;
pub mod slack_api;
pub mod slack_clicks;
pub mod slack_events;

pub use clock::Clock;
pub use discord_api::DiscordApi;
pub use feishu_api::FeishuApi;
pub use ladder::Ladder;
pub use request::Request;
pub use sender::{Delivery, Sender, Variant};
pub use sign::Sign;
pub use slack_api::SlackApi;
