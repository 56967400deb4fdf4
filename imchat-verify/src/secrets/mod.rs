//! Secrets: held zeroized, never shown, several at once while a rotation lasts.

mod form;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use form::Form;
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Signs requests.
    Sign,
    /// Is sent along and compared.
    Token,
    /// Checks Ed25519 signatures.
    PublicKey,
    /// Encrypts bodies (Feishu; it signs them too).
    EncryptKey,
    /// Feishu's verification token.
    VerificationToken,
    /// Encrypts bodies as WeCom, WeChat and DingTalk do.
    EncodingAesKey,
    /// Names whom an encrypted body is for: a company, an app or a suite; no secret.
    ReceiveId,
}

impl Role {
    /// The role's name, as the command line and the vectors write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Token => "token",
            Self::PublicKey => "public_key",
            Self::EncryptKey => "encrypt_key",
            Self::VerificationToken => "verification_token",
            Self::EncodingAesKey => "encoding_aes_key",
            Self::ReceiveId => "receive_id",
        }
    }

    /// The role of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        const ALL: [Role; 7] = [
            Role::Sign,
            Role::Token,
            Role::PublicKey,
            Role::EncryptKey,
            Role::VerificationToken,
            Role::EncodingAesKey,
            Role::ReceiveId,
        ];
        ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One secret as it was configured: raw bytes, zeroized when dropped, never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.as_bytes().to_owned()))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text.into_bytes()))
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_owned()))
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// `None` stands for the role that the scheme signs with.
    pub(crate) role: Option<Role>,
    pub(crate) secret: Secret,
    pub(crate) until: Option<OffsetDateTime>,
}

/// The secrets of one endpoint: the current one first, earlier ones while they still count, and those of other roles.
///
/// Secrets are taken byte for byte: nothing is trimmed or split.
///
/// ```
/// use imchat_verify::{Role, Secrets};
/// let secrets = Secrets::new("the encrypt key").with(Role::VerificationToken, "the token").and_previous("last month's");
/// assert_eq!(format!("{secrets:?}"), "Secrets { current: 1, previous: 1, roles: [VerificationToken] }");
/// ```
#[derive(Clone, Default)]
pub struct Secrets {
    pub(crate) entries: Vec<Entry>,
}

impl Secrets {
    /// The current secret of the role that the scheme signs with.
    #[must_use]
    pub fn new(current: impl Into<Secret>) -> Self {
        Self::default().entry(None, current.into(), None)
    }

    /// Only a secret of this role: for schemes that can do without the signing one.
    #[must_use]
    pub fn of(role: Role, secret: impl Into<Secret>) -> Self {
        Self::default().with(role, secret)
    }

    /// An earlier secret that still counts.
    #[must_use]
    pub fn and_previous(self, previous: impl Into<Secret>) -> Self {
        self.entry(None, previous.into(), None)
    }

    /// An earlier secret that counts until this moment.
    #[must_use]
    pub fn and_previous_until(self, previous: impl Into<Secret>, until: OffsetDateTime) -> Self {
        self.entry(None, previous.into(), Some(until))
    }

    /// A secret of another role; given twice, both count.
    #[must_use]
    pub fn with(self, role: Role, secret: impl Into<Secret>) -> Self {
        self.entry(Some(role), secret.into(), None)
    }

    fn entry(mut self, role: Option<Role>, secret: Secret, until: Option<OffsetDateTime>) -> Self {
        self.entries.push(Entry { role, secret, until });
        self
    }

    /// The entries of one role, where `primary` is the role that a bare secret has.
    pub(crate) fn of_role(&self, role: Role, primary: Role) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.role.unwrap_or(primary) == role)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let primary = self.entries.iter().filter(|entry| entry.role.is_none()).count();
        let roles: Vec<Role> = self.entries.iter().filter_map(|entry| entry.role).collect();
        f.debug_struct("Secrets")
            .field("current", &primary.min(1))
            .field("previous", &primary.saturating_sub(1))
            .field("roles", &roles)
            .finish()
    }
}

impl<T: Into<Secret>> From<T> for Secrets {
    fn from(current: T) -> Self {
        Self::new(current)
    }
}
