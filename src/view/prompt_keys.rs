//! The keys of a line of input or of a list that is open: they stand on the key bar then, as in htop, in place of keys
//! that would do something else now. Dialogs with more keys than fit there name them in their own frame.

use crate::app::{App, Layer, LineInput, MenuPurpose, Purpose};
use crate::config::{Chord, Key};

/// A key, and in a word what it does.
pub(super) type PromptKey = (Chord, &'static str);

const ENTER: Chord = Chord::plain(Key::Enter);
const ESC: Chord = Chord::plain(Key::Esc);
const TAB: Chord = Chord::plain(Key::Tab);
const F3: Chord = Chord::plain(Key::F(3));
const SHIFT_F3: Chord = Chord { shift: true, ..F3 };

/// The keys of what is open; none where nothing is open, or something that names its keys itself.
pub(super) fn prompt_keys(app: &App) -> &'static [PromptKey] {
    match &app.layer {
        Some(Layer::Line(line)) => of_line(line),
        Some(Layer::Menu(menu)) => of_menu(menu.purpose),
        _ => &[],
    }
}

fn of_line(line: &LineInput) -> &'static [PromptKey] {
    if line.offers.is_some() {
        return &[(TAB, "Next"), (ENTER, "Take"), (ESC, "Close")];
    }
    match line.purpose {
        Purpose::Search => {
            &[(F3, "Next"), (SHIFT_F3, "Prev"), (ENTER, "Done"), (ESC, "Cancel"), (TAB, "Complete")]
        }
        Purpose::Filter => &[(ENTER, "Done"), (ESC, "Clear"), (TAB, "Complete")],
        Purpose::InspectSearch => &[(F3, "Next"), (ENTER, "Done"), (ESC, "Cancel")],
        Purpose::InspectFilter => &[(ENTER, "Done"), (ESC, "Clear")],
        Purpose::SaveScreen => &[(ENTER, "Save"), (ESC, "Cancel")],
        Purpose::Thaw => &[(ENTER, "Freeze"), (ESC, "Cancel")],
        Purpose::Delay | Purpose::LabValue | Purpose::LabBet => &[(ENTER, "Set"), (ESC, "Cancel")],
    }
}

fn of_menu(purpose: MenuPurpose) -> &'static [PromptKey] {
    match purpose {
        MenuPurpose::Sort => &[(ENTER, "Sort"), (ESC, "Cancel")],
        MenuPurpose::User | MenuPurpose::View => &[(ENTER, "Show"), (ESC, "Cancel")],
        MenuPurpose::Group => &[(ENTER, "Group"), (ESC, "Cancel")],
        MenuPurpose::Act => &[(ENTER, "Do"), (ESC, "Cancel")],
        MenuPurpose::Clash => &[(ENTER, "Save"), (ESC, "Cancel")],
        MenuPurpose::Copy => &[(ENTER, "Copy"), (ESC, "Cancel")],
    }
}
