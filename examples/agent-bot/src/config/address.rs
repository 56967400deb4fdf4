//! Addresses of APIs: https, or http to a loopback address, so that no token crosses a network in the clear.

use http::Uri;
use http::uri::Scheme;

use super::{ConfigError, Lookup, text};
use crate::platform::web;

/// The variable's URL without a slash at its end, or this one where it is absent.
pub(super) fn of(
    lookup: Lookup<'_>,
    name: &'static str,
    absent: &'static str,
    example: &'static str,
) -> Result<String, ConfigError> {
    Ok(maybe(lookup, name, example)?.unwrap_or_else(|| absent.to_owned()))
}

/// The variable's URL without a slash at its end, where it is set.
pub(super) fn maybe(
    lookup: Lookup<'_>,
    name: &'static str,
    example: &'static str,
) -> Result<Option<String>, ConfigError> {
    let Some(url) = text(lookup, name)? else { return Ok(None) };
    checked(name, &url, example)?;
    if web::base(&url).is_err() {
        let problem = "leads to this machine by a name, which may be resolved to another: write 127.0.0.1 or [::1]";
        return Err(ConfigError::Unusable { name, problem });
    }
    Ok(Some(url.trim_end_matches('/').to_owned()))
}

/// Whether a usable address is one of this machine's.
pub(super) fn checked(name: &'static str, url: &str, example: &'static str) -> Result<bool, ConfigError> {
    let refused = |problem| Err(ConfigError::Unusable { name, problem });
    let Ok(uri) = url.parse::<Uri>() else { return refused(example) };
    let credentials = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    // What is parsed has lost its fragment; the text, to which paths are added, has not.
    if url.contains('#') || uri.query().is_some() || credentials {
        return refused("has a query, a fragment or credentials in it: write only scheme, host and path");
    }
    match (uri.scheme(), uri.host()) {
        (Some(scheme), Some(host)) if *scheme == Scheme::HTTPS => Ok(is_loopback(host)),
        (Some(scheme), Some(host)) if *scheme == Scheme::HTTP && is_loopback(host) => Ok(true),
        (Some(scheme), Some(_)) if *scheme == Scheme::HTTP => {
            refused("is plain http to another machine: use https, or http to a loopback address such as 127.0.0.1")
        }
        _ => refused(example),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
