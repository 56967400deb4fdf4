//! A request with its provider, time and secrets, as text that a fuzzer can bend line by line.

use imchat_verify::{Role, Secrets};
use time::OffsetDateTime;

/// A request and what it is verified with.
///
/// As text: the provider, the time in Unix seconds, a line `role secret` for every secret, an empty line, method and URL, a
/// line `name: value` for every header, an empty line, and the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The scheme's name.
    pub provider: String,
    /// The time of its arrival, in Unix seconds.
    pub now: i64,
    /// By the names of their roles.
    pub secrets: Vec<(String, Vec<u8>)>,
    /// Upper-case.
    pub method: String,
    /// The public URL; empty where none is given.
    pub url: String,
    /// In order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Byte for byte.
    pub body: Vec<u8>,
}

impl Case {
    /// Reads the text; nothing where it is none.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut rest = text;
        let provider = word(line(&mut rest)?)?;
        let now = word(line(&mut rest)?)?.parse().ok()?;
        let mut secrets = Vec::new();
        while let Some((role, secret)) = pair(line(&mut rest)?, b' ') {
            secrets.push((word(role)?, secret.to_vec()));
        }
        let (method, url) = pair(line(&mut rest)?, b' ')?;
        let (method, url) = (word(method)?, word(url)?);
        let mut headers = Vec::new();
        while let Some((name, value)) = pair(line(&mut rest)?, b':') {
            headers.push((word(name)?, value.strip_prefix(b" ").unwrap_or(value).to_vec()));
        }
        Some(Self { provider, now, secrets, method, url, headers, body: rest.to_vec() })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let mut text = format!("{}\n{}\n", self.provider, self.now).into_bytes();
        for (role, secret) in &self.secrets {
            text.extend([role.as_bytes(), b" ", secret, b"\n"].concat());
        }
        text.extend(format!("\n{} {}\n", self.method, self.url).into_bytes());
        for (name, value) in &self.headers {
            text.extend([name.as_bytes(), b": ", value, b"\n"].concat());
        }
        text.push(b'\n');
        text.extend(&self.body);
        text
    }

    /// When it arrives.
    #[must_use]
    pub fn at(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.now).ok()
    }

    /// Its secrets; nothing where a role has no name.
    #[must_use]
    pub fn given(&self) -> Option<Secrets> {
        self.secrets.iter().try_fold(Secrets::default(), |secrets, (role, secret)| {
            Some(secrets.with(Role::from_name(role)?, secret.clone()))
        })
    }
}

/// The next line without its end.
fn line<'t>(rest: &mut &'t [u8]) -> Option<&'t [u8]> {
    let (line, after) = pair(rest, b'\n')?;
    *rest = after;
    Some(line)
}

/// What stands before and behind the first of these bytes.
fn pair(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    let (before, behind) = text.split_at_checked(place)?;
    Some((before, behind.get(1..)?))
}

fn word(text: &[u8]) -> Option<String> {
    std::str::from_utf8(text).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_read_as_it_was_written() {
        let case = Case {
            provider: "slack".into(),
            now: 7,
            secrets: vec![("sign".into(), b"a secret".to_vec())],
            method: "POST".into(),
            url: String::new(),
            headers: vec![("A".into(), b"b: \xff".to_vec())],
            body: b"\n\n\xff".to_vec(),
        };
        assert_eq!(Case::parse(&case.text()), Some(case));
        assert_eq!(Case::parse(b"slack\n"), None);
    }
}
