//! The whole loop: the real bot and the simulator between a reader and a writer in memory.

use std::io::Cursor;

use super::*;
use crate::demo::folder::Folder;

async fn typed(lines: &str, colours: bool) -> String {
    let folder = Folder::temporary().expect("a folder");
    let room = Room::open(&folder.path().join("bot.db")).await.expect("a room");
    let mut out = Vec::new();
    let input = Cursor::new(lines.to_owned().into_bytes());
    Talk::new(room, &mut out, colours).run(input, std::future::pending()).await.expect("played");
    String::from_utf8(out).expect("text")
}

/// That these texts come in this order; what is left after the last one.
fn after<'a>(out: &'a str, texts: &[&str]) -> &'a str {
    texts
        .iter()
        .fold(out, |rest, text| rest.split_once(text).unwrap_or_else(|| panic!("no {text:?} in {rest}\nof {out}")).1)
}

#[tokio::test]
async fn a_restart_is_asked_for_refused_to_the_wrong_people_approved_and_done_once() {
    let lines = "restart checkout\n/as cleo\n1\n/as ada\n/press 1\n/as ben\n1\n/storm\n1\n/quit\nnever said\n";
    let out = typed(lines, false).await;
    let rest = after(
        &out,
        &[
            "acknowledged with 200",
            "bot:",
            "May approve: @ben",
            "[1] Approve   [2] Reject",
            "cleo>",
            "to cleo only:",
            "ada>",
            "to ada only:",
            "ben>",
            "bot, edited:",
            "Done: checkout was restarted",
            "10 × acknowledged",
            "it changed nothing: effects 1, messages 2,",
            "to ben only:",
            "already, by",
        ],
    );
    assert!(!rest.contains("Done:") && !out.contains("CHANGED") && !out.contains("more may come"), "{out}");
    assert!(!out.contains("never said") && !out.contains('\u{1b}'), "{out}");
}

#[tokio::test]
async fn what_is_said_without_an_executor_waits_and_a_storm_adds_nothing_to_it() {
    let out = typed("/storm\n/stop\n/stop\nstatus checkout\n/storm\n/start\n/start\n7\n/what\n/help", true).await;
    after(
        &out,
        &[
            "nothing was delivered yet",
            "the executor is stopped",
            "stopped already",
            "acknowledged with 200",
            "no executor: 1 waiting in the inbox",
            "it changed nothing: effects 0, messages 0,",
            "jobs waiting 1",
            "the executor works",
            "Here is what I found: checkout is degraded",
            "works already",
            "there is no button yet",
            "no such command",
            "/storm",
        ],
    );
    assert!(out.contains("\u{1b}[1mada>\u{1b}[0m "), "{out}");
}

#[tokio::test]
async fn what_people_and_the_bot_say_cannot_steer_the_terminal() {
    let out = typed("search \u{1b}[2J\u{202e}x\nrestart \u{1b}]0;owned\u{7}\n", false).await;
    assert!(!out.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{out:?}");
    after(&out, &["acknowledged with 200", "bot:", "acknowledged with 200", "bot:"]);
}
