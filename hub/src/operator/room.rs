//! Commands on registered rooms; only a running hub knows them.

use uuid::Uuid;

use crate::{
    admin::room::{Drained, Order, RoomRow},
    operator::{Operator, admin_port::Failure},
};

pub async fn list(operator: &Operator) -> anyhow::Result<()> {
    let rooms = operator.running_hub.get::<Vec<RoomRow>>("/rooms").await.map_err(reason)?;
    for RoomRow { room, host, official, protocol, content, capacity, state } in &rooms {
        let kind = if *official { "official" } else { "community" };
        println!(
            "{room}  {state}  {kind}  {capacity} seats  protocol {protocol}  content {content}  host {host}"
        );
    }
    println!("{} rooms", rooms.len());
    Ok(())
}

/// `None` drains all of them.
pub async fn drain(operator: &Operator, room: Option<Uuid>) -> anyhow::Result<()> {
    let path = room.map_or_else(|| "/rooms/drain".to_owned(), |room| format!("/rooms/{room}/drain"));
    let order = Order { by: operator.actor.clone() };
    let drained = operator.running_hub.post::<Drained>(&path, &order).await.map_err(reason)?;
    for room in &drained.rooms {
        println!("{room} gets no more matches and ends when it is empty");
    }
    println!("{} rooms drain", drained.rooms.len());
    Ok(())
}

fn reason(failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Unreached(error) => error.context("rooms are known to a running hub only"),
        Failure::Refused(why) => anyhow::Error::msg(why),
    }
}
