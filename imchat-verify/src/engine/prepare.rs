//! What the head alone decides: everything that can be refused before a byte of the body is read.

use time::OffsetDateTime;

use super::Core;
use super::border::{Bordered, border_of};
use super::candidates::Candidates;
use super::timestamp::{self, SentAt};
use super::wanted::HeadValues;
use crate::error::Error;
use crate::head::Head;
use crate::scheme::{Algorithm, Part, Source, Unit};

/// A head that promises a proof.
#[derive(Clone, Copy, Default)]
pub(crate) struct Prepared<'r> {
    pub(super) values: HeadValues<'r>,
    pub(super) candidates: Candidates<'r>,
    /// The timestamp's text, where the head has it.
    pub(super) timestamp: Option<&'r [u8]>,
    pub(crate) sent_at: Option<SentAt>,
    /// Whether all of it was read from the body, which carries its own proof.
    pub(super) of_body: bool,
}

impl Core {
    /// Reads and checks the head, in place. Says no where no header of the scheme is there and the scheme has an answer
    /// for requests that are not signed.
    pub(crate) fn prepare<'r>(
        &self,
        head: Head<'r>,
        now: OffsetDateTime,
        prepared: &mut Prepared<'r>,
    ) -> Result<bool, Error> {
        let scheme = self.scheme;
        let found = self.wanted.collect(head, &mut prepared.values)?;
        if !found && scheme.unsigned_handshake.is_some() {
            return Ok(false);
        }
        if let Algorithm::Token(sources) = scheme.algorithm
            && sources.iter().all(|source| source.in_head())
        {
            self.check_token_of_head(sources, head, now)?;
        }
        #[cfg(feature = "jwt")]
        if let Algorithm::Jwt(rule) = &scheme.algorithm {
            self.check_jwt(rule, prepared.values.signature(), now)?;
        }
        if scheme.by_body.is_none() {
            self.check_values(prepared, now)?;
        }
        Ok(true)
    }

    /// Reads and checks what the proof rests on, once it is collected. It is called twice, and one of the two is every
    /// request's way.
    #[inline(always)]
    pub(super) fn check_values(&self, prepared: &mut Prepared<'_>, now: OffsetDateTime) -> Result<(), Error> {
        let scheme = self.scheme;
        let field = match scheme.timestamp.map(|rule| rule.source) {
            Some(Source::Field(name)) => Some(name),
            _ => None,
        };
        let mut listed = None;
        if scheme.algorithm.tags() {
            let text = prepared.values.signature().filter(|text| !text.is_empty());
            let text = text.ok_or(Error::Missing(scheme.signature.source))?;
            let usable = |alternate| self.keys.iter().any(|key| key.alternate == alternate);
            listed = prepared.candidates.read(scheme, text, field, usable)?;
        }
        self.check_parts(&prepared.values)?;
        let beside = |source: Source| source.in_head() != scheme.by_body.is_some();
        let Some(rule) = scheme.timestamp.filter(|rule| beside(rule.source)) else { return Ok(()) };
        let text = listed.or_else(|| prepared.values.timestamp()).filter(|text| !text.is_empty());
        let text = text.ok_or(Error::Missing(rule.source))?;
        prepared.timestamp = Some(text);
        prepared.sent_at = self.fresh(rule.source, text, now)?;
        if prepared.sent_at.is_none() || scheme.sorts_message() {
            self.check_unparsed_timestamp(rule.source, text, rule.unit)?;
        }
        Ok(())
    }

    /// Where the time lies, if a window is set; it is refused outside the window.
    pub(super) fn fresh(&self, source: Source, text: &[u8], now: OffsetDateTime) -> Result<Option<SentAt>, Error> {
        let Some((rule, window)) = self.scheme.timestamp.zip(self.window) else { return Ok(None) };
        timestamp::check(source, text, rule.unit, window, now).map(Some)
    }

    /// Values that stand next to fixed text in the message must not contain where that text begins or ends: the border
    /// between an id and what stands beside it would be the sender's to move.
    fn check_parts(&self, values: &HeadValues<'_>) -> Result<(), Error> {
        for (nth, Bordered { source, border }) in self.bordered.iter().enumerate() {
            let text = values.part(nth).filter(|text| !text.is_empty()).ok_or(Error::Missing(*source))?;
            self.check_border(*source, text, *border)?;
        }
        Ok(())
    }

    /// A timestamp that no window has parsed is still part of a message with borders. Beside the body, or a
    /// value that says who or what the request is, its border is that all times of our age have the same number of digits.
    fn check_unparsed_timestamp(&self, source: Source, text: &[u8], unit: Unit) -> Result<(), Error> {
        let message = self.scheme.message;
        let Some(index) = message.iter().position(|part| matches!(part, Part::Timestamp)) else { return Ok(()) };
        let neighbours = [index.checked_sub(1), index.checked_add(1)];
        let is_read = |part: &Part| match part {
            Part::Body | Part::Url | Part::Custom(_) => true,
            Part::From(value) => self.sources.place(*value).is_some(),
            Part::Lit(_) | Part::Secret | Part::Timestamp => false,
        };
        if !self.scheme.sorts_message() && !neighbours.into_iter().filter_map(|at| message.get(at?)).any(is_read) {
            return self.check_border(source, text, border_of(self.scheme, index));
        }
        if timestamp::is_strict(text, unit) { Ok(()) } else { Err(Error::Malformed(source, timestamp::expected(unit))) }
    }

    #[inline]
    fn check_border(&self, source: Source, text: &[u8], border: u8) -> Result<(), Error> {
        if self.scheme.sorts_message() {
            return check_strict(source, text);
        }
        let plain = |byte: u8| byte.is_ascii_graphic() & (byte != b',') & (byte != border);
        // Values are short: looking at every byte is quicker than stopping at the first.
        if text.iter().fold(true, |all, byte| all & plain(*byte)) {
            Ok(())
        } else {
            Err(Error::Malformed(source, "one value of visible ASCII without a comma or the message's separator"))
        }
    }
}

/// A piece that is sorted among others has a border wherever it comes to stand: it is short, and holds nothing that could be
/// one.
#[cold]
#[inline(never)]
fn check_strict(source: Source, text: &[u8]) -> Result<(), Error> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let strict = text.len() <= 64 && text.iter().all(plain);
    if strict { Ok(()) } else { Err(Error::Malformed(source, "at most 64 letters and digits")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Verifier;
    use crate::scheme::{Hash, Scheme, Signature};
    use crate::window::Window;

    const ID: Part = Part::From(Source::Header("x-id"));
    const TIME: Source = Source::Header("x-time");

    static BEFORE: Scheme = Scheme::hmac("id-before", Hash::Sha256, Signature::hex("x-sig"))
        .message(&[ID, Part::Lit("<>"), Part::Body])
        .build();
    static BEHIND: Scheme = Scheme::hmac("id-behind", Hash::Sha256, Signature::hex("x-sig"))
        .message(&[Part::Body, Part::Lit("<>"), ID])
        .build();
    static TIMED: Scheme = Scheme::hmac("id-and-time", Hash::Sha256, Signature::hex("x-sig"))
        .timestamp(TIME, Unit::Seconds, Window::FIVE_MINUTES)
        .message(&[ID, Part::Timestamp, Part::Lit("."), Part::Body])
        .build();

    fn takes(scheme: &'static Scheme, id: &str) -> bool {
        let tag = "00".repeat(32);
        let headers = [("x-sig", tag.as_str()), ("x-time", "1700000000"), ("x-id", id)];
        let now = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
        Verifier::of(scheme, "a signing secret").unwrap().begin(Head::post(&headers), now).is_ok()
    }

    #[test]
    fn an_id_holds_no_byte_at_which_its_border_with_the_body_begins() {
        assert!(takes(&BEFORE, "a>b") && !takes(&BEFORE, "a<b"));
        assert!(takes(&BEHIND, "a<b") && !takes(&BEHIND, "a>b"));
    }

    #[test]
    fn only_a_date_keeps_colons_out_of_the_id_before_it() {
        assert!(takes(&TIMED, "a:b") && !takes(&TIMED, "a,b"));
    }
}
