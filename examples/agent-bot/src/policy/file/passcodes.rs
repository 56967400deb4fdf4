//! `[passcodes]`: the second factor of approvers.

use std::collections::BTreeMap;

use toml::Spanned;

use super::Fault;
use crate::policy::Subject;
use crate::who::Person;

/// People and the tags of their passcodes.
pub(super) fn checked(passcodes: &BTreeMap<Spanned<String>, Spanned<String>>) -> Result<Vec<(Person, String)>, Fault> {
    let each = passcodes.iter().map(|(who, tag)| {
        let Some(Subject::User(person)) = Subject::parse(who.get_ref()) else {
            let problem = format!("{:?} is no person: write slack:T1:U1", who.get_ref());
            return Err((who.span(), problem));
        };
        let fits = tag.get_ref().len() == 64 && tag.get_ref().bytes().all(|byte| byte.is_ascii_hexdigit());
        if !fits {
            let problem = "is no tag: write what `agent-bot admin passcode` printed, never the passcode itself";
            return Err((tag.span(), problem.to_owned()));
        }
        Ok((person, tag.get_ref().clone()))
    });
    each.collect()
}
