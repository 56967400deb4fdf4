//! Whether the signature covers a value.

use alloc::borrow::Cow;

/// A value together with whether the signature covers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance<T> {
    /// The signature covers it: the platform says so.
    Signed(T),
    /// Nothing covers it: whoever relayed the request could have changed it.
    Unsigned(T),
}

impl<T> Provenance<T> {
    /// The value, whoever says so.
    pub fn into_inner(self) -> T {
        match self {
            Self::Signed(value) | Self::Unsigned(value) => value,
        }
    }

    /// A reference to the value, whoever says so.
    pub const fn get(&self) -> &T {
        match self {
            Self::Signed(value) | Self::Unsigned(value) => value,
        }
    }

    /// The value, if the platform says so.
    pub fn signed(self) -> Option<T> {
        match self {
            Self::Signed(value) => Some(value),
            Self::Unsigned(_) => None,
        }
    }
}

/// A statement about a request.
pub type Stated<'a> = Provenance<Cow<'a, str>>;
