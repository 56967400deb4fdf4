//! A durable inbox for webhooks.
