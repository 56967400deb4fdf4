//! What the demo's bot operates.

use crate::config::Database;
use crate::ops::{Ops, Service};
use crate::state::{State, StateError};

/// Puts the services there.
pub(super) async fn found(database: &Database) -> Result<(), StateError> {
    let state = State::open(database).await?;
    let mut tx = state.begin().await?;
    let services = [("checkout", "degraded", "1.4.1", "Alice"), ("payments", "healthy", "2.0.3", "Bob")];
    for [name, health, version, on_call] in services.map(|(a, b, c, d)| [a, b, c, d].map(str::to_owned)) {
        Ops.found(&mut tx, &Service { name, health, version, on_call, restarts: 0 }).await?;
    }
    tx.commit().await
}
