//! Prints `docs/providers.md`.
#![allow(clippy::print_stdout, reason = "the page is what it prints")]

fn main() {
    print!("{}", imchat_tests::providers_page::page());
}
