//! Secrets from environment variables and files. Neither their values nor the words that name them are ever printed: a
//! secret given where its name belongs must not end up in a log.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imchat_verify::{ConfigError, Form, Role, Scheme, Secrets};
use zeroize::Zeroizing;

use crate::args::Credentials;
use crate::file;
use crate::stop::Stop;

/// Secrets with their roles, the current one of each role first. No role stands for the signing one.
#[derive(Clone)]
pub(crate) struct Given(Vec<(Option<Role>, Zeroizing<Vec<u8>>)>);

impl Given {
    /// Reads what the arguments name.
    pub(crate) fn read(credentials: &Credentials, scheme: &Scheme) -> Result<Self, Stop> {
        let mut given = Vec::new();
        for (index, word) in credentials.secret_env.iter().enumerate() {
            let (role, name) = split(word, "--secret-env", index, scheme)?;
            let value = std::env::var_os(name).ok_or_else(|| unset(index))?;
            given.push((role, Zeroizing::new(value.into_encoded_bytes())));
        }
        for (index, word) in credentials.secret_file.iter().enumerate() {
            let (role, path) = split(word, "--secret-file", index, scheme)?;
            let bytes = file::bytes(Path::new(path)).map_err(|error| unreadable(index, &error))?;
            let bytes = Zeroizing::new(bytes);
            given.push((role, Zeroizing::new(without_line_end(&bytes).to_vec())));
        }
        Ok(Self(given))
    }

    /// Them as the engine takes them.
    pub(crate) fn secrets(&self) -> Secrets {
        self.0.iter().fold(Secrets::default(), |secrets, (role, bytes)| match role {
            Some(role) => secrets.with(*role, bytes.to_vec()),
            None => secrets.and_previous(bytes.to_vec()),
        })
    }

    #[cfg(test)]
    pub(crate) fn of(secrets: impl IntoIterator<Item = (Option<Role>, Vec<u8>)>) -> Self {
        Self(secrets.into_iter().map(|(role, secret)| (role, Zeroizing::new(secret))).collect())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Each with its role.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Option<Role>, &[u8])> {
        self.0.iter().map(|(role, bytes)| (*role, bytes.as_slice()))
    }

    /// The same secrets with another one in this place.
    pub(crate) fn replaced(&self, nth: usize, secret: Vec<u8>) -> Self {
        let mut given = self.clone();
        if let Some((_, bytes)) = given.0.get_mut(nth) {
            *bytes = Zeroizing::new(secret);
        }
        given
    }

    /// The same secrets, the one in this place for another role.
    pub(crate) fn in_role(&self, nth: usize, role: Role) -> Self {
        let mut given = self.clone();
        if let Some((known, _)) = given.0.get_mut(nth) {
            *known = Some(role);
        }
        given
    }

    /// The same secrets, those in these two places in each other's role.
    pub(crate) fn exchanged(&self, first: usize, second: usize) -> Self {
        let role = |nth: usize| self.0.get(nth).and_then(|(role, _)| *role);
        let mut given = self.clone();
        for (nth, role) in [(first, role(second)), (second, role(first))] {
            if let Some((known, _)) = given.0.get_mut(nth) {
                *known = role;
            }
        }
        given
    }

    /// The same secrets with this one as the only one of its role.
    pub(crate) fn instead(&self, role: Role, secret: Vec<u8>) -> Self {
        let mut given = self.without(role);
        given.0.push((Some(role), Zeroizing::new(secret)));
        given
    }

    /// The same secrets without those of one role.
    pub(crate) fn without(&self, role: Role) -> Self {
        Self(self.0.iter().filter(|(given, _)| *given != Some(role)).cloned().collect())
    }
}

/// A key as secrets of this form are written.
pub(crate) fn written(key: &[u8], form: Form) -> Vec<u8> {
    match form {
        Form::Hex32 => const_hex::encode(key).into_bytes(),
        Form::Base64 => STANDARD.encode(key).into_bytes(),
        Form::Whsec | Form::WhsecOrText => ["whsec_", &STANDARD.encode(key)].concat().into_bytes(),
        Form::Whpk => ["whpk_", &STANDARD.encode(key)].concat().into_bytes(),
        _ => key.to_vec(),
    }
}

/// A configuration that does not construct, with what the command line can do about it.
pub(crate) fn unusable(error: &ConfigError, scheme: &Scheme) -> Stop {
    match error {
        ConfigError::NoSecret(role) => Stop::usage(format!(
            "no secret of the role {role} is given: name its environment variable with --secret-env NAME; {}",
            reads(scheme)
        )),
        ConfigError::UnusedRole { .. } => Stop::usage(format!("{error}; {}", reads(scheme))),
        _ => Stop::usage(error.to_string()),
    }
}

fn reads(scheme: &Scheme) -> String {
    let roles: Vec<&str> = scheme.roles().map(|(role, _)| role.name()).collect();
    format!("{} reads the roles {}", scheme.name(), roles.join(", "))
}

/// An argument as role and rest.
fn split<'a>(
    word: &'a OsString,
    option: &str,
    index: usize,
    scheme: &Scheme,
) -> Result<(Option<Role>, &'a OsStr), Stop> {
    let Some((role, rest)) = word.to_str().and_then(|word| word.split_once('=')) else {
        return Ok((None, word.as_os_str()));
    };
    match Role::from_name(role) {
        Some(role) => Ok((Some(role), OsStr::new(rest))),
        None => Err(Stop::usage(format!(
            "{option} number {} names a role that does not exist: {}",
            index.saturating_add(1),
            reads(scheme)
        ))),
    }
}

fn unset(index: usize) -> Stop {
    Stop::usage(format!(
        "--secret-env number {} names an environment variable that is not set: export it first; the option takes the \
         variable's name, never the secret",
        index.saturating_add(1)
    ))
}

fn unreadable(index: usize, error: &io::Error) -> Stop {
    Stop::usage(format!(
        "--secret-file number {} names a file that cannot be read: {error}; the option takes a path, never the secret",
        index.saturating_add(1)
    ))
}

/// Editors end a file with a line end, which is no part of the secret.
fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use imchat_verify::providers::FEISHU;

    #[test]
    fn a_role_stands_before_the_name() {
        let word = OsString::from("verification_token=TOKEN");
        let (role, name) = split(&word, "--secret-env", 0, &FEISHU).unwrap();
        assert_eq!((role, name.to_str()), (Some(Role::VerificationToken), Some("TOKEN")));
    }

    #[test]
    fn a_secret_in_place_of_its_name_is_not_repeated() {
        let word = OsString::from("whsec_c2VjcmV0c2VjcmV0=");
        let stop = split(&word, "--secret-env", 0, &FEISHU).unwrap_err();
        let message = stop.message();
        assert!(!message.contains("whsec") && message.contains("encrypt_key, verification_token"), "{message}");
    }

    #[test]
    fn one_line_end_is_no_part_of_a_secret_and_a_space_is() {
        assert_eq!(without_line_end(b"key\r\n"), b"key");
        assert_eq!(without_line_end(b"key \n\n"), b"key \n");
        assert_eq!(without_line_end(b" key"), b" key");
    }
}
