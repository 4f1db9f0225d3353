//! Messages come in, the mind changes, effects go out.
//!
//! One file for each way in: `keys.rs` says where a key goes, `act.rs` does what an action means, `layers.rs` opens and
//! answers what lies above a screen, `mouse.rs` takes clicks. It must never know what a key is called by the user (that
//! is the key map), nor what lies under a click (`view` says so).

mod act;
mod freeze;
mod journal;
mod keys;
mod layers;
mod mouse;
mod signal;
mod tame;

use crate::model::{ControlNews, Happened, Nanos, Needs, Outcome, Role, Verdict, Wants};

use crate::query::Filter;

use super::message::WantsChange;
use super::{App, Effect, Input, Layer, Msg};

impl App {
    /// Takes in what happened at `now` and says what must be done.
    pub fn update(&mut self, now: Nanos, msg: Msg) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut effects = Vec::new();
        self.thaw_due(&mut effects);
        match msg {
            Msg::Input(Input::Key(chord)) => self.key(chord, &mut effects),
            Msg::Input(Input::Paste(text)) => self.paste(&text),
            Msg::Input(Input::Mouse(_)) => return effects,
            Msg::Mouse(event, hit) => self.mouse(event, hit, &mut effects),
            Msg::Size(columns, rows) => self.size = (columns, rows),
            Msg::Snapshot(snapshot) => {
                if self.deeds.look(&snapshot) {
                    effects.push(Effect::Sample);
                }
                if self.paused {
                    self.waiting.history.get_or_insert_with(|| self.history.clone()).push(&snapshot);
                    self.waiting.snapshot = Some(snapshot);
                    return effects;
                }
                self.history.push(&snapshot);
                self.show(snapshot, &mut effects);
            }
            Msg::Sensors(sensors) if self.paused => {
                self.waiting.sensors = Some(sensors);
                return effects;
            }
            // Most readings say what the one before said; they are not worth a frame.
            Msg::Sensors(sensors) if self.sensors.as_ref() == Some(&sensors) => return effects,
            Msg::Sensors(sensors) => self.sensors = Some(sensors),
            Msg::Topology(topology) => {
                // It shows only in the dialog that is opened next.
                self.topology = Some(topology);
                return effects;
            }
            Msg::Control(news) => {
                self.write_down(&news);
                self.control_news(&news, &mut effects);
            }
            Msg::Lab(news) => self.lab_news(news),
            Msg::Notice { bad, text } => self.say(if bad { Role::Bad } else { Role::Text }, text),
            Msg::Tick => {}
        }
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
        self.table.look(&self.snapshot);
        self.rearrange();
        self.refresh_scopes(effects);
    }

    fn rearrange(&mut self) {
        self.table.rearrange(&self.snapshot);
    }

    /// Shows only what matches; nothing narrows the view where that is empty.
    fn filter_by(&mut self, filter: Filter) {
        self.table.set_filter(filter);
        self.table.look(&self.snapshot);
        self.rearrange();
    }

    fn say(&mut self, role: Role, text: impl Into<String>) {
        self.notices.say(self.now, role, text);
    }

    /// What the screen wants of the next look.
    pub fn wants(&self) -> Wants {
        let needs = self.table.needs() | if self.header_hidden { Needs::NOTHING } else { Needs::PRESSURE };
        Wants { needs, visible: self.visible(), hurry: false }
    }

    /// Tells the sampler what is wanted, if that changed.
    fn change_wants(&mut self, effects: &mut Vec<Effect>) {
        let wants = self.wants();
        let same = self.wants.as_ref().is_some_and(|w| w.needs == wants.needs && w.visible == wants.visible);
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
            Happened::Outcome(_) | Happened::Verdict(Verdict::StillAlive { .. }) => Role::Bad,
            Happened::Respawned(_) => Role::Warn,
            Happened::Verdict(_) => Role::Good,
        };
        self.notices.say_of(self.now, role, news.session, tame::in_common(news), news.sentence());
        if self.deeds.happened(self.now) {
            effects.push(Effect::Sample);
        }
    }

    fn lab_news(&mut self, news: crate::model::lab::LabNews) {
        self.lab.news(self.now, news);
        if let (false, Some(problem)) = (self.lab.running, self.lab.problem.take()) {
            self.say(Role::Bad, problem);
        }
    }
}
