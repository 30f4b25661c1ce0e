//! A page.

mod summons;

use std::time::Duration;

use async_channel::Receiver;
use game::{client::Transport, sim::golden};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{Document, Storage, VisibilityState};

use crate::settings::{Settings, invitation, mode_named, query_value, query_without, transport_named};

pub(crate) use summons::{hush, permit_summons, summon};

/// Whether the platform keeps the session itself.
pub(crate) const COOKIES: bool = true;

/// In the query of an invitation link.
const PARTY: &str = "party";

/// To be called before anything else.
pub fn prepare() {
    offer_golden_match();
}

/// `foglineGolden()` plays the golden match and answers its checksum, in 16 hex digits. Also in what players
/// get: that is built otherwise than what is developed, and has to come to the same.
fn offer_golden_match() {
    let play = Closure::<dyn Fn() -> String>::new(|| {
        golden::play(golden::INPUTS).map_or_else(|flaw| flaw, |played| format!("{:016x}", played.checksum))
    });
    let name = JsValue::from_str("foglineGolden");
    let _frozen = js_sys::Reflect::set(&js_sys::global(), &name, &play.into_js_value());
}

/// The hub is where the page came from; `?transport=websocket` chooses the transport, `?party=CODE`
/// joins a party, `?mode=NAME` chooses what to play.
pub fn settings() -> Settings {
    let location = web_sys::window().map(|window| window.location());
    let hub = location.as_ref().and_then(|location| location.origin().ok());
    let query = location.and_then(|location| location.search().ok()).unwrap_or_default();
    let asked = query_value(&query, "transport")
        .and_then(|name| transport_named(name).ok())
        .filter(|transport| *transport != Transport::Udp);
    Settings {
        hub: hub.unwrap_or_default(),
        transport: asked.unwrap_or_else(best_transport),
        sign_in: None,
        name: String::new(),
        invitation: query_value(&query, PARTY).and_then(|party| invitation(party).ok()),
        mode: query_value(&query, "mode").and_then(|mode| mode_named(mode).ok()),
        headless: false,
        published: true,
    }
}

pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(task);
}

pub(crate) async fn sleep(duration: Duration) {
    let (ring, rung) = async_channel::bounded::<()>(1);
    let alarm = Closure::once_into_js(move || {
        ring.close();
    });
    let millis = i32::try_from(duration.as_millis()).unwrap_or(i32::MAX);
    let set = web_sys::window().map(|window| {
        window.set_timeout_with_callback_and_timeout_and_arguments_0(alarm.unchecked_ref(), millis)
    });
    if let Some(Ok(_)) = set {
        let _closed = rung.recv().await;
    }
}

pub(crate) fn http_client() -> reqwest::Client {
    reqwest::Client::new()
}

/// A page has no standard input.
pub(crate) fn lines() -> Receiver<String> {
    async_channel::bounded(1).1
}

/// Sets `window.fogline` to the JSON text.
pub(crate) fn publish(state: &str) {
    let _frozen =
        js_sys::Reflect::set(&js_sys::global(), &JsValue::from_str("fogline"), &JsValue::from_str(state));
}

/// Whether the text is on its way into the clipboard. A page without TLS has no clipboard and shows
/// the text in a dialogue, to be copied from there.
pub(crate) fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    let clipboard = window.navigator().clipboard();
    if clipboard.is_undefined() {
        let _answer = window.prompt_with_message_and_default("Copy this:", text);
        return false;
    }
    let written = clipboard.write_text(text);
    spawn(async move {
        let _refused = wasm_bindgen_futures::JsFuture::from(written).await;
    });
    true
}

/// What [`remember`] kept for this site; `None` where the browser keeps nothing.
pub(crate) fn recall(key: &str) -> Option<String> {
    storage()?.get_item(&named(key)).ok().flatten()
}

pub(crate) fn remember(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _full = storage.set_item(&named(key), value);
    }
}

/// A page that is loaded again does not go back into a party that was left.
pub(crate) fn forget_invitation() {
    let Some(window) = web_sys::window() else { return };
    let location = window.location();
    if let (Ok(path), Ok(query), Ok(history)) = (location.pathname(), location.search(), window.history()) {
        let rest = format!("{path}{}", query_without(&query, PARTY));
        let _kept = history.replace_state_with_url(&JsValue::NULL, "", Some(&rest));
    }
}

/// Whether the player can see the page. While it is hidden, the browser draws no frame and the app
/// stands still.
pub(crate) fn watched() -> bool {
    document().is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn named(key: &str) -> String {
    format!("fogline.{key}")
}

fn best_transport() -> Transport {
    let name = JsValue::from_str("WebTransport");
    match js_sys::Reflect::has(&js_sys::global(), &name) {
        Ok(true) => Transport::WebTransport,
        _ => Transport::WebSocket,
    }
}
