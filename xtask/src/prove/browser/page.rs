//! One page: where it is, what it shows, and hands to use it with.

use std::{cell::RefCell, fs, path::Path, rc::Rc, time::Duration};

use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{HEIGHT, WIDTH};
use crate::prove::{
    cdp::{Cdp, exception},
    game_state::Place,
    wait::{Look, until},
};

const NAVIGATION: Duration = Duration::from_secs(30);

pub struct Page {
    cdp: Rc<RefCell<Cdp>>,
    session: String,
    context: String,
}

/// A key of the keyboard as Chromium wants it described.
#[derive(Clone, Copy)]
pub struct Key {
    pub code: &'static str,
    pub key: &'static str,
    pub number: u32,
}

impl Page {
    pub(super) fn new(cdp: Rc<RefCell<Cdp>>, session: String, context: String) -> Result<Self> {
        let page = Self { cdp, session, context };
        for domain in ["Page", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), json!({}))?;
        }
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))?;
        page.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": false }),
        )?;
        Ok(page)
    }

    pub fn open(&self, url: &str) -> Result<()> {
        let answer = self.call("Page.navigate", json!({ "url": url }))?;
        if let Some(error) = answer["errorText"].as_str() {
            bail!("unable to open `{url}`: {error}");
        }
        let wanted = path(url);
        self.wait_for_path(|path| path.trim_end_matches('/') == wanted)
    }

    /// Loads the page again; what is evaluated from then on is the new document's.
    pub fn reload(&self) -> Result<()> {
        self.evaluate("window.outgoing = true")?;
        self.call("Page.reload", json!({}))?;
        self.wait_for_the_next()
    }

    /// Runs a script that leads to another document, and waits for that one to be whole.
    pub fn follow(&self, script: &str) -> Result<()> {
        self.evaluate(&format!("window.outgoing = true; {script}; null"))?;
        self.wait_for_the_next()?;
        self.wait_for_path(|_| true)
    }

    /// Runs a script before those of every document that this page will show.
    pub fn begin_with(&self, script: &str) -> Result<()> {
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).map(drop)
    }

    fn wait_for_the_next(&self) -> Result<()> {
        until("the next document", NAVIGATION, || {
            let outgoing = self.try_evaluate("window.outgoing === true")?;
            Ok(if outgoing == false { Look::Found(()) } else { Look::Instead(outgoing.to_string()) })
        })
    }

    /// Waits until the page is whole and its path is the wanted one.
    pub fn wait_for_path(&self, wanted: impl Fn(&str) -> bool) -> Result<()> {
        until("a page to load", NAVIGATION, || {
            let seen = self.try_evaluate("[document.readyState, location.pathname, location.href]")?;
            let text = |index: usize| seen[index].as_str().unwrap_or_default();
            let loaded = text(0) == "complete" && text(2) != "about:blank" && wanted(text(1));
            Ok(if loaded { Look::Found(()) } else { Look::Instead(seen.to_string()) })
        })
    }

    pub fn evaluate(&self, expression: &str) -> Result<Value> {
        let answer = self.call(
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        )?;
        if !answer["exceptionDetails"].is_null() {
            bail!("`{expression}`: {}", exception(&answer["exceptionDetails"]));
        }
        Ok(answer["result"]["value"].clone())
    }

    /// As [`Self::evaluate`]; null while one document gives way to the next.
    pub fn try_evaluate(&self, expression: &str) -> Result<Value> {
        let params = json!({ "expression": expression, "returnByValue": true });
        let answer = self.cdp.borrow_mut().ask(Some(&self.session), "Runtime.evaluate", params)?;
        Ok(answer.map_or(Value::Null, |answer| answer["result"]["value"].clone()))
    }

    pub fn click(&self, place: Place) -> Result<()> {
        self.move_mouse(place)?;
        self.press_mouse(place)?;
        self.release_mouse(place)
    }

    pub fn move_mouse(&self, place: Place) -> Result<()> {
        self.mouse("mouseMoved", "none", 0, place)
    }

    pub fn press_mouse(&self, place: Place) -> Result<()> {
        self.mouse("mousePressed", "left", 1, place)
    }

    pub fn release_mouse(&self, place: Place) -> Result<()> {
        self.mouse("mouseReleased", "left", 0, place)
    }

    pub fn press_key(&self, key: Key) -> Result<()> {
        self.key("rawKeyDown", key)
    }

    pub fn release_key(&self, key: Key) -> Result<()> {
        self.key("keyUp", key)
    }

    pub fn picture(&self, path: &Path) -> Result<()> {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }))?;
        let data = answer["data"].as_str().context("a screenshot should have data")?;
        fs::write(path, STANDARD.decode(data)?)
            .with_context(|| format!("unable to write `{}`", path.display()))
    }

    /// Errors and exceptions so far.
    pub fn complaints(&self) -> Vec<String> {
        self.cdp.borrow().complaints(&self.session).to_vec()
    }

    fn mouse(&self, kind: &str, button: &str, buttons: u8, place: Place) -> Result<()> {
        let count = if button == "left" { 1 } else { 0 };
        self.call(
            "Input.dispatchMouseEvent",
            json!({
                "type": kind,
                "x": place.x,
                "y": place.y,
                "button": button,
                "buttons": buttons,
                "clickCount": count,
                "pointerType": "mouse",
            }),
        )?;
        Ok(())
    }

    fn key(&self, kind: &str, key: Key) -> Result<()> {
        self.call(
            "Input.dispatchKeyEvent",
            json!({
                "type": kind,
                "code": key.code,
                "key": key.key,
                "windowsVirtualKeyCode": key.number,
                "nativeVirtualKeyCode": key.number,
            }),
        )?;
        Ok(())
    }

    fn call(&self, method: &str, params: Value) -> Result<Value> {
        self.cdp.borrow_mut().call(Some(&self.session), method, params)
    }
}

/// What follows the host, without query and closing slash.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("", |slash| &rest[slash..]);
    path.split('?').next().unwrap_or(path).trim_end_matches('/')
}

impl Drop for Page {
    /// A page that is left running would slow down the next.
    fn drop(&mut self) {
        let params = json!({ "browserContextId": self.context });
        if let Err(error) = self.cdp.borrow_mut().call(None, "Target.disposeBrowserContext", params) {
            eprintln!("warning: a page stays open: {error:#}");
        }
    }
}
