//! `imchat providers`: what every scheme of this build signs, and what its platform says of its deliveries.

mod row;
mod table;

use std::io::Write;

use imchat_verify::{Scheme, providers};

use crate::args::ProvidersArgs;
use crate::stop::Stop;
use crate::text::shown;

/// The scheme of this name.
pub(crate) fn by_name(name: &str) -> Result<&'static Scheme, Stop> {
    providers::by_name(name).ok_or_else(|| {
        let known: Vec<&str> = providers::all().iter().map(|scheme| scheme.name()).collect();
        Stop::usage(format!("unsupported: provider {} is none of {}", shown(name), known.join(", ")))
    })
}

pub(crate) fn run(args: &ProvidersArgs, out: &mut dyn Write) -> Result<(), Stop> {
    let rows: Vec<row::Row> = providers::all().iter().flat_map(|scheme| row::of(scheme)).collect();
    if args.markdown {
        return Ok(table::markdown(&rows, out)?);
    }
    table::aligned(&rows, out)?;
    writeln!(out)?;
    for scheme in providers::all().iter().filter(|scheme| !scheme.not_signed().is_empty()) {
        writeln!(out, "{} does not sign {}", scheme.name(), scheme.not_signed().join(", "))?;
    }
    writeln!(out, "A dedup key whose id is absent falls back to the SHA-256 of the body.")?;
    Ok(())
}
