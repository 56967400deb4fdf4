//! Why a job is not done, and what is to become of it.

use imchat_inbox::InboxError;
use imchat_inbox::worker::Permanent;

use crate::approvals::ApprovalError;
use crate::outbox::OutboxError;
use crate::platform::DecodeError;
use crate::state::StateError;

/// Why a job is not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotDone {
    /// Its body is not what the platform documents.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It came from a platform that is not set up in this process.
    #[error("its platform is not set up here: set its variables, then replay this")]
    NoPlatform,
    /// It came to a hook that the policy file of this process does not have.
    #[error(
        "the policy file has no hook of this name: put it back or set POLICY_FILE, then replay this, or discard it"
    )]
    NoHook,
    /// The bot's tables failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// What is to be said could not be written down.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// A plan could not be worked on.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// The inbox failed.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// Another executor has the job.
    #[error("another executor has the job by now: nothing of this attempt stays")]
    Lost,
}

impl NotDone {
    /// In the worker's words: what no attempt betters is a dead letter at once.
    pub(super) fn told(self) -> Box<dyn std::error::Error + Send + Sync> {
        match self {
            Self::Decode(_) | Self::NoPlatform | Self::NoHook => Permanent::new(self).into(),
            other => other.into(),
        }
    }
}
