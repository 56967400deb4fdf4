//! A chat-agent bot on imchat: it proves what Slack sends, takes it down, and answers in the thread.
//!
//! [`ingress`] proves a request, puts it into the [`queue`] and answers at once; the [`executor`] takes it from there,
//! [decodes](mod@decode) it, makes a [`reply`] and [posts](post) it through [`slack`]. [`serve`](mod@serve) runs both,
//! [`demo`] runs them against a simulated Slack.

pub mod config;
pub mod decode;
pub mod demo;
pub mod executor;
pub mod ingress;
pub mod post;
pub mod queue;
pub mod reply;
pub mod serve;
pub mod slack;
