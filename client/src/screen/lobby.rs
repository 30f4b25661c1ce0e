//! The hub: who is here, the party, the way into a match, and chat.

mod chat;
mod here;
mod party;
mod play;

use bevy::{ecs::system::SystemParam, prelude::*};
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui};
use game::protocol::{
    hub::ToHub,
    id::AccountId,
    key::{ModeId, PartyCode},
    text::{ChatText, PlayerName},
};

use crate::{
    lobby::Lobby,
    platform,
    screen::Screen,
    session::{Hub, Session},
    settings::Settings,
    ui::{UiSystems, widget},
};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<chat::Draft>()
        .init_resource::<party::Desk>()
        .add_systems(EguiPrimaryContextPass, show.in_set(UiSystems::Screen).run_if(in_state(Screen::Lobby)));
}

const MARGIN: f32 = 24.0;
const GAP: f32 = 16.0;

fn show(
    mut contexts: EguiContexts,
    hub: Res<Hub>,
    settings: Res<Settings>,
    mut draft: ResMut<chat::Draft>,
    mut hands: Hands,
) -> Result {
    let ctx = contexts.ctx_mut()?;
    let now = hands.time.elapsed();
    let zones = Zones::new(ctx.content_rect().shrink(MARGIN));
    let lobby = &*hands.lobby;
    let here = here::View::new(&hub, lobby);
    let together = party::View::new(&hub, lobby, &settings, hands.desk.copied(now));
    let play = play::View::new(&hub, lobby, now);
    let chat = chat::View::new(&hub, lobby);
    let asked = [
        widget::panel(ctx, "here", zones.here, |ui| here::here_ui(ui, &here)),
        widget::panel(ctx, "party", zones.party, |ui| party::party_ui(ui, &together, &mut hands.desk)),
        widget::panel(ctx, "chat", zones.chat, |ui| chat::chat_ui(ui, &chat, &mut draft)),
        widget::panel(ctx, "play", zones.play, |ui| play::play_ui(ui, &play)),
    ];
    for action in asked.into_iter().flatten() {
        hands.carry_out(action);
    }
    Ok(())
}

#[derive(SystemParam)]
struct Hands<'w> {
    session: Res<'w, Session>,
    time: Res<'w, Time<Real>>,
    lobby: ResMut<'w, Lobby>,
    desk: ResMut<'w, party::Desk>,
}

impl Hands<'_> {
    fn carry_out(&mut self, action: Action) {
        let message = match action {
            Action::Choose(mode) => {
                self.lobby.choose(mode);
                return;
            }
            Action::Copy(text) => {
                let now = self.time.elapsed();
                self.desk.copy(&text, now);
                return;
            }
            Action::Play(mode) => {
                platform::permit_summons();
                ToHub::JoinQueue { mode }
            }
            Action::Cancel => ToHub::LeaveQueue {},
            Action::Say(text) => {
                self.session.say(ToHub::Chat { text });
                return;
            }
            Action::Mute(name) => ToHub::Mute { name },
            Action::Unmute(name) => ToHub::Unmute { name },
            Action::CreateParty => ToHub::CreateParty {},
            Action::JoinParty(code) => ToHub::JoinParty { code },
            Action::LeaveParty => ToHub::LeaveParty {},
            Action::Remove(account) => ToHub::RemoveFromParty { account },
        };
        self.lobby.notice = None;
        self.session.say(message);
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Choose(ModeId),
    Play(ModeId),
    Cancel,
    Say(ChatText),
    Mute(PlayerName),
    Unmute(PlayerName),
    CreateParty,
    JoinParty(PartyCode),
    LeaveParty,
    Remove(AccountId),
    /// Into the clipboard.
    Copy(String),
}

struct Zones {
    here: egui::Rect,
    party: egui::Rect,
    play: egui::Rect,
    chat: egui::Rect,
}

impl Zones {
    fn new(rect: egui::Rect) -> Self {
        let left = (rect.width() * 0.24).clamp(160.0, 288.0);
        let right = (rect.width() * 0.3).clamp(160.0, 400.0);
        let column = |from: f32, to: f32| egui::Rect::from_x_y_ranges(from..=to.max(from), rect.y_range());
        let side = column(rect.left(), rect.left() + left);
        let party = ((rect.height() - GAP) * 0.6).max(0.0);
        let border = side.bottom() - party;
        Self {
            here: side.with_max_y((border - GAP).max(side.top())),
            party: side.with_min_y(border),
            play: column(rect.left() + left + GAP, rect.right() - right - GAP),
            chat: column(rect.right() - right, rect.right()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_do_not_overlap_on_a_small_page() {
        let rect = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(640.0, 400.0));
        let Zones { here, party, play, chat } = Zones::new(rect);
        assert!(here.bottom() < party.top() && party.bottom() <= rect.bottom());
        assert!(here.right() < play.left() && party.right() < play.left() && play.right() < chat.left());
    }
}
