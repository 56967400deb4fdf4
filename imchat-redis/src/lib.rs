//! A dedup store for webhooks and a rate limiter, on Redis.
