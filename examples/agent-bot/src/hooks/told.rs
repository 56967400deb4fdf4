//! One short message about an event.

use imchat_verify::inbox::Delivery;
use serde::Deserialize;

use super::Hook;
use crate::message::{Outbound, Part, Span, Text, legible};

/// Characters of one text of the sender's.
const WORD: usize = 80;

/// What is said of this delivery: the hook, the provider, and as code the event's type, whose it is and its id.
#[must_use]
pub fn told(hook: &Hook, delivery: &Delivery) -> Outbound {
    let mut spans = vec![Span::Bold(hook.name.clone()), Span::Plain(format!(" ({})", hook.preset.name()))];
    let mut add = |before: &str, text: Option<&str>| {
        let Some(text) = text.map(|text| legible(text, WORD)).filter(|text| !text.trim().is_empty()) else { return };
        spans.extend([Span::Plain(before.to_owned()), Span::Code(text)]);
    };
    add(": ", delivery.event_type.as_deref().or(Some("an event")));
    add(" of ", repository(&delivery.body).as_deref().or(delivery.tenant.as_deref()));
    add(", id ", delivery.event_id.as_deref());
    Outbound::new().with(Part::Text(Text { spans }))
}

/// As GitHub, Gitea and Bitbucket name it, and as GitLab does.
#[derive(Deserialize)]
struct Body {
    repository: Option<Named>,
    project: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    full_name: Option<String>,
    path_with_namespace: Option<String>,
}

/// The repository that a body is about, where it says so.
fn repository(body: &[u8]) -> Option<String> {
    let of = |json: &[u8]| {
        let Body { repository, project } = serde_json::from_slice(json).ok()?;
        repository.and_then(|named| named.full_name).or_else(|| project.and_then(|named| named.path_with_namespace))
    };
    if !body.starts_with(b"payload=") {
        return of(body);
    }
    // GitHub's other form.
    let (_, json) = form_urlencoded::parse(body).next()?;
    of(json.as_bytes())
}

#[cfg(test)]
mod tests {
    use imchat_verify::dedup::DedupKey;
    use time::OffsetDateTime;

    use super::*;
    use crate::hooks::Preset;
    use crate::who::{Place, PlatformName};

    fn hook() -> Hook {
        Hook {
            name: "deploys".to_owned(),
            preset: Preset::named("github").expect("a preset"),
            secret_env: "DEPLOYS".to_owned(),
            verify_token_env: None,
            say_in: Place {
                platform: PlatformName::Slack,
                tenant: "T1".to_owned(),
                channel: "C1".to_owned(),
                thread: None,
            },
        }
    }

    fn delivery(body: &str) -> Delivery {
        let key = DedupKey::from_bytes(b"a");
        Delivery::new(key, "github", body.to_owned(), OffsetDateTime::UNIX_EPOCH)
    }

    fn spans(delivery: &Delivery) -> Vec<Span> {
        match told(&hook(), delivery).parts.as_slice() {
            [Part::Text(text)] => text.spans.clone(),
            parts => panic!("{parts:?}"),
        }
    }

    #[test]
    fn what_the_sender_wrote_is_code_and_short_and_seen() {
        let mut delivery = delivery("{}");
        delivery.event_type = Some("push\u{202e}\n<!channel>".to_owned());
        delivery.tenant = Some("x".repeat(1000));
        delivery.event_id = Some("*1*".to_owned());
        let spans = spans(&delivery);
        let codes: Vec<_> = spans
            .iter()
            .filter_map(|span| if let Span::Code(text) = span { Some(text.as_str()) } else { None })
            .collect();
        assert_eq!(codes, ["push <!channel>", &format!("{}…", "x".repeat(79)), "*1*"]);
        let others: String = spans
            .iter()
            .filter_map(|span| if let Span::Plain(text) = span { Some(text.as_str()) } else { None })
            .collect();
        assert_eq!(others, " (github):  of , id ");
    }

    #[test]
    fn a_repository_is_named_before_a_tenant() {
        for body in [
            r#"{"repository":{"full_name":"shop/web"}}"#,
            r#"{"project":{"path_with_namespace":"shop/web"}}"#,
            "payload=%7B%22repository%22%3A%7B%22full_name%22%3A%22shop%2Fweb%22%7D%7D",
        ] {
            let mut delivery = delivery(body);
            delivery.tenant = Some("42".to_owned());
            assert!(spans(&delivery).contains(&Span::Code("shop/web".to_owned())), "{body}");
        }
        let mut delivery = delivery(r#"{"repository":7}"#);
        delivery.tenant = Some("42".to_owned());
        assert!(spans(&delivery).contains(&Span::Code("42".to_owned())));
    }

    #[test]
    fn an_event_without_a_name_is_told_all_the_same() {
        assert!(spans(&delivery("no json")).contains(&Span::Code("an event".to_owned())));
    }
}
