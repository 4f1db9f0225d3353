//! The workloads in which workers talk, share and wait for each other: what each must come to. No test asserts a time.

use std::path::Path;

use glowtop::lab;
use glowtop::model::lab::{
    BlockedOn, Did, Fate, LabNews, LabPlan, Mark, Mode, RunPlan, RunReport, Settings, Subject,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What a run came to, and what it said meanwhile.
struct Played {
    report: RunReport,
    news: Vec<LabNews>,
}

impl Played {
    /// What the workload counted or measured under this name.
    fn figure(&self, what: &str) -> f64 {
        let found = self.report.figures.iter().find(|figure| figure.what == what);
        found.unwrap_or_else(|| panic!("no figure {what}: {:?}", self.report.figures)).value
    }

    fn notes(&self) -> Vec<&str> {
        let notes = self.news.iter().filter_map(|news| match news {
            LabNews::Note(text) => Some(text.as_str()),
            _ => None,
        });
        notes.collect()
    }

    fn events(&self) -> impl Iterator<Item = Did> {
        let lanes = self.news.iter().filter_map(|news| match news {
            LabNews::Lanes(events) => Some(events),
            _ => None,
        });
        lanes.flatten().map(|event| event.what)
    }

    /// The marks that `which` wants, of all lanes.
    fn marks(&self, which: impl Fn(Mark) -> Option<u32>) -> Vec<u32> {
        self.events().filter_map(|did| if let Did::Mark(mark) = did { which(mark) } else { None }).collect()
    }

    /// Whether some lane told that it waited for this.
    fn blocked_on(&self, what: BlockedOn) -> bool {
        self.events().any(|did| matches!(did, Did::Blocked { on, .. } if on == what))
    }

    fn has_check(&self, what: &str) -> bool {
        self.report.checks.iter().any(|check| check.what == what && check.holds())
    }
}

/// Runs a workload to its end; what it told, in order.
fn run(id: &str, runs: Vec<RunPlan>, mut observe: impl FnMut(&LabNews)) -> Vec<LabNews> {
    let subject = Subject::Workload(id.to_owned());
    let plan = LabPlan { subject, runs, serial_seconds: None, repeat: 1, limit_s: None };
    let (sender, receiver) = std::sync::mpsc::channel();
    let program = Path::new(env!("CARGO_BIN_EXE_glowtop"));
    let _run = lab::start_in(program, plan, move |news| drop(sender.send(news))).expect("a good plan");
    receiver.iter().inspect(|news| observe(news)).collect()
}

/// Plays a workload once with these knobs, and does something with its news as they come.
fn play_and(
    id: &str,
    mode: Mode,
    workers: u32,
    knobs: &[(&str, &str)],
    observe: impl FnMut(&LabNews),
) -> Played {
    let mut settings = Settings::default();
    for (knob, value) in knobs {
        settings.set(knob, *value);
    }
    let news = run(id, vec![RunPlan { mode, workers, settings }], observe);
    assert_eq!(news.last(), Some(&LabNews::Ended { problem: None }), "{id} {mode:?} {knobs:?}");
    let report = news.iter().find_map(|news| match news {
        LabNews::RunDone(report) => Some((**report).clone()),
        _ => None,
    });
    let played = Played { report: report.expect("a report"), news };
    println!("{id} {} {workers} {knobs:?}: {:.3} s", mode.word(), played.report.real_s);
    for figure in &played.report.figures {
        println!("  {} {:.3} {}", figure.what, figure.value, figure.unit);
    }
    played.report.checks.iter().for_each(|check| println!("  {check:?}"));
    played.notes().iter().for_each(|note| println!("  {note}"));
    played
}

fn play(id: &str, mode: Mode, workers: u32, knobs: &[(&str, &str)]) -> Played {
    play_and(id, mode, workers, knobs, |_| {})
}

/// Plays it and holds that all came out right.
fn right(id: &str, mode: Mode, workers: u32, knobs: &[(&str, &str)]) -> Played {
    let played = play(id, mode, workers, knobs);
    assert!(played.report.answer_ok, "{id} {mode:?} {knobs:?}: {:?}", played.report);
    assert!(played.report.checks.iter().all(glowtop::model::lab::Check::holds));
    assert!(played.report.crew.iter().all(|worker| worker.first.is_some() && worker.last.is_some()));
    played
}

const BOTH: [Mode; 2] = [Mode::Threads, Mode::Pool];

#[test]
fn a_race_does_all_additions_whatever_is_lost() {
    for mode in BOTH {
        for knobs in [
            [("n", "20000"), ("barrier", "yes"), ("one-core", "no")],
            [("n", "20000"), ("barrier", "no"), ("one-core", "no")],
            [("n", "20000"), ("barrier", "no"), ("one-core", "yes")],
        ] {
            let played = right("race", mode, 3, &knobs);
            assert!(played.has_check("additions done"));
            let lost = played.figure("lost additions");
            assert!((0.0..=20.0 * 60000.0).contains(&lost), "{lost}");
            assert!(played.notes().iter().any(|note| note.contains("were lost:")), "{:?}", played.notes());
        }
    }
}

#[test]
fn without_a_cure_additions_get_lost() {
    // Long enough that both workers are interrupted many times in each repeat; an optimised program is quicker.
    let n = if cfg!(debug_assertions) { "2000000" } else { "20000000" };
    let played = right("race", Mode::Threads, 2, &[("n", n), ("barrier", "yes")]);
    assert!(played.figure("lost additions") > 0.0);
}

#[test]
fn a_thousand_repeats_lose_nothing_with_either_cure() {
    for mode in BOTH {
        for fix in ["mutex", "atomic"] {
            let knobs = [("fix", fix), ("n", "200"), ("times", "1000"), ("barrier", "yes")];
            let played = right("race", mode, 2, &knobs);
            assert!(played.has_check("additions in the counter"));
            assert_eq!(played.figure("lost additions"), 0.0);
        }
    }
}

#[test]
fn under_a_global_lock_threads_give_right_answers_and_take_turns() {
    for mode in [Mode::GilOld, Mode::GilNew, Mode::GilFair] {
        for release in ["no", "yes"] {
            let knobs = [("tasks", "4"), ("step", "100000"), ("release", release)];
            let played = play("gil", mode, 3, &knobs);
            assert!(played.report.answer_ok, "{mode:?}: {:?}", played.report);
            assert_eq!(played.report.answers.len(), 4);
            assert!(played.figure("hand-overs of the global lock") >= 0.0);
            // Whoever waits for the lock sleeps, so the three cannot use more than one CPU. (The clocks of the CPU and
            // of the wall differ a little.)
            assert!(release == "yes" || played.figure("cores in use") <= 1.05);
        }
    }
}
#[test]
fn every_item_of_a_queue_is_taken_once_in_any_order() {
    for mode in BOTH {
        for knobs in [
            [("producers", "1"), ("cap", "4"), ("policy", "fifo"), ("nowait", "no"), ("work", "sleep")],
            [("producers", "2"), ("cap", "1"), ("policy", "lifo"), ("nowait", "no"), ("work", "sleep")],
            [("producers", "3"), ("cap", "64"), ("policy", "prio"), ("nowait", "no"), ("work", "cpu")],
            [("producers", "2"), ("cap", "2"), ("policy", "fifo"), ("nowait", "yes"), ("work", "sleep")],
        ] {
            // Some in a hurry, so that they meet in the queue itself, some at leisure, so that they wait for each other.
            let quick = [
                [("items", "4000"), ("put-ms", "0"), ("take-ms", "0")],
                [("items", "150"), ("put-ms", "0"), ("take-ms", "1")],
            ];
            let quick = quick[usize::from(knobs[1].1 != "64")];
            let played = right("queue", mode, 4, &[&knobs[..], &quick].concat());
            let room: f64 = knobs[1].1.parse().expect("a number");
            let depths = played.marks(|mark| if let Mark::Depth(depth) = mark { Some(depth) } else { None });
            assert!(played.has_check("different items") && played.has_check("sum of their numbers"));
            assert!(depths.iter().all(|&depth| f64::from(depth) <= room), "{depths:?}");
            assert!((1.0..=room).contains(&played.figure("greatest depth")));
        }
    }
    let played =
        play("queue", Mode::Pool, 2, &[("items", "20"), ("put-ms", "0"), ("take-ms", "5"), ("cap", "1")]);
    // Twenty items of 5 ms go through room for one: whoever puts them has to wait for room, and says so.
    assert!(played.blocked_on(BlockedOn::Full) && played.report.answer_ok);
}

#[test]
fn all_bytes_come_through_a_pipeline_and_are_the_right_ones() {
    for (cost, blocks, block) in [("0,0,0", "300", "1000"), ("0,2000,0", "40", "65536"), ("none", "5", "1")] {
        let played =
            right("pipeline", Mode::Pool, 3, &[("cost", cost), ("blocks", blocks), ("block", block)]);
        assert!(played.has_check("checksum") && played.has_check("bytes through the sink"));
        let names: Vec<&str> = played.report.crew.iter().map(|worker| worker.name.as_str()).collect();
        assert!(["source", "filter", "sink"].iter().all(|stage| names.contains(stage)), "{names:?}");
    }
    // The pipe holds one such block, so the quick source has to wait for the slow filter.
    let played =
        play("pipeline", Mode::Pool, 3, &[("cost", "0,2000,0"), ("blocks", "20"), ("block", "65536")]);
    assert!(played.blocked_on(BlockedOn::Full) && played.blocked_on(BlockedOn::Empty));
}

#[test]
fn never_more_inside_than_may() {
    for mode in BOTH {
        let quick = [("hold-ms", "10"), ("turns", "3")];
        let lock = right("locks", mode, 4, &quick);
        assert_eq!((lock.figure("most inside at a time"), lock.figure("waves")), (1.0, 12.0));
        let inside = lock.marks(|mark| if let Mark::Got(lock) = mark { Some(lock) } else { None });
        assert_eq!(inside, [1; 12]);
        let again = right("locks", mode, 3, &[&quick[..], &[("kind", "rlock"), ("again", "yes")]].concat());
        assert!(again.has_check("times that a holder has it at once"));
        let permits = right("locks", mode, 5, &[&quick[..], &[("kind", "sem"), ("permits", "2")]].concat());
        assert!(permits.has_check("a permit too many given back"));
        assert_eq!(permits.figure("waves"), 8.0);
        assert!(permits.figure("most inside at a time") <= 2.0);
    }
}

#[test]
fn a_holder_that_takes_its_plain_lock_again_is_told_that_it_waits_for_itself() {
    let played = right("locks", Mode::Pool, 2, &[("again", "yes"), ("hold-ms", "10")]);
    let told = played.notes().into_iter().find(|note| note.contains("which it holds itself"));
    assert!(told.is_some_and(|note| note.starts_with("Deadlock: ")), "{:?}", played.notes());
}

#[test]
fn who_waits_for_a_limited_time_comes_back_without_the_lock() {
    for mode in BOTH {
        // One holds it for much longer than the others are patient; who is late by as much gets it after all.
        let lock = right("locks", mode, 4, &[("hold-ms", "400"), ("timeout-ms", "10")]);
        assert!(lock.has_check("times that one was inside or gave up"));
        let gave_up = lock.figure("gave up waiting");
        assert!((1.0..=3.0).contains(&gave_up), "{gave_up}");
        assert_eq!(lock.figure("waves"), 4.0 - gave_up);
        let own = right("locks", mode, 1, &[("hold-ms", "5"), ("timeout-ms", "10"), ("again", "yes")]);
        assert!(own.has_check("times that a holder gave up waiting for itself"));
        let permits = right("locks", mode, 4, &[("kind", "sem"), ("hold-ms", "400"), ("timeout-ms", "10")]);
        assert!((1.0..=2.0).contains(&permits.figure("gave up waiting")));
    }
}

#[test]
fn a_joined_queue_is_left_when_every_item_is_done() {
    for mode in BOTH {
        for producers in ["1", "3"] {
            let knobs = [
                ("join", "yes"),
                ("producers", producers),
                ("items", "60"),
                ("put-ms", "0"),
                ("take-ms", "2"),
            ];
            let played = right("queue", mode, 4, &knobs);
            assert!(played.has_check("items unfinished when the join was over"));
        }
    }
}

#[test]
fn a_deadlock_is_named_and_ends_by_itself() {
    for (mode, workers) in [(Mode::Threads, 5), (Mode::Pool, 5), (Mode::Pool, 2)] {
        let played = right("deadlock", mode, workers, &[("meals", "1000"), ("show", "0")]);
        let told =
            played.notes().into_iter().find(|note| note.starts_with("Deadlock: ")).expect("a deadlock");
        for number in 1..=workers {
            assert!(told.contains(&format!("{number}/{workers} waits for lock ")), "{told}");
            assert!(told.contains(&format!(", which {number}/{workers} holds")), "{told}");
        }
        assert_eq!(played.figure("workers in a circle"), f64::from(workers));
        assert!(played.figure("meals eaten") < played.figure("meals wanted"));
        assert!(played.report.crew.iter().all(|worker| worker.fate == Fate::Exited(0)));
    }
}

#[test]
fn taken_in_a_fixed_order_the_forks_are_enough_for_all_meals() {
    for mode in BOTH {
        let quick = [("order", "fixed"), ("meals", "10"), ("reach-ms", "1"), ("eat-ms", "1")];
        let played = right("deadlock", mode, 5, &quick);
        assert!(played.has_check("meals") && played.has_check("workers in a circle"));
        assert!(!played.notes().iter().any(|note| note.contains("Deadlock")));
    }
}

#[test]
fn counters_are_exact_whatever_they_share() {
    for mode in BOTH {
        for layout in ["both", "adjacent", "padded"] {
            let played = right("false-sharing", mode, 3, &[("n", "0.1"), ("layout", layout)]);
            for part in ["adjacent", "padded"].iter().filter(|part| layout == **part || layout == "both") {
                assert!(played.has_check(&format!("additions, {part}")));
                assert!(played.figure(&format!("CPU time of an addition, {part}")) > 0.0);
            }
        }
    }
}

#[test]
fn a_fork_shares_pages_until_they_are_written_to() {
    let played = right("cow", Mode::Fork, 4, &[("mib", "16"), ("write", "50"), ("show", "0")]);
    if !Path::new("/proc/self/smaps_rollup").exists() {
        println!("skipped: this kernel does not say what is shared");
        return;
    }
    // Four of 16 MiB and what a program has besides. Shared, they take little more than one; when three have written
    // to the half of it, three halves more.
    let figure = |what: &str| played.figure(what);
    assert!(figure("RSS of all after the fork") >= 64.0);
    assert!((16.0..40.0).contains(&figure("PSS of all after the fork")));
    assert!(figure("private and dirty in the children after the fork") < 12.0);
    assert!((24.0..40.0).contains(&figure("private and dirty in the children after the writing")));
    let more = figure("PSS of all after the writing") - figure("PSS of all after the fork");
    assert!((20.0..28.0).contains(&more), "{more}");
}

#[test]
fn a_player_that_is_killed_does_not_keep_the_others_waiting() {
    for (id, name, knobs) in [
        ("queue", "producer 1/1", &[("items", "4000"), ("put-ms", "1000")][..]),
        ("pipeline", "filter", &[("cost", "100000,0,0"), ("blocks", "20000")]),
        ("deadlock", "2/4", &[("order", "fixed"), ("meals", "1000"), ("eat-ms", "1000")]),
        ("false-sharing", "1/4", &[("n", "1000")]),
        ("cow", "child 2/3", &[("show", "20")]),
    ] {
        let mode = glowtop::lab::workloads().iter().find(|info| info.id == id).expect("known").modes;
        let mode = if mode.contains(&Mode::Pool) { Mode::Pool } else { mode[0] };
        let played = play_and(id, mode, 4, knobs, |news| {
            if let LabNews::WorkerStarted { pid, name: found, .. } = news
                && found == name
            {
                kill(Pid::from_raw(pid.raw()), Signal::SIGKILL).expect("a worker of ours");
            }
        });
        assert!(!played.report.answer_ok, "{id}: {:?}", played.report.checks);
        let fates: Vec<Fate> = played.report.crew.iter().map(|worker| worker.fate).collect();
        assert!(fates.contains(&Fate::Killed(Signal::SIGKILL as i32)), "{id}: {fates:?}");
    }
}

#[test]
fn who_has_nobody_to_wait_for_is_told_so() {
    for id in ["queue", "deadlock"] {
        let runs = vec![RunPlan { mode: Mode::Pool, workers: 1, settings: Settings::default() }];
        let ended = run(id, runs, |_| {}).pop();
        assert!(
            matches!(&ended, Some(LabNews::Ended { problem: Some(why) }) if why.contains("two")),
            "{id}: {ended:?}"
        );
    }
}
