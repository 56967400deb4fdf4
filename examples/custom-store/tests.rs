//! The store does all that a dedup store must do: the conformance kit asks it.

use std::sync::Mutex;

use imchat_tower::verify::testing::{ByHand, block_on};

use super::MapStore;

imchat_tower::verify::dedup_store_conformance! {
    block_on: block_on,
    subject: ByHand::new(|clock| MapStore(clock, Mutex::default())),
}
