//! Calls a player whose page is hidden: by its title, by sound, by a notification.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use wasm_bindgen::JsValue;
use web_sys::{AudioContext, Notification, NotificationOptions, NotificationPermission, OscillatorType};

use super::{document, sleep, spawn};

const TITLE: &str = "Fogline";
const CALL: &str = "(!) Match found";

/// Between two changes of the title. Browsers wake a hidden page no more often.
const BEAT: Duration = Duration::from_secs(1);

/// The sound is heard with the first changes only.
const SOUNDS: u32 = 3;

/// Asks for what [`summon`] uses. Browsers grant it only while the player presses something.
pub(crate) fn permit_summons() {
    VOICE.with_borrow_mut(|voice| {
        if voice.is_none() {
            *voice = AudioContext::new().ok();
        }
        if let Some(voice) = voice {
            let _resuming = voice.resume();
        }
    });
    if has_notifications() && Notification::permission() == NotificationPermission::Default {
        let _asking = Notification::request_permission();
    }
}

/// Goes on until [`hush`].
pub(crate) fn summon() {
    if SUMMONING.replace(true) {
        return;
    }
    let call = CALLS.get() + 1;
    CALLS.set(call);
    notify();
    spawn(async move {
        let mut beat = 0;
        while SUMMONING.get() && CALLS.get() == call {
            entitle(if beat % 2 == 0 { CALL } else { TITLE });
            if beat < SOUNDS {
                let _silent = sound();
            }
            beat += 1;
            sleep(BEAT).await;
        }
    });
}

pub(crate) fn hush() {
    if SUMMONING.replace(false) {
        entitle(TITLE);
        if let Some(note) = NOTE.take() {
            note.close();
        }
    }
}

thread_local! {
    static SUMMONING: Cell<bool> = const { Cell::new(false) };
    /// So far: an older one that still sleeps knows that it is over.
    static CALLS: Cell<u32> = const { Cell::new(0) };
    static VOICE: RefCell<Option<AudioContext>> = const { RefCell::new(None) };
    static NOTE: Cell<Option<Notification>> = const { Cell::new(None) };
}

fn entitle(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

fn notify() {
    if has_notifications() && Notification::permission() == NotificationPermission::Granted {
        let options = NotificationOptions::new();
        options.set_body("Come back to the game to confirm.");
        options.set_tag("match");
        NOTE.set(Notification::new_with_options("Match found", &options).ok());
    }
}

/// Pages without TLS have none.
fn has_notifications() -> bool {
    js_sys::Reflect::has(&js_sys::global(), &JsValue::from_str("Notification")).unwrap_or(false)
}

/// Two short tones; none before the player has pressed something.
fn sound() -> Result<(), JsValue> {
    VOICE.with_borrow(|voice| {
        let Some(voice) = voice else { return Ok(()) };
        let now = voice.current_time();
        for (start, pitch) in [(now, 660.0), (now + 0.18, 880.0)] {
            let tone = voice.create_oscillator()?;
            let level = voice.create_gain()?;
            tone.set_type(OscillatorType::Triangle);
            tone.frequency().set_value(pitch);
            level.gain().set_value_at_time(0.25, start)?;
            level.gain().exponential_ramp_to_value_at_time(0.001, start + 0.3)?;
            tone.connect_with_audio_node(&level)?;
            level.connect_with_audio_node(&voice.destination())?;
            tone.start_with_when(start)?;
            tone.stop_with_when(start + 0.3)?;
        }
        Ok(())
    })
}
