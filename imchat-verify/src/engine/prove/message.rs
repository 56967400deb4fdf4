//! The message that is signed, piece by piece.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::engine::Core;
use crate::engine::prepare::Prepared;
use crate::error::Error;
use crate::scheme::{Part, PartInput, Source};

/// The most parts that a message of an Ed25519 scheme may have.
pub(crate) const MAX_PIECES: usize = 8;

/// How a scheme feeds a message whose pieces are sorted; a value of the scheme, so that a build without such a scheme does not
/// compile it.
pub(crate) type FeedSorted =
    fn(&Core, &[u8], &Prepared<'_>, &PartInput<'_>, &mut dyn FnMut(&[u8])) -> Result<(), Error>;

/// Feeds what these parts write in the order of its bytes.
pub(crate) fn sorted<E>(
    parts: &[Part],
    mut feed: impl FnMut(&Part, &mut dyn FnMut(&[u8])) -> Result<(), E>,
    sink: &mut dyn FnMut(&[u8]),
) -> Result<(), E> {
    let mut pieces: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    for part in parts {
        let mut piece = Zeroizing::new(Vec::new());
        feed(part, &mut |bytes| piece.extend_from_slice(bytes))?;
        // They are few: each is put where it belongs.
        let place = pieces.partition_point(|earlier| **earlier <= *piece);
        pieces.insert(place, piece);
    }
    pieces.iter().for_each(|piece| sink(piece));
    Ok(())
}

impl Core {
    /// Feeds parts of the message to a sink; `nth` parts that come from the head went before.
    pub(super) fn feed(
        &self,
        parts: &[Part],
        mut nth: usize,
        secret: &[u8],
        prepared: &Prepared<'_>,
        input: &PartInput<'_>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Error> {
        for part in parts {
            match part {
                Part::Lit(text) => sink(text.as_bytes()),
                Part::Body => sink(input.body),
                Part::Secret => sink(secret),
                Part::Timestamp => sink(prepared.timestamp.unwrap_or_default()),
                Part::Url => sink(input.url.unwrap_or_default().as_bytes()),
                Part::From(_) => {
                    sink(prepared.values.part(nth).unwrap_or_default());
                    nth = nth.saturating_add(1);
                }
                Part::Custom(write) => {
                    write(input, sink).map_err(|expected| Error::Malformed(Source::WholeBody, expected))?;
                }
            }
        }
        Ok(())
    }

    /// Feeds the whole message, its pieces in the order of their bytes.
    #[inline]
    pub(crate) fn feed_sorted(
        &self,
        secret: &[u8],
        prepared: &Prepared<'_>,
        input: &PartInput<'_>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Error> {
        let mut nth = 0_usize;
        let alone = |part: &Part, sink: &mut dyn FnMut(&[u8])| {
            self.feed(core::slice::from_ref(part), nth, secret, prepared, input, sink)?;
            nth = nth.saturating_add(usize::from(matches!(part, Part::From(_))));
            Ok(())
        };
        sorted(self.scheme.message, alone, sink)
    }

    /// The message as a list of pieces, for algorithms that take it so; parts written by a function are refused for
    /// them when the scheme is built.
    pub(super) fn pieces<'a>(&self, prepared: &Prepared<'a>, input: &PartInput<'a>) -> [&'a [u8]; MAX_PIECES] {
        let mut pieces: [&[u8]; MAX_PIECES] = [&[]; MAX_PIECES];
        let mut nth = 0_usize;
        for (piece, part) in pieces.iter_mut().zip(self.scheme.message) {
            *piece = match part {
                Part::Lit(text) => text.as_bytes(),
                Part::Body => input.body,
                Part::Timestamp => prepared.timestamp.unwrap_or_default(),
                Part::Url => input.url.unwrap_or_default().as_bytes(),
                Part::From(_) => {
                    let value = prepared.values.part(nth).unwrap_or_default();
                    nth = nth.saturating_add(1);
                    value
                }
                Part::Secret | Part::Custom(_) => &[],
            };
        }
        pieces
    }
}
