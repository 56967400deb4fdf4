//! Proof that imchat-verify builds without std.
