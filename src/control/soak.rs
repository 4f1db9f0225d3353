//! Tests: after a long day's work the books are empty.

use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};

use super::desk::{Desk, RESPAWNS};
use super::follow::Times;
use super::look;
use super::pin;
use crate::model::{Act, ControlNews, ControlOrder, Happened, Pid, ProcId, Reach, Setting, Signal, Target};

/// No test waits this long unless it fails.
const DEADLINE: Duration = Duration::from_mins(1);
const ACTS: u64 = 2000;

struct Guard(Child);

impl Guard {
    fn sleeper() -> Guard {
        Guard(Command::new("sleep").arg("1000").spawn().unwrap())
    }

    fn target(&self) -> Target {
        let pid = Pid::new(self.0.id()).unwrap();
        Target::new(ProcId { pid, start_time: look::stat(pid).unwrap().start_time }, "child")
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Until the order of `session` is over.
fn wait_for(news: &Receiver<ControlNews>, session: u64) {
    loop {
        let news = news.recv_timeout(DEADLINE).expect("no news came");
        if news.session == session && matches!(news.what, Happened::Over { .. }) {
            return;
        }
    }
}

#[test]
fn nothing_is_left_in_the_books_after_two_thousand_acts() {
    let (tell, news) = channel();
    let (orders, mail) = channel();
    let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap());
    let bell = Arc::clone(&wake);
    let times = Times::with_patience(Duration::from_secs(30));
    let closing = Arc::new(AtomicBool::new(false));
    let desk = std::thread::spawn(move || {
        let mut desk = Desk::new(bell, times, pin::open, closing, move |told| drop(tell.send(told))).unwrap();
        desk.run(&mail);
        desk
    });
    let send = |order| {
        orders.send(order).unwrap();
        rustix::io::write(&*wake, &1_u64.to_ne_bytes()).unwrap();
    };
    let nothing = Signal::parse("WINCH").unwrap();
    let acts = [
        Act::Signal(Signal::STOP),
        Act::Signal(Signal::CONT),
        Act::Signal(nothing),
        Act::Set(Setting::OomScoreAdj(500)),
        Act::Signal(Signal::TERM),
    ];
    let mut child = Guard::sleeper();
    for session in 0..ACTS {
        let act = acts[session as usize % acts.len()];
        let reach = if session % 2 == 0 { Reach::Pinned } else { Reach::Subtree };
        send(ControlOrder::Pin { session, targets: vec![child.target()] });
        send(ControlOrder::Act { session, act, only: Vec::new(), reach });
        wait_for(&news, session);
        if session % 4 == 3 && act != Act::Signal(Signal::TERM) {
            // Of what changed nothing, there is nothing to give back, and nobody says so.
            send(ControlOrder::Undo { session: session + ACTS, of: session });
        }
        send(ControlOrder::Release { session });
        send(ControlOrder::Release { session: session + ACTS });
        if act == Act::Signal(Signal::TERM) {
            child = Guard::sleeper();
        }
    }
    drop(orders);
    rustix::io::write(&*wake, &1_u64.to_ne_bytes()).unwrap();
    let desk = desk.join().unwrap();
    // What was to be undone at the very end may be followed still.
    assert!(desk.cases.len() <= 1 && desk.orders.len() <= 1, "{} {}", desk.cases.len(), desk.orders.len());
    assert!(desk.sessions.is_empty() && desk.by_id.is_empty() && desk.weak.is_empty());
    assert!(desk.lingering.is_empty() && desk.ripe.is_empty());
    let about_cases = desk.alarms.iter().filter(|(_, token)| *token != RESPAWNS).count();
    assert!(about_cases <= desk.cases.len(), "{:?}", desk.alarms);
    assert_eq!(desk.held(), desk.cases.len());
    assert!(desk.respawns.remembered() <= 2 * desk.cases.len(), "{}", desk.respawns.remembered());
    assert!(desk.deeds.weight() <= ACTS as usize);
    // By what the kernel counts, of this whole process: one for each case, and what other tests have open.
    let fds = std::fs::read_dir("/proc/self/fd").unwrap().count();
    assert!(fds < ACTS as usize / 5, "{fds}");
}
