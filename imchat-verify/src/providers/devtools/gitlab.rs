//! GitLab: project, group and system hooks.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::{Header, Json};
use crate::scheme::{Facts, Hash, Key, Part, Scheme, SchemeBuilder, Signature, Unit};
use crate::secrets::{Form, Role};
use crate::window::Window;

/// Whether and when a failed delivery is sent again is not published; a hook that fails is switched off for a while.
const EVENTS: Facts = Facts::new("events")
    .ack_within(Duration::from_secs(10))
    .redelivery("hook's page or API, under the same key")
    .max_body(25 * 1024 * 1024);

const TOKEN: &[crate::Source] = &[Header("x-gitlab-token")];

const fn described(scheme: SchemeBuilder) -> SchemeBuilder {
    scheme
        .event_type(&[Json("/object_kind"), Json("/event_name"), Header("x-gitlab-event")])
        .tenant(&[Json("/project/id"), Json("/project_id"), Json("/group_id")])
        .facts(EVENTS)
        .docs("https://docs.gitlab.com/user/project/integrations/webhooks/")
}

/// With a signing token GitLab speaks Standard Webhooks: it signs `{id}.{timestamp}.{body}`.
///
/// The old secret token ([`Role::Token`]) is compared wherever one is configured; with it alone nothing is signed.
/// `X-Gitlab-Webhook-UUID` names the hook and `X-Gitlab-Event-UUID` a chain of events: neither tells deliveries apart.
pub const GITLAB: Scheme =
    described(Scheme::hmac("gitlab", Hash::Sha256, Signature::base64("webhook-signature").tagged(b' ', b',', "v1")))
        .secret(Role::Sign, Form::Whsec)
        .timestamp(Header("webhook-timestamp"), Unit::Seconds, Window::FIVE_MINUTES)
        .message(&[Part::From(Header("webhook-id")), Part::Lit("."), Part::Timestamp, Part::Lit("."), Part::Body])
        .key(Key::Id(&[Header("webhook-id")]))
        .also_token(Role::Token, TOKEN)
        .or_without_key(&GITLAB_TOKEN)
        .not_signed(&["X-Gitlab-Event"])
        .build();

const GITLAB_TOKEN: Scheme = described(Scheme::token("gitlab", TOKEN))
    .key(Key::Id(&[Header("idempotency-key")]))
    .not_signed(&["everything: whoever learns the secret token can forge events"])
    .build();

provider! {
    /// GitLab: project, group and system hooks, with a signing token or the old secret token.
    GitLab = GITLAB
}
