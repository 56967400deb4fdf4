//! Platforms where people write to each other, and bots answer.

#[cfg(feature = "aes")]
mod dingtalk;
mod dingtalk_robot;
#[cfg(feature = "aes")]
mod envelope;
mod line;
mod mattermost;
mod meta;
mod rocketchat;
mod teams_outgoing;
mod telegram;
mod twilio;
mod viber;
mod webex;
mod wechat;
#[cfg(feature = "aes")]
mod wecom;
mod zoom;
mod zulip;

#[cfg(all(feature = "aes", feature = "sign"))]
pub use dingtalk::seal as dingtalk_seal;
#[cfg(feature = "aes")]
pub use dingtalk::{DINGTALK, DingTalk};
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
pub use wechat::{WECHAT, WeChat};
#[cfg(feature = "aes")]
pub use wechat::{WECHAT_AES, WeChatAes};
#[cfg(all(feature = "aes", feature = "sign"))]
pub use wecom::seal as wecom_seal;
#[cfg(feature = "aes")]
pub use wecom::{WECOM, WeCom};
pub use zoom::{ZOOM, Zoom};
pub use zulip::{ZULIP, Zulip};
