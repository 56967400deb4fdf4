#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod connection;
mod error;
mod key;
mod limiter;
mod script;
mod store;

pub use connection::{Redis, Server};
pub use error::{Error, ErrorKind};
pub use limiter::{Quota, RedisLimiter, Take};
pub use store::RedisStore;

// The README's example needs it.
#[cfg(test)]
use {imchat_test_servers as _, imchat_tower as _};
