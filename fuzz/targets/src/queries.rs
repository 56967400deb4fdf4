//! The query of a public URL.

use std::sync::LazyLock;

use imchat_verify::Signature;
use imchat_verify::Source::Query;
use imchat_verify::scheme::{Hash, Part, PartInput, Scheme};
use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{Head, Verdict};

use crate::signed::{NOW, Pair};

/// Its function compares what it reads itself.
static DECODED: Scheme = Scheme::hmac("fuzzed-query", Hash::Sha256, Signature::hex("x-sig"))
    .message(&[Part::Custom(compare)])
    .reads_url()
    .build();

/// What stands in the query is part of the message as it is written there.
static RAW: Scheme = Scheme::hmac("fuzzed-raw-query", Hash::Sha256, Signature::hex("x-sig"))
    .message(&[Part::From(Query("nonce")), Part::Lit("."), Part::Body])
    .build();

static PAIRS: LazyLock<Option<(Pair, Pair)>> = LazyLock::new(|| Pair::new(&DECODED).zip(Pair::new(&RAW)));

const BODY: &[u8] = b"{}";

/// Any query: a parameter that is read is the only one of its name and is what another parser reads, and one that is signed
/// as it is written is taken under no other text.
pub fn queries(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else { return };
    let Some((decoded, raw)) = &*PAIRS else { panic!("the query schemes have no keys") };
    let url = format!("https://bot.example.com/in?{query}");
    let headers = sign(&decoded.signer, &url, "x");
    let verdict = decoded.verifier.verify(Head::new("POST", &url, &headers), BODY, NOW);
    assert!(matches!(verdict, Ok(Verdict::Event(_))), "what is signed is refused");

    let theirs = parsed(&url, "nonce");
    let written = written(&url, "nonce");
    let nonce = written.first().copied().unwrap_or("x");
    let headers = sign(&raw.signer, &url, nonce);
    let taken = raw.verifier.verify(Head::new("POST", &url, &headers), BODY, NOW).is_ok();
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b',' | b'.'));
    let owed = written.len() == 1 && !nonce.is_empty() && plain(nonce);
    assert_eq!(taken, owed, "one plain nonce is taken, and nothing else");
    if taken && !nonce.contains(['%', '+']) {
        assert!(theirs.iter().any(|value| value == nonce), "the nonce is no parameter to another parser");
    }
}

fn compare(input: &PartInput<'_>, sink: &mut dyn FnMut(&[u8])) -> Result<(), &'static str> {
    let url = input.url.unwrap_or_default();
    for name in ["echostr", "a"] {
        let ours = input.query(name);
        let theirs = parsed(url, name);
        match (&ours, theirs.as_slice()) {
            (Some(ours), [theirs]) => assert_eq!(ours, theirs, "{name} is read as something else"),
            (Some(_), _) => panic!("{name} is read where there is not one"),
            // What is not UTF-8 they replace, and what is empty or long is not read here.
            (None, [theirs]) => {
                let is_text = (1..=1024).contains(&theirs.len()) && !theirs.contains('\u{fffd}');
                assert!(!is_text, "{name} is not read");
            }
            (None, _) => {}
        }
    }
    sink(input.body);
    Ok(())
}

fn sign(signer: &Signer, url: &str, nonce: &str) -> Vec<(String, String)> {
    match signer.sign(SignRequest::post(BODY, NOW).url(url).id(nonce)) {
        Ok(headers) => headers,
        Err(error) => panic!("nothing is signed: {error}"),
    }
}

/// The query without what stands behind a `#`.
fn search(url: &str) -> &str {
    let before = url.split_once('#').map_or(url, |(before, _)| before);
    before.split_once('?').map_or("", |(_, query)| query)
}

/// What another parser reads under a name.
fn parsed(url: &str, name: &str) -> Vec<String> {
    let pairs = form_urlencoded::parse(search(url).as_bytes()).filter(|(known, _)| known == name);
    pairs.map(|(_, value)| value.into_owned()).collect()
}

/// What is written behind a name.
fn written<'u>(url: &'u str, name: &str) -> Vec<&'u str> {
    let values = search(url).split('&').filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    values.collect()
}
