//! What is set up once: passcodes of approvers, and services.

use std::io::{BufRead, Write};

use super::{AdminError, Signed};
use crate::approvals::Passcodes;
use crate::audit::{self, Entry, Who};
use crate::config::Keys;
use crate::ops::{Ops, Service};
use crate::policy::Subject;
use crate::state::State;

/// Characters of a passcode.
const SHORTEST: usize = 4;

/// Prints the passcode's line for the policy file. The passcode comes from standard input, where no list of processes and no
/// history of a shell shows it.
pub(super) fn passcode(
    person: &str,
    keys: &Keys,
    typed: &mut impl BufRead,
    out: &mut impl Write,
) -> Result<(), AdminError> {
    let Some(Subject::User(person)) = Subject::parse(person) else { return Err(AdminError::NoPerson) };
    let key = keys.passcodes.clone().ok_or(AdminError::NoPasscodeKey)?;
    let mut passcode = String::new();
    typed.read_line(&mut passcode)?;
    let passcode = passcode.trim_end_matches(['\r', '\n']);
    if passcode.chars().count() < SHORTEST {
        return Err(AdminError::ShortPasscode);
    }
    let tag = Passcodes::tag(&key, &person, passcode);
    // Refuses a key that is too short to be used.
    Passcodes::new(key, [(person.clone(), tag.clone())])?;
    writeln!(out, "[passcodes]\n\"{person}\" = \"{tag}\"")?;
    Ok(())
}

/// Puts a service there, unless there is one of this name.
pub(super) async fn service(
    state: &State,
    [name, version, on_call]: [&String; 3],
    by: &Signed,
    out: &mut impl Write,
) -> Result<(), AdminError> {
    let mut tx = state.begin().await?;
    let service = Service {
        name: name.clone(),
        health: "healthy".to_owned(),
        version: version.clone(),
        on_call: on_call.clone(),
        restarts: 0,
    };
    if !Ops.found(&mut tx, &service).await? {
        writeln!(out, "A service of this name was there already, and nothing was changed.")?;
        return Ok(());
    }
    let (who, detail) = (Who::Operator(&by.who), by.why.as_str());
    audit::append(&mut tx, Entry { act: "service.added", who, tenant: "", what: name, digest: None, detail }).await?;
    tx.commit().await?;
    writeln!(out, "The bot knows {name}.")?;
    Ok(())
}
