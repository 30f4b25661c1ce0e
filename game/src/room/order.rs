//! What the hub asks of this room, and what the room answers. The process around the room carries
//! both over its socket.

use bevy::prelude::*;
use protocol::registry::{FromRegistry, ToRegistry};

pub(super) fn plugin(app: &mut App) {
    app.add_message::<Order>().add_message::<Report>();
}

/// From the hub.
#[derive(Message, Clone, Debug)]
pub struct Order(pub FromRegistry);

/// To the hub.
#[derive(Message, Clone, Debug)]
pub struct Report(pub ToRegistry);
