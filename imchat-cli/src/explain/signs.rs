//! What looks like a mistake though nothing can prove it: the secret that would be right is not at hand, or the bytes
//! that were signed are lost.

use imchat_verify::{Form, Role, Scheme, providers};

use super::attempt::Attempt;
use super::token;
use crate::capture::Captured;

/// One look, and what it found as a whole sentence.
pub(super) struct Sign {
    /// A short, stable name.
    pub(super) name: &'static str,
    /// Whether it says that the body is not what was signed.
    pub(super) of_body: bool,
    pub(super) look: fn(&Attempt<'_>) -> Option<String>,
}

pub(super) const SIGNS: &[Sign] = &[
    Sign { name: "headers-of-another-provider", of_body: false, look: other_headers },
    Sign { name: "secret-is-another-credential", of_body: false, look: other_credential },
    Sign { name: "keys-without-its-key", of_body: false, look: token::unknown_key },
    Sign { name: "body-lost", of_body: false, look: lost },
    Sign { name: "body-replaced", of_body: true, look: replaced },
    Sign { name: "json-sorted", of_body: true, look: sorted },
];

/// The request has none of the scheme's headers and has another provider's.
fn other_headers(attempt: &Attempt<'_>) -> Option<String> {
    let proves =
        |scheme: &Scheme| attempt.request.headers.iter().any(|(name, _)| scheme.proves_by(&name.to_ascii_lowercase()));
    if proves(attempt.scheme) {
        return None;
    }
    let others: Vec<&str> =
        providers::all().iter().filter(|scheme| proves(scheme)).map(|scheme| scheme.name()).collect();
    let others = (!others.is_empty()).then(|| others.join(" or "))?;
    Some(format!(
        "the request has no signature of {} and the headers of {others}: verify it with that provider and its secret, \
         or have the platform send to that provider's route",
        attempt.scheme.name()
    ))
}

/// A secret that has the form of something else.
fn other_credential(attempt: &Attempt<'_>) -> Option<String> {
    attempt.given.each().find_map(|(role, secret)| {
        let role = role.unwrap_or(attempt.scheme.primary_role());
        // Names are no credentials, and an audience may well be a URL.
        if matches!(role, Role::Audience | Role::Issuer | Role::Email | Role::ReceiveId) {
            return None;
        }
        let form = attempt.scheme.roles().find(|(known, _)| *known == role).map_or(Form::Text, |(_, form)| form);
        let is = credential(std::str::from_utf8(secret).ok()?.trim(), form)?;
        if role == Role::Jwks {
            return Some(format!("what is given as the keys is {is}: where it is that of the keys, fetch it and give what it answers with --secret-file"));
        }
        let wanted = match role {
            Role::Sign => "signing secret".to_owned(),
            role => role.name().replace('_', " "),
        };
        Some(format!(
            "what is given as the {wanted} is {is}: take the {wanted} that {} shows where the webhook is set up",
            attempt.scheme.name()
        ))
    })
}

/// What a credential is, where its form says so.
fn credential(text: &str, form: Form) -> Option<&'static str> {
    const KNOWN: [(&[&str], &str); 7] = [
        (&["xoxb-", "xoxp-", "xoxe.", "xoxa-", "xapp-"], "a Slack token, which calls the API and signs nothing"),
        (&["sk_live_", "sk_test_", "rk_live_", "rk_test_"], "a Stripe API key, which signs nothing"),
        (&["pk_live_", "pk_test_"], "a Stripe publishable key, which signs nothing"),
        (&["ghp_", "gho_", "ghs_", "ghu_", "github_pat_"], "a GitHub token, which signs nothing"),
        (&["whpk_"], "a public key of Standard Webhooks, which belongs in the role public_key"),
        (&["-----BEGIN "], "a key in PEM, which no scheme here takes"),
        (&["https://", "http://"], "a URL"),
    ];
    let by_prefix = KNOWN.iter().find(|(prefixes, _)| prefixes.iter().any(|prefix| text.starts_with(prefix)));
    if let Some((_, is)) = by_prefix.filter(|_| form != Form::Whpk) {
        return Some(is);
    }
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let parts: Vec<&str> = text.split('.').collect();
    match parts.as_slice() {
        [first, _, _] if first.starts_with("eyJ") => Some("a JSON Web Token, which is signed and signs nothing"),
        [id, time, rest]
            if id.len() >= 18 && time.len() == 6 && rest.len() >= 27 && parts.iter().all(|p| is_word(p)) =>
        {
            Some("a bot token of Discord, which calls the API and proves nothing")
        }
        [id] if (17..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some("the id of an application or a server, which is no secret")
        }
        [secret] if form == Form::Hex32 && secret.len() == 32 && is_word(secret) => {
            Some("as long as a client secret and not a public key of 64 hex digits")
        }
        _ => match text.split_once(':') {
            Some((id, token)) if id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_digit()) && token.len() == 35 => {
                Some("a bot token of Telegram, which calls the API; the webhook's token is the one given to setWebhook")
            }
            _ => None,
        },
    }
}

/// Somebody read the body first.
fn lost(attempt: &Attempt<'_>) -> Option<String> {
    let is_typed = attempt.request.text("content-type").is_some();
    let is_get = attempt.request.method == "GET";
    (attempt.request.body.is_empty() && is_typed && !is_get).then(|| {
        "the body is empty though the request says what type it has: something in front read it first; verify before \
         any middleware that parses bodies"
            .into()
    })
}

/// Bytes that were no UTF-8 are gone.
fn replaced(attempt: &Attempt<'_>) -> Option<String> {
    let text = std::str::from_utf8(&attempt.request.body).ok()?;
    text.contains('\u{fffd}').then(|| {
        "the body has replacement characters (U+FFFD): it was read as UTF-8 and what was none is lost; keep it as bytes"
            .into()
    })
}

/// An object whose members stand in alphabetical order was most likely put there.
fn sorted(attempt: &Attempt<'_>) -> Option<String> {
    const FEW: usize = 4;
    let names = names(attempt.request)?;
    (names.len() >= FEW && names.is_sorted()).then(|| {
        "the members of the JSON stand in alphabetical order, which a serialiser that sorts leaves behind, and the order \
         that was signed is lost: verify the bytes as they arrive, before anything parses them"
            .into()
    })
}

/// The names of the outermost members in the order of the text.
fn names(request: &Captured) -> Option<Vec<String>> {
    let object: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
    let text = std::str::from_utf8(&request.body).ok()?;
    let place = |name: &String| Some((text.find(&format!("{}:", serde_json::to_string(name).ok()?))?, name.clone()));
    let mut names = object.as_object()?.keys().map(place).collect::<Option<Vec<_>>>()?;
    names.sort();
    Some(names.into_iter().map(|(_, name)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_other_kinds_are_known_by_their_form() {
        let known = [
            ("xoxb-1234-5678-abcdefgh", Form::Text, "Slack token"),
            ("sk_live_0123456789abcdef", Form::Text, "Stripe API key"),
            ("MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs", Form::Hex32, "bot token of Discord"),
            ("198622483471925248", Form::Hex32, "id of an application"),
            ("abcdefghijklmnopqrstuvwxyz012345", Form::Hex32, "client secret"),
            ("12345678:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi", Form::Text, "bot token of Telegram"),
            ("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", Form::Text, "JSON Web Token"),
        ];
        for (secret, form, says) in known {
            assert!(credential(secret, form).is_some_and(|is| is.contains(says)), "{secret}");
        }
    }

    #[test]
    fn signing_secrets_are_none_of_them() {
        for (secret, form) in [
            ("8f742231b10e8888abcd99yyyzzz85a5", Form::Text),
            ("whsec_aW1jaGF0LXRlc3Qtc3RhbmRhcmQtd2ViaG9vay1rZXk=", Form::Whsec),
            ("271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552", Form::Hex32),
            ("whpk_JxExs0Bw9SELvdSYydwy3HseysoI1ZQphH8DtRkB2lU=", Form::Whpk),
            ("It's a Secret to Everybody", Form::Text),
        ] {
            assert_eq!(credential(secret, form), None, "{secret}");
        }
    }
}
