//! What keys, the mouse and news do to the mind: keys as strings, state and effects as sentences.
//!
//! A *desk* is a mind with a made-up machine before it; `press` gives it keys, `look` the next look at the machine.

mod control;
mod filter;
mod groups;
mod header;
mod htop;
mod journal;
mod lab;
mod manners;
mod readonly;
mod saved;
mod screens;
mod setup;
mod short_lived;
mod tame;
mod tree;
mod xray;

use std::sync::Arc;

use super::*;
use crate::config::Chord;
use crate::model::lab::{
    Bounds, Did, Group, Knob, KnobKind, LabNews, LabOrder, LaneEvent, Mode, RunPlan, RunReport, Settings,
    Workers, WorkloadInfo,
};
use crate::model::{
    Act, ControlNews, ControlOrder, CpuTimes, CpuUse, Happened, Hearing, Host, Kind, Memory, Pid, Reach,
    Reading, Sample, Seen, ShortLived, Signal, Snapshot, System, Task, TaskMemory, Untrusted, Verdict,
    derive,
};

const SECOND: u64 = 1_000_000_000;

/// pid, parent, name, uid, milliseconds of CPU in the last second, megabytes.
type Spec = (u32, u32, &'static str, u32, u64, u64);

const MACHINE: &[Spec] = &[
    (1, 0, "init", 0, 0, 10),
    (2, 0, "kthreadd", 0, 0, 0),
    (10, 1, "sshd", 0, 0, 5),
    (20, 10, "bash", 1000, 10, 8),
    (30, 20, "make", 1000, 20, 4),
    (31, 30, "cc1plus", 1000, 900, 800),
    (32, 30, "cc1plus", 1000, 300, 400),
    (40, 1, "postgres", 70, 50, 300),
];

fn machine(at: u64, specs: &[Spec]) -> Sample {
    let tasks = specs
        .iter()
        .map(|(pid, ppid, name, uid, cpu, mib)| Task {
            kind: if *name == "kthreadd" { Kind::Kernel } else { Kind::Process },
            parent: Pid::new(*ppid),
            comm: Arc::new(Untrusted::from(*name)),
            uid: Reading::Known(*uid),
            memory: Reading::Known(TaskMemory { resident: mib << 20, shared: 0 }),
            cpu_clock: Some(at / SECOND * cpu * 1_000_000),
            ..Task::bare(crate::model::ProcId::new(*pid, 100).unwrap())
        })
        .map(|task| Seen::new(task, Nanos(at)))
        .collect();
    let host = Host { ticks_per_second: 100, own_uid: 1000, own_pid: Pid::new(30), ..Host::default() };
    let cpus = vec![(0, CpuTimes::default()), (1, CpuTimes::default())];
    let memory = Some(Memory { total: 4 << 30, ..Memory::default() });
    Sample {
        taken: Nanos(at),
        tasks,
        system: System { host: Arc::new(host), cpus, memory, ..System::default() },
        ..Sample::default()
    }
}

struct Desk {
    app: App,
    effects: Vec<Effect>,
    at: u64,
}

impl Desk {
    /// A desk that has seen the machine twice, with ten rows in view.
    fn new() -> Desk {
        let (keymap, complaints) = Keymap::parse(DEFAULT_KEYMAP);
        assert_eq!(complaints, []);
        let workload = WorkloadInfo {
            id: "primes",
            group: Group::Compute,
            title: "the first prime from 1, 2, … 9 million on",
            lesson: "Nine tasks that share nothing: every core lights up.",
            watch: "Who works last.",
            modes: &[Mode::Pool, Mode::Serial, Mode::Threads, Mode::Fork],
            workers: Workers::Cpus,
            knobs: vec![Knob {
                id: "tasks",
                help: "number of tasks",
                kind: KnobKind::Number { min: 1.0, max: 64.0, step: 1.0 },
                default: "9",
            }],
            bounds: Bounds::ORDINARY,
        };
        let start = Start {
            keymap,
            themes: vec!["ember".into(), "ash".into()],
            delay: 1.0,
            lab: Lab::new(vec![workload], crate::model::lab::Machine { cpus: 4, ..Default::default() }, 32),
            ..Start::default()
        };
        let mut desk = Desk { app: App::new(start), effects: Vec::new(), at: 0 };
        desk.app.set_table_rows(10);
        desk.look(MACHINE);
        desk.look(MACHINE);
        desk.effects.clear();
        desk
    }

    fn look(&mut self, specs: &[Spec]) {
        self.at += SECOND;
        let shown = (self.app.snapshot.number > 0).then(|| self.app.snapshot.clone());
        let next = Arc::new(derive(shown.as_deref(), machine(self.at, specs)));
        self.tell(Msg::Snapshot(next));
    }

    /// A look since which children died that nobody saw: parent (0: not known), name, how many; each parent used 20 %
    /// of a core for them.
    fn look_past(&mut self, died: &[(u32, &str, u32)]) {
        self.at += SECOND;
        let mut sample = machine(self.at, MACHINE);
        let one = |(parent, name, count): &(u32, &str, u32)| ShortLived {
            parent: Pid::new(*parent),
            name: Some(Arc::new(Untrusted::from(*name))),
            count: *count,
        };
        sample.short_lived = died.iter().map(one).collect();
        sample.census.events = Hearing::All;
        for seen in &mut sample.tasks {
            if died.iter().any(|(parent, ..)| *parent == seen.id.pid.get()) {
                Arc::make_mut(&mut seen.task).cutime += 20;
            }
        }
        let next = Arc::new(derive(Some(&self.app.snapshot), sample));
        self.tell(Msg::Snapshot(next));
    }

    fn tell(&mut self, msg: Msg) {
        let effects = self.app.update(Nanos(self.at), msg);
        // What is in view changes all the time; only tests of that ask for it.
        self.effects.extend(effects.into_iter().filter(|effect| !matches!(effect, Effect::Wants(_))));
    }

    fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let chord: Chord = key.parse().unwrap();
            self.tell(Msg::Input(Input::Key(chord)));
        }
    }

    /// The rows by pid, groups by name and count, `>` before the selected one, `+` before tagged ones, dots for depth, `*`
    /// behind what is folded.
    fn rows(&self) -> Vec<String> {
        let row = |(i, line): (usize, &Line)| {
            let cursor = if i == self.app.table.cursor() { ">" } else { "" };
            if let (Among::Group, Some(groups)) = (line.among, &self.app.table.arranged().groups) {
                let (table, snapshot, at) = (&self.app.table, &self.app.snapshot, line.at as usize);
                let tag = if table.is_group_tagged(snapshot, line) { "+" } else { "" };
                let name = groups.phrase(snapshot, at, 40).unwrap();
                let fold = if line.fold == Fold::Closed { "*" } else { "" };
                return format!("{cursor}{tag}{name} {}{fold}", groups.members(at).len());
            }
            let proc = line.proc(&self.app.snapshot).unwrap();
            let tag = if self.app.table.is_tagged(proc.id()) { "+" } else { "" };
            let fold = if line.fold == Fold::Closed { "*" } else { "" };
            let dots = ".".repeat(usize::from(line.depth));
            let ended = match line.among {
                Among::Present | Among::Group => "",
                Among::ShortLived => "x",
                Among::Ended => "!",
            };
            format!("{cursor}{tag}{dots}{}{fold}{ended}", proc.task.id.pid)
        };
        self.app.table.lines().iter().enumerate().map(row).collect()
    }

    fn selected(&self) -> u32 {
        self.app.table.selected(&self.app.snapshot).map_or(0, |proc| proc.task.id.pid.get())
    }

    fn said(&self) -> String {
        self.app.notices.all().next().map_or_else(String::new, |notice| notice.text.clone())
    }
}

#[test]
fn rows_are_sorted_by_cpu_and_kernel_threads_are_hidden() {
    let mut desk = Desk::new();
    assert_eq!(desk.rows(), [">31", "32", "40", "30", "20", "1", "10"]);
    desk.press("K M");
    assert_eq!(desk.rows(), [">31", "32", "40", "1", "20", "10", "30", "2"]);
    desk.press("N");
    assert_eq!(desk.rows()[..3], [">1", "2", "10"]);
    desk.press("I");
    assert_eq!(desk.rows()[..3], [">40", "32", "31"]);
}

#[test]
fn the_cursor_stays_on_its_process_when_the_order_changes() {
    let mut desk = Desk::new();
    desk.press("Down Down");
    assert_eq!(desk.selected(), 40);
    let mut busy = MACHINE.to_vec();
    busy[7].4 = 5000;
    desk.look(&busy);
    assert_eq!(desk.rows()[0], ">40");
    // At rest on the first row it stays there, whoever comes to stand on it.
    desk.press("Home");
    desk.look(MACHINE);
    assert_eq!(desk.app.table.cursor(), 0);
}

#[test]
fn what_looks_the_same_keeps_its_place() {
    let mut desk = Desk::new();
    let mut idle = (*desk.app.snapshot).clone();
    // All of them are shown as 0.0; nobody goes before another for ten microseconds more.
    for (i, proc) in idle.procs.iter_mut().enumerate() {
        proc.cpu = Some(0.005 * i as f64);
    }
    desk.tell(Msg::Snapshot(Arc::new(idle.clone())));
    assert_eq!(desk.rows(), [">31", "32", "40", "30", "20", "1", "10"]);
    idle.procs[2].cpu = Some(3.0);
    idle.number += 1;
    desk.tell(Msg::Snapshot(Arc::new(idle)));
    assert_eq!(desk.rows()[0], ">10");
}

#[test]
fn a_process_that_is_gone_leaves_the_cursor_in_its_place() {
    let mut desk = Desk::new();
    desk.press("E Down");
    assert_eq!(desk.selected(), 32);
    let left: Vec<Spec> = MACHINE.iter().copied().filter(|spec| spec.0 != 32).collect();
    desk.look(&left);
    assert_eq!((desk.selected(), desk.app.table.cursor()), (40, 1));
}

#[test]
fn what_ended_is_marked_where_it_stood() {
    let mut desk = Desk::new();
    let left: Vec<Spec> = MACHINE.iter().copied().filter(|spec| spec.0 != 32).collect();
    desk.look(&left);
    assert!(desk.rows().contains(&"32!".to_owned()), "{:?}", desk.rows());
    desk.press("t");
    assert!(desk.rows().contains(&"....32!".to_owned()), "{:?}", desk.rows());
    desk.press("E");
    assert!(!desk.rows().iter().any(|row| row.contains('!')));
}

#[test]
fn what_ended_stays_below_its_nearest_living_ancestor_or_under_its_fold() {
    let without = |gone: &[u32]| -> Vec<Spec> {
        MACHINE.iter().copied().filter(|spec| !gone.contains(&spec.0)).collect()
    };
    let mut desk = Desk::new();
    desk.press("F5");
    desk.look(&without(&[30, 31, 32]));
    assert_eq!(desk.rows(), [">1", ".40", ".10", "..20", "...30!", "...31!", "...32!"]);
    let last: Vec<bool> = desk.app.table.lines().iter().rev().take(3).map(|line| line.last).collect();
    assert_eq!(last, [true, false, false], "one corner for the three");

    let mut desk = Desk::new();
    desk.press("F5 Down Down -");
    assert_eq!(desk.rows(), ["1", ".40", ">.10*"]);
    desk.look(&without(&[32]));
    assert_eq!(desk.rows(), ["1", ".40", ">.10*"], "its parent is hidden, and so is it");
}

#[test]
fn the_tree_folds_and_a_folded_row_has_the_sum() {
    let mut desk = Desk::new();
    desk.press("F5");
    assert_eq!(desk.rows(), [">1", ".40", ".10", "..20", "...30", "....31", "....32"]);
    desk.press("W");
    assert_eq!(desk.rows()[..3], [">1", ".10", "..20"]);
    desk.press("Down Down Down -");
    assert_eq!(desk.rows(), ["1", ".10", "..20", ">...30*", ".40"]);
    let line = desk.app.table.lines()[3];
    assert_eq!(desk.app.table.arranged().sums[line.at as usize].cpu.map(f64::round), Some(122.0));
    desk.press("Backspace");
    assert_eq!(desk.rows(), ["1", ".10", ">..20*", ".40"]);
    desk.press("*");
    assert_eq!(desk.rows(), ["1", ">.10*", ".40"]);
    desk.press("*");
    assert_eq!(desk.rows().len(), 7);
}

#[test]
fn the_filter_narrows_while_it_is_typed_and_keeps_ancestors_in_the_tree() {
    let mut desk = Desk::new();
    desk.press("F4 c c 1");
    assert_eq!(desk.rows(), [">31", "32"]);
    desk.press("Enter t");
    assert_eq!(desk.rows(), [">1", ".10", "..20", "...30", "....31", "....32"]);
    assert_eq!(desk.app.table.arranged().matching, 2);
    assert!(desk.app.table.lines()[0].context && !desk.app.table.lines()[4].context);
    desk.press("F4 Esc t");
    assert_eq!(desk.rows().len(), 7);
}

#[test]
fn search_jumps_and_goes_round() {
    let mut desk = Desk::new();
    desk.press("/ c c");
    assert_eq!(desk.selected(), 31);
    desk.press("F3");
    assert_eq!(desk.selected(), 32);
    desk.press("Enter n");
    assert_eq!(desk.selected(), 31);
    desk.press("/ z z");
    assert!(matches!(&desk.app.layer, Some(Layer::Line(line)) if line.failed));
    assert_eq!(desk.selected(), 31);
}

#[test]
fn digits_find_a_pid() {
    let mut desk = Desk::new();
    desk.press("4 0");
    assert_eq!((desk.selected(), desk.app.typed_pid()), (40, Some("40")));
    // What was typed gives the line back by itself: a verdict may have to be said there.
    let end = desk.app.wakeup().expect("something is to change");
    desk.app.update(end, Msg::Tick);
    assert_eq!(desk.app.typed_pid(), None);
    desk.at += 5 * SECOND;
    desk.press("1 0");
    assert_eq!(desk.selected(), 10);
}

#[test]
fn one_user_alone() {
    let mut desk = Desk::new();
    desk.press("u Down Down Enter");
    assert_eq!(desk.rows(), [">40"]);
    desk.press("u Home Enter");
    assert_eq!(desk.rows().len(), 7);
}

#[test]
fn the_signal_menu_pins_when_it_opens_and_sends_to_the_pinned() {
    let mut desk = Desk::new();
    desk.press("F9");
    let [
        Effect::Control(ControlOrder::Pin { session, targets }),
        Effect::Control(ControlOrder::Survey { .. }),
    ] = &desk.effects[..]
    else {
        panic!("{:?}", desk.effects)
    };
    assert_eq!(targets.iter().map(|t| t.id.pid.get()).collect::<Vec<_>>(), [31]);
    let (session, target) = (*session, targets[0].clone());
    // The list moves under it; the target does not.
    let mut busy = MACHINE.to_vec();
    busy[7].4 = 9000;
    desk.look(&busy);
    let what = Happened::Pinned(Box::default());
    desk.tell(Msg::Control(Box::new(ControlNews { session, target: target.clone(), act: None, what })));
    desk.effects.clear();
    desk.press("9 Enter");
    let act = Act::Signal(Signal::KILL);
    assert_eq!(
        desk.effects,
        [Effect::Control(ControlOrder::Act { session, act, only: vec![], reach: Reach::Pinned })]
    );
    let what = Happened::Verdict(Verdict::Killed { by: Signal::KILL, after: 0.1 });
    desk.tell(Msg::Control(Box::new(ControlNews { session, target, act: Some(act), what })));
    assert!(desk.said().contains("31 cc1plus: killed by SIGKILL"), "{}", desk.said());
    desk.press("F9");
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    assert_eq!(menu.signal(), Signal::TERM, "SIGKILL is not one careless Enter away");
}

#[test]
fn what_an_act_came_to_for_many_is_one_sentence() {
    let mut desk = Desk::new();
    desk.press("Space Space Space F9 Enter y e s Enter");
    let Some(Effect::Control(ControlOrder::Act { session, .. })) = desk.effects.last() else { panic!() };
    let session = *session;
    let mut tell = |pid: u32, verdict: Verdict| {
        let id = crate::model::ProcId::new(pid, 100).unwrap();
        let target = crate::model::Target::new(id, "cc1plus");
        desk.tell(Msg::Control(Box::new(ControlNews {
            session,
            target,
            act: Some(Act::Signal(Signal::TERM)),
            what: Happened::Verdict(verdict),
        })));
        desk.app.notices.current(desk.app.now).map(|notice| notice.text.clone()).collect::<Vec<_>>()
    };
    let killed = || Verdict::Killed { by: Signal::TERM, after: 0.0 };
    assert_eq!(tell(31, killed()), ["31 cc1plus: killed by SIGTERM at once"]);
    // Some take longer than others; that is no other end.
    let later = Verdict::Killed { by: Signal::TERM, after: 0.3 };
    assert_eq!(tell(32, later), ["2 processes: killed by SIGTERM"]);
    let all = tell(40, Verdict::Exited { status: 3, after: 0.0 });
    assert_eq!(all, ["40 cc1plus: exited with status 3 at once", "2 processes: killed by SIGTERM"]);
}

#[test]
fn of_two_changes_the_last_is_told_and_what_an_act_came_to_stays() {
    let mut desk = Desk::new();
    let said =
        crate::app::notices::Said { one: "7 sh: ended".into(), many: "ended".into(), advice: String::new() };
    desk.app.notices.say_of(desk.app.now, crate::model::Role::Good, 1, &said);
    desk.press("K V V");
    let now: Vec<_> = desk.app.notices.current(desk.app.now).map(|notice| notice.text.as_str()).collect();
    assert_eq!(now, ["theme: ember, 1 of 2", "7 sh: ended"]);
}

#[test]
fn a_click_beside_a_typed_filter_keeps_it() {
    let mut desk = Desk::new();
    desk.press("F4 c c 1");
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Line(1)));
    assert!(desk.app.layer.is_none());
    assert_eq!(desk.app.table.filter_text, "cc1");
    assert_eq!(desk.rows(), [">31", "32"]);
}

#[test]
fn a_target_that_ends_while_the_dialog_is_open_is_not_sent_to() {
    let mut desk = Desk::new();
    desk.press("k");
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    let (session, target) = (menu.aims.session, menu.aims.targets[0].target.clone());
    desk.tell(Msg::Control(Box::new(ControlNews { session, target, act: None, what: Happened::Vanished })));
    desk.effects.clear();
    desk.press("Enter");
    assert_eq!(desk.effects, [Effect::Control(ControlOrder::Release { session })]);
    assert!(desk.said().contains("nothing sent"));
}

#[test]
fn tags_go_before_the_cursor_and_esc_lets_go() {
    let mut desk = Desk::new();
    desk.press("Down Space Space F9");
    let Some(Effect::Control(ControlOrder::Pin { targets, session })) = desk.effects.first() else {
        panic!()
    };
    assert_eq!(targets.iter().map(|t| t.id.pid.get()).collect::<Vec<_>>(), [32, 40]);
    let session = *session;
    desk.effects.clear();
    desk.press("Esc");
    assert_eq!(desk.effects, [Effect::Control(ControlOrder::Release { session })]);
    desk.press("U");
    assert_eq!(desk.app.table.tagged(), 0);
    desk.press("Home 3 0 c");
    assert_eq!(desk.app.table.tagged(), 3);
}

#[test]
fn dangerous_targets_are_spelled_out() {
    let mut desk = Desk::new();
    desk.press("1 Space 2 0 Space F9");
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    let all: Vec<String> = menu.dangers.iter().map(crate::model::Danger::sentence).collect();
    let all = all.join("\n");
    assert!(
        all.contains("PID 1") && all.contains("glowtop runs below 20 bash") && all.contains("2 users"),
        "{all}"
    );
}

#[test]
fn renice_pins_and_acts_at_once() {
    let mut desk = Desk::new();
    desk.press("F8");
    assert!(matches!(
        &desk.effects[..],
        [
            Effect::Control(ControlOrder::Pin { .. }),
            Effect::Control(ControlOrder::Act { act: Act::Renice(1), .. })
        ]
    ));
}

#[test]
fn an_act_at_once_reaches_nobody_whom_only_a_death_put_under_the_cursor() {
    let mut desk = Desk::new();
    desk.press("Home Down Down");
    let gone = desk.selected();
    let acts = |desk: &Desk| {
        let is_act = |effect: &&Effect| matches!(effect, Effect::Control(ControlOrder::Act { .. }));
        desk.effects.iter().filter(is_act).count()
    };
    let rest: Vec<Spec> = MACHINE.iter().filter(|spec| spec.0 != gone).copied().collect();
    // Its row stays for a while; then somebody else stands there.
    for _ in 0..4 {
        desk.look(&rest);
    }
    assert_ne!(desk.selected(), gone);
    desk.press("F8");
    assert!(acts(&desk) == 0 && desk.said().contains("is gone"), "{}", desk.said());
    desk.press("F8");
    assert_eq!(acts(&desk), 1, "whoever says it twice means it");
    // Whoever moves the cursor knows where it is.
    for _ in 0..4 {
        desk.look(&MACHINE[..3]);
    }
    let before = acts(&desk);
    desk.press("Down Up F8");
    assert_eq!(acts(&desk), before + 1);
}

#[test]
fn pause_freezes_the_display_and_going_on_shows_the_newest() {
    let mut desk = Desk::new();
    desk.press("Z");
    desk.look(&MACHINE[..3]);
    assert_eq!(desk.rows().len(), 7);
    desk.press("Z");
    assert_eq!(desk.app.snapshot.procs.len(), 3);
}

#[test]
fn pause_freezes_the_history_and_the_sensors_too() {
    let mut desk = Desk::new();
    let busy = |desk: &mut Desk, number| {
        let cpu = Some(CpuUse { user: 0.5, ..CpuUse::default() });
        let next = Snapshot { number, cpu, ..Snapshot::clone(&desk.app.snapshot) };
        desk.tell(Msg::Snapshot(Arc::new(next)));
    };
    busy(&mut desk, 10);
    let before = desk.app.history.len();
    assert!(before > 0 && desk.app.sensors.is_none());
    desk.press("Z");
    busy(&mut desk, 11);
    busy(&mut desk, 12);
    desk.tell(Msg::Sensors(Arc::default()));
    // Whatever else is drawn meanwhile, it is the history of what is shown.
    desk.press("Down");
    assert_eq!((desk.app.history.len(), desk.app.sensors.is_none()), (before, true));
    desk.press("Z");
    assert_eq!((desk.app.history.len(), desk.app.sensors.is_none()), (before + 2, false));
}

#[test]
fn the_delay_is_checked() {
    let mut desk = Desk::new();
    desk.press("d Ctrl-U 0 . 5 Enter");
    assert_eq!(desk.effects, [Effect::Interval(0.5)]);
    desk.press("d Ctrl-U x Enter");
    assert!(desk.said().contains("number of seconds") && desk.app.layer.is_some());
}

#[test]
fn follow_keeps_the_row_in_its_place() {
    let mut desk = Desk::new();
    desk.app.set_table_rows(2);
    desk.press("4 0 F");
    let row = desk.app.table.cursor() - desk.app.table.first;
    let mut idle = MACHINE.to_vec();
    idle[7].4 = 0;
    desk.look(&idle);
    desk.look(&idle);
    assert_eq!((desk.selected(), desk.app.table.cursor() - desk.app.table.first), (40, row));
    assert!(desk.app.table.follow);
    desk.press("Up");
    assert!(!desk.app.table.follow);
}

#[test]
fn the_mouse_selects_sorts_folds_and_presses_keys() {
    let mut desk = Desk::new();
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Line(2)));
    assert_eq!(desk.selected(), 40);
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Column(0)));
    assert_eq!(desk.app.table.sort.id, "pid");
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Key(Action::Tree)));
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::FoldMark(1)));
    assert_eq!(desk.rows(), ["1", ">.10*", ".40"]);
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Tab(Tab::Lab)));
    assert_eq!(desk.app.screen, Screen::Lab);
}

#[test]
fn the_lab_runs_one_plan_at_a_time_and_compares() {
    let mut desk = Desk::new();
    desk.press("L Enter");
    let [Effect::LookBack, Effect::Lab(LabOrder::Run(plan))] = &desk.effects[..] else {
        panic!("{:?}", desk.effects)
    };
    let run = |mode, workers| RunPlan { mode, workers, settings: Settings::default() };
    assert_eq!(plan.runs, [run(Mode::Serial, 1), run(Mode::Pool, 4)]);
    desk.press("Enter");
    assert_eq!(desk.effects.len(), 2);
    for (index, (mode, workers, real_s)) in
        [(Mode::Serial, 1, 4.0), (Mode::Pool, 4, 1.25)].into_iter().enumerate()
    {
        let run = run(mode, workers);
        let at = |what, at| LaneEvent { worker: 1, at, what };
        let (begin, end) = (Did::Begin { task: 1, cpu: 0 }, Did::End { task: 1, answer: 7, right: true });
        let lanes = vec![at(begin, 0), at(end, (real_s * 1e9) as u64)];
        let report = RunReport { real_s, user_s: real_s, answer_ok: true, ..RunReport::blank(&run) };
        desk.tell(Msg::Lab(LabNews::RunStarted { index, run, tasks: 1, rounds: 1 }));
        desk.tell(Msg::Lab(LabNews::Lanes(lanes)));
        desk.tell(Msg::Lab(LabNews::RunDone(Box::new(report))));
    }
    desk.tell(Msg::Lab(LabNews::Ended { problem: None }));
    let result = desk.app.lab.show.result().expect("a comparison");
    assert_eq!((result.speedup.as_ref().map(|ratio| ratio.value), result.efficiency), (Some(3.2), Some(0.8)));
    assert!(!desk.app.lab.running);
    desk.press("m + + Enter");
    assert!(
        matches!(desk.effects.last(), Some(Effect::Lab(LabOrder::Run(plan))) if plan.runs[1] == run(Mode::Threads, 6))
    );
}

#[test]
fn pasted_text_is_text_for_a_line_and_nothing_else() {
    let mut desk = Desk::new();
    desk.tell(Msg::Input(Input::Paste("kq9\n".into())));
    assert!(desk.effects.is_empty() && desk.app.layer.is_none());
    desk.press("/");
    desk.tell(Msg::Input(Input::Paste("post\n".into())));
    assert_eq!(desk.selected(), 40);
}

#[test]
fn nothing_to_show_is_no_trouble() {
    let mut desk = Desk::new();
    desk.look(&[]);
    desk.look(&[]);
    desk.look(&[]);
    desk.press("Down Up PageDown PageUp End Home F9 F7 Space c t - * Backspace F k / x Enter n u Enter F6 Enter 1 H K p E");
    assert_eq!(desk.rows(), [""; 0]);
}

#[test]
fn what_is_on_screen_is_wanted() {
    let mut desk = Desk::new();
    let wants = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|e| if let Effect::Wants(w) = e { Some(w.0) } else { None })
    };
    desk.app.set_table_rows(2);
    let effects = desk.app.update(Nanos(desk.at), Msg::Input(Input::Key(Chord::char('H'))));
    let wanted = wants(effects).expect("threads are wanted now");
    assert!(wanted.needs.has(crate::model::Needs::THREADS));
    assert_eq!(wanted.visible.iter().map(|id| id.pid.get()).collect::<Vec<_>>(), [31, 32]);
}

#[test]
fn sensors_that_say_the_same_are_not_worth_a_frame() {
    let mut desk = Desk::new();
    let reading = |available| {
        let disk = crate::model::Disk { available, ..crate::model::Disk::default() };
        Msg::Sensors(Arc::new(crate::model::Sensors {
            disks: vec![disk],
            ..crate::model::Sensors::default()
        }))
    };
    desk.tell(reading(1));
    assert!(desk.app.take_dirty());
    desk.tell(reading(1));
    assert!(!desk.app.take_dirty());
    desk.tell(reading(2));
    assert!(desk.app.take_dirty());
}

#[test]
fn sorting_by_what_others_may_change_needs_every_row_fresh() {
    let mut desk = Desk::new();
    let [stat, memory] = [crate::model::Needs::FRESH_STAT, crate::model::Needs::FRESH_MEMORY];
    let fresh = |desk: &Desk| [stat, memory].map(|needs| desk.app.wants().needs.has(needs));
    assert_eq!(fresh(&desk), [false, false]);
    for (id, wanted) in [("nice", [true, false]), ("priority", [true, false]), ("res", [false, true])] {
        desk.app.table.sort = crate::catalog::column(id).unwrap();
        assert_eq!(fresh(&desk), wanted, "{id}");
    }
    desk.press("T");
    assert_eq!(fresh(&desk), [false, false]);
}

#[test]
fn a_look_that_is_old_says_so_once() {
    let mut desk = Desk::new();
    let (taken, overdue) = (desk.at, Nanos(desk.at + SECOND * 5 / 2));
    assert_eq!((desk.app.is_old(), desk.app.wakeup()), (false, Some(overdue)));
    desk.app.take_dirty();
    desk.app.update(overdue, Msg::Tick);
    assert!(desk.app.is_old() && desk.app.take_dirty());
    assert_eq!(desk.app.wakeup(), None, "nothing is drawn only because it gets older");
    desk.at = taken + 4 * SECOND;
    desk.look(MACHINE);
    assert!(!desk.app.is_old());
    desk.press("Z");
    assert_eq!((desk.app.is_old(), desk.app.wakeup()), (true, None));
}
