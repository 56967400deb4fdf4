//! Secrets that are mistaken: what is refused, and what is allowed and warned of.

use imchat_tests::keys;
use imchat_verify::providers::{Discord, Feishu, GoogleChat, Slack, WeCom};
use imchat_verify::{ConfigError, ConfigWarning, Role, Secrets};

const SIXTEEN: &str = "sixteen bytes...";
const FIFTEEN: &str = "fifteen bytes..";

fn of_slack(secrets: impl Into<Secrets>) -> Vec<ConfigWarning> {
    Slack::verifier(secrets).unwrap().warnings().to_vec()
}

#[test]
fn white_space_on_either_side_of_a_secret_is_warned_of() {
    let warned = vec![ConfigWarning::SpaceAround { role: Role::Sign, index: 0 }];
    for secret in [" a secret of some length", "a secret of some length\n"] {
        assert_eq!(of_slack(secret), warned, "{secret:?}");
    }
    assert_eq!(of_slack("a secret of some length"), []);
}

#[test]
fn a_signing_secret_under_sixteen_bytes_is_warned_of() {
    assert_eq!(of_slack(SIXTEEN), []);
    for short in [FIFTEEN, "s"] {
        assert_eq!(of_slack(short), [ConfigWarning::Short { role: Role::Sign, index: 0 }]);
    }
}

#[test]
fn a_warning_names_the_place_among_the_secrets_of_its_role() {
    let secrets = Secrets::new(SIXTEEN).and_previous(FIFTEEN).and_previous(SIXTEEN);
    assert_eq!(of_slack(secrets), [ConfigWarning::Short { role: Role::Sign, index: 1 }]);
    let secrets = Secrets::new(keys::FEISHU_ENCRYPT).with(Role::VerificationToken, " short");
    let warned = ConfigWarning::SpaceAround { role: Role::VerificationToken, index: 0 };
    assert_eq!(Feishu::verifier(secrets).unwrap().warnings(), [warned], "a token signs nothing");
}

#[test]
fn a_role_that_a_scheme_never_reads_is_refused_beside_several_that_it_reads() {
    let secrets = Secrets::new("a token of some length")
        .with(Role::EncodingAesKey, "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
        .with(Role::ReceiveId, "wx5823bf96d3bd56c7");
    assert!(WeCom::verifier(secrets.clone()).is_ok());
    let unread = WeCom::verifier(secrets.with(Role::PublicKey, keys::DISCORD_PUBLIC));
    assert!(matches!(unread, Err(ConfigError::UnusedRole { role: Role::PublicKey, .. })));
}

#[test]
fn keys_that_cannot_be_used_are_told_what_they_should_be() {
    let expected = |error| match error {
        Some(ConfigError::BadSecret { expected, .. }) => expected,
        other => panic!("{other:?}"),
    };
    let keys = Secrets::of(Role::Jwks, r#"{"keys":[]}"#).with(Role::Audience, "1234567890");
    assert!(expected(GoogleChat::verifier(keys).err()).contains("JSON Web Key Set"));
    assert!(expected(Discord::verifier("00".repeat(32)).err()).contains("Ed25519"));
}
