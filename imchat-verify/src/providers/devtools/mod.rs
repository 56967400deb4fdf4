//! Platforms on which software is made and run.

mod bitbucket;
mod dropbox;
mod gitlab;
mod linear;
mod notion;
mod pagerduty;
mod sentry;
mod twitch;

pub use bitbucket::{BITBUCKET, Bitbucket};
pub use dropbox::{DROPBOX, Dropbox};
pub use gitlab::{GITLAB, GitLab};
pub use linear::{LINEAR, Linear};
pub use notion::{NOTION, Notion};
pub use pagerduty::{PAGERDUTY, PagerDuty};
pub use sentry::{SENTRY, Sentry};
pub use twitch::{TWITCH, Twitch};
