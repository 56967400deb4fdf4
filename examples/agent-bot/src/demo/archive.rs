//! The requests that the scene is played with: archived ones, and events made from them.

use chat_sim::Request;
use chat_sim::archive::{self, ArchiveError};
use chat_sim::slack_events::another;

use super::DemoError;

/// How many mentions the burst has.
const BURST: usize = 5;

/// All that is sent, not signed yet.
pub(super) struct Archive {
    pub(super) url_verification: Request,
    pub(super) app_mention: Request,
    /// The mention's body with another text in it.
    pub(super) tampered: Request,
    /// The mention as an event of its own, for somebody to forge.
    pub(super) forged: Request,
    /// The mention as an event of its own, for a bot that is killed.
    pub(super) crashed: Request,
    pub(super) message_dm: Request,
    /// Between people: it does not mention the bot.
    pub(super) message_thread: Request,
    pub(super) slash_command: Request,
    /// Many mentions, each an event of its own, with the timestamp it has in its channel.
    pub(super) burst: Vec<(String, Request)>,
}

macro_rules! archived {
    ($name:literal) => {
        unsigned(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/payloads/slack/", $name, ".http")))
    };
}

impl Archive {
    /// Reads what was embedded when this was compiled.
    pub(super) fn open() -> Result<Self, DemoError> {
        let app_mention = archived!("app_mention")?;
        let burst = (0..BURST).map(|index| {
            let ts = format!("1699999999.2{index:05}");
            let request = another(&app_mention, &format!("Ev0BURST{index:04}"), &ts)?;
            Ok((ts, request))
        });
        Ok(Self {
            url_verification: archived!("url_verification")?,
            tampered: archived!("tampered")?,
            forged: another(&app_mention, "Ev0FORGED001", super::scene::FORGED_TS)?,
            crashed: another(&app_mention, "Ev0CRASH0001", super::scene::CRASH_TS)?,
            message_dm: archived!("message_dm")?,
            message_thread: archived!("message_thread")?,
            slash_command: archived!("slash_command")?,
            burst: burst.collect::<Result<_, DemoError>>()?,
            app_mention,
        })
    }
}

/// The signature it was archived with is of another time and secret.
fn unsigned(file: &[u8]) -> Result<Request, ArchiveError> {
    let mut request = archive::parse(file)?;
    request.strip_signature();
    Ok(request)
}
