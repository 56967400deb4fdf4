//! Tokens in place of a signature: those of Bot Framework and of Google Chat.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use imchat_verify::providers::{GOOGLE_CHAT, TEAMS_BOTFRAMEWORK, TEAMS_BOTFRAMEWORK_UNBOUND};
use imchat_verify::{AnyProvider, Head, Jwks, Role, Scheme, Secrets, Verifier};
use rsa::pkcs1v15::SigningKey;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::{BoxedUint, PrivateKey};
use serde_json::Value;

use crate::signed::NOW;

/// The key's two primes, made for this and for nothing else.
const PRIMES: [&str; 2] = [
    "d414674d0fa775fa9db24ff7c597f9ae055c982702404841ae1d322172277244551a16820a60d07a32bc57203eee38612d99eabd856486d2ff6544af\
     5afdf2a835129871e7d8614a7853f95fed11320829ada109e9ba01a84071c84b7bae99c587392c2d5c22ed594916a7b136501a4566dad2ceea6c139c\
     425837c34105efab",
    "d0189e3bbe0289efc7746d4d1600f6bcafb6e3401ba8fdb78cee58ffc015626a153a849a0c85e1c66b9405427cba4bbb732c500fe253c6a8c95d60cf\
     408e84f927dbab222c915b6a101ca7b8ae4ea550b7a72a3b7098686468818a3456509183c8eef1eeab81e283d9900dae69c9b8e8b8d621a914be7c76\
     00ce16714d7bd2b1",
];
/// Its modulus, as a key set writes it.
const MODULUS: &str = "rGT47mHQJRQ10e8QoCLk_yGPS-u4IH97xcyk-Z5PZgBvy0CHmtLMfPq8q_4Q_C2k9kPbdP2bWZXU6CdZYNSJpkTxDwLEPqnqti09-GQx4Qj04_iGyTbLepx4\
     49yJEKn6YcN1zW1hSBytgsEVX38VGzX-pIwWA-v2swmfHtSrWJ0SgqH3XH4W_swfbE8hWao-8p6EQ85gWO7sKyUDBUoo583I2l7mITv2Fp5Lu6Z7Vuremm_m\
     wRVvYxGH-XMiAU9WDNbNSx7b-fVq_imbPAi25IJe3gTJ1EoZuLmyeAcvS-Tm6_rMxX5BvxCajRllLl7QlLVdXPtvKv3T7TzCad37Ow";
/// What the vectors call their keys.
const NAMES: [&str; 2] = ["test-1", "k1"];
const CHANNEL: &str = "msteams";
const CHAT: &str = "chat@system.gserviceaccount.com";
const HEADER: &[u8] = br#"{"alg":"RS256","kid":"test-1"}"#;
/// How far clocks may differ, in seconds.
const SKEW: i64 = 300;

static KEY: LazyLock<SigningKey<Sha256>> = LazyLock::new(|| {
    let [p, q] = PRIMES.map(|digits| BoxedUint::from_be_slice_vartime(&hex(digits)));
    match PrivateKey::from_p_q(p, q, BoxedUint::from(65_537_u64)) {
        Ok(key) => SigningKey::new(key),
        Err(error) => panic!("the primes are none: {error}"),
    }
});

/// The key set, with the key under both names.
static SET: LazyLock<String> = LazyLock::new(|| {
    let [first, second] = NAMES.map(|name| {
        format!(r#"{{"kty":"RSA","e":"AQAB","kid":"{name}","endorsements":["{CHANNEL}"],"n":"{MODULUS}"}}"#)
    });
    format!(r#"{{"keys":[{first},{second}]}}"#)
});

/// A scheme, and a token that it takes with its body.
struct Receiver {
    scheme: &'static Scheme,
    verifier: Verifier<AnyProvider>,
    audience: &'static str,
    body: &'static [u8],
    token: String,
}

static RECEIVERS: LazyLock<[Receiver; 3]> = LazyLock::new(|| {
    [&GOOGLE_CHAT, &TEAMS_BOTFRAMEWORK, &TEAMS_BOTFRAMEWORK_UNBOUND].map(|scheme| {
        let (audience, claims, body): (_, &str, &[u8]) = if scheme.name() == "google-chat" {
            let claims = r#"{"iss":"chat@system.gserviceaccount.com","aud":"1234567890","exp":1700000300}"#;
            ("1234567890", claims, br#"{"type":"MESSAGE"}"#)
        } else {
            let claims = concat!(
                r#"{"iss":"https://api.botframework.com","aud":"9fd4ef3d-0000-4f74-947d-9675b81d9fae","#,
                r#""serviceurl":"https://smba.example/","exp":1700000300}"#
            );
            let body = br#"{"channelId":"msteams","serviceUrl":"https://smba.example/"}"#;
            ("9fd4ef3d-0000-4f74-947d-9675b81d9fae", claims, body)
        };
        let Ok(verifier) = verifier(scheme, audience, SET.as_bytes()) else { panic!("the keys do not fit") };
        Receiver { scheme, verifier, audience, body, token: signed(HEADER, claims.as_bytes()) }
    })
});

/// The first byte chooses a scheme and what the rest is: header, claims and body, a line each, behind two bytes that choose a
/// bit, which are signed; an `Authorization` header, in which the byte 1 stands for a token that holds; claims that are proved
/// by something else than RS256; or a key set, under which a token that holds is read. What is taken says what another reader
/// finds right; with that bit turned, with another proof and under other keys nothing is.
pub fn jwt(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let Some(receiver) = RECEIVERS.get(usize::from(choice % 3)) else { return };
    match choice / 3 % 4 {
        0 => claims(receiver, rest),
        1 => authorization(receiver, rest),
        2 => other_proof(receiver, rest),
        _ => key_set(receiver, rest),
    }
}

impl Receiver {
    fn takes(&self, authorization: &[u8], body: &[u8]) -> bool {
        takes(&self.verifier, authorization, body)
    }
}

fn takes(verifier: &Verifier<AnyProvider>, authorization: &[u8], body: &[u8]) -> bool {
    verifier.verify(Head::post(&[("Authorization", authorization)]), body, NOW).is_ok()
}

fn verifier(
    scheme: &'static Scheme,
    audience: &str,
    set: &[u8],
) -> Result<Verifier<AnyProvider>, imchat_verify::ConfigError> {
    Verifier::of(scheme, Secrets::of(Role::Jwks, set.to_vec()).with(Role::Audience, audience))
}

fn claims(receiver: &Receiver, data: &[u8]) {
    let Some((bit, text)) = data.split_first_chunk::<2>() else { return };
    let mut lines = text.splitn(3, |byte| *byte == b'\n');
    let (Some(header), Some(claims), Some(body)) = (lines.next(), lines.next(), lines.next()) else { return };
    let mut text = ["Bearer ", &signed(header, claims)].concat().into_bytes();
    if !receiver.takes(&text, body) {
        return;
    }
    let name = receiver.scheme.name();
    assert!(reads(header).is_some_and(|header| holds_header(&header)), "{name} takes another header");
    let (claims, json) = (reads(claims).unwrap_or_default(), reads(body).unwrap_or_default());
    assert!(holds_claims(receiver, &claims), "{name} takes other claims");
    assert!(name == "google-chat" || holds_body(receiver, &claims, &json), "{name} takes another body");
    let token = text.get_mut("Bearer ".len()..).unwrap_or_default();
    let bit = usize::from(u16::from_be_bytes(*bit)).checked_rem(token.len().saturating_mul(8)).unwrap_or_default();
    if let Some(byte) = token.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
    assert!(!receiver.takes(&text, body), "{name} takes a token with another bit");
}

fn authorization(receiver: &Receiver, text: &[u8]) {
    let text = text.split(|byte| *byte == 1).collect::<Vec<_>>().join(receiver.token.as_bytes());
    if receiver.takes(&text, receiver.body) {
        let (scheme, token) = text.split_at_checked("Bearer ".len()).unwrap_or_default();
        assert!(scheme.eq_ignore_ascii_case(b"Bearer "), "another scheme is taken");
        assert!(token == receiver.token.as_bytes(), "another token is taken");
    }
}

/// The first byte says which algorithm the token names, and what proves it.
fn other_proof(receiver: &Receiver, data: &[u8]) {
    const NAMES: [&str; 6] = ["none", "None", "HS256", "RS384", "PS256", "rs256"];
    let Some((choice, claims)) = data.split_first() else { return };
    let named = NAMES.get(usize::from(choice % 6)).copied().unwrap_or_default();
    let proof = choice / 6 % 4;
    // Nothing and a keyed hash prove nothing, whatever the token calls them.
    let named = if proof < 3 && choice & 0x80 != 0 { "RS256" } else { named };
    let message = message(format!(r#"{{"alg":"{named}","kid":"test-1"}}"#).as_bytes(), claims);
    let signature = match proof {
        0 => Vec::new(),
        1 => hash(SET.as_bytes(), &message),
        2 => hash(MODULUS.as_bytes(), &message),
        _ => KEY.sign(message.as_bytes()).to_vec(),
    };
    let text = format!("Bearer {message}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert!(!receiver.takes(text.as_bytes(), receiver.body), "{named} is taken");
}

fn key_set(receiver: &Receiver, set: &[u8]) {
    let verifier = verifier(receiver.scheme, receiver.audience, set);
    assert_eq!(Jwks::parse(set).is_ok(), verifier.is_ok(), "a key set is one in one place and none in another");
    let Ok(verifier) = verifier else { return };
    if takes(&verifier, ["Bearer ", &receiver.token].concat().as_bytes(), receiver.body) {
        let set = reads(set).unwrap_or_default();
        let number = |key: &Value, name: &str| {
            let text = key.get(name)?.as_str()?.trim_end_matches('=');
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            bytes.get(zeros..).map(<[u8]>::to_vec)
        };
        let ours = |key: &Value| {
            key.get("kid") == Some(&Value::from("test-1"))
                && number(key, "e") == Some(vec![1, 0, 1])
                && number(key, "n") == URL_SAFE_NO_PAD.decode(MODULUS).ok()
        };
        let keys = set.get("keys").and_then(Value::as_array);
        assert!(keys.is_some_and(|keys| keys.iter().any(ours)), "a token is taken under another key");
    }
}

fn reads(json: &[u8]) -> Option<Value> {
    serde_json::from_slice(json).ok()
}

fn holds_header(header: &Value) -> bool {
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    let plain = header.get("crit").is_none() && header.get("b64").is_none();
    plain && text("alg") == Some("RS256") && text("kid").is_some_and(|name| NAMES.contains(&name))
}

fn holds_claims(receiver: &Receiver, claims: &Value) -> bool {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let issued = match (receiver.scheme.name(), text("iss")) {
        ("google-chat", Some(CHAT)) => true,
        ("google-chat", Some("https://accounts.google.com")) => {
            text("email") == Some(CHAT) && claims.get("email_verified") == Some(&Value::Bool(true))
        }
        (name, issuer) => name != "google-chat" && issuer == Some("https://api.botframework.com"),
    };
    let now = NOW.unix_timestamp();
    let lasts = claims.get("exp").and_then(Value::as_i64).is_some_and(|end| now <= end.saturating_add(SKEW));
    let begun = ["nbf", "iat"].iter().all(|name| {
        claims.get(name).is_none_or(|start| start.as_i64().is_some_and(|start| start <= now.saturating_add(SKEW)))
    });
    issued && lasts && begun && text("aud") == Some(receiver.audience)
}

/// What a token of Bot Framework says of the body.
fn holds_body(receiver: &Receiver, claims: &Value, body: &Value) -> bool {
    let mut said = ["serviceurl", "serviceUrl"].iter().filter_map(|name| claims.get(name)).peekable();
    let may_miss = receiver.scheme.name() == "teams-botframework-unbound";
    let bound = if said.peek().is_none() { may_miss } else { said.all(|url| body.get("serviceUrl") == Some(url)) };
    bound && body.get("channelId") == Some(&Value::from(CHANNEL))
}

fn message(header: &[u8], claims: &[u8]) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// The token, signed as its issuer signs.
fn signed(header: &[u8], claims: &[u8]) -> String {
    let message = message(header, claims);
    let signature = KEY.sign(message.as_bytes()).to_vec();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn hash(key: &[u8], message: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { panic!("a key has any length") };
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(digits: &str) -> Vec<u8> {
    let (pairs, _) = digits.as_bytes().as_chunks::<2>();
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    pairs.iter().filter_map(|[high, low]| Some(value(*high)? << 4 | value(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_issuer_signs_is_taken_by_every_scheme() {
        assert!(RECEIVERS.iter().all(|receiver| {
            let text = ["Bearer ", &receiver.token].concat();
            receiver.takes(text.as_bytes(), receiver.body)
        }));
    }

    #[test]
    fn the_other_reader_sees_what_must_not_be_taken() {
        let receiver = &RECEIVERS[1];
        let claims =
            r#"{"iss":"https://api.botframework.com","aud":"9fd4ef3d-0000-4f74-947d-9675b81d9fae","exp":1699999700}"#;
        let read = |text: &str| reads(text.as_bytes()).unwrap();
        assert!(holds_claims(receiver, &read(claims)));
        for (old, new) in
            [("api.", "api-"), ("9fd4", "9fd5"), ("1699999700", "1699999699"), ("}", r#","nbf":1700000301}"#)]
        {
            assert!(!holds_claims(receiver, &read(&claims.replace(old, new))), "{new}");
        }
        let body = read(r#"{"channelId":"msteams","serviceUrl":"u"}"#);
        assert!(holds_body(receiver, &read(r#"{"serviceurl":"u"}"#), &body));
        assert!(!holds_body(receiver, &read("{}"), &body) && holds_body(&RECEIVERS[2], &read("{}"), &body));
        assert!(!holds_body(receiver, &read(r#"{"serviceurl":"u","serviceUrl":"v"}"#), &body));
        assert!(!holds_header(&read(r#"{"alg":"HS256","kid":"k1"}"#)) && !holds_header(&read(r#"{"alg":"RS256"}"#)));
    }
}
