//! Where signatures stand and how they are written.

use super::Source;

/// The text form of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Hexadecimal, either case, exact length.
    Hex,
    /// The standard base64 alphabet with its padding and no stray bits.
    Base64,
}

/// How candidates are laid out in the signature's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// The whole value is this prefix (often empty) and one tag.
    Prefixed(&'static str),
    /// `key=value` elements; those of `version` are candidates, such as `t=1,v1=…,v1=…`.
    Pairs {
        /// What stands between elements.
        separator: u8,
        /// The key of the elements that are candidates.
        version: &'static str,
    },
    /// `version,tag` elements, such as `v1,… v1a,…`.
    Tagged {
        /// What stands between elements.
        separator: u8,
        /// What stands between an element's version and its tag.
        delimiter: u8,
        /// The version of the elements that are candidates.
        version: &'static str,
    },
}

/// Where a scheme's signature stands and how it is written.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    pub(crate) source: Source,
    pub(crate) encoding: Encoding,
    pub(crate) layout: Layout,
    pub(crate) family: &'static [&'static str],
    /// The parameter of the URL's query in which it stands where the header is absent.
    pub(crate) query: Option<&'static str>,
}

impl Signature {
    /// A signature at another place than a header: one of a JSON or form body, which then cannot be what it signs.
    #[must_use]
    pub const fn at(source: Source, encoding: Encoding) -> Self {
        Self { source, encoding, layout: Layout::Prefixed(""), family: &[], query: None }
    }

    /// A hexadecimal signature in the header of this lower-case name.
    #[must_use]
    pub const fn hex(header: &'static str) -> Self {
        Self::at(Source::Header(header), Encoding::Hex)
    }

    /// A base64 signature in the header of this lower-case name.
    #[must_use]
    pub const fn base64(header: &'static str) -> Self {
        Self::at(Source::Header(header), Encoding::Base64)
    }

    /// The text that must stand before the tag, such as `v0=`.
    #[must_use]
    pub const fn prefix(mut self, prefix: &'static str) -> Self {
        self.layout = Layout::Prefixed(prefix);
        self
    }

    /// The header is a list of `key=value` elements; those whose key is `version` are candidates.
    #[must_use]
    pub const fn pairs(mut self, separator: u8, version: &'static str) -> Self {
        self.layout = Layout::Pairs { separator, version };
        self
    }

    /// The header is a list of elements, each a version, the delimiter and a tag.
    #[must_use]
    pub const fn tagged(mut self, separator: u8, delimiter: u8, version: &'static str) -> Self {
        self.layout = Layout::Tagged { separator, delimiter, version };
        self
    }

    /// Where the header is absent, the signature stands in this parameter of the URL's query; both together are refused.
    /// Behind a parameter this is a second name of it, which counts where the first is not there.
    #[must_use]
    pub const fn or_query(mut self, parameter: &'static str) -> Self {
        self.query = Some(parameter);
        self
    }

    /// The spellings a platform's headers come in: every `*` in the scheme's header names stands for one of these.
    ///
    /// All headers are taken from the first family of which any header is present, never mixed.
    #[must_use]
    pub const fn family(mut self, families: &'static [&'static str]) -> Self {
        self.family = families;
        self
    }
}
