use std::time::Duration;

use imchat_inbox::{Queue, SqliteInbox};
use imchat_test_servers::Folder;
use imchat_verify::inbox::Delivery;
use time::OffsetDateTime;

use super::*;

fn key(byte: u8) -> Secret {
    Secret::new(const_hex::encode([byte; 32]))
}

fn seal() -> Seal {
    Seal::new(&key(1), None).unwrap()
}

#[test]
fn what_is_sealed_opens_for_its_tenant_and_kind_only() {
    let sealed = seal().seal("route", "T1", b"https://hooks/1").unwrap();
    assert_eq!(&seal().open("route", "T1", &sealed).unwrap()[..], b"https://hooks/1");
    for (kind, tenant) in [("route", "T2"), ("token", "T1"), ("routeT", "1"), ("", "")] {
        assert_eq!(seal().open(kind, tenant, &sealed), Err(SealError::Open), "{kind} {tenant}");
    }
}

#[test]
fn another_key_does_not_open_it() {
    let sealed = seal().seal("route", "T1", b"x").unwrap();
    assert_eq!(Seal::new(&key(2), None).unwrap().open("route", "T1", &sealed), Err(SealError::Open));
}

#[test]
fn no_changed_byte_opens() {
    let sealed = URL_SAFE_NO_PAD.decode(seal().seal("route", "T1", b"secret").unwrap()).unwrap();
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        let changed = URL_SAFE_NO_PAD.encode(changed);
        assert_eq!(seal().open("route", "T1", &changed), Err(SealError::Open), "byte {place}");
    }
    for length in 0..sealed.len() {
        let cut = URL_SAFE_NO_PAD.encode(&sealed[..length]);
        assert_eq!(seal().open("route", "T1", &cut), Err(SealError::Open), "{length} bytes");
    }
    assert_eq!(seal().open("route", "T1", "not base64!"), Err(SealError::Open));
}

#[test]
fn the_same_text_is_sealed_differently_each_time() {
    assert_ne!(seal().seal("route", "T1", b"x").unwrap(), seal().seal("route", "T1", b"x").unwrap());
}

/// Appendix A.3.1 of draft-irtf-cfrg-xchacha-03: the cipher is the published one.
/// <https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03#appendix-A.3.1>
#[test]
fn the_cipher_is_the_published_one() {
    let key: [u8; 32] =
        const_hex::decode_to_array("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f").unwrap();
    let nonce: [u8; 24] = const_hex::decode_to_array("404142434445464748494a4b4c4d4e4f5051525354555657").unwrap();
    let aad: [u8; 12] = const_hex::decode_to_array("50515253c0c1c2c3c4c5c6c7").unwrap();
    let plain = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let cipher = XChaCha20Poly1305::new(&Key::from(key));
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad }).unwrap();
    let told = const_hex::encode(sealed);
    assert!(told.starts_with("bd6d179d3e83d43b9576579493c0e939"), "{told}");
    assert!(told.ends_with("c0875924c1c7987947deafd8780acf49"), "{told}");
}

#[test]
fn rotation_keeps_what_is_there_and_seals_it_anew() {
    let old = seal().seal("route", "T1", b"x").unwrap();
    let both = Seal::new(&key(2), Some(&key(1))).unwrap();
    assert_eq!(&both.open("route", "T1", &old).unwrap()[..], b"x");
    let new = both.reseal("route", "T1", &old).unwrap().unwrap();
    assert_eq!(both.reseal("route", "T1", &new), Ok(None));
    let only = Seal::new(&key(2), None).unwrap();
    assert_eq!(&only.open("route", "T1", &new).unwrap()[..], b"x");
    assert_eq!(only.reseal("route", "T1", &old), Err(SealError::Open));
    assert!(new.starts_with(&only.mark()) && !old.starts_with(&only.mark()));
}

#[test]
fn a_key_is_32_bytes_in_any_usual_form() {
    let forms = [
        const_hex::encode([0xFB; 32]),
        base64::engine::general_purpose::STANDARD.encode([0xFB; 32]),
        URL_SAFE_NO_PAD.encode([0xFB; 32]),
    ];
    let sealed = Seal::new(&Secret::new(forms[0].clone()), None).unwrap().seal("a", "b", b"x").unwrap();
    for form in forms {
        assert!(Seal::new(&Secret::new(form), None).unwrap().open("a", "b", &sealed).is_ok());
    }
    for bad in ["", "changeme", "c2hvcnQ=", &"g".repeat(64), &"a".repeat(66)] {
        assert_eq!(Seal::new(&Secret::new(bad), None).unwrap_err(), SealError::Key, "{bad}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let told = format!("{:?} {} {}", seal(), SealError::Open, SealError::Key);
    assert!(!told.contains("0101") && told.contains("TOKEN_ENCRYPTION_KEY"), "{told}");
}

#[tokio::test]
async fn an_inbox_keeps_its_bodies_sealed() {
    let folder = Folder::new("seal").unwrap();
    let file = folder.path().join("bot.db");
    let (sealing, opening) = (seal(), seal());
    let inbox = SqliteInbox::builder()
        .seal(move |key, body| sealing.seal_body(key, body), move |key, body| opening.open_body(key, body))
        .open(&file)
        .await
        .unwrap();
    let key = DedupKey::from_bytes(b"1");
    inbox.enqueue(Delivery::new(key, "test", "response_url=hunter2", OffsetDateTime::UNIX_EPOCH)).await.unwrap();
    let jobs = inbox.take(1, Duration::from_secs(60)).await.unwrap();
    assert_eq!(&jobs[0].delivery.body[..], b"response_url=hunter2");
    for name in ["bot.db", "bot.db-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "{name}");
    }
}
