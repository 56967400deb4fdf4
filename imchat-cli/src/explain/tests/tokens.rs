//! Tokens: shared ones that are compared, and those that an issuer signs.

use imchat_verify::{Role, providers};
use time::Duration;

use super::good::{Good, now, published, signed};
use super::{Found, expect};
use crate::secrets::Given;

/// What is made here.
pub(super) const MADE: &[&str] = &["authorization-changed", "token-audience", "token-issuer", "token-email"];

const BODY: &[u8] = br#"{"update_id":1,"object_kind":"push"}"#;
const TOKEN: &str = "an imchat test token";

/// The published requests that an issuer's token proves.
fn issued() -> Vec<Good> {
    let goods = published().into_iter().filter(|good| good.scheme.primary_role() == Role::Jwks).collect::<Vec<_>>();
    assert!(
        ["google-chat", "teams-botframework"].iter().all(|name| goods.iter().any(|good| good.scheme.name() == *name))
    );
    goods
}

/// A request that a shared token in this header proves.
fn shared(provider: &str, header: &str, role: Option<Role>) -> Good {
    let mut good = Good {
        scheme: providers::by_name(provider).unwrap(),
        given: Given::of([(role, TOKEN.into())]),
        request: signed(&providers::GITHUB, BODY).unwrap().request,
        now: now(),
    };
    good.request.headers = vec![(header.to_owned(), TOKEN.into())];
    assert!(good.verifies(), "{provider}");
    good
}

fn telegram() -> Good {
    shared("telegram", "X-Telegram-Bot-Api-Secret-Token", None)
}

fn gitlab() -> Good {
    shared("gitlab", "X-Gitlab-Token", Some(Role::Token))
}

fn authorization(good: &mut Good) -> &mut Vec<u8> {
    let mut headers = good.request.headers.iter_mut();
    headers.find(|(name, _)| name.eq_ignore_ascii_case("authorization")).map(|(_, value)| value).unwrap()
}

#[test]
fn a_token_for_somebody_else_is_found_and_says_for_whom() {
    let mut found = Found::new();
    for (name, role) in
        [("token-audience", Role::Audience), ("token-issuer", Role::Issuer), ("token-email", Role::Email)]
    {
        for mut good in issued().into_iter().filter(|good| good.scheme.roles().any(|(known, _)| known == role)) {
            good.given = good.given.instead(role, b"https://another.example".to_vec());
            expect(&good, name, &mut found);
            if let Some(explanation) = good.explained() {
                assert!(explanation.sentence.contains("(the token's is "), "{}", explanation.sentence);
            }
        }
    }
    assert!(found["token-audience"].len() >= 2 && found["token-issuer"].len() >= 2, "{found:?}");
    assert!(found["token-email"].contains("google-chat"), "{found:?}");
}

#[test]
fn a_token_that_has_ended_or_not_begun_is_a_matter_of_the_clock() {
    let mut early = 0;
    for mut good in issued() {
        good.now += Duration::days(2);
        let ended = good.explained().unwrap();
        assert_eq!((ended.cause, ended.proved), (Some("token-ended"), true), "{}", ended.sentence);
        assert!(ended.sentence.contains("the token ended ") && ended.sentence.contains("--now"), "{}", ended.sentence);
        good.now -= Duration::days(4);
        let Some(begins) = good.explained() else { continue };
        assert_eq!((begins.cause, begins.proved), (Some("token-not-begun"), true), "{}", begins.sentence);
        early += 1;
    }
    assert!(early > 1, "{early}");
}

#[test]
fn keys_without_the_one_that_the_token_names_are_named_as_old_or_anothers() {
    for mut good in issued() {
        let place = good.given.each().position(|(role, _)| role == Some(Role::Jwks)).unwrap();
        let keys = good.given.each().nth(place).map(|(_, keys)| String::from_utf8_lossy(keys).into_owned()).unwrap();
        good.given = good.given.replaced(place, keys.replace("\"kid\":\"", "\"kid\":\"last-years-").into_bytes());
        let explanation = good.explained().unwrap();
        assert_eq!((explanation.cause, explanation.proved), (Some("keys-without-its-key"), false));
        assert!(explanation.sentence.contains("fetch the set again"), "{}", explanation.sentence);
    }
}

#[test]
fn a_token_of_another_algorithm_is_not_called_one_of_keys_that_are_not_at_hand() {
    for mut good in issued() {
        // {"alg":"HS256","kid":"x"}.{"iss":"https://evil.example"}
        *authorization(&mut good) =
            b"Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJodHRwczovL2V2aWwuZXhhbXBsZSJ9.AAAA".to_vec();
        let explanation = good.explained().unwrap();
        assert_eq!(explanation.cause, None, "{}", explanation.sentence);
        assert!(!explanation.sentence.contains("evil"), "{}", explanation.sentence);
    }
}

#[test]
fn an_altered_token_is_not_called_an_altered_body() {
    for mut good in issued() {
        authorization(&mut good).pop();
        // As much sorted as a serialiser would leave it, which says nothing where no signature covers it.
        good.request.body = br#"{"a":1,"b":2,"c":3,"d":"\ufffd"}"#.to_vec();
        let explanation = good.explained().unwrap();
        assert_eq!(explanation.cause, None, "{}", explanation.sentence);
        assert!(!explanation.sentence.contains("the bytes that were signed"), "{}", explanation.sentence);
    }
}

#[test]
fn a_url_as_audience_is_no_wrong_credential() {
    for mut good in issued() {
        good.given = good.given.instead(Role::Audience, b"https://bot.example.com/chat".to_vec());
        authorization(&mut good).truncate(20);
        let explanation = good.explained().unwrap();
        assert_ne!(explanation.cause, Some("secret-is-another-credential"), "{}", explanation.sentence);
    }
}

#[test]
fn the_url_of_the_keys_in_their_place_is_named() {
    let good = issued().into_iter().find(|good| good.scheme.name() == "google-chat").unwrap();
    let given = good.given.instead(Role::Jwks, b"https://www.googleapis.com/oauth2/v3/certs".to_vec());
    let explanation = Good { given, ..good }.explained().unwrap();
    assert_eq!(explanation.cause, Some("secret-is-another-credential"));
    assert!(explanation.sentence.contains("fetch it and give what it answers"), "{}", explanation.sentence);
}

#[test]
fn a_word_before_the_token_that_was_added_doubled_or_lost_is_found() {
    let mut found = Found::new();
    for change in [b"Bearer Bearer ".as_slice(), b"", b"Token "] {
        for mut good in issued() {
            let header = authorization(&mut good);
            let bare = header.split_off("Bearer ".len());
            *header = [change, &bare].concat();
            expect(&good, "authorization-changed", &mut found);
        }
    }
    let mut teams = signed(providers::by_name("teams-outgoing").unwrap(), BODY).unwrap();
    let bare = authorization(&mut teams).split_off("HMAC ".len());
    *authorization(&mut teams) = bare;
    expect(&teams, "authorization-changed", &mut found);
    for mut good in [telegram(), gitlab()] {
        good.request.headers[0].1 = [b"Bearer ", TOKEN.as_bytes()].concat();
        expect(&good, "authorization-changed", &mut found);
    }
    assert!(
        ["google-chat", "teams-outgoing", "telegram", "gitlab"]
            .iter()
            .all(|name| found["authorization-changed"].contains(name))
    );
}

#[test]
fn an_authorization_that_a_proxy_added_is_found() {
    let mut found = Found::new();
    let body = format!("token={}&text=hi", TOKEN.replace(' ', "+"));
    let mut good = telegram();
    good.scheme = providers::by_name("mattermost").unwrap();
    good.request.headers = vec![("Content-Type".into(), b"application/x-www-form-urlencoded".to_vec())];
    let mut good = good.with_body(body);
    assert!(good.verifies());
    good.request.headers.push(("Authorization".into(), b"Token of the proxy".to_vec()));
    expect(&good, "authorization-changed", &mut found);
    assert!(found["authorization-changed"].contains("mattermost"));
}

#[test]
fn a_shared_token_that_was_stored_otherwise_is_found() {
    let mut found = Found::new();
    let stored = [
        ("secret-space", "an imchat test token\n"),
        ("secret-quotes", "\"an imchat test token\""),
        ("secret-prefix-kept", "Bearer an imchat test token"),
    ];
    for (name, stored) in stored {
        for good in [telegram(), gitlab()] {
            let given = good.given.replaced(0, stored.into());
            expect(&Good { given, ..good }, name, &mut found);
        }
    }
    let good = gitlab();
    expect(&Good { given: Given::of([(Some(Role::Sign), TOKEN.into())]), ..good }, "secret-role", &mut found);
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn another_token_says_what_to_compare() {
    for good in [telegram(), gitlab()] {
        let given = good.given.replaced(0, b"the token of another hook".to_vec());
        let explanation = Good { given, ..good }.explained().unwrap();
        assert_eq!(explanation.cause, None);
        let says = "compare the configured token with the one that the platform was given";
        assert!(explanation.sentence.contains(says), "{}", explanation.sentence);
    }
    let good = telegram();
    let given = good.given.replaced(0, b"12345678:ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghi".to_vec());
    let explanation = Good { given, ..good }.explained().unwrap();
    assert!(explanation.sentence.contains("a bot token of Telegram"), "{}", explanation.sentence);
}
