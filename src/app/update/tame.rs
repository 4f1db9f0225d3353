//! Taming: nice values by a key, the other values by a dialog.

use crate::app::tame::Tamed;
use crate::app::{Aims, App, Effect, Hit, Layer, MouseEvent, Tame, TameMenu};
use crate::model::{Act, Change, ControlNews, ControlOrder, Happened, Outcome, Reach, Role, Target, Verdict};

/// Items a turn of the wheel goes on.
const WHEEL: isize = 3;

impl App {
    pub(super) fn renice(&mut self, by: i32, effects: &mut Vec<Effect>) {
        if let Some(targets) = self.choose_targets_at_once("renice") {
            self.order(targets, Act::Renice(by), effects);
        }
    }

    pub(super) fn renice_autogroup(&mut self, by: i32, effects: &mut Vec<Effect>) {
        if let Some(targets) = self.choose_targets_at_once("renice") {
            self.order(targets, Act::ReniceAutogroup(by), effects);
        }
    }

    /// Pins `targets` and does `act` to them at once.
    pub(super) fn order(&mut self, targets: Vec<Target>, act: Act, effects: &mut Vec<Effect>) {
        self.session += 1;
        let session = self.session;
        effects.push(Effect::Control(ControlOrder::Pin { session, targets }));
        let (only, reach) = (Vec::new(), Reach::Pinned);
        effects.push(Effect::Control(ControlOrder::Act { session, act, only, reach }));
    }

    pub(super) fn open_tame(&mut self, tame: Tame, effects: &mut Vec<Effect>) {
        let Some(targets) = self.choose_targets() else { return };
        let Some(first) = targets.first().cloned() else { return };
        let snapshot = self.snapshot.clone();
        self.session += 1;
        let session = self.session;
        effects.push(Effect::Control(ControlOrder::Pin { session, targets: targets.clone() }));
        if tame == Tame::Limits {
            // Who else is in the cgroup.
            let among = Vec::new();
            effects.push(Effect::Control(ControlOrder::Survey { session, target: first, among }));
        }
        let common = self.in_common(&targets);
        let mut aims = Aims::new(session, targets, &snapshot);
        aims.common = common;
        let menu = TameMenu::new(tame, aims, self.topology.as_deref(), &snapshot);
        self.layer = Some(Layer::Tame(Box::new(menu)));
    }

    /// Does what the dialog was told; it stays open where it has to.
    pub(super) fn tamed(&mut self, menu: Box<TameMenu>, tamed: Tamed, effects: &mut Vec<Effect>) {
        let session = menu.aims.session;
        let nobody = menu.aims.ready() == 0;
        match tamed {
            Tamed::Open => self.layer = Some(Layer::Tame(menu)),
            // Tags stay: who was tamed may be meant once more.
            Tamed::Set(settings) if !nobody && !settings.is_empty() => {
                effects.extend(settings.into_iter().map(|setting| {
                    let (act, only, reach) = (Act::Set(setting), Vec::new(), Reach::Pinned);
                    Effect::Control(ControlOrder::Act { session, act, only, reach })
                }));
            }
            Tamed::Set(_) => {
                effects.push(Effect::Control(ControlOrder::Release { session }));
                let why = if nobody { "none of them is left" } else { "every value is as it was" };
                self.say(Role::Text, format!("nothing changed: {why}"));
            }
            Tamed::Cancel => effects.push(Effect::Control(ControlOrder::Release { session })),
        }
    }

    /// What the mouse does to a dialog that tames, where one is open; whether it did.
    pub(super) fn tame_mouse(&mut self, event: MouseEvent, hit: Hit, effects: &mut Vec<Effect>) -> bool {
        let Some(Layer::Tame(mut menu)) = self.layer.take_if(|layer| matches!(layer, Layer::Tame(_))) else {
            return false;
        };
        let mut tamed = Tamed::Open;
        match (event, hit) {
            (MouseEvent::WheelUp, _) => menu.wheel(-WHEEL),
            (MouseEvent::WheelDown, _) => menu.wheel(WHEEL),
            (MouseEvent::Left, Hit::Item(item)) => tamed = menu.click(item),
            (MouseEvent::Left, Hit::FoldMark(item)) => menu.click_fold(item),
            (MouseEvent::Left, Hit::Press(chord)) => tamed = menu.key(chord),
            (_, Hit::Layer) => {}
            (MouseEvent::Left, _) => tamed = Tamed::Cancel,
            _ => {}
        }
        self.tamed(menu, tamed, effects);
        true
    }
}

/// What happened without what would help next, as it may be told of many at once: how many threads it was for each of
/// them, and how long each took to end, is left out.
pub(super) fn in_common(news: &ControlNews) -> String {
    match &news.what {
        Happened::Outcome(Outcome::Changed(change)) => {
            let mut common = news.clone();
            let change = Change { threads: 1, ..(**change).clone() };
            common.what = Happened::Outcome(Outcome::Changed(Box::new(change)));
            common.reason()
        }
        Happened::Verdict(Verdict::Killed { by, .. }) => format!("killed by {}", by.name()),
        Happened::Verdict(Verdict::Exited { status, .. }) => format!("exited with status {status}"),
        Happened::Verdict(Verdict::Ended { .. }) => "ended".to_owned(),
        _ => news.reason(),
    }
}
