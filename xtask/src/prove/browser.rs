//! A headless Chromium and its pages, each with cookies of its own.

mod page;
mod page_client;

use std::{cell::RefCell, fs, net::SocketAddr, path::Path, rc::Rc, time::Duration};

use anyhow::{Context as _, Result};
use serde_json::json;

pub use self::{
    page::{Key, Page},
    page_client::PageClient,
};
use super::{
    cdp::Cdp,
    wait::{Look, until},
};
use crate::{
    children::{Child, tethered},
    layout::on_path,
    system::Output,
};

pub const WIDTH: u32 = 1280;
pub const HEIGHT: u32 = 720;

/// `--disable-quic` must stay away: it takes WebTransport with it.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--mute-audio",
];

pub struct Browser {
    cdp: Rc<RefCell<Cdp>>,
    _process: Child,
}

impl Browser {
    /// `profile` is a folder that does not exist yet.
    pub fn launch(profile: &Path, output: &Output) -> Result<Self> {
        let program = on_path("chromium").context("`chromium` is not on `PATH`")?;
        let mut command = tethered(&program);
        command
            .args(FLAGS)
            .arg(format!("--window-size={WIDTH},{HEIGHT}"))
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank");
        let mut process = Child::spawn("chromium", command, output.of("chromium")?)?;
        let port_file = profile.join("DevToolsActivePort");
        let (port, path) = until("Chromium's DevTools", Duration::from_secs(60), || {
            process.check()?;
            Ok(match read_port(&port_file) {
                Some(found) => Look::Found(found),
                None => Look::Instead(process.log().tail(5)),
            })
        })?;
        let cdp = Cdp::connect(SocketAddr::from(([127, 0, 0, 1], port)), &path)?;
        Ok(Self { cdp: Rc::new(RefCell::new(cdp)), _process: process })
    }

    /// A page that shares nothing with the others.
    pub fn page(&self) -> Result<Page> {
        let mut cdp = self.cdp.borrow_mut();
        let context = cdp.call(None, "Target.createBrowserContext", json!({}))?;
        let context = text(&context, "browserContextId")?;
        let target = cdp.call(
            None,
            "Target.createTarget",
            json!({
                "url": "about:blank",
                "browserContextId": context,
                "width": WIDTH,
                "height": HEIGHT,
                "newWindow": true,
            }),
        )?;
        let target = text(&target, "targetId")?;
        let attached =
            cdp.call(None, "Target.attachToTarget", json!({ "targetId": target, "flatten": true }))?;
        let session = text(&attached, "sessionId")?;
        drop(cdp);
        Page::new(Rc::clone(&self.cdp), session, context)
    }
}

/// Two lines: the port and the browser's path.
fn read_port(file: &Path) -> Option<(u16, String)> {
    let text = fs::read_to_string(file).ok()?;
    let (port, path) = text.split_once('\n')?;
    let path = path.trim();
    (!path.is_empty()).then_some(())?;
    Some((port.trim().parse().ok()?, path.to_owned()))
}

fn text(value: &serde_json::Value, key: &str) -> Result<String> {
    Ok(value[key].as_str().with_context(|| format!("Chromium should give a `{key}`"))?.to_owned())
}
