//! Guest, log in or register.

use bevy::prelude::*;
use bevy_egui::{EguiContexts, EguiPrimaryContextPass, egui};
use game::protocol::{http::Credentials, limits::PASSWORD_CHARS, text::PlayerName};

use crate::{
    screen::Screen,
    session::{Hub, Line, Order, Session},
    settings::{Settings, SignIn},
    ui::{UiSystems, widget},
};

pub(super) fn plugin(app: &mut App) {
    let name = app.world().resource::<Settings>().name.clone();
    app.insert_resource(Form { name, ..default() })
        .add_systems(EguiPrimaryContextPass, show.in_set(UiSystems::Screen).run_if(in_state(Screen::SignIn)));
}

fn show(mut contexts: EguiContexts, hub: Res<Hub>, session: Res<Session>, mut form: ResMut<Form>) -> Result {
    let problem = match &hub.line {
        Line::NeedsSignIn { problem } => problem.clone(),
        _ => None,
    };
    let view = View { problem: form.problem.clone().or(problem) };
    let asked = widget::card(contexts.ctx_mut()?, "sign in", 400.0, |ui| sign_in_ui(ui, &view, &mut form));
    if let Some(how) = asked {
        form.password.clear();
        form.problem = None;
        session.order(Order::SignIn(how));
    }
    Ok(())
}

struct View {
    problem: Option<String>,
}

#[derive(Resource, Default)]
struct Form {
    tab: Tab,
    name: String,
    password: String,
    /// Found wrong before the hub was asked.
    problem: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    LogIn,
    Register,
}

impl Form {
    fn sign_in(&self) -> Result<SignIn, String> {
        let credentials = Credentials { name: self.name.trim().to_owned(), password: self.password.clone() };
        match self.tab {
            Tab::LogIn if credentials.name.is_empty() || credentials.password.is_empty() => {
                Err("Name and password are both needed.".into())
            }
            Tab::LogIn => Ok(SignIn::LogIn(credentials)),
            Tab::Register => {
                PlayerName::new(&credentials.name).map_err(|bad| sentence(&bad.to_string()))?;
                let length = credentials.password.chars().count();
                if !PASSWORD_CHARS.contains(&length) {
                    let (least, most) = (PASSWORD_CHARS.start(), PASSWORD_CHARS.end());
                    return Err(format!("A password has {least} to {most} characters."));
                }
                Ok(SignIn::Register(credentials))
            }
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn sign_in_ui(ui: &mut egui::Ui, view: &View, form: &mut Form) -> Option<SignIn> {
    let width = ui.available_width();
    let mut asked = None;
    widget::title(ui, "Fogline");
    widget::quiet(ui, "You only know what your team can see.");
    ui.add_space(16.0);
    if widget::primary(ui, "guest", "Play as guest", egui::vec2(width, 64.0)) {
        asked = Some(SignIn::Guest);
    }
    ui.add_space(16.0);
    ui.horizontal(|ui| {
        let tabs = [(Tab::LogIn, "tab:log_in", "Log in"), (Tab::Register, "tab:register", "Register")];
        for (tab, id, text) in tabs {
            if widget::tab(ui, id, text, form.tab == tab) {
                form.tab = tab;
                form.problem = None;
            }
            ui.add_space(8.0);
        }
    });
    let name = widget::field(ui, "Name", &mut form.name, false);
    let password = widget::field(ui, "Password", &mut form.password, true);
    let entered =
        (name.lost_focus() || password.lost_focus()) && ui.input(|input| input.key_pressed(egui::Key::Enter));
    let text = match form.tab {
        Tab::LogIn => "Log in",
        Tab::Register => "Register",
    };
    let pressed = widget::secondary(ui, "sign_in", text, egui::vec2(width, 48.0));
    if pressed || entered {
        match form.sign_in() {
            Ok(how) => asked = Some(how),
            Err(problem) => form.problem = Some(problem),
        }
    }
    if let Some(problem) = &view.problem {
        widget::problem(ui, problem);
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(tab: Tab, name: &str, password: &str) -> Form {
        Form { tab, name: name.into(), password: password.into(), problem: None }
    }

    #[test]
    fn bad_registration_is_refused_before_the_hub_is_asked() {
        assert!(form(Tab::Register, "ab", "long enough").sign_in().is_err());
        assert!(form(Tab::Register, "ann", "short").sign_in().is_err());
        assert!(form(Tab::Register, " ann ", "long enough").sign_in().is_ok());
    }

    #[test]
    fn log_in_leaves_the_judgement_to_the_hub() {
        assert!(form(Tab::LogIn, "x", "y").sign_in().is_ok());
        assert!(form(Tab::LogIn, "", "y").sign_in().is_err());
    }

    #[test]
    fn problem_is_told_as_a_sentence() {
        assert_eq!(sentence("a name is short"), "A name is short.");
    }
}
