//! The dialogs that tame, as pictures: see `screens`.

use std::sync::Arc;

use glowtop::app::{Hit, Input, Layer, MouseEvent, Msg, TameMenu};
use glowtop::config::{Chord, Key};
use glowtop::model::{
    Act, Cgroup, ControlNews, CpuMax, CpuSet, CpuUse, Happened, IoPriority, Outcome, Pid, Policy, Setting,
    Settings, Snapshot, Standing, Survey, Topology, TopologyCpu,
};
use glowtop::view::{self, Depth};

use proptest::prelude::*;

use crate::screens::{Desk, MIDDLE, SMALL, assert_inside};

impl Desk {
    fn menu(&self) -> &TameMenu {
        let Some(Layer::Tame(menu)) = &self.app.layer else { panic!("no dialog that tames is open") };
        menu
    }

    /// The pins of the open dialog are answered in turn.
    fn pins(&mut self, answers: &[Happened]) {
        let session = self.menu().aims.session;
        let targets: Vec<_> = self.menu().aims.targets.iter().map(|aimed| aimed.target.clone()).collect();
        for (target, what) in targets.into_iter().zip(answers) {
            self.tell(Msg::Control(Box::new(ControlNews { session, target, act: None, what: what.clone() })));
        }
    }

    /// A machine of two nodes with as many CPUs each as told, and two threads a core.
    fn large(mut self, per_node: u32) -> Desk {
        let half = per_node * 2 / 2;
        let all = per_node * 2;
        let of = |number: u32| {
            let core = number % half;
            let node = core / (half / 2);
            TopologyCpu { number, core: Some(core), package: Some(node), node: Some(node), kind: None }
        };
        self.tell(Msg::Topology(Arc::new(Topology { cpus: (0..all).map(of).collect() })));
        let cpus = (0..all).map(|number| (number, Some(CpuUse::default()))).collect();
        let shot = Snapshot { cpus, ..Snapshot::clone(&self.app.snapshot) };
        self.tell(Msg::Snapshot(Arc::new(shot)));
        self
    }
}

/// One that stands so.
fn stands(settings: Settings) -> Happened {
    Happened::Pinned(Box::new(Standing { settings, ..Standing::default() }))
}

fn cpus(list: &str) -> CpuSet {
    CpuSet::parse(list).unwrap()
}

#[test]
fn io_priority() {
    let best = |level| Settings {
        io_priority: Some(IoPriority::BestEffort(level)),
        nice: Some(0),
        ..Settings::default()
    };
    let mut desk = Desk::new(SMALL);
    desk.press("1 3 1 1 i");
    insta::assert_snapshot!("io_priority_unanswered_80x24", desk.picture());
    desk.pins(&[stands(best(4))]);
    insta::assert_snapshot!("io_priority_80x24", desk.picture());

    // Three of them: one vanishes, one is refused.
    let mut desk = Desk::new(MIDDLE);
    desk.press("1 Space 1 2 0 3 Space 8 1 1 Space i");
    desk.pins(&[stands(best(4)), stands(best(0)), stands(best(2))]);
    desk.pins(&[Happened::Outcome(Outcome::Replaced), Happened::Vanished]);
    desk.press("i Up 7");
    insta::assert_snapshot!("io_priority_three_120x40", desk.picture());
}

#[test]
fn policy() {
    let settings = Settings { policy: Some(Policy::Batch), ..Settings::default() };
    let mut desk = Desk::new(SMALL);
    desk.press("1 3 1 1 Y");
    desk.pins(&[stands(settings)]);
    insta::assert_snapshot!("policy_80x24", desk.picture());
    desk.press("f Enter 5 0");
    insta::assert_snapshot!("policy_priority_80x24", desk.picture());
    let mut desk = Desk::new(MIDDLE);
    desk.press("1 3 1 1 Y Down r 0 Enter Backspace Enter");
    desk.pins(&[Happened::Vanished]);
    insta::assert_snapshot!("policy_bad_priority_120x40", desk.picture());
}

#[test]
fn affinity() {
    let on = |list: &str| Settings { affinity: Some(cpus(list)), ..Settings::default() };
    let mut desk = Desk::new(SMALL);
    desk.press("1 3 1 1 a");
    desk.pins(&[stands(on("0-3"))]);
    desk.press("Down Space");
    insta::assert_snapshot!("affinity_80x24", desk.picture());

    let mut desk = Desk::new(SMALL).large(4);
    desk.press("1 3 1 1 a");
    desk.pins(&[stands(on("0-1,4-5"))]);
    desk.press("6");
    insta::assert_snapshot!("affinity_two_nodes_80x24", desk.picture());

    let mut desk = Desk::new(MIDDLE).large(32);
    desk.press("1 3 1 1 Space 1 3 1 2 Space a");
    desk.pins(&[stands(on("0-63")), stands(on("0-15"))]);
    desk.press("Space 4 9 Space Up");
    insta::assert_snapshot!("affinity_64_120x40", desk.picture());
    desk.press("F2 Enter");
    let text = desk.picture();
    assert!(text.contains("choose at least one CPU") && text.contains("chosen: 0 of 64  none"), "{text}");
}

#[test]
fn limits() {
    let settings = Settings {
        oom_score_adj: Some(0),
        cgroup: Some("/system.slice/builder.service".into()),
        cpu_max: Some(CpuMax::NONE),
        memory_high: Some(Some(1536 << 20)),
        ..Settings::default()
    };
    let survey = |members: &[u32]| {
        let members = members.iter().filter_map(|pid| Pid::new(*pid)).collect();
        let (path, unit) = ("/system.slice/builder.service".into(), Some("builder.service".into()));
        Happened::Surveyed(Box::new(Survey {
            cgroup: Some(Cgroup { path, unit, members }),
            ..Survey::default()
        }))
    };
    let mut desk = Desk::new(SMALL);
    desk.press("1 3 1 1 B");
    desk.pins(&[stands(settings.clone())]);
    insta::assert_snapshot!("limits_80x24", desk.picture());
    desk.pins(&[survey(&[1310, 1311, 1312, 1400])]);
    desk.press("Tab 1 5 0 Tab Ctrl-U 2 x Enter");
    insta::assert_snapshot!("limits_bad_80x24", desk.picture());

    let root = Settings { cgroup: Some("/".into()), cpu_max: None, memory_high: None, ..settings.clone() };
    let mut desk = Desk::new(MIDDLE);
    desk.press("1 3 1 1 B");
    desk.pins(&[stands(root)]);
    insta::assert_snapshot!("limits_root_cgroup_120x40", desk.picture());

    let other = Settings { cgroup: Some("/user.slice".into()), oom_score_adj: Some(200), ..settings.clone() };
    let mut desk = Desk::new(MIDDLE);
    desk.press("1 3 1 1 Space 1 3 1 2 Space B");
    desk.pins(&[stands(settings), stands(other)]);
    desk.pins(&[survey(&[1311])]);
    insta::assert_snapshot!("limits_different_120x40", desk.picture());
}

#[test]
fn who_is_to_be_spared_more_may_need_rights() {
    let mut desk = Desk::new(SMALL);
    desk.press("1 3 1 1 B");
    desk.pins(&[stands(Settings { oom_score_adj: Some(5), ..Settings::default() })]);
    let warned = |desk: &Desk| desk.picture().contains("now: 5  may need rights");
    desk.press("Backspace 6");
    assert!(desk.picture().contains("now: 5") && !warned(&desk), "{}", desk.picture());
    desk.press("Backspace 4");
    assert!(warned(&desk), "{}", desk.picture());
}

#[test]
fn mono_ascii() {
    let mut desk = Desk::bare(SMALL, Depth::Mono, false).looked().large(4);
    for (keys, name) in
        [("a", "affinity"), ("B", "limits"), ("Y Down Down Down Enter", "policy"), ("i", "io")]
    {
        desk.press("1 3 1 1");
        desk.press(keys);
        assert!(desk.drawn().content.iter().all(|cell| cell.symbol().is_ascii()), "{name}");
        if name == "affinity" {
            insta::assert_snapshot!("affinity_80x24_mono_ascii", desk.picture());
        }
        desk.press("F10");
        assert!(desk.app.layer.is_none(), "{name}");
    }
}

#[test]
fn a_kernel_thread_is_marked() {
    let mut desk = Desk::new(SMALL);
    desk.press("K 2 i");
    let standing = Standing { is_kernel: true, ..Standing::default() };
    desk.pins(&[Happened::Pinned(Box::new(standing))]);
    assert!(desk.picture().contains("kernel thread"), "{}", desk.picture());
}

/// Where `text` stands on the screen.
#[track_caller]
fn place(desk: &Desk, text: &str) -> (u16, u16) {
    let buf = desk.drawn();
    let line = |y: u16| (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect::<Vec<_>>();
    for y in 0..buf.area.height {
        let cells = line(y);
        for x in 0..cells.len() {
            if cells[x..].concat().starts_with(text) {
                return (x as u16, y);
            }
        }
    }
    panic!("{text:?} is not on the screen:\n{}", desk.picture());
}

#[test]
fn a_click_does_what_stands_under_it() {
    let mut desk = Desk::new(SMALL).large(4);
    desk.press("1 3 1 1 i");
    desk.pins(&[stands(Settings::default())]);
    let (x, y) = place(&desk, "real-time 2");
    desk.click(x, y);
    assert_eq!(desk.menu().items().1, 3);
    let (x, y) = place(&desk, "Esc cancel");
    desk.click(x, y);
    assert!(desk.app.layer.is_none());

    desk.press("a");
    desk.pins(&[stands(Settings { affinity: Some(cpus("0-7")), ..Settings::default() })]);
    let (x, y) = place(&desk, "CPU 4");
    desk.click(x, y);
    assert!(desk.picture().contains("chosen: 7 of 8  0-3,5-7"), "{}", desk.picture());
    let (x, y) = place(&desk, "▾ [-] core of CPU 0");
    desk.click(x, y);
    assert!(desk.picture().contains("▸ [-] core of CPU 0") && !desk.picture().contains("CPU 4"));
    let (x, y) = place(&desk, "▸ [-] core of CPU 0");
    desk.click(x + 2, y);
    assert!(desk.picture().contains("chosen: 8 of 8  0-7"));
    let (x, y) = place(&desk, "F2 none");
    desk.click(x, y);
    assert!(desk.picture().contains("chosen: 0 of 8  none"));
    desk.click(0, 0);
    assert!(desk.app.layer.is_none(), "a click beside it closes it");

    desk.press("B");
    let known = Settings { oom_score_adj: Some(7), cpu_max: Some(CpuMax::NONE), ..Settings::default() };
    desk.pins(&[stands(known)]);
    let (x, y) = place(&desk, "cpu.max of");
    desk.click(x, y);
    assert_eq!(desk.menu().items().1, 1);
    let (x, y) = place(&desk, "memory.high of");
    desk.click(x, y);
    assert_eq!(desk.menu().items().1, 1, "what is off cannot be entered");
}

#[test]
fn what_a_click_reaches_is_what_is_drawn() {
    // With more lines than fit, from the first to the last.
    let mut desk = Desk::new(SMALL).large(16);
    desk.press("1 3 1 1 a");
    for _ in 0..70 {
        let buf = desk.drawn();
        for y in 0..buf.area.height {
            let text: String = (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect();
            let Some((_, name)) = text.split_once("[x] ") else { continue };
            let x = text.chars().position(|c| c == '[').unwrap() as u16;
            let Hit::Item(item) = view::hit(&desk.app, desk.area(), x, y) else { panic!("no item at {y}") };
            let glowtop::app::Choice::Affinity(list) = &desk.menu().choice else { panic!() };
            let line = list.shown().nth(item).unwrap();
            let expected = match line.part {
                glowtop::app::Part::Cpu(n) => format!("CPU {n} "),
                glowtop::app::Part::Core(n) => format!("core of CPU {n} "),
                glowtop::app::Part::Node(Some(n)) => format!("node {n} "),
                part => panic!("{part:?}"),
            };
            assert!(name.starts_with(&expected), "{name:?} is not {expected:?}");
        }
        desk.press("Down");
    }
    let last = desk.menu().items();
    assert_eq!(last.1 + 1, last.0);
}

#[test]
fn small_screens_keep_to_their_place() {
    for size in [(1, 1), (2, 2), (10, 3), (20, 6), (40, 10), (3, 100), (300, 2), (500, 200)] {
        for keys in ["i", "Y f Enter", "a 5", "B Tab x Enter", "Space Space Space Space Space Space a"] {
            let mut desk = Desk::new(size).large(32);
            desk.press(keys);
            desk.pins(&vec![stands(Settings { oom_score_adj: Some(7), ..Settings::default() }); 6]);
            desk.press("Down 2 Enter");
            assert_inside(&desk);
        }
    }
}

#[test]
fn an_act_on_many_is_told_in_one_sentence() {
    let mut desk = Desk::new(MIDDLE);
    desk.press("1 3 1 1 Space 1 3 1 2 Space i");
    let session = desk.menu().aims.session;
    let targets: Vec<_> = desk.menu().aims.targets.iter().map(|aimed| aimed.target.clone()).collect();
    desk.pins(&[stands(Settings::default()), stands(Settings::default())]);
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Press(Chord::plain(Key::Enter))));
    assert!(desk.app.layer.is_none());
    let to = Setting::IoPriority(IoPriority::Idle);
    for (threads, target) in (1..).zip(targets) {
        let change = glowtop::model::Change { from: Setting::IoPriority(IoPriority::Unset), to, threads };
        let what = Happened::Outcome(Outcome::Changed(Box::new(change)));
        desk.tell(Msg::Control(Box::new(ControlNews { session, target, act: Some(Act::Set(to)), what })));
    }
    let text = desk.picture();
    assert!(text.contains("2 processes: I/O priority unset → idle"), "{text}");
}

/// Something that happens to a dialog that tames.
#[derive(Clone, Debug)]
enum Step {
    Key(&'static str),
    Click(u16, u16),
    Mouse(MouseEvent, Hit),
    Pins(Vec<Happened>),
    Paste(String),
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let affinity = prop::collection::vec(0u32..70, 0..9);
    (prop::option::of(affinity), -1000i32..1000, any::<Option<u32>>(), any::<Option<u64>>(), 0u8..9).prop_map(
        |(affinity, oom, percent, memory, n)| Settings {
            affinity: affinity.map(|cpus| cpus.into_iter().collect()),
            oom_score_adj: Some(oom),
            nice: Some(oom / 50),
            cpu_max: percent.map(CpuMax::percent),
            memory_high: Some(memory),
            cgroup: (n > 2).then(|| format!("/a{n}\u{1b}[31m/漢字").as_str().into()),
            policy: Some(
                [Policy::Other, Policy::Fifo(n), Policy::Deadline, Policy::Unknown(7)][usize::from(n % 4)],
            ),
            io_priority: (n > 0).then_some(IoPriority::BestEffort(n)),
            ..Settings::default()
        },
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    const KEYS: [&str; 35] = [
        "Up",
        "Down",
        "PageUp",
        "PageDown",
        "Home",
        "End",
        "Left",
        "Right",
        "Tab",
        "Shift-Tab",
        "Enter",
        "Esc",
        "Backspace",
        "Delete",
        "Space",
        "*",
        "+",
        "-",
        "F1",
        "F2",
        "0",
        "1",
        "3",
        "9",
        "x",
        "f",
        "r",
        "b",
        ".",
        "G",
        "Ctrl-U",
        "Ctrl-W",
        "漢",
        "%",
        ",",
    ];
    let pin = prop_oneof![
        6 => any_settings().prop_map(stands),
        1 => Just(Happened::Vanished),
        1 => Just(Happened::Outcome(Outcome::Denied { owner: Some(0) })),
        1 => any::<u8>().prop_map(|count| {
            let members = (1..=u32::from(count)).filter_map(Pid::new).collect();
            let cgroup = Cgroup { path: "/x\u{1b}".into(), unit: Some("漢.service".into()), members };
            Happened::Surveyed(Box::new(Survey { cgroup: Some(cgroup), ..Survey::default() }))
        }),
    ];
    let hit = prop_oneof![
        (0usize..100).prop_map(Hit::Item),
        (0usize..100).prop_map(Hit::FoldMark),
        Just(Hit::Layer),
        Just(Hit::Line(3)),
        Just(Hit::Press(Chord::plain(Key::F(2)))),
    ];
    let event = prop::sample::select(vec![
        MouseEvent::Left,
        MouseEvent::Left,
        MouseEvent::Middle,
        MouseEvent::Right,
        MouseEvent::WheelUp,
        MouseEvent::WheelDown,
        MouseEvent::Drag,
        MouseEvent::Release,
    ]);
    prop_oneof![
        8 => prop::sample::select(KEYS.to_vec()).prop_map(Step::Key),
        2 => (0u16..140, 0u16..50).prop_map(|(x, y)| Step::Click(x, y)),
        2 => (event, hit).prop_map(|(event, hit)| Step::Mouse(event, hit)),
        2 => prop::collection::vec(pin, 1..4).prop_map(Step::Pins),
        1 => "[ -~é漢]{0,20}".prop_map(Step::Paste),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_is_too_strange_for_a_dialog(
        size in prop_oneof![(1u16..30, 1u16..12), (30u16..130, 1u16..45)],
        per_node in prop::sample::select(vec![0u32, 2, 32, 128]),
        keys in prop::sample::select(vec!["i", "Y", "a", "B"]),
        steps in prop::collection::vec(any_step(), 1..30),
    ) {
        let mut desk = Desk::new(size);
        if per_node > 0 {
            desk = desk.large(per_node);
        }
        desk.press("Space Space Space");
        for step in steps {
            // Whatever was opened or closed by the step before, there is a dialog again.
            if !matches!(desk.app.layer, Some(Layer::Tame(_))) {
                desk.press("Esc Esc Esc Esc Space Space");
                desk.press(keys);
            }
            prop_assert!(matches!(desk.app.layer, Some(Layer::Tame(_))));
            match step {
                Step::Key(key) => desk.press(key),
                Step::Click(x, y) => desk.click(x, y),
                Step::Mouse(event, hit) => desk.tell(Msg::Mouse(event, hit)),
                Step::Pins(answers) => desk.pins(&answers),
                Step::Paste(text) => desk.tell(Msg::Input(Input::Paste(text))),
            }
            assert_inside(&desk);
        }
    }
}
