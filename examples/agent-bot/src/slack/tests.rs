use chat_sim::slack_api::{Fault, Settings, SlackApi};
use http::StatusCode;

use super::*;
use crate::config::Secret;

const TOKEN: &str = "xoxb-sim";

async fn sim() -> SlackApi {
    SlackApi::start(Settings::new(TOKEN)).await.expect("a loopback port")
}

fn poster(api: &SlackApi, token: &str) -> SlackPoster {
    SlackPoster::new(&SlackAccess { token: Secret::new(token), api_url: api.url() }).expect("a client")
}

fn message() -> Outbound {
    Outbound {
        channel: "C0GENERAL".to_owned(),
        thread_ts: Some("1700000000.000100".to_owned()),
        text: "a &lt;b&gt;".to_owned(),
        step: "key/answer".to_owned(),
    }
}

#[tokio::test]
async fn a_message_reaches_its_thread_over_loopback_http() {
    let api = sim().await;
    let ts = poster(&api, TOKEN).post(&message()).await.expect("posted");
    let posts = api.posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].ts(), Some(ts.as_str()));
    assert_eq!(posts[0].channel, "C0GENERAL");
    assert_eq!(posts[0].thread_ts.as_deref(), Some("1700000000.000100"));
    assert_eq!(posts[0].text, "a &lt;b&gt;");
    assert!(posts[0].token_valid);
}

#[tokio::test]
async fn without_a_thread_it_goes_to_the_channel() {
    let api = sim().await;
    poster(&api, TOKEN).post(&Outbound { thread_ts: None, ..message() }).await.expect("posted");
    assert_eq!(api.posts()[0].thread_ts, None);
}

#[tokio::test]
async fn errors_are_sorted_by_what_may_be_done() {
    let api = sim().await;
    let poster_ = poster(&api, TOKEN);
    let cases = [
        (Fault::RateLimited { retry_after: 7 }, PostError::RateLimited { retry_after: Some(Duration::from_secs(7)) }),
        (Fault::Error("ratelimited"), PostError::RateLimited { retry_after: None }),
        (Fault::Error("not_in_channel"), PostError::Refused { code: "not_in_channel".to_owned() }),
        (Fault::Error("<script>"), PostError::Refused { code: "an unreadable code".to_owned() }),
        (Fault::Status(StatusCode::NOT_FOUND), PostError::Refused { code: "http_404".to_owned() }),
        (Fault::Status(StatusCode::BAD_GATEWAY), PostError::Unknown("it answered with a server error")),
    ];
    for (fault, error) in cases {
        api.answer_next(fault);
        assert_eq!(poster_.post(&message()).await, Err(error));
    }
    let refused = poster(&api, "xoxb-other").post(&message()).await.expect_err("another token");
    assert!(refused.to_string().contains("invalid_auth: set SLACK_BOT_TOKEN"), "{refused}");
}

#[tokio::test]
async fn an_api_that_is_not_there_is_unreachable() {
    let api = sim().await;
    let poster = poster(&api, TOKEN);
    api.stop().await;
    assert_eq!(poster.post(&message()).await, Err(PostError::Unreachable));
}

#[tokio::test]
async fn the_token_tells_who_the_bot_is() {
    let api = sim().await;
    assert_eq!(poster(&api, TOKEN).whoami().await, Ok("U0BOT".to_owned()));
    let refused = poster(&api, "xoxb-other").whoami().await;
    assert_eq!(refused, Err(PostError::Refused { code: "invalid_auth".to_owned() }));
}

/// The simulator's answers are read by the client that reads Slack's.
#[tokio::test]
async fn the_simulator_speaks_the_clients_dialect() {
    use slack_morphism::prelude::{SlackApiChatUpdateRequest, SlackApiUsersInfoRequest};

    let api = sim().await;
    let poster = poster(&api, TOKEN);
    let ts = poster.post(&message()).await.expect("posted");
    let session = poster.client.open_session(&poster.token);
    let user = session.users_info(&SlackApiUsersInfoRequest::new("U0ADA".into())).await.expect("a user").user;
    assert_eq!(user.name.as_deref(), Some("ada"));
    let content = SlackMessageContent::new().with_text("changed".to_owned());
    let update = SlackApiChatUpdateRequest::new("C0GENERAL".into(), content, SlackTs(ts));
    session.chat_update(&update).await.expect("updated");
    assert_eq!(api.posts()[0].text, "changed");
}
