//! The archived requests, signed again by the simulator.

#![expect(
    clippy::expect_used,
    reason = "clippy.toml allows these in tests, which does not reach the functions tests share"
)]

use std::path::Path;

use chat_sim::{Request, Sign, archive, sign};

/// The secret that `tests/payloads/README.md` names.
const SECRET: &str = "imchat-test-slack-signing-secret";

fn archived() -> Vec<(String, Request)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/payloads/slack");
    let files = folder.read_dir().expect("the archive").map(|entry| entry.expect("an entry").path());
    files
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, archive::read(&path).expect("a request"))
        })
        .collect()
}

/// The archive was signed by something else than this workspace, so the two confirm each other.
#[test]
fn a_payload_signed_at_the_archived_time_gets_the_archived_signature() {
    let mut compared = 0;
    for (name, request) in archived() {
        let Some(signature) = request.headers.get("x-slack-signature") else {
            assert_eq!(name, "ssl_check");
            continue;
        };
        let at = &request.headers["x-slack-request-timestamp"];
        let at = at.to_str().expect("digits").parse().expect("seconds");
        let signed = sign::slack(SECRET).sign(&request.body, at);
        let same = signed.iter().any(|(name, value)| name == "x-slack-signature" && value == signature);
        assert_eq!(same, name != "tampered", "{name}");
        compared += 1;
    }
    assert!(compared >= 13, "{compared} archived requests are signed");
}
