//! Proof that imchat-verify builds without std.
//!
//! Built alone and with `--cfg bare` this crate brings its own panic handler, which the compiler refuses as a second
//! one as soon as anything below it links std:
//!
//! ```text
//! cargo rustc -p imchat-no-std --lib --profile check -- --cfg bare
//! cargo rustc -p imchat-no-std --lib --profile check --features full -- --cfg bare
//! ```

#![no_std]

extern crate alloc;

use alloc::borrow::ToOwned as _;
use alloc::vec::Vec;

use imchat_verify::providers::Slack;
use imchat_verify::{Head, Verdict};
use time::OffsetDateTime;

/// The request of Slack's documentation, verified with neither a clock nor an operating system; gives back its body.
///
/// ```
/// assert!(imchat_no_std::verify_slack(b"token=xyzz0WbapA4vBCDEFasx0q6G").is_none());
/// ```
#[must_use]
pub fn verify_slack(body: &[u8]) -> Option<Vec<u8>> {
    let verifier = Slack::verifier("8f742231b10e8888abcd99yyyzzz85a5").ok()?;
    let headers = [
        ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
        ("X-Slack-Request-Timestamp", "1531420618"),
    ];
    let now = OffsetDateTime::from_unix_timestamp(1_531_420_618).ok()?;
    match verifier.verify(Head::post(&headers), body, now).ok()? {
        Verdict::Event(proved) => Some(proved.body().to_owned()),
        Verdict::Handshake(_) => None,
    }
}

#[cfg(bare)]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
