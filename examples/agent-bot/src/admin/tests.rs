use std::sync::atomic::{AtomicU32, Ordering};

use imchat_inbox::{DeadLetters as _, Queue as _};
use imchat_verify::dedup::{DedupKey, Settled};
use imchat_verify::inbox::{Delivery, Inbox as _};
use time::OffsetDateTime;

use super::*;
use crate::config::Secret;
use crate::state::testing::Room;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn storage(room: &Room) -> Storage {
    let keys = Keys { passcodes: Some(Secret::new(KEY)), ..Keys::of(KEY) };
    Storage { database: room.database.clone(), keys }
}

async fn told(admin: &Admin, storage: &Storage) -> Result<(bool, String), AdminError> {
    let mut out = Vec::new();
    let well = run(admin, storage, &mut out).await?;
    Ok((well, String::from_utf8(out).expect("text")))
}

fn letter(id: &str) -> Letter {
    Letter { id: id.to_owned(), by: signed("the token is mended") }
}

fn signed(why: &str) -> Signed {
    Signed { who: "ada".to_owned(), why: why.to_owned() }
}

/// A job that was given up; its number.
async fn buried(storage: &Storage) -> i64 {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let seal = seal(&storage.keys).expect("a key");
    let Database::Sqlite(file) = &storage.database else { panic!("a file") };
    let inbox = inbox::sqlite(file, &seal).await.expect("an inbox");
    let key = DedupKey::from_bytes(format!("job {}", NUMBER.fetch_add(1, Ordering::SeqCst)).as_bytes());
    inbox.accept(Delivery::new(key, "slack", "{}", OffsetDateTime::now_utc())).await.expect("accepted");
    let jobs = inbox.take(1, std::time::Duration::from_secs(60)).await.expect("taken");
    let buried = inbox.bury(&jobs[0].lease, "the token was revoked").await.expect("buried");
    assert_eq!(buried, Settled::Ok);
    inbox.dead_letters(0, 10).await.expect("listed").last().expect("a letter").id
}

#[tokio::test]
async fn a_dead_letter_is_listed_replayed_once_and_in_the_audit() {
    let room = Room::sqlite();
    let storage = storage(&room);
    let list = Admin::DeadLetters { most: 10 };
    assert_eq!(told(&list, &storage).await.unwrap().1, "There are no dead letters.\n");
    let id = buried(&storage).await.to_string();
    let (_, listed) = told(&list, &storage).await.unwrap();
    assert!(listed.contains(&format!("job {id}  ")) && listed.contains("the token was revoked"), "{listed}");
    told(&Admin::Replay(letter(&id)), &storage).await.unwrap();
    assert!(matches!(told(&Admin::Replay(letter(&id)), &storage).await, Err(AdminError::NoLetter)));
    let audit = Admin::Audit { verify: false, after: 0, most: 10 };
    let (_, rows) = told(&audit, &storage).await.unwrap();
    assert!(rows.contains("job.replayed  operator:ada") && rows.contains("the token is mended"), "{rows}");
    let (whole, said) = told(&Admin::Audit { verify: true, after: 0, most: 1 }, &storage).await.unwrap();
    assert!(whole && said.contains("whole: 1 rows"), "{said}");
}

#[tokio::test]
async fn a_letter_that_is_none_is_told() {
    let room = Room::sqlite();
    for id in ["7", "no/step"] {
        for admin in [Admin::Replay(letter(id)), Admin::Discard(letter(id))] {
            assert!(matches!(told(&admin, &storage(&room)).await, Err(AdminError::NoLetter)), "{id}");
        }
    }
}

#[test]
fn a_passcode_becomes_a_line_of_the_policy_file_and_is_not_in_it() {
    let keys = Keys { passcodes: Some(Secret::new(KEY)), ..Keys::of(KEY) };
    let mut out = Vec::new();
    setup::passcode("slack:T1:U1", &keys, &mut &b"4711\r\n"[..], &mut out).unwrap();
    let line = String::from_utf8(out).unwrap();
    let policy = format!("ask = [{{ who = [\"*\"], where = [\"*\"] }}]\n{line}");
    let policy = crate::policy::Policy::parse(&policy, crate::agent::tools::KNOWN).unwrap();
    assert_eq!(policy.passcodes().len(), 1);
    assert!(!line.contains("4711"));
    for (person, typed, key) in [("*", "4711\n", true), ("slack:T1:U1", "12\n", true), ("slack:T1:U1", "4711\n", false)]
    {
        let keys = if key { keys.clone() } else { Keys::of(KEY) };
        assert!(setup::passcode(person, &keys, &mut typed.as_bytes(), &mut Vec::new()).is_err(), "{person} {typed}");
    }
}

#[tokio::test]
async fn a_service_is_there_once_it_was_put_there() {
    let room = Room::sqlite();
    let (name, version, on_call) = ("checkout".to_owned(), "1.4.1".to_owned(), "Ada".to_owned());
    let admin = Admin::Service { name, version, on_call, by: signed("it is ours") };
    assert!(told(&admin, &storage(&room)).await.unwrap().0);
    let mut tx = room.state().await.read().await.unwrap();
    assert_eq!(crate::ops::Ops.services(&mut tx).await.unwrap(), ["checkout"]);
    drop(tx);
    let again = told(&admin, &storage(&room)).await.unwrap().1;
    assert!(again.contains("was there already"), "{again}");
    let audit = Admin::Audit { verify: false, after: 0, most: 10 };
    let (_, rows) = told(&audit, &storage(&room)).await.unwrap();
    assert_eq!(rows.matches("service.added  operator:ada").count(), 1, "{rows}");
}
