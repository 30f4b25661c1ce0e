//! A process with a command line.

use std::{
    cell::Cell,
    io::{BufRead as _, Write as _},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use async_channel::Receiver;
use bevy::winit::WINIT_WINDOWS;
use clap::Parser;
use game::{
    client::Transport,
    protocol::{http::Credentials, key::ModeId},
};
use winit::window::UserAttentionType;

use crate::settings::{Invitation, Settings, SignIn, hub_address, invitation, mode_named, transport_named};

/// Whether the platform keeps the session itself.
pub(crate) const COOKIES: bool = false;

/// To be called before anything else.
pub fn prepare() {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("a TLS provider was installed already");
    }
}

pub fn settings() -> Settings {
    let arguments = Arguments::parse();
    let sign_in = match (arguments.register, arguments.login) {
        (Some(typed), _) => Some(SignIn::Register(credentials(typed))),
        (_, Some(typed)) => Some(SignIn::LogIn(credentials(typed))),
        _ => (arguments.guest || arguments.headless).then_some(SignIn::Guest),
    };
    Settings {
        hub: arguments.hub,
        transport: arguments.transport,
        sign_in,
        name: arguments.name,
        invitation: arguments.party,
        mode: arguments.mode,
        headless: arguments.headless,
        published: arguments.headless,
    }
}

/// Runs the task on a thread and a runtime of its own.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the operating system should give the session its sockets and timers");
    thread::Builder::new()
        .name("hub session".into())
        .spawn(move || runtime.block_on(task))
        .expect("the operating system should give the session a thread");
}

/// To be awaited inside [`spawn`] only.
pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// A machine without root certificates can still speak to a hub without TLS.
pub(crate) fn http_client() -> reqwest::Client {
    let builder = reqwest::Client::builder;
    builder()
        .build()
        .or_else(|_| builder().tls_certs_only([]).build())
        .expect("an HTTP client without root certificates should always build")
}

/// Lines of standard input; closed when it ends.
pub(crate) fn lines() -> Receiver<String> {
    let (sender, receiver) = async_channel::bounded(64);
    thread::Builder::new()
        .name("standard input".into())
        .spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send_blocking(line).is_err() {
                    return;
                }
            }
        })
        .expect("the operating system should give standard input a thread");
    receiver
}

/// One line on standard output. Whoever started us and no longer reads has lost interest.
pub(crate) fn publish(state: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{state}").and_then(|()| out.flush());
}

/// Whether the text is in the clipboard now. Under X11 it stays there as long as this process lives.
pub(crate) fn copy(text: &str) -> bool {
    static CLIPBOARD: Mutex<Option<arboard::Clipboard>> = Mutex::new(None);
    let mut clipboard = CLIPBOARD.lock().unwrap_or_else(PoisonError::into_inner);
    if clipboard.is_none() {
        *clipboard = arboard::Clipboard::new().ok();
    }
    clipboard.as_mut().is_some_and(|clipboard| clipboard.set_text(text).is_ok())
}

/// A process has its command line to be told again.
pub(crate) fn recall(_key: &str) -> Option<String> {
    None
}

/// See [`recall`].
pub(crate) fn remember(_key: &str, _value: &str) {}

/// A command line is read once.
pub(crate) fn forget_invitation() {}

/// Whether the player can see the game: a window of this thread has the focus or is not minimised.
pub(crate) fn watched() -> bool {
    WINIT_WINDOWS.with_borrow(|windows| {
        windows.windows.values().any(|window| window.has_focus() || !window.is_minimized().unwrap_or(false))
    })
}

/// A window may ask for attention without being permitted to.
pub(crate) fn permit_summons() {}

/// The windows of this thread ask for attention, until [`hush`].
pub(crate) fn summon() {
    if !SUMMONING.replace(true) {
        request_attention(Some(UserAttentionType::Critical));
    }
}

pub(crate) fn hush() {
    if SUMMONING.replace(false) {
        request_attention(None);
    }
}

thread_local! {
    static SUMMONING: Cell<bool> = const { Cell::new(false) };
}

fn request_attention(kind: Option<UserAttentionType>) {
    WINIT_WINDOWS.with_borrow(|windows| {
        for window in windows.windows.values() {
            window.request_user_attention(kind);
        }
    });
}

fn credentials(typed: Vec<String>) -> Credentials {
    let mut typed = typed.into_iter();
    Credentials { name: typed.next().unwrap_or_default(), password: typed.next().unwrap_or_default() }
}

/// Fogline: a tank skirmish in which you only know what your team can see.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address of the hub.
    #[arg(long, env = "FOGLINE_HUB", default_value = "http://127.0.0.1:8080", value_parser = hub_address)]
    hub: String,

    /// How rooms are dialled: udp, webtransport or websocket.
    #[arg(long, default_value = "udp", value_parser = transport_named)]
    transport: Transport,

    /// No window: commands on standard input, the state as JSON lines on standard output. Signs in
    /// as a guest unless told otherwise.
    #[arg(long)]
    headless: bool,

    /// Sign in as a guest at once.
    #[arg(long, conflicts_with_all = ["register", "login"])]
    guest: bool,

    /// Register an account and sign in with it at once.
    #[arg(long, num_args = 2, value_names = ["NAME", "PASSWORD"], conflicts_with = "login")]
    register: Option<Vec<String>>,

    /// Log in at once.
    #[arg(long, num_args = 2, value_names = ["NAME", "PASSWORD"])]
    login: Option<Vec<String>>,

    /// Name that the sign-in form suggests.
    #[arg(long, default_value = "")]
    name: String,

    /// Make a party with `create`, or join one by its code, once signed in.
    #[arg(long, value_name = "create|CODE", value_parser = invitation)]
    party: Option<Invitation>,

    /// What *Play* starts; without it the hub's first mode.
    #[arg(long, value_name = "NAME", value_parser = mode_named)]
    mode: Option<ModeId>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn two_ways_to_sign_in_are_refused() {
        let both = ["client", "--guest", "--login", "ann", "secret123"];
        assert!(Arguments::try_parse_from(both).is_err());
        assert!(Arguments::try_parse_from(["client", "--login", "ann"]).is_err());
    }

    #[test]
    fn party_and_mode_are_checked_on_the_command_line() {
        let parsed = Arguments::try_parse_from(["client", "--party", "create", "--mode", "duel"]);
        let parsed = parsed.expect("both flags should be read");
        assert_eq!(parsed.party, Some(Invitation::Create));
        assert_eq!(parsed.mode.as_ref().map(ModeId::as_str), Some("duel"));
        assert!(Arguments::try_parse_from(["client", "--party", "toolong1"]).is_err());
        assert!(Arguments::try_parse_from(["client", "--mode", "No such"]).is_err());
    }
}
