//! Requests that are signed here, so that what stands behind the proof is reached.

use std::sync::LazyLock;

use imchat_verify::sign::{SignRequest, Signer};
use imchat_verify::{AnyProvider, Form, Head, Role, Scheme, Secrets, Verdict, Verifier, providers};
use time::OffsetDateTime;

/// The time of every request.
pub(crate) const NOW: OffsetDateTime =
    OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::seconds(1_700_000_000));

/// The URL of every request, but for what proves it.
pub(crate) const URL: &str = "https://bot.example.com/hooks/in?team=1";

/// An AES key as WeCom shows it.
pub(crate) const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// For whom an envelope is.
pub(crate) const RECEIVER: &str = "wx-receiver";

/// Every scheme signs one of these, where it signs anything here.
const BODIES: [&[u8]; 3] = [b"{}", br#"{"webhookTimestamp":1700000000000}"#, br#"{"encrypt":"AAAA"}"#];

/// A scheme's signer and verifier, made once: what a fuzzer measures is not how they are made.
#[derive(Debug)]
pub(crate) struct Pair {
    /// What signs.
    pub(crate) signer: Signer,
    /// What takes it.
    pub(crate) verifier: Verifier<AnyProvider>,
}

/// A signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// With what proves it, for platforms that prove there.
    pub(crate) url: String,
    /// What proves it; the signature comes last.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The raw body.
    pub(crate) body: Vec<u8>,
}

/// Every scheme that this build knows, in its order; nothing at those that are not signed here.
static PAIRS: LazyLock<Vec<Option<Pair>>> =
    LazyLock::new(|| providers::all().iter().map(|scheme| Pair::new(scheme)).collect());

impl Pair {
    /// Of a scheme that is signed by headers or in its URL; of others there is nothing.
    pub(crate) fn new(scheme: &'static Scheme) -> Option<Self> {
        let signer = Signer::of(scheme, secrets(scheme, true)).ok()?;
        let verifier = Verifier::of(scheme, secrets(scheme, false)).ok()?;
        let pair = Self { signer, verifier };
        BODIES.iter().any(|body| pair.sign(body).is_some()).then_some(pair)
    }

    /// The scheme that this byte chooses, where it is signed here.
    pub(crate) fn chosen(choice: u8) -> Option<&'static Self> {
        PAIRS.get(usize::from(choice).checked_rem(PAIRS.len())?)?.as_ref()
    }

    /// A POST of this body; nothing where the scheme does not sign such a body.
    pub(crate) fn sign(&self, body: &[u8]) -> Option<Signed> {
        let request = SignRequest::post(body, NOW).url(URL);
        let mut url = URL.to_owned();
        for (name, value) in self.signer.query(request).ok()? {
            url.extend(["&", &name, "=", &value]);
        }
        let headers =
            if self.verifier.scheme().proves_in_query() { Vec::new() } else { self.signer.sign(request).ok()? };
        let headers = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        Some(Signed { url, headers, body: body.to_vec() })
    }
}

impl Signed {
    /// The head, as a verifier takes it.
    pub(crate) fn head(&self) -> Head<'_> {
        Head::new("POST", &self.url, &self.headers)
    }
}

/// What signs or what verifies, as the scheme writes its secrets.
fn secrets(scheme: &Scheme, signs: bool) -> Secrets {
    let primary = scheme.primary_role();
    let needed = scheme.roles().filter(|(role, _)| {
        // A token beside the proof would have to stand in the body, and a second algorithm needs no key.
        *role == primary || matches!(role, Role::EncodingAesKey | Role::ReceiveId)
    });
    needed.fold(Secrets::default(), |secrets, (role, form)| secrets.with(role, secret(form, signs)))
}

fn secret(form: Form, signs: bool) -> &'static str {
    match form {
        Form::Hex32 if signs => "696d636861742d746573742d646973636f72642d656432353531392d73656564",
        Form::Hex32 => "271131b34070f5210bbdd498c9dc32dc7b1ecac08d59429847f03b51901da552",
        Form::Base64 => "aW1jaGF0LXRlc3Qta2V5LWltY2hhdA==",
        Form::Whsec | Form::WhsecOrText => "whsec_aW1jaGF0LXRlc3Qta2V5LWltY2hhdA==",
        Form::AesKey => AES_KEY,
        Form::Name => RECEIVER,
        _ => "a signing secret of some length",
    }
}

/// What the identity of a signed body says: event id, event type, tenant. A body that is signed is taken.
pub(crate) fn stated(pair: &Pair, body: &[u8]) -> [Option<String>; 3] {
    let Some(signed) = pair.sign(body) else { panic!("{} does not sign", pair.verifier.scheme().name()) };
    match pair.verifier.verify(signed.head(), body, NOW) {
        Ok(Verdict::Event(proved)) => {
            let identity = proved.identity();
            [identity.event_id, identity.event_type, identity.tenant]
                .map(|stated| stated.map(|stated| stated.into_inner().into_owned()))
        }
        Ok(Verdict::Handshake(_)) => panic!("a scheme without a handshake has one"),
        Err(error) => panic!("what is signed is refused: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use imchat_verify::Error;

    use super::*;

    #[test]
    fn most_schemes_are_signed_here_and_take_it() {
        let taken = |pair: &Pair| {
            let mut signed = BODIES.iter().filter_map(|body| pair.sign(body));
            signed.any(|signed| match pair.verifier.verify(signed.head(), &signed.body, NOW) {
                Ok(_) | Err(Error::Undecryptable) => true,
                Err(_) => false,
            })
        };
        let others: Vec<_> =
            PAIRS.iter().flatten().filter(|pair| !taken(pair)).map(|pair| pair.verifier.scheme().name()).collect();
        assert!(others.is_empty(), "{others:?}");
        assert!(PAIRS.iter().flatten().count() > 35);
    }
}
