//! Secrets that were stored otherwise than the platform writes them, or given for another role.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use imchat_verify::{Form, Role, Scheme};

use crate::secrets::{Given, written};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
/// Both alphabets, with padding or without.
const ALPHABETS: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&alphabet::STANDARD, LENIENT), GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT)];

/// What stands before a secret where somebody copied too much, or what its platform shows before it.
const PREFIXES: [&[u8]; 7] = [b"v1,", b"v1,whsec_", b"whsec_", b"whpk_", b"0x", b"Bearer ", b"sha256="];

pub(super) fn trimmed(secret: &[u8], _: Form) -> Vec<Vec<u8>> {
    vec![secret.trim_ascii().to_vec()]
}

pub(super) fn unquoted(secret: &[u8], _: Form) -> Vec<Vec<u8>> {
    let quotes = [b'"', b'\'', b'`'];
    let inner = |quote: &u8| secret.trim_ascii().strip_prefix(&[*quote])?.strip_suffix(&[*quote]);
    quotes.iter().filter_map(inner).map(<[u8]>::to_vec).collect()
}

pub(super) fn without_prefix(secret: &[u8], _: Form) -> Vec<Vec<u8>> {
    let prefixed = PREFIXES.iter().filter_map(|prefix| secret.strip_prefix(*prefix));
    let is_name = |name: &[u8]| {
        !name.is_empty() && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
    };
    let named = secret.iter().position(|byte| *byte == b'=').and_then(|at| secret.split_at_checked(at));
    let named = named.filter(|(name, _)| is_name(name.strip_prefix(b"export ").unwrap_or(name)));
    prefixed.chain(named.and_then(|(_, value)| value.get(1..))).map(<[u8]>::to_vec).collect()
}

pub(super) fn with_prefix(secret: &[u8], form: Form) -> Vec<Vec<u8>> {
    match form {
        Form::Text => [&b"whsec_"[..], b"v1,whsec_"].map(|prefix| [prefix, secret].concat()).to_vec(),
        Form::Whpk => vec![[b"whpk_", secret].concat()],
        _ => Vec::new(),
    }
}

pub(super) fn from_hex(secret: &[u8], form: Form) -> Vec<Vec<u8>> {
    const_hex::decode(bare(secret)).ok().map(|key| written(&key, form)).into_iter().collect()
}

pub(super) fn from_base64(secret: &[u8], form: Form) -> Vec<Vec<u8>> {
    let keys = ALPHABETS.iter().filter_map(|alphabet| alphabet.decode(bare(secret)).ok());
    keys.map(|key| written(&key, form)).collect()
}

/// For schemes that decode their secrets: its text as the key.
pub(super) fn as_text(secret: &[u8], form: Form) -> Vec<Vec<u8>> {
    match form {
        Form::Text => Vec::new(),
        form => vec![written(secret, form), written(bare(secret), form)],
    }
}

pub(super) fn encoded_again(secret: &[u8], form: Form) -> Vec<Vec<u8>> {
    match form {
        Form::Text => {
            vec![const_hex::encode(secret).into_bytes(), STANDARD.encode(secret).into_bytes()]
        }
        _ => Vec::new(),
    }
}

/// The secrets with two roles exchanged; a single one in another role of the scheme. One of several is not moved: without
/// a signing secret a weaker scheme would be tried.
pub(super) fn other_roles(given: &Given, scheme: &Scheme) -> Vec<Given> {
    let roles: Vec<Role> = scheme.roles().map(|(role, _)| role).collect();
    let count = given.len();
    let pairs = (0..count).flat_map(|first| (first.saturating_add(1)..count).map(move |second| (first, second)));
    let exchanged = pairs.map(|(first, second)| given.exchanged(first, second));
    let moved = roles.iter().filter(|_| count == 1).map(|role| given.in_role(0, *role));
    exchanged.chain(moved).collect()
}

/// The secrets without those of each role beside the signing one.
pub(super) fn signing_alone(given: &Given, scheme: &Scheme) -> Vec<Given> {
    let others = scheme.roles().map(|(role, _)| role).filter(|role| *role != scheme.primary_role());
    others.map(|role| given.without(role)).filter(|fewer| fewer.len() < given.len()).collect()
}

fn bare(secret: &[u8]) -> &[u8] {
    secret.strip_prefix(b"whsec_").unwrap_or(secret)
}
