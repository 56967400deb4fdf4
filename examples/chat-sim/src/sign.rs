//! What signs a delivery.

use imchat_verify::Scheme;
use imchat_verify::providers::{DISCORD, FEISHU, SLACK};
use imchat_verify::sign::{SignRequest, Signer};
use time::OffsetDateTime;

/// Signs one request body at one moment.
///
/// Returns the headers to set, for instance `x-slack-signature` and `x-slack-request-timestamp`; they replace headers of
/// the same name. `at` is Unix seconds, so that a sender can sign for any time. An empty vector sends unsigned.
/// Closures of this shape are signers.
pub trait Sign: Send + Sync {
    /// The headers that make `body` authentic at `at` (Unix seconds).
    fn sign(&self, body: &[u8], at: i64) -> Vec<(String, String)>;
}

impl<F> Sign for F
where
    F: Fn(&[u8], i64) -> Vec<(String, String)> + Send + Sync,
{
    fn sign(&self, body: &[u8], at: i64) -> Vec<(String, String)> {
        self(body, at)
    }
}

/// Slack's v0 signature under this signing secret, whose bytes are used as they are; an empty secret signs nothing.
#[must_use]
pub fn slack(secret: &str) -> impl Sign + 'static {
    signer(&SLACK, secret)
}

/// Feishu's SHA-256 under this encrypt key, over the body as it is sent; an empty key signs nothing.
#[must_use]
pub fn feishu(encrypt_key: &str) -> impl Sign + 'static {
    signer(&FEISHU, encrypt_key)
}

/// Discord's Ed25519 under this seed of a key pair, 64 hex digits; anything else signs nothing.
#[must_use]
pub fn discord(seed: &str) -> impl Sign + 'static {
    signer(&DISCORD, seed)
}

fn signer(scheme: &'static Scheme, secret: &str) -> impl Sign + 'static {
    let signer = Signer::of(scheme, secret).ok();
    move |body: &[u8], at: i64| {
        let at = OffsetDateTime::from_unix_timestamp(at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        signer.as_ref().and_then(|signer| signer.sign(SignRequest::post(body, at)).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of <https://docs.slack.dev/authentication/verifying-requests-from-slack/>.
    #[test]
    fn slack_signs_as_its_documentation_does() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
                    &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
                    &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN\
                    &trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let headers = slack("8f742231b10e8888abcd99yyyzzz85a5").sign(body.as_bytes(), 1_531_420_618);
        let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        assert_eq!(headers[0], ("x-slack-request-timestamp".to_owned(), "1531420618".to_owned()));
        assert_eq!(headers[1], ("x-slack-signature".to_owned(), signature.to_owned()));
    }

    #[test]
    fn a_closure_is_a_signer() {
        let signer = |body: &[u8], at: i64| vec![("x-length".to_owned(), format!("{}@{at}", body.len()))];
        assert_eq!(Sign::sign(&signer, b"abc", 7), [("x-length".to_owned(), "3@7".to_owned())]);
    }

    /// A receiver proves what is signed here, under the keys of the archived requests.
    #[test]
    fn feishu_and_discord_are_proved() {
        use imchat_verify::providers::{Discord, Feishu};
        use imchat_verify::{Head, Verdict};

        let now = OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("a time");
        let body = br#"{"schema":"2.0","header":{"event_id":"e"},"id":"1","type":2}"#;
        let headers = feishu("an encrypt key").sign(body, 1_700_000_000);
        let verifier = Feishu::verifier("an encrypt key").expect("a key");
        assert!(matches!(verifier.verify(Head::post(&headers), body, now), Ok(Verdict::Event(_))));
        let headers =
            discord("696d636861742d746573742d646973636f72642d656432353531392d73656564").sign(body, 1_700_000_000);
        let verifier =
            Discord::verifier("271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552").expect("a key");
        assert!(matches!(verifier.verify(Head::post(&headers), body, now), Ok(Verdict::Event(_))));
        assert_eq!(discord("no seed").sign(body, 1_700_000_000), []);
    }
}
