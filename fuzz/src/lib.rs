#![doc = include_str!("../README.md")]

mod client_datagram;
mod component;
mod datagram;
mod event;
mod frame;
mod http;
mod input;
mod journal;
mod map;
mod packet;
mod ticket;
mod websocket;
mod wire;

/// One decoder.
pub struct Target {
    /// As its folder in `corpus` is called.
    pub name: &'static str,
    /// Gives the decoder these bytes; whether it took them. Panics if it, or what it took, breaks a promise.
    pub body: fn(&[u8]) -> bool,
    /// What our own code writes, taken by the decoder.
    pub examples: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: &[Target] = &[
    Target { name: "to_hub", body: frame::to_hub, examples: frame::examples_to_hub },
    Target { name: "from_hub", body: frame::from_hub, examples: frame::examples_from_hub },
    Target { name: "to_registry", body: frame::to_registry, examples: frame::examples_to_registry },
    Target { name: "from_registry", body: frame::from_registry, examples: frame::examples_from_registry },
    Target { name: "http_body", body: http::body, examples: http::examples },
    Target { name: "journal", body: journal::file, examples: journal::examples },
    Target { name: "ticket", body: ticket::token, examples: ticket::examples },
    Target { name: "datagram", body: datagram::datagram, examples: datagram::examples },
    Target { name: "client_datagram", body: client_datagram::datagram, examples: client_datagram::examples },
    Target { name: "packet", body: packet::packets, examples: packet::examples },
    Target { name: "input", body: input::messages, examples: input::examples },
    Target { name: "event", body: event::event, examples: event::examples },
    Target { name: "component", body: component::component, examples: component::examples },
    Target { name: "websocket", body: websocket::session, examples: websocket::examples },
    Target { name: "map", body: map::text, examples: map::examples },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
