//! The signal dialog and what is around it: scopes, confirmation, the ladder, freezing, taking back, the act menu.

use super::*;
use crate::config::Key;
use crate::model::{
    Cgroup, Change, Disposition, Outcome, ProcId, Scope, Setting, SignalSet, Standing, State, Survey, Target,
};

const TERM: Act = Act::Signal(Signal::TERM);
const KILL: Act = Act::Signal(Signal::KILL);
const STOP: Act = Act::Signal(Signal::STOP);
const CONT: Act = Act::Signal(Signal::CONT);

fn id(pid: u32) -> ProcId {
    ProcId::new(pid, 100).unwrap()
}

/// The machine of the other tests, with process groups, sessions, users that have names, and some that are stopped.
fn machine_of(at: u64, specs: &[Spec], stopped: &[u32]) -> Sample {
    let mut sample = machine(at, specs);
    for seen in &mut sample.tasks {
        let pid = seen.id.pid.get();
        let task = Arc::make_mut(&mut seen.task);
        // make leads a group of its three; that of bash is its own; all of them are in the session of bash.
        (task.pgrp, task.session) = match pid {
            30..=39 => (30, 20),
            20 => (20, 20),
            2 => (0, 0),
            other => (other, other),
        };
        let user = task.uid.known().map_or(String::new(), |uid| format!("u{uid}"));
        task.user = Some(Arc::new(user.as_str().into()));
        if stopped.contains(&pid) {
            task.state = State::STOPPED;
        }
    }
    // glowtop is none of those that are worked on here.
    let host = Host { own_pid: Pid::new(10), ..(*sample.system.host).clone() };
    sample.system.host = Arc::new(host);
    sample
}

impl Desk {
    /// A desk before the machine with groups and sessions.
    fn grouped() -> Desk {
        let mut desk = Desk::new();
        desk.see(MACHINE, &[]);
        desk.see(MACHINE, &[]);
        desk.effects.clear();
        desk
    }

    fn see(&mut self, specs: &[Spec], stopped: &[u32]) {
        self.at += SECOND;
        let next = derive(Some(&self.app.snapshot), machine_of(self.at, specs, stopped));
        self.tell(Msg::Snapshot(Arc::new(next)));
    }

    fn menu(&self) -> &SignalMenu {
        match &self.app.layer {
            Some(Layer::Signal(menu)) => menu,
            other => panic!("no dialog: {other:?}"),
        }
    }

    fn news(&mut self, session: u64, pid: u32, act: Option<Act>, what: Happened) {
        let name = self.app.snapshot.find(id(pid)).map_or_else(|| "x".into(), |p| (*p.task.comm).clone());
        let news = ControlNews { session, target: Target::new(id(pid), name), act, what };
        self.tell(Msg::Control(Box::new(news)));
    }

    /// The pins of the open dialog are answered.
    fn pinned(&mut self) {
        let session = self.menu().aims.session;
        let pids: Vec<u32> = self.aimed();
        for pid in pids {
            self.news(session, pid, None, Happened::Pinned(Box::default()));
        }
    }

    /// Whom the open dialog names, in order.
    fn aimed(&self) -> Vec<u32> {
        self.menu().aims.targets.iter().map(|aimed| aimed.target.id.pid.get()).collect()
    }

    /// The scopes of the open dialog: `>` before the chosen one.
    fn scopes(&self) -> Vec<String> {
        let menu = self.menu();
        let word = |word: &Choosable| {
            let mark = if word.scope == menu.scope { ">" } else { "" };
            let unit = word.unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
            format!("{mark}{}{unit} {}", word.scope.word(), word.count)
        };
        menu.scopes.iter().map(word).collect()
    }

    /// What was ordered since this was asked last, as sentences.
    fn orders(&mut self) -> Vec<String> {
        let pids = |targets: &[Target]| targets.iter().map(|t| t.id.pid.get()).collect::<Vec<_>>();
        let effects = std::mem::take(&mut self.effects);
        let sentence = |effect: Effect| match effect {
            Effect::Control(ControlOrder::Pin { targets, .. }) => format!("pin {:?}", pids(&targets)),
            Effect::Control(ControlOrder::Survey { target, among, .. }) => {
                format!("survey {} among {among:?}", target.id.pid)
            }
            Effect::Control(ControlOrder::Act { act, only, reach, .. }) => {
                let act = match act {
                    Act::Signal(signal) => signal.name(),
                    Act::Ladder { seconds } => format!("ladder {seconds}"),
                    other => format!("{other:?}"),
                };
                let only: Vec<u32> = only.iter().map(|id| id.pid.get()).collect();
                let only = if only.is_empty() { String::new() } else { format!(" only {only:?}") };
                let reach = if reach == Reach::Pinned { String::new() } else { format!(", {reach:?}") };
                format!("{act}{only}{reach}")
            }
            Effect::Control(ControlOrder::Cancel { .. }) => "cancel".to_owned(),
            Effect::Control(ControlOrder::Undo { of, .. }) => format!("undo {of}"),
            Effect::Control(ControlOrder::Release { .. }) => "release".to_owned(),
            other => format!("{other:?}"),
        };
        effects.into_iter().map(sentence).collect()
    }

    /// The session of the last order to act.
    fn acted(&self) -> u64 {
        let session = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Control(ControlOrder::Act { session, .. }) => Some(*session),
            _ => None,
        });
        session.expect("something was ordered")
    }

    /// Presses `keys`, which must be an order to act, and says in which session it is.
    fn order(&mut self, keys: &str) -> u64 {
        self.effects.clear();
        self.press(keys);
        self.acted()
    }

    fn wait(&mut self, seconds: f64) {
        self.at += (seconds * 1e9) as u64;
        self.tell(Msg::Tick);
    }

    fn line(&self) -> Option<String> {
        self.app.deeds.line(self.app.now, "Esc")
    }
}

#[test]
fn each_scope_is_pinned_when_it_is_chosen_and_sent_to_alone() {
    let mut desk = Desk::grouped();
    desk.press("3 0 F9");
    assert_eq!(desk.orders(), ["pin [30]", "survey 30 among [30, 31, 32]"]);
    assert_eq!(desk.scopes(), [">chosen 1", "subtree 3", "group 3", "session 4"]);
    desk.press("Right");
    assert_eq!(desk.orders(), ["pin [31, 32]"], "who is pinned already need not be");
    assert_eq!(desk.aimed(), [30, 31, 32]);
    desk.press("Tab Tab");
    assert_eq!(desk.orders(), ["pin [20]"]);
    assert_eq!(desk.aimed(), [30, 20, 31, 32], "who was chosen is named first");
    desk.press("Enter");
    assert_eq!(desk.orders(), ["SIGTERM, Session(20)"], "whoever was pinned is meant");

    for (keys, order) in [
        ("Right Enter", "SIGTERM, Subtree"),
        ("Right Right Enter", "SIGTERM, Group(30)"),
        ("Right Left Enter", "SIGTERM only [30]"),
        ("Shift-Tab Shift-Tab Enter", "SIGTERM only [30, 31, 32], Group(30)"),
        ("Left Left Left Enter", "SIGTERM only [30, 31, 32], Subtree"),
        ("Enter", "SIGTERM"),
    ] {
        desk.press("F9");
        desk.press(keys);
        let orders = desk.orders();
        assert_eq!(orders.last().map(String::as_str), Some(order), "{keys}");
    }
}

#[test]
fn only_scopes_that_mean_something_are_offered() {
    let mut desk = Desk::grouped();
    // A shell and a compiler share their session, and no group.
    desk.press("2 0 Space");
    desk.wait(5.0);
    desk.press("3 1 Space F9");
    assert_eq!(desk.scopes(), [">chosen 2", "subtree 4", "session 4"]);
    desk.press("Esc");
    desk.wait(5.0);
    desk.press("4 0 Space F9");
    assert_eq!(desk.scopes(), [">chosen 3", "subtree 5"]);
    desk.press("Esc U F4 c c 1 Enter Home F9");
    assert_eq!(desk.scopes().last().map(String::as_str), Some("matches 2"));
    desk.orders();
    desk.press("Shift-Tab Enter");
    assert_eq!(desk.orders().last().map(String::as_str), Some("SIGTERM"));
    desk.press("F9 Shift-Tab Right Enter");
    assert_eq!(desk.orders().last().map(String::as_str), Some("SIGTERM only [31]"));
}

fn survey(path: &str, unit: Option<&str>, members: &[u32], listens: &[(u32, u16)]) -> Happened {
    let pid = |pid: &u32| Pid::new(*pid).unwrap();
    let members = members.iter().map(pid).collect();
    let cgroup = Cgroup { path: path.into(), unit: unit.map(Untrusted::from), members };
    let listens = listens.iter().map(|(n, port)| (pid(n), *port)).collect();
    Happened::Surveyed(Box::new(Survey { cgroup: Some(cgroup), listens, partial: false }))
}

#[test]
fn the_cgroup_is_offered_when_it_is_known() {
    let mut desk = Desk::grouped();
    desk.press("4 0 F9");
    let session = desk.menu().aims.session;
    assert_eq!(desk.menu().ports(), None, "not known yet");
    let of = |members: &[u32]| {
        survey("/system.slice/pg.service", Some("pg.service"), members, &[(40, 5432), (10, 22)])
    };
    desk.news(session, 40, None, survey("/", None, &[40, 10], &[]));
    assert!(!desk.scopes().concat().contains("cgroup"), "the root is everybody");
    desk.news(session, 40, None, of(&[10]));
    assert!(!desk.scopes().concat().contains("cgroup"), "the chosen one is not in it");
    desk.news(session, 40, None, of(&[10, 40]));
    assert_eq!(desk.scopes().last().map(String::as_str), Some("cgroup pg.service 2"));
    assert_eq!(desk.menu().ports(), Some((vec![5432], false)));
    desk.orders();
    desk.press("Shift-Tab");
    assert_eq!(desk.orders(), ["pin [10]"]);
    assert_eq!(desk.menu().ports(), Some((vec![22, 5432], false)));
    desk.pinned();
    // glowtop itself is in it.
    desk.press("Enter y e s Enter");
    let path = "/system.slice/pg.service";
    let reach = format!("{:?}", Reach::Cgroup(path.into()));
    assert_eq!(desk.orders(), [format!("SIGTERM, {reach}")]);
}

#[test]
fn who_comes_into_the_scope_is_named_and_who_ends_is_counted_out() {
    let mut desk = Desk::grouped();
    desk.press("3 0 F9 Right");
    desk.pinned();
    desk.orders();
    let mut more = MACHINE.to_vec();
    more.push((33, 30, "as", 1000, 10, 3));
    desk.see(&more, &[]);
    assert_eq!((desk.orders(), desk.aimed()), (vec!["pin [33]".to_owned()], vec![30, 31, 32, 33]));
    assert_eq!(desk.scopes()[1], ">subtree 4");
    let session = desk.menu().aims.session;
    desk.news(session, 31, None, Happened::Vanished);
    assert_eq!((desk.menu().aims.ready(), desk.menu().aims.targets.len()), (3, 4));
    // A newcomer with the pid of one that is gone is somebody else.
    desk.news(session, 32, None, Happened::Outcome(Outcome::Replaced));
    assert_eq!(desk.menu().aims.ready(), 2);
}

#[test]
fn what_signals_meet_is_counted_while_it_changes() {
    let mut desk = Desk::grouped();
    desk.press("3 0 F9 Right");
    let session = desk.menu().aims.session;
    let ignores = Disposition { ignored: Some(SignalSet(1 << 14)), ..Disposition::default() };
    let standing = || Happened::Pinned(Box::new(Standing { disposition: ignores, ..Standing::default() }));
    let ignored = |desk: &Desk| desk.menu().aims.tally(Signal::TERM).ignored;
    for (pid, sum) in [(30, 1), (31, 2), (31, 2), (32, 3)] {
        desk.news(session, pid, None, standing());
        assert_eq!(ignored(&desk), sum);
    }
    desk.news(session, 31, None, Happened::Vanished);
    assert_eq!(ignored(&desk), 2);
    desk.press("Left");
    assert_eq!(ignored(&desk), 1);
    desk.press("Right");
    assert_eq!((ignored(&desk), desk.menu().aims.ready()), (2, 2), "what is known stays known");
}

#[test]
fn what_is_dangerous_must_be_confirmed_by_a_word() {
    let mut desk = Desk::grouped();
    desk.press("2 0 Space");
    desk.wait(5.0);
    desk.press("4 0 Space F9");
    desk.pinned();
    desk.orders();
    desk.press("Enter");
    assert_eq!((desk.orders(), desk.menu().confirm.as_deref()), (vec![], Some("")), "two users");
    // Anything else than yes goes on in the dialog.
    for keys in ["Enter", "n", "y e x", "y e Enter", "Down", "Backspace"] {
        desk.press(keys);
        assert_eq!((desk.orders(), desk.menu().confirm.as_deref()), (vec![], None), "{keys}");
        desk.press("1 5 Enter");
    }
    desk.press("y q Enter y e s Backspace s Enter");
    assert_eq!(desk.orders(), ["SIGTERM"]);
    // What ends nobody needs no word.
    desk.wait(5.0);
    desk.press("2 0 Space");
    desk.wait(5.0);
    desk.press("4 0 Space F9 1 8 Enter");
    assert_eq!(desk.orders().last().map(String::as_str), Some("SIGCONT"));
    desk.press("Space F9 Esc");
}

#[test]
fn each_danger_asks_for_the_word() {
    // PID 1, glowtop itself, and a kernel thread, which is none.
    for (keys, asks) in [("1", true), ("1 0", true), ("3 1", false), ("4 0", false)] {
        let mut desk = Desk::grouped();
        desk.press(keys);
        for way in ["F9 Enter", "! Enter", "F9 9 Enter"] {
            desk.press(way);
            assert_eq!(desk.app.layer.is_some(), asks, "{keys} {way}");
            desk.press("Esc");
        }
    }
    let mut desk = Desk::grouped();
    desk.press("3 1 F9");
    let session = desk.menu().aims.session;
    let init = Box::new(Standing { is_init: true, ..Standing::default() });
    desk.news(session, 31, None, Happened::Pinned(init));
    assert!(
        matches!(&desk.menu().dangers[..], [crate::model::Danger::ContainerInit(pid, _)] if pid.get() == 31)
    );
    desk.press("Enter");
    assert_eq!(desk.menu().confirm.as_deref(), Some(""));
    // If there is more to know than there was when it was asked, it is asked again.
    desk.press("y e s");
    let Some(Layer::Signal(menu)) = &mut desk.app.layer else { panic!() };
    menu.dangers.push(crate::model::Danger::Ourselves);
    desk.orders();
    desk.press("Enter");
    assert_eq!((desk.orders(), desk.menu().confirm.as_deref()), (vec![], Some("")));
    desk.press("y e s Enter");
    assert_eq!(desk.orders(), ["SIGTERM"]);
}

#[test]
fn kernel_threads_are_never_ready_for_a_signal() {
    let mut desk = Desk::grouped();
    desk.press("K N 2 F9");
    assert_eq!((desk.aimed(), desk.menu().aims.ready()), (vec![2], 0));
    desk.pinned();
    assert_eq!(desk.menu().aims.ready(), 0, "also where the pin does not tell that it is one");
    desk.orders();
    desk.press("Enter");
    assert_eq!(desk.orders(), ["release"]);
    assert!(desk.said().contains("nothing sent: none of them can be hit"), "{}", desk.said());
}

#[test]
fn the_ladder_counts_down_tells_who_ended_and_sums_up() {
    let mut desk = Desk::grouped();
    desk.press("Space Space Space ! + + -");
    assert_eq!((desk.menu().pick(), desk.menu().seconds), (Pick::Ladder, 6));
    desk.press("y");
    assert_eq!(desk.menu().pick(), Pick::Ladder, "there is no signal of that name");
    desk.press("Esc U 3 0 c ! -");
    assert_eq!(desk.menu().seconds, 5, "it is remembered");
    desk.pinned();
    let session = desk.order("Enter");
    assert_eq!(desk.orders(), ["ladder 5"]);
    let says = |desk: &Desk, text: &str| assert_eq!(desk.line().as_deref(), Some(text));
    says(&desk, "ladder: SIGTERM sent, SIGKILL in 5 s, Esc stops it");
    for pid in [30, 31, 32] {
        desk.news(session, pid, Some(TERM), Happened::Outcome(Outcome::Delivered));
    }
    let killed = |by| Happened::Verdict(Verdict::Killed { by, after: 0.1 });
    desk.news(session, 30, Some(TERM), killed(Signal::TERM));
    says(&desk, "ladder: 1 of 3 ended, SIGKILL for 2 in 5 s, Esc stops it");
    // It counts by itself, once a second.
    for (waited, left) in [(1.0, 4), (1.0, 3), (1.0, 2)] {
        let next = desk.app.deeds.wakeup(desk.app.now).expect("it counts down");
        assert_eq!(next, Nanos(desk.at).plus(waited));
        desk.wait(waited);
        says(&desk, &format!("ladder: 1 of 3 ended, SIGKILL for 2 in {left} s, Esc stops it"));
    }
    desk.wait(2.0);
    assert_eq!((desk.line(), desk.app.deeds.wakeup(desk.app.now)), (None, None));
    for pid in [31, 32] {
        desk.news(session, pid, Some(KILL), Happened::Outcome(Outcome::Delivered));
    }
    says(&desk, "ladder: 1 of 3 ended, SIGKILL sent to 2");
    desk.news(session, 31, Some(KILL), killed(Signal::KILL));
    desk.news(session, 32, Some(KILL), killed(Signal::KILL));
    desk.news(session, 30, Some(KILL), Happened::Over { reached: 3, escaped: 0 });
    assert_eq!(desk.said(), "ladder: all 3 ended, 1 after SIGTERM, 2 after SIGKILL");
    assert_eq!(desk.line(), None);
}

#[test]
fn esc_stops_the_ladder_before_all_else() {
    let mut desk = Desk::grouped();
    desk.press("4 0 !");
    desk.pinned();
    let session = desk.order("Enter");
    desk.news(session, 40, Some(TERM), Happened::Outcome(Outcome::Delivered));
    desk.press("Space");
    desk.orders();
    desk.press("Esc");
    assert_eq!((desk.orders(), desk.app.table.tagged()), (vec!["cancel".to_owned()], 1));
    assert_eq!(desk.line(), None);
    desk.press("Esc");
    assert_eq!((desk.orders(), desk.app.table.tagged()), (vec![], 0), "a second one does what it did before");
    desk.news(session, 40, Some(TERM), Happened::Over { reached: 1, escaped: 0 });
    assert_eq!(desk.said(), "ladder: 0 of 1 ended; it was stopped before SIGKILL");
}

/// Whoever is stopped by `session` says so.
fn stop(desk: &mut Desk, session: u64, pids: &[u32]) {
    for pid in pids {
        desk.news(session, *pid, Some(STOP), Happened::Outcome(Outcome::Delivered));
        desk.news(session, *pid, Some(STOP), Happened::Verdict(Verdict::Stopped));
    }
}

#[test]
fn one_key_freezes_and_thaws() {
    let mut desk = Desk::grouped();
    desk.press("3 1");
    let session = desk.order("z");
    assert_eq!(desk.orders(), ["pin [31]", "SIGSTOP"]);
    stop(&mut desk, session, &[31]);
    assert!(desk.app.deeds.frozen.has(id(31)));
    let thaw = desk.order("z");
    assert_eq!(desk.orders(), ["pin [31]", "SIGCONT"]);
    desk.news(thaw, 31, Some(CONT), Happened::Verdict(Verdict::Continued));
    assert!(desk.app.deeds.frozen.is_empty());
    // Who was stopped by others goes on as well; where only some of them are stopped, the rest is stopped too.
    desk.see(MACHINE, &[31]);
    desk.order("z");
    assert_eq!(desk.orders(), ["pin [31]", "SIGCONT"]);
    desk.press("Space");
    desk.wait(5.0);
    desk.press("3 2 Space");
    desk.order("z");
    assert_eq!(desk.orders(), ["pin [31, 32]", "SIGSTOP"]);
    desk.press("U");
    desk.wait(5.0);
    desk.press("3 0");
    desk.order("f");
    assert_eq!(desk.orders(), ["pin [30]", "SIGSTOP, Subtree"]);
    desk.see(MACHINE, &[30, 31, 32]);
    desk.order("f");
    assert_eq!(desk.orders(), ["pin [30]", "SIGCONT, Subtree"]);
    // In the dialog it goes where the dialog aims.
    desk.see(MACHINE, &[]);
    desk.press("F9 Right");
    desk.order("z");
    assert_eq!(desk.orders().last().map(String::as_str), Some("SIGSTOP, Subtree"));
}

#[test]
fn whom_a_look_finds_gone_or_going_on_is_no_longer_frozen() {
    let mut desk = Desk::grouped();
    desk.press("3 1");
    let session = desk.order("z");
    stop(&mut desk, session, &[31, 32, 40]);
    // A sleeper is not read anew at each look: only who was seen to stand still can be seen to go on.
    desk.see(MACHINE, &[]);
    assert_eq!(desk.app.deeds.frozen.len(), 3);
    desk.see(MACHINE, &[31, 32]);
    desk.see(MACHINE, &[31]);
    assert_eq!([31, 32, 40].map(|pid| desk.app.deeds.frozen.has(id(pid))), [true, false, true]);
    desk.see(&MACHINE[..7], &[31]);
    assert_eq!([31, 32, 40].map(|pid| desk.app.deeds.frozen.has(id(pid))), [true, false, false]);
}

#[test]
fn freezing_somebody_dangerous_asks_first() {
    let mut desk = Desk::grouped();
    desk.press("1 0 z");
    assert_eq!(desk.menu().signal(), Signal::STOP);
    assert!(!desk.orders().iter().any(|order| order.starts_with("SIG")));
    desk.press("Enter y e s Enter");
    assert_eq!(desk.orders(), ["SIGSTOP"]);
    // The tree of init has everybody in it.
    desk.wait(5.0);
    desk.press("1 f");
    assert_eq!((desk.menu().scope, desk.menu().signal()), (Scope::Subtree, Signal::STOP));
    desk.press("Esc");
}

#[test]
fn a_freeze_with_an_end_ends_by_itself() {
    let mut desk = Desk::grouped();
    desk.press("3 1 Alt-z Backspace Backspace 8");
    let session = desk.order("Enter");
    assert_eq!(desk.orders(), ["pin [31]", "SIGSTOP"]);
    stop(&mut desk, session, &[31]);
    assert_eq!(desk.app.deeds.wakeup(desk.app.now), Some(Nanos(desk.at).plus(8.0)));
    desk.effects.clear();
    desk.press("F9");
    desk.orders();
    desk.wait(7.9);
    assert_eq!(desk.orders(), [""; 0]);
    desk.wait(0.2);
    assert_eq!(desk.acted(), session, "the same session");
    assert_eq!(desk.orders(), ["pin [31]", "SIGCONT only [31]"]);
    desk.wait(5.0);
    assert_eq!(desk.orders(), [""; 0], "once");
    // Who goes on before is left alone.
    desk.press("Esc Alt-z");
    let session = desk.order("Enter");
    stop(&mut desk, session, &[31]);
    let thaw = desk.order("z");
    desk.news(thaw, 31, Some(CONT), Happened::Verdict(Verdict::Continued));
    desk.orders();
    desk.wait(40.0);
    assert_eq!(desk.orders(), [""; 0]);
    desk.press("Alt-z Backspace Backspace x Enter");
    assert!(desk.said().contains("number of seconds") && desk.app.layer.is_some());
    // Dangers are asked about, and the time is kept.
    desk.press("Esc 1 0 Alt-z Enter");
    assert_eq!((desk.menu().thaw_after, desk.menu().signal()), (Some(30.0), Signal::STOP));
    desk.pinned();
    let session = desk.order("Enter y e s Enter");
    stop(&mut desk, session, &[10]);
    desk.orders();
    desk.wait(31.0);
    assert_eq!(desk.orders(), ["pin [10]", "SIGCONT only [10]"]);
}

#[test]
fn who_leaves_while_others_are_frozen_is_told() {
    let mut desk = Desk::grouped();
    desk.press("3 1");
    let session = desk.order("z");
    stop(&mut desk, session, &[31, 32]);
    desk.orders();
    desk.press("q");
    assert_eq!(desk.orders(), [""; 0]);
    assert_eq!(
        desk.said(),
        "2 processes are still frozen: z or Ctrl-U lets them go on; q again leaves them so"
    );
    desk.wait(11.0);
    desk.press("F10");
    assert_eq!(desk.orders(), [""; 0], "that was long ago");
    desk.press("q");
    assert_eq!(desk.orders(), ["Quit"]);
    let mut desk = Desk::grouped();
    desk.press("q");
    assert_eq!(desk.orders(), ["Quit"]);
}

#[test]
fn acts_are_taken_back_the_last_one_first() {
    let mut desk = Desk::grouped();
    desk.press("Ctrl-U");
    assert_eq!((desk.orders(), desk.said().as_str()), (vec![], "nothing to take back"));
    let change = |from, to| {
        let (from, to) = (Setting::Nice(from), Setting::Nice(to));
        Happened::Outcome(Outcome::Changed(Box::new(Change { from, to, threads: 1 })))
    };
    desk.press("3 1");
    let nice = desk.order("F8");
    desk.news(nice, 31, Some(Act::Renice(1)), change(0, 1));
    let none = desk.order("F8");
    desk.news(none, 31, Some(Act::Renice(1)), change(1, 1));
    let freeze = desk.order("z");
    stop(&mut desk, freeze, &[31, 32]);
    // A kill cannot be taken back.
    let kill = desk.order("F9 Enter");
    desk.news(kill, 40, Some(TERM), Happened::Verdict(Verdict::Killed { by: Signal::TERM, after: 0.1 }));
    desk.orders();
    desk.press("Ctrl-U");
    assert_eq!(
        (desk.orders(), desk.said().as_str()),
        (vec![format!("undo {freeze}")], "taking back: freeze of 2 processes")
    );
    let session = kill + 1;
    desk.news(session, 31, Some(CONT), Happened::Verdict(Verdict::Continued));
    desk.orders();
    desk.press("Ctrl-U");
    assert_eq!(desk.orders(), [format!("undo {nice}")]);
    assert_eq!(desk.said(), "taking back: nice → 1 of 31 cc1plus");
    // What taking back changes is not taken back.
    desk.news(session + 1, 31, Some(Act::Set(Setting::Nice(0))), change(1, 0));
    desk.orders();
    desk.press("Ctrl-U");
    assert_eq!((desk.orders(), desk.said().as_str()), (vec![], "nothing to take back"));
}

#[test]
fn what_went_on_by_itself_is_not_taken_back() {
    let mut desk = Desk::grouped();
    desk.press("3 1");
    let freeze = desk.order("z");
    stop(&mut desk, freeze, &[31]);
    let thaw = desk.order("z");
    desk.news(thaw, 31, Some(CONT), Happened::Verdict(Verdict::Continued));
    desk.press("Ctrl-U");
    assert_eq!(desk.said(), "nothing to take back");
}

#[test]
fn a_key_that_acts_at_once_reaches_nobody_whom_only_a_death_put_under_the_cursor() {
    for key in ["z", "f", "Alt-z"] {
        let mut desk = Desk::grouped();
        desk.press("Home Down Down");
        let gone = desk.selected();
        let rest: Vec<Spec> = MACHINE.iter().filter(|spec| spec.0 != gone).copied().collect();
        for _ in 0..4 {
            desk.see(&rest, &[]);
        }
        desk.orders();
        desk.press(key);
        assert!(desk.orders().is_empty() && desk.app.layer.is_none(), "{key}");
        assert!(desk.said().contains("is gone"), "{}", desk.said());
        desk.press(key);
        desk.press("Enter");
        assert!(desk.orders().iter().any(|order| order.starts_with("SIGSTOP")), "{key}: once more is meant");
    }
}

#[test]
fn the_act_menu_has_every_act_and_does_it() {
    let mut desk = Desk::grouped();
    desk.press("3 1 o");
    let Some(Layer::Menu(menu)) = &desk.app.layer else { panic!("no menu") };
    assert!(menu.items.iter().all(|item| Action::from_id(&item.key).is_some()));
    assert!(menu.items.iter().any(|item| item.label.starts_with("Ctrl-U")));
    desk.press("z Enter");
    assert_eq!(desk.orders(), ["pin [31]", "SIGSTOP"]);
    // The right button puts the cursor on its row first.
    desk.press("Esc Home");
    let at = desk.rows().iter().position(|row| row.ends_with("40")).unwrap();
    desk.tell(Msg::Mouse(MouseEvent::Right, Hit::Line(at)));
    desk.press("Enter");
    assert_eq!((desk.selected(), desk.aimed()), (40, vec![40]));
    desk.press("Esc");
    // The middle button tags, and tags go before the cursor.
    desk.tell(Msg::Mouse(MouseEvent::Middle, Hit::Line(0)));
    assert_eq!(desk.app.table.tagged(), 1);
    desk.tell(Msg::Mouse(MouseEvent::Right, Hit::Line(at)));
    desk.press("Enter");
    assert_eq!(desk.aimed(), [31]);
}

#[test]
fn the_mouse_chooses_signals_scopes_and_keys() {
    let mut desk = Desk::grouped();
    desk.press("3 0 F9");
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Scope(Scope::Subtree)));
    assert_eq!(desk.aimed(), [30, 31, 32]);
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Item(9)));
    assert_eq!(desk.menu().signal(), Signal::KILL);
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Press(Chord::char('!'))));
    assert_eq!(desk.menu().pick(), Pick::Ladder);
    desk.tell(Msg::Mouse(MouseEvent::WheelDown, Hit::Layer));
    assert_eq!(desk.menu().at, 3);
    desk.orders();
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Press(Chord::plain(Key::Enter))));
    assert_eq!(desk.orders(), ["SIGQUIT, Subtree"]);
}

#[test]
fn one_look_is_asked_for_however_much_happens() {
    let mut desk = Desk::grouped();
    let looks = |desk: &mut Desk| {
        let effects = std::mem::take(&mut desk.effects);
        effects.iter().filter(|effect| **effect == Effect::Sample).count()
    };
    let ended = |desk: &mut Desk, pid| {
        desk.news(9, pid, Some(TERM), Happened::Verdict(Verdict::Killed { by: Signal::TERM, after: 0.1 }));
    };
    (30..33).for_each(|pid| ended(&mut desk, pid));
    assert_eq!(looks(&mut desk), 1);
    // A look that began before the last of it asks for one more.
    let before = desk.at;
    desk.at += SECOND;
    ended(&mut desk, 40);
    assert_eq!(looks(&mut desk), 0);
    let late = derive(Some(&desk.app.snapshot), machine_of(before, MACHINE, &[]));
    desk.tell(Msg::Snapshot(Arc::new(late)));
    assert_eq!(looks(&mut desk), 1);
    desk.see(MACHINE, &[]);
    assert_eq!(looks(&mut desk), 0);
    ended(&mut desk, 10);
    assert_eq!(looks(&mut desk), 1);
}
