//! Copying, saving the screen, and whose the mouse is: what leaves the program by way of the terminal.

use crate::app::{App, COPYABLE, Effect, Layer, LineInput, Menu, MenuItem, MenuPurpose, Purpose};
use crate::model::{Civil, Proc, Role};

impl App {
    pub(super) fn open_copy_menu(&mut self) {
        if self.to_copy().is_empty() {
            self.say(Role::Text, "no process is selected");
            return;
        }
        let item = |(key, label, detail): (&str, &str, &str)| MenuItem {
            key: key.to_owned(),
            label: label.to_owned(),
            detail: detail.to_owned(),
        };
        let items = COPYABLE.into_iter().map(item).collect();
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::Copy, items, at: 0 }));
    }

    pub(super) fn copy(&mut self, what: &str, effects: &mut Vec<Effect>) {
        let rows = self.to_copy();
        if rows.is_empty() {
            return;
        }
        effects.push(if what == "json" {
            Effect::CopyRows(rows.into_iter().map(Proc::id).collect())
        } else {
            Effect::Copy(self.text_to_copy(what, &rows))
        });
    }

    /// Asks for a file; its name is offered.
    pub(super) fn open_save_screen(&mut self) {
        let name = format!("glowtop-{}.svg", self.stamp().unwrap_or_else(|| "screen".to_owned()));
        self.open_line(Purpose::SaveScreen, &name);
    }

    pub(super) fn save_screen(line: &LineInput, effects: &mut Vec<Effect>) {
        let name = line.edit.text().trim();
        if !name.is_empty() {
            effects.push(Effect::SaveScreen(name.to_owned()));
        }
    }

    /// Date and time of day as a part of a file's name: local where the offset is known, else UTC; `None` before the
    /// first look.
    fn stamp(&self) -> Option<String> {
        let Civil { year, month, day, hour, minute, second } = Civil::of(self.local_seconds(self.now)?);
        Some(format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}"))
    }

    pub(super) fn turn_mouse(&mut self, effects: &mut Vec<Effect>) {
        self.mouse = !self.mouse;
        effects.push(Effect::Mouse(self.mouse));
        let text = if self.mouse {
            "the mouse chooses and scrolls here".to_owned()
        } else {
            let back = self.key_of(crate::app::Action::Mouse).unwrap_or_default();
            format!("the mouse is left to the terminal, to mark text; {back} takes it back")
        };
        self.say(Role::Text, text);
    }
}
