use super::*;

const SIZES: [usize; 4] = [256, 2048, 16_384, 262_144];

#[test]
fn deliveries_have_the_size_and_the_headers_asked_for() {
    for provider in Provider::ALL {
        for bytes in SIZES {
            let delivery = Delivery::signed(provider, bytes, 1_531_420_618).unwrap();
            assert_eq!(delivery.body.len(), bytes);
            assert_eq!(delivery.headers.len(), 8);
            assert_ne!(delivery.flipped(), delivery.body);
            let parsed: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap();
            assert!(parsed.is_object());
        }
    }
}

#[test]
fn a_body_too_small_for_its_envelope_is_refused() {
    assert!(Delivery::signed(Provider::Slack, 100, 0).is_err());
}

#[test]
fn the_bare_check_accepts_the_body_and_no_other() {
    for provider in Provider::ALL {
        let delivery = Delivery::signed(provider, 256, 1_531_420_618).unwrap();
        let verify = crate::bare::verify(&delivery).unwrap();
        assert!(verify(&delivery.headers, &delivery.body));
        assert!(!verify(&delivery.headers, &delivery.flipped()));
    }
}

/// The published vector of Standard Webhooks, so that the key is the decoded one.
#[test]
fn the_key_is_the_decoded_secret() {
    let key = Provider::StandardWebhooks.key().unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#);
    let tag = STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(tag, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}
