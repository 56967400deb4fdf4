//! Outgoing webhooks of Teams, over a socket: the answer is in the response, and an ingress gives it alone.

use agent_bot::config::{Config, SigningSecrets, TeamsConfig};
use agent_bot::serve::{Bot, Role};
use chat_sim::{Request, Sender, Variant};
use http::StatusCode;
use imchat_verify::providers::TEAMS_OUTGOING;
use imchat_verify::sign::{SignRequest, Signer};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::play::{Play, STATUS};

const SECRET: &str = "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=";

fn teams() -> Sender {
    let signer = |secret: &str| {
        let signer = Signer::of(&TEAMS_OUTGOING, secret).expect("a secret");
        move |body: &[u8], at: i64| {
            let at = OffsetDateTime::from_unix_timestamp(at).expect("a time");
            signer.sign(SignRequest::post(body, at)).expect("signed")
        }
    };
    Sender::new(signer(SECRET), signer("MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY="))
}

#[tokio::test]
async fn teams_is_answered_in_the_response_by_an_ingress_too() {
    let play = Play::with(|config| {
        let signing = SigningSecrets::of(SECRET);
        Config { teams: Some(TeamsConfig { signing }), ..config }
    })
    .await;
    let alone = Bot::start(&play.config, Role::Ingress).await.expect("an ingress");
    let worker = Bot::start(&play.config, Role::Executor).await.expect("an executor");
    let message = json!({
        "type": "message",
        "id": "1485983408511",
        "from": { "id": "29:1abc", "aadObjectId": "aad-1" },
        "conversation": { "id": "19:ops@thread.tacv2;messageid=1" },
        "channelData": { "tenant": { "id": "tenant-1" } },
        "text": "<at>bot</at> what is the status of checkout?",
    });
    let request = Request::post("/teams/messages", "application/json", message.to_string());
    for base in [play.base.clone(), format!("http://{}", alone.address())] {
        let answer = teams().send(&base, &request, Variant::Fresh).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::OK);
        let shown: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(shown, json!({ "type": "message", "text": STATUS }));
        let forged = teams().send(&base, &request, Variant::Forged).await.expect("an answer");
        assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    }
    let elsewhere = format!("http://{}", worker.address());
    let nowhere = teams().send(&elsewhere, &request, Variant::Fresh).await.expect("an answer");
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    assert_eq!(alone.stop().await.unsaid, None, "an ingress knows the inbox alone");
    worker.stop().await;
    let (slack, _) = play.worked().await;
    assert!(slack.posts().is_empty());
}
