//! The inbox in PostgreSQL, for many machines.

mod accept;
mod acts;
mod builder;
mod inbox;
mod lanes;
mod notices;
mod reads;
mod schema;
mod settle;
mod take;
mod write;

pub use builder::PostgresInboxBuilder;
pub use inbox::PostgresInbox;
