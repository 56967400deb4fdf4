//! One connection for all, made again where it is lost.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::io::tcp::TcpSettings;
use redis::{Client, IntoConnectionInfo as _, ToRedisArgs, Value};

use crate::error::{Error, ErrorKind};
use crate::script::Script;

/// Where a Redis server is and how long it may take; nothing is connected yet.
#[derive(Clone)]
pub struct Server {
    client: Client,
    connect_within: Duration,
    answer_within: Duration,
}

impl Server {
    /// A server by its URL: `redis://user:password@host:port/database`, `rediss://…` for TLS (feature `tls`), or
    /// `unix:///path/of/the.sock`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Url`] if it is none of these; [`ErrorKind::Tls`] if it asks for TLS and this build has none. Neither
    /// repeats any of the URL, which may hold a password.
    pub fn at(url: &str) -> Result<Self, Error> {
        if !cfg!(feature = "tls") && (url.starts_with("rediss:") || url.starts_with("valkeys:")) {
            return Err(Error::new(ErrorKind::Tls));
        }
        // The cause stays here: it may quote the part of the URL that it stumbled over.
        let info = url.into_connection_info().map_err(|_| Error::new(ErrorKind::Url))?;
        let client = Client::open(info.set_tcp_settings(tcp())).map_err(|_| Error::new(ErrorKind::Url))?;
        Ok(Self { client, connect_within: Duration::from_secs(1), answer_within: Duration::from_millis(500) })
    }

    /// How long one attempt to connect may take: 1 s unless told.
    #[must_use]
    pub fn connect_within(self, limit: Duration) -> Self {
        Self { connect_within: limit, ..self }
    }

    /// How long an answer may take, connecting again included: 500 ms unless told. Less than what the layer in front
    /// allows its store.
    #[must_use]
    pub fn answer_within(self, limit: Duration) -> Self {
        Self { answer_within: limit, ..self }
    }

    /// Connects. A connection that is lost later is made again by itself; what is asked meanwhile fails.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unreachable`] after four attempts, and [`ErrorKind::Denied`] where the login is refused.
    pub async fn connect(self) -> Result<Redis, Error> {
        let address: Arc<str> = self.client.get_connection_info().addr().to_string().into();
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(3)
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_millis(500))
            .set_connection_timeout(Some(self.connect_within))
            // `Redis::run` limits the whole, waiting for a new connection included.
            .set_response_timeout(None);
        match ConnectionManager::new_with_config(self.client, config).await {
            Ok(manager) => Ok(Redis { manager, address, answer_within: self.answer_within }),
            Err(cause) => Err(Error::of(cause, address)),
        }
    }
}

/// Small commands must not wait for more to send, and a peer that vanished must be noticed.
fn tcp() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(Duration::from_secs(5));
    settings
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.client.get_connection_info().addr().to_string())
            .field("connect_within", &self.connect_within)
            .field("answer_within", &self.answer_within)
            .finish_non_exhaustive()
    }
}

/// A connection that stores and limiters share; its clones are the same one.
#[derive(Clone)]
pub struct Redis {
    manager: ConnectionManager,
    address: Arc<str>,
    answer_within: Duration,
}

impl Redis {
    pub(crate) async fn run(
        &self,
        script: &Script,
        key: &[u8],
        arguments: &(impl ToRedisArgs + Sync),
    ) -> Result<Value, Error> {
        let mut manager = self.manager.clone();
        match tokio::time::timeout(self.answer_within, script.run(&mut manager, key, arguments)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(cause)) => Err(Error::of(cause, self.address.clone())),
            Err(_) => Err(self.error(ErrorKind::TooSlow)),
        }
    }

    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::at(kind, self.address.clone())
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("address", &self.address)
            .field("answer_within", &self.answer_within)
            .finish_non_exhaustive()
    }
}
