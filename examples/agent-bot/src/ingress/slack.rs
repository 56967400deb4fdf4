//! What Slack's user sees of a click or a form that could not be written down: neither is ever sent again.
//!
//! The words that the scheme answers with are shown for a slash command. For a form they are shown only as an error of its
//! field; what answers a click is not shown at all, so they go over its response URL, behind the answer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::MethodRouter;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use imchat_axum::tower::Rejection;
use serde_json::json;
use tracing::warn;

use super::kept::Kept;
use crate::message::Outbound;
use crate::platform::slack::{FIELD, Slack, decoded};
use crate::platform::{Address, Click, Client as _, Decoded};

const WORDS: &str = "This may not have arrived. If nothing happens, please try again.";

/// `route`, a webhook of Slack's interactivity with its inbox, whose users are told what was lost.
pub(super) fn answering(route: MethodRouter, slack: Slack) -> MethodRouter {
    route.layer(from_fn_with_state(Arc::new(slack), answered))
}

async fn answered(State(slack): State<Arc<Slack>>, request: Request, next: Next) -> Response {
    let kept = Kept::default();
    let mut response = next.run(request.map(|body| kept.tee(body))).await;
    // Refused with 200: it is proved, and nobody has it.
    let lost = response.status() == StatusCode::OK && response.extensions().get::<Rejection>().is_some();
    let Some(Ok(Decoded::Click(click))) = lost.then(|| decoded("interactivity", &kept.whole())) else {
        return response;
    };
    if click.reply.is_some() {
        // Slack waits three seconds, and a part of them is over. It is for this moment: a process that stops tells nobody.
        tokio::spawn(async move { tell(&slack, click).await });
    } else {
        let shown = json!({ "response_action": "errors", "errors": { FIELD: WORDS } });
        *response.body_mut() = Body::from(shown.to_string());
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    response
}

async fn tell(slack: &Slack, click: Click) {
    let to = Address { place: click.place, only: Some(click.person), reply: click.reply };
    for piece in slack.render(&Outbound::plain(WORDS)) {
        if let Err(error) = slack.send(&to, &piece, "lost").await {
            warn!(%error, "whoever pressed cannot be told that it may not have arrived");
        }
    }
}

#[cfg(test)]
mod tests;
