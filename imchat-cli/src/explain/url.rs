//! The URL that the platform was given, where a proxy has changed the one that arrived.

use crate::capture::Captured;

/// The parts of a URL that proxies change.
#[derive(Clone)]
struct Parts {
    scheme: String,
    host: String,
    /// With its colon; empty where none is written.
    port: String,
    /// With its slash.
    path: String,
    /// With its question mark.
    query: String,
}

impl Parts {
    fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
        let (path, query) = rest.split_at_checked(rest.find('?').unwrap_or(rest.len()))?;
        Some(Self {
            scheme: scheme.into(),
            host: host.into(),
            port: if port.is_empty() { String::new() } else { format!(":{port}") },
            path: path.into(),
            query: query.into(),
        })
    }

    fn url(&self) -> String {
        [&self.scheme, "://", &self.host, &self.port, &self.path, &self.query].concat()
    }
}

fn each(url: &str, change: impl Fn(Parts) -> Vec<Parts>) -> Vec<String> {
    Parts::of(url).map(change).unwrap_or_default().iter().map(Parts::url).collect()
}

pub(super) fn other_scheme(url: &str, _: &Captured) -> Vec<String> {
    each(url, schemes)
}

pub(super) fn other_host(url: &str, request: &Captured) -> Vec<String> {
    each(url, |parts| hosts(&parts, request))
}

pub(super) fn other_port(url: &str, request: &Captured) -> Vec<String> {
    each(url, |parts| ports(&parts, request))
}

pub(super) fn other_path(url: &str, request: &Captured) -> Vec<String> {
    each(url, |parts| paths(&parts, request))
}

pub(super) fn other_query(url: &str, request: &Captured) -> Vec<String> {
    each(url, |parts| queries(&parts, request))
}

/// Several parts at once, as a proxy that ends TLS and takes off a prefix changes them.
pub(super) fn other_parts(url: &str, request: &Captured) -> Vec<String> {
    let and_as_it_is = |parts: &Parts, mut others: Vec<Parts>| {
        others.push(parts.clone());
        others
    };
    each(url, |parts| {
        let schemes = and_as_it_is(&parts, schemes(parts.clone()));
        let hosts = schemes.iter().flat_map(|parts| and_as_it_is(parts, hosts(parts, request)));
        let ports = hosts.flat_map(|parts| and_as_it_is(&parts, ports(&parts, request)));
        let paths = ports.flat_map(|parts| and_as_it_is(&parts, paths(&parts, request)));
        paths.flat_map(|parts| and_as_it_is(&parts, queries(&parts, request))).collect()
    })
}

fn schemes(parts: Parts) -> Vec<Parts> {
    let other = if parts.scheme == "https" { "http" } else { "https" };
    vec![Parts { scheme: other.into(), ..parts }]
}

/// The hosts that the request's own headers name.
fn hosts(parts: &Parts, request: &Captured) -> Vec<Parts> {
    let forwarded = request.text("forwarded").and_then(|text| {
        text.split(';').find_map(|part| part.trim().strip_prefix("host=").map(|host| host.trim_matches('"')))
    });
    ["x-forwarded-host", "x-original-host", "host"]
        .into_iter()
        .filter_map(|name| request.text(name))
        .chain(forwarded)
        .flat_map(|host| [host, host.split(':').next().unwrap_or_default()])
        .filter(|host| !host.is_empty() && *host != parts.host)
        .map(|host| match host.rsplit_once(':') {
            Some((host, port)) => Parts { host: host.into(), port: format!(":{port}"), ..parts.clone() },
            None => Parts { host: host.into(), ..parts.clone() },
        })
        .collect()
}

fn ports(parts: &Parts, request: &Captured) -> Vec<Parts> {
    let default = if parts.scheme == "https" { ":443" } else { ":80" };
    let forwarded = request.text("x-forwarded-port").map(|port| format!(":{port}"));
    let others = [String::new(), default.to_owned()].into_iter().chain(forwarded);
    others.filter(|port| *port != parts.port).map(|port| Parts { port, ..parts.clone() }).collect()
}

fn paths(parts: &Parts, request: &Captured) -> Vec<Parts> {
    let mut paths = Vec::new();
    for name in ["x-original-uri", "x-original-url", "x-rewrite-url", "x-envoy-original-path", "x-forwarded-uri"] {
        let path = request.text(name).and_then(|text| text.split('?').next());
        paths.extend(path.filter(|path| path.starts_with('/')).map(str::to_owned));
    }
    for name in ["x-forwarded-prefix", "x-script-name"] {
        paths.extend(request.text(name).map(|prefix| format!("{}{}", prefix.trim_end_matches('/'), parts.path)));
    }
    let mut rest = parts.path.as_str();
    while let Some(at) = rest.get(1..).and_then(|rest| rest.find('/')) {
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        paths.push(rest.to_owned());
    }
    paths.push(match parts.path.strip_suffix('/') {
        Some(without) => without.to_owned(),
        None => format!("{}/", parts.path),
    });
    paths.into_iter().filter(|path| *path != parts.path).map(|path| Parts { path, ..parts.clone() }).collect()
}

fn queries(parts: &Parts, request: &Captured) -> Vec<Parts> {
    let original = ["x-original-uri", "x-original-url", "x-rewrite-url", "x-envoy-original-path", "x-forwarded-uri"];
    let original = original.into_iter().filter_map(|name| request.text(name));
    let queries = original.filter_map(|text| text.find('?').and_then(|at| text.get(at..)).map(str::to_owned));
    let queries = queries.chain([String::new()]);
    queries.filter(|query| *query != parts.query).map(|query| Parts { query, ..parts.clone() }).collect()
}
