//! The invariants of approvals, by their names, on both databases.

mod cards;
mod decisions;
mod fixture;
mod histories;
mod passcodes;
mod races;
mod running;
mod tending;
