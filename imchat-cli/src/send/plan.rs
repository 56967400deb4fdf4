//! What is sent: the target, the signer, and what is bent on purpose.

use std::ffi::OsString;
use std::time::Duration;

use imchat_verify::Scheme;
use imchat_verify::sign::{SignRequest, Signer};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request, Url, redirect};
use time::OffsetDateTime;

use crate::args::SendArgs;
use crate::file;
use crate::providers;
use crate::secrets::Given;
use crate::sign;
use crate::stop::Stop;
use crate::text::content_type;

/// Further outside the window than any clock skew on the way.
const BEYOND: Duration = Duration::from_secs(60);

pub(super) struct Plan {
    scheme: &'static Scheme,
    signer: Signer,
    client: Client,
    method: Method,
    url: Url,
    /// The URL that is signed, as it was given: schemes that sign it sign its bytes.
    url_text: String,
    headers: HeaderMap,
    body: Vec<u8>,
    /// What is sent in place of the body that is signed.
    tampered: Option<Vec<u8>>,
    behind: Duration,
    /// How often each signed request is sent.
    times: u64,
    id: Option<String>,
    /// Sets the ids of this run apart from those of another.
    run: i128,
}

impl Plan {
    pub(super) fn of(args: &SendArgs) -> Result<Self, Stop> {
        let scheme = providers::by_name(&args.credentials.provider)?;
        let signer = sign::signer(scheme, &Given::read(&args.credentials, scheme)?)?;
        let body = file::read(&args.body, "the body")?;
        let url = target(&args.url)?;
        let method = Method::from_bytes(args.method.to_ascii_uppercase().as_bytes())
            .map_err(|_| Stop::usage("--method is no HTTP method: give one such as POST"))?;
        let mut headers = HeaderMap::new();
        for (index, text) in args.header.iter().enumerate() {
            let (name, value) = header(text).ok_or_else(|| {
                Stop::usage(format!("--header number {} is not written `Name: value`", index.saturating_add(1)))
            })?;
            headers.append(name, value);
        }
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type(&body)));
        let plan = Self {
            scheme,
            signer,
            client: client(&url, Duration::from_secs(args.timeout))?,
            method,
            url,
            url_text: args.public_url.as_ref().unwrap_or(&args.url).clone(),
            headers,
            tampered: args
                .tamper
                .then(|| if scheme.proves_in_query() { in_ciphertext(&body) } else { tampered(&body) }),
            body,
            behind: behind(scheme, args.stale)?,
            times: args.repeat.saturating_add(1),
            id: args.id.clone(),
            run: OffsetDateTime::now_utc().unix_timestamp_nanos(),
        };
        // What cannot be signed is known before anything is sent.
        plan.request(0)?;
        Ok(plan)
    }

    /// The next request, signed at this moment.
    pub(super) fn request(&self, nth: u64) -> Result<Request, Stop> {
        let behind = time::Duration::try_from(self.behind).unwrap_or(time::Duration::ZERO);
        let now = OffsetDateTime::now_utc();
        let now = now.checked_sub(behind).unwrap_or(now);
        let id = self.id.clone().unwrap_or_else(|| format!("msg_{:x}_{nth}", self.run));
        let signed = SignRequest::post(&self.body, now).method(self.method.as_str()).url(&self.url_text).id(&id);
        let (proving, query) = sign::sign(&self.signer, self.scheme, signed)?;
        let url =
            if query.is_empty() { self.url.clone() } else { target(&sign::with_query(self.url.as_str(), &query))? };
        let mut request = Request::new(self.method.clone(), url);
        let mut headers = self.headers.clone();
        for (name, value) in proving {
            let unsendable = || Stop::usage("--id cannot be sent in a header: use visible ASCII");
            let name = HeaderName::try_from(name).map_err(|_| unsendable())?;
            headers.append(name, HeaderValue::try_from(value).map_err(|_| unsendable())?);
        }
        *request.headers_mut() = headers;
        *request.body_mut() = Some(self.tampered.as_ref().unwrap_or(&self.body).clone().into());
        Ok(request)
    }

    /// How often each signed request is sent.
    pub(super) const fn times(&self) -> u64 {
        self.times
    }

    /// Whether a receiver has to refuse what is sent.
    pub(super) fn is_unacceptable(&self) -> bool {
        let beyond = self.scheme.default_window().is_some_and(|window| self.behind > window.past);
        self.tampered.is_some() || beyond
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// Where it goes, without what a URL may hold in confidence: its user, password and query.
    pub(super) fn target(&self) -> String {
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = self.url.host_str().unwrap_or_default();
        format!("{}://{host}{port}{}", self.url.scheme(), self.url.path())
    }
}

fn target(text: &str) -> Result<Url, Stop> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| Stop::usage("--url is no http or https URL: give one such as http://127.0.0.1:3000/hooks"))
}

fn client(url: &Url, timeout: Duration) -> Result<Client, Stop> {
    // A signed request goes where it was addressed, never where an answer points.
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(timeout)
        .user_agent(concat!("imchat/", env!("CARGO_PKG_VERSION")));
    // Without TLS the machine's certificates are not needed: not every machine has some.
    let client = if url.scheme() == "http" { client.tls_certs_only([]) } else { client };
    client.build().map_err(|error| {
        Stop::usage(format!("cannot set up TLS: {error}; install the machine's root certificates, or use http"))
    })
}

fn header(text: &OsString) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = text.to_str()?.split_once(':')?;
    Some((name.trim().parse().ok()?, value.trim().parse().ok()?))
}

/// Another body that still parses: a receiver that refuses it has checked the signature.
fn tampered(body: &[u8]) -> Vec<u8> {
    [body, b" "].concat()
}

/// The same where only a ciphertext in the body is signed: the longest run of base64 begins with another letter.
fn in_ciphertext(body: &[u8]) -> Vec<u8> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let runs = body.split(|byte| !is_letter(byte));
    let starts = runs.scan(0_usize, |at, run| {
        let start = *at;
        *at = start.saturating_add(run.len()).saturating_add(1);
        Some((run.len(), start))
    });
    let mut other = body.to_vec();
    if let Some(letter) = starts.max().and_then(|(_, start)| other.get_mut(start)) {
        *letter = if *letter == b'A' { b'B' } else { b'A' };
    }
    other
}

fn behind(scheme: &Scheme, stale: Option<Option<u64>>) -> Result<Duration, Stop> {
    match (stale, scheme.default_window()) {
        (None, _) => Ok(Duration::ZERO),
        (Some(_), None) => {
            Err(Stop::usage(format!("{} signs no time, so nothing can be stale: leave out --stale", scheme.name())))
        }
        (Some(Some(seconds)), Some(_)) => Ok(Duration::from_secs(seconds)),
        (Some(None), Some(window)) => Ok(window.past.saturating_add(BEYOND)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imchat_verify::providers::{GITHUB, SLACK};

    #[test]
    fn stale_is_a_minute_outside_the_window_unless_told() {
        assert_eq!(behind(&SLACK, None).unwrap(), Duration::ZERO);
        assert_eq!(behind(&SLACK, Some(None)).unwrap(), Duration::from_secs(360));
        assert_eq!(behind(&SLACK, Some(Some(5))).unwrap(), Duration::from_secs(5));
        assert!(behind(&GITHUB, Some(None)).unwrap_err().message().contains("--stale"));
    }

    #[test]
    fn what_is_changed_in_an_envelope_is_the_ciphertext() {
        assert_eq!(in_ciphertext(br#"{"encrypt":"QUJDREVGRw=="}"#), br#"{"encrypt":"AUJDREVGRw=="}"#);
        assert_eq!(in_ciphertext(b"<a>AUJD</a>"), b"<a>BUJD</a>");
        assert_eq!(in_ciphertext(b""), b"");
    }

    #[test]
    fn only_web_addresses_are_targets() {
        assert!(target("https://example.com/hooks").is_ok());
        for text in ["", "example.com", "file:///etc/hosts", "http://"] {
            assert!(target(text).is_err(), "{text}");
        }
    }
}
