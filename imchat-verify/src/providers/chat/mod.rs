//! Platforms where people write to each other, and bots answer.

mod dingtalk_robot;
mod line;
mod mattermost;
mod meta;
mod rocketchat;
mod teams_outgoing;
mod telegram;
mod twilio;
mod viber;
mod webex;
mod zoom;
mod zulip;

pub use dingtalk_robot::{DINGTALK_ROBOT, DingTalkRobot};
pub use line::{LINE, Line};
pub use mattermost::{MATTERMOST, Mattermost};
pub use meta::{META, Meta};
pub use rocketchat::{ROCKETCHAT, RocketChat};
pub use teams_outgoing::{TEAMS_OUTGOING, TeamsOutgoing};
pub use telegram::{TELEGRAM, Telegram};
pub use twilio::{TWILIO, Twilio};
pub use viber::{VIBER, Viber};
pub use webex::{WEBEX, Webex};
pub use zoom::{ZOOM, Zoom};
pub use zulip::{ZULIP, Zulip};
