//! The program's commands, their words and their exit status.

use crate::play::{SEALING, program};
use imchat_test_servers::Folder;

#[test]
fn a_missing_variable_ends_the_program_with_its_name() {
    let output = program("serve")
        .env("SLACK_BOT_TOKEN", "xoxb-hush")
        .env("TOKEN_ENCRYPTION_KEY", SEALING)
        .output()
        .expect("it runs");
    let error = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1));
    assert!(error.starts_with("agent-bot: SLACK_SIGNING_SECRET is not set: "), "{error}");
    assert!(!error.contains("hush"));
}

#[test]
fn a_configuration_is_checked_without_printing_a_secret() {
    let check = |token: &str| {
        let mut check = program("config");
        check.arg("check").env("SLACK_SIGNING_SECRET", "hush").env("SLACK_BOT_TOKEN", token);
        let output = check.env("TOKEN_ENCRYPTION_KEY", SEALING).output().expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).expect("text"))
    };
    let (good, said) = check("xoxb-hush");
    assert!(good && said.contains("/slack/events") && said.contains("Discord       not set up"), "{said}");
    let (bad, why) = check("xoxb hush");
    assert!(!bad && why.contains("SLACK_BOT_TOKEN has a space"), "{why}");
    assert!(!said.contains("hush") && !why.contains("hush") && !said.contains(SEALING), "{said}{why}");
}

#[test]
fn the_audit_is_checked_and_what_is_not_there_is_told_by_the_exit_status() {
    let folder = Folder::new("admin").expect("a folder");
    let admin = |arguments: &[&str]| {
        let mut admin = program("admin");
        admin.args(arguments).env("TOKEN_ENCRYPTION_KEY", SEALING);
        admin.env("DATABASE_URL", format!("sqlite:{}", folder.path().join("bot.db").display()));
        let output = admin.output().expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).expect("text"))
    };
    assert_eq!(admin(&["audit", "--verify"]), (Some(0), "The audit is empty.\n".to_owned()));
    assert_eq!(admin(&["dead-letters"]), (Some(0), "There are no dead letters.\n".to_owned()));
    let (status, why) = admin(&["replay", "7", "--who", "ada", "--why", "to see"]);
    assert!(status == Some(1) && why.contains("there is no dead letter of this id"), "{why}");
}
