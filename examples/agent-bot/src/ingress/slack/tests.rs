use std::time::Duration;

use axum::Router;
use axum::body::Body;
use chat_sim::slack_api::{Settings, SlackApi};
use chat_sim::{Sign as _, sign};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt as _;

use crate::agent::tools::KNOWN;
use crate::config::{Config, Database, Keys, Secret, SigningSecrets, SlackAccess, SlackConfig};
use crate::ingress::router;
use crate::ingress::shelf::Shelf;
use crate::policy::Policy;
use crate::telemetry::Telemetry;

const SECRET: &str = "s3cret";
const WORDS: &str = "This may not have arrived. If nothing happens, please try again.";

fn app(api: &SlackApi, broken: bool) -> Router {
    let access = SlackAccess { token: Secret::new("xoxb-sim"), api_url: api.url() };
    let slack = Some(SlackConfig { signing: SigningSecrets::of(SECRET), access });
    let policy = Policy::demo(KNOWN).expect("a policy");
    let local = Config::local(Database::Sqlite("none".into()), Keys::of("00"), policy);
    let shelf = Shelf { broken, ..Shelf::default() };
    router(&shelf, &Config { slack, ..local }, &Telemetry::default()).expect("routes")
}

async fn reply(app: Router, payload: &Value) -> (StatusCode, Value) {
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
    let mut request = Request::post("/slack/interactions").header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in sign::slack(SECRET).sign(body.as_bytes(), OffsetDateTime::now_utc().unix_timestamp()) {
        request = request.header(name, value);
    }
    let response = app.oneshot(request.body(Body::from(body)).expect("a request")).await.expect("a response");
    let (status, body) = (response.status(), response.into_body().collect().await.expect("a body").to_bytes());
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn press(route: &str) -> Value {
    json!({
        "type": "block_actions",
        "user": { "id": "U0ALICE001", "team_id": "T0TEAM0001" },
        "container": { "channel_id": "C0OPS00001", "message_ts": "1.2" },
        "trigger_id": "1.2.a",
        "response_url": route,
        "actions": [{ "action_id": "approve:p-1", "type": "button" }],
    })
}

fn form() -> Value {
    json!({
        "type": "view_submission",
        "user": { "id": "U0ALICE001", "team_id": "T0TEAM0001" },
        "trigger_id": "1.3.b",
        "view": {
            "callback_id": "passcode:p-1",
            "private_metadata": json!({ "channel": "C0OPS00001", "thread": null, "card": null }).to_string(),
            "state": { "values": { "typed": { "typed": { "type": "plain_text_input", "value": "4711" } } } },
        },
    })
}

#[tokio::test]
async fn a_form_that_is_written_down_nowhere_says_so_at_its_field() {
    let api = SlackApi::start(Settings::archived("xoxb-sim")).await.expect("a port");
    let (status, body) = reply(app(&api, true), &form()).await;
    assert_eq!((status, body), (StatusCode::OK, json!({ "response_action": "errors", "errors": { "typed": WORDS } })));
    assert_eq!(reply(app(&api, false), &form()).await, (StatusCode::OK, Value::Null));
}

#[tokio::test]
async fn a_click_that_is_written_down_nowhere_is_told_over_its_response_url() {
    let api = SlackApi::start(Settings::archived("xoxb-sim")).await.expect("a port");
    let route = api.response_url("C0OPS00001", "U0ALICE001");
    assert_eq!(reply(app(&api, true), &press(&route)).await.0, StatusCode::OK);
    let told = async {
        while api.responses().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told).await.expect("told");
    let [said] = api.responses().try_into().expect("one");
    assert_eq!((said.ephemeral, &said.body["text"]), (true, &json!(WORDS)));
    assert_eq!(said.body["replace_original"], false, "the card stays");
    assert_eq!(reply(app(&api, false), &press(&route)).await, (StatusCode::OK, Value::Null));
    assert_eq!(api.responses().len(), 1);
}
