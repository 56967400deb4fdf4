//! The layer, driven by `oneshot` in paused time: no ports, no sleeps.

mod answers;
mod attacks;
mod cancel;
mod contract;
mod envelopes;
pub(crate) mod fixture;
mod handshakes;
mod interactive;
mod limits;
mod logs;
mod refusals;
mod replays;
mod settling;
mod store;
mod times;
