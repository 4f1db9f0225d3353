//! Clicks and the wheel, given what lies under them.

use crate::config::{Chord, Key};

use crate::app::{Action, App, Effect, Help, Hit, Layer, MouseEvent, Screen};

/// Rows a turn of the wheel scrolls.
const WHEEL: isize = 3;

impl App {
    pub(super) fn mouse(&mut self, event: MouseEvent, hit: Hit, effects: &mut Vec<Effect>) {
        if self.tame_mouse(event, hit, effects) {
            return;
        }
        if self.setup_mouse(event, hit, effects) {
            return;
        }
        if self.layer.is_none() && self.inspector_mouse(event, hit, effects) {
            return;
        }
        let snapshot = self.snapshot.clone();
        if !matches!(hit, Hit::Key(_)) {
            self.digits = None;
        }
        match (event, hit) {
            (MouseEvent::WheelUp | MouseEvent::WheelDown, _) => {
                let by = if event == MouseEvent::WheelUp { -WHEEL } else { WHEEL };
                match &mut self.layer {
                    Some(Layer::Help(help)) => help.scroll = help.scroll.saturating_add_signed(by),
                    Some(Layer::Palette(palette)) => palette.step(by),
                    Some(Layer::Notices(at)) => {
                        let last = self.notices.all().count().saturating_sub(1);
                        *at = at.saturating_add_signed(by).min(last);
                    }
                    Some(Layer::Journal(at)) => {
                        *at = at.saturating_add_signed(by).min(self.journal.len().saturating_sub(1));
                    }
                    Some(Layer::Menu(menu)) => {
                        menu.at = menu.at.saturating_add_signed(by).min(menu.items.len().saturating_sub(1));
                    }
                    Some(Layer::Signal(menu)) => {
                        menu.go(menu.at.saturating_add_signed(by));
                    }
                    Some(Layer::Line(_)) if self.inspector.is_some() => {}
                    Some(Layer::Line(_)) | None if self.screen == Screen::Processes => self.table.scroll(by),
                    None => {
                        let action = if by < 0 { Action::Up } else { Action::Down };
                        self.act(action, effects);
                    }
                    Some(Layer::Tame(_) | Layer::Line(_) | Layer::Setup(_)) => {}
                }
            }
            (MouseEvent::Left, Hit::Item(at)) => match &mut self.layer {
                // A click on the chosen item takes it, a click on another one chooses that.
                Some(Layer::Menu(menu)) if menu.at != at => menu.at = at,
                Some(Layer::Signal(menu)) if menu.at != at => menu.go(at),
                Some(Layer::Journal(chosen) | Layer::Notices(chosen)) => *chosen = at,
                Some(Layer::Palette(palette)) if palette.at != at => palette.at = at,
                Some(Layer::Line(_)) => self.pick_offer(at),
                _ => self.layer_key(Chord::plain(Key::Enter), effects),
            },
            (MouseEvent::Left, Hit::Press(chord)) => self.layer_key(chord, effects),
            (MouseEvent::Left, Hit::Scope(scope)) => self.choose_scope(scope, effects),
            (_, Hit::Layer | Hit::Press(_) | Hit::Scope(_) | Hit::Row(..)) => {}
            (MouseEvent::Left, Hit::Key(action)) if self.layer.is_none() => self.chosen(action, effects),
            // A click beside a line keeps what was typed for: a filter stays, where Esc would clear it.
            (MouseEvent::Left, _) if matches!(&self.layer, Some(Layer::Line(_))) => self.layer = None,
            (MouseEvent::Left, _) if self.layer.is_some() => self.layer_key(Chord::plain(Key::Esc), effects),
            // As in htop, a click on the row under the cursor folds it.
            (MouseEvent::Left, Hit::Line(line)) if self.table.tree && self.table.cursor() == line => {
                self.table.follow = false;
                self.table.toggle_fold(&snapshot, line);
                self.rearrange();
            }
            (MouseEvent::Left, Hit::Line(line)) => {
                self.table.follow = false;
                self.table.go_to(&snapshot, line);
            }
            (MouseEvent::Right, Hit::Line(line) | Hit::FoldMark(line)) if self.layer.is_none() => {
                self.table.follow = false;
                self.table.go_to(&snapshot, line);
                self.act(Action::Acts, effects);
            }
            (MouseEvent::Middle, Hit::Line(line) | Hit::FoldMark(line)) if self.layer.is_none() => {
                self.table.go_to(&snapshot, line);
                self.table.toggle_tag(&snapshot);
            }
            (MouseEvent::Right, Hit::Column(at)) if self.layer.is_none() => {
                if let Some(column) = self.table.columns.get(at) {
                    self.layer = Some(Layer::Help(Help::about(column.title)));
                }
            }
            (MouseEvent::Right, Hit::Key(action)) if self.layer.is_none() => {
                self.layer = Some(Layer::Help(Help::about(action.id())));
            }
            (MouseEvent::Left, Hit::FoldMark(line)) => {
                self.table.follow = false;
                self.table.go_to(&snapshot, line);
                self.table.toggle_fold(&snapshot, line);
                self.rearrange();
            }
            (MouseEvent::Left, Hit::Column(at)) => {
                if let Some(by) = self.table.columns.get(at).copied() {
                    self.sort(|table| table.sort_by(by));
                }
            }
            (MouseEvent::Left, Hit::Tab(tab)) => self.go_to_tab(tab),
            // A click never runs anything: Enter does.
            (MouseEvent::Left, Hit::Experiment(at)) => self.lab.form.go_to(at),
            // A click on the chosen field turns it, a click on another one chooses that.
            (MouseEvent::Left, Hit::Field(field)) if self.lab.form.field == field => {
                self.lab_change(field, 1);
            }
            (MouseEvent::Left, Hit::Field(field)) => self.lab.form.field = field,
            _ => {}
        }
    }
}
