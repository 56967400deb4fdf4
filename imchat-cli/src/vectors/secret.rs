//! The secrets of a case, written as the scheme that takes them writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imchat_verify::{Form, Role, Scheme, Secrets};

use super::case::{Case, CaseSecret};
use crate::secrets;

/// Why a case's secrets cannot be handed to the engine.
#[derive(Debug, PartialEq)]
pub(super) enum Unusable {
    /// This build does not know what to do with them: the case is skipped.
    Unknown(String),
    /// One is not written as its encoding says: no verifier could be built.
    NotAsEncoded(String),
}

/// The secrets that the scheme reads. An application has others too, which its cases may carry.
pub(super) fn of(case: &Case, scheme: &Scheme) -> Result<Secrets, Unusable> {
    let mut secrets = Secrets::default();
    for secret in &case.secrets {
        let role = role(&secret.role, scheme)
            .ok_or_else(|| Unusable::Unknown(format!("a secret of the unknown role {}", secret.role)))?;
        let bytes = |form| written(secret, form);
        match scheme.roles().find(|(known, _)| *known == role) {
            Some((role, form)) => secrets = secrets.with(role, bytes(form)?),
            None => drop(bytes(Form::Text)?),
        }
    }
    Ok(secrets)
}

/// The role of this name; where a platform has one token, it may be called just that.
fn role(name: &str, scheme: &Scheme) -> Option<Role> {
    let reads = |role| scheme.roles().any(|(known, _)| known == role);
    match name {
        "app_id" if reads(Role::Audience) => Some(Role::Audience),
        "verify_token" => Some(Role::VerificationToken),
        "token" if !reads(Role::Token) && reads(Role::VerificationToken) => Some(Role::VerificationToken),
        name => Role::from_name(name),
    }
}

/// How a value of this encoding is written where the scheme wants this form.
fn written(secret: &CaseSecret, form: Form) -> Result<Vec<u8>, Unusable> {
    let unknown = || Unusable::Unknown(format!("a secret in the unknown encoding {}", secret.encoding));
    let value = secret.value.as_str();
    let as_it_is = || Ok(value.as_bytes().to_vec());
    match (secret.encoding.as_str(), form) {
        // A text scheme takes what the platform shows, whatever it looks like.
        ("utf8" | "whsec" | "whpk", Form::Text) => as_it_is(),
        // The engine is strict about the forms that it decodes itself: nothing here may repair a value for it.
        ("utf8" | "hex", Form::Hex32) | ("whsec" | "base64", Form::Whsec) | ("utf8" | "whpk", Form::Whpk) => as_it_is(),
        ("json" | "utf8", Form::Jwks) => as_it_is(),
        ("utf8", Form::AesKey | Form::Name)
        | ("utf8" | "base64", Form::Base64)
        | ("utf8" | "whsec", Form::WhsecOrText) => as_it_is(),
        ("utf8", Form::Whsec) if value.starts_with("whsec_") => as_it_is(),
        ("utf8" | "hex" | "base64" | "whsec" | "whpk", form) => Ok(secrets::written(&decoded(secret, value)?, form)),
        _ => Err(unknown()),
    }
}

fn decoded(secret: &CaseSecret, value: &str) -> Result<Vec<u8>, Unusable> {
    let bytes = match secret.encoding.as_str() {
        "hex" => const_hex::decode(value.as_bytes()).ok().filter(|_| !value.starts_with("0x")),
        "base64" => STANDARD.decode(value).ok(),
        "whsec" => STANDARD.decode(value.strip_prefix("whsec_").unwrap_or(value)).ok(),
        "whpk" => value.strip_prefix("whpk_").and_then(|value| STANDARD.decode(value).ok()),
        _ => Some(value.as_bytes().to_vec()),
    };
    bytes.ok_or_else(|| Unusable::NotAsEncoded(format!("the {} secret is not {}", secret.role, secret.encoding)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(encoding: &str, value: &str) -> CaseSecret {
        CaseSecret { value: value.into(), role: "sign".into(), encoding: encoding.into() }
    }

    fn as_text(encoding: &str, value: &str, form: Form) -> String {
        String::from_utf8(written(&secret(encoding, value), form).unwrap()).unwrap()
    }

    #[test]
    fn what_is_written_as_the_scheme_writes_it_is_left_alone() {
        assert_eq!(as_text("utf8", "8f742231b10e", Form::Text), "8f742231b10e");
        assert_eq!(as_text("utf8", "whsec_test_secret", Form::Text), "whsec_test_secret");
        assert_eq!(as_text("whsec", "whsec_???", Form::Whsec), "whsec_???");
        assert_eq!(as_text("hex", "zz", Form::Hex32), "zz");
    }

    #[test]
    fn other_encodings_are_rewritten() {
        assert_eq!(as_text("hex", "6b6579", Form::Text), "key");
        assert_eq!(as_text("base64", "a2V5", Form::Text), "key");
        assert_eq!(as_text("utf8", "key", Form::Whsec), "whsec_a2V5");
        assert_eq!(as_text("hex", "6b6579", Form::Whsec), "whsec_a2V5");
        assert_eq!(as_text("base64", "a2V5", Form::Hex32), "6b6579");
        assert_eq!(as_text("whpk", "whpk_a2V5", Form::Hex32), "6b6579");
        assert_eq!(as_text("base64", "a2V5", Form::Whpk), "whpk_a2V5");
    }

    #[test]
    fn a_value_that_belies_its_encoding_constructs_nothing() {
        let wrong = written(&secret("hex", "0xzz"), Form::Text).unwrap_err();
        assert_eq!(wrong, Unusable::NotAsEncoded("the sign secret is not hex".into()));
    }

    #[test]
    fn an_unknown_encoding_is_named() {
        let unknown = written(&secret("rot13", "xrl"), Form::Text).unwrap_err();
        assert_eq!(unknown, Unusable::Unknown("a secret in the unknown encoding rot13".into()));
    }
}
