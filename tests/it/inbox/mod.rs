//! The service that writes deliveries down before it answers, driven by `oneshot` in paused time.

mod answers;
mod batches;
mod cancel;
mod faults;
pub(crate) mod fixture;
mod route;
mod rows;
mod settings;
mod unverified;
