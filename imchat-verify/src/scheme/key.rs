//! What makes two deliveries the same one, and how the kinds of a platform's requests are told apart.

use super::Source;

/// What a delivery's [`DedupKey`](crate::dedup::DedupKey) is made of.
///
/// Where every source of an id is absent the key falls back to the body's digest, never to a random one. An id, or a
/// tenant, that nobody signs counts as absent: a relay would choose the key. Only where a scheme signs no body, or nothing
/// at all (a token), or checks by a function of its own are they taken as they come: the body's digest would be no better.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Key {
    /// The first of these ids that is present.
    Id(&'static [Source]),
    /// As [`Key::Id`], for ids that are capabilities (a Slack `trigger_id`): they enter the key only hashed.
    SecretId(&'static [Source]),
    /// All of these together, for platforms whose events have no id of their own; where one is absent, the body's digest.
    Joined(&'static [Source]),
    /// Of a batch, each item on its own: the elements of these lists. A body without any of the lists is one item, by its
    /// digest; an empty batch has no key, since there is nothing to handle. Needs the feature `batches`.
    PerItem(&'static [List]),
    /// SHA-256 of the opened body: for platforms that sign no id.
    BodyDigest,
    /// No key: the delivery is handed on without a claim, because handling it twice changes nothing.
    Never,
}

impl Key {
    pub(crate) const fn sources(&self) -> &'static [Source] {
        match self {
            Self::Id(sources) | Self::SecretId(sources) | Self::Joined(sources) => sources,
            Self::PerItem(_) | Self::BodyDigest | Self::Never => &[],
        }
    }
}

/// A list of items in a batch, and what tells its items apart.
///
/// An element that holds items of another list is none itself. An item without any of the ids is told by the digest of its
/// own text.
#[derive(Debug, Clone, Copy)]
pub struct List {
    pub(crate) place: &'static str,
    pub(crate) ids: &'static [&'static [&'static str]],
}

impl List {
    /// The array at this JSON pointer, in which `*` stands for every element of an array on the way; the empty pointer is the
    /// body itself.
    #[must_use]
    pub const fn at(place: &'static str) -> Self {
        Self { place, ids: &[] }
    }

    /// The ids of an item, as pointers into it: the first whose parts are all present counts.
    #[must_use]
    pub const fn ids(mut self, ids: &'static [&'static [&'static str]]) -> Self {
        self.ids = ids;
        self
    }

    /// The pointer to the list.
    #[must_use]
    pub const fn place(&self) -> &'static str {
        self.place
    }

    /// What tells its items apart, as pointers into them.
    #[must_use]
    pub const fn item_ids(&self) -> &'static [&'static [&'static str]] {
        self.ids
    }
}

/// A condition on a body, by which a kind or a handshake is recognised.
///
/// A body is read as JSON when its first byte that is not white space is `{` or `[`, and as a form otherwise: the
/// content type is not signed, so it decides nothing.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum When {
    /// The value at this place is there, whatever it is.
    Present(Source),
    /// Nothing is at this place.
    Absent(Source),
    /// The value at this place is this text (a number counts as the text it is written with).
    Is(Source, &'static str),
}

impl When {
    pub(crate) const fn source(&self) -> Source {
        match self {
            Self::Present(source) | Self::Absent(source) | Self::Is(source, _) => *source,
        }
    }
}
