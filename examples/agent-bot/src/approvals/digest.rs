//! What an approval is bound to.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::who::Place;

/// SHA-256, in base64url, over the tool, its arguments as they are written, the tenant and the place; each piece has its
/// length before it, so that no two calls share one.
pub(super) fn of(tool: &str, arguments: &str, place: &Place) -> String {
    let mut hash = Sha256::new();
    let Place { platform, tenant, channel, thread } = place;
    for piece in ["imchat-bot-plan-1", tool, arguments, platform.as_str(), tenant, channel] {
        add(&mut hash, piece);
    }
    hash.update([u8::from(thread.is_some())]);
    add(&mut hash, thread.as_deref().unwrap_or_default());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

fn add(hash: &mut Sha256, piece: &str) {
    hash.update((piece.len() as u64).to_be_bytes());
    hash.update(piece.as_bytes());
}
