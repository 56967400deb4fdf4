//! What a token says beside being signed.

use super::Source;
use crate::window::Window;

/// What a token (a JWT, signed with RS256 and nothing else) must say, for [`Scheme::jwt`](super::Scheme::jwt).
///
/// It always names its issuer and its audience, and its end; times are held to the scheme's window, which is what clocks may
/// differ by.
#[derive(Debug, Clone, Copy)]
pub struct Jwt {
    pub(crate) issuers: &'static [Issuer],
    pub(crate) window: Window,
    pub(crate) bound: Option<Bound>,
    pub(crate) endorsed: Option<Source>,
}

/// An issuer whose tokens count, unless [`Role::Issuer`](crate::Role::Issuer) names others.
#[derive(Debug, Clone, Copy)]
pub struct Issuer {
    pub(crate) name: &'static str,
    pub(crate) email: Option<&'static str>,
}

impl Issuer {
    /// One that issues tokens for the platform alone.
    #[must_use]
    pub const fn alone(name: &'static str) -> Self {
        Self { name, email: None }
    }

    /// One that issues tokens for anybody: they count with this verified e-mail address, or those of
    /// [`Role::Email`](crate::Role::Email), and no other.
    #[must_use]
    pub const fn for_email(name: &'static str, email: &'static str) -> Self {
        Self { name, email: Some(email) }
    }
}

/// A claim that must be what the body says: all that such a token covers of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) claims: &'static [&'static str],
    pub(crate) source: Source,
    /// Whether a token without the claim counts.
    pub(crate) may_miss: bool,
}

impl Jwt {
    /// A token of one of these issuers.
    #[must_use]
    pub const fn of(issuers: &'static [Issuer]) -> Self {
        Self { issuers, window: Window::FIVE_MINUTES, bound: None, endorsed: None }
    }

    /// A claim, in any of these spellings (JSON pointers), must be what the body says at `source`.
    #[must_use]
    pub const fn bound(mut self, claims: &'static [&'static str], source: Source) -> Self {
        self.bound = Some(Bound { claims, source, may_miss: false });
        self
    }

    /// A token without the bound claim counts too: whoever has one can send any body with it while it lasts.
    #[must_use]
    pub const fn bound_where_present(mut self) -> Self {
        if let Some(bound) = &mut self.bound {
            bound.may_miss = true;
        }
        self
    }

    /// The key that signs must be endorsed for what the body says at `source`.
    #[must_use]
    pub const fn endorsed_for(mut self, source: Source) -> Self {
        self.endorsed = Some(source);
        self
    }
}
