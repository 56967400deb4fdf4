//! imchat: sign, send and verify webhooks from the command line.
fn main() {}
