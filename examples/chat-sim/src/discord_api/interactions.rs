//! What is said over an interaction's token.

use super::calls::{Done, Refusal, State};
use super::content::{checked, is_empty};
use super::messages::message;
use super::record::{Answering, EPHEMERAL, LOADING};

impl State {
    pub(super) fn answering(&self, application: &str, token: &str) -> Result<Answering, Refusal> {
        if application != self.settings.application {
            return Err(Refusal::of(10_015));
        }
        self.record.answering(token, self.settings.clock.now()).map_err(Refusal::of)
    }

    pub(super) fn follow_up(&self, answering: &Answering, body: &[u8]) -> Result<Done, Refusal> {
        let json = checked(body)?;
        if is_empty(&json) {
            return Err(Refusal::EMPTY);
        }
        let original = answering.original.as_deref().and_then(|id| self.record.find(id));
        if let Some(original) = original.filter(|original| original.flags & LOADING != 0) {
            return self.changed(&original.id, &json);
        }
        let mut message = message(&json, &answering.channel, self.settings.clock.now());
        message.interaction = true;
        message.only = (message.flags & EPHEMERAL != 0).then(|| answering.user.clone());
        Ok(Done { json: self.record.accept(message).json(), bucket: None })
    }

    pub(super) fn read_answer(&self, answering: &Answering, id: &str) -> Result<Done, Refusal> {
        let message = self.record.named(answering, id).map_err(Refusal::of)?;
        Ok(Done { json: message.json(), bucket: None })
    }

    pub(super) fn change_answer(&self, answering: &Answering, id: &str, body: &[u8]) -> Result<Done, Refusal> {
        let json = checked(body)?;
        let message = self.record.named(answering, id).map_err(Refusal::of)?;
        self.changed(&message.id, &json)
    }

    pub(super) fn delete_answer(&self, answering: &Answering, id: &str) -> Result<(), Refusal> {
        let message = self.record.named(answering, id).map_err(Refusal::of)?;
        if self.record.delete(&message.id) { Ok(()) } else { Err(Refusal::NO_MESSAGE) }
    }
}
