use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use imchat_verify::{Error, Head, Role, Secrets, Verifier, providers};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::*;

const KEY: &str = "tWjpXzVqr_CInhrgTMW_xLSmmbOKNUmbf0KmL4TYqZGiSzov6ofJAaEdidelqwkb6cUu7vSTfgHiY0IHYWVBX0WZPwjhZeal7-p2gKlLYD_zDaS7fHtKFC3erCbN7t6X1k0dhSPsvvI12qQHgwbDAgCgYGTJXOySJ0aV1W8aa3u5l_U8nauYH7mTCIeSlJuH8q9ljw3DvEccZTlNkN5gjbpVKAOOUjv_AmrJfDjjqrfzjzhDnzKpsvsU3S-nMtbthOsTkqOaI59jr4pRYcT-t-bUPg5COGp-dSCUkvaXhiMdWy1e-BeaoOnZQP5WToL-Z1oiq-aftap0lZa2KtenpQ";

fn key_set(id: &str) -> String {
    format!(r#"{{"keys":[{{"kty":"RSA","kid":"{id}","n":"{KEY}","e":"AQAB"}}]}}"#)
}

/// An issuer on this machine that answers every question with what it is told to.
struct Issuer {
    url: String,
    answer: Arc<Mutex<(u16, String)>>,
    asked: watch::Receiver<usize>,
}

impl Issuer {
    async fn start(answer: String) -> Self {
        // Another crate of the build may bring reqwest's TLS without a provider.
        let _already_there = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let answer = Arc::new(Mutex::new((200, answer)));
        let (count, asked) = watch::channel(0_usize);
        let told = Arc::clone(&answer);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _read = stream.read(&mut request).await;
                let (status, body) = told.lock().unwrap().clone();
                let head =
                    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _sent = stream.write_all((head + &body).as_bytes()).await;
                count.send_modify(|count| *count = count.saturating_add(1));
            }
        });
        Self { url, answer, asked }
    }

    fn answers(&self, status: u16, body: String) {
        *self.answer.lock().unwrap() = (status, body);
    }

    async fn fetch(&self) -> Result<RefreshedKeys, KeysError> {
        RefreshedKeys::fetch(Client::new(), &self.url).await
    }
}

fn has(keys: &RefreshedKeys, id: &str) -> bool {
    format!("{:?}", keys.current().unwrap()).contains(&format!("{id:?}"))
}

/// Lets the keys be kept fresh until this holds.
async fn kept_until(keys: &RefreshedKeys, holds: impl Fn() -> bool) {
    let until = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        never = keys.keep_fresh() => match never {},
        () = until => {}
    }
}

#[tokio::test]
async fn keys_are_there_before_the_first_request() {
    let keys = Issuer::start(key_set("first")).await.fetch().await.unwrap();
    assert!(has(&keys, "first"));
}

#[tokio::test]
async fn what_is_no_key_set_is_an_error_at_the_start() {
    let issuer = Issuer::start("<html>".to_owned()).await;
    assert!(matches!(issuer.fetch().await, Err(KeysError::NotKeys)));
    issuer.answers(200, r#"{"keys":[]}"#.to_owned());
    assert!(matches!(issuer.fetch().await, Err(KeysError::NotKeys)));
    issuer.answers(404, key_set("first"));
    assert!(matches!(issuer.fetch().await, Err(KeysError::Status(404))));
    issuer.answers(200, " ".repeat(MOST_BYTES + 1));
    assert!(matches!(issuer.fetch().await, Err(KeysError::TooLarge)));
}

#[tokio::test]
async fn keys_come_over_tls_or_from_this_machine() {
    for url in ["http://issuer.example/keys", "ftp://127.0.0.1/keys", "keys", "http://127.0.0.1.evil.example/keys"] {
        assert!(matches!(RefreshedKeys::fetch(Client::new(), url).await, Err(KeysError::Url(_))), "{url}");
    }
}

#[tokio::test]
async fn a_token_with_a_key_that_is_not_there_has_them_fetched_again() {
    let issuer = Issuer::start(key_set("first")).await;
    let keys = Arc::new(issuer.fetch().await.unwrap().spacing(Duration::ZERO));
    let secrets = Secrets::published(keys.clone()).with(Role::Audience, "42");
    let verifier = Verifier::of(&providers::GOOGLE_CHAT, secrets).unwrap();
    issuer.answers(200, key_set("second"));
    // {"alg":"RS256","kid":"second"}
    let headers = [("authorization", "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6InNlY29uZCJ9.e30.AAAA")];
    let refused = verifier.begin(Head::post(&headers), SystemClock.now()).map(drop);
    assert_eq!(refused.unwrap_err(), Error::WrongClaim("kid"));
    kept_until(&keys, || has(&keys, "second")).await;
    let refused = verifier.begin(Head::post(&headers), SystemClock.now()).map(drop);
    assert_eq!(refused.unwrap_err(), Error::Mismatch, "the key is there now");
}

#[tokio::test]
async fn however_many_such_tokens_come_the_issuer_is_asked_seldom() {
    let issuer = Issuer::start(key_set("first")).await;
    let keys = issuer.fetch().await.unwrap().spacing(Duration::from_hours(1));
    let rounds = AtomicUsize::new(0);
    kept_until(&keys, || {
        keys.unknown_key();
        rounds.fetch_add(1, Ordering::Relaxed) > 1000
    })
    .await;
    assert_eq!(*issuer.asked.borrow(), 1, "at the start");
}

#[tokio::test]
async fn keys_that_cannot_be_renewed_count_on() {
    let issuer = Issuer::start(key_set("first")).await;
    let keys = issuer.fetch().await.unwrap().spacing(Duration::ZERO);
    issuer.answers(500, String::new());
    keys.unknown_key();
    kept_until(&keys, || *issuer.asked.borrow() == 2).await;
    assert!(has(&keys, "first"));
}

#[tokio::test]
async fn a_token_with_an_unknown_key_puts_off_no_question_that_is_due() {
    let issuer = Issuer::start(key_set("first")).await;
    let keys = issuer.fetch().await.unwrap().spacing(Duration::from_hours(1));
    *keys.fresh.write().unwrap() = Duration::from_millis(20);
    issuer.answers(200, key_set("second"));
    keys.unknown_key();
    kept_until(&keys, || has(&keys, "second")).await;
}
