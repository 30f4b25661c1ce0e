#![doc = include_str!("../README.md")]

pub use protocol;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "render")]
pub mod present;
#[cfg(feature = "room")]
pub mod room;
#[cfg(feature = "sim")]
pub mod sim;

#[cfg(feature = "sim")]
pub use sim::content;
