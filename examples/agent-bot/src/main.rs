//! A chat-agent bot on imchat.
fn main() {}
