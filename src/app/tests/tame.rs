//! The dialogs that tame, and the keys that do so at once.

use super::*;
use crate::app::tame::CpuChoice;
use crate::model::{
    Cgroup, Change, CpuMax, CpuSet, IoPriority, Outcome, Policy, ProcId, Setting, Settings, Standing, Survey,
    Target, Topology, TopologyCpu,
};

impl Desk {
    fn tame(&self) -> &TameMenu {
        let Some(Layer::Tame(menu)) = &self.app.layer else { panic!("no dialog that tames is open") };
        menu
    }

    /// The targets of the open dialog by pid.
    fn whom(&self) -> Vec<u32> {
        self.tame().aims.targets.iter().map(|aimed| aimed.target.id.pid.get()).collect()
    }

    /// The pins of the open dialog are answered in turn.
    fn pins(&mut self, answers: Vec<Happened>) {
        let session = self.tame().aims.session;
        let targets: Vec<Target> =
            self.tame().aims.targets.iter().map(|aimed| aimed.target.clone()).collect();
        for (target, what) in targets.into_iter().zip(answers) {
            self.tell(Msg::Control(Box::new(ControlNews { session, target, act: None, what })));
        }
    }

    fn stand(&mut self, all: impl IntoIterator<Item = Settings>) {
        let pinned = |settings| Happened::Pinned(Box::new(Standing { settings, ..Standing::default() }));
        self.pins(all.into_iter().map(pinned).collect());
    }

    /// What the effects since the last time ask for, in words.
    fn asked(&mut self) -> Vec<String> {
        let word = |effect: Effect| match effect {
            Effect::Control(ControlOrder::Pin { targets, .. }) => {
                let pids: Vec<String> = targets.iter().map(|target| target.id.pid.to_string()).collect();
                format!("pin {}", pids.join(" "))
            }
            Effect::Control(ControlOrder::Act { act: Act::Set(setting), only, reach, .. }) => {
                assert!(only.is_empty() && reach == Reach::Pinned);
                format!("set {} {setting}", setting.what())
            }
            Effect::Control(ControlOrder::Act { act, .. }) => format!("{act:?}"),
            Effect::Control(ControlOrder::Survey { target, .. }) => format!("survey {}", target.id.pid),
            Effect::Control(ControlOrder::Release { .. }) => "release".to_owned(),
            other => format!("{other:?}"),
        };
        std::mem::take(&mut self.effects).into_iter().map(word).collect()
    }

    fn cpus(&self) -> &CpuChoice {
        let Choice::Affinity(list) = &self.tame().choice else { panic!("these are no CPUs") };
        list
    }

    fn field(&self, at: usize) -> String {
        let Choice::Limits(form) = &self.tame().choice else { panic!("this is no form") };
        let fields = form.fields(&self.tame().aims);
        let field = &fields[at];
        let entered = if form.at(&fields) == at { ">" } else { "" };
        let bad = if field.is_bad() { " bad" } else { "" };
        match field.off {
            Some(reason) => format!("{entered}off: {reason}"),
            None => format!("{entered}[{}]{bad}", field.edit.text()),
        }
    }
}

fn io(priority: IoPriority) -> Settings {
    Settings { io_priority: Some(priority), ..Settings::default() }
}

fn on(cpus: &str) -> Settings {
    Settings { affinity: CpuSet::parse(cpus), ..Settings::default() }
}

fn limited() -> Settings {
    Settings {
        oom_score_adj: Some(0),
        cgroup: Some("/a".into()),
        cpu_max: Some(CpuMax { quota: Some(25_000), period: 50_000 }),
        memory_high: Some(None),
        ..Settings::default()
    }
}

#[test]
fn a_dialog_starts_on_what_is_now_and_gives_what_is_chosen() {
    let mut desk = Desk::new();
    desk.press("i");
    assert_eq!(desk.asked(), ["pin 31"]);
    assert_eq!(desk.tame().now(), Some(Now::Checking));
    desk.stand([io(IoPriority::BestEffort(4))]);
    assert_eq!(desk.tame().now(), Some(Now::Same(Setting::IoPriority(IoPriority::BestEffort(4)))));
    desk.press("Down Down Enter");
    assert_eq!(desk.asked(), ["set I/O priority best-effort 6"]);
    assert!(desk.app.layer.is_none());
}

#[test]
fn what_becomes_known_late_does_not_move_a_hand_that_has_moved() {
    let mut desk = Desk::new();
    desk.press("i i");
    desk.stand([io(IoPriority::BestEffort(4))]);
    desk.press("Enter");
    assert_eq!(desk.asked(), ["pin 31", "set I/O priority idle"]);
}

#[test]
fn an_enter_that_comes_before_anything_is_known_gives_nothing() {
    for keys in ["i", "Y", "a", "B"] {
        let mut desk = Desk::new();
        desk.press(keys);
        desk.asked();
        desk.press("Enter");
        assert_eq!(desk.asked(), [""; 0], "{keys}");
        desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Item(0)));
        assert!(desk.asked().is_empty() && desk.app.layer.is_some(), "{keys}");
    }
}

#[test]
fn esc_f10_and_a_click_beside_it_change_nothing() {
    for keys in ["i", "Y", "a", "B"] {
        for close in ["Esc", "F10", "Ctrl-C"] {
            let mut desk = Desk::new();
            desk.press(keys);
            desk.asked();
            desk.press(close);
            assert_eq!(desk.asked(), ["release"], "{keys} {close}");
            assert!(desk.app.layer.is_none());
        }
        let mut desk = Desk::new();
        desk.press(keys);
        desk.asked();
        desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Layer));
        assert!(desk.app.layer.is_some());
        desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Nothing));
        assert_eq!(desk.asked(), ["release"], "{keys}");
    }
}

#[test]
fn many_are_reached_at_once_and_stay_tagged() {
    let mut desk = Desk::new();
    desk.press("Space Space Y");
    assert_eq!(desk.whom(), [31, 32]);
    let policy = |policy| Settings { policy: Some(policy), ..Settings::default() };
    desk.stand([policy(Policy::Other), policy(Policy::Idle)]);
    assert_eq!(desk.tame().now(), Some(Now::Different));
    desk.press("b Enter");
    assert_eq!(desk.asked(), ["pin 31 32", "set policy BATCH"]);
    assert_eq!(desk.app.table.tagged(), 2);
}

#[test]
fn who_vanishes_is_out_and_when_nobody_is_left_nothing_is_changed() {
    let mut desk = Desk::new();
    desk.press("Space Space i");
    desk.stand([io(IoPriority::Idle), io(IoPriority::Unset)]);
    desk.pins(vec![Happened::Vanished]);
    assert_eq!(desk.tame().aims.ready(), 1);
    assert_eq!(desk.tame().now().and_then(Now::same), Some(Setting::IoPriority(IoPriority::Unset)));
    desk.pins(vec![Happened::Vanished, Happened::Outcome(Outcome::Replaced)]);
    desk.asked();
    desk.press("b Enter");
    assert_eq!(desk.asked(), ["release"]);
    assert_eq!(desk.said(), "nothing changed: none of them is left");
}

#[test]
fn a_real_time_policy_asks_for_a_priority() {
    let mut desk = Desk::new();
    desk.press("Y");
    desk.stand([Settings { policy: Some(Policy::Other), ..Settings::default() }]);
    desk.asked();
    desk.press("f Enter");
    let priority = |desk: &Desk| {
        let Choice::Policy(list) = &desk.tame().choice else { panic!() };
        list.priority
    };
    assert_eq!((priority(&desk), desk.asked()), (Some(1), vec![]), "FIFO is not given before its priority");
    desk.press("Up Up Down");
    assert_eq!(priority(&desk), Some(2));
    desk.press("Esc");
    assert_eq!((priority(&desk), desk.asked()), (None, vec![]), "back to the list");
    desk.press("r 4 2");
    assert_eq!(priority(&desk), Some(42));
    desk.press("7");
    assert_eq!(priority(&desk), Some(7), "there is no 427");
    desk.press("Backspace Enter");
    assert!(desk.asked().is_empty() && desk.tame().problem.is_some_and(|text| text.contains("1 to 99")));
    desk.press("9 9 Up Enter");
    assert_eq!(desk.asked(), ["set policy RR 99"]);

    desk.press("Y");
    desk.stand([Settings { policy: Some(Policy::Fifo(30)), ..Settings::default() }]);
    desk.press("Enter");
    assert_eq!(priority(&desk), Some(30), "from what is now");
    desk.press("F10");
    assert_eq!(desk.asked(), ["pin 31", "release"]);
}

#[test]
fn cpus_are_put_in_and_taken_out() {
    let mut desk = Desk::new();
    desk.press("a");
    desk.stand([on("0-1")]);
    desk.asked();
    desk.press("Space Enter");
    assert_eq!(desk.asked(), ["set CPUs 1"]);
    desk.press("a");
    desk.stand([on("1")]);
    desk.asked();
    desk.press("F2 Enter");
    assert!(desk.asked().is_empty() && desk.tame().problem.is_some_and(|text| text.contains("at least one")));
    desk.press("*");
    assert!(desk.tame().problem.is_none());
    desk.press("1 Space F1 Enter");
    assert_eq!(desk.asked(), ["set CPUs 0-1"]);
}

#[test]
fn parts_of_the_machine_are_put_in_and_taken_out_as_a_whole() {
    let mut desk = Desk::new();
    // Two nodes of 32 CPUs, of which CPU 63 went offline since.
    let of = |number: u32| TopologyCpu {
        number,
        core: Some(number % 32),
        package: Some(number % 32 / 16),
        node: Some(number % 32 / 16),
        kind: None,
    };
    desk.tell(Msg::Topology(Arc::new(Topology { cpus: (0..64).map(of).collect() })));
    let mut shot = Snapshot::clone(&desk.app.snapshot);
    shot.cpus = (0..63).map(|number| (number, None)).collect();
    desk.tell(Msg::Snapshot(Arc::new(shot)));
    desk.press("a");
    assert_eq!((desk.cpus().count(), desk.cpus().shown_count()), (63, 2), "a large machine is folded");
    desk.stand([on("0-62")]);
    desk.press("Down Space");
    assert_eq!(desk.cpus().chosen.to_string(), "0-15,32-47");
    desk.press("Up Up Space");
    assert_eq!(desk.cpus().chosen.to_string(), "none");
    desk.press("Up Space Up +");
    assert_eq!(desk.cpus().shown_count(), 2 + 16);
    desk.press("Left");
    assert_eq!(desk.cpus().shown_count(), 2);
    desk.press("4 9 Space");
    assert_eq!(desk.cpus().chosen.to_string(), "0-15,32-47,49");
    desk.press("6 3");
    assert_eq!(desk.cpus().shown().nth(desk.cpus().at).map(|line| line.part), Some(Part::Cpu(3)));
    desk.asked();
    desk.press("Enter");
    assert_eq!(desk.asked(), ["set CPUs 0-15,32-47,49"]);
}

#[test]
fn of_several_the_cpus_of_all_are_chosen_and_unknown_ones_are_offered() {
    let mut desk = Desk::new();
    desk.press("Space Space a");
    // `/proc/stat` of a container told two CPUs; these two have others.
    desk.stand([on("8-9"), on("9-11")]);
    assert_eq!(desk.tame().now(), Some(Now::Different));
    assert_eq!((desk.cpus().chosen.to_string().as_str(), desk.cpus().count()), ("8-11", 6));
}

#[test]
fn a_click_on_a_cpu_toggles_it() {
    let mut desk = Desk::new();
    desk.press("a");
    desk.stand([on("0-1")]);
    desk.asked();
    for _ in 0..3 {
        desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Item(1)));
    }
    assert!(desk.asked().is_empty());
    assert_eq!((desk.cpus().at, desk.cpus().chosen.to_string().as_str()), (1, "0"));
    desk.tell(Msg::Mouse(MouseEvent::WheelUp, Hit::Layer));
    assert_eq!(desk.cpus().at, 0);
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Press(Chord::plain(crate::config::Key::Enter))));
    assert_eq!(desk.asked(), ["set CPUs 0"]);
}

#[test]
fn a_click_on_what_is_chosen_takes_it() {
    let mut desk = Desk::new();
    desk.press("i");
    desk.stand([io(IoPriority::Unset)]);
    desk.asked();
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Item(17)));
    assert!(desk.asked().is_empty());
    desk.tell(Msg::Mouse(MouseEvent::Left, Hit::Item(17)));
    assert_eq!(desk.asked(), ["set I/O priority idle"]);
}

#[test]
fn only_limits_that_were_changed_are_given() {
    let mut desk = Desk::new();
    desk.press("B");
    assert_eq!(desk.asked(), ["pin 31", "survey 31"]);
    assert_eq!(desk.field(0), ">off: checking …");
    desk.stand([limited()]);
    assert_eq!([0, 1, 2].map(|at| desk.field(at)), [">[0]", "[50]", "[]"]);
    desk.press("Enter");
    assert_eq!(desk.asked(), ["release"]);
    assert_eq!(desk.said(), "nothing changed: every value is as it was");

    desk.press("B");
    desk.stand([limited()]);
    desk.asked();
    desk.press("Backspace - 5 0 0 Down Ctrl-U 1 2 , 5 Tab 1 . 5 G Tab");
    assert_eq!(desk.field(0), ">[-500]");
    desk.press("Enter");
    let expected = [
        "set OOM score adjustment -500",
        "set cpu.max of the cgroup 12.5 % of a CPU",
        "set memory.high of the cgroup 1.50G",
    ];
    let given: Vec<Setting> = desk
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Control(ControlOrder::Act { act: Act::Set(setting), .. }) => Some(*setting),
            _ => None,
        })
        .collect();
    assert_eq!(
        given[1],
        Setting::CpuMax(CpuMax { quota: Some(6_250), period: 50_000 }),
        "its own period stays"
    );
    assert_eq!(desk.asked(), expected);
}

#[test]
fn an_empty_limit_is_none() {
    let mut desk = Desk::new();
    for keys in ["Tab Ctrl-U", "Tab Ctrl-U m a x"] {
        desk.press("B");
        desk.stand([Settings { memory_high: Some(Some(1 << 30)), ..limited() }]);
        desk.asked();
        desk.press(keys);
        desk.press("Tab Ctrl-U Enter");
        assert_eq!(
            desk.asked(),
            ["set cpu.max of the cgroup no limit", "set memory.high of the cgroup no limit"]
        );
    }
}

#[test]
fn what_makes_no_sense_is_said_and_nothing_is_given() {
    for (keys, at, sentence) in [
        ("Ctrl-U", 0, "whole number from -1000 to 1000"),
        ("Ctrl-U 1 0 0 1", 0, "whole number from -1000 to 1000"),
        ("Ctrl-U 1 0 0 Tab Ctrl-U 0", 1, "percentage of one CPU"),
        ("Tab Ctrl-U n a n", 1, "percentage of one CPU"),
        ("Tab Ctrl-U 1 9 9 9 9 9 9", 1, "percentage of one CPU"),
        ("Shift-Tab 5 q Tab", 2, "with K, M, G or T"),
        ("Up 0", 2, "with K, M, G or T"),
    ] {
        let mut desk = Desk::new();
        desk.press("B");
        desk.stand([limited()]);
        desk.asked();
        desk.press(keys);
        desk.press("Enter");
        assert_eq!(desk.asked(), [""; 0], "{keys}");
        assert!(
            desk.field(at).starts_with('>') && desk.field(at).ends_with("bad"),
            "{keys}: {}",
            desk.field(at)
        );
        assert!(desk.tame().problem.is_some_and(|text| text.contains(sentence)), "{keys}");
        desk.press("Ctrl-U");
        assert!(desk.tame().problem.is_none());
    }
}

#[test]
fn limits_that_cannot_be_set_say_why() {
    let off = |settings: Settings| {
        let mut desk = Desk::new();
        desk.press("B");
        desk.stand([settings]);
        [0, 1, 2].map(|at| desk.field(at))
    };
    let without = Settings { cpu_max: None, memory_high: None, ..limited() };
    assert_eq!(
        off(without.clone()),
        [">[0]", "off: the cpu controller is off here", "off: the memory controller is off here"]
    );
    let root = Settings { cgroup: Some("/".into()), ..without.clone() };
    assert_eq!(off(root)[1], "off: the root cgroup has no limits");
    let none = Settings { cgroup: None, ..without };
    assert_eq!(off(none)[2], "off: there is no cgroup v2");
    let memory = Settings { oom_score_adj: None, cpu_max: None, ..limited() };
    assert_eq!(off(memory), ["off: it cannot be read", "off: the cpu controller is off here", ">[]"]);
}

#[test]
fn pasted_text_goes_into_the_field() {
    let mut desk = Desk::new();
    desk.press("B");
    desk.stand([limited()]);
    desk.asked();
    desk.press("Up");
    desk.tell(Msg::Input(Input::Paste(" 512 MiB\n".into())));
    assert_eq!(desk.field(2), ">[512 MiB]");
    desk.press("Enter");
    assert_eq!(desk.asked(), ["set memory.high of the cgroup 512M"]);
}

#[test]
fn the_survey_tells_who_else_is_slowed() {
    let mut desk = Desk::new();
    desk.press("B");
    desk.stand([limited()]);
    let members = [31, 32, 30].into_iter().filter_map(Pid::new).collect();
    let cgroup = Cgroup { path: "/a".into(), unit: None, members };
    desk.pins(vec![Happened::Surveyed(Box::new(Survey { cgroup: Some(cgroup), ..Survey::default() }))]);
    let Choice::Limits(form) = &desk.tame().choice else { panic!() };
    let holds = form.holds.as_ref().expect("it is known");
    assert_eq!((holds.count, holds.us), (3, true), "glowtop is 30 here");
    assert_eq!(desk.tame().aims.ready(), 1, "a survey is no news of the pin");
}

#[test]
fn keys_that_act_at_once_reach_nobody_whom_only_a_death_put_under_the_cursor() {
    for key in ["}", "Shift-F8", "F7", "["] {
        let mut desk = Desk::new();
        desk.press("Home Down Down");
        let gone = desk.selected();
        let rest: Vec<Spec> = MACHINE.iter().filter(|spec| spec.0 != gone).copied().collect();
        for _ in 0..4 {
            desk.look(&rest);
        }
        desk.press(key);
        assert!(desk.asked().is_empty() && desk.said().contains("is gone"), "{key}: {}", desk.said());
        desk.press(key);
        let asked = desk.asked();
        assert!(asked.len() == 2 && asked[1].starts_with("Renice"), "{key}: {asked:?}");
    }
}

#[test]
fn autogroups_are_reniced_like_processes() {
    let mut desk = Desk::new();
    desk.press("Space Space { Shift-F8 } Shift-F7 F19 F20");
    let (up, down) = ("ReniceAutogroup(1)", "ReniceAutogroup(-1)");
    let pin = "pin 31 32";
    assert_eq!(desk.asked(), [pin, up, pin, up, pin, down, pin, down, pin, down, pin, up]);
}

#[test]
fn one_notice_for_many_whose_threads_differ_in_number() {
    let mut desk = Desk::new();
    desk.press("Space Space Space F8");
    let Some(Effect::Control(ControlOrder::Act { session, act, .. })) = desk.effects.last().cloned() else {
        panic!("nothing was ordered")
    };
    let mut tell = |pid: u32, threads: u32| {
        let change = Change { from: Setting::Nice(0), to: Setting::Nice(1), threads };
        let target = Target::new(ProcId::new(pid, 100).unwrap(), "sh");
        let what = Happened::Outcome(Outcome::Changed(Box::new(change)));
        desk.tell(Msg::Control(Box::new(ControlNews { session, target, act: Some(act), what })));
        desk.said()
    };
    assert_eq!(tell(31, 4), "31 sh: nice 0 → 1 (4 threads)");
    tell(32, 1);
    assert_eq!(tell(40, 9), "3 processes: nice 0 → 1");
}

#[test]
fn nobody_to_tame_is_said() {
    let mut desk = Desk::new();
    desk.look(&[]);
    desk.look(&[]);
    desk.look(&[]);
    desk.effects.clear();
    for key in ["i", "a", "Y", "B", "{", "}"] {
        desk.press(key);
        assert!(desk.app.layer.is_none() && desk.effects.is_empty(), "{key}");
        assert_eq!(desk.said(), "no process is selected");
    }
}
