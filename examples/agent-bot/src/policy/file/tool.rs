//! `[tools.…]`: what becomes of a tool.

use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::{Fault, Known, areas, subjects};
use crate::policy::{Approvers, Area, Reach, Rule, Subject};

/// How long a plan waits where the file does not say.
const WITHIN: u64 = 15 * 60;
/// A click that comes after a day decides on a world that has changed.
const LONGEST: u64 = 24 * 60 * 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    rule: Spanned<Ruled>,
    who: Option<Spanned<Vec<Spanned<String>>>>,
    r#where: Option<Spanned<Vec<Spanned<String>>>>,
    approvers: Option<Spanned<Vec<Spanned<String>>>>,
    quorum: Option<Spanned<u32>>,
    #[serde(default)]
    self_approval: bool,
    #[serde(default)]
    second_factor: bool,
    within_secs: Option<Spanned<u64>>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Ruled {
    Allow,
    Ask,
    Deny,
}

impl Tool {
    pub(super) fn checked(&self, known: Known, named: Range<usize>) -> Result<Rule, Fault> {
        let rule = *self.rule.get_ref();
        if rule != Ruled::Ask {
            let idle = self.approvers.is_some() || self.quorum.is_some() || self.within_secs.is_some();
            if idle || self.self_approval || self.second_factor {
                let problem = r#"approvers, quorum and the like mean something with rule = "ask" only: take them out"#;
                return Err((self.rule.span(), problem.to_owned()));
            }
        }
        match rule {
            Ruled::Deny if self.who.is_some() || self.r#where.is_some() => Err((
                self.rule.span(),
                r#"rule = "deny" holds for all and everywhere: take who and where out"#.to_owned(),
            )),
            Ruled::Deny => Ok(Rule::Deny),
            Ruled::Allow if known.writes => Err((
                self.rule.span(),
                format!(
                    r#"{} changes something, which is never done unasked: write rule = "ask" and name approvers"#,
                    known.name
                ),
            )),
            Ruled::Allow => Ok(Rule::Allow(self.reach()?)),
            Ruled::Ask if !known.writes => Err((
                self.rule.span(),
                format!(r#"{} only reads, and reads do not wait for people: write "allow" or "deny""#, known.name),
            )),
            Ruled::Ask => Ok(Rule::Ask(self.reach()?, self.approvers(named)?)),
        }
    }

    fn reach(&self) -> Result<Reach, Fault> {
        Ok(Reach {
            who: self.who.as_ref().map_or(Ok(vec![Subject::Anybody]), subjects)?,
            places: self.r#where.as_ref().map_or(Ok(vec![Area::Anywhere]), areas)?,
        })
    }

    fn approvers(&self, named: Range<usize>) -> Result<Approvers, Fault> {
        let Some(approvers) = &self.approvers else {
            return Err((named, r#"nobody is named who may approve it: add approvers = ["slack:T1:U1"]"#.to_owned()));
        };
        let who = subjects(approvers)?;
        let quorum = self.quorum.as_ref().map_or(1, |quorum| *quorum.get_ref());
        if let Some(spanned) = &self.quorum {
            let all_users = who.iter().all(|subject| matches!(subject, Subject::User(_)));
            let distinct = who.iter().enumerate().filter(|(at, one)| who.iter().take(*at).all(|other| other != *one));
            let people = distinct.count();
            if quorum == 0 {
                return Err((spanned.span(), "quorum is 0, which would approve by itself: write 1 or more".to_owned()));
            }
            if all_users && usize::try_from(quorum).is_ok_and(|quorum| quorum > people) {
                let problem = format!("quorum is {quorum} and only {people} may approve: name more people, or a group");
                return Err((spanned.span(), problem));
            }
        }
        let within = self.within_secs.as_ref().map_or(WITHIN, |within| *within.get_ref());
        if !(1..=LONGEST).contains(&within) {
            let span = self.within_secs.as_ref().map_or(named, Spanned::span);
            return Err((span, format!("within_secs is {within}: write between 1 and {LONGEST}, a day")));
        }
        Ok(Approvers {
            who,
            quorum,
            self_approval: self.self_approval,
            second_factor: self.second_factor,
            within: Duration::from_secs(within),
        })
    }
}
