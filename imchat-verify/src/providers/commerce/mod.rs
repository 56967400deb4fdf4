//! Platforms that sell, send and keep accounts.

mod hubspot;
mod intercom;
mod mailgun;
mod paddle;
mod polar;
mod shopify;
mod square;
mod typeform;

pub use hubspot::{HUBSPOT, HUBSPOT_V1, HUBSPOT_V2, HubSpot, HubSpotV1, HubSpotV2};
pub use intercom::{INTERCOM, Intercom};
pub use mailgun::{MAILGUN, Mailgun};
pub use paddle::{PADDLE, Paddle};
pub use polar::{POLAR, Polar};
pub use shopify::{SHOPIFY, SHOPIFY_EVENTS, Shopify, ShopifyEvents};
pub use square::{SQUARE, Square};
pub use typeform::{TYPEFORM, Typeform};
