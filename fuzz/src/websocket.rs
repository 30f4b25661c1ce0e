//! A session of the room's WebSocket door, after its handshake.

use futures_util::FutureExt as _;
use game::room::listen::{gate::Limits, websocket};
use tokio_tungstenite::{WebSocketStream, tungstenite::protocol::Role};

pub(crate) fn session(bytes: &[u8]) -> bool {
    let largest = Limits::default().frame;
    let peer = tokio::io::join(bytes, tokio::io::sink());
    let socket = WebSocketStream::from_raw_socket(peer, Role::Server, Some(websocket::config(largest)));
    let mut socket = socket.now_or_never().expect("nothing is waited for");
    let mut taken = false;
    // Nobody sends more, so that the end is an error at the latest.
    while let Ok(packet) = websocket::packet(&mut socket).now_or_never().expect("nothing is waited for") {
        assert!(packet.len() <= largest, "{} bytes in one message", packet.len());
        taken = true;
    }
    taken
}

pub(crate) fn examples() -> Vec<Vec<u8>> {
    // The mask is zero, so that the packet is what one reads.
    let frame = |first: u8, packet: &[u8]| {
        let length = u8::try_from(packet.len()).expect("a packet should be short");
        [&[first, 0x80 | length, 0, 0, 0, 0], packet].concat()
    };
    let (binary, begun, end, ping) = (0x82, 0x02, 0x80, 0x89);
    vec![
        frame(binary, b"a packet"),
        [frame(begun, b"a packet "), frame(ping, b""), frame(end, b"in two frames")].concat(),
        [frame(binary, b""), frame(binary, b"another")].concat(),
    ]
}
