use super::file::Known;
use super::*;
use crate::who::PlatformName;

const KNOWN: &[Known] = &[
    Known { name: "service_status", writes: false },
    Known { name: "search_thread", writes: false },
    Known { name: "restart_service", writes: true },
    Known { name: "deploy", writes: true },
    Known { name: "merge", writes: true },
];

const POLICY: &str = r#"
ask = [
    { who = ["slack:T1:*"], where = ["slack:T1:C1", "slack:T1:C2"] },
    { who = ["slack:T1:group:ops", "slack:T1:U1"], where = ["slack:T1:*"] },
    { who = ["slack:T2:*"], where = ["slack:T2:*"] },
]

[tools.search_thread]
rule = "deny"

[tools.service_status]
rule = "allow"
where = ["slack:T1:*"]

[tools.restart_service]
rule = "ask"
who = ["slack:T1:group:ops", "slack:T2:*"]
where = ["slack:T1:C1", "slack:T2:*"]
approvers = ["slack:T1:group:oncall", "slack:T1:U1"]
quorum = 2
second_factor = true
within_secs = 60

[tools.deploy]
rule = "deny"

[conversations]
meanwhile = "merge"

[links]
hosts = ["status.example.com", ".wiki.example.com"]
"#;

fn policy() -> Policy {
    Policy::parse(POLICY, KNOWN).unwrap()
}

fn person(text: &str) -> Person {
    let Some(Subject::User(person)) = Subject::parse(text) else { panic!("no person: {text}") };
    person
}

fn place(text: &str) -> Place {
    let Some(Area::Channel(platform, tenant, channel)) = Area::parse(text) else { panic!("no place: {text}") };
    Place { platform, tenant, channel, thread: None }
}

fn profile(standing: Standing, groups: &[&str]) -> Profile {
    Profile { name: "Ada".to_owned(), standing, groups: groups.iter().map(|group| (*group).to_owned()).collect() }
}

fn member(groups: &[&str]) -> Option<Profile> {
    Some(profile(Standing::Member, groups))
}

fn approvers_of_a_restart() -> Approvers {
    let (who, at, act) = (person("slack:T1:U9"), place("slack:T1:C1"), Act::Write("restart_service"));
    let decided = policy().decide(&who, member(&["ops"]).as_ref(), &at, act);
    let Decision::Ask(approvers) = decided else { panic!("{decided:?}") };
    approvers
}

#[test]
fn who_may_do_what_where() {
    use Act::{Ask, Read, Write};
    let allow = || Decision::Allow;
    let deny = Decision::Deny;
    let table: &[(&str, Option<Profile>, &str, Act<'_>, Decision)] = &[
        ("slack:T1:U9", None, "slack:T1:C1", Ask, allow()),
        ("slack:T1:U9", member(&[]), "slack:T1:C1", Ask, allow()),
        ("slack:T1:U9", member(&[]), "slack:T1:C3", Ask, deny(Reason::NotListed)),
        ("slack:T1:U1", None, "slack:T1:C3", Ask, allow()),
        ("slack:T1:U9", member(&["ops"]), "slack:T1:C3", Ask, allow()),
        ("slack:T1:U9", None, "slack:T1:C3", Ask, deny(Reason::NotListed)),
        ("slack:T2:U1", member(&[]), "slack:T2:C1", Ask, allow()),
        ("slack:T3:U1", member(&[]), "slack:T3:C1", Ask, deny(Reason::NotListed)),
        ("feishu:T1:U1", member(&[]), "feishu:T1:C1", Ask, deny(Reason::NotListed)),
        // What the platform says counts before any list.
        ("slack:T1:U1", Some(profile(Standing::Guest, &["ops"])), "slack:T1:C1", Ask, deny(Reason::Guest)),
        ("slack:T1:U1", Some(profile(Standing::Bot, &["ops"])), "slack:T1:C1", Ask, deny(Reason::Program)),
        ("slack:T1:U1", Some(profile(Standing::Gone, &["ops"])), "slack:T1:C1", Ask, deny(Reason::Gone)),
        // Reads: a rule narrows, none is needed.
        ("slack:T1:U9", None, "slack:T1:C1", Read("service_status"), allow()),
        ("slack:T2:U1", None, "slack:T2:C1", Read("service_status"), deny(Reason::NotForYou)),
        ("slack:T1:U9", None, "slack:T1:C1", Read("search_thread"), deny(Reason::Denied)),
        ("slack:T1:U9", None, "slack:T1:C1", Read("on_call"), allow()),
        ("slack:T1:U9", None, "slack:T1:C3", Read("on_call"), deny(Reason::NotListed)),
        // Writes: never allowed outright, and denied where no rule names them.
        ("slack:T1:U9", member(&["ops"]), "slack:T1:C1", Write("merge"), deny(Reason::Denied)),
        ("slack:T1:U9", member(&["ops"]), "slack:T1:C1", Write("drop_database"), deny(Reason::Denied)),
        ("slack:T1:U9", member(&["ops"]), "slack:T1:C1", Write("deploy"), deny(Reason::Denied)),
        ("slack:T1:U9", member(&["ops"]), "slack:T1:C1", Write("service_status"), deny(Reason::Denied)),
        ("slack:T1:U9", member(&[]), "slack:T1:C1", Write("restart_service"), deny(Reason::NotForYou)),
        ("slack:T1:U9", member(&["ops"]), "slack:T1:C2", Write("restart_service"), deny(Reason::NotForYou)),
        ("slack:T1:U1", None, "slack:T1:C1", Write("restart_service"), deny(Reason::Unknown)),
        ("slack:T2:U1", member(&[]), "slack:T2:C1", Write("restart_service"), deny(Reason::NobodyApproves)),
    ];
    let policy = policy();
    for (who, profile, at, act, expected) in table {
        let decided = policy.decide(&person(who), profile.as_ref(), &place(at), *act);
        assert_eq!(decided, *expected, "{who} {profile:?} {at} {act:?}");
    }
}

#[test]
fn a_write_asks_the_approvers_that_the_rule_names() {
    let approvers = approvers_of_a_restart();
    assert_eq!(
        approvers.who.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["slack:T1:group:oncall", "slack:T1:U1"]
    );
    assert_eq!((approvers.quorum, approvers.self_approval, approvers.second_factor), (2, false, true));
    assert_eq!(approvers.within.as_secs(), 60);
}

#[test]
fn somebody_of_another_tenant_in_a_shared_channel_may_not_even_where_the_rules_name_them() {
    let policy = policy();
    for act in [Act::Ask, Act::Read("service_status"), Act::Write("restart_service")] {
        // Same user id, another tenant, in a channel of the first.
        let decided = policy.decide(&person("slack:T2:U1"), member(&["ops"]).as_ref(), &place("slack:T1:C1"), act);
        assert_eq!(decided, Decision::Deny(Reason::OtherTenant), "{act:?}");
        let other = Person { platform: PlatformName::Discord, ..person("slack:T1:U1") };
        let decided = policy.decide(&other, member(&["ops"]).as_ref(), &place("slack:T1:C1"), act);
        assert_eq!(decided, Decision::Deny(Reason::OtherTenant), "{act:?}");
    }
}

#[test]
fn an_approver_is_of_the_tenant_on_the_list_known_and_somebody_else() {
    let mut approvers = approvers_of_a_restart();
    let (requester, at) = (person("slack:T1:U9"), place("slack:T1:C1"));
    let mut admits = |who: &str, profile: Option<Profile>, own: bool| {
        approvers.self_approval = own;
        approvers.admits(&person(who), profile.as_ref(), &requester, &at)
    };
    assert_eq!(admits("slack:T1:U1", member(&[]), false), Ok(()));
    assert_eq!(admits("slack:T1:U5", member(&["oncall"]), false), Ok(()));
    assert_eq!(admits("slack:T1:U5", member(&["ops"]), false), Err(Reason::NoApprover));
    assert_eq!(admits("slack:T1:U1", None, false), Err(Reason::Unknown));
    assert_eq!(admits("slack:T2:U1", member(&["oncall"]), false), Err(Reason::OtherTenant));
    assert_eq!(admits("slack:T1:U1", Some(profile(Standing::Guest, &[])), false), Err(Reason::Guest));
    assert_eq!(admits("slack:T1:U1", Some(profile(Standing::Gone, &[])), false), Err(Reason::Gone));
    assert_eq!(admits("slack:T1:U9", member(&["oncall"]), false), Err(Reason::OwnRequest));
    assert_eq!(admits("slack:T1:U9", member(&["oncall"]), true), Ok(()));
    assert_eq!(admits("slack:T1:U9", member(&["ops"]), true), Err(Reason::NoApprover), "no approver of anything");
}

#[test]
fn approvers_keep_their_meaning_in_a_row() {
    let approvers = approvers_of_a_restart();
    let kept = serde_json::to_string(&approvers).unwrap();
    assert_eq!(serde_json::from_str::<Approvers>(&kept).unwrap(), approvers);
    assert!(serde_json::from_str::<Approvers>(&kept.replace("slack:T1:U1", "U1")).is_err(), "never without a tenant");
}

#[test]
fn what_else_the_file_says() {
    let policy = policy();
    assert_eq!(policy.meanwhile(), Meanwhile::Merge);
    assert_eq!(policy.links(), ["status.example.com", ".wiki.example.com"]);
    assert!(policy.asks_by_group());
    assert!(!Policy::read_only(KNOWN).unwrap().asks_by_group());
}

#[test]
fn without_a_file_everybody_may_ask_and_nothing_is_changed() {
    let policy = Policy::read_only(KNOWN).unwrap();
    let (who, at) = (person("discord:9:1"), place("discord:9:7"));
    assert_eq!(policy.decide(&who, None, &at, Act::Ask), Decision::Allow);
    assert_eq!(policy.decide(&who, None, &at, Act::Read("service_status")), Decision::Allow);
    for tool in KNOWN.iter().filter(|tool| tool.writes) {
        let decided = policy.decide(&who, member(&[]).as_ref(), &at, Act::Write(tool.name));
        assert_eq!(decided, Decision::Deny(Reason::Denied), "{}", tool.name);
    }
}

#[test]
fn the_demo_asks_somebody_else_before_it_changes_anything() {
    let policy = Policy::demo(KNOWN).unwrap();
    let (ada, bob, at) = (person("slack:T0SIM:U0ADA"), person("slack:T0SIM:U0BOB"), place("slack:T0SIM:C1"));
    for tool in KNOWN.iter().filter(|tool| tool.writes) {
        let decided = policy.decide(&ada, member(&[]).as_ref(), &at, Act::Write(tool.name));
        let Decision::Ask(approvers) = decided else { panic!("{decided:?}") };
        assert_eq!(approvers.admits(&bob, member(&[]).as_ref(), &ada, &at), Ok(()));
        assert_eq!(approvers.admits(&ada, member(&[]).as_ref(), &ada, &at), Err(Reason::OwnRequest));
    }
}

#[test]
fn a_faulty_file_is_refused_with_its_line_and_what_to_write() {
    const ASK: &str = "ask = [{ who = [\"*\"], where = [\"*\"] }]\n";
    const HOOK: &str = "provider = \"github\"\nsecret_env = \"A_SECRET\"\nsay_in = \"slack:T1:C1\"";
    let tool = |name: &str, lines: &str| format!("{ASK}[tools.{name}]\n{lines}");
    let hook = |name: &str, lines: &str| format!("{ASK}[hooks.{name}]\n{lines}");
    let table = [
        ("ask = [\n".to_owned(), 1, "documentation"),
        ("ask = []\n".to_owned(), 1, "nobody is answered"),
        ("\n\nask = [{ who = [\"U1\"], where = [\"*\"] }]".to_owned(), 3, "write slack:T1:U1"),
        ("ask = [{ who = [\"slack::U1\"], where = [\"*\"] }]".to_owned(), 1, "write slack:T1:U1"),
        ("ask = [{ who = [\"slack:*:U1\"], where = [\"*\"] }]".to_owned(), 1, "write slack:T1:U1"),
        ("ask = [{ who = [\"irc:T1:U1\"], where = [\"*\"] }]".to_owned(), 1, "write slack:T1:U1"),
        ("ask = [{ who = [\"slack:T1:role:x\"], where = [\"*\"] }]".to_owned(), 1, "write slack:T1:U1"),
        ("ask = [{ who = [], where = [\"*\"] }]".to_owned(), 1, "the list is empty"),
        ("ask = [{ who = [\"*\"],\n where = [\"general\"] }]".to_owned(), 2, "write slack:T1:C1"),
        ("ask = [{ who = [\"*\"], were = [\"*\"] }]".to_owned(), 1, "unknown field"),
        (tool("restart_servce", "rule = \"deny\""), 2, "write one of service_status"),
        (tool("merge", "rule = \"perhaps\""), 3, "unknown variant"),
        (tool("merge", "rule = \"allow\""), 3, "never done unasked"),
        (tool("merge", "rule = \"ask\""), 2, "add approvers"),
        (tool("merge", "rule = \"ask\"\napprovers = []"), 4, "the list is empty"),
        (tool("merge", "rule = \"ask\"\napprovers = [\"*\"]\nquorum = 0"), 5, "write 1 or more"),
        (tool("merge", "rule = \"ask\"\napprovers = [\"slack:T1:U1\", \"slack:T1:U1\"]\nquorum = 2"), 5, "only 1 may"),
        (tool("merge", "rule = \"ask\"\napprovers = [\"*\"]\nwithin_secs = 0"), 5, "write between 1 and 86400"),
        (tool("merge", "rule = \"ask\"\napprovers = [\"*\"]\nwithin_secs = 86401"), 5, "write between 1 and 86400"),
        (tool("merge", "rule = \"deny\"\napprovers = [\"*\"]"), 3, "take them out"),
        (tool("merge", "rule = \"deny\"\nwho = [\"*\"]"), 3, "take who and where out"),
        (tool("service_status", "rule = \"ask\"\napprovers = [\"*\"]"), 3, "only reads"),
        (format!("{ASK}[conversations]\nmeanwhile = \"drop\""), 3, "unknown variant"),
        (format!("{ASK}[links]\nhosts = [\"a.example\",\n\"https://b.example/\"]"), 4, "is not a host"),
        (format!("{ASK}[links]\nhosts = [\".com\"]"), 3, "is not a host"),
        (format!("{ASK}[limit]\n"), 2, "unknown field"),
        (hook("Deploys", HOOK), 2, "write a to z"),
        (hook("deploys", &HOOK.replace("github", "githib")), 3, "write one of bitbucket, dingtalk-robot, discord"),
        (hook("deploys", &HOOK.replace("github", "twilio")), 3, "no such provider"),
        (hook("deploys", &HOOK.replace("A_SECRET", "hush")), 4, "never here"),
        (hook("deploys", &HOOK.replace("slack:T1:C1", "slack:T1:*")), 5, "write slack:T1:C1"),
        (hook("deploys", &HOOK.replace("say_in", "say_at")), 5, "unknown field"),
        (hook("deploys", &HOOK.replace("slack:T1:C1", "teams:T1:19:a@b")), 5, "in Teams unasked"),
        (hook("deploys", &format!("{HOOK}\nverify_token_env = \"A_TOKEN\"")), 6, "asks for no such token"),
    ];
    for (text, line, problem) in table {
        let error = Policy::parse(&text, KNOWN).expect_err(&text);
        assert_eq!(error.line, line, "{text}\n{error}");
        assert!(error.to_string().contains(problem), "{text}\n{error}");
        assert!(!error.to_string().contains("hush"), "what may be a secret is not repeated: {error}");
    }
}
