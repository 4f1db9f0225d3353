//! Copying, saving the screen, and whose the mouse is: what leaves the program by way of the terminal.

use crate::app::{App, COPYABLE, Effect, Layer, LineInput, Menu, MenuItem, MenuPurpose, Purpose};
use crate::model::{Proc, Role};

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
        let seconds = self.local_seconds(self.now)?;
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days since the epoch to a date: Howard Hinnant, chrono-compatible low-level date algorithms.
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let (hour, minute) = (second / 3600, second / 60 % 60);
        Some(format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{:02}", second % 60))
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
