//! What a hook's requests can be proved by.

use std::fmt;
use std::time::Duration;

use imchat_verify::providers::{all, by_name};
use imchat_verify::scheme::{Facts, Key};
use imchat_verify::{AnyProvider, ConfigError, Form, Role, Scheme, Secrets, Verifier};

/// A scheme that one secret is enough for, and that proves in the head or the body.
///
/// Not among them: what signs the public URL or proves in it, tokens under an issuer's keys, and what has no key, of which
/// an inbox keeps nothing (Dropbox).
#[derive(Clone, Copy)]
pub struct Preset(&'static Scheme);

impl Preset {
    /// The preset of this name, as `imchat providers` spells it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        by_name(name).filter(|scheme| fits(scheme)).map(Self)
    }

    /// The names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        all().iter().filter(|scheme| fits(scheme)).map(|scheme| scheme.name())
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name()
    }

    /// How long the provider waits for an answer, where it says so: the shortest of its kinds.
    #[must_use]
    pub fn waits(self) -> Option<Duration> {
        self.0.all_facts().filter_map(Facts::published_ack).min()
    }

    /// A verifier under these secrets.
    ///
    /// GitLab has two schemes, and the secret tells which: a signing token begins with `whsec_`, a secret token does not.
    ///
    /// # Errors
    /// [`ConfigError`] where a secret is not written as the provider writes it.
    pub fn verifier(self, secret: &str, secrets: Secrets) -> Result<Verifier<AnyProvider>, ConfigError> {
        let signs = secret.starts_with("whsec_") || !self.0.roles().next().is_some_and(|(_, form)| form == Form::Whsec);
        let scheme = self.0.without_key().filter(|_| !signs).unwrap_or(self.0);
        Verifier::of(scheme, secrets)
    }

    /// Whether it is set up by an unsigned question for a token that is configured beside the secret.
    #[must_use]
    pub fn asks_for_token(self) -> bool {
        self.0.answers_unsigned() && self.0.roles().any(|(role, _)| role == Role::VerificationToken)
    }
}

fn fits(scheme: &Scheme) -> bool {
    let one_secret = scheme.roles().next().is_some_and(|(_, form)| {
        matches!(form, Form::Text | Form::Hex32 | Form::Base64 | Form::Whsec | Form::WhsecOrText)
    });
    one_secret && !scheme.signs_url() && !scheme.proves_in_query() && !matches!(scheme.dedup(), Key::Never)
}

impl PartialEq for Preset {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Preset {}

impl fmt::Debug for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Preset").field(&self.name()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_secret_is_enough_for_each_preset() {
        let names: Vec<_> = Preset::names().collect();
        assert!(names.len() > 25 && names.is_sorted(), "{names:?}");
        let secrets = [
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
            "MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJi",
            "whsec_MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJi",
            "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552",
        ];
        for name in names {
            let preset = Preset::named(name).expect("a preset");
            let fits = |secret: &&str| preset.verifier(secret, Secrets::new(*secret)).is_ok();
            assert!(secrets.iter().any(fits), "{name}");
        }
    }

    #[test]
    fn what_can_be_signed_is_never_taken_for_a_token() {
        let proof = |name: &str, secret: &str, header| {
            let verifier = Preset::named(name).expect("a preset").verifier(secret, Secrets::new(secret));
            verifier.expect("a verifier").scheme().proves_by(header)
        };
        assert!(proof("feishu", "an encrypt key", "x-lark-signature"));
        assert!(proof("gitlab", "whsec_MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJi", "webhook-signature"));
        assert!(!proof("gitlab", "MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJi", "webhook-signature"));
        assert!(proof("gitlab", "a token", "x-gitlab-token"));
        let asks = |name| Preset::named(name).expect("a preset").asks_for_token();
        assert!(asks("meta") && asks("feishu") && !asks("github"));
    }

    #[test]
    fn the_page_on_hooks_names_each_preset() {
        let page = include_str!("../../../../docs/setup/hooks.md");
        let names: Vec<_> = Preset::names().collect();
        assert!(page.lines().any(|line| line == names.join(", ")), "{}", names.join(", "));
    }

    #[test]
    fn what_needs_more_than_a_secret_is_none() {
        for name in ["twilio", "square", "hubspot", "wecom", "dingtalk", "google-chat", "dropbox", "nobody"] {
            assert_eq!(Preset::named(name), None, "{name}");
        }
    }
}
