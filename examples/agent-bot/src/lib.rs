//! A chat-agent bot on imchat, for Slack, Feishu, Discord and Teams.
//!
//! The [`ingress`] proves what a platform sends, writes it into the inbox and answers at once. The [`executor`] takes it from
//! there: a [`platform`] decodes it, the [`policy`] and the [`limits`] are asked, the [`agent`] takes a turn over the
//! conversation's [`sessions`], writes wait for [`approvals`] before [`ops`] does them, and whatever is said goes through the
//! [`outbox`]. What other services send is told over [`hooks`]. [`serve`](mod@serve) runs both, [`admin`] is for whoever looks after it, and [`demo`] runs it all against a
//! simulated platform.

pub mod admin;
pub mod agent;
pub mod approvals;
pub mod audit;
pub mod config;
pub mod demo;
pub mod executor;
pub mod hooks;
pub mod inbox;
pub mod ingress;
pub mod limits;
pub mod message;
pub mod ops;
pub mod outbox;
pub mod platform;
pub mod policy;
pub mod seal;
pub mod serve;
pub mod sessions;
pub mod state;
pub mod telemetry;
pub mod who;
