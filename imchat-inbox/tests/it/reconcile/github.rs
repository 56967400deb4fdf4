//! Which of GitHub's deliveries are asked for again.

use imchat_inbox::reconcile::{GitHubDeliveries, Reconcile};

use super::github_server::{GitHub, HOOK};
use super::server::instead;
use super::{Inbox, TOKEN, client, span};

#[tokio::test]
async fn all_pages_are_read_by_their_link_and_no_token_follows_it_elsewhere() {
    let platform = GitHub::start().await;
    platform.links_elsewhere();
    for number in 0..250 {
        platform.tried(&format!("guid-{number}"), number, 200);
    }
    let room = Inbox::new().await;
    let outcome = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((outcome.found, outcome.asked_again, outcome.next), (250, 0, None));
    let asked = platform.desk.asked();
    assert_eq!(asked.len(), 3);
    for asked in &asked {
        assert_eq!((asked.uri.path(), asked.query("per_page").as_deref()), (HOOK, Some("100")));
        assert_eq!(asked.header("authorization"), Some(&*format!("Bearer {TOKEN}")));
        assert_eq!(asked.header("accept"), Some("application/vnd.github+json"));
        assert_eq!(asked.header("x-github-api-version"), Some("2022-11-28"));
        assert!(asked.header("user-agent").unwrap().starts_with("imchat-inbox/"));
    }
}

#[tokio::test]
async fn pages_beyond_the_time_are_not_read_and_their_failures_not_asked_for() {
    let platform = GitHub::start().await;
    let six_hours = 6 * 3600;
    platform.tried("within", six_hours, 502);
    for number in 1..=300 {
        platform.tried(&format!("before-{number}"), six_hours + number, 502);
    }
    let room = Inbox::new().await;
    let outcome = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((outcome.found, outcome.asked_again, outcome.next), (1, 1, None));
    assert_eq!(platform.asked_again(), ["within"]);
    assert_eq!(platform.desk.asked().len(), 2);
}

#[tokio::test]
async fn a_delivery_is_asked_for_once_and_only_where_no_attempt_succeeded() {
    let platform = GitHub::start().await;
    platform.tried("came", 50, 200);
    platform.tried("healed", 40, 502);
    platform.tried("healed", 30, 204);
    platform.tried("came, then failed", 29, 202);
    platform.tried("came, then failed", 28, 500);
    platform.tried("lost", 20, 502);
    platform.tried("lost", 10, 401);
    platform.tried("redirected", 5, 302);
    let room = Inbox::new().await;
    let outcome = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((outcome.found, outcome.new, outcome.asked_again, outcome.left), (5, 0, 2, 0));
    assert_eq!(platform.asked_again(), ["redirected", "lost"]);
}

#[tokio::test]
async fn a_run_asks_for_its_most_and_the_least_tried_come_first() {
    let platform = GitHub::start().await;
    for attempt in 0..3 {
        platform.tried("refused for good", 100 - attempt, 401);
    }
    platform.tried("younger", 10, 502);
    platform.tried("older", 20, 502);
    let room = Inbox::new().await;
    let run = Reconcile::new(&room.inbox).most_asked(2);
    let outcome = run.poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((outcome.found, outcome.asked_again, outcome.left), (3, 2, 1));
    assert_eq!(platform.asked_again(), ["older", "younger"]);
}

#[tokio::test]
async fn what_github_has_forgotten_is_counted_and_the_rest_is_asked_for() {
    let platform = GitHub::start().await;
    platform.tried("forgotten", 20, 502);
    platform.tried("known", 10, 502);
    platform.desk.script([None, Some(instead(404, &[]))]);
    let room = Inbox::new().await;
    let outcome = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap();
    assert_eq!((outcome.asked_again, outcome.refused), (1, 1));
    assert_eq!(platform.asked_again(), ["forgotten", "known"]);
}

#[tokio::test]
async fn a_limit_among_the_requests_ends_the_run_with_its_wait() {
    let platform = GitHub::start().await;
    for guid in ["first", "second", "third"] {
        platform.tried(guid, 10, 502);
    }
    platform.desk.script([None, None, Some(instead(403, &[("retry-after", "90")]))]);
    let room = Inbox::new().await;
    let error = Reconcile::new(&room.inbox).poll_once(&platform.source(), span()).await.unwrap_err();
    assert_eq!(error.wait(), Some(std::time::Duration::from_secs(90)));
    assert_eq!(platform.asked_again().len(), 2);
}

#[tokio::test]
async fn hooks_of_organisations_and_apps_are_asked_at_their_own_places() {
    let platform = GitHub::start().await;
    platform.tried("lost", 10, 502);
    let room = Inbox::new().await;
    let organisation = GitHubDeliveries::of_organisation(client(), TOKEN, "octo-org", 42).unwrap();
    let app = GitHubDeliveries::of_app(client(), TOKEN).unwrap();
    for (source, path) in [(organisation, "/orgs/octo-org/hooks/42/deliveries"), (app, "/app/hook/deliveries")] {
        let source = source.base_url(&platform.server.base).unwrap();
        let outcome = Reconcile::new(&room.inbox).poll_once(&source, span()).await.unwrap();
        assert_eq!(outcome.asked_again, 1);
        let posted = platform.desk.asked().pop().unwrap();
        assert_eq!(
            (posted.method.as_str(), posted.uri.path()),
            ("POST", &*format!("{path}/9007199254740993/attempts"))
        );
    }
}
