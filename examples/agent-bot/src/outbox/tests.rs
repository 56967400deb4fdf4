//! What the outbox promises, on both databases, with time in the tests' hands.

mod dead;
mod edits;
mod failing;
mod fixture;
mod routes;
mod sending;
mod together;
