//! Who comes in the place of one that was killed.

use std::io::Write;

use glowtop::model::{Act, ControlNews, Happened, Pid, Respawn, Signal};

use super::{DEADLINE, Desk, GENEROUS, Guard, KILL, Stray, stat, target, until};

/// A supervisor: starts a `sleep` again and again whenever it has ended, and says its pid.
const SUPERVISOR: &str = "while :; do sleep 1000 & echo $!; wait; done";

/// A shell, and those it has started: all end with the test, the shell first, so that it starts nobody again.
struct Family {
    parent: Guard,
    children: Vec<Stray>,
}

impl Family {
    fn start(script: &str) -> Family {
        Family { parent: Guard::shell(script), children: Vec::new() }
    }

    /// The child whose pid the shell says next, once it has become a `sleep`.
    fn child(&mut self) -> u32 {
        let pid = self.parent.number();
        self.children.push(Stray(target(pid)));
        until("a sleep", || stat(pid).comm == "sleep");
        pid
    }
}

/// The next time that somebody is said to have come again.
fn respawned(desk: &Desk) -> (ControlNews, Respawn) {
    loop {
        let news = desk.news.recv_timeout(DEADLINE).expect("nobody was said to have come again");
        if let Happened::Respawned(respawn) = &news.what {
            let respawn = Respawn::clone(respawn);
            return (news, respawn);
        }
    }
}

#[test]
fn a_supervisor_that_starts_it_again_is_told_once_for_each_end() {
    let mut family = Family::start(SUPERVISOR);
    let own = Pid::new(family.parent.pid()).unwrap();
    let mut alive = family.child();
    let desk = Desk::open(GENEROUS);
    for (session, act) in [(1, KILL), (2, Act::Signal(Signal::TERM)), (3, KILL)] {
        let chosen = target(alive);
        desk.pin(session, chosen.clone());
        desk.act(session, act);
        alive = family.child();
        // Each end has one announcement, and they come in this order.
        let (news, respawn) = respawned(&desk);
        assert_eq!((news.session, &news.target, news.act), (session, &chosen, Some(act)));
        assert_eq!((respawn.by.pid.get(), respawn.by.start_time), (alive, stat(alive).starttime));
        assert_eq!((respawn.parent, respawn.parent_name.bytes()), (Some(own), &b"sh"[..]));
        assert_eq!(respawn.unit, None);
        let said = news.sentence();
        assert!(said.starts_with(&format!("{} sleep: is back as {alive} ", chosen.id.pid)), "{said}");
        assert!(said.ends_with(&format!(", started by {own} (sh)")), "{said}");
    }
}

#[test]
fn those_who_were_there_or_belong_to_somebody_else_have_not_come_again() {
    // Two of one program under one parent, which later starts one of another program.
    let mut family = Family::start("sleep 1000 & echo $!; sleep 1000 & echo $!; read x; cat & echo; wait");
    let mut supervised = Family::start(SUPERVISOR);
    let (killed, _sibling, other) = (family.child(), family.child(), supervised.child());
    let desk = Desk::open(GENEROUS);
    desk.pin(1, target(killed));
    desk.act(1, KILL);
    assert!(matches!(desk.next().what, Happened::Outcome(_)));
    assert!(matches!(desk.next().what, Happened::Verdict(_)));
    // The same program, name and cgroup, but not started by whoever had started the one that was killed.
    let _stranger = Guard::start(std::process::Command::new("sleep").arg("1000"));
    family.parent.0.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    assert_eq!(family.parent.line(), "");
    // Others do come again, after them; when that is told the second time all of the above have been looked at.
    let mut alive = other;
    for session in [2, 3] {
        desk.pin(session, target(alive));
        desk.act(session, KILL);
        alive = supervised.child();
        let (news, respawn) = respawned(&desk);
        assert_eq!((news.session, respawn.by.pid.get()), (session, alive), "{}", news.sentence());
    }
}
