//! Webhooks for axum: one builder, typed extractors, verified before your handler runs.
