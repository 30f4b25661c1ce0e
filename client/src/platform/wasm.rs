//! A page.

use std::time::Duration;

use async_channel::Receiver;
use game::client::Transport;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};

use crate::settings::{Settings, transport_named};

/// Whether the platform keeps the session itself.
pub(crate) const COOKIES: bool = true;

/// To be called before anything else.
pub fn prepare() {}

/// The hub is where the page came from; `?transport=websocket` chooses the transport.
pub fn settings() -> Settings {
    let location = web_sys::window().map(|window| window.location());
    let hub = location.as_ref().and_then(|location| location.origin().ok());
    let query = location.and_then(|location| location.search().ok()).unwrap_or_default();
    let asked = query
        .trim_start_matches('?')
        .split('&')
        .find_map(|pair| pair.strip_prefix("transport="))
        .and_then(|name| transport_named(name).ok())
        .filter(|transport| *transport != Transport::Udp);
    Settings {
        hub: hub.unwrap_or_default(),
        transport: asked.unwrap_or_else(best_transport),
        sign_in: None,
        name: String::new(),
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

fn best_transport() -> Transport {
    let name = JsValue::from_str("WebTransport");
    match js_sys::Reflect::has(&js_sys::global(), &name) {
        Ok(true) => Transport::WebTransport,
        _ => Transport::WebSocket,
    }
}
