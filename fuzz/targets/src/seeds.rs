//! The seeds: the signature vectors, as each target takes them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use imchat_verify::providers;
use serde_json::Value;

use crate::case::Case;
use crate::decryption::envelope;

/// A seed with the name of the target that it is for.
pub type Seed = (&'static str, Vec<u8>);

/// The seeds of all targets, from the files of this folder.
///
/// # Errors
///
/// A sentence where the folder or a file in it cannot be read.
pub fn of(folder: &Path) -> Result<Vec<Seed>, String> {
    let unreadable = |error| format!("{} cannot be read ({error})", folder.display());
    let mut seeds = Vec::new();
    for entry in folder.read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let bytes = std::fs::read(&path).map_err(unreadable)?;
        let cases: Vec<Value> =
            serde_json::from_slice(&bytes).map_err(|error| format!("{} is no list ({error})", path.display()))?;
        cases.iter().filter_map(case).for_each(|case| add(&case, &mut seeds));
    }
    Ok(seeds)
}

fn add(case: &Case, seeds: &mut Vec<Seed>) {
    seeds.push(("engine", case.text()));
    let chosen = (0_u8..).zip(providers::all()).find(|(_, scheme)| scheme.name() == case.provider);
    if let Some((choice, scheme)) = chosen {
        for (name, value) in &case.headers {
            let name = name.to_ascii_lowercase();
            if scheme.proves_by(&name) {
                seeds.push(("candidates", [&[choice], value.as_slice()].concat()));
            }
            if name.contains("time") {
                seeds.push(("timestamps", value.clone()));
            }
        }
        seeds.push(("candidates", vec![choice, 1]));
        // A change of the body, of the URL, of what comes before the signature and of the signature.
        for place in 0..4 {
            seeds.push(("mutations", [&[choice, 0, place, 0, place, place, b'0'], case.body.as_slice()].concat()));
        }
    }
    add_token(case, seeds);
    if let Some((_, query)) = case.url.split_once('?') {
        seeds.push(("queries", query.as_bytes().to_vec()));
    }
    add_body(&case.body, seeds);
}

/// A token, to be signed again and to be proved by something else, and the keys that it is read under.
fn add_token(case: &Case, seeds: &mut Vec<Seed>) {
    let names = ["google-chat", "teams-botframework", "teams-botframework-unbound"];
    let Some((choice, _)) = (0_u8..).zip(names).find(|(_, name)| *name == case.provider) else { return };
    for (_, value) in case.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
        let decoded = |part: &[u8]| URL_SAFE_NO_PAD.decode(part).ok();
        let token = value.split(|byte| *byte == b' ').next_back().unwrap_or_default();
        let mut parts = token.split(|byte| *byte == b'.').map(decoded);
        if let (Some(Some(header)), Some(Some(claims))) = (parts.next(), parts.next()) {
            for bit in [[0, 9], [1, 9], [9, 9]] {
                seeds.push(("jwt", [&[choice][..], &bit, &header, b"\n", &claims, b"\n", &case.body].concat()));
            }
            for proof in [0, 8, 14, 18, 128] {
                seeds.push(("jwt", [&[choice.saturating_add(6), proof][..], &claims].concat()));
            }
        }
        seeds.push(("jwt", [&[choice.saturating_add(3)], value.as_slice()].concat()));
    }
    seeds.push(("jwt", [&[choice.saturating_add(3)][..], b"Bearer \x01"].concat()));
    for (_, secret) in case.secrets.iter().filter(|(role, _)| role == "jwks") {
        seeds.push(("jwt", [&[choice.saturating_add(9)], secret.as_slice()].concat()));
    }
}

fn add_body(body: &[u8], seeds: &mut Vec<Seed>) {
    let kind = match body.trim_ascii_start().first() {
        Some(b'{' | b'[') => "pointers",
        Some(b'<') => "xml",
        _ => "forms",
    };
    seeds.push((kind, body.to_vec()));
    if kind == "forms" {
        seeds.push(("queries", body.to_vec()));
        return;
    }
    let sealed = serde_json::from_slice::<Value>(body).ok().and_then(|body| {
        let text = body.get("encrypt")?.as_str()?.as_bytes();
        Some([&[3], text].concat())
    });
    seeds.extend(sealed.map(|text| ("decryption", text)));
    // For Feishu, WeCom, WeChat and DingTalk: to be sealed, and whole.
    for choice in [0, 16, 32, 48] {
        for what in [0, 4] {
            // Five of them, and the scheme in the upper half.
            let first = (choice..=choice | 15).find(|byte: &u8| byte % 5 == what).unwrap_or(choice);
            seeds.push(("decryption", [&[first], body].concat()));
        }
    }
    // For WeCom, WeChat and DingTalk: what an envelope opens to.
    for choice in [16, 36, 51] {
        seeds.push(("decryption", [&[choice], envelope(body).as_slice()].concat()));
    }
}

/// A case of the published format, as far as a target can take it.
fn case(value: &Value) -> Option<Case> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let request = value.get("request")?;
    let secrets = value.get("secrets")?.as_array()?.iter().map(|secret| {
        // A bot's app id is whom its tokens are for, and a set of public keys is written as what it is.
        let role = text(secret, "role").map(|role| if role == "app_id" { "audience".to_owned() } else { role });
        let value = text(secret, "value").or_else(|| secret.get("value").map(Value::to_string));
        Some((role?, value?.into_bytes()))
    });
    let headers = request.get("headers")?.as_array()?.iter().map(|pair| {
        let text = |at: usize| pair.get(at).and_then(Value::as_str);
        Some((text(0)?.to_owned(), text(1)?.as_bytes().to_vec()))
    });
    let body = match text(request, "body_base64") {
        Some(body) => STANDARD.decode(body).ok()?,
        None => text(request, "body").unwrap_or_default().into_bytes(),
    };
    Some(Case {
        provider: text(value, "provider")?,
        now: value.get("now").and_then(Value::as_i64).unwrap_or_default(),
        secrets: secrets.collect::<Option<_>>()?,
        method: text(request, "method").unwrap_or_else(|| "POST".into()),
        url: text(request, "url").unwrap_or_default(),
        headers: headers.collect::<Option<_>>()?,
        body,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::TARGETS;

    fn all() -> Vec<Seed> {
        of(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors"))).unwrap()
    }

    #[test]
    fn every_target_stands_every_seed() {
        let mut run: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, seed) in all() {
            for (target, function) in TARGETS {
                if *target == name {
                    function(&seed);
                    *run.entry(target).or_default() += 1;
                }
            }
        }
        assert!(TARGETS.iter().all(|(name, _)| run.get(name).is_some_and(|count| *count > 20)), "{run:?}");
    }

    #[test]
    fn every_target_stands_what_once_made_it_fail() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../regressions");
        for (target, function) in TARGETS {
            // A target that never failed has no folder.
            for entry in folder.join(target).read_dir().into_iter().flatten() {
                function(&std::fs::read(entry.unwrap().path()).unwrap());
            }
        }
    }

    #[test]
    fn seeds_reach_what_stands_behind_the_proof() {
        let cases = all().into_iter().filter(|(name, _)| *name == "engine").filter_map(|(_, text)| Case::parse(&text));
        let taken = cases.filter(|case| {
            let scheme = providers::by_name(&case.provider);
            let verifier =
                scheme.zip(case.given()).and_then(|(scheme, given)| imchat_verify::Verifier::of(scheme, given).ok());
            verifier.is_some_and(|verifier| {
                let head = imchat_verify::Head::new(&case.method, &case.url, &case.headers);
                verifier.window(None).verify(head, &case.body, case.at().unwrap()).is_ok()
            })
        });
        let providers: std::collections::BTreeSet<String> = taken.map(|case| case.provider).collect();
        assert!(providers.len() >= 9, "{providers:?}");
    }

    #[test]
    fn a_target_has_a_fuzzer_of_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz_targets");
        let mut fuzzers: Vec<String> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        fuzzers.sort();
        let mut targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        targets.sort_unstable();
        assert_eq!(fuzzers, targets);
    }
}
