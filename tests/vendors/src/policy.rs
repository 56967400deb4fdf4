//! Where an SDK and imchat differ on purpose, by name; `docs/vendors.md` says why.

use std::collections::BTreeSet;

use crate::trial::{Case, Tally};

/// Taken here and refused there.
const STRICTER_THERE: (bool, bool) = (true, false);
/// Refused here and taken there.
const STRICTER_HERE: (bool, bool) = (false, true);

/// A difference that is meant. Empty lists match anything.
pub(crate) struct Policy {
    pub(crate) name: &'static str,
    sdks: &'static [&'static str],
    bodies: &'static [&'static str],
    changes: &'static [&'static str],
    /// What imchat says and what the SDK says.
    verdicts: (bool, bool),
}

/// They read a body as text before they hash it.
const TEXT: &[&str] = &[
    "@slack/bolt",
    "slack_sdk",
    "stripe",
    "@octokit/webhooks-methods",
    "standardwebhooks",
    "svix",
    "line-bot-sdk",
    "@shopify/shopify-api",
    "square",
    "@paddle/paddle-node-sdk",
    "twilio",
];

/// They compare hex digits as text.
const HEX_TEXT: &[&str] = &[
    "@slack/bolt",
    "slack_sdk",
    "stripe",
    "@octokit/webhooks-methods",
    "@larksuiteoapi/node-sdk",
    "@paddle/paddle-node-sdk",
    "@linear/sdk",
];

pub(crate) const POLICIES: &[Policy] = &[
    Policy { name: "bytes-not-text", sdks: TEXT, bodies: &["not-utf8"], changes: &[], verdicts: STRICTER_THERE },
    Policy {
        name: "bytes-not-text",
        sdks: TEXT,
        bodies: &["not-utf8"],
        changes: &["signed-there"],
        verdicts: STRICTER_HERE,
    },
    Policy {
        name: "empty-bodies",
        sdks: &["@octokit/webhooks-methods", "@shopify/shopify-api"],
        bodies: &["empty"],
        changes: &["signed-here", "signature-upper-case"],
        verdicts: STRICTER_THERE,
    },
    Policy {
        name: "hex-in-either-case",
        sdks: HEX_TEXT,
        bodies: &[],
        changes: &["signature-upper-case"],
        verdicts: STRICTER_THERE,
    },
    Policy {
        name: "canonical-times",
        sdks: &["@slack/bolt", "stripe", "standardwebhooks", "svix", "@paddle/paddle-node-sdk"],
        bodies: &[],
        changes: &["time-zero-before", "time-plus-before", "time-fraction", "time-text-behind"],
        verdicts: STRICTER_HERE,
    },
    Policy {
        name: "no-future",
        sdks: &["@slack/bolt", "stripe", "@paddle/paddle-node-sdk"],
        bodies: &[],
        changes: &["time-future"],
        verdicts: STRICTER_HERE,
    },
    Policy {
        name: "always-a-window",
        sdks: &["discord-interactions", "@larksuiteoapi/node-sdk"],
        bodies: &[],
        changes: &["time-stale", "time-future"],
        verdicts: STRICTER_HERE,
    },
    Policy {
        name: "one-signature-header",
        sdks: &["stripe", "standardwebhooks", "svix", "@paddle/paddle-node-sdk", "@line/bot-sdk"],
        bodies: &[],
        changes: &["signature-header-twice", "signature-header-behind-a-wrong-one"],
        verdicts: STRICTER_HERE,
    },
    Policy {
        name: "eight-candidates",
        sdks: &["stripe", "standardwebhooks", "svix", "@paddle/paddle-node-sdk"],
        bodies: &[],
        changes: &["signature-after-eight-wrong-ones"],
        verdicts: STRICTER_HERE,
    },
    Policy {
        name: "bytes-not-a-parse",
        sdks: &["@larksuiteoapi/node-sdk"],
        bodies: &["empty", "escapes", "not-utf8", "crlf", "form", "emoji", "json"],
        changes: &["signed-here", "time-nearly-stale", "time-nearly-future"],
        verdicts: STRICTER_THERE,
    },
    Policy {
        name: "bytes-not-a-parse",
        sdks: &["@larksuiteoapi/node-sdk"],
        bodies: &[],
        changes: &["body-newline"],
        verdicts: STRICTER_HERE,
    },
    Policy {
        name: "json-is-utf8",
        sdks: &["@linear/sdk"],
        bodies: &["not-utf8"],
        changes: &["signed-here", "time-nearly-stale", "time-nearly-future"],
        verdicts: STRICTER_HERE,
    },
    Policy {
        name: "json-after-a-url",
        sdks: &["square"],
        bodies: &["form"],
        changes: &["signed-here"],
        verdicts: STRICTER_HERE,
    },
];

/// The name of the policy that explains a difference.
pub(crate) fn of(case: &Case<'_>, ours: bool, theirs: bool) -> Option<&'static str> {
    let among = |list: &[&str], name: &str| list.is_empty() || list.contains(&name);
    let explains = |policy: &&Policy| {
        policy.verdicts == (ours, theirs)
            && among(policy.sdks, case.sdk)
            && among(policy.bodies, case.body)
            && among(policy.changes, case.change)
    };
    POLICIES.iter().find(explains).map(|policy| policy.name)
}

/// Policies that explain nothing: what they excuse has gone, and they would excuse something else.
pub(crate) fn unused(tallies: &[Tally]) -> Vec<&'static str> {
    let used: BTreeSet<&str> = tallies.iter().flat_map(|tally| tally.policies.keys().copied()).collect();
    let names: BTreeSet<&str> = POLICIES.iter().map(|policy| policy.name).collect();
    if tallies.iter().any(|tally| tally.version.is_none()) {
        Vec::new()
    } else {
        names.difference(&used).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_the_policies_and_no_others() {
        let document = include_str!("../../../docs/vendors.md");
        let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let documented: BTreeSet<&str> = rows.collect();
        assert_eq!(documented, POLICIES.iter().map(|policy| policy.name).collect());
    }
}
