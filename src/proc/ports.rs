//! The ports of processes, found out by a thread of their own: see `sockets`.
//!
//! Who has not run cannot have opened anything, so after the first time only those are asked who ran. One order is under
//! way at a time; while a machine keeps the thread busy for long it rests for longer, so that it takes a tenth of a CPU
//! at most. What has not come is not known yet.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::commands;
use super::files::{Files, Miss};
use super::known::{Known, find};
use super::pool::Pool;
use super::reader::{Reader, turn};
use super::sockets::{self, Scratch};
use crate::model::{Details, Needs, Ports as Found, ProcId, Reading, State};

/// How long a look waits for ports where somebody looks on; what comes later is part of the next look.
const PER_LOOK: Duration = Duration::from_millis(20);

/// For each second of work it rests so many.
const REST: u32 = 9;

/// What the thread has found out.
struct Answer {
    found: Vec<(ProcId, Reading<Found>)>,
    took: Duration,
}

/// The thread, once somebody wants it.
struct Clerk {
    orders: Sender<Vec<ProcId>>,
    answers: Receiver<Answer>,
}

/// Who is to be asked, and what is under way.
#[derive(Default)]
pub(super) struct Ports {
    clerk: Option<Clerk>,
    /// Whether an order is under way.
    busy: bool,
    /// No order before that.
    rests_until: Option<Instant>,
    /// Who has to be asked, or asked anew.
    due: BTreeSet<ProcId>,
    pool: Pool<Found>,
}

impl Ports {
    /// Orders the ports of those in view, or of all where all are wanted, and takes in what has come.
    pub(super) fn look(&mut self, known: &mut [Known], reader: &Reader, hurry: bool) -> Result<(), Miss> {
        if self.clerk.is_none() {
            self.clerk = Clerk::hire(&reader.files)?;
        }
        let Some(clerk) = self.clerk.take() else { return Ok(()) };
        let all = reader.needs.of_everybody().has(Needs::PORTS);
        let wanted = |one: &&Known| one.may_have_command() && (all || reader.is_in_view(one.id));
        self.due.retain(|id| find(known, id.pid).is_some());
        // Before answers are taken in, which change whom they are about.
        let ran = |one: &&Known| one.changed == reader.look || one.task.state == State::RUNNING;
        let in_turn = |one: &&Known| turn(one.id.pid, reader.look).is_some();
        self.due.extend(known.iter().filter(wanted).filter(|one| ran(one) || in_turn(one)).map(|one| one.id));
        while let Ok(answer) = clerk.answers.try_recv() {
            self.take(answer, known, reader.look);
        }
        let unread =
            |one: &&Known| one.task.details().is_none_or(|details| details.ports == Reading::NotRead);
        if !self.busy {
            self.due.extend(known.iter().filter(wanted).filter(unread).map(|one| one.id));
        }
        // Nobody draws: a listing is as complete as it can be.
        let listing = reader.on_screen.is_empty() && !hurry;
        let rested = listing || self.rests_until.is_none_or(|until| Instant::now() >= until);
        let ordered = !self.busy
            && rested
            && !self.due.is_empty()
            && clerk.orders.send(std::mem::take(&mut self.due).into_iter().collect()).is_ok();
        let waited_for = ordered || (self.busy && listing);
        self.busy |= ordered;
        let patience = match (hurry, listing) {
            (true, _) => commands::HURRY,
            (_, true) => commands::PER_LOOK,
            (_, false) => PER_LOOK,
        };
        if waited_for && let Ok(answer) = clerk.answers.recv_timeout(patience) {
            self.take(answer, known, reader.look);
        }
        self.clerk = Some(clerk);
        Ok(())
    }

    fn take(&mut self, answer: Answer, known: &mut [Known], look: u64) {
        self.busy = false;
        self.rests_until = Instant::now().checked_add(answer.took * REST);
        for (id, ports) in answer.found {
            let Some(known) = find(known, id.pid).and_then(|at| known.get_mut(at)) else { continue };
            // Details come with the files of the process, which may not be wanted of it any more.
            let Some(before) = known.task.details().filter(|_| known.id == id) else { continue };
            let same = match (&before.ports, &ports) {
                (Reading::Known(before), Reading::Known(now)) => **before == *now,
                (Reading::Denied, Reading::Denied) => true,
                _ => false,
            };
            if same {
                continue;
            }
            let ports = match ports {
                Reading::Known(ports) => Reading::Known(self.pool.share(ports)),
                Reading::Denied => Reading::Denied,
                Reading::NotRead => Reading::NotRead,
            };
            known.change(look, |task| {
                let details = task.details.get_or_insert_with(|| Arc::new(Details::default()));
                Arc::make_mut(details).ports = ports;
            });
        }
    }
}

impl Clerk {
    /// Starts the thread; `None` where there can be none. It ends when this is dropped and its work is done.
    fn hire(files: &Files) -> Result<Option<Clerk>, Miss> {
        let dir = files.share()?;
        let (orders, to_do) = channel::<Vec<ProcId>>();
        let (answer, answers) = channel();
        let thread = std::thread::Builder::new().name("glowtop-ports".into()).stack_size(128 << 10);
        let hired = thread.spawn(move || {
            let mut scratch = Scratch::default();
            for ids in to_do {
                let begun = Instant::now();
                let found = sockets::read(&dir, &ids, &mut scratch);
                if answer.send(Answer { found, took: begun.elapsed() }).is_err() {
                    return;
                }
            }
        });
        Ok(hired.ok().map(|_| Clerk { orders, answers }))
    }
}
