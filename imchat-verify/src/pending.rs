//! A request whose head is good and whose body is still arriving.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use bytes::Bytes;
use time::OffsetDateTime;

use crate::engine::{Core, Prepared, Stream, UNSIGNED_LIMIT};
use crate::error::Error;
use crate::head::Head;
use crate::proved::Wire;
use crate::verifier::Verdict;

#[expect(clippy::large_enum_variant, reason = "the large one is the usual one, and a box would cost it an allocation")]
enum State<'r> {
    /// The head promises a proof. The body is hashed while it arrives, from its second piece on: one that comes in one
    /// piece is hashed at its end. Where the scheme needs the body whole there is no stream.
    Signed(Prepared<'r>, Option<Box<Stream>>),
    /// No header of the scheme is there: only a handshake may come of it.
    Unsigned { too_long: bool },
}

/// A request whose head is good and whose body is still arriving.
///
/// The bytes that are hashed are kept: what is proved is what [`finish`](Self::finish) hands on.
///
/// ```
/// # use imchat_verify::providers::GitHub;
/// # use imchat_verify::{Head, Verdict};
/// # use time::OffsetDateTime;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = GitHub::verifier("It's a Secret to Everybody")?;
/// let headers = [("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")];
/// let mut pending = verifier.begin(Head::post(&headers), OffsetDateTime::UNIX_EPOCH)?;
/// pending.update(b"Hello, ");
/// pending.update(b"World!");
/// assert!(matches!(pending.finish()?, Verdict::Event(proved) if proved.body() == b"Hello, World!"));
/// # Ok(()) }
/// ```
#[must_use = "nothing is proved until `finish`"]
pub struct Pending<'r, P> {
    core: &'r Arc<Core>,
    head: Head<'r>,
    now: OffsetDateTime,
    state: State<'r>,
    body: Vec<u8>,
    provider: PhantomData<fn() -> P>,
}

impl<'r, P> Pending<'r, P> {
    pub(crate) fn begin(core: &'r Arc<Core>, head: Head<'r>, now: OffsetDateTime) -> Result<Self, Error> {
        let mut prepared = Prepared::default();
        let state = if core.prepare(head, now, &mut prepared)? {
            State::Signed(prepared, None)
        } else {
            State::Unsigned { too_long: false }
        };
        Ok(Self { core, head, now, state, body: Vec::new(), provider: PhantomData })
    }

    /// The largest body worth reading, in bytes: the scheme's own limit, or 4 KiB where nothing is signed.
    #[must_use]
    pub fn limit(&self) -> usize {
        match self.state {
            State::Unsigned { .. } => UNSIGNED_LIMIT,
            State::Signed(..) => self.core.scheme.largest_body(),
        }
    }

    /// Whether the request carries no signature at all, so that only a handshake may come of it.
    #[must_use]
    pub const fn is_unsigned(&self) -> bool {
        matches!(self.state, State::Unsigned { .. })
    }

    /// Makes room for this many more bytes. A length that a sender announces proves nothing: cap it first.
    pub fn reserve(&mut self, bytes: usize) {
        self.body.reserve(bytes);
    }

    /// Takes the next piece of the body.
    pub fn update(&mut self, chunk: &[u8]) {
        match &mut self.state {
            State::Signed(_, Some(stream)) => stream.update(chunk),
            State::Signed(prepared, stream) if !self.body.is_empty() => {
                *stream = self.core.stream(prepared, self.head, self.now).map(Box::new);
                if let Some(stream) = stream {
                    stream.update(&self.body);
                    stream.update(chunk);
                }
            }
            State::Signed(..) => {}
            State::Unsigned { too_long } => {
                *too_long |= self.body.len().saturating_add(chunk.len()) > UNSIGNED_LIMIT;
                if *too_long {
                    return;
                }
            }
        }
        self.body.extend_from_slice(chunk);
    }

    /// Ends the body and proves the request.
    ///
    /// # Errors
    ///
    /// [`Error`] says which input is wrong. Answer every one of them with the same 401.
    pub fn finish(self) -> Result<Verdict<'r, P>, Error> {
        let Self { core, head, now, state, body, .. } = self;
        let (prepared, stream) = match state {
            State::Signed(prepared, stream) => (prepared, stream),
            State::Unsigned { too_long: true } => return Err(Error::Missing(core.scheme.signature.source)),
            State::Unsigned { too_long: false } => {
                return core.unsigned(head, &body, now).map(Verdict::Handshake);
            }
        };
        let proof = core.prove(&prepared, stream.as_deref(), head, &body, now)?;
        Verdict::after(core, head, Wire::Owned(Bytes::from(body)), proof, now)
    }
}

impl<P> fmt::Debug for Pending<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("scheme", &self.core.scheme.name())
            .field("unsigned", &self.is_unsigned())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
