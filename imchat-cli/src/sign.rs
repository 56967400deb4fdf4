//! `imchat sign`: the headers, or the parameters of the URL, that a provider would send with a body.

use std::io::{self, Write};

use imchat_verify::Scheme;
use imchat_verify::sign::{SignError, SignRequest, Signer};
use serde_json::{Map, Value, json};

use crate::args::SignArgs;
use crate::clock;
use crate::file;
use crate::providers;
use crate::report::{self, Notes, Outcome, Report};
use crate::secrets::{self, Given};
use crate::stop::Stop;
use crate::text::{content_type, header_name, quoted};

/// Where a curl command goes when nobody says where: the address that a local receiver usually has.
const LOCAL_URL: &str = "http://127.0.0.1:3000/";

/// What proves a signed body.
struct Signed {
    headers: Vec<(String, String)>,
    /// The parameters that belong into the URL's query.
    query: Vec<(String, String)>,
    /// The whole command, where it was asked for.
    curl: Option<String>,
}

pub(crate) fn run(args: &SignArgs, notes: &mut Notes) -> Outcome {
    let scheme = providers::by_name(&args.credentials.provider)?;
    let signer = signer(scheme, &Given::read(&args.credentials, scheme)?)?;
    let body = file::read(&args.body, "the body")?;
    let method = args.method.to_ascii_uppercase();
    let mut request = SignRequest::post(&body, clock::or_now(args.now)).method(&method);
    if let Some(url) = &args.url {
        request = request.url(url);
    }
    if let Some(id) = &args.id {
        request = request.id(id);
    }
    let (headers, query) = sign(&signer, scheme, request)?;
    if args.curl && args.url.is_none() {
        notes.note(format!("no --url is given: the command posts to {LOCAL_URL}"));
    }
    let url = with_query(args.url.as_deref().unwrap_or(LOCAL_URL), &query);
    let curl = args.curl.then(|| curl(args, &method, &url, &body, &headers));
    Ok(Box::new(Signed { headers, query, curl }))
}

/// A URL with further parameters, before its fragment where it has one.
pub(crate) fn with_query(url: &str, query: &[(String, String)]) -> String {
    let (mut whole, fragment) = match url.split_once('#') {
        Some((url, fragment)) => (url.to_owned(), format!("#{fragment}")),
        None => (url.to_owned(), String::new()),
    };
    for (name, value) in query {
        whole.push(if whole.contains('?') { '&' } else { '?' });
        whole.push_str(name);
        whole.push('=');
        whole.push_str(value);
    }
    whole + &fragment
}

fn curl(args: &SignArgs, method: &str, url: &str, body: &[u8], headers: &[(String, String)]) -> String {
    let mut command = format!("curl -X {} {}", quoted(method), quoted(url));
    let own = [("content-type".to_owned(), content_type(body).to_owned())];
    for (name, value) in own.iter().chain(headers) {
        command.push_str(" -H ");
        command.push_str(&quoted(&format!("{}: {value}", header_name(name))));
    }
    let file = format!("@{}", args.body.display());
    format!("{command} --data-binary {}", quoted(&file))
}

impl Report for Signed {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        match &self.curl {
            Some(command) => writeln!(out, "{command}"),
            None => {
                if !self.query.is_empty() {
                    writeln!(out, "{}", with_query("", &self.query))?;
                }
                self.headers.iter().try_for_each(|(name, value)| writeln!(out, "{}: {value}", header_name(name)))
            }
        }
    }

    fn json(&self) -> Map<String, Value> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| [header_name(name), value.clone()]).collect();
        report::members(json!({"headers": headers, "query": self.query, "curl": self.curl}))
    }
}

/// A signer with the current secret of the signing role.
pub(crate) fn signer(scheme: &'static Scheme, given: &Given) -> Result<Signer, Stop> {
    Signer::of(scheme, given.secrets()).map_err(|error| secrets::unusable(&error, scheme))
}

/// Names and values.
type Pairs = Vec<(String, String)>;

/// The headers that sign a request, and the parameters that do; a scheme has the one or the other.
pub(crate) fn sign(signer: &Signer, scheme: &Scheme, request: SignRequest<'_>) -> Result<(Pairs, Pairs), Stop> {
    let query = signer.query(request);
    let signed = if scheme.proves_in_query() {
        query.map(|query| (Vec::new(), query))
    } else {
        signer.sign(request).map(|headers| (headers, Vec::new()))
    };
    let (headers, query) = signed.map_err(|error| match error {
        SignError::Unsupported(_) => Stop::usage(format!(
            "unsupported: {error}; {} signs with a secret of the role {}",
            scheme.name(),
            scheme.primary_role()
        )),
        SignError::Incomplete("the public URL") => Stop::usage(format!("{error}; give it with --url")),
        _ => Stop::usage(format!("{error}; {} signs a body of that form only", scheme.name())),
    })?;
    // An id with a line end in it would print as one header more.
    let one_line = |value: &str| value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if !headers.iter().all(|(_, value)| one_line(value)) {
        return Err(Stop::usage("--id cannot be sent in a header: use visible ASCII"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !query.iter().all(|(_, value)| value.bytes().all(plain)) {
        return Err(Stop::usage("--id cannot be sent in a query: use letters, digits, - and _"));
    }
    Ok((headers, query))
}
