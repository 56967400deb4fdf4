//! The floor: the digest and the comparison, and nothing else.

use crate::requests::{Delivery, Provider};
use anyhow::Result;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// One signature check over the headers and the body: whether it accepts.
pub type Verify = Box<dyn Fn(&HeaderMap, &[u8]) -> bool>;

/// The check of a receiver that already knows the pieces of the message and the decoded tag.
///
/// # Errors
/// If the provider's secret cannot be decoded.
pub fn verify(delivery: &Delivery) -> Result<Verify> {
    let (prefix, tag) = (delivery.prefix.clone(), delivery.tag);
    if delivery.provider == Provider::Feishu {
        let start = Sha256::new();
        return Ok(Box::new(move |_, body| {
            let mut state = start.clone();
            for piece in &prefix {
                Digest::update(&mut state, piece);
            }
            Digest::update(&mut state, body);
            state.finalize().ct_eq(&tag).into()
        }));
    }
    let keyed = Hmac::<Sha256>::new_from_slice(&delivery.provider.key()?)?;
    Ok(Box::new(move |_, body| {
        let mut mac = keyed.clone();
        for piece in &prefix {
            mac.update(piece);
        }
        mac.update(body);
        mac.finalize().into_bytes().ct_eq(&tag).into()
    }))
}
