//! Tokens in place of a signature: what the platform signs is who sends, to whom, and until when; not the body.
//!
//! The algorithm is RS256, whatever a token says of it. What its header offers beside a key's name (`jwk`, `jku`, `x5u`) is
//! never looked at.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use super::key::Material;
use super::{Core, Key, Proof};
use crate::error::Error;
use crate::jwks::{Jwk, Jwks};
use crate::scan::json::{self, Found, Path};
use crate::scan::value;
use crate::scheme::{Bound, Jwt, Source};
use crate::secrets::Role;
use crate::window::Window;

/// Longer tokens are none of the platforms'; servers allow a head of some 16 KiB.
const LONGEST: usize = 8 * 1024;
const EXPECTED: &str = "`Bearer` and a JWT that is signed with RS256 and names its key";

/// A token whose form is right.
struct Token<'r> {
    /// What is signed: header and claims as they came.
    signed: &'r [u8],
    key: String,
    claims: Vec<u8>,
    signature: Vec<u8>,
}

impl<'r> Token<'r> {
    fn read(text: &'r [u8]) -> Option<Self> {
        let text = core::str::from_utf8(text).ok().filter(|text| text.len() <= LONGEST)?;
        let (_, token) = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))?;
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header = decoded(header)?;
        let mut found = [Found::Absent; 4];
        json::scan(&header, &["/alg", "/kid", "/crit", "/b64"].map(Path::new), &mut found).ok()?;
        let [algorithm, key, critical, unencoded] = found;
        let plain = matches!(algorithm, Found::String("RS256")) && !critical.is_present() && !unencoded.is_present();
        Some(Self {
            signed: signed.as_bytes(),
            key: text_of(key).filter(|_| plain)?,
            claims: decoded(claims)?,
            signature: decoded(signature)?,
        })
    }
}

/// The text of a JSON string, which is no number.
fn text_of(found: Found<'_>) -> Option<String> {
    matches!(found, Found::String(_)).then(|| found.text()).flatten().map(Cow::into_owned)
}

fn seconds(found: Found<'_>) -> Option<i64> {
    match found {
        Found::Plain(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    }
}

impl Key {
    fn published(&self) -> Option<Arc<Jwks>> {
        match &self.material {
            Material::Published(keys) => keys.current(),
            _ => None,
        }
    }
}

impl Core {
    fn malformed(&self) -> Error {
        Error::Malformed(self.scheme.signature.source, EXPECTED)
    }

    /// Proves the token, before a byte of the body is read.
    #[cold]
    #[inline(never)]
    pub(super) fn check_jwt(&self, rule: &Jwt, text: Option<&[u8]>, now: OffsetDateTime) -> Result<(), Error> {
        let text = text.filter(|text| !text.is_empty()).ok_or(Error::Missing(self.scheme.signature.source))?;
        let token = Token::read(text).ok_or_else(|| self.malformed())?;
        let mut known = false;
        for keys in self.keys.iter().filter(|key| key.counts_at(now)).filter_map(Key::published) {
            for key in keys.named(&token.key, now) {
                known = true;
                if key.verifies(token.signed, &token.signature) {
                    return self.check_claims(rule, &token.claims, now);
                }
            }
        }
        if known {
            return Err(Error::Mismatch);
        }
        for key in &self.keys {
            if let Material::Published(keys) = &key.material {
                keys.unknown_key();
            }
        }
        Err(Error::WrongClaim("kid"))
    }

    fn check_claims(&self, rule: &Jwt, claims: &[u8], now: OffsetDateTime) -> Result<(), Error> {
        let mut found = [Found::Absent; 7];
        let pointers = ["/iss", "/aud", "/email", "/email_verified", "/exp", "/nbf", "/iat"];
        json::scan(claims, &pointers.map(Path::new), &mut found).map_err(|_| self.malformed())?;
        let [issuer, audience, email, verified, end, start, issued] = found;
        let (issuer, audience) = (text_of(issuer), text_of(audience));
        let claim = |holds: bool, name| if holds { Ok(()) } else { Err(Error::WrongClaim(name)) };
        let is = |role, text: Option<&str>| {
            text.is_some_and(|text| self.others(now).of(role).any(|wanted| wanted == text.as_bytes()))
        };
        let issuer = issuer.as_deref();
        let listed = rule.issuers.iter().find(|listed| issuer == Some(listed.name));
        let chosen = self.others(now).of(Role::Issuer).next().is_some();
        claim(if chosen { is(Role::Issuer, issuer) } else { listed.is_some() }, "iss")?;
        claim(is(Role::Audience, audience.as_deref()), "aud")?;
        // An issuer that was configured and is not known here may issue for anybody, if one of the known ones does.
        let usual = listed.or_else(|| rule.issuers.iter().find(|listed| listed.email.is_some()));
        let configured = self.others(now).of(Role::Email).next().is_some();
        if let Some(usual) = usual.and_then(|listed| listed.email) {
            let email = text_of(email);
            let email = email.as_deref();
            claim(if configured { is(Role::Email, email) } else { email == Some(usual) }, "email")?;
            claim(matches!(verified, Found::Plain("true")), "email_verified")?;
        }
        match self.window {
            Some(window) => check_times(window, [end, start, issued], now),
            None => Ok(()),
        }
    }

    /// Says which key proved a token whose head was let through, and holds the body to what the token says of it.
    #[cold]
    #[inline(never)]
    pub(super) fn prove_jwt(
        &self,
        rule: &Jwt,
        text: Option<&[u8]>,
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<Proof, Error> {
        let token = text.and_then(Token::read).ok_or_else(|| self.malformed())?;
        for (place, key) in self.keys.iter().enumerate().filter(|(_, key)| key.counts_at(now)) {
            let Some(keys) = key.published() else { continue };
            let mut proving = keys.named(&token.key, now).filter(|key| key.verifies(token.signed, &token.signature));
            let Some(jwk) = proving.next() else { continue };
            if let Some(bound) = &rule.bound {
                check_bound(bound, &token.claims, body)?;
            }
            if let Some(source) = rule.endorsed {
                check_endorsed(jwk, source, body)?;
            }
            return Ok(Proof { secret: key.index, key: place, sent_at: None });
        }
        Err(Error::Mismatch)
    }
}

fn check_times(window: Window, times: [Found<'_>; 3], now: OffsetDateTime) -> Result<(), Error> {
    let [end, start, issued] = times;
    let now = now.unix_timestamp();
    let skew = |span: core::time::Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    let (past, future) = (skew(window.past), skew(window.future));
    let lasts = seconds(end).is_some_and(|end| now <= end.saturating_add(past));
    let begun = |found: Found<'_>| {
        !found.is_present() || seconds(found).is_some_and(|start| start <= now.saturating_add(future))
    };
    for (holds, name) in [(lasts, "exp"), (begun(start), "nbf"), (begun(issued), "iat")] {
        if !holds {
            return Err(Error::WrongClaim(name));
        }
    }
    Ok(())
}

/// The first spelling names the claim in the error.
fn check_bound(bound: &Bound, claims: &[u8], body: &[u8]) -> Result<(), Error> {
    let name = bound.claims.first().map_or("", |pointer| pointer.trim_start_matches('/'));
    let mut said = Vec::new();
    for pointer in bound.claims {
        let found = json::at(claims, pointer).map_err(|_| Error::WrongClaim(name))?;
        if found.is_present() {
            said.push(text_of(found).ok_or(Error::WrongClaim(name))?);
        }
    }
    if said.is_empty() {
        return if bound.may_miss { Ok(()) } else { Err(Error::WrongClaim(name)) };
    }
    let stated = value(bound.source, body, &NO_HEADERS).text;
    let fits = stated.is_some_and(|stated| said.iter().all(|said| *said == *stated));
    if fits { Ok(()) } else { Err(Error::WrongClaim(name)) }
}

fn check_endorsed(key: &Jwk, source: Source, body: &[u8]) -> Result<(), Error> {
    let stated = value(source, body, &NO_HEADERS).text;
    let fits = stated.is_some_and(|stated| key.is_endorsed_for(&stated));
    if fits { Ok(()) } else { Err(Error::WrongClaim("endorsements")) }
}

const NO_HEADERS: [(&str, &str); 0] = [];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_digits_alone() {
        assert_eq!(seconds(Found::Plain("1700000000")), Some(1_700_000_000));
        for other in ["-1", "1.0", "1e9", "true", "99999999999999999999"] {
            assert_eq!(seconds(Found::Plain(other)), None, "{other}");
        }
    }

    #[test]
    fn a_token_is_read_up_to_eight_kib_with_its_scheme() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"k"}"#);
        let of_length = |length: usize| {
            let start = alloc::format!("Bearer {header}.");
            alloc::format!("{start}{}.AA", "A".repeat(length - start.len() - 3))
        };
        assert!(Token::read(of_length(8192).as_bytes()).is_some());
        assert!(Token::read(of_length(8193).as_bytes()).is_none());
        assert!(Token::read(of_length(8189).as_bytes()).is_some());
    }
}
