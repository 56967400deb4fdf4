//! Prove who sent a webhook and that it is fresh: signature schemes as checked data, one engine, no IO.
