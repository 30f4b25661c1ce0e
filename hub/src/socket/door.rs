//! The door: how many connections one address may hold, counted before a byte is read.

use std::{
    collections::HashMap,
    future::{Ready, ready},
    io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum_server::accept::Accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Lets a connection in while its address holds fewer than `most`.
#[derive(Clone)]
pub struct Door {
    inside: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most: usize,
}

/// A connection that is counted until it is dropped.
pub struct Counted {
    stream: TcpStream,
    door: Door,
    address: IpAddr,
}

impl Door {
    pub fn new(most: usize) -> Self {
        Self { inside: Arc::default(), most }
    }

    /// How many connections there are.
    pub fn count(&self) -> usize {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    fn enter(&self, stream: TcpStream) -> io::Result<Counted> {
        stream.set_nodelay(true)?;
        let address = block_of(stream.peer_addr()?.ip());
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let held = inside.entry(address).or_default();
        if *held >= self.most {
            return Err(io::Error::other("too many connections from one address"));
        }
        *held += 1;
        Ok(Counted { stream, door: self.clone(), address })
    }
}

/// One household: an IPv4 address, or the /64 that an IPv6 line is given.
pub fn block_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::from((u128::from(v6) & !u128::from(u64::MAX)).to_be_bytes()),
        v4 => v4,
    }
}

impl<S> Accept<TcpStream, S> for Door {
    type Stream = Counted;
    type Service = S;
    type Future = Ready<io::Result<(Counted, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.enter(stream).map(|counted| (counted, service)))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut inside = self.door.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = inside.get_mut(&self.address) {
            *held -= 1;
            if *held == 0 {
                inside.remove(&self.address);
            }
        }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_line_counts_as_one_address() {
        let one: IpAddr = "2001:db8:1:2::1".parse().expect("the address should be read");
        let other: IpAddr = "2001:db8:1:2:ffff::9".parse().expect("the address should be read");
        let next: IpAddr = "2001:db8:1:3::1".parse().expect("the address should be read");
        assert_eq!(block_of(one), block_of(other));
        assert_ne!(block_of(one), block_of(next));
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_one() {
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().expect("the address should be read");
        assert_eq!(block_of(mapped), IpAddr::from([192, 0, 2, 1]));
    }
}
