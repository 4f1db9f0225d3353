//! `smaps_rollup`, read by threads that may be left behind: as a command line it waits for the memory map of its process,
//! and it costs more than any other file, since the kernel walks all pages for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clock;
use super::commands::{self, Commands, Outcome};
use super::files::{Files, Miss};
use super::known::{Known, find};
use super::reader::Reader;
use crate::model::{Details, Nanos, Needs, ProcId, Reading, Rollup, State};

/// What could not be read in time is tried again after so many seconds.
const STUCK_FOR: f64 = 60.0;

/// Of who has not run it is read again once in so many looks: its pages may have been taken from it.
const SELDOM: u64 = 8;

/// The readers, once somebody wants them, and what they are at.
#[derive(Default)]
pub(super) struct Rollups {
    desk: Option<Commands<Rollup>>,
    /// Who has been ordered and has not come; who was stuck, until when.
    waiting: BTreeMap<ProcId, Option<Nanos>>,
}

impl Rollups {
    /// Orders what is due of those in view, or of all where all is wanted, and takes in what has come.
    pub(super) fn look(&mut self, known: &mut [Known], reader: &Reader, hurry: bool) -> Result<(), Miss> {
        if self.desk.is_none() {
            self.desk = Some(Commands::of_rollups(Files::share(&reader.files)?));
        }
        let Some(desk) = self.desk.as_mut() else { return Ok(()) };
        let (now, look) = (clock::now(), reader.look);
        self.waiting.retain(|_, until| until.is_none_or(|until| now < until));
        let all = reader.needs.of_everybody().has(Needs::ROLLUP);
        let mut due = Vec::new();
        for one in known.iter().filter(|known| known.may_have_command()) {
            if !(all || reader.is_in_view(one.id)) || self.waiting.contains_key(&one.id) {
                continue;
            }
            let has = one.task.details().is_some_and(|details| details.rollup != Reading::NotRead);
            let turn = (u64::from(one.id.pid.get()) + look).is_multiple_of(SELDOM);
            let ran = one.changed == look || one.task.state == State::RUNNING;
            if !has || turn || ran {
                self.waiting.insert(one.id, None);
                due.push(one.id);
            }
        }
        let patience = if hurry { commands::HURRY } else { commands::PER_LOOK };
        let waiting = &mut self.waiting;
        desk.read(due, patience, |id, outcome| {
            waiting.remove(&id);
            let rollup = match outcome {
                Outcome::Read(rollup) => Reading::Known(rollup),
                Outcome::Denied => Reading::Denied,
                Outcome::Lost => return,
                Outcome::Stuck => {
                    waiting.insert(id, Some(now.plus(STUCK_FOR)));
                    return;
                }
            };
            let Some(known) = find(known, id.pid).and_then(|at| known.get_mut(at)) else { return };
            if known.id != id {
                return;
            }
            known.change(look, |task| {
                let details = task.details.get_or_insert_with(|| Arc::new(Details::default()));
                let details = Arc::make_mut(details);
                details.rollup = rollup;
                details.rollup_at = Some(now);
            });
        });
        Ok(())
    }
}
