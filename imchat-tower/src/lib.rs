//! A tower Layer that proves, deduplicates and acknowledges webhooks.
