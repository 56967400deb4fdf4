//! Verifiers: a scheme with its secrets, ready for requests.

use alloc::sync::Arc;
use core::fmt;
use core::marker::PhantomData;

use time::OffsetDateTime;

use crate::config::{ConfigError, ConfigWarning};
use crate::engine::{Core, Prepared};
use crate::error::Error;
use crate::head::Head;
use crate::pending::Pending;
use crate::proved::{Proved, Wire};
use crate::reply::Reply;
use crate::scheme::Scheme;
use crate::secrets::Secrets;
use crate::window::Window;

/// A marker type that stands for one scheme, made by [`provider!`](crate::provider).
pub trait Provider: 'static {
    /// The scheme.
    const SCHEME: &'static Scheme;
}

/// The marker of verifiers and receipts whose provider is only known at run time.
#[derive(Debug, Clone, Copy)]
pub enum AnyProvider {}

/// Declares a provider: a marker type for a scheme, whose constant is thereby checked by the compiler.
///
/// The type has `verifier(secrets)`, which is how its users get a [`Verifier`].
#[macro_export]
macro_rules! provider {
    ($name:ident = $scheme:expr) => {
        $crate::provider! {
            /// A provider of webhooks.
            $name = $scheme
        }
    };
    ($(#[$meta:meta])+ $name:ident = $scheme:expr) => {
        $(#[$meta])+
        #[derive(Debug, Clone, Copy)]
        pub enum $name {}

        const _: $crate::Scheme = $scheme;

        impl $crate::Provider for $name {
            const SCHEME: &'static $crate::Scheme = &$scheme;
        }

        impl $name {
            /// A verifier of this provider's requests.
            ///
            /// # Errors
            ///
            /// [`ConfigError`]($crate::ConfigError) where a secret is missing, empty or not written as the platform
            /// writes it.
            pub fn verifier(
                secrets: impl Into<$crate::Secrets>,
            ) -> ::core::result::Result<$crate::Verifier<Self>, $crate::ConfigError> {
                $crate::Verifier::new(secrets)
            }
        }
    };
}

/// Proves that requests come from one platform and are fresh.
///
/// It reads no clock: every call takes the time. It is cheap to clone.
///
/// ```
/// use imchat_verify::providers::Slack;
/// use imchat_verify::{Head, Verdict};
/// use time::OffsetDateTime;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let verifier = Slack::verifier("8f742231b10e8888abcd99yyyzzz85a5")?;
/// let headers = [
///     ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
///     ("X-Slack-Request-Timestamp", "1531420618"),
/// ];
/// let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
/// let now = OffsetDateTime::from_unix_timestamp(1_531_420_618)?;
///
/// match verifier.verify(Head::post(&headers), body, now)? {
///     Verdict::Event(proved) => assert_eq!(proved.body(), body),
///     Verdict::Handshake(reply) => println!("answer with {}", reply.status),
/// }
/// # Ok(()) }
/// ```
pub struct Verifier<P> {
    core: Arc<Core>,
    provider: PhantomData<fn() -> P>,
}

impl<P: Provider> Verifier<P> {
    /// A verifier of the provider's scheme with these secrets.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where a secret is missing, empty or not written as the platform writes it.
    pub fn new(secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        Self::with_scheme(P::SCHEME, &secrets.into())
    }
}

impl Verifier<AnyProvider> {
    /// A verifier of a scheme that is only known at run time.
    ///
    /// # Errors
    ///
    /// As [`Verifier::new`].
    pub fn of(scheme: &'static Scheme, secrets: impl Into<Secrets>) -> Result<Self, ConfigError> {
        Self::with_scheme(scheme, &secrets.into())
    }
}

impl<P> Verifier<P> {
    fn with_scheme(scheme: &'static Scheme, secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { core: Arc::new(Core::new(scheme, secrets)?), provider: PhantomData })
    }

    /// Another window, or none: then the timestamp is still part of what is signed, but is not parsed, and any captured
    /// request can be replayed once the dedup store has forgotten it. Where a platform sends no time there is no window
    /// to set.
    #[must_use]
    pub fn window(mut self, window: impl Into<Option<Window>>) -> Self {
        let timed = self.core.scheme.default_window().is_some();
        Arc::make_mut(&mut self.core).window = window.into().filter(|_| timed);
        self
    }

    /// A name for this endpoint, part of every dedup key: two endpoints may get the same event id.
    #[must_use]
    pub fn endpoint(mut self, name: &str) -> Self {
        Arc::make_mut(&mut self.core).endpoint = Some(name.into());
        self
    }

    /// The scheme in force; where it depends on which secrets were given, the one they chose.
    #[must_use]
    pub fn scheme(&self) -> &'static Scheme {
        self.core.scheme
    }

    /// The window in force.
    #[must_use]
    pub fn current_window(&self) -> Option<Window> {
        self.core.window
    }

    /// What is allowed in this configuration but most likely a mistake.
    #[must_use]
    pub fn warnings(&self) -> &[ConfigWarning] {
        &self.core.warnings
    }

    /// The same verifier without its provider's type.
    #[must_use]
    pub fn any(&self) -> Verifier<AnyProvider> {
        Verifier { core: Arc::clone(&self.core), provider: PhantomData }
    }

    /// Proves a request whose body is at hand.
    ///
    /// # Errors
    ///
    /// [`Error`] says which input is wrong. Answer every one of them with the same 401.
    pub fn verify<'r>(&'r self, head: Head<'r>, body: &'r [u8], now: OffsetDateTime) -> Result<Verdict<'r, P>, Error> {
        let core = &*self.core;
        let mut prepared = Prepared::default();
        if !core.prepare(head, now, &mut prepared)? {
            return core.unsigned(head, body, now).map(Verdict::Handshake);
        }
        let proof = core.prove(&prepared, None, head, body, now)?;
        Verdict::after(&self.core, head, Wire::Borrowed(body), proof, now)
    }

    /// Checks the head before a byte of the body is read; the body is then fed to what it returns.
    ///
    /// # Errors
    ///
    /// [`Error`] where the head is enough to refuse the request.
    pub fn begin<'r>(&'r self, head: Head<'r>, now: OffsetDateTime) -> Result<Pending<'r, P>, Error> {
        Pending::begin(&self.core, head, now)
    }
}

impl<P> Clone for Verifier<P> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), provider: PhantomData }
    }
}

impl<P> fmt::Debug for Verifier<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("scheme", &self.core.scheme.name())
            .field("secrets", &self.core.keys.len())
            .field("window", &self.core.window)
            .finish_non_exhaustive()
    }
}

/// What a proved request is.
#[derive(Debug)]
pub enum Verdict<'r, P> {
    /// Something to handle.
    Event(Proved<'r, P>),
    /// A question whether the endpoint is alive: send the reply back and hand nothing on.
    Handshake(Reply),
}

impl<'r, P> Verdict<'r, P> {
    pub(crate) fn after(
        core: &'r Arc<Core>,
        head: Head<'r>,
        wire: Wire<'r>,
        proof: crate::engine::Proof,
        now: OffsetDateTime,
    ) -> Result<Self, Error> {
        let opened = core.opened(proof.key, head, wire.as_slice(), now)?;
        let body = opened.as_deref().unwrap_or(wire.as_slice());
        core.check_token(head, body, now)?;
        let question = core.question(proof.key, head, wire.as_slice(), body, now);
        if let Some(answer) = core.asked(&question) {
            return answer.map(Self::Handshake);
        }
        if core.may_be_handshake(body)
            && let Some(reply) = core.handshake(&question)
        {
            return Ok(Self::Handshake(reply));
        }
        Ok(Self::Event(Proved::new(core, head, wire, opened, proof, now)))
    }
}

/// Anything that verifies requests, whatever the provider; object-safe.
pub trait Verify: Send + Sync + fmt::Debug {
    /// The scheme in force.
    fn scheme(&self) -> &'static Scheme;

    /// The window in force.
    fn window(&self) -> Option<Window>;

    /// What is allowed in this configuration but most likely a mistake.
    fn warnings(&self) -> &[ConfigWarning];

    /// Checks the head before a byte of the body is read.
    ///
    /// # Errors
    ///
    /// [`Error`] where the head is enough to refuse the request.
    fn begin<'r>(&'r self, head: Head<'r>, now: OffsetDateTime) -> Result<Pending<'r, AnyProvider>, Error>;
}

impl<P> Verify for Verifier<P> {
    fn scheme(&self) -> &'static Scheme {
        self.core.scheme
    }

    fn window(&self) -> Option<Window> {
        self.core.window
    }

    fn warnings(&self) -> &[ConfigWarning] {
        &self.core.warnings
    }

    fn begin<'r>(&'r self, head: Head<'r>, now: OffsetDateTime) -> Result<Pending<'r, AnyProvider>, Error> {
        Pending::begin(&self.core, head, now)
    }
}
