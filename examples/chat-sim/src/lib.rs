//! The chat platforms, offline: signed deliveries and a small Web API.
