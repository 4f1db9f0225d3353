//! Whole screens of the real view over a made-up machine, as pictures of two planes: the symbols, which are the same
//! in every theme, and below them how each is styled.
//!
//! After a change of the look: `INSTA_UPDATE=always cargo test --test it screens`, then read the diff.

use std::collections::BTreeSet;
use std::sync::Arc;

use glowtop::app::{App, DEFAULT_KEYMAP, Hit, Input, Keymap, Lab, Layer, MouseEvent, Msg, Start};
use glowtop::config::{self, BUILTIN_THEMES, Chord};
use glowtop::model::{
    Act, Census, CensusBy, Command, ControlNews, Cost, CpuTimes, Disposition, Happened, Hearing, Host, Kind,
    Load, Memory, Nanos, Outcome, Pid, Pressure, ProcId, Reading, Sample, Seen, ShortLived, Signal,
    SignalSet, Snapshot, Stall, Standing, State, System, Task, TaskMemory, Verdict, derive,
};
use glowtop::view::{self, Depth, Layout, Theme, picture};
use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use crate::lab_screens;

pub(crate) const SECOND: u64 = 1_000_000_000;
const TICKS: u64 = 100;
/// The machine has been up for this long when it is looked at first, seconds.
const UP: u64 = 100_000;

/// pid, parent, uid, name, command line, CPU in percent of one core, resident MiB, nice.
pub(crate) type Spec = (u32, u32, u32, &'static str, &'static str, u64, u64, i32);

pub(crate) const MACHINE: &[Spec] = &[
    (1, 0, 0, "systemd", "/sbin/init splash", 0, 13, 0),
    (2, 0, 0, "kthreadd", "", 0, 0, 0),
    (17, 2, 0, "ksoftirqd/0", "", 1, 0, 0),
    (301, 1, 0, "systemd-journal", "/lib/systemd/systemd-journald", 0, 48, 0),
    (412, 1, 0, "sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", 0, 9, 0),
    (690, 1, 70, "postgres", "/usr/lib/postgresql/17/bin/postgres -D /var/lib/postgresql/17", 2, 320, 0),
    (702, 690, 70, "postgres", "postgres: checkpointer", 0, 84, 0),
    (703, 690, 70, "postgres", "postgres: app orders 10.0.3.17(52114) SELECT", 61, 211, 0),
    (704, 690, 70, "postgres", "postgres: autovacuum launcher", 0, 12, 0),
    (810, 1, 0, "nginx", "nginx: master process /usr/sbin/nginx", 0, 6, 0),
    (811, 810, 33, "nginx", "nginx: worker process", 9, 22, 0),
    (812, 810, 33, "nginx", "nginx: worker process", 7, 21, 0),
    (1200, 412, 0, "sshd", "sshd: ann [priv]", 0, 10, 0),
    (1203, 1200, 1000, "bash", "-bash", 0, 5, 0),
    (1310, 1203, 1000, "make", "make -j4", 0, 4, 0),
    (1311, 1310, 1000, "cc1plus", "/usr/lib/gcc/x86_64/14/cc1plus -O2 src/café.cpp -o a.o", 98, 812, 0),
    (1312, 1310, 1000, "cc1plus", "/usr/lib/gcc/x86_64/14/cc1plus -O2 src/漢字.cpp -o b.o", 94, 640, 5),
    (1313, 1310, 1000, "as", "/usr/bin/as -64 -o c.o /tmp/cc3\u{1b}[31mHk.s", 3, 9, 0),
    (1400, 1203, 1000, "glowtop", "glowtop", 1, 7, 0),
    (1501, 1, 1000, "python3", "/usr/bin/python3 -m celery worker --concurrency=8", 28, 190, 10),
    (1502, 1501, 1000, "python3", "/usr/bin/python3 -m celery worker --concurrency=8", 12, 170, 10),
    (1503, 1501, 1000, "python3", "", 0, 0, 10),
];

fn task(spec: &Spec, at: u64) -> Task {
    let (pid, parent, uid, name, command, cpu, resident, nice) = *spec;
    let user = match uid {
        0 => "root",
        33 => "www-data",
        70 => "postgres",
        _ => "ann",
    };
    let state = match (name, cpu) {
        ("python3", 0) => State::ZOMBIE,
        (_, 50..) => State::RUNNING,
        _ => State::SLEEPING,
    };
    let work = (at / SECOND) * cpu * (SECOND / 100);
    Task {
        kind: if parent == 2 || pid == 2 { Kind::Kernel } else { Kind::Process },
        parent: Pid::new(parent),
        state,
        comm: Arc::new(name.into()),
        command: Command::parse(command.replace(' ', "\0").as_bytes())
            .map_or(Reading::NotRead, |command| Reading::Known(Arc::new(command))),
        uid: Reading::Known(uid),
        user: Some(Arc::new(user.into())),
        cpu_clock: Some(work),
        utime: work / (SECOND / TICKS),
        memory: Reading::Known(TaskMemory { resident: resident << 20, shared: resident << 18 }),
        virt: (resident * 3) << 20,
        priority: 20 + nice as i16,
        nice,
        threads: if name == "postgres" { 1 } else { 2 },
        processor: Some(pid % 4),
        ..Task::bare(ProcId::new(pid, u64::from(pid) * TICKS).unwrap())
    }
}

pub(crate) fn sample(at: u64, specs: &[Spec]) -> Sample {
    let seconds = at / SECOND;
    let cpu = |core: u64| {
        let user = seconds * [90, 55, 30, 5][core as usize % 4];
        let system = seconds * [8, 12, 6, 1][core as usize % 4];
        CpuTimes {
            user,
            nice: seconds * (core % 3),
            system,
            idle: seconds * TICKS - user - system - seconds * (core % 3),
            ..CpuTimes::default()
        }
    };
    let stall = |now| Some(Stall { avg10: now, avg60: now / 2.0, avg300: now / 4.0 });
    Sample {
        taken: Nanos(at),
        since_boot: Nanos(UP * SECOND + at),
        wall: 1_800_000_000 * SECOND + at,
        tasks: specs.iter().map(|spec| Seen::new(task(spec, at), Nanos(at))).collect(),
        cost: Cost { cpu: 0.003, wall: 0.0041, own_cpu: seconds as f64 / 100.0, own_memory: Some(7 << 20) },
        system: System {
            host: Arc::new(Host {
                name: "web-3".into(),
                kernel: "Linux 6.18.0".into(),
                ticks_per_second: TICKS,
                page_size: 4096,
                boot_time: Some(1_800_000_000 - UP),
                own_uid: 1000,
                own_pid: Pid::new(1400),
                utc_offset_s: Some(0),
            }),
            cpu: CpuTimes::default(),
            cpus: (0..4).map(|core| (core, cpu(u64::from(core)))).collect(),
            memory: Some(Memory {
                total: 16 << 30,
                free: 6 << 30,
                available: Some(10 << 30),
                buffers: 1 << 29,
                cached: 5 << 30,
                shmem: 1 << 28,
                swap_total: 4 << 30,
                swap_free: 3 << 30,
                ..Memory::default()
            }),
            load: Some(Load { one: 2.41, five: 1.8, fifteen: 1.02, tasks: Some(412), last_pid: Some(1503) }),
            pressure: Some(Pressure {
                cpu_some: stall(4.1),
                io_some: stall(0.2),
                memory_some: stall(0.0),
                ..Pressure::default()
            }),
            running: Some(3),
            ..System::default()
        },
        ..Sample::default()
    }
}

/// The whole program but for the world: what is pressed and what comes in, and the screen after it.
pub(crate) struct Desk {
    pub(crate) app: App,
    themes: Vec<Theme>,
    size: (u16, u16),
    pub(crate) at: u64,
}

impl Desk {
    /// Nothing has been looked at yet.
    pub(crate) fn bare(size: (u16, u16), depth: Depth, unicode: bool) -> Desk {
        let theme = |(_, text): &(&str, &str)| Theme::new(&config::Theme::parse(text).0, depth, unicode);
        let start = Start {
            keymap: Keymap::parse(DEFAULT_KEYMAP).0,
            themes: BUILTIN_THEMES.iter().map(|(name, _)| (*name).to_owned()).collect(),
            delay: 1.0,
            lab: Lab::new(
                lab_screens::workloads(),
                glowtop::model::lab::Machine { cpus: 4, ..Default::default() },
                32,
            ),
            ..Start::default()
        };
        let themes = BUILTIN_THEMES.iter().map(theme).collect();
        let mut desk = Desk { app: App::new(start), themes, size, at: SECOND };
        desk.tell(Msg::Size(size.0, size.1));
        desk
    }

    /// The machine has been looked at for a while.
    pub(crate) fn new(size: (u16, u16)) -> Desk {
        Desk::bare(size, Depth::True, true).looked()
    }

    pub(crate) fn looked(mut self) -> Desk {
        for _ in 0..8 {
            self.look(MACHINE);
        }
        self
    }

    pub(crate) fn look(&mut self, specs: &[Spec]) {
        self.at += SECOND;
        self.show(sample(self.at, specs));
    }

    pub(crate) fn show(&mut self, sample: Sample) {
        let shown = (self.app.snapshot.number > 0).then(|| self.app.snapshot.clone());
        self.tell(Msg::Snapshot(Arc::new(derive(shown.as_deref(), sample))));
    }

    /// A look since which children of make and of sshd died that nobody saw, and one of somebody who is not known. The
    /// CPUs were as busy as all of them and a little more.
    fn look_past(&mut self) {
        self.at += SECOND;
        let mut sample = sample(self.at, MACHINE);
        let seconds = self.at / SECOND;
        for (core, times) in &mut sample.system.cpus {
            let busy = [98, 96, 88, 69][*core as usize % 4];
            *times = CpuTimes {
                user: seconds * (busy - 9),
                system: seconds * 6,
                irq: seconds * 3 * u64::from(*core == 0),
                softirq: seconds * 3 * u64::from(*core > 0),
                idle: seconds * (TICKS - busy),
                ..CpuTimes::default()
            };
        }
        let sum = |pick: fn(&CpuTimes) -> u64| sample.system.cpus.iter().map(|(_, times)| pick(times)).sum();
        sample.system.cpu = CpuTimes {
            user: sum(|t| t.user),
            system: sum(|t| t.system),
            irq: sum(|t| t.irq),
            softirq: sum(|t| t.softirq),
            idle: sum(|t| t.idle),
            ..CpuTimes::default()
        };
        let one = |parent: u32, name: &str, count| ShortLived {
            parent: Pid::new(parent),
            name: Some(Arc::new(name.into())),
            count,
        };
        sample.short_lived =
            vec![one(1310, "sh", 200), one(1310, "date", 40), one(412, "ssh\u{1b}[0m", 1), one(0, "cron", 2)];
        sample.census = Census { by: CensusBy::Events, events: Hearing::All, checks: 3, overlooked: 0 };
        for seen in sample.tasks.iter_mut().filter(|seen| seen.id.pid.get() == 1310) {
            Arc::make_mut(&mut seen.task).cutime = seconds * 16;
            Arc::make_mut(&mut seen.task).cstime = seconds * 6;
        }
        self.show(sample);
    }

    pub(crate) fn area(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }

    /// As the shell does: the table knows its rows before anything happens to it.
    pub(crate) fn tell(&mut self, msg: Msg) {
        self.app.set_table_rows(Layout::new(self.area(), &self.app).table_rows(&self.app));
        self.app.update(Nanos(self.at), msg);
        self.app.set_table_rows(Layout::new(self.area(), &self.app).table_rows(&self.app));
    }

    pub(crate) fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.tell(Msg::Input(Input::Key(key.parse::<Chord>().unwrap())));
        }
    }

    pub(crate) fn click(&mut self, x: u16, y: u16) {
        let hit = view::hit(&self.app, self.area(), x, y);
        self.tell(Msg::Mouse(MouseEvent::Left, hit));
    }

    /// The pins of the open dialog are answered in turn.
    pub(crate) fn answer(&mut self, answers: &[Happened]) {
        let Some(Layer::Signal(menu)) = &self.app.layer else { panic!("no dialog") };
        let session = menu.aims.session;
        let targets: Vec<_> = menu.aims.targets.iter().map(|aimed| aimed.target.clone()).collect();
        for (target, what) in targets.into_iter().zip(answers) {
            self.tell(Msg::Control(Box::new(ControlNews { session, target, act: None, what: what.clone() })));
        }
    }

    pub(crate) fn theme(&self) -> &Theme {
        &self.themes[self.app.theme]
    }

    pub(crate) fn drawn(&self) -> Buffer {
        let mut buf = Buffer::empty(self.area());
        view::draw(&self.app, self.theme(), self.area(), &mut buf);
        buf
    }

    pub(crate) fn picture(&self) -> String {
        picture::text(&self.drawn())
    }
}

pub(crate) const SMALL: (u16, u16) = (80, 24);
pub(crate) const MIDDLE: (u16, u16) = (120, 40);
pub(crate) const LARGE: (u16, u16) = (200, 50);

#[test]
fn processes() {
    insta::assert_snapshot!("processes_80x24", Desk::new(SMALL).picture());
    insta::assert_snapshot!("processes_120x40", Desk::new(MIDDLE).picture());
    insta::assert_snapshot!("processes_200x50", Desk::new(LARGE).picture());
    let plain = Desk::bare(SMALL, Depth::Mono, false).looked();
    insta::assert_snapshot!("processes_80x24_mono_ascii", plain.picture());
    assert!(plain.drawn().content.iter().all(|cell| cell.symbol().is_ascii()));
}

#[test]
fn before_the_first_look_nothing_is_counted() {
    let text = Desk::bare(SMALL, Depth::True, true).picture();
    assert!(text.contains("reading the processes") && !text.contains(" shown"), "{text}");
}

#[test]
fn new_ended_tagged_and_followed_rows() {
    let mut desk = Desk::new(SMALL);
    desk.press("Space F");
    let mut specs: Vec<Spec> = MACHINE.iter().copied().filter(|spec| spec.0 != 703).collect();
    specs.push((1600, 1203, 1000, "tar", "tar -cJf backup.tar.xz src", 40, 30, 0));
    desk.look(&specs);
    insta::assert_snapshot!("changes_80x24", desk.picture());
}

#[test]
fn what_died_between_samples() {
    for (name, size) in [("80x24", SMALL), ("120x40", MIDDLE), ("200x50", LARGE)] {
        let mut desk = Desk::bare(size, Depth::True, true);
        for _ in 0..8 {
            desk.look_past();
        }
        insta::assert_snapshot!(format!("short_lived_{name}"), desk.picture());
        desk.press("F5");
        insta::assert_snapshot!(format!("short_lived_tree_{name}"), desk.picture());
        let told = |text: &str| ["200 sh", "1 ssh", "2 cron"].iter().any(|dead| text.contains(dead));
        assert!(told(&desk.picture()));
        desk.press("X");
        assert!(!told(&desk.picture()));
    }
}

#[test]
fn troubles_are_counted_in_words() {
    let mut desk = Desk::new((200, 24));
    let mut said = |number: u64, count: u32| {
        let mut shot = Snapshot { number: 1000 + number, ..Snapshot::clone(&desk.app.snapshot) };
        let troubles = &mut shot.system.troubles;
        (troubles.unparsable, troubles.failed, troubles.stuck) = (count, count, count);
        desk.tell(Msg::Snapshot(Arc::new(shot)));
        desk.picture()
    };
    let short = "could not be read: file descriptors or memory are short";
    let one = said(1, 1);
    let words = ["1 process could not be understood", &format!("1 process {short}"), "1 command line hangs"];
    assert!(words.iter().all(|words| one.contains(words)), "{one}");
    let two = said(2, 2);
    let words =
        ["2 processes could not be understood", &format!("2 processes {short}"), "2 command lines hang"];
    assert!(words.iter().all(|words| two.contains(words)), "{two}");
    let none = said(3, 0);
    assert!(!none.contains("could not") && !none.contains("hang"), "{none}");
}

#[test]
fn old_figures_are_told_apart() {
    let mut desk = Desk::new(SMALL);
    assert!(!desk.picture().contains("as of"));
    desk.press("Z");
    let text = desk.picture();
    assert!(text.contains("PAUSED") && text.contains("self as of 08:00:09   1.0%"), "{text}");
}

#[test]
fn tree() {
    let mut desk = Desk::new(SMALL);
    desk.press("F5");
    insta::assert_snapshot!("tree_80x24", desk.picture());
    let mut desk = Desk::new(MIDDLE);
    desk.press("F5 1 2 0 3 - 6 9 0 -");
    insta::assert_snapshot!("tree_folded_120x40", desk.picture());
}

#[test]
fn lines_of_input() {
    let mut desk = Desk::new(SMALL);
    desk.press("F4 p o s t");
    insta::assert_snapshot!("filter_line_80x24", desk.picture());
}

#[test]
fn the_signal_dialog() {
    let mut desk = Desk::new(SMALL);
    desk.press("1 3 1 1 F9");
    let catches = SignalSet(1 << (Signal::INT.number() - 1));
    let ignores = SignalSet(1 << (Signal::TERM.number() - 1));
    let known = Disposition { ignored: Some(ignores), blocked: None, caught: Some(catches) };
    let known = Box::new(Standing { disposition: known, ..Standing::default() });
    desk.answer(&[Happened::Pinned(known.clone())]);
    insta::assert_snapshot!("signal_one_80x24", desk.picture());

    let mut desk = Desk::new(MIDDLE);
    desk.press("1 Home 1 Space 1 2 0 3 Space 8 1 1 Space F9");
    desk.answer(&[Happened::Pinned(known.clone()), Happened::Vanished, Happened::Pinned(Box::default())]);
    desk.press("9");
    insta::assert_snapshot!("signal_three_120x40", desk.picture());
}

#[test]
fn a_verdict_is_told() {
    let mut desk = Desk::new(SMALL);
    desk.press("1 3 1 1 F9");
    desk.answer(&[Happened::Pinned(Box::default())]);
    let Some(Layer::Signal(menu)) = &desk.app.layer else { panic!("no dialog") };
    let (session, target) = (menu.aims.session, menu.aims.targets[0].target.clone());
    desk.press("1 5 Enter");
    for what in [
        Happened::Outcome(Outcome::Delivered),
        Happened::Verdict(Verdict::Killed { by: Signal::TERM, after: 0.2 }),
    ] {
        desk.tell(Msg::Control(Box::new(ControlNews {
            session,
            target: target.clone(),
            act: Some(Act::Signal(Signal::TERM)),
            what,
        })));
    }
    let text = desk.picture();
    assert!(text.contains("1311 cc1plus: killed by SIGTERM"), "{text}");
}

#[test]
fn menus() {
    let mut desk = Desk::new(SMALL);
    desk.press("F6");
    insta::assert_snapshot!("sort_menu_80x24", desk.picture());
    let mut desk = Desk::new(SMALL);
    desk.press("u Down Down");
    insta::assert_snapshot!("user_menu_80x24", desk.picture());
}

#[test]
fn help() {
    let mut desk = Desk::new(SMALL);
    desk.press("F1");
    insta::assert_snapshot!("help_80x24", desk.picture());
    // Nothing is said of the keys that help does not say: every action is there when scrolled through.
    let mut seen = String::new();
    for _ in 0..20 {
        seen.push_str(&desk.picture());
        desk.press("PageDown");
    }
    for action in glowtop::app::Action::ALL {
        // A long explanation is cut at 80 columns.
        let help: String = action.help().chars().take(40).collect();
        assert!(seen.contains(&help), "{help}");
    }
}

/// Below the meters, which draw bars of other pieces where there are no colours, themes change styles and no symbols.
#[test]
fn themes_change_no_words() {
    let mut desk = Desk::new(MIDDLE);
    desk.press("F5 F9");
    let body = Layout::new(desk.area(), &desk.app).body.y;
    let symbols = |theme: &Theme| {
        let mut buf = Buffer::empty(desk.area());
        view::draw(&desk.app, theme, desk.area(), &mut buf);
        let row = |y| (0..desk.size.0).map(|x| buf[(x, y)].symbol()).collect::<String>();
        (body..desk.size.1).map(row).collect::<Vec<_>>().join("\n")
    };
    let expected = symbols(&desk.themes[0]);
    for (name, text) in BUILTIN_THEMES {
        for depth in [Depth::True, Depth::Indexed256, Depth::Sixteen, Depth::Mono] {
            let shown = symbols(&Theme::new(&config::Theme::parse(text).0, depth, true));
            assert!(shown == expected, "{name}, {depth:?}:\n{shown}");
        }
    }
}

/// Draws into the middle of a larger buffer; whatever is written outside the area, or could move the cursor of a
/// terminal, is a fault.
pub(crate) fn assert_inside(desk: &Desk) {
    let (columns, rows) = desk.size;
    let area = Rect::new(3, 2, columns, rows);
    let mark = Cell::new("#");
    let mut buf = Buffer::filled(Rect::new(0, 0, columns + 6, rows + 4), mark.clone());
    view::draw(&desk.app, desk.theme(), area, &mut buf);
    for y in buf.area.top()..buf.area.bottom() {
        for x in buf.area.left()..buf.area.right() {
            let cell = &buf[(x, y)];
            assert!(!cell.symbol().contains(char::is_control), "{:?} at {x}, {y}", cell.symbol());
            if !area.contains((x, y).into()) {
                assert_eq!(cell, &mark, "outside at {x}, {y} of {columns}×{rows}:\n{}", desk.picture());
            }
        }
    }
}

/// What is open on a screen, as keys.
const SCENES: [&str; 10] =
    ["", "F5 *", "F4 p o", "/ x y z", "F9", "Space Space Space k", "F6", "u", "F1 PageDown", "d"];

#[test]
fn small_screens_keep_to_their_place() {
    for size in [(1, 1), (2, 2), (10, 3), (20, 6), (40, 10), (3, 100), (300, 2), (500, 200)] {
        for scene in SCENES {
            let mut desk = Desk::new(size);
            desk.press(scene);
            assert_inside(&desk);
        }
        for pieces in [0, 10, 37, usize::MAX] {
            let mut desk = Desk::new(size);
            lab_screens::primes(&mut desk, pieces);
            assert_inside(&desk);
        }
    }
}

/// Something that happens to the program.
#[derive(Clone, Debug)]
enum Step {
    Key(Chord),
    Click(u16, u16),
    Size(u16, u16),
    Look(Arc<Snapshot>),
    Pass(u64),
}

fn any_key() -> impl Strategy<Value = Chord> {
    let mut names: BTreeSet<String> =
        Keymap::parse(DEFAULT_KEYMAP).0.all().map(|(_, chord, _)| chord.to_string()).collect();
    // What leaves or stops the program is none of the screen's business.
    for more in ["Enter", "Esc", "Delete", "a", "z", "0", "1", "7", "9", "ß", "漢"] {
        names.insert(more.to_owned());
    }
    let chords: Vec<Chord> = names.iter().map(|name| name.parse().unwrap()).collect();
    prop::sample::select(chords)
}

fn any_size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(1u16..30, 1u16..12), (30u16..130, 1u16..45), (100u16..260, 20u16..70)]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any_key().prop_map(Step::Key),
        3 => (0u16..140, 0u16..50).prop_map(|(x, y)| Step::Click(x, y)),
        1 => any_size().prop_map(|(columns, rows)| Step::Size(columns, rows)),
        2 => crate::registry::any_snapshot().prop_map(|snapshot| Step::Look(Arc::new(snapshot))),
        1 => (0..20 * SECOND).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_screen_no_key_and_no_machine_is_too_strange(
        size in any_size(),
        unicode: bool,
        busy: bool,
        steps in prop::collection::vec(any_step(), 1..24),
    ) {
        let mut desk = Desk::bare(size, if unicode { Depth::True } else { Depth::Sixteen }, unicode);
        if busy {
            desk = desk.looked();
        }
        for step in steps {
            match step {
                Step::Key(chord) => desk.tell(Msg::Input(Input::Key(chord))),
                Step::Click(x, y) => desk.click(x, y),
                Step::Size(columns, rows) => {
                    desk.size = (columns, rows);
                    desk.tell(Msg::Size(columns, rows));
                }
                Step::Look(snapshot) => desk.tell(Msg::Snapshot(snapshot)),
                Step::Pass(nanos) => {
                    desk.at += nanos;
                    desk.tell(Msg::Tick);
                }
            }
            assert_inside(&desk);
            for (x, y) in [(0, 0), (desk.size.0 - 1, desk.size.1 - 1), (u16::MAX, u16::MAX)] {
                let hit = view::hit(&desk.app, desk.area(), x, y);
                prop_assert!(x < u16::MAX || matches!(hit, Hit::Nothing), "{hit:?} is nowhere");
            }
        }
    }
}

#[test]
fn a_click_finds_its_row_wherever_the_command_stands() {
    let mut desk = Desk::new(SMALL);
    desk.app.table.columns = glowtop::catalog::columns()
        .iter()
        .filter(|column| ["command", "pid", "res"].contains(&column.id))
        .collect();
    desk.app.table.columns.sort_by_key(|column| column.id);
    assert_eq!(desk.app.table.columns[0].id, "command", "others stand behind one that takes what is left");
    desk.press("Home");
    let row =
        (0..24).find(|y| desk.picture().lines().nth(*y).is_some_and(|line| line.contains("postgres: app")));
    desk.click(70, row.expect("it is there") as u16);
    let chosen = desk.app.table.selected(&desk.app.snapshot).map(|proc| proc.task.comm.show(9));
    assert_eq!(chosen.as_deref(), Some("postgres"));
}
