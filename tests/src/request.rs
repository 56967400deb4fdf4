//! Requests as values that a test can change.

use imchat_verify::Head;

/// A request: headers as they came, raw bytes as values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, upper-case.
    pub method: String,
    /// The public URL, where the scheme signs one.
    pub url: Option<String>,
    /// Names and values in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The raw body.
    pub body: Vec<u8>,
}

impl Request {
    /// A POST of this body without a header.
    #[must_use]
    pub fn post(body: impl Into<Vec<u8>>) -> Self {
        Self { method: "POST".to_owned(), url: None, headers: Vec::new(), body: body.into() }
    }

    /// The request with one more header, whether or not it has one of this name.
    #[must_use]
    pub fn and(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The request with all these headers added.
    #[must_use]
    pub fn and_all(mut self, headers: impl IntoIterator<Item = (String, String)>) -> Self {
        self.headers.extend(headers.into_iter().map(|(name, value)| (name, value.into_bytes())));
        self
    }

    /// The request with the value of the header of this name replaced, added where there is none.
    #[must_use]
    pub fn with(self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        let mut changed = self;
        match changed.headers.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value.into(),
            None => changed.headers.push((name.to_owned(), value.into())),
        }
        changed
    }

    /// The request without any header of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// The request with another body.
    #[must_use]
    pub fn carrying(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The value of the first header of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// The head, as a verifier takes it.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        match &self.url {
            Some(url) => Head::new(&self.method, url, &self.headers),
            None => Head::post(&self.headers),
        }
    }
}
