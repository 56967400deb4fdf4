//! Typeform: answers to forms.

use core::time::Duration;

use crate::provider;
use crate::scheme::Source::Json;
use crate::scheme::{Facts, Hash, Key, Scheme, Signature};

/// Every few minutes for ten hours, after some of the errors.
const RESPONSES: Facts =
    Facts::new("responses").ack_within(Duration::from_secs(30)).retries_within(Duration::from_secs(10 * 3600));

/// Typeform signs the body with the webhook's secret, in base64 behind `sha256=`.
pub const TYPEFORM: Scheme =
    Scheme::hmac("typeform", Hash::Sha256, Signature::base64("typeform-signature").prefix("sha256="))
        .key(Key::Id(&[Json("/event_id")]))
        .event_type(&[Json("/event_type")])
        .tenant(&[Json("/form_response/form_id")])
        .facts(RESPONSES)
        .not_signed(&["the time of sending"])
        .docs("https://www.typeform.com/developers/webhooks/secure-your-webhooks/")
        .build();

provider! {
    /// Typeform: answers to forms.
    Typeform = TYPEFORM
}
