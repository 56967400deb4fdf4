//! Slack: events, interactivity, slash commands.

use core::time::Duration;

use crate::provider;
use crate::reply::Reply;
use crate::scheme::Source::{Form, FormJson, Header, Json};
use crate::scheme::{Facts, Handshake, Hash, Key, Part, Scheme, Signature, Unit, When};
use crate::window::Window;

const ACK: Duration = Duration::from_secs(3);

/// Retried at once, after a minute and after five more; with Delayed Events, hourly for a day.
const EVENTS: Facts = Facts::new("events")
    .ack_within(ACK)
    .retries(&[Duration::ZERO, Duration::from_secs(60), Duration::from_secs(300)])
    .horizon_at_least(Duration::from_secs(24 * 3600));

/// A `trigger_id` opens modals for three seconds: it is a capability, so the key holds only its digest.
const TRIGGER: Key = Key::SecretId(&[Form("trigger_id"), FormJson("payload", "/trigger_id")]);

const NOT_TAKEN: &str = r#"{"response_type":"ephemeral","replace_original":false,"text":"This may not have arrived. If nothing happens, please try again."}"#;

fn not_taken() -> Reply {
    Reply::json(NOT_TAKEN)
}

const INTERACTIVE: Facts = Facts::new("interactivity").ack_within(ACK).retries(&[]).key(TRIGGER).failure(not_taken);
const COMMANDS: Facts = Facts::new("commands").ack_within(ACK).retries(&[]).key(TRIGGER).failure(not_taken);
/// Asks for a menu's options: answering twice changes nothing.
const OPTIONS: Facts = Facts::new("options").ack_within(ACK).retries(&[]).key(Key::Never);

fn empty() -> Reply {
    Reply::EMPTY
}

/// Slack signs `v0:{timestamp}:{body}` with the app's signing secret, which is text though it looks like hex.
///
/// Not signed: the retry headers, which are telemetry. `url_verification` is answered, and so is a signed `ssl_check`.
pub const SLACK: Scheme = Scheme::hmac("slack", Hash::Sha256, Signature::hex("x-slack-signature").prefix("v0="))
    .timestamp(Header("x-slack-request-timestamp"), Unit::Seconds, Window::FIVE_MINUTES)
    .message(&[Part::Lit("v0:"), Part::Timestamp, Part::Lit(":"), Part::Body])
    .key(Key::Id(&[Json("/event_id")]))
    .event_type(&[Json("/event/type"), Json("/type"), Form("command"), FormJson("payload", "/type")])
    .tenant(&[Json("/team_id"), Form("team_id"), FormJson("payload", "/team/id")])
    .handshake(Handshake::echo("url_verification", &[When::Is(Json("/type"), "url_verification")], "/challenge"))
    .handshake(Handshake::fixed(
        "ssl_check",
        &[When::Is(Form("ssl_check"), "1"), When::Absent(Form("command")), When::Absent(Form("payload"))],
        empty,
    ))
    .facts(EVENTS)
    .kind(&[When::Is(FormJson("payload", "/type"), "block_suggestion")], OPTIONS)
    .kind(&[When::Present(Form("payload"))], INTERACTIVE)
    .kind(&[When::Present(Form("command"))], COMMANDS)
    .not_signed(&["X-Slack-Retry-Num and X-Slack-Retry-Reason"])
    .docs("https://docs.slack.dev/authentication/verifying-requests-from-slack/")
    .build();

provider! {
    /// Slack: events, interactivity, slash commands.
    Slack = SLACK
}
