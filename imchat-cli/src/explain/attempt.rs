//! A request with the scheme and the secrets that it is verified with.

use imchat_verify::{AnyProvider, ConfigError, Error, Form, Scheme, Verifier};
use time::OffsetDateTime;

use super::mistakes::Undo;
use super::token::Token;
use crate::capture::Captured;
use crate::secrets::Given;
use crate::text::{shown, without_query};

/// A request with the scheme and the secrets that it is verified with.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) scheme: &'static Scheme,
    pub(crate) given: &'a Given,
    pub(crate) request: &'a Captured,
    pub(crate) now: OffsetDateTime,
}

impl Attempt<'_> {
    /// A verifier without a window: whether a signature fits is one question, and when it was made another.
    pub(super) fn timeless(&self) -> Result<Verifier<AnyProvider>, ConfigError> {
        Ok(Verifier::of(self.scheme, self.given.secrets())?.window(None))
    }

    /// Whether the request is authentic, whatever its time.
    pub(super) fn fits(&self) -> bool {
        self.timeless().is_ok_and(|verifier| self.fits_with(&verifier, &self.request.body))
    }

    /// Why it is refused, whatever its time.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.timeless().ok()?.verify(self.request.head(), &self.request.body, self.now).err()
    }

    fn fits_with(&self, verifier: &Verifier<AnyProvider>, body: &[u8]) -> bool {
        verifier.verify(self.request.head(), body, self.now).is_ok()
    }

    /// Undoes a mistake; where the request then fits, what it was that fitted, so far as it can be shown.
    pub(super) fn fits_without(&self, undo: Undo) -> Option<Option<String>> {
        match undo {
            Undo::Body(bodies) => {
                let verifier = self.timeless().ok()?;
                let body = &self.request.body;
                bodies(body).find(|other| other != body && self.fits_with(&verifier, other)).map(|_| None)
            }
            Undo::Secret(secrets) => {
                let mut each = self.given.each().enumerate();
                each.any(|(nth, (role, secret))| {
                    let role = role.unwrap_or(self.scheme.primary_role());
                    let form = self.scheme.roles().find(|(known, _)| *known == role);
                    let others = secrets(secret, form.map_or(Form::Text, |(_, form)| form));
                    let changed = others.into_iter().filter(|other| other != secret);
                    changed
                        .map(|other| self.given.replaced(nth, other))
                        .any(|given| Attempt { given: &given, ..*self }.fits())
                })
                .then_some(None)
            }
            Undo::Roles(givens) => {
                let mut givens = givens(self.given, self.scheme).into_iter();
                let fits = givens.find(|given| Attempt { given, ..*self }.fits())?;
                let has = |role| fits.each().any(|(known, _)| known == role);
                let left_out = self.given.each().map(|(role, _)| role).find(|role| !has(*role)).flatten();
                Some(left_out.filter(|_| fits.len() < self.given.len()).map(|role| format!("that of the role {role}")))
            }
            Undo::Claim(name, role) => {
                let token = Token::of(self.request)?;
                let said = token.claim(name)?;
                let given = self.given.instead(role, said.as_bytes().to_vec());
                let fits = Attempt { given: &given, ..*self }.fits();
                let seen = shown(without_query(said));
                let part = if seen == said { "" } else { ", of which a part is not shown here" };
                fits.then(|| Some(format!("the token's is {seen}{part}")))
            }
            Undo::Url(urls) => {
                let url = self.request.url.as_deref()?;
                let with = |url: &String| Captured { url: Some(url.clone()), ..self.request.clone() };
                let fits = |url: &String| Attempt { request: &with(url), ..*self }.fits();
                urls(url, self.request).into_iter().find(fits).map(|url| Some(format!("{} fits", without_query(&url))))
            }
            Undo::Head(heads) => {
                let mut heads = heads(self.request).into_iter();
                heads.any(|request| Attempt { request: &request, ..*self }.fits()).then_some(None)
            }
            Undo::Scheme(schemes) => {
                let fits = |scheme: &&'static Scheme| Attempt { scheme, ..*self }.fits();
                let names: Vec<&str> = schemes(self.scheme).into_iter().filter(fits).map(Scheme::name).collect();
                (!names.is_empty()).then(|| Some(format!("{} fits", names.join(" or "))))
            }
        }
    }
}
