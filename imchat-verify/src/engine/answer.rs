//! Answers to those who ask: handshakes, and the few whose answer takes a secret.
//!
//! What only the functions of a scheme call is inline: it is compiled where there is such a scheme, and nowhere else.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use memchr::memmem;
use time::OffsetDateTime;

use super::key::{Key, Material};
use super::{Core, Others};
use crate::error::Error;
use crate::head::Head;
use crate::reply::Reply;
use crate::scan::json::{self, Found};
use crate::scan::{looks_like_json, value};
use crate::scheme::{Answer, Handshake, Scheme, Source, When};
use crate::secrets::Role;

/// A proved request, to a function that answers it.
pub struct Question<'a> {
    head: Head<'a>,
    wire: &'a [u8],
    body: &'a [u8],
    key: Option<&'a Key>,
    others: Option<Others<'a>>,
}

impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").finish_non_exhaustive()
    }
}

impl Question<'_> {
    /// The body, decrypted where the platform encrypts.
    #[must_use]
    pub const fn body(&self) -> &[u8] {
        self.body
    }

    /// The body as it came, encrypted where the platform encrypts.
    #[must_use]
    pub const fn wire(&self) -> &[u8] {
        self.wire
    }

    /// A parameter of the URL's query, decoded; nothing where it is absent, empty, no text, comes twice, or is longer than
    /// the 1 KiB that a challenge may have.
    #[must_use]
    #[inline]
    pub fn query(&self, name: &str) -> Option<String> {
        self.head.query(name)
    }

    /// The secret that proved the request, decoded, where the scheme keeps it for its functions.
    #[must_use]
    #[inline]
    pub fn secret(&self) -> Option<&[u8]> {
        self.key.map(|key| key.secret.as_slice()).filter(|secret| !secret.is_empty())
    }

    /// What is configured for a role of [`also_needs`](crate::scheme::SchemeBuilder::also_needs), decoded.
    pub fn others(&self, role: Role) -> impl Iterator<Item = &[u8]> {
        self.others.into_iter().flat_map(move |others| others.of(role))
    }

    /// The JSON string at this pointer.
    #[must_use]
    #[inline]
    pub fn text(&self, pointer: &'static str) -> Option<String> {
        Found::String(self.raw(pointer)?).text().map(Cow::into_owned)
    }

    /// The JSON string at this pointer as it is written between its quotes, fit to be written between others.
    #[must_use]
    #[inline]
    pub fn raw(&self, pointer: &'static str) -> Option<&str> {
        match json::at(self.body, pointer) {
            Ok(Found::String(raw)) => Some(raw),
            _ => None,
        }
    }

    /// The HMAC of a text, in lower-case hex, under the secret that proved the request; nothing where the scheme has none.
    #[must_use]
    #[inline]
    pub fn hmac_hex(&self, text: &str) -> Option<String> {
        let Material::Hash(mac) = &self.key?.material else { return None };
        Some(const_hex::encode(mac.clone().digest(&[text.as_bytes()]).as_slice()))
    }
}

impl Core {
    /// What functions that answer a proved request may see of it: its body as it came and as it opened, and what proved it.
    pub(crate) fn question<'a>(
        &'a self,
        key: usize,
        head: Head<'a>,
        wire: &'a [u8],
        body: &'a [u8],
        now: OffsetDateTime,
    ) -> Question<'a> {
        Question { head, wire, body, key: self.keys.get(key), others: Some(self.others(now)) }
    }

    /// The answer to a proved GET, of which no event may come; nothing where it is no GET or the scheme has no answer.
    pub(crate) fn asked(&self, question: &Question<'_>) -> Option<Result<Reply, Error>> {
        let answer = self.scheme.proved_get.filter(|_| question.head.method() == "GET")?;
        Some(answer(question).ok_or(Error::Malformed(Source::WholeBody, "a challenge that can be answered")))
    }

    /// The answer that says taken, where it takes a secret.
    pub(crate) fn accepted(&self, question: &Question<'_>) -> Option<Reply> {
        self.scheme.accepts_with?(question)
    }

    /// Whether a body has what marks one of the scheme's handshakes: most have not.
    pub(crate) fn may_be_handshake(&self, opened: &[u8]) -> bool {
        self.handshakes.iter().any(|rule| rule.may_fit(opened))
    }

    /// The answer to a proved body that is a handshake.
    #[cold]
    pub(crate) fn handshake(&self, question: &Question<'_>) -> Option<Reply> {
        for rule in &self.handshakes {
            if let Some(reply) = rule.answer(question) {
                let identified = rule.handshake.unless_identified && self.has_id(question.head, question.body);
                return if identified { None } else { Some(reply) };
            }
        }
        None
    }

    /// The answer to a body that is a handshake and that nobody signs.
    #[inline]
    pub(super) fn unsigned_handshake(&self, head: Head<'_>, wire: &[u8], body: &[u8]) -> Option<Reply> {
        let question = Question { head, wire, body, key: None, others: None };
        self.handshakes.iter().find_map(|rule| rule.answer(&question))
    }

    fn has_id(&self, head: Head<'_>, opened: &[u8]) -> bool {
        let sources = self.scheme.key.sources();
        sources.iter().any(|source| value(*source, opened, head.headers()).present)
    }
}

/// A handshake, ready to be looked for.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    handshake: Handshake,
    needle: memmem::Finder<'static>,
    /// Whether its conditions are about JSON or about a form, where they are about one of the two: the other is passed over.
    json: Option<bool>,
}

/// The handshakes of a scheme, their needles made ready once.
pub(super) fn rules(scheme: &Scheme) -> Vec<Rule> {
    let handshakes = scheme.handshakes.iter().flatten();
    handshakes
        .map(|handshake| Rule {
            handshake: *handshake,
            needle: memmem::Finder::new(handshake.needle),
            json: of_json(handshake.when),
        })
        .collect()
}

fn of_json(conditions: &[When]) -> Option<bool> {
    let about = |fits: fn(Source) -> bool| conditions.iter().any(|when| fits(when.source()));
    let json = about(|source| matches!(source, Source::Json(_)));
    let form = about(|source| matches!(source, Source::Form(_) | Source::FormJson(..)));
    (json != form).then_some(json)
}

impl Rule {
    /// Whether the body has what marks such a handshake.
    fn may_fit(&self, body: &[u8]) -> bool {
        body.len() <= self.handshake.cap
            && self.json.is_none_or(|json| json == looks_like_json(body))
            && self.needle.find(body).is_some()
    }

    /// The answer, where the body is what the rule looks for.
    fn answer(&self, question: &Question<'_>) -> Option<Reply> {
        let fits = self.may_fit(question.body) && holds(self.handshake.when, question.body, question.head);
        if fits { reply(&self.handshake, question) } else { None }
    }
}

fn reply(rule: &Handshake, question: &Question<'_>) -> Option<Reply> {
    match rule.answer {
        Answer::Worked(answer) => answer(question),
        Answer::Fixed(reply) => Some(reply()),
        Answer::Echo(pointer) => {
            let raw = question.raw(pointer)?;
            // What stands between the quotes was scanned as a JSON string, so it is one in the answer too.
            let text = format!(r#"{{"challenge":"{raw}"}}"#);
            Some(Reply::json_owned(text.into_bytes()))
        }
    }
}

/// Whether all conditions hold for a body.
fn holds(conditions: &[When], body: &[u8], head: Head<'_>) -> bool {
    conditions.iter().all(|condition| {
        let value = value(condition.source(), body, head.headers());
        match condition {
            When::Present(_) => value.present,
            When::Absent(_) => !value.present,
            When::Is(_, text) => value.text == Some(Cow::Borrowed(*text)),
        }
    })
}
