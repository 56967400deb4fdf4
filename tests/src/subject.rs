//! A request with all that is needed to judge it, and what a verifier says of it.

use std::borrow::Cow;

use imchat_verify::dedup::DedupKey;
use imchat_verify::{
    AnyProvider, ConfigError, Error, Identity, Proved, Provenance, Reply, Role, Scheme, Secrets, Verdict, Verifier,
    Window,
};
use time::OffsetDateTime;

use crate::Request;

/// A request with the scheme, secrets and time that it is judged under.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What a failing assertion calls it.
    pub name: String,
    /// The scheme.
    pub scheme: &'static Scheme,
    /// Secrets with their roles, the current one of each role first.
    pub secrets: Vec<(Role, String)>,
    /// Another window than the scheme's: `Some(None)` switches it off.
    pub window: Option<Option<Window>>,
    /// When it arrives.
    pub now: OffsetDateTime,
    /// The request.
    pub request: Request,
}

impl Subject {
    /// The secrets as a verifier takes them.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let all = self.secrets.iter();
        all.fold(Secrets::default(), |secrets, (role, value)| secrets.with(*role, value.as_str()))
    }

    /// A verifier with these secrets.
    ///
    /// # Errors
    ///
    /// Where the secrets make none.
    pub fn try_verifier(&self) -> Result<Verifier<AnyProvider>, ConfigError> {
        let verifier = Verifier::of(self.scheme, self.secrets())?;
        Ok(match self.window {
            Some(window) => verifier.window(window),
            None => verifier,
        })
    }

    /// A verifier with these secrets.
    ///
    /// # Panics
    ///
    /// Where the secrets make none.
    #[must_use]
    pub fn verifier(&self) -> Verifier<AnyProvider> {
        self.try_verifier().unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// What its own verifier says of it.
    #[must_use]
    pub fn judge(&self) -> Outcome {
        outcome(&self.verifier(), &self.request, self.now)
    }
}

/// What a verifier says of a request, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is proved.
    Event(Box<Event>),
    /// It is proved and to be answered only.
    Handshake(Reply),
    /// It is refused.
    Refused(Error),
}

impl Outcome {
    /// Whether it is not refused.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// The event.
    ///
    /// # Panics
    ///
    /// Where it is none.
    #[must_use]
    pub fn event(self) -> Event {
        match self {
            Self::Event(event) => *event,
            other => panic!("expected an event: {other:?}"),
        }
    }

    /// Why it is refused.
    ///
    /// # Panics
    ///
    /// Where it is not.
    #[must_use]
    pub fn error(self) -> Error {
        match self {
            Self::Refused(error) => error,
            other => panic!("expected a refusal: {other:?}"),
        }
    }
}

/// What is known of a proved request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The body to work with.
    pub body: Vec<u8>,
    /// The bytes that were proved.
    pub wire: Vec<u8>,
    /// Which secret proved it.
    pub secret: usize,
    /// When it was sent.
    pub sent_at: Option<OffsetDateTime>,
    /// Who and what it is.
    pub who: Who,
}

/// An identity, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The name of its kind.
    pub kind: &'static str,
    /// The platform's id of the event.
    pub event_id: Option<Provenance<String>>,
    /// The id that tells duplicates apart.
    pub semantic_id: Option<Provenance<String>>,
    /// The event's type.
    pub event_type: Option<Provenance<String>>,
    /// The tenant.
    pub tenant: Option<Provenance<String>>,
    /// The key.
    pub key: Option<DedupKey>,
}

/// An identity, kept.
#[must_use]
pub fn who(identity: &Identity<'_>) -> Who {
    let kept = |stated: &Option<Provenance<Cow<'_, str>>>| match stated {
        Some(Provenance::Signed(text)) => Some(Provenance::Signed(text.to_string())),
        Some(Provenance::Unsigned(text)) => Some(Provenance::Unsigned(text.to_string())),
        None => None,
    };
    Who {
        kind: identity.kind,
        event_id: kept(&identity.event_id),
        semantic_id: kept(&identity.semantic_id),
        event_type: kept(&identity.event_type),
        tenant: kept(&identity.tenant),
        key: identity.dedup_key,
    }
}

impl<P> From<&Proved<'_, P>> for Event {
    fn from(proved: &Proved<'_, P>) -> Self {
        Self {
            body: proved.body().to_vec(),
            wire: proved.wire().to_vec(),
            secret: proved.secret(),
            sent_at: proved.sent_at(),
            who: who(&proved.identity()),
        }
    }
}

impl<P> From<Result<Verdict<'_, P>, Error>> for Outcome {
    fn from(verdict: Result<Verdict<'_, P>, Error>) -> Self {
        match verdict {
            Ok(Verdict::Event(proved)) => Self::Event(Box::new(Event::from(&proved))),
            Ok(Verdict::Handshake(reply)) => Self::Handshake(reply),
            Err(error) => Self::Refused(error),
        }
    }
}

/// What this verifier says of this request.
#[must_use]
pub fn outcome<P>(verifier: &Verifier<P>, request: &Request, now: OffsetDateTime) -> Outcome {
    verifier.verify(request.head(), &request.body, now).into()
}
