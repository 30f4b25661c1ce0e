//! The client socket: handshake, then lobby and queue until it ends.

use std::time::Instant;

use axum::{
    extract::{State, WebSocketUpgrade, ws::WebSocket},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use protocol::{
    VERSION,
    challenge::Bytes32,
    hub::{FromHub, ToHub},
    key::Content,
    limits::CLIENT_FRAME_BYTES,
    refusal::Refusal,
};
use tokio::time::{interval_at, sleep_until, timeout};

use crate::{
    account::{self, socket_token::Grant},
    admin::metrics::SocketKind,
    error::ApiError,
    lobby::hall::Entrant,
    matches::store::skill,
    matchmaking::store::mutes,
    secret,
    socket::{
        allowance::Verdict,
        outbox::{Link, Outbox},
        same_origin,
        wire::{self, Arrival, End, Wire},
    },
    state::AppState,
};

type ClientWire = Wire<ToHub, FromHub>;

pub async fn open(State(state): State<AppState>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !same_origin(&headers, state.config.public_url.as_deref()) {
        return ApiError::CrossSite.into_response();
    }
    wire::bounded(upgrade, CLIENT_FRAME_BYTES).on_upgrade(move |socket| {
        let sockets = state.sockets.clone();
        sockets.track_future(serve(state, socket))
    })
}

async fn serve(state: AppState, socket: WebSocket) {
    let _open = state.metrics.socket_opened(SocketKind::Client);
    let mut wire = Wire::new(socket, CLIENT_FRAME_BYTES);
    let end = match introduced(&state, &mut wire).await {
        Ok(entrant) => attend(&state, &mut wire, entrant).await,
        Err(end) => end,
    };
    match end {
        End::Refuse(refusal) => {
            tracing::debug!(%refusal, "a client socket was refused");
            state.metrics.message_refused(&refusal);
            wire.close(Some(&FromHub::Refused { refusal })).await;
        }
        End::Gone => wire.close(None).await,
    }
}

async fn introduced(state: &AppState, wire: &mut ClientWire) -> Result<Entrant, End> {
    let limit = state.config.timings.handshake;
    tokio::select! {
        () = state.shutdown.cancelled() => Err(End::Refuse(Refusal::ShuttingDown)),
        done = timeout(limit, shake_hands(state, wire)) => {
            done.unwrap_or(Err(End::Refuse(Refusal::TooSlow)))
        }
    }
}

/// `Hello` → `Challenge` → `Answer` → `Admitted` → `SignIn`. The nonce is this socket's alone.
async fn shake_hands(state: &AppState, wire: &mut ClientWire) -> Result<Entrant, End> {
    let content = match wire.message().await? {
        ToHub::Hello { protocol: VERSION, content } => content,
        ToHub::Hello { protocol, .. } => {
            return Err(End::Refuse(Refusal::WrongVersion { ours: VERSION, theirs: protocol }));
        }
        _ => return Err(out_of_turn("the first message is `hello`")),
    };
    let nonce = Bytes32(secret::random());
    wire.send(&FromHub::Challenge { nonce }).await?;
    match wire.message().await? {
        ToHub::Answer { answer } if state.config.challenge_key.accepts(&nonce, &answer) => {}
        ToHub::Answer { .. } => return Err(End::Refuse(Refusal::WrongAnswer)),
        _ => return Err(out_of_turn("the challenge waits for its `answer`")),
    }
    wire.send(&FromHub::Admitted {}).await?;
    match wire.message().await? {
        ToHub::SignIn { token } => {
            let grant = account::admit_socket(state, &token).await.map_err(End::Refuse)?;
            entrant(state, grant, content).await
        }
        _ => Err(out_of_turn("after the challenge comes `sign_in`")),
    }
}

/// Rating and mutes come from the database, never from the client.
async fn entrant(state: &AppState, grant: Grant, content: Content) -> Result<Entrant, End> {
    let Grant { account, session, .. } = grant;
    let id = account.id;
    let read = state.store.read(move |connection| Ok((skill(connection, id)?, mutes(connection, id)?)));
    let (skill, mutes) = read.await.map_err(|error| {
        tracing::error!(%error, "unable to read who signs in");
        End::Refuse(Refusal::OutOfTurn { detail: "the hub's database does not answer".to_owned() })
    })?;
    let (account, name, guest) = (account.id, account.name, account.guest);
    Ok(Entrant { account, name, guest, session, content, rating: skill.points(), mutes })
}

/// Carries messages between the lobby and a signed-in client.
async fn attend(state: &AppState, wire: &mut ClientWire, entrant: Entrant) -> End {
    let link = Link::next();
    let (outbox, mut pending) = Outbox::new();
    let (account, session) = (entrant.account, entrant.session.clone());
    state.lobby.sign_in(link, entrant, outbox).await;
    // It may have been revoked between the look at it and the lobby's.
    if account::has_ended(state, &session).await {
        state.lobby.end_session(session).await;
    }

    let timings = state.config.timings;
    // The first word to somebody who signs in is `signed_in`, so the first ping waits its time.
    let first_ping = tokio::time::Instant::now() + timings.ping_every;
    let mut pings = interval_at(first_ping, timings.ping_every);
    let mut heard = tokio::time::Instant::now();
    let allowances = &state.allowances;
    let end = loop {
        tokio::select! {
            biased;
            () = state.shutdown.cancelled() => break End::Refuse(Refusal::ShuttingDown),
            () = pending.cut.cancelled() => break End::Gone,
            () = sleep_until(heard + timings.idle_close) => break End::Gone,
            message = pending.receiver.recv() => {
                let Some(message) = message else { break End::Gone };
                if let FromHub::Refused { refusal } = message {
                    break End::Refuse(refusal);
                }
                if let FromHub::Declined { refusal } = &message {
                    state.metrics.message_refused(refusal);
                }
                if let Err(end) = wire.send(&message).await {
                    break end;
                }
            }
            arrival = wire.read() => {
                heard = tokio::time::Instant::now();
                let message = match arrival {
                    Ok(Arrival::Message(message)) => message,
                    Ok(Arrival::Sign) if allowances.sign(account, Instant::now()) => continue,
                    Ok(Arrival::Sign) => break End::Refuse(Refusal::TooFast),
                    Err(end) => break end,
                };
                match allowances.judge(account, &message, Instant::now()) {
                    Verdict::Pass => {}
                    Verdict::Decline => {
                        state.metrics.message_refused(&Refusal::TooFast);
                        let declined = FromHub::Declined { refusal: Refusal::TooFast };
                        if let Err(end) = wire.send(&declined).await {
                            break end;
                        }
                        continue;
                    }
                    Verdict::Refuse => break End::Refuse(Refusal::TooFast),
                }
                match message {
                    ToHub::Hello { .. } | ToHub::Answer { .. } | ToHub::SignIn { .. } => {
                        break out_of_turn("this socket is signed in");
                    }
                    said => state.lobby.client_said(link, said).await,
                }
            }
            _ = pings.tick() => {
                if let Err(end) = wire.ping().await {
                    break end;
                }
                if let Err(end) = wire.send(&FromHub::Ping {}).await {
                    break end;
                }
            }
        }
    };
    state.lobby.client_left(link).await;
    end
}

fn out_of_turn(detail: &str) -> End {
    End::Refuse(Refusal::OutOfTurn { detail: detail.to_owned() })
}
