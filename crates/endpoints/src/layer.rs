//! What can stand between an address and a protocol, as endpoint strings name it.

use std::{error::Error, fmt, sync::Arc};

use ropewalk_protocol::Filter;

/// A filter over an address, as it stands in an endpoint string: TLS, a PROXY header.
///
/// It prints itself as it stands before the scheme, without the colon behind it.
pub trait Layer: fmt::Debug + fmt::Display + Send + Sync {
    /// Reads what it needs, such as certificates; once a listener, or once an attempt to connect.
    /// `host` is whom a client connects to, by name or address; a server has none.
    ///
    /// # Errors
    /// What is wrong with what it read, as one readable line.
    fn prepare(&self, host: Option<&str>) -> Result<Arc<dyn Filters>, LayerError>;
}

/// A prepared [`Layer`]: makes a filter for each connection.
pub trait Filters: Send + Sync {
    /// A filter for a new connection.
    fn filter(&self) -> Box<dyn Filter + Send>;

    /// Reads again what may have changed; new connections get it. What was there stays where that
    /// does not work.
    ///
    /// # Errors
    /// What is wrong with what it read, as one readable line.
    fn reload(&self) -> Result<(), LayerError> {
        Ok(())
    }
}

/// Why a layer could not be prepared: any error that reads as one line.
pub type LayerError = Box<dyn Error + Send + Sync>;
