//! Rotation: an earlier secret counts until its end, and not one second longer.

use imchat_tests::{Outcome, SIGNED_AT, at, forge, keys, outcome};
use imchat_verify::providers::{Discord, Feishu, Slack, Stripe};
use imchat_verify::{ConfigError, Error, Role, Secrets};
use time::Duration;

const NOW: &str = "1700000000";

#[test]
fn which_secret_matched_is_known() {
    let verifier = Slack::verifier(
        Secrets::new("the new secret, twenty").and_previous(keys::SLACK).and_previous("the oldest, twenty bytes"),
    )
    .unwrap();
    assert_eq!(outcome(&verifier, &forge::slack(NOW, b"{}"), at(SIGNED_AT)).event().secret, 1);
    let current = Slack::verifier(Secrets::new(keys::SLACK).and_previous("the oldest, twenty bytes")).unwrap();
    assert_eq!(outcome(&current, &forge::slack(NOW, b"{}"), at(SIGNED_AT)).event().secret, 0);
}

#[test]
fn a_previous_secret_counts_until_its_end_and_not_at_it() {
    let secrets = Secrets::new("the new secret, twenty").and_previous_until(keys::SLACK, at(SIGNED_AT + 100));
    let verifier = Slack::verifier(secrets).unwrap();
    let request = forge::slack(NOW, b"{}");
    assert_eq!(outcome(&verifier, &request, at(SIGNED_AT + 99)).event().secret, 1);
    assert!(outcome(&verifier, &request, at(SIGNED_AT + 100) - Duration::NANOSECOND).is_accepted());
    assert_eq!(outcome(&verifier, &request, at(SIGNED_AT + 100)).error(), Error::Mismatch);
    assert_eq!(outcome(&verifier, &request, at(SIGNED_AT + 101)).error(), Error::Mismatch);
}

#[test]
fn the_end_counts_for_bodies_that_arrive_in_pieces_too() {
    let secrets = Secrets::new("the new secret, twenty").and_previous_until(keys::SLACK, at(SIGNED_AT + 100));
    let verifier = Slack::verifier(secrets).unwrap();
    let request = forge::slack(NOW, b"{}");
    for (now, accepted) in [(SIGNED_AT + 99, true), (SIGNED_AT + 100, false)] {
        let mut pending = verifier.begin(request.head(), at(now)).unwrap();
        pending.update(&request.body);
        assert_eq!(Outcome::from(pending.finish()).is_accepted(), accepted, "at {now}");
    }
}

#[test]
fn the_end_of_an_earlier_secret_leaves_the_current_one_alone() {
    let secrets = Secrets::new(keys::SLACK).and_previous_until("an earlier secret, ended", at(SIGNED_AT - 1));
    let verifier = Slack::verifier(secrets).unwrap();
    assert_eq!(outcome(&verifier, &forge::slack(NOW, b"{}"), at(SIGNED_AT)).event().secret, 0);
}

#[test]
fn when_all_secrets_have_ended_nothing_passes() {
    let secrets = Secrets::default().and_previous_until(keys::SLACK, at(SIGNED_AT));
    let verifier = Slack::verifier(secrets).unwrap();
    assert_eq!(outcome(&verifier, &forge::slack(NOW, b"{}"), at(SIGNED_AT)).error(), Error::Mismatch);
}

#[test]
fn an_ended_encrypt_key_does_not_fall_back_to_the_token_alone() {
    let secrets = Secrets::of(Role::VerificationToken, keys::FEISHU_TOKEN)
        .and_previous_until(keys::FEISHU_ENCRYPT, at(SIGNED_AT));
    let verifier = Feishu::verifier(secrets).unwrap();
    let body = format!(r#"{{"token":"{}","uuid":"1"}}"#, keys::FEISHU_TOKEN);
    let signed = forge::feishu(NOW, "1", body.as_bytes());
    assert!(outcome(&verifier, &signed, at(SIGNED_AT - 1)).is_accepted());
    assert_eq!(outcome(&verifier, &signed, at(SIGNED_AT)).error(), Error::Mismatch);
    let unsigned = imchat_tests::Request::post(body);
    assert!(matches!(outcome(&verifier, &unsigned, at(SIGNED_AT)).error(), Error::Missing(_)));
}

#[test]
fn both_signatures_of_a_rolled_secret_pass_in_any_order() {
    let verifier = Stripe::verifier(keys::STRIPE).unwrap();
    let request = forge::stripe(NOW, b"{}");
    let (time, good) = {
        let value = std::str::from_utf8(request.get("stripe-signature").unwrap()).unwrap();
        let (time, good) = value.split_once(',').unwrap();
        (time.to_owned(), good.to_owned())
    };
    let other = format!("v1={}", "ab".repeat(32));
    for value in [format!("{time},{good},{other}"), format!("{time},{other},{good}"), format!("{other},{good},{time}")]
    {
        let request = request.clone().with("stripe-signature", value.clone());
        assert!(outcome(&verifier, &request, at(SIGNED_AT)).is_accepted(), "{value}");
    }
}

#[test]
fn at_most_four_secrets_of_a_role_are_taken() {
    let four = (0..3).fold(Secrets::new("number 0 of the secrets"), |all, nth| {
        all.and_previous(format!("number {nth} of the older secrets"))
    });
    assert!(Slack::verifier(four.clone()).is_ok());
    let five = four.and_previous("one more, which is too many");
    assert!(matches!(Slack::verifier(five), Err(ConfigError::TooManySecrets { role: Role::Sign, most: 4 })));
    let keys = (0..5).fold(Secrets::default(), |all, _| all.with(Role::PublicKey, keys::DISCORD_PUBLIC));
    assert!(matches!(Discord::verifier(keys), Err(ConfigError::TooManySecrets { .. })));
}

#[test]
fn a_token_that_is_given_twice_counts_like_one() {
    let once = Secrets::of(Role::EncryptKey, keys::FEISHU_ENCRYPT).with(Role::VerificationToken, keys::FEISHU_TOKEN);
    let body = format!(r#"{{"uuid":"1","token":"{}"}}"#, keys::FEISHU_TOKEN);
    let verifier = Feishu::verifier(once.with(Role::VerificationToken, keys::FEISHU_TOKEN)).unwrap();
    assert!(outcome(&verifier, &forge::feishu(NOW, "1", body.as_bytes()), at(SIGNED_AT)).is_accepted());
}
