//! Webhooks of other services, from the request to what stands in the hook's place.

use std::time::Duration;

use agent_bot::agent::tools::KNOWN;
use agent_bot::config::{Config, HookConfig, Secret, SigningSecrets};
use agent_bot::policy::Policy;
use agent_bot::serve::Stopped;
use chat_sim::{Request, Sender, Sign, Variant};
use http::{HeaderValue, Method, StatusCode};
use imchat_inbox::Upkeep as _;
use imchat_verify::providers;
use imchat_verify::sign::{SignRequest, Signer};
use time::OffsetDateTime;

use crate::play::{Play, SOON};

const HUSH: &str = "a secret of the provider's own";
const TOKEN: &str = "the token of Meta's handshake";

const HOOKS: &str = r#"
ask = [{ who = ["*"], where = ["*"] }]

[hooks.code]
provider = "github"
secret_env = "CODE_SECRET"
say_in = "slack:T0WORKSPACE:C0OPS00001"

[hooks.money]
provider = "stripe"
secret_env = "MONEY_SECRET"
say_in = "slack:T0WORKSPACE:C0OPS00001"

[hooks.telegram]
provider = "telegram"
secret_env = "TELEGRAM_SECRET"
say_in = "slack:T0WORKSPACE:C0OPS00001"

[hooks.pages]
provider = "meta"
secret_env = "PAGES_SECRET"
verify_token_env = "PAGES_TOKEN"
say_in = "slack:T0WORKSPACE:C0OPS00001"

[hooks.elsewhere]
provider = "github"
secret_env = "ELSEWHERE_SECRET"
say_in = "discord:900000000000000002:900000000000000003"
"#;

async fn play() -> Play {
    Play::with(|config| {
        let policy = Policy::parse(HOOKS, KNOWN).expect("a policy");
        let hooks = policy.hooks().iter().map(|hook| HookConfig {
            hook: hook.clone(),
            signing: SigningSecrets::of(HUSH),
            verify_token: hook.verify_token_env.as_ref().map(|_| Secret::new(TOKEN)),
        });
        Config { hooks: hooks.collect(), policy, ..config }
    })
    .await
}

fn signer(provider: &str, secret: &str) -> Box<dyn Sign> {
    if provider == "telegram" {
        // A token is sent along as it is.
        let secret = secret.to_owned();
        return Box::new(move |_: &[u8], _| vec![("x-telegram-bot-api-secret-token".to_owned(), secret.clone())]);
    }
    let scheme = providers::by_name(provider).expect("a scheme");
    let signer = Signer::of(scheme, secret).expect("a secret");
    Box::new(move |body: &[u8], at| {
        let at = OffsetDateTime::from_unix_timestamp(at).expect("a time");
        signer.sign(SignRequest::post(body, at)).expect("signed")
    })
}

/// What `provider` would send.
fn provider(name: &str) -> Sender {
    let (own, other) = (signer(name, HUSH), signer(name, "the secret of somebody else"));
    Sender::new(move |body: &[u8], at| own.sign(body, at), move |body: &[u8], at| other.sign(body, at))
}

fn posted(hook: &str, body: &'static str) -> Request {
    Request::post(format!("/hooks/{hook}"), "application/json", body)
}

fn push(body: &'static str) -> Request {
    let mut request = posted("code", body);
    request.headers.insert("x-github-event", HeaderValue::from_static("push"));
    request.headers.insert("x-github-delivery", HeaderValue::from_static("72d3162e"));
    request
}

const PUSH: &str = r#"{"ref":"refs/heads/main","repository":{"full_name":"shop/web"}}"#;
const PAID: &str = r#"{"id":"evt_1","object":"event","type":"invoice.paid","account":"acct_1"}"#;
const UPDATE: &str = r#"{"update_id":7,"message":{"text":"<!channel> hello"}}"#;

async fn sent(play: &Play, sender: &Sender, request: &Request, variant: Variant) -> StatusCode {
    sender.send(&play.base, request, variant).await.expect("an answer").status
}

#[tokio::test]
async fn the_margin_of_an_answer_is_of_the_time_that_the_hooks_own_provider_gives() {
    let play = play().await;
    for (name, request) in [("github", push(PUSH)), ("telegram", posted("telegram", UPDATE))] {
        assert_eq!(sent(&play, &provider(name), &request, Variant::Fresh).await, StatusCode::OK, "{name}");
    }
    let text = play.bot.telemetry().text(&[]);
    let margin = |hook: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("imchat_bot_ack_margin_seconds{{hook=\"{hook}\"}} ")));
        line.map(|margin| margin.parse::<f64>().expect("a number"))
    };
    // GitHub waits ten seconds; how long Telegram does, nobody says.
    assert!(margin("code").is_some_and(|margin| (3.0..10.0).contains(&margin)), "{text}");
    assert_eq!(margin("telegram"), None);
}

#[tokio::test]
async fn each_family_of_presets_is_told_in_its_place() {
    let play = play().await;
    for (name, request) in
        [("github", push(PUSH)), ("stripe", posted("money", PAID)), ("telegram", posted("telegram", UPDATE))]
    {
        let sender = provider(name);
        assert_eq!(sent(&play, &sender, &request, Variant::Fresh).await, StatusCode::OK, "{name}");
    }
    let (slack, counted) = play.worked().await;
    let posts = slack.posted(3, SOON).await.expect("three messages");
    assert!(posts.iter().all(|post| post.channel == "C0OPS00001" && post.thread_ts.is_none()));
    let mut texts: Vec<_> = posts.iter().map(|post| post.text.as_str()).collect();
    texts.sort_unstable();
    let expected = [
        "*code* (github): `push` of `shop/web`, id `72d3162e`",
        "*money* (stripe): `invoice.paid` of `acct_1`, id `evt_1`",
        "*telegram* (telegram): `an event`, id `7`",
    ];
    assert_eq!(texts, expected);
    assert_eq!(counted.sum("imchat_bot_hook_events_total"), 3);
    let text = counted.text(&[]);
    assert!(text.contains(r#"imchat_bot_deliveries_total{hook="money",outcome="accepted"} 1"#), "{text}");
    assert_eq!(counted.sum("imchat_bot_turns_total"), 0, "nothing of it is asked of the model");
}

#[tokio::test]
async fn what_is_not_proved_or_not_named_is_refused_and_never_told() {
    let play = play().await;
    for (name, request) in
        [("github", push(PUSH)), ("stripe", posted("money", PAID)), ("telegram", posted("telegram", UPDATE))]
    {
        let sender = provider(name);
        for variant in [Variant::Forged, Variant::Unsigned] {
            assert_eq!(sent(&play, &sender, &request, variant).await, StatusCode::UNAUTHORIZED, "{name} {variant:?}");
        }
    }
    let tampered = sent(&play, &provider("github"), &push(PUSH), Variant::Tampered).await;
    let stale = Variant::Stale(Duration::from_secs(400));
    let stale = sent(&play, &provider("stripe"), &posted("money", PAID), stale).await;
    // What proves one hook proves no other.
    let crossed = sent(&play, &provider("github"), &posted("money", PUSH), Variant::Fresh).await;
    assert_eq!([tampered, stale, crossed], [StatusCode::UNAUTHORIZED; 3]);
    let nowhere = sent(&play, &provider("github"), &posted("nowhere", PUSH), Variant::Fresh).await;
    assert_eq!(nowhere, StatusCode::NOT_FOUND);
    let (slack, counted) = play.worked().await;
    assert!(slack.posts().is_empty());
    assert!(counted.text(&[]).contains(r#"imchat_bot_rejected_total{hook="money""#));
}

#[tokio::test]
async fn a_duplicate_is_told_once_and_the_events_of_a_hook_in_their_order() {
    let play = play().await;
    let sender = provider("stripe");
    let events = [
        r#"{"id":"evt_1","object":"event","type":"first"}"#,
        r#"{"id":"evt_2","object":"event","type":"second"}"#,
        r#"{"id":"evt_1","object":"event","type":"first"}"#,
        r#"{"id":"evt_3","object":"event","type":"third"}"#,
    ];
    for body in events {
        assert_eq!(sent(&play, &sender, &posted("money", body), Variant::Fresh).await, StatusCode::OK);
    }
    let (slack, counted) = play.worked().await;
    let posts = slack.posted(3, SOON).await.expect("three messages");
    let texts: Vec<_> = posts.iter().map(|post| post.text.as_str()).collect();
    let expected = [("first", 1), ("second", 2), ("third", 3)]
        .map(|(kind, id)| format!("*money* (stripe): `{kind}`, id `evt_{id}`"));
    assert_eq!(texts, expected);
    assert!(counted.text(&[]).contains(r#"imchat_bot_deliveries_total{hook="money",outcome="duplicate"} 1"#));
}

#[tokio::test]
async fn a_handshake_is_answered_and_a_batch_is_told_item_by_item() {
    let play = play().await;
    let sender = provider("meta");
    for (token, status) in [("the%20token%20of%20Meta%27s%20handshake", 200), ("another", 401)] {
        let target = format!("/hooks/pages?hub.mode=subscribe&hub.challenge=17&hub.verify_token={token}");
        let asked = Request { method: Method::GET, ..Request::post(target, "text/plain", "") };
        let answer = sender.send(&play.base, &asked, Variant::Unsigned).await.expect("an answer");
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(answer.body == "17", status == 200);
    }
    let batch = posted(
        "pages",
        r#"{"object":"page","entry":[{"id":"1","messaging":[{"message":{"mid":"m1"}},{"message":{"mid":"m2"}}]}]}"#,
    );
    assert_eq!(sent(&play, &sender, &batch, Variant::Fresh).await, StatusCode::OK);
    let (slack, _) = play.worked().await;
    let mut texts: Vec<_> = slack.posted(2, SOON).await.expect("messages").into_iter().map(|post| post.text).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["*pages* (meta): `page`, id `m1`", "*pages* (meta): `page`, id `m2`"]);
}

#[tokio::test]
async fn an_event_whose_place_is_on_a_platform_that_is_not_set_up_is_a_dead_letter() {
    let play = play().await;
    let request = posted("elsewhere", PUSH);
    assert_eq!(sent(&play, &provider("github"), &request, Variant::Fresh).await, StatusCode::OK);
    play.rests().await;
    let dead = play.store.inbox.counts().await.expect("counts").dead;
    assert_eq!(dead, 1);
    let stopped = play.bot.stop().await;
    assert_eq!(stopped, Stopped { jobs: Some(0), unsaid: Some(0), dead: Some(1) });
}
