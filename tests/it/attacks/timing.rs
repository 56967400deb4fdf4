//! The same work for every key: no early way out tells how near a forgery was.

use std::cell::Cell;

use imchat_tests::{Request, SIGNED_AT, at, outcome};
use imchat_verify::{CustomInput, Error, Scheme, Secrets, Signature, Verifier};

thread_local! {
    static CHECKS: Cell<usize> = const { Cell::new(0) };
}

fn counted(input: &CustomInput<'_>) -> bool {
    CHECKS.set(CHECKS.get() + 1);
    input.signature == Some(input.secret)
}

const COUNTED: Scheme = Scheme::custom("counted", Signature::hex("x-signature"), counted).build();

fn checks_of(signature: &str) -> (usize, Result<usize, Error>) {
    let secrets = Secrets::new("first").and_previous("second").and_previous("third").and_previous("fourth");
    let verifier = Verifier::of(&COUNTED, secrets).unwrap();
    CHECKS.set(0);
    let request = Request::post("body").and("X-Signature", signature);
    let verdict = outcome(&verifier, &request, at(SIGNED_AT));
    let secret = if verdict.is_accepted() { Ok(verdict.event().secret) } else { Err(verdict.error()) };
    (CHECKS.get(), secret)
}

#[test]
fn all_keys_are_tried_whichever_fits() {
    assert_eq!(checks_of("first"), (4, Ok(0)));
    assert_eq!(checks_of("second"), (4, Ok(1)));
    assert_eq!(checks_of("fourth"), (4, Ok(3)));
    assert_eq!(checks_of("none of them"), (4, Err(Error::Mismatch)));
}

#[test]
fn the_current_secret_counts_first_where_two_fit() {
    let verifier = Verifier::of(&COUNTED, Secrets::new("same").and_previous("same")).unwrap();
    let request = Request::post("body").and("X-Signature", "same");
    assert_eq!(outcome(&verifier, &request, at(SIGNED_AT)).event().secret, 0);
}
