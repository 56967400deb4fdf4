//! Why a request does not verify: the usual mistakes are undone one by one, then looked for by their signs.
//!
//! Only a person who already has the secret gets this far, and the verdict stays what it is: a request that would fit
//! with another body or another secret is still refused.

use imchat_verify::{ConfigError, Error, Role, Window};

use super::attempt::Attempt;
use super::clock;
use super::mistakes::{MISTAKES, Mistake, Undo};
use super::signs::SIGNS;
use super::token::Token;

/// Why there is anything to explain.
#[derive(Debug, Clone)]
pub(crate) enum Refused {
    /// The request is refused.
    Request(Error),
    /// No verifier can be built of the secrets.
    Secrets(ConfigError),
}

/// Why it is so, as far as can be found out.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// The name of what was found.
    pub(crate) cause: Option<&'static str>,
    /// Whether the request verifies once that is undone.
    pub(crate) proved: bool,
    /// One sentence that ends in something to do.
    pub(crate) sentence: String,
    /// The names of what was tried, in order.
    pub(crate) tried: Vec<&'static str>,
}

/// Finds out why.
pub(crate) fn explain(attempt: &Attempt<'_>, refused: &Refused, window: Option<Window>) -> Explanation {
    let late = late(attempt, refused, window);
    let mut tried = Vec::new();
    if let Some(late) = &late {
        tried.push(late.cause.name());
    }
    if attempt.fits() {
        // It is the time alone, and with whatever undone the rest would fit still.
        return match late {
            Some(late) => late.explanation(true, tried),
            None => Explanation { cause: None, proved: false, sentence: nothing_fits(refused, attempt), tried },
        };
    }
    for mistake in MISTAKES.iter().filter(|mistake| applies(mistake, attempt)) {
        tried.push(mistake.name);
        if let Some(detail) = attempt.fits_without(mistake.undo) {
            let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
            let also = if late.is_some() {
                "; its time lies outside the window too, so give that of its capture with --now"
            } else {
                ""
            };
            let sentence = format!("{}{detail}: {}{also}", mistake.what, mistake.remedy);
            return Explanation { cause: Some(mistake.name), proved: true, sentence, tried };
        }
    }
    if let Some(late) = late {
        return late.explanation(false, tried);
    }
    for sign in SIGNS.iter().filter(|sign| !sign.of_body || is_covered(attempt, refused)) {
        tried.push(sign.name);
        if let Some(sentence) = (sign.look)(attempt) {
            return Explanation { cause: Some(sign.name), proved: false, sentence, tried };
        }
    }
    Explanation { cause: None, proved: false, sentence: nothing_fits(refused, attempt), tried }
}

/// A time outside the window, and by how much.
struct Late {
    cause: clock::Cause,
    distance: String,
}

fn late(attempt: &Attempt<'_>, refused: &Refused, window: Option<Window>) -> Option<Late> {
    let (Refused::Request(error), Some(window)) = (refused, window) else { return None };
    if let Some(cause) = clock::cause(*error, attempt.now, window) {
        return Some(Late { cause, distance: clock::distance(*error, window) });
    }
    let (cause, distance) = Token::of(attempt.request)?.untimely(*error, attempt.now, window)?;
    Some(Late { cause, distance })
}

impl Late {
    fn explanation(self, proved: bool, tried: Vec<&'static str>) -> Explanation {
        let signature = match self.cause {
            _ if proved => "its signature is right",
            // The times of a token are read when all else of it holds.
            clock::Cause::Ended | clock::Cause::NotBegun => "its signature is right, but the body is not what it says",
            _ => "its signature does not fit either",
        };
        let sentence = clock::sentence(self.cause, &self.distance, signature);
        Explanation { cause: Some(self.cause.name()), proved, sentence, tried }
    }
}

/// Whether undoing it can change the verdict.
fn applies(mistake: &Mistake, attempt: &Attempt<'_>) -> bool {
    match mistake.undo {
        Undo::Url(_) => attempt.request.url.is_some() && attempt.scheme.signs_url(),
        Undo::Claim(_, role) => attempt.scheme.roles().any(|(known, _)| known == role),
        _ => true,
    }
}

/// Whether the body is part of what does not fit: a token that does not covers none of it.
fn is_covered(attempt: &Attempt<'_>, refused: &Refused) -> bool {
    attempt.scheme.primary_role() != Role::Jwks && !matches!(refused, Refused::Request(Error::WrongToken))
}

fn nothing_fits(refused: &Refused, attempt: &Attempt<'_>) -> String {
    match refused {
        Refused::Request(error) => unexplained(*error, attempt),
        Refused::Secrets(error) => error.to_string(),
    }
}

/// Where nothing fits: the input that is wrong, and what to look at.
fn unexplained(error: Error, attempt: &Attempt<'_>) -> String {
    let scheme = attempt.scheme;
    match error {
        Error::Missing(_) if scheme.answers_unsigned() => format!(
            "{error}: unsigned, only the platform's URL check passes, sealed under the given key and with the given \
             token; capture the request with all of its headers, and check the secrets"
        ),
        Error::Missing(_) => format!("{error}: capture the request with all of its headers and its whole body"),
        Error::Repeated(_) => format!("{error}: a proxy may have added one; capture the request in front of it"),
        Error::Malformed(..) => {
            format!("{error}; capture it as it came, and check that {} is what sent it", scheme.name())
        }
        Error::Mismatch if scheme.primary_role() == Role::Jwks => {
            "the key that the token names did not sign it: the token was cut or altered in the capture or on the way, or \
             is forged; capture it whole, and fetch the issuer's keys again"
                .into()
        }
        Error::WrongClaim(claim @ ("exp" | "nbf" | "iat")) => format!(
            "the token's `{claim}` is missing or no whole number of seconds, so nobody can tell whether it counts: capture \
             it as it came, and check that {} is what sent it",
            scheme.name()
        ),
        Error::WrongToken => {
            "the token that came is none of the given ones, and none of the usual mistakes fits: compare the configured \
             token with the one that the platform was given for this endpoint"
                .into()
        }
        Error::Mismatch => {
            let url = if scheme.signs_url() { ", or --url is not the one that the platform was given" } else { "" };
            format!(
                "no signature matches, and none of the usual mistakes fits: the secret is not this endpoint's (another \
                 endpoint's, or the test mode's where the request is live), or the body is not the bytes that were \
                 signed{url}; compare the secret with the platform's settings and capture the body byte for byte"
            )
        }
        Error::Undecryptable => format!("{error}, which is the secret of the signing role"),
        _ => error.to_string(),
    }
}
