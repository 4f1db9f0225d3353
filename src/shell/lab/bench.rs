//! What the lab's screen orders: runs, and what takes files, each on a thread of its own as a disk may take its time.

use std::sync::mpsc::Sender;
use std::time::{SystemTime, UNIX_EPOCH};

use super::saved;
use crate::app::LabFound;
use crate::lab;
use crate::model::lab::watch::WatchPlan;
use crate::model::lab::{LabNews, LabOrder};
use crate::shell::event::Event;

/// The lab behind its screen.
pub(in crate::shell) struct Bench {
    run: Option<lab::Run>,
    xray: Option<lab::Watching>,
    /// When the run that goes on, or went on last, began: seconds since the epoch.
    began_unix_s: u64,
    events: Sender<Event>,
}

impl Bench {
    /// A lab in which nothing runs; it tells `events`.
    pub(in crate::shell) fn new(events: Sender<Event>) -> Bench {
        Bench { run: None, xray: None, began_unix_s: 0, events }
    }

    /// Does what was ordered, or begins to.
    pub(in crate::shell) fn order(&mut self, order: LabOrder) {
        match order {
            LabOrder::Stop => {
                if let Some(run) = &self.run {
                    run.stop();
                }
            }
            LabOrder::Run(plan) => {
                self.began_unix_s =
                    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
                let events = self.events.clone();
                // The run before, if any, has told its end: only then does the mind order another.
                self.run = match lab::start(plan, move |news| drop(events.send(Event::Lab(news)))) {
                    Ok(run) => Some(run),
                    Err(error) => {
                        let ended = LabNews::Ended { problem: Some(error.to_string()) };
                        let _ = self.events.send(Event::Lab(ended));
                        None
                    }
                };
            }
            LabOrder::Clear(leftovers) => self.aside(move |tell| {
                let left = lab::end_leftovers(&leftovers).len();
                let ended = leftovers.len().saturating_sub(left);
                let of = |count| {
                    format!("{count} process{} of crashed sessions", if count == 1 { "" } else { "es" })
                };
                tell(match left {
                    0 => Event::Remark(format!("{} ended", of(ended))),
                    _ => Event::Notice(format!("{} could not be ended", of(left))),
                });
                tell(Event::LabFound(LabFound::Leftovers(lab::leftovers())));
            }),
            LabOrder::Keep(mut experiment) => {
                experiment.started_unix_s = self.began_unix_s;
                self.aside(move |tell| {
                    tell(match saved::save(&experiment) {
                        Ok(name) => Event::LabFound(LabFound::Kept(name)),
                        Err(failure) => Event::Notice(failure.sentence),
                    });
                });
            }
        }
    }

    /// Watches somebody, or nobody any more: dropping the handle ends it.
    pub(in crate::shell) fn watch(&mut self, plan: Option<Box<WatchPlan>>) {
        self.xray = None;
        let Some(plan) = plan else { return };
        let events = self.events.clone();
        match lab::watch(*plan, move |news| drop(events.send(Event::Lab(news)))) {
            Ok(watching) => self.xray = Some(watching),
            Err(error) => {
                let problem = Some(format!("The X-ray could not be started: {error}."));
                let _ = self.events.send(Event::Lab(LabNews::Ended { problem }));
            }
        }
    }

    /// Looks for what crashed sessions left behind, and for what earlier ones kept.
    pub(in crate::shell) fn look_back(&self) {
        self.aside(|tell| {
            tell(Event::LabFound(LabFound::Leftovers(lab::leftovers())));
            // A folder that cannot be read is told to whoever asks for what is in it: `glowtop lab ls`.
            if let Ok(past) = saved::past() {
                tell(Event::LabFound(LabFound::Past(past)));
            }
        });
    }

    fn aside(&self, work: impl FnOnce(&dyn Fn(Event)) + Send + 'static) {
        let events = self.events.clone();
        let started = std::thread::Builder::new().name("glowtop-lab".to_owned()).spawn(move || {
            // Nobody listens any more only when the program is ending.
            work(&|event| drop(events.send(event)));
        });
        if let Err(error) = started {
            let _ = self.events.send(Event::Notice(format!("the lab could not look: {error}")));
        }
    }
}
