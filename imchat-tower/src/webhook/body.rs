//! Reads a body that nobody has proved yet: bounded, within a deadline, within the shared budget.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body::{Body, Frame};

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
pub(super) fn check_head(headers: &HeaderMap, announced: Option<u64>, limit: usize) -> Result<(), Rejection> {
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(Rejection::TooLarge { limit });
    }
    let encoded =
        headers.get_all(CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded { Err(Rejection::Encoded) } else { Ok(()) }
}

/// How much room to make before the body is read.
pub(super) fn room(announced: Option<u64>, limit: usize) -> usize {
    let length = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    length.min(limit).min(TRUSTED_LENGTH)
}

/// How far a body has been read, and the share of the budget that its bytes hold.
pub(super) struct Reading {
    /// The most bytes it may have.
    pub(super) limit: usize,
    share: Share,
    length: usize,
    empty: usize,
}

impl Reading {
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self { limit: 0, share: Share::new(budget), length: 0, empty: 0 }
    }

    /// Feeds what has arrived to `take`, piece by piece; ready when that was all.
    pub(super) fn poll<B: Body>(
        &mut self,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
        mut take: impl FnMut(&[u8]),
    ) -> Poll<Result<(), Rejection>> {
        while let Some(frame) = ready!(body.as_mut().poll_frame(cx)) {
            let Ok(frame) = frame else { return Poll::Ready(Err(Rejection::BodyBroken)) };
            if let Err(rejection) = self.frame(frame, &mut take) {
                return Poll::Ready(Err(rejection));
            }
        }
        Poll::Ready(Ok(()))
    }

    fn frame<D: Buf>(&mut self, frame: Frame<D>, take: &mut impl FnMut(&[u8])) -> Result<(), Rejection> {
        let data = frame.into_data().ok().filter(Buf::has_remaining);
        let Some(mut data) = data else {
            // A frame that is always at once there and empty meets neither the limit nor, since nothing ever waits, the
            // deadline.
            self.empty = self.empty.saturating_add(1);
            return if self.empty > EMPTY_FRAMES { Err(Rejection::BodyBroken) } else { Ok(()) };
        };
        self.length = self.length.saturating_add(data.remaining());
        if self.length > self.limit {
            return Err(Rejection::TooLarge { limit: self.limit });
        }
        if !self.share.take(data.remaining()) {
            return Err(Rejection::Overloaded);
        }
        while data.has_remaining() {
            let chunk = data.chunk();
            let taken = chunk.len();
            take(chunk);
            data.advance(taken);
        }
        Ok(())
    }
}
