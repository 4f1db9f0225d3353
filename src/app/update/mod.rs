//! Messages come in, the mind changes, effects go out.
//!
//! One file for each way in: `keys.rs` says where a key goes, `act.rs` does what an action means, `layers.rs` opens and
//! answers what lies above a screen, `mouse.rs` takes clicks. It must never know what a key is called by the user (that
//! is the key map), nor what lies under a click (`view` says so).

mod act;
mod copy;
mod freeze;
mod help;
mod inspect;
mod journal;
mod keys;
mod lab;
mod layers;
mod mouse;
mod narrow;
mod notices;
mod palette;
mod screens;
mod settings;
mod setup;
mod signal;
mod tame;
mod views;
mod xray;

use crate::model::{ControlNews, Happened, Nanos, NextStep, Outcome, Role, Signal, Wants};

use crate::query::Filter;

use super::message::WantsChange;
use super::notices::Said;
use super::{Action, App, Effect, Input, Layer, Msg, Screen};

impl App {
    /// Takes in what happened at `now` and says what must be done.
    pub fn update(&mut self, now: Nanos, msg: Msg) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut effects = Vec::new();
        self.thaw_due(&mut effects);
        let by_hand = matches!(msg, Msg::Input(_) | Msg::Mouse(..));
        match msg {
            Msg::Input(Input::Key(chord)) => self.key(chord, &mut effects),
            Msg::Input(Input::Paste(text)) => self.paste(&text),
            Msg::Input(Input::Mouse(_)) => return effects,
            Msg::Mouse(event, hit) => self.mouse(event, hit, &mut effects),
            Msg::Size(columns, rows) => self.size = (columns, rows),
            Msg::Snapshot(snapshot) => {
                self.lab.look(&snapshot);
                if self.deeds.look(&snapshot) {
                    effects.push(Effect::Sample);
                }
                if self.paused {
                    self.waiting.history.get_or_insert_with(|| self.history.clone()).push(&snapshot);
                    self.follow_meters(&snapshot);
                    self.waiting.snapshot = Some(snapshot);
                    return effects;
                }
                self.history.push(&snapshot);
                self.follow_meters(&snapshot);
                self.show(snapshot, &mut effects);
                self.say_complaints();
            }
            Msg::Sensors(sensors) if self.paused => {
                self.waiting.sensors = Some(sensors);
                return effects;
            }
            // Most readings say what the one before said; they are not worth a frame.
            Msg::Sensors(sensors) if self.sensors.as_ref() == Some(&sensors) => return effects,
            Msg::Sensors(sensors) => self.sensors = Some(sensors),
            Msg::Topology(topology) => {
                self.topology = Some(topology);
            }
            Msg::Control(news) => {
                self.write_down(&news);
                self.control_news(&news, &mut effects);
            }
            Msg::Lab(news) => {
                if !self.lab_news(news) {
                    return effects;
                }
            }
            Msg::LabFound(found) => {
                if let Some(text) = self.lab.found(found) {
                    self.say(Role::Good, text);
                }
            }
            Msg::Inspected(look) => {
                if !self.inspected(look, &mut effects) {
                    return effects;
                }
            }
            Msg::Notice { bad, text } => self.say(if bad { Role::Bad } else { Role::Text }, text),
            Msg::Saved(settings) => self.saved(*settings),
            Msg::Clash(what) => self.ask_whose(&what),
            Msg::Tick => _ = self.lab.frame_is_due(now),
        }
        self.lab.look_at_lane(by_hand);
        effects.extend(self.lab.opens(self.screen == Screen::Lab));
        if self.readonly {
            // Nothing leads there; should a way be made one day, it ends here.
            effects.retain(|effect| !matches!(effect, Effect::Control(_) | Effect::Lab(_)));
        }
        self.dirty = true;
        self.change_wants(&mut effects);
        effects
    }

    fn show(&mut self, snapshot: std::sync::Arc<crate::model::Snapshot>, effects: &mut Vec<Effect>) {
        self.snapshot = snapshot;
        self.table.forget_gone(&self.snapshot);
        self.look_at_focus();
        self.table.look(&self.snapshot);
        self.saved.looks.look(&self.snapshot);
        self.count_unsure();
        self.table.rearrange(&self.snapshot);
        self.find_typed_pid();
        self.refresh_scopes(effects);
        if let Some(inspector) = &mut self.inspector {
            inspector.look(&self.snapshot);
        }
        self.refresh_view_menu();
    }

    /// Finds rows and order anew because the user asked for others: whoever the cursor is on stays in view, as the next
    /// key may act on it.
    fn rearrange(&mut self) {
        self.table.turned(&self.snapshot);
    }

    /// Shows only what matches; nothing narrows the view where that is empty. Whoever the cursor is on stays in view: the
    /// next key may act on it.
    fn filter_by(&mut self, filter: Filter) {
        self.table.set_filter(filter);
        self.table.look(&self.snapshot);
        self.count_unsure();
        self.table.turned(&self.snapshot);
    }

    fn say(&mut self, role: Role, text: impl Into<String>) {
        self.notices.say(self.now, role, text);
    }

    /// What the screen wants of the next look.
    pub fn wants(&self) -> Wants {
        let (needs, slow) = self.header_needs();
        let needs = self.table.needs() | needs | self.saved.looks.needs() | self.views_need();
        Wants { needs, visible: self.visible(), linger: self.linger, slow, hurry: false }
    }

    /// Tells the sampler what is wanted, if that changed.
    fn change_wants(&mut self, effects: &mut Vec<Effect>) {
        let wants = self.wants();
        let same = self
            .wants
            .as_ref()
            .is_some_and(|w| w.needs == wants.needs && w.visible == wants.visible && w.slow == wants.slow);
        if !same {
            self.wants = Some(wants.clone());
            effects.push(Effect::Wants(WantsChange(wants)));
        }
    }

    fn control_news(&mut self, news: &ControlNews, effects: &mut Vec<Effect>) {
        if let Some(Layer::Tame(menu)) = &mut self.layer
            && menu.aims.session == news.session
        {
            menu.news(news);
            return;
        }
        if let Some(Layer::Signal(menu)) = &mut self.layer
            && menu.aims.session == news.session
        {
            if menu.news(news, &self.snapshot) {
                self.refresh_scopes(effects);
            }
            return;
        }
        if news.act.is_none() {
            return;
        }
        if let Some((role, text)) = self.deeds.news(news, self.now) {
            self.say(role, text);
        }
        let role = match &news.what {
            // Delivered is not dead: the verdict will speak.
            Happened::Pinned(_)
            | Happened::Vanished
            | Happened::Outcome(Outcome::Delivered)
            | Happened::Surveyed(_)
            | Happened::Over { .. } => return,
            Happened::Outcome(Outcome::Changed(_)) => Role::Text,
            Happened::Outcome(_) => Role::Bad,
            Happened::Verdict(verdict) if news.act.is_some_and(|act| verdict.is_bad(act)) => Role::Bad,
            Happened::Respawned(_) => Role::Warn,
            Happened::Verdict(_) => Role::Good,
        };
        let advice = news.advice(|step| self.way(step));
        let said = Said { one: news.says(&news.reason()), many: tame::in_common(news), advice };
        self.notices.say_of(self.now, role, news.session, &said);
        if self.deeds.happened(self.now) {
            effects.push(Effect::Sample);
        }
    }

    /// The keys that take a next step.
    fn way(&self, step: &NextStep) -> Option<String> {
        let key = |action: Action| {
            let chord = self.keymap.keys(Screen::Processes, action).next();
            chord.map(|chord| chord.to_string())
        };
        match step {
            NextStep::Send(Signal::KILL) | NextStep::Try(Signal::KILL) => key(Action::Ladder),
            NextStep::Send(Signal::STOP | Signal::CONT) => key(Action::Freeze),
            NextStep::Send(_) | NextStep::Try(_) => key(Action::Signal),
            // Digits find a pid.
            NextStep::EndParent { pid, .. } | NextStep::EndChild { pid, .. } => {
                Some(format!("type {}, {}", (*pid)?, key(Action::Signal)?))
            }
            NextStep::Detach { tracer, .. } => Some(format!("type {tracer}, {}", key(Action::Signal)?)),
            NextStep::ThawCgroup { .. } | NextStep::ShutDown | NextStep::Wait => None,
        }
    }

    /// Takes news of the lab; whether the screen has to be drawn for it.
    fn lab_news(&mut self, news: crate::model::lab::LabNews) -> bool {
        let ended = matches!(news, crate::model::lab::LabNews::Ended { .. });
        let seen = self.lab.news(self.now, news);
        if let Some(problem) = self.lab.problem.clone().filter(|_| ended) {
            self.say(Role::Bad, problem);
        }
        ended || (seen && self.screen == Screen::Lab)
    }
}
