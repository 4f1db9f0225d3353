//! What the actions mean on the lab's screen.

use crate::app::{Action, App, Effect, LineInput, Purpose, Screen};
use crate::app::{FormField, Rows};
use crate::config::{Chord, Key};
use crate::model::lab::LabOrder;
use crate::model::{Role, Target};

/// Tenths of a window that one key scrolls.
const SCROLL: i32 = 5;
/// What the lab's processes' names begin with.
const NAMED: &[u8] = b"lab:";

impl App {
    /// Does what `action` means on the lab's screen; `false` where it means there what it means everywhere.
    pub(super) fn lab_act(&mut self, action: Action, effects: &mut Vec<Effect>) -> bool {
        match action {
            Action::Up | Action::Down => self.lab_step(if action == Action::Up { -1 } else { 1 }),
            Action::PageUp | Action::PageDown => {
                let by = if action == Action::PageUp { -1 } else { 1 };
                if self.lab.choosing { self.lab.form.step_group(by) } else { self.lab_step(10 * by) }
            }
            Action::Top if self.lab.choosing => self.lab.form.go_to(0),
            Action::Bottom if self.lab.choosing => self.lab.form.go_to(usize::MAX),
            Action::Top => self.lab_step(isize::MIN),
            Action::Bottom => self.lab_step(isize::MAX),
            Action::Left | Action::Right => self.lab_turn(if action == Action::Left { -1 } else { 1 }),

            Action::LabEnter | Action::LabRun | Action::LabSweep | Action::LabLonger | Action::LabShorter
                if self.lab.shows_xray() =>
            {
                let key = self
                    .key_of(Action::LabList)
                    .map_or_else(String::new, |key| format!(": {key} lists them"));
                self.say(Role::Text, format!("the X-ray is none of the lab's experiments{key}"));
            }
            Action::LabEnter => self.lab_enter(effects),
            Action::LabRun => {
                let order = self.lab.run();
                self.order_run(order, "nothing can be run", effects);
            }
            Action::LabSweep => {
                let order = self.lab.sweep();
                self.order_run(
                    order,
                    "this experiment has no serial run, or no other number of workers",
                    effects,
                );
            }
            Action::LabCure => {
                let order = self.lab.cure();
                self.order_run(order, "there is no cure to try", effects);
            }
            Action::LabStop => {
                if self.lab.running {
                    effects.push(match self.lab.show.xray {
                        Some(_) => Effect::Watch(None),
                        None => Effect::Lab(LabOrder::Stop),
                    });
                }
            }
            Action::LabKeep => match self.lab.keep() {
                Ok(order) => effects.push(Effect::Lab(order)),
                Err(why_not) => self.say(Role::Text, why_not),
            },
            Action::LabClear => match self.lab.clear() {
                Some(order) => effects.push(Effect::Lab(order)),
                None => self.say(Role::Text, "crashed sessions left nothing behind"),
            },
            Action::LabField | Action::LabFieldBack => {
                let by = if action == Action::LabField { 1 } else { -1 };
                if !self.lab.choosing || !self.lab.form.walk(by) {
                    self.walk_tabs(by);
                }
            }
            Action::LabMode => self.lab_change(FormField::Mode, 1),
            Action::LabMore | Action::LabFewer => {
                let by = if action == Action::LabMore { 1 } else { -1 };
                let field = Some(self.lab.form.field).filter(|_| self.lab.choosing);
                match field.filter(|field| *field != FormField::Experiment) {
                    Some(field) => self.lab_change(field, by),
                    None if self.lab.form.has_workers() => self.lab_change(FormField::Workers, by),
                    None => self.say(Role::Text, "this experiment takes no other number of workers"),
                }
            }
            Action::LabLonger | Action::LabShorter => {
                self.lab.form.turn_size(if action == Action::LabLonger { 1 } else { -1 });
                self.say_changed(FormField::Size);
            }
            Action::LabPredict => {
                let bet = self.lab.form.choice().and_then(|choice| choice.bet);
                let text = bet.map_or_else(String::new, |bet| bet.to_string());
                self.open_line(Purpose::LabBet, &text);
            }
            Action::LabList => self.lab.choosing = true,
            Action::LabRows if !self.lab.choosing => {
                self.lab.picture.rows = match self.lab.picture.rows {
                    Rows::Workers => Rows::Cores,
                    Rows::Cores => Rows::Workers,
                };
            }
            Action::LabZoom if !self.lab.choosing => self.lab.picture.zoom_on(),
            Action::LabHold => self.lab.hold(self.now),
            Action::LabRows | Action::LabZoom => {}
            _ => return false,
        }
        true
    }

    /// Esc: the picture goes on, then the form, its list, then the processes.
    pub(super) fn lab_back(&mut self, effects: &mut Vec<Effect>) {
        if self.lab.is_frozen() {
            self.lab.hold(self.now);
        } else if self.leave_xray(effects) {
            self.screen = Screen::Processes;
        } else if self.lab.choosing && self.lab.form.field != FormField::Experiment {
            self.lab.form.field = FormField::Experiment;
        } else if self.lab.choosing {
            self.screen = Screen::Processes;
        } else {
            self.lab.choosing = true;
        }
    }

    /// A digit begins to type a value where the form's field takes one.
    pub(super) fn lab_digit(&mut self, chord: Chord) -> bool {
        let Key::Char(digit @ '0'..='9') = chord.key else { return false };
        let form = &self.lab.form;
        let typing = self.lab.choosing && !chord.ctrl && !chord.alt && form.takes_text(form.field);
        if typing {
            self.open_line(Purpose::LabValue, digit.encode_utf8(&mut [0; 4]));
        }
        typing
    }

    /// What was typed is taken; the sentence that says why not.
    pub(super) fn lab_typed(&mut self, line: &LineInput) -> Result<(), String> {
        let text = line.edit.text();
        match line.purpose {
            Purpose::LabBet => self.lab.form.bet(text),
            _ => self.lab.form.type_in(self.lab.form.field, text),
        }
    }

    /// The process of the worker that is chosen.
    pub(super) fn lab_target(&mut self) -> Option<Vec<Target>> {
        let at = self.lab.picture.chosen;
        let run = self.lab.show.current().filter(|_| !self.lab.choosing);
        let Some(lane) = run.and_then(|run| run.lanes.lanes.get(at)) else {
            self.say(Role::Text, "no worker is chosen: run something first");
            return None;
        };
        let over = lane.ended.is_some() || run.is_some_and(crate::app::RunView::is_over);
        // A pid can be somebody else's by now; a name tells. Whoever is in the X-ray was there at the last look.
        let found = lane.pid.and_then(|pid| self.snapshot.find_pid(pid));
        let watched = self.lab.show.xray.is_some() && self.lab.running;
        let found = found.filter(|proc| watched || proc.task.comm.bytes().starts_with(NAMED));
        match found.map(crate::model::Proc::target) {
            Some(target) if !over => Some(vec![target]),
            _ => {
                let number = at + 1;
                let what = if over { "has ended" } else { "is not in the table yet: the next look finds it" };
                self.say(Role::Text, format!("worker {number} {what}"));
                None
            }
        }
    }

    fn lab_enter(&mut self, effects: &mut Vec<Effect>) {
        let field = self.lab.form.field;
        match field {
            FormField::Experiment => _ = self.lab_act(Action::LabRun, effects),
            _ if !self.lab.choosing => _ = self.lab_act(Action::LabRun, effects),
            _ if self.lab.form.takes_text(field) => {
                let value = self.lab.form.shown(field).1;
                self.open_line(Purpose::LabValue, value.trim_end_matches(" s"));
            }
            _ => self.lab_change(field, 1),
        }
    }

    fn order_run(&mut self, order: Option<LabOrder>, why_not: &str, effects: &mut Vec<Effect>) {
        match order {
            Some(order) => effects.push(Effect::Lab(order)),
            None if self.lab.running => {
                let key = self
                    .key_of(Action::LabStop)
                    .map_or_else(String::new, |key| format!("; {key} ends the run"));
                self.say(Role::Text, format!("the lab is busy{key}"));
            }
            None => self.say(Role::Text, why_not),
        }
    }

    fn lab_step(&mut self, by: isize) {
        let lab = &mut self.lab;
        if !lab.choosing {
            let count = lab.show.current().map_or(0, |run| run.lanes.lanes.len());
            lab.picture.chosen = lab.picture.chosen.saturating_add_signed(by).min(count.saturating_sub(1));
        } else if lab.form.field == FormField::Experiment {
            lab.form.go_to(lab.form.at.saturating_add_signed(by));
        } else {
            lab.form.step_field(by.signum());
        }
    }

    fn lab_turn(&mut self, by: i32) {
        if !self.lab.choosing {
            self.lab.picture.scroll(by * SCROLL);
        } else if self.lab.form.field == FormField::Experiment {
            self.lab.form.step_group(by as isize);
        } else {
            self.lab_change(self.lab.form.field, by);
        }
    }

    pub(super) fn lab_change(&mut self, field: FormField, by: i32) {
        self.lab.form.turn(field, by);
        self.say_changed(field);
    }

    /// Where the form is not on screen, a change of it is told.
    fn say_changed(&mut self, field: FormField) {
        if !self.lab.choosing {
            let (what, value, _) = self.lab.form.shown(field);
            let text = format!("next run: {what} {value}");
            self.say(Role::Text, text);
        }
    }
}
