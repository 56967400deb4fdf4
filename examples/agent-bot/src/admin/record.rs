//! The audit, read and checked.

use std::io::Write;

use super::AdminError;
use crate::audit;
use crate::state::State;

pub(super) async fn list(state: &State, after: i64, most: u32, out: &mut impl Write) -> Result<(), AdminError> {
    let mut tx = state.read().await?;
    for row in audit::rows(&mut tx, after, most).await? {
        writeln!(out, "{row}")?;
    }
    Ok(())
}

/// Whether the chain is whole.
pub(super) async fn verify(state: &State, out: &mut impl Write) -> Result<bool, AdminError> {
    let mut tx = state.read().await?;
    let chain = audit::verify(&mut tx).await?;
    writeln!(out, "{chain}")?;
    Ok(chain.is_whole())
}
