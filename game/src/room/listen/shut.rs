//! Why a door does not open.

use std::{error::Error, fmt, io, net::SocketAddr, time::Duration};

use crate::room::listen::Kind;

#[derive(Debug)]
pub(super) enum Shut {
    /// There is no thread for the doors.
    Thread(io::Error),
    Port {
        door: Kind,
        address: SocketAddr,
        error: io::Error,
    },
    /// None can be made for this name.
    Certificate(String),
    /// The door goes on with the certificate that it has.
    Renewal(io::Error),
    /// No session can be idle for so long.
    Idle(Duration),
}

impl fmt::Display for Shut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Thread(error) => write!(f, "unable to start a thread for the doors: {error}"),
            Self::Port { door, address, error } => {
                write!(f, "unable to open the {} door on {address}: {error}", door.name())
            }
            Self::Certificate(name) => write!(f, "unable to make a certificate for `{name}`"),
            Self::Renewal(error) => write!(f, "unable to renew the webtransport certificate: {error}"),
            Self::Idle(time) => write!(f, "no session can be idle for {time:?}"),
        }
    }
}

impl Error for Shut {}
