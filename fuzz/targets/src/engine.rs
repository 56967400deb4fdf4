//! Every scheme over any request.

use imchat_verify::scheme::Part;
use imchat_verify::{AnyProvider, Error, Head, Reply, Scheme, Verdict, Verifier, providers};
use time::OffsetDateTime;

use crate::case::Case;

/// What comes of a request, to be compared.
#[derive(Debug, PartialEq)]
enum Seen {
    Event { body: Vec<u8>, identity: String, sent_at: Option<OffsetDateTime> },
    Handshake(Reply),
    Refused(Error),
}

/// A whole [`Case`]: read at once and in pieces it comes to the same, with a window or without, and a request whose body
/// is signed is refused with another body.
pub fn engine(data: &[u8]) {
    let Some(case) = Case::parse(data) else { return };
    let Some((scheme, now)) = providers::by_name(&case.provider).zip(case.at()) else { return };
    let Some(Ok(verifier)) = case.given().map(|given| Verifier::of(scheme, given)) else { return };
    for verifier in [verifier.clone(), verifier.window(None)] {
        let whole = seen(verifier.verify(head(&case), &case.body, now));
        assert_eq!(whole, seen(in_pieces(&verifier, &case, now)), "in pieces it is another verdict");
        if matches!(whole, Seen::Event { .. }) && signs_body(verifier.scheme()) {
            let mut other = case.clone();
            match other.body.last_mut() {
                Some(byte) => *byte ^= 1,
                None => other.body.push(b'0'),
            }
            let changed = verifier.verify(head(&other), &other.body, now);
            assert!(!matches!(changed, Ok(Verdict::Event(_))), "another body is taken");
        }
    }
}

fn head(case: &Case) -> Head<'_> {
    if case.url.is_empty() { Head::post(&case.headers) } else { Head::new(&case.method, &case.url, &case.headers) }
}

fn in_pieces<'r>(
    verifier: &'r Verifier<AnyProvider>,
    case: &'r Case,
    now: OffsetDateTime,
) -> Result<Verdict<'r, AnyProvider>, Error> {
    let mut pending = verifier.begin(head(case), now)?;
    for piece in case.body.chunks(7) {
        pending.update(piece);
    }
    pending.finish()
}

fn seen(verdict: Result<Verdict<'_, AnyProvider>, Error>) -> Seen {
    match verdict {
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error says nothing");
            Seen::Refused(error)
        }
        Ok(Verdict::Handshake(reply)) => Seen::Handshake(reply),
        Ok(Verdict::Event(proved)) => {
            let identity = proved.identity();
            let key = identity.dedup_key.map(|key| key.to_string());
            let identity = format!("{identity:?} {key:?} {:?} {}", identity.witness.digest(), identity.kind);
            let seen = Seen::Event { body: proved.body().to_vec(), identity, sent_at: proved.sent_at() };
            let receipt = proved.receipt();
            assert_eq!(&receipt.body()[..], proved.body(), "the receipt has another body");
            seen
        }
    }
}

fn signs_body(scheme: &Scheme) -> bool {
    scheme.message().iter().any(|part| matches!(part, Part::Body))
}
