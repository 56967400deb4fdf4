//! A scheme in the making: one `const` setter a property, and the check at the end.

use super::{
    Algorithm, Alternate, AnswerHandshake, Facts, Handshake, Key, KeyRole, Kind, Part, Scheme, SchemeError, Source,
    SpellUrl, TimestampRule, TokenRule, Unit, UnsignedHandshake, When, check,
};
use crate::engine::{Core, Open};
use crate::secrets::{Form, Role};
use crate::window::Window;

/// A scheme in the making; [`build`](SchemeBuilder::build) checks it.
#[derive(Debug, Clone, Copy)]
#[must_use = "a builder does nothing until `build` checks it"]
pub struct SchemeBuilder(pub(super) Scheme);

impl SchemeBuilder {
    /// Where the time of sending stands, its unit, and the window in which it counts as fresh.
    pub const fn timestamp(mut self, source: Source, unit: Unit, window: Window) -> Self {
        self.0.timestamp = Some(TimestampRule { source, unit, window });
        self
    }

    /// The pieces of the signed message, in order.
    pub const fn message(mut self, parts: &'static [Part]) -> Self {
        self.0.message = parts;
        self
    }

    /// The pieces of the message are fed in the order of their bytes, one after the other.
    ///
    /// Nothing stands between them, so each is held to a strict form: a value of the head to at most 64 letters, digits,
    /// `-` and `_`, a time to the digits that all times of our age have, and what a function writes is its own affair. A raw body and
    /// a URL may hold anything and are refused.
    #[inline]
    pub const fn sorted(mut self) -> Self {
        self.0.sorted = Some(Core::feed_sorted);
        self
    }

    /// What functions of the scheme need beside the signing secret; each must be given.
    pub const fn also_needs(mut self, roles: &'static [(Role, Form)]) -> Self {
        self.0.others = roles;
        self
    }

    /// What functions of the scheme take beside that, where it is given.
    pub const fn also_takes(mut self, roles: &'static [(Role, Form)]) -> Self {
        self.0.options = roles;
        self
    }

    /// Admits that the body is not covered by the signature.
    pub const fn body_not_signed(mut self) -> Self {
        self.0.body_not_signed = true;
        self
    }

    /// Says that a function among the parts or the scheme's own check reads the public URL, which must then be configured.
    pub const fn reads_url(mut self) -> Self {
        self.0.reads_url = true;
        self
    }

    /// Other spellings of the public URL that the platform may have signed: a request passes that fits any of them. For
    /// schemes of one algorithm, a hash, whose message is not over before the body is.
    pub const fn spellings(mut self, spell: SpellUrl) -> Self {
        self.0.spellings = Some(spell);
        self
    }

    /// The role of the signing secret and how it is written, where it is not plain text in [`Role::Sign`].
    pub const fn secret(mut self, role: Role, form: Form) -> Self {
        self.0.key_role = KeyRole { role, form };
        self
    }

    /// Elements of this version in the signature header are Ed25519 signatures under another role of secret.
    pub const fn also_ed25519(mut self, version: &'static str, role: Role, form: Form) -> Self {
        self.0.alternate = Some(Alternate { version, algorithm: Algorithm::Ed25519, key: KeyRole { role, form } });
        self
    }

    /// A token of this role is compared wherever it is configured, after the proof and on the opened body. With no
    /// sources only [`unsigned_handshake`](Self::unsigned_handshake) compares it.
    pub const fn also_token(mut self, role: Role, sources: &'static [Source]) -> Self {
        self.0.token = Some(TokenRule { role, sources });
        self
    }

    /// Where no secret of the signing role is given, the platform signs nothing and this scheme is used.
    pub const fn or_without_key(mut self, scheme: &'static Scheme) -> Self {
        self.0.fallback = Some(scheme);
        self
    }

    /// Decrypts a proved body.
    pub const fn open(mut self, open: Open) -> Self {
        self.0.open = Some(open);
        self
    }

    /// What makes a delivery unique (the body's digest unless told).
    pub const fn key(mut self, key: Key) -> Self {
        self.0.key = key;
        self
    }

    /// Where the event's id stands, where the key is made of something else: an id that nobody signs is for logs.
    pub const fn event_id(mut self, sources: &'static [Source]) -> Self {
        self.0.event_id = sources;
        self
    }

    /// Where the event's type stands; the first that is present counts.
    pub const fn event_type(mut self, sources: &'static [Source]) -> Self {
        self.0.event_type = sources;
        self
    }

    /// Where the tenant (workspace, team, organisation) stands; the first that is present counts.
    pub const fn tenant(mut self, sources: &'static [Source]) -> Self {
        self.0.tenant = sources;
        self
    }

    /// A proved body that is answered and not handed on; at most three, tried in order.
    pub const fn handshake(mut self, handshake: Handshake) -> Self {
        let slots = &mut self.0.handshakes;
        match slots {
            [slot @ None, ..] | [Some(_), slot @ None, ..] | [Some(_), Some(_), slot @ None] => *slot = Some(handshake),
            _ => self.0.crowded = true,
        }
        self
    }

    /// Answers POST requests without any of the scheme's headers; at most 4 KiB of them are read.
    pub const fn unsigned_handshake(mut self, answer: UnsignedHandshake) -> Self {
        self.0.unsigned_handshake = Some(answer);
        self
    }

    /// The same for a GET, whose URL says everything: other methods are never answered so.
    pub const fn get_handshake(mut self, answer: UnsignedHandshake) -> Self {
        self.0.unsigned_handshake = Some(answer);
        self.0.asks_by_get = true;
        self
    }

    /// Answers GETs, which must be proved like everything else and are never events.
    pub const fn proved_get(mut self, answer: AnswerHandshake) -> Self {
        self.0.proved_get = Some(answer);
        self
    }

    /// Works out the answer that says taken from the request and the secrets; where it declines, the facts' answer stands.
    pub const fn accepts_with(mut self, answer: AnswerHandshake) -> Self {
        self.0.accepts_with = Some(answer);
        self
    }

    /// The facts of deliveries that no kind describes.
    pub const fn facts(mut self, facts: Facts) -> Self {
        self.0.facts = facts;
        self
    }

    /// A kind of delivery with facts of its own, recognised when all of `when` hold; at most six, the first that fits
    /// counts.
    pub const fn kind(mut self, when: &'static [When], facts: Facts) -> Self {
        let kind = Some(Kind { when, facts });
        let slots = &mut self.0.kinds;
        match slots {
            [slot @ None, ..]
            | [Some(_), slot @ None, ..]
            | [Some(_), Some(_), slot @ None, ..]
            | [Some(_), Some(_), Some(_), slot @ None, ..]
            | [Some(_), Some(_), Some(_), Some(_), slot @ None, ..]
            | [Some(_), Some(_), Some(_), Some(_), Some(_), slot @ None] => *slot = kind,
            _ => self.0.crowded = true,
        }
        self
    }

    /// What a request carries that the signature does not cover, for the documentation.
    pub const fn not_signed(mut self, what: &'static [&'static str]) -> Self {
        self.0.not_signed = what;
        self
    }

    /// The platform's page on which this scheme rests.
    pub const fn docs(mut self, url: &'static str) -> Self {
        self.0.docs = url;
        self
    }

    /// Checks the scheme: in a `const`, a contradiction does not compile.
    ///
    /// # Panics
    ///
    /// With the contradiction's sentence. At run time use [`try_build`](Self::try_build).
    #[must_use]
    #[inline]
    #[expect(clippy::panic, reason = "in a const this is the compiler's error message")]
    pub const fn build(self) -> Scheme {
        match self.try_build() {
            Ok(scheme) => scheme,
            Err(error) => panic!("{}", error.as_str()),
        }
    }

    /// Checks the scheme.
    ///
    /// # Errors
    ///
    /// [`SchemeError`] names the rule that the scheme breaks.
    #[inline]
    pub const fn try_build(mut self) -> Result<Scheme, SchemeError> {
        if !self.0.signature.source.in_head() {
            self.0.by_body = Some(Core::prove_by_body);
        }
        match check::check(&self.0) {
            Ok(()) => Ok(self.0),
            Err(error) => Err(error),
        }
    }
}
