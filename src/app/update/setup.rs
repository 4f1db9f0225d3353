//! What keys and the mouse do in the set-up. Everything changes at once behind it; nothing is written until it is saved.

use crate::app::line_edit::LineEdit;
use crate::app::list::walk;
use crate::app::{
    Action, App, Effect, Hit, Layer, MouseEvent, Setup, SetupItem, SetupPage, SetupRow, Tab, Typing,
};
use crate::catalog::Column;
use crate::config::{Chord, Key, MapName, OptionKind, OptionRow, Options, Settings};
use crate::model::{GroupBy, Role, Untrusted};
use crate::query::Filter;

/// Rows a turn of the wheel goes on.
const WHEEL: usize = 3;
/// Cells of a tab's title.
const TITLE: usize = 20;

impl App {
    /// Opens the set-up at `page`, the keys in `pane`.
    pub(super) fn open_setup(&mut self, page: SetupPage, pane: usize) {
        let mut setup = Box::new(Setup::new(page, pane, self.settings_now()));
        self.enter_page(&mut setup);
        self.keep_setup(setup);
    }

    /// Takes over what is written now.
    pub(super) fn setup_saved(&mut self, settings: &Settings) {
        if let Some(Layer::Setup(mut setup)) = self.layer.take_if(|layer| matches!(layer, Layer::Setup(_))) {
            setup.before.clone_from(settings);
            self.keep_setup(setup);
        }
    }

    /// Leaves it open, its panes as everything is now.
    fn keep_setup(&mut self, mut setup: Box<Setup>) {
        setup.show(self.setup_panes(setup.page));
        setup.note(self.settings_now());
        self.layer = Some(Layer::Setup(setup));
    }

    /// Puts the cursors of a page on what is chosen there.
    fn enter_page(&mut self, setup: &mut Setup) {
        setup.show(self.setup_panes(setup.page));
        match setup.page {
            SetupPage::Meters => {
                let layout = self.header.layout();
                setup.find(0, |item| matches!(item, SetupItem::Layout(at) if *at == layout));
            }
            // Screens are about a table, and one is shown.
            SetupPage::Screens => {
                self.go_to_tab(Tab::Table(self.screens.at()));
                setup.go(0, self.screens.at());
            }
            SetupPage::Colours => {
                let (theme, map) = (self.theme, self.settings.options.keymap.word());
                setup.go(0, theme);
                setup.find(1, |item| matches!(item, SetupItem::Keymap(id) if *id == map));
            }
            SetupPage::Options => {}
        }
    }

    /// Takes a key.
    pub(super) fn setup_key(&mut self, mut setup: Box<Setup>, chord: Chord, effects: &mut Vec<Effect>) {
        if setup.asking {
            return self.setup_answered(setup, chord, effects);
        }
        if setup.typing.is_some() {
            self.setup_typed(&mut setup, chord, effects);
            return self.keep_setup(setup);
        }
        if self.keymap.action(self.screen, chord) == Some(Action::SaveSettings) {
            effects.push(self.saving(None));
            return self.keep_setup(setup);
        }
        // Undoing goes by its own key here, whatever that does in the table.
        let chord = if chord.ctrl { chord } else { self.walking(chord) };
        let (pages, panes) = (SetupPage::ALL.len(), setup.panes.len().max(1));
        let turn = |setup: &mut Setup, page: usize| {
            setup.page = SetupPage::ALL.get(page % pages).copied().unwrap_or_default();
            setup.pane = 0;
        };
        let place = setup.page.place();
        let at = setup.at(setup.pane);
        match chord.key {
            Key::Esc | Key::F(10 | 2) => return self.leave_setup(setup),
            Key::Char('c') if chord.ctrl => return self.leave_setup(setup),
            Key::Tab => {
                turn(&mut setup, if chord.shift { place + pages - 1 } else { place + 1 });
                self.enter_page(&mut setup);
            }
            Key::Char(digit @ '1'..='4') => {
                turn(&mut setup, digit as usize - '1' as usize);
                self.enter_page(&mut setup);
            }
            Key::Left => setup.pane = (setup.pane + panes - 1) % panes,
            Key::Right => setup.pane = (setup.pane + 1) % panes,
            Key::Enter | Key::Char(' ') => self.setup_do(&mut setup, chord.key == Key::Enter, effects),
            Key::Char('[') | Key::F(7) => self.setup_move(&mut setup, false),
            Key::Char(']') | Key::F(8) => self.setup_move(&mut setup, true),
            Key::Delete | Key::F(9) => self.setup_remove(&mut setup),
            Key::Char('+' | '=') => self.setup_grow(&mut setup, true, effects),
            Key::Char('-') => self.setup_grow(&mut setup, false, effects),
            Key::Char('u') if chord.ctrl => match setup.undo() {
                Some(before) => {
                    self.put_back(before, effects);
                    self.changed_table();
                }
                None => self.say(Role::Text, "nothing was changed here that could be taken back"),
            },
            Key::Char(letter) if !chord.ctrl && !chord.alt => {
                let rows = setup.panes.get(setup.pane).map_or(&[][..], |pane| &pane.rows);
                let begins = |row: &SetupRow| {
                    row.label.trim_start().chars().next().is_some_and(|one| one.eq_ignore_ascii_case(&letter))
                };
                let mut after = (1..=rows.len()).map(|step| (at + step) % rows.len());
                if let Some(to) = after.find(|at| rows.get(*at).is_some_and(begins)) {
                    self.setup_go(&mut setup, to, effects);
                }
            }
            key => {
                let count = setup.panes.get(setup.pane).map_or(0, |pane| pane.rows.len());
                self.setup_go(&mut setup, walk(at, count, key), effects);
            }
        }
        self.keep_setup(setup);
    }

    /// Takes what the mouse does; whether the set-up is open and it was meant for that.
    pub(super) fn setup_mouse(&mut self, event: MouseEvent, hit: Hit, effects: &mut Vec<Effect>) -> bool {
        let wheel = matches!(event, MouseEvent::WheelUp | MouseEvent::WheelDown);
        let row = matches!((event, hit), (MouseEvent::Left, Hit::Row(..)));
        if !(wheel || row) {
            return false;
        }
        let Some(Layer::Setup(mut setup)) = self.layer.take_if(|layer| matches!(layer, Layer::Setup(_)))
        else {
            return false;
        };
        if setup.asking || setup.typing.is_some() {
            self.layer = Some(Layer::Setup(setup));
            return true;
        }
        match hit {
            // A click on the chosen row does what Space does, a click on another one chooses that.
            Hit::Row(pane, at) if row && (pane, at) == (setup.pane, setup.at(setup.pane)) => {
                self.setup_do(&mut setup, false, effects);
            }
            Hit::Row(pane, at) if row => {
                setup.pane = pane;
                self.setup_go(&mut setup, at, effects);
            }
            _ => {
                if let Hit::Row(pane, _) = hit {
                    setup.pane = pane;
                }
                let (at, pane) = (setup.at(setup.pane), setup.pane);
                let last = setup.panes.get(pane).map_or(0, |pane| pane.rows.len()).saturating_sub(1);
                let to = if event == MouseEvent::WheelUp { at.saturating_sub(WHEEL) } else { at + WHEEL };
                self.setup_go(&mut setup, to.min(last), effects);
            }
        }
        self.keep_setup(setup);
        true
    }

    /// Leaves the set-up, or asks first whether to save.
    fn leave_setup(&mut self, mut setup: Box<Setup>) {
        if setup.unsaved {
            setup.asking = true;
            self.layer = Some(Layer::Setup(setup));
        }
    }

    fn setup_answered(&mut self, mut setup: Box<Setup>, chord: Chord, effects: &mut Vec<Effect>) {
        match chord.key {
            Key::Char('y' | 'Y') => effects.push(self.saving(None)),
            Key::Char('d' | 'D') => {
                self.put_back(setup.before, effects);
                self.changed_table();
                self.say(Role::Text, "everything is as it was");
            }
            Key::Enter | Key::Char('n' | 'N') => {
                let key = self.key_of(Action::SaveSettings).unwrap_or_default();
                self.say(Role::Text, format!("what was changed holds until glowtop ends; {key} saves it"));
            }
            Key::Esc => {
                setup.asking = false;
                self.layer = Some(Layer::Setup(setup));
            }
            _ => self.layer = Some(Layer::Setup(setup)),
        }
    }

    /// Chooses a row; a screen and a theme are shown at once.
    fn setup_go(&mut self, setup: &mut Setup, to: usize, _effects: &mut Vec<Effect>) {
        setup.go(setup.pane, to);
        match setup.row().map(|row| row.item) {
            Some(SetupItem::Screen(at)) => self.go_to_tab(Tab::Table(at)),
            Some(SetupItem::Theme(at)) => self.theme = at,
            _ => {}
        }
    }

    /// Does what Enter, or else Space, means on the chosen row.
    fn setup_do(&mut self, setup: &mut Setup, enter: bool, effects: &mut Vec<Effect>) {
        let Some(item) = setup.row().map(|row| row.item) else { return };
        let mut typing = |text: &str| {
            setup.typing = Some(Typing { item, edit: LineEdit::new(text), wrong: None });
        };
        match item {
            SetupItem::Layout(to) => self.header.set_layout(to),
            SetupItem::Peaks => self.header.peaks = !self.header.peaks,
            SetupItem::HeaderColumn(_) => setup.pane = 2,
            SetupItem::NewColumn => {
                let added = self.header.add_column();
                setup.show(self.setup_panes(setup.page));
                setup.find(1, |item| matches!(item, SetupItem::HeaderColumn(at) if Some(*at) == added));
            }
            SetupItem::OwnLayout => {}
            SetupItem::ByHand => self.say(Role::Text, "these are written by hand, into the configuration"),
            SetupItem::Placed(column, at) => self.header.next_style(column, at),
            SetupItem::Meter(meter) => {
                if self.header.is_automatic() {
                    self.say(
                        Role::Text,
                        "the meters are arranged by the room there is: choose a layout first",
                    );
                    return;
                }
                let column = match setup.panes.get(1).and_then(|pane| pane.rows.get(setup.at(1))) {
                    Some(SetupRow {
                        item: SetupItem::HeaderColumn(column) | SetupItem::Placed(column, _),
                        ..
                    }) => *column,
                    _ => 0,
                };
                match self.header.add(column, meter) {
                    Some(at) => self.choose_placed(setup, column, at),
                    None => self.say(Role::Text, "this column has no room for more meters"),
                }
            }
            SetupItem::Screen(_) | SetupItem::Title if enter => {
                let title = self.screens.shown().map_or(String::new(), |screen| screen.title.clone());
                setup.typing =
                    Some(Typing { item: SetupItem::Title, edit: LineEdit::new(&title), wrong: None });
            }
            SetupItem::Screen(_) => setup.pane = 1,
            SetupItem::Title => typing(self.screens.shown().map_or("", |screen| screen.title.as_str())),
            SetupItem::NewScreen => typing(""),
            SetupItem::Lab => self.screens.set_lab(!self.screens.has_lab()),
            SetupItem::Sort => {
                let shown = &self.table.columns;
                let at = shown.iter().position(|column| *column == self.table.sort);
                let next = at.map_or(0, |at| (at + 1) % shown.len().max(1));
                if let Some(by) = shown.get(next).copied() {
                    self.sort(|table| (table.sort, table.descending) = (by, by.descending));
                }
            }
            SetupItem::Direction => self.sort(|table| table.descending = !table.descending),
            SetupItem::Tree => {
                self.table.set_tree(!self.table.tree);
                self.changed_table();
            }
            SetupItem::SubtreeSort => self.sort(|table| table.by_total = !table.by_total),
            SetupItem::Group => {
                let at = self.table.group.and_then(|by| GroupBy::ALL.iter().position(|one| *one == by));
                let next = GroupBy::ALL.get(at.map_or(0, |at| at + 1)).copied();
                let snapshot = self.snapshot.clone();
                self.table.set_group(&snapshot, next);
                effects.push(Effect::Sample);
            }
            SetupItem::Filter => typing(self.screens.own_filter(&self.table).unwrap_or("")),
            SetupItem::Shown(_) => self.setup_remove(setup),
            SetupItem::Column(column) => {
                let at = self.add_column(column);
                setup.go(2, at);
                self.changed_table();
            }
            SetupItem::Theme(at) => self.theme = at,
            SetupItem::Keymap(id) => {
                if let Some((_, map)) = MapName::ALL.iter().find(|(word, _)| *word == id) {
                    let options = Options { keymap: *map, ..self.settings_now().options };
                    // Nothing else is another than before.
                    let _ = self.apply_options(options, effects);
                }
            }
            SetupItem::Option(option) => self.turn_option(setup, option, effects),
        }
    }

    /// Turns an option to its next value, or lets it be typed.
    fn turn_option(&mut self, setup: &mut Setup, option: &'static OptionRow, effects: &mut Vec<Effect>) {
        let text = self.settings_now().options.text(option.id);
        let next = match option.kind {
            OptionKind::Switch => (if text == "true" { "false" } else { "true" }).to_owned(),
            OptionKind::OneOf(words) => {
                let at = words.iter().position(|word| *word == text).map_or(0, |at| at + 1);
                words.get(at % words.len().max(1)).map_or(text, |word| (*word).to_owned())
            }
            // The only names are those of themes.
            OptionKind::Name => {
                let next = self.themes.get((self.theme + 1) % self.themes.len().max(1));
                next.cloned().unwrap_or(text)
            }
            OptionKind::Seconds | OptionKind::Words => {
                let (item, edit) = (SetupItem::Option(option), LineEdit::new(&text));
                setup.typing = Some(Typing { item, edit, wrong: None });
                return;
            }
        };
        if let Err(wrong) = self.set_option(option, &next, effects) {
            self.say(Role::Bad, wrong);
        }
    }

    fn set_option(
        &mut self,
        option: &OptionRow,
        text: &str,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let mut options = self.settings_now().options;
        options.set(option.id, text)?;
        self.apply_options(options, effects)?;
        self.changed_table();
        Ok(())
    }

    /// Takes a key of what is being typed.
    fn setup_typed(&mut self, setup: &mut Setup, chord: Chord, effects: &mut Vec<Effect>) {
        let Some(mut typing) = setup.typing.take() else { return };
        match chord.key {
            Key::Esc => return,
            Key::Char('c') if chord.ctrl => return,
            Key::Enter => {
                let text = typing.edit.text().trim().to_owned();
                match self.setup_take(setup, typing.item, &text, effects) {
                    Ok(()) => return,
                    Err(wrong) => typing.wrong = Some(wrong),
                }
            }
            _ => {
                if typing.edit.key(chord) {
                    typing.wrong = None;
                }
            }
        }
        setup.typing = Some(typing);
    }

    /// Takes what was typed for `item`, or says what is wrong with it.
    fn setup_take(
        &mut self,
        setup: &mut Setup,
        item: SetupItem,
        text: &str,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        match item {
            SetupItem::Option(option) => {
                let text =
                    if option.kind == OptionKind::Seconds { text.replace(',', ".") } else { text.into() };
                self.set_option(option, &text, effects)
            }
            SetupItem::Filter if text.is_empty() => {
                self.screens.set_own_filter(&mut self.table, None);
                self.changed_table();
                Ok(())
            }
            SetupItem::Filter => {
                let filter = Filter::parse_with(text, &self.saved.views);
                if let Some(error) = filter.error() {
                    return Err(error.to_string());
                }
                self.screens.set_own_filter(&mut self.table, Some(filter));
                self.changed_table();
                Ok(())
            }
            SetupItem::Title | SetupItem::NewScreen => {
                let title = Untrusted::from(text).show(TITLE);
                if title.is_empty() {
                    return Err("a tab needs a word on it".to_owned());
                }
                if matches!(item, SetupItem::Title) {
                    self.screens.rename(&title);
                    return Ok(());
                }
                let at = self.screens.add(&title);
                self.go_to_tab(Tab::Table(at));
                setup.go(0, at);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Moves what is chosen one place.
    fn setup_move(&mut self, setup: &mut Setup, down: bool) {
        match setup.row().map(|row| row.item) {
            Some(SetupItem::Placed(column, at)) => {
                let (column, at) = self.header.shift(column, at, down);
                self.choose_placed(setup, column, at);
            }
            Some(SetupItem::HeaderColumn(column)) => {
                let to = self.header.shift_column(column, down);
                setup.show(self.setup_panes(setup.page));
                setup.find(1, |item| matches!(item, SetupItem::HeaderColumn(at) if *at == to));
            }
            Some(SetupItem::Screen(_)) => {
                let at = self.screens.shift(down);
                setup.go(0, at);
            }
            Some(SetupItem::Shown(at)) => {
                let to = if down { at + 1 } else { at.saturating_sub(1) };
                let at = self.move_column(at, to);
                setup.go(2, at);
            }
            _ => self.say(Role::Text, "this has no place of its own"),
        }
    }

    /// Makes what is chosen more, or less.
    fn setup_grow(&mut self, setup: &mut Setup, more: bool, effects: &mut Vec<Effect>) {
        match setup.row().map(|row| row.item) {
            Some(SetupItem::HeaderColumn(column)) => self.header.widen(column, more),
            Some(SetupItem::Placed(column, at)) => {
                if !self.header.spread(column, at, more) {
                    self.say(Role::Text, "only cores stand side by side");
                }
            }
            Some(SetupItem::Option(option)) if option.kind == OptionKind::Seconds => {
                let seconds: f64 = self.settings_now().options.text(option.id).parse().unwrap_or(1.0);
                let step =
                    if seconds + f64::from(u8::from(more)) * 0.1 <= 1.0 + f64::EPSILON { 0.1 } else { 0.5 };
                let to = (if more { seconds + step } else { seconds - step }).clamp(0.1, 3600.0);
                let to = (to * 10.0).round() / 10.0;
                if let Err(wrong) = self.set_option(option, &format!("{to:?}"), effects) {
                    self.say(Role::Bad, wrong);
                }
            }
            _ => self.say(Role::Text, "there is no more or less of this"),
        }
    }

    /// Takes away what is chosen.
    fn setup_remove(&mut self, setup: &mut Setup) {
        match setup.row().map(|row| row.item) {
            Some(SetupItem::Placed(column, at)) => {
                if !self.header.remove(column, at) {
                    self.say(Role::Text, "one meter stays; a layout can be automatic");
                }
            }
            Some(SetupItem::HeaderColumn(column)) => {
                if !self.header.remove_column(column) {
                    self.say(Role::Text, "one column stays; a layout can be automatic");
                }
            }
            Some(SetupItem::Screen(_)) => {
                if self.screens.remove(&mut self.table) {
                    setup.go(0, self.screens.at());
                    self.changed_table();
                } else {
                    self.say(Role::Text, "one screen stays");
                }
            }
            Some(SetupItem::Lab) => self.screens.set_lab(false),
            Some(SetupItem::Shown(at)) => {
                self.remove_column(at);
                self.changed_table();
            }
            _ => self.say(Role::Text, "this cannot be taken away"),
        }
    }

    /// Chooses a meter of the header, wherever it stands now.
    fn choose_placed(&mut self, setup: &mut Setup, column: usize, at: usize) {
        setup.show(self.setup_panes(setup.page));
        setup.find(1, |item| matches!(item, SetupItem::Placed(c, a) if (*c, *a) == (column, at)));
    }

    /// Shows the table as it was made.
    fn changed_table(&mut self) {
        self.table.look(&self.snapshot);
        self.count_unsure();
        self.rearrange();
    }

    fn remove_column(&mut self, place: usize) {
        if self.table.columns.len() > 1 {
            self.table.columns.remove(place);
        } else {
            self.say(Role::Text, "one column stays");
        }
    }

    /// Shows a column more, before the one that takes the room that is left; where it stands now.
    fn add_column(&mut self, column: &'static Column) -> usize {
        let shown = &mut self.table.columns;
        if column.grows {
            // There is one of its kind.
            shown.retain(|column| !column.grows);
        }
        let last = shown.iter().position(|column| column.grows).unwrap_or(shown.len());
        shown.insert(last, column);
        last
    }

    /// Moves the column at `from` to `to`, where it may stand there; where it stands now.
    fn move_column(&mut self, from: usize, to: usize) -> usize {
        let grows = |at: usize| self.table.columns.get(at).is_none_or(|column| column.grows);
        if grows(from) || grows(to) {
            return from;
        }
        self.table.columns.swap(from, to);
        to
    }
}
