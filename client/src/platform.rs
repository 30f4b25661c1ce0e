//! What differs between a process and a page. Both files have the same functions; nothing else in
//! this crate asks where it runs.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod wasm;

#[cfg(not(target_family = "wasm"))]
use native as here;
#[cfg(target_family = "wasm")]
use wasm as here;

pub(crate) use here::{
    COOKIES, copy, forget_invitation, http_client, hush, lines, permit_summons, publish, recall, remember,
    sleep, spawn, summon, watched,
};
pub use here::{prepare, settings};
