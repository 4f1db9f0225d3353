//! Where a key goes: to the layer that is open, else to the action it is bound to.

use crate::config::{Chord, Key};
use crate::model::{Pid, Role};
use crate::query::Filter;

use super::layers::parse_delay;
use crate::app::layer::Picked;
use crate::app::{
    Action, App, DIGITS_PAUSE, Effect, Layer, LineEdit, LineInput, MenuPurpose, Offers, Purpose, Screen,
};

impl App {
    pub(super) fn key(&mut self, chord: Chord, effects: &mut Vec<Effect>) {
        if self.layer.is_some() {
            self.layer_key(chord, effects);
            return;
        }
        if let (Screen::Processes, Key::Char(digit @ '0'..='9'), false, false) =
            (self.place(), chord.key, chord.ctrl, chord.alt)
        {
            self.type_digit(digit);
            return;
        }
        if self.screen == Screen::Lab && self.lab_digit(chord) {
            return;
        }
        match self.keymap.action(self.place(), chord) {
            Some(action) => self.chosen(action, effects),
            None => self.digits = None,
        }
    }

    /// Does what was chosen by a key or on the key bar; not to whomever the cursor is on where somebody else was typed for.
    pub(super) fn chosen(&mut self, action: Action, effects: &mut Vec<Effect>) {
        let missed = self.pid_typed_in_vain().filter(|_| self.is_about_the_cursor(action)).map(str::to_owned);
        self.digits = None;
        match missed {
            Some(pid) => {
                let text = format!("no process {pid} is shown: nothing was done to another one");
                self.say(Role::Warn, text);
            }
            None => self.act(action, effects),
        }
    }

    /// Whether `action` is about whomever the cursor is on, and is more than a look.
    fn is_about_the_cursor(&self, action: Action) -> bool {
        match action {
            Action::Undo => false,
            Action::Tag | Action::TagTree => true,
            look if look == Action::Inspect || look.page().is_some() => true,
            act => act.is_act() && self.offers(act) && self.table.tagged() == 0,
        }
    }

    /// Whoever is typed for and was not there is looked for again.
    pub(super) fn find_typed_pid(&mut self) {
        if let Some(pid) = self.pid_typed_in_vain().and_then(|text| text.parse().ok()).and_then(Pid::new) {
            let snapshot = self.snapshot.clone();
            self.table.find_pid(&snapshot, pid);
        }
    }

    /// Digits find a pid.
    fn type_digit(&mut self, digit: char) {
        let recent = self.digits.take().filter(|(_, at)| self.now.since(*at) < DIGITS_PAUSE);
        let mut text = recent.map_or_else(String::new, |(text, _)| text);
        text.push(digit);
        if text.len() > 10 {
            return;
        }
        if let Some(pid) = text.parse().ok().and_then(Pid::new) {
            let snapshot = self.snapshot.clone();
            self.table.find_pid(&snapshot, pid);
        }
        self.digits = Some((text, self.now));
    }

    pub(super) fn layer_key(&mut self, chord: Chord, effects: &mut Vec<Effect>) {
        match self.layer.take() {
            Some(Layer::Help(help)) => self.help_key(help, chord),
            // The keys that stand in the menu do what they do without it.
            Some(Layer::Menu(menu))
                if menu.purpose == MenuPurpose::Act
                    && let Some(action) = self.keymap.action(Screen::Processes, chord)
                    && menu.items.iter().any(|item| item.key == action.id()) =>
            {
                self.act(action, effects);
            }
            Some(Layer::Menu(mut menu)) => match menu.key(self.walking(chord)) {
                Picked::Open => self.layer = Some(Layer::Menu(menu)),
                Picked::Cancel => {}
                Picked::Item(key) => self.pick(menu.purpose, &key, effects),
            },
            Some(Layer::Line(line)) => self.line_key(line, chord, effects),
            Some(Layer::Signal(menu)) => self.signal_key(menu, chord, effects),
            Some(Layer::Tame(mut menu)) => {
                let tamed = menu.key(chord);
                self.tamed(menu, tamed, effects);
            }
            Some(Layer::Journal(at)) => self.journal_key(at, chord),
            Some(Layer::Notices(at)) => self.notices_key(at, chord, effects),
            Some(Layer::Palette(palette)) => self.palette_key(palette, chord, effects),
            Some(Layer::Setup(setup)) => self.setup_key(setup, chord, effects),
            None => {}
        }
    }

    fn line_key(&mut self, mut line: LineInput, chord: Chord, effects: &mut Vec<Effect>) {
        let cancel = chord.key == Key::Esc || chord == Chord::ctrl('c');
        if chord.key == Key::Tab && line.purpose.is_query() {
            self.complete(&mut line, !chord.shift);
            self.layer = Some(Layer::Line(line));
            return;
        }
        if let Some(mut offers) = line.offers.take() {
            match chord.key {
                Key::Up | Key::Down => {
                    offers.step(chord.key == Key::Down, &mut line.edit);
                    line.offers = Some(offers);
                    self.line_changed(&mut line);
                    self.layer = Some(Layer::Line(line));
                    return;
                }
                _ if cancel => {
                    line.edit = offers.without();
                    self.line_changed(&mut line);
                    self.layer = Some(Layer::Line(line));
                    return;
                }
                // The choice is made; what is asked for is perhaps not all written yet.
                Key::Enter if offers.at.is_some() => {
                    self.layer = Some(Layer::Line(line));
                    return;
                }
                _ => {}
            }
        }
        match (line.purpose, chord.key) {
            _ if cancel => {
                match line.purpose {
                    Purpose::Filter => self.filter_by(Filter::default()),
                    Purpose::InspectFilter => _ = self.inspect_typed(Purpose::InspectFilter, ""),
                    _ => {}
                }
                return;
            }
            // What is not understood is not taken for something else.
            (_, Key::Enter | Key::F(_)) if line.error.is_some() => {}
            (Purpose::SaveScreen, Key::Enter) => return App::save_screen(&line, effects),
            (Purpose::Delay, Key::Enter) => return self.set_delay(line, effects),
            (Purpose::Thaw, Key::Enter) => return self.freeze_for(line, effects),
            (Purpose::LabValue | Purpose::LabBet, Key::Enter) => match self.lab_typed(&line) {
                Ok(()) => return,
                Err(sentence) => {
                    line.failed = true;
                    self.say(Role::Bad, sentence);
                }
            },
            // Nothing typed yet: the search before goes on.
            (Purpose::Search, Key::F(3 | 15) | Key::Up | Key::Down) if line.edit.text().is_empty() => {
                line.edit = LineEdit::new(&self.searched);
                let forward = matches!(chord.key, Key::F(3) | Key::Down) && !chord.shift;
                line.failed = !self.searched.is_empty() && !self.search(line.edit.text(), false, forward);
            }
            (Purpose::Search, Key::F(15) | Key::Up) => {
                line.failed = !self.search(line.edit.text(), false, false);
            }
            (Purpose::Search, Key::F(3) | Key::Down) => {
                line.failed = !self.search(line.edit.text(), false, !chord.shift);
            }
            (Purpose::InspectSearch, Key::F(3) | Key::Down) => {
                line.failed = !self.inspect_search_on(line.edit.text());
            }
            (_, Key::Enter | Key::F(_)) => return,
            _ => {
                if line.edit.key(chord) {
                    self.line_changed(&mut line);
                }
            }
        }
        self.layer = Some(Layer::Line(line));
    }

    /// Completes what stands before the cursor, or goes on among what can stand there.
    fn complete(&mut self, line: &mut LineInput, forward: bool) {
        match &mut line.offers {
            Some(offers) => offers.step(forward, &mut line.edit),
            None => line.offers = Offers::open(&mut line.edit, &self.snapshot, &self.saved.views),
        }
        self.line_changed(line);
    }

    /// Takes the one at `at` of what Tab offers.
    pub(super) fn pick_offer(&mut self, at: usize) {
        if let Some(Layer::Line(mut line)) = self.layer.take_if(|layer| matches!(layer, Layer::Line(_))) {
            if let Some(mut offers) = line.offers.take() {
                offers.pick(at, &mut line.edit);
                self.line_changed(&mut line);
            }
            self.layer = Some(Layer::Line(line));
        }
    }

    /// What a line of input does while it is typed.
    fn line_changed(&mut self, line: &mut LineInput) {
        match line.purpose {
            Purpose::Search => {
                line.edit.text().clone_into(&mut self.searched);
                line.error = Filter::parse_with(line.edit.text(), &self.saved.views).error().cloned();
                line.failed = !line.edit.text().is_empty() && !self.search(line.edit.text(), true, true);
            }
            Purpose::Filter => {
                let filter = Filter::parse_with(line.edit.text(), &self.saved.views);
                line.error = filter.error().cloned();
                if line.error.is_none() {
                    self.filter_by(filter);
                }
                line.failed = line.error.is_some() || self.table.arranged().matching == 0;
            }
            Purpose::Delay | Purpose::Thaw => line.failed = parse_delay(&line.edit).is_none(),
            Purpose::LabValue | Purpose::LabBet | Purpose::SaveScreen => line.failed = false,
            Purpose::InspectSearch | Purpose::InspectFilter => {
                let found = self.inspect_typed(line.purpose, line.edit.text());
                line.failed = !found && !line.edit.text().is_empty();
            }
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        if let Some(Layer::Tame(menu)) = &mut self.layer {
            menu.paste(text);
        }
        if let Some(Layer::Help(help)) = &mut self.layer {
            help.paste(text);
        }
        if let Some(Layer::Palette(palette)) = &mut self.layer {
            palette.paste(text);
        }
        if let Some(Layer::Setup(setup)) = &mut self.layer
            && let Some(typing) = &mut setup.typing
        {
            typing.edit.insert(text);
        }
        if let Some(Layer::Line(mut line)) = self.layer.take_if(|layer| matches!(layer, Layer::Line(_))) {
            line.edit.insert(text);
            line.offers = None;
            self.line_changed(&mut line);
            self.layer = Some(Layer::Line(line));
        }
    }
}
