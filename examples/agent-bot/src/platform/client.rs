//! A platform as it is written: asynchronous functions, which [`Platform`] boxes here, once for all platforms.

use super::{
    Address, Click, DecodeError, Decoded, Doing, Limits, Platform, Profile, Prompt, Rendered, SendError, Sent,
};
use crate::message::{Action, Outbound};
use crate::who::{Person, PlatformName};

/// What a platform is written as; each function is that of the same name of [`Platform`].
pub trait Client: Send + Sync + 'static {
    /// Which.
    const NAME: PlatformName;
    /// What fits.
    const LIMITS: Limits;

    /// Pure.
    ///
    /// # Errors
    /// [`DecodeError`].
    fn decode(&self, kind: &str, body: &[u8]) -> Result<Decoded, DecodeError>;

    /// Pure.
    fn render(&self, message: &Outbound) -> Vec<Rendered>;

    /// Sends once.
    fn send(&self, to: &Address, message: &Rendered, key: &str)
    -> impl Future<Output = Result<Sent, SendError>> + Send;

    /// Puts another message in the place of one that stands.
    fn edit(&self, sent: &Sent, message: &Rendered) -> impl Future<Output = Result<(), SendError>> + Send;

    /// Asks who pressed to type something.
    fn ask(
        &self,
        click: &Click,
        action: &Action,
        prompt: &Prompt,
    ) -> impl Future<Output = Result<(), SendError>> + Send;

    /// Looks a person up.
    fn identify(&self, person: &Person) -> impl Future<Output = Result<Profile, SendError>> + Send;
}

impl<C: Client> Platform for C {
    fn name(&self) -> PlatformName {
        C::NAME
    }

    fn decode(&self, kind: &str, body: &[u8]) -> Result<Decoded, DecodeError> {
        Client::decode(self, kind, body)
    }

    fn render(&self, message: &Outbound) -> Vec<Rendered> {
        Client::render(self, message)
    }

    fn limits(&self) -> Limits {
        C::LIMITS
    }

    fn send<'a>(&'a self, to: &'a Address, message: &'a Rendered, key: &'a str) -> Doing<'a, Sent, SendError> {
        Box::pin(Client::send(self, to, message, key))
    }

    fn edit<'a>(&'a self, sent: &'a Sent, message: &'a Rendered) -> Doing<'a, (), SendError> {
        Box::pin(Client::edit(self, sent, message))
    }

    fn ask<'a>(&'a self, click: &'a Click, action: &'a Action, prompt: &'a Prompt) -> Doing<'a, (), SendError> {
        Box::pin(Client::ask(self, click, action, prompt))
    }

    fn identify<'a>(&'a self, person: &'a Person) -> Doing<'a, Profile, SendError> {
        Box::pin(Client::identify(self, person))
    }
}
