//! What a file can be other than an inbox.
