//! Reads a body that nobody has proved yet: bounded, within a deadline, within the shared budget.

use std::pin::pin;
use std::sync::Arc;

use bytes::Buf;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body::Body;
use http_body_util::BodyExt as _;

use super::budget::{Budget, Share};
use super::rejection::Rejection;

/// The most room that an announced length alone gets, in bytes.
const TRUSTED_LENGTH: usize = 64 * 1024;
/// The most frames of one body that may hold nothing.
const EMPTY_FRAMES: usize = 1024;

/// What the head announces of its body.
pub(super) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses what the head alone shows to be too large or encoded.
pub(super) fn check_head(headers: &HeaderMap, limit: usize) -> Result<(), Rejection> {
    let too_large =
        announced(headers).is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit));
    if too_large {
        return Err(Rejection::TooLarge { limit });
    }
    let encoded =
        headers.get_all(CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded { Err(Rejection::Encoded) } else { Ok(()) }
}

/// How much room to make before the body is read.
pub(super) fn room(headers: &HeaderMap, limit: usize) -> usize {
    let length = announced(headers).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    length.min(limit).min(TRUSTED_LENGTH)
}

/// Feeds the body to `take`, piece by piece; returns the share of the budget that the bytes hold.
pub(super) async fn read<B>(
    body: B,
    limit: usize,
    budget: &Arc<Budget>,
    mut take: impl FnMut(&[u8]),
) -> Result<Share, Rejection>
where
    B: Body,
{
    let mut share = Share::new(budget);
    let mut body = pin!(body);
    let (mut length, mut empty) = (0_usize, 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Rejection::BodyBroken)?;
        let data = frame.into_data().ok().filter(Buf::has_remaining);
        let Some(mut data) = data else {
            // A frame that is always at once there and empty meets neither the limit nor, since nothing ever waits, the
            // deadline.
            empty = empty.saturating_add(1);
            if empty > EMPTY_FRAMES {
                return Err(Rejection::BodyBroken);
            }
            continue;
        };
        length = length.saturating_add(data.remaining());
        if length > limit {
            return Err(Rejection::TooLarge { limit });
        }
        if !share.take(data.remaining()) {
            return Err(Rejection::Overloaded);
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            let taken = chunk.len();
            take(chunk);
            data.advance(taken);
        }
    }
    Ok(share)
}
