//! The inbox in one SQLite file.

mod accept;
mod acts;
mod builder;
mod checkpoint;
mod inbox;
mod lanes;
mod reads;
mod schema;
mod settle;
mod take;
mod values;
mod write;

pub use builder::SqliteInboxBuilder;
pub use inbox::SqliteInbox;
