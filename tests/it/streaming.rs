//! Bodies that arrive in pieces: the same verdict as in one, and the head decided before the first of them.

use imchat_tests::{Outcome, Request, SIGNED_AT, Subject, at, forge, keys, outcome, payload, payloads, vectors};
use imchat_verify::providers::{GitHub, Slack, Stripe, Telegram, feishu_seal};
use imchat_verify::{AnyProvider, Error, Source, Verdict, Verifier, Verify};
use proptest::prelude::*;
use proptest::sample::Index;

fn slack() -> Verifier<Slack> {
    Slack::verifier(keys::SLACK).unwrap()
}

/// The verdict on a body that is cut at these places.
fn in_pieces(verifier: &Verifier<AnyProvider>, subject: &Subject, request: &Request, cuts: &[Index]) -> Outcome {
    let body = &request.body;
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    cuts.extend([0, body.len()]);
    cuts.sort_unstable();
    let mut pending = match verifier.begin(request.head(), subject.now) {
        Ok(pending) => pending,
        Err(error) => return Outcome::Refused(error),
    };
    for ends in cuts.windows(2) {
        pending.update(&body[ends[0]..ends[1]]);
    }
    pending.finish().into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_pieces_of_a_request_say_what_the_whole_says(
        which in any::<Index>(),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let all = payloads();
        let subject = &which.get(&all).subject;
        let pieces = in_pieces(&subject.verifier(), subject, &subject.request, &cuts);
        prop_assert_eq!(pieces, subject.judge());
    }

    #[test]
    fn any_pieces_of_a_changed_request_say_what_the_whole_says(
        which in any::<Index>(),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
        (place, flip) in (any::<Index>(), 1..=u8::MAX),
        length in prop::option::of(0..6000_usize),
    ) {
        let all = payloads();
        let subject = &which.get(&all).subject;
        let mut request = subject.request.clone();
        request.body.resize(length.unwrap_or(request.body.len()), b'x');
        if !request.body.is_empty() {
            let place = place.index(request.body.len());
            request.body[place] ^= flip;
        }
        let verifier = subject.verifier();
        let pieces = in_pieces(&verifier, subject, &request, &cuts);
        prop_assert_eq!(pieces, outcome(&verifier, &request, subject.now));
    }
}

#[test]
fn byte_by_byte_says_what_the_whole_says() {
    for payload in payloads() {
        let subject = &payload.subject;
        let verifier = subject.verifier();
        let Ok(mut pending) = verifier.begin(subject.request.head(), subject.now) else { continue };
        for byte in &subject.request.body {
            pending.update(&[]);
            pending.update(core::slice::from_ref(byte));
        }
        assert_eq!(Outcome::from(pending.finish()), subject.judge(), "{}", payload.path);
    }
}

#[test]
fn several_secrets_are_tried_in_pieces_too() {
    let older = imchat_verify::Secrets::new("a new secret, twenty")
        .and_previous("one of last year, twenty")
        .and_previous(keys::SLACK);
    let verifier = Slack::verifier(older).unwrap().any();
    let subject = payload("slack/app_mention");
    let pieces = in_chunks(&verifier, &subject);
    assert_eq!(pieces.clone().event().secret, 2);
    assert_eq!(pieces, outcome(&verifier, &subject.request, subject.now));
    let newer = imchat_verify::Secrets::new(keys::SLACK).and_previous("one of last year, twenty");
    assert_eq!(in_chunks(&Slack::verifier(newer).unwrap().any(), &subject).event().secret, 0);
}

/// The verdict on a body of several pieces: the first alone is not hashed when it comes.
fn in_chunks(verifier: &Verifier<AnyProvider>, subject: &Subject) -> Outcome {
    let mut pending = match verifier.begin(subject.request.head(), subject.now) {
        Ok(pending) => pending,
        Err(error) => return Outcome::Refused(error),
    };
    subject.request.body.chunks(5).for_each(|chunk| pending.update(chunk));
    pending.finish().into()
}

#[test]
fn every_vector_says_in_pieces_what_it_says_whole() {
    let mut of_several = 0;
    for subject in vectors().into_iter().map(|case| case.subject) {
        let Ok(verifier) = subject.try_verifier() else { continue };
        assert_eq!(in_chunks(&verifier, &subject), subject.judge(), "{}", subject.name);
        of_several += usize::from(subject.request.body.len() > 5 && subject.judge().is_accepted());
    }
    assert!(of_several > 100, "only {of_several} of them have pieces");
}

/// Why a head is refused before a byte of the body is there.
#[track_caller]
fn refused_at_once(request: &Request) -> Error {
    slack().begin(request.head(), at(SIGNED_AT)).expect_err("the head is enough to refuse it")
}

#[test]
fn what_the_head_decides_is_decided_before_the_body() {
    let good = forge::slack("1700000000", b"{}");
    let (signature, time) = ("x-slack-signature", "x-slack-request-timestamp");
    assert!(slack().begin(good.head(), at(SIGNED_AT)).is_ok());
    assert_eq!(refused_at_once(&good.clone().without(signature)), Error::Missing(Source::Header(signature)));
    assert_eq!(refused_at_once(&good.clone().without(time)), Error::Missing(Source::Header(time)));
    assert_eq!(refused_at_once(&good.clone().with(time, "")), Error::Missing(Source::Header(time)));
    assert_eq!(refused_at_once(&good.clone().and(time, "1700000000")), Error::Repeated(Source::Header(time)));
    assert!(matches!(refused_at_once(&good.clone().with(signature, "v0=00")), Error::Malformed(..)));
    assert!(matches!(refused_at_once(&good.clone().with(time, "now")), Error::Malformed(..)));
    assert!(matches!(refused_at_once(&forge::slack("1699990000", b"{}")), Error::Stale { .. }));
    assert!(matches!(refused_at_once(&forge::slack("1700010000", b"{}")), Error::Future { .. }));
}

#[test]
fn a_list_without_a_signature_that_can_be_read_is_refused_before_the_body() {
    let verifier = Stripe::verifier(keys::STRIPE).unwrap();
    let request = Request::post("{}").and("stripe-signature", "t=1700000000,v1=00,v1=no hex digits");
    assert_eq!(verifier.begin(request.head(), at(SIGNED_AT)).unwrap_err(), Error::Mismatch);
}

#[test]
fn a_wrong_token_in_a_header_is_refused_before_the_body() {
    let verifier = Telegram::verifier("the_right_token_of_a_bot").unwrap();
    let request = Request::post("{}").and("x-telegram-bot-api-secret-token", "another_token_of_a_bot");
    assert_eq!(verifier.begin(request.head(), at(SIGNED_AT)).unwrap_err(), Error::WrongToken);
}

#[test]
fn a_verifier_of_any_provider_decides_the_head_too() {
    let all: [Box<dyn Verify>; 2] = [Box::new(slack()), Box::new(GitHub::verifier(keys::GITHUB).unwrap())];
    let good = forge::slack("1700000000", b"{}");
    assert!(all[0].begin(good.head(), at(SIGNED_AT)).is_ok());
    assert!(all[1].begin(good.head(), at(SIGNED_AT)).is_err());
}

#[test]
fn a_wrong_body_is_refused_at_its_end() {
    let verifier = slack();
    let request = forge::slack("1700000000", b"{}");
    let mut pending = verifier.begin(request.head(), at(SIGNED_AT)).unwrap();
    pending.update(b"[]");
    assert_eq!(pending.finish().unwrap_err(), Error::Mismatch);
}

#[test]
fn the_limit_is_the_schemes_own_and_four_kib_where_nothing_is_signed() {
    for (path, limit) in [("github/push", 25 * 1024 * 1024), ("slack/app_mention", 1024 * 1024)] {
        let subject = payload(path);
        let verifier = subject.verifier();
        let pending = verifier.begin(subject.request.head(), subject.now).unwrap();
        assert_eq!((pending.limit(), pending.is_unsigned()), (limit, false), "{path}");
    }
    let challenge = payload("feishu/url_verification_encrypted");
    let verifier = challenge.verifier();
    let pending = verifier.begin(challenge.request.head(), challenge.now).unwrap();
    assert_eq!((pending.limit(), pending.is_unsigned()), (4096, true));
}

#[test]
fn an_unsigned_body_that_outgrows_its_limit_is_neither_kept_nor_answered() {
    let challenge = payload("feishu/url_verification_encrypted");
    let verifier = challenge.verifier();
    for (extra, answered) in [(4096 - challenge.request.body.len(), true), (4097 - challenge.request.body.len(), false)]
    {
        let mut pending = verifier.begin(challenge.request.head(), challenge.now).unwrap();
        pending.update(&challenge.request.body);
        pending.update(&vec![b' '; extra]);
        assert_eq!(matches!(pending.finish(), Ok(Verdict::Handshake(_))), answered, "{extra} more bytes");
    }
    let mut pending = verifier.begin(challenge.request.head(), challenge.now).unwrap();
    let info = allocation_counter::measure(|| (0..1000).for_each(|_| pending.update(&[b'x'; 1024])));
    assert!(info.bytes_max <= 2 * 4096, "{} bytes were kept of what nobody signed", info.bytes_max);
    assert!(pending.finish().is_err());
}

#[test]
fn room_that_is_reserved_changes_nothing() {
    let subject = payload("slack/app_mention");
    let verifier = subject.verifier();
    for room in [0, 1, subject.request.body.len(), 1024 * 1024] {
        let mut pending = verifier.begin(subject.request.head(), subject.now).unwrap();
        pending.reserve(room);
        pending.update(&subject.request.body);
        assert_eq!(Outcome::from(pending.finish()), subject.judge(), "{room}");
    }
}

#[test]
fn reserved_room_is_taken_once() {
    let subject = payload("slack/app_mention");
    let verifier = subject.verifier();
    let mut pending = verifier.begin(subject.request.head(), subject.now).unwrap();
    pending.reserve(subject.request.body.len());
    let mut chunks = subject.request.body.chunks(16);
    // With the second piece the hash begins, which needs room of its own.
    chunks.by_ref().take(2).for_each(|chunk| pending.update(chunk));
    let info = allocation_counter::measure(|| chunks.for_each(|chunk| pending.update(chunk)));
    assert_eq!(info.count_total, 0);
}

#[test]
fn the_bytes_that_were_hashed_are_handed_on_without_a_copy() {
    let subject = payload("slack/app_mention");
    let verifier = subject.verifier();
    let mut pending = verifier.begin(subject.request.head(), subject.now).unwrap();
    subject.request.body.chunks(100).for_each(|chunk| pending.update(chunk));
    let Ok(Verdict::Event(proved)) = pending.finish() else { panic!("no event") };
    let place = proved.wire().as_ptr();
    assert_eq!(proved.body(), subject.request.body);
    let receipt = proved.receipt();
    assert_eq!(receipt.body().as_ptr(), place, "a receipt shares them");
    assert_eq!(proved.into_body().as_ptr(), place);
}

#[test]
fn an_encrypted_body_is_handed_on_opened() {
    let plain = format!(r#"{{"uuid":"1","token":"{}"}}"#, keys::FEISHU_TOKEN);
    let body = feishu_seal(keys::FEISHU_ENCRYPT.as_bytes(), plain.as_bytes(), [3; 16]);
    let request = forge::feishu("1700000000", "1", body.as_bytes());
    let subject = Subject { request, ..payload("feishu/message") };
    let event = in_pieces(&subject.verifier(), &subject, &subject.request, &[]).event();
    assert_eq!((event.body, event.wire), (plain.into_bytes(), body.into_bytes()));
}
