//! What the token of a request says, read without proving it: only to be compared with what is configured.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use imchat_verify::{Error, Role, Window};
use serde_json::Value;
use time::OffsetDateTime;

use super::attempt::Attempt;
use super::clock::Cause;
use crate::capture::Captured;
use crate::text::{counted, span};

/// A JWT's header and claims.
pub(super) struct Token {
    header: Value,
    claims: Value,
}

impl Token {
    pub(super) fn of(request: &Captured) -> Option<Self> {
        let token = request.text("authorization")?.split_whitespace().next_back()?;
        let mut parts = token.split('.').map(|part| {
            let json = URL_SAFE_NO_PAD.decode(part).ok()?;
            serde_json::from_slice(&json).ok()
        });
        Some(Self { header: parts.next()??, claims: parts.next()?? })
    }

    /// A claim that is text.
    pub(super) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// Why it does not count at this time: the cause, and by how much as a clause.
    pub(super) fn untimely(&self, error: Error, now: OffsetDateTime, window: Window) -> Option<(Cause, String)> {
        let Error::WrongClaim(name) = error else { return None };
        let time = u64::try_from(self.claims.get(name)?.as_i64()?).ok()?;
        let now = u64::try_from(now.unix_timestamp()).ok()?;
        let apart = std::time::Duration::from_secs(time.abs_diff(now));
        match name {
            "exp" => Some((
                Cause::Ended,
                format!("the token ended {} ago, and {} are forgiven", span(apart), span(window.past)),
            )),
            "nbf" | "iat" => {
                let said =
                    format!("the token counts from {} ahead, and {} are forgiven", span(apart), span(window.future));
                Some((Cause::NotBegun, said))
            }
            _ => None,
        }
    }
}

/// The keys at hand have none of the name that the token gives, and nothing else is wrong with it so far.
pub(super) fn unknown_key(attempt: &Attempt<'_>) -> Option<String> {
    if attempt.refusal() != Some(Error::WrongClaim("kid")) {
        return None;
    }
    let token = Token::of(attempt.request)?;
    let named = token.header.get("kid")?.as_str()?;
    let sets = attempt.given.each().filter(|(role, _)| role.unwrap_or(attempt.scheme.primary_role()) == Role::Jwks);
    let sets: Vec<Value> = sets.filter_map(|(_, set)| serde_json::from_slice(set).ok()).collect();
    let keys: Vec<&Value> = sets.iter().filter_map(|set| set.get("keys")?.as_array()).flatten().collect();
    let is_known = keys.iter().any(|key| key.get("kid").and_then(Value::as_str) == Some(named));
    (!keys.is_empty() && !is_known).then(|| {
        // Nothing that the token says of its issuer is proved, so it is not where to fetch keys.
        format!(
            "the token names a key that is not among those at hand ({}): the set is old, or the token is another issuer's \
             or forged; fetch the set again from the address that the platform's documentation names",
            counted(keys.len(), "key")
        )
    })
}
