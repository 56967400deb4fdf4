use super::*;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const GOOD: [(&str, &str); 3] =
    [("SLACK_SIGNING_SECRET", "s3cret"), ("SLACK_BOT_TOKEN", "xoxb-t0ken"), ("TOKEN_ENCRYPTION_KEY", KEY)];

fn with(more: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let all: std::collections::HashMap<&str, &str> = GOOD.iter().chain(more).copied().collect();
    Config::read(|name| all.get(name).map(Into::into))
}

fn slack(more: &[(&str, &str)]) -> SlackConfig {
    with(more).expect("a configuration").slack.expect("Slack")
}

fn problem(more: &[(&str, &str)]) -> String {
    with(more).expect_err("refused").to_string()
}

#[test]
fn three_variables_are_enough() {
    let config = with(&[]).expect("a configuration");
    let SlackConfig { signing, access } = slack(&[]);
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(access.api_url, "https://slack.com/api");
    assert_eq!(access.token.expose(), "xoxb-t0ken");
    assert_eq!(signing, SigningSecrets::of("s3cret"));
    assert_eq!((config.feishu, config.model), (None, ModelChoice::Scripted(Mood::Good)));
    assert_eq!(config.database, Database::Sqlite("agent-bot.db".into()));
}

#[test]
fn signing_secrets_are_taken_byte_for_byte() {
    let SlackConfig { signing, .. } = slack(&[
        ("SLACK_SIGNING_SECRET", " padded,\n"),
        ("SLACK_SIGNING_SECRET_PREVIOUS", "\told "),
        ("SLACK_SIGNING_SECRET_PREVIOUS_UNTIL", "1800000000"),
    ]);
    assert_eq!(signing.current.expose(), " padded,\n");
    let previous = signing.previous.expect("a previous secret");
    assert_eq!(previous.secret.expose(), "\told ");
    assert_eq!(previous.until, Some(1_800_000_000));
}

#[test]
fn missing_variables_are_named_with_their_remedy() {
    for name in ["SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN"] {
        let error = problem(&[(name, "")]);
        assert!(error.starts_with(&format!("{name} is not set: copy")), "{error}");
    }
}

#[test]
fn a_platform_without_variables_is_not_there_and_none_at_all_is_an_error() {
    let feishu = [
        ("SLACK_SIGNING_SECRET", ""),
        ("SLACK_BOT_TOKEN", ""),
        ("FEISHU_APP_ID", "cli_1"),
        ("FEISHU_APP_SECRET", "s3cret"),
        ("FEISHU_ENCRYPT_KEY", "k3y"),
        ("FEISHU_VERIFICATION_TOKEN", "t0ken"),
    ];
    let config = with(&feishu).expect("a configuration");
    assert_eq!(config.slack, None);
    assert_eq!(config.feishu.expect("Feishu").access.api_url, "https://open.feishu.cn");
    let error = with(&[&feishu[..], &[("FEISHU_ENCRYPT_KEY", "")]].concat()).expect_err("refused").to_string();
    assert!(error.starts_with("FEISHU_ENCRYPT_KEY is not set"), "{error}");
    assert_eq!(with(&feishu[..2]), Err(ConfigError::NoPlatform));
}

#[test]
fn the_sealing_key_is_32_bytes() {
    assert!(problem(&[("TOKEN_ENCRYPTION_KEY", "")]).contains("openssl rand"));
    for bad in ["short", "c2hvcnQ="] {
        assert!(problem(&[("TOKEN_ENCRYPTION_KEY", bad)]).contains("is not 32 bytes"));
        assert!(problem(&[("TOKEN_ENCRYPTION_KEY_PREVIOUS", bad)]).contains("PREVIOUS is not 32 bytes"));
    }
    assert!(problem(&[("PASSCODE_KEY", "1234")]).contains("fewer than 32 bytes"));
}

#[test]
fn a_policy_file_is_read_and_its_faults_have_a_line() {
    let folder = imchat_test_servers::Folder::new("policy").expect("a folder");
    let file = folder.path().join("policy.toml");
    let path = file.to_str().expect("text");
    assert!(problem(&[("POLICY_FILE", path)]).contains("cannot be read"));
    std::fs::write(&file, "ask = [{ who = [\"*\"], where = [\"*\"] }]\n[tools.nothing]\nrule = \"deny\"\n")
        .expect("written");
    let error = problem(&[("POLICY_FILE", path)]);
    assert!(error.contains("policy.toml: line 2: there is no such tool"), "{error}");
}

#[test]
fn the_example_of_a_policy_is_one() {
    let policy = Policy::parse(include_str!("../../policy.example.toml"), KNOWN).expect("a policy");
    assert_eq!(policy.writes().collect::<Vec<_>>(), ["deploy", "restart_service"]);
    assert!(policy.asks_for_passcodes());
}

#[test]
fn teams_alone_is_enough_and_its_token_is_checked() {
    let token = ("TEAMS_OUTGOING_SECRET", "MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJi");
    let config = with(&[("SLACK_SIGNING_SECRET", ""), ("SLACK_BOT_TOKEN", ""), token]).expect("a configuration");
    assert!(config.slack.is_none() && config.summary().to_string().contains("/teams/messages"));
    for bad in ["no token", "c2hvcnQ=", " MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJi"] {
        let error = problem(&[("TEAMS_OUTGOING_SECRET", bad)]);
        assert!(error.contains("is no security token") && !error.contains(bad), "{error}");
    }
}

/// A configuration whose policy has this hook.
fn hooked(hook: &str, more: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = imchat_test_servers::Folder::new("hooks").expect("a folder");
    let file = folder.path().join("policy.toml");
    let ask = "ask = [{ who = [\"*\"], where = [\"*\"] }]\n[hooks.deploys]\n";
    std::fs::write(&file, format!("{ask}{hook}\nsay_in = \"slack:T1:C1\"\n")).expect("written");
    with(&[more, &[("POLICY_FILE", file.to_str().expect("text"))]].concat())
}

#[test]
fn the_secret_of_a_hook_is_in_the_variable_that_the_policy_names() {
    let github = "provider = \"github\"\nsecret_env = \"DEPLOYS_SECRET\"";
    let config = hooked(github, &[("DEPLOYS_SECRET", " hush\n"), ("DEPLOYS_SECRET_PREVIOUS", "old")]).expect("one");
    let [hook] = config.hooks.as_slice() else { panic!("{:?}", config.hooks) };
    assert_eq!(hook.signing.current.expose(), " hush\n", "byte for byte");
    assert_eq!(hook.signing.previous.as_ref().expect("the one before").until, None);
    let summary = config.summary().to_string();
    assert!(summary.contains("/hooks/deploys of github, told in slack:T1:C1") && !summary.contains("dead letter"));
    let elsewhere = Config { slack: None, ..config.clone() }.summary().to_string();
    assert!(elsewhere.contains("slack is not set up here: what comes to /hooks/deploys is a dead letter"));
    let standard = "provider = \"standard-webhooks\"\nsecret_env = \"DEPLOYS_SECRET\"";
    let unusable = [("DEPLOYS_SECRET", "v1,whsec_hush")];
    let bad_time = [("DEPLOYS_SECRET", "hush"), ("DEPLOYS_SECRET_PREVIOUS_UNTIL", "tomorrow")];
    let half = [("DEPLOYS_SECRET", "hush"), ("DEPLOYS_SECRET_PREVIOUS_UNTIL", "1800000000")];
    for (hook, more, problem) in [
        (github, &[][..], "DEPLOYS_SECRET is not set: set it to what the provider shows"),
        (standard, &unusable, "DEPLOYS_SECRET cannot be used"),
        (github, &bad_time, "DEPLOYS_SECRET_PREVIOUS_UNTIL is not a time"),
        (github, &half, "set both or neither"),
    ] {
        let error = hooked(hook, more).expect_err("refused").to_string();
        assert!(error.starts_with("[hooks.deploys] of POLICY_FILE: ") && error.contains(problem), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn every_variable_of_the_example_is_one_that_is_read() {
    let example = include_str!("../../.env.example");
    let named = |line: &'static str| line.trim_start_matches('#').split_once("='").map(|(name, _)| name);
    let names: Vec<&str> = example.lines().filter_map(named).filter(|name| !name.contains(' ')).collect();
    let asked = std::cell::RefCell::new(std::collections::BTreeSet::new());
    let config = Config::read(|name| {
        asked.borrow_mut().insert(name.to_owned());
        Some(match name {
            "TOKEN_ENCRYPTION_KEY" | "TOKEN_ENCRYPTION_KEY_PREVIOUS" | "PASSCODE_KEY" => KEY.into(),
            name if name.starts_with("TEAMS_OUTGOING_SECRET") && !name.ends_with("_UNTIL") => {
                "MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJi".into()
            }
            "POLICY_FILE" => concat!(env!("CARGO_MANIFEST_DIR"), "/policy.example.toml").into(),
            name if name.ends_with("_URL") || name.ends_with("_ADDR") || name == "EXECUTOR_CONCURRENCY" => return None,
            name if name.ends_with("_UNTIL") => "1800000000".into(),
            _ => "value".into(),
        })
    });
    config.expect("a configuration");
    let read = asked.into_inner();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(read.contains(name) || name == "RUST_LOG", "{name}");
    }
}

#[test]
fn a_previous_time_needs_digits_and_a_previous_secret() {
    let old = ("SLACK_SIGNING_SECRET_PREVIOUS", "old");
    for bad in ["tomorrow", "-1", "+1", "1.5", " 1", "99999999999999999999"] {
        let error = problem(&[old, ("SLACK_SIGNING_SECRET_PREVIOUS_UNTIL", bad)]);
        assert!(error.contains("PREVIOUS_UNTIL is not a time"), "{error}");
    }
    let error = problem(&[("SLACK_SIGNING_SECRET_PREVIOUS_UNTIL", "1800000000")]);
    assert!(error.contains("set both or neither"), "{error}");
    let forever = slack(&[old]).signing.previous.expect("a previous secret");
    assert_eq!(forever.until, None);
}

#[test]
fn the_token_crosses_no_network_in_the_clear() {
    for good in ["https://slack.example/api", "http://127.0.0.1:8080/api/", "http://[::1]:1/api"] {
        assert_eq!(slack(&[("SLACK_API_URL", good)]).access.api_url, good.trim_end_matches('/'));
    }
    for bad in [
        "http://slack.example/api",
        "http://localhost:1/api",
        "http://127.0.0.1.example/api",
        "http://localhost@slack.example/api",
        "ftp://127.0.0.1/api",
        "slack.example/api",
        "/v1",
        "https://slack.com/api?x=1",
        "https://slack.com/api#x",
        "not a url",
    ] {
        let error = problem(&[("SLACK_API_URL", bad)]);
        assert!(error.starts_with("SLACK_API_URL ") && !error.contains(bad), "{bad}: {error}");
    }
}

#[test]
fn tokens_and_addresses_are_checked() {
    assert!(problem(&[("SLACK_BOT_TOKEN", "xoxb-t0ken\n")]).contains("copy it again"));
    assert!(problem(&[("SLACK_SIGNING_SECRET", "xoxb-t0ken")]).contains("holds a token"));
    assert!(problem(&[("LISTEN_ADDR", "3000")]).contains("127.0.0.1:3000"));
    assert_eq!(with(&[("LISTEN_ADDR", "[::1]:0")]).expect("a configuration").listen.port(), 0);
}

#[test]
fn the_inbox_is_a_file_or_a_server() {
    for (url, path) in [
        ("sqlite:inbox.db", "inbox.db"),
        ("sqlite:/var/lib/bot/inbox.db", "/var/lib/bot/inbox.db"),
        ("sqlite:///var/lib/bot/inbox.db", "/var/lib/bot/inbox.db"),
        ("sqlite://inbox.db", "inbox.db"),
    ] {
        assert_eq!(with(&[("DATABASE_URL", url)]).expect("a configuration").database, Database::Sqlite(path.into()));
    }
    for url in ["postgres://bot:hush@db.example/bot", "postgresql:///bot?host=/run/postgresql"] {
        let database = with(&[("DATABASE_URL", url)]).expect("a configuration").database;
        assert_eq!(database, Database::Postgres(Secret::new(url)));
    }
    for (bad, remedy) in [
        ("inbox.db", "write for instance sqlite:agent-bot.db"),
        ("mysql://bot:hush@db.example/bot", "neither sqlite: with a path nor postgres://"),
        ("sqlite:", "names no file"),
        ("sqlite::memory:", "a crash loses"),
        ("sqlite://:memory:", "a crash loses"),
        ("sqlite:inbox.db?mode=ro", "write the path alone"),
    ] {
        let error = problem(&[("DATABASE_URL", bad)]);
        assert!(error.starts_with("DATABASE_URL ") && error.contains(remedy), "{bad}: {error}");
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn what_the_bot_would_not_start_with_is_told_by_the_check() {
    assert!(with(&[("REDIS_URL", "redis://127.0.0.1:6379/0")]).is_ok());
    for bad in ["hush", "http://hush.example", "redis://hush:port"] {
        let error = problem(&[("REDIS_URL", bad)]);
        assert!(error.starts_with("REDIS_URL ") && error.contains("redis://") && !error.contains("hush"), "{error}");
    }
}

#[test]
fn no_value_is_printed() {
    let config =
        with(&[("SLACK_SIGNING_SECRET_PREVIOUS", "0ld"), ("DATABASE_URL", "postgres://bot:pa55@db.example/bot")])
            .expect("a configuration");
    let printed = format!("{config:?}");
    for value in ["s3cret", "xoxb-t0ken", "0ld", "pa55"] {
        assert!(!printed.contains(value), "{printed}");
    }
    for bad in [("SLACK_BOT_TOKEN", "xoxb t0ken"), ("LISTEN_ADDR", "s3cret"), ("SLACK_API_URL", "s3cret")] {
        let error = with(&[bad]).expect_err("refused");
        assert!(!format!("{error} {error:?}").contains(bad.1), "{error:?}");
    }
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    let error = Config::read(|name| {
        let value = if name == "SLACK_BOT_TOKEN" { vec![b'x', 0xff] } else { b"s".to_vec() };
        (name == "SLACK_BOT_TOKEN" || name == "SLACK_SIGNING_SECRET").then(|| OsString::from_vec(value))
    });
    assert!(error.expect_err("refused").to_string().contains("SLACK_BOT_TOKEN is not UTF-8"));
}
