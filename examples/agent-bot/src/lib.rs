//! A chat-agent bot on imchat: it proves what Slack sends, writes it down, and answers in the thread.
//!
//! [`ingress`] proves a request, writes it into the inbox and answers at once; the [`executor`] takes it from there,
//! [decodes](mod@decode) it, makes a [`reply`] and [posts](post) it through [`slack`], in [turns] where a channel is over
//! its rate limit. [`serve`](mod@serve) runs both, [`demo`] runs them against a simulated Slack.

pub mod agent;
pub mod approvals;
pub mod audit;
pub mod config;
pub mod decode;
pub mod demo;
pub mod executor;
pub mod ingress;
pub mod limits;
pub mod message;
pub mod ops;
pub mod outbox;
pub mod platform;
pub mod policy;
pub mod post;
pub mod reply;
pub mod seal;
pub mod serve;
pub mod sessions;
pub mod slack;
pub mod state;
pub mod turns;
pub mod who;
mod worker;
