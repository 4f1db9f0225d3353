//! What the lab's workloads for computing, waiting and scheduling promise, through the real binary: answers,
//! identities, counts, and shares of CPU time. Never how long anything takes.

use std::path::Path;
use std::sync::mpsc::channel;

use glowtop::lab::{self, Run};
use glowtop::model::lab::whatif::{ceiling, ceiling_largest_first};
use glowtop::model::lab::{
    BlockedOn, Did, LabNews, LabPlan, LaneEvent, Mark, Mode, RunPlan, RunReport, Settings, Subject,
};

/// What came of a run, and what its workers did and said.
struct Seen {
    report: RunReport,
    events: Vec<LaneEvent>,
    notes: Vec<String>,
}

/// Plays a workload once, with these knobs, to its end.
fn play(id: &str, mode: Mode, workers: u32, knobs: &[(&str, &str)]) -> Seen {
    let mut settings = Settings::default();
    for (knob, value) in knobs {
        settings.set(knob, *value);
    }
    let runs = vec![RunPlan { mode, workers, settings }];
    let plan = LabPlan {
        subject: Subject::Workload(id.to_owned()),
        runs,
        serial_seconds: None,
        repeat: 1,
        limit_s: None,
    };
    let (sender, receiver) = channel();
    let program = Path::new(env!("CARGO_BIN_EXE_glowtop"));
    let run: Run = lab::start_in(program, plan, move |news| drop(sender.send(news))).expect("a good plan");
    let (mut report, mut events, mut notes) = (None, Vec::new(), Vec::new());
    for news in &receiver {
        match news {
            LabNews::RunDone(done) => report = Some(*done),
            LabNews::Lanes(some) => events.extend(some),
            LabNews::Note(note) => notes.push(note),
            LabNews::Ended { problem } => assert_eq!(problem, None, "{id}"),
            _ => {}
        }
    }
    drop(run);
    let report: RunReport = report.expect("a report");
    for worker in &report.crew {
        let name = std::fs::read_to_string(format!("/proc/{}/comm", worker.pid)).unwrap_or_default();
        assert!(!name.starts_with(&format!("lab:{id} ")), "{name} is left behind");
    }
    Seen { report, events, notes }
}

/// The same, and all that must come out has.
fn right(id: &str, mode: Mode, workers: u32, knobs: &[(&str, &str)]) -> Seen {
    let seen = play(id, mode, workers, knobs);
    assert!(seen.report.answer_ok, "{id} {} {knobs:?}: {:?}", mode.word(), seen.report.checks);
    seen
}

/// Why a try came to nothing.
enum Failed {
    /// It is wrong, as far as this try can tell.
    Wrong(String),
    /// Somebody else took what was to be shared, or the CPU is not as fast at one time as at another: it tells
    /// nothing.
    Disturbed(String),
}

/// What is told by CPU time can be spoilt by others, but not again and again: one good try is enough. A machine on
/// which it is always spoilt is skipped, with the reason.
fn in_one_of_several(mut attempt: impl FnMut() -> Result<(), Failed>) {
    let (mut wrong, mut disturbed) = (Vec::new(), Vec::new());
    while wrong.len() < 5 {
        match attempt() {
            Ok(()) => return,
            Err(Failed::Wrong(why)) => wrong.push(why),
            Err(Failed::Disturbed(why)) => disturbed.push(why),
        }
        if disturbed.len() >= 5 {
            println!("skipped: {disturbed:?}, and {wrong:?}");
            return;
        }
    }
    panic!("{wrong:?}");
}

/// How much longer the same work takes at its slowest than at its quickest, by its CPU time: 1 on a machine of one's
/// own, more where a sibling of the CPU or its clock gives and takes.
fn unsteadiness() -> f64 {
    let clock = nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID;
    let times = (0..20).map(|_| {
        let before = clock.now().expect("the clock of this thread");
        let divisible =
            (1..200_000_u64).filter(|n| std::hint::black_box(6_469_693_230_u64).is_multiple_of(*n));
        std::hint::black_box(divisible.count());
        std::time::Duration::from(clock.now().expect("the clock of this thread") - before).as_secs_f64()
    });
    let (low, high) =
        times.fold((f64::INFINITY, 0.0_f64), |(low, high), time| (low.min(time), high.max(time)));
    high / low
}

impl Seen {
    /// CPU time of all workers, and the time from the first one's begin to the last one's end; on one CPU it is no more.
    fn on_one_cpu(&self) -> (f64, f64) {
        let crew = &self.report.crew;
        let ran = crew.iter().map(|worker| worker.run_s).sum();
        let first = crew.iter().filter_map(|worker| worker.first).fold(f64::INFINITY, f64::min);
        let last = crew.iter().filter_map(|worker| worker.last).fold(0.0, f64::max);
        (ran, last - first)
    }

    /// What it means that workers did not share their one CPU as they should: nothing, where others took some of it.
    fn shared_badly(&self, why: &str) -> Result<(), Failed> {
        let (ran, window) = self.on_one_cpu();
        let why = format!("{why}; they had {ran:.3} s of one CPU in {window:.3} s");
        Err(if ran < window * 0.97 { Failed::Disturbed(why) } else { Failed::Wrong(why) })
    }

    /// What it means that CPU times are not in the proportion of the work: nothing, where others were at work on this
    /// machine or its CPUs are unsteady.
    fn timed_badly(&self, why: &str) -> Result<(), Failed> {
        let (others, steal) =
            (self.report.noise.others.unwrap_or(0.0), self.report.noise.steal.unwrap_or(0.0));
        let unsteady = unsteadiness();
        let why = format!("{why}; others {others:.2}, steal {steal:.3}, unsteady by {unsteady:.2}");
        let disturbed = others > 0.05 || steal > 0.01 || unsteady > 1.1;
        Err(if disturbed { Failed::Disturbed(why) } else { Failed::Wrong(why) })
    }

    fn figure(&self, what: &str) -> f64 {
        let figure = self.report.figures.iter().find(|figure| figure.what.starts_with(what));
        figure.unwrap_or_else(|| panic!("no figure {what}: {:?}", self.report.figures)).value
    }

    /// Begun tasks in the order of their beginnings.
    fn begun(&self) -> Vec<u32> {
        let mut all: Vec<(u64, u32)> = self
            .events
            .iter()
            .filter_map(|event| match event.what {
                Did::Begin { task, .. } => Some((event.at, task)),
                _ => None,
            })
            .collect();
        all.sort_unstable();
        all.into_iter().map(|(_, task)| task).collect()
    }

    /// CPU time of each task, by its number.
    fn task_cpu(&self) -> Vec<f64> {
        let mut tasks = self.report.tasks.clone();
        tasks.sort_by_key(|task| task.task);
        tasks.into_iter().map(|task| task.run_s).collect()
    }

    /// Most tasks that were open at the same time.
    fn most_at_once(&self) -> usize {
        let tasks = &self.report.tasks;
        let at = |moment: f64| tasks.iter().filter(|task| task.from <= moment && moment < task.to).count();
        tasks.iter().map(|task| at(task.from)).max().unwrap_or(0)
    }

    /// Whether anybody was blocked on this.
    fn blocked(&self, on: BlockedOn) -> bool {
        self.events.iter().any(|event| matches!(event.what, Did::Blocked { on: what, .. } if what == on))
    }
}

#[test]
fn each_runs_from_the_command_line() {
    let ids = [
        "noller",
        "amdahl",
        "gustafson",
        "straggler",
        "oversub",
        "steal",
        "map",
        "catfacts",
        "timers",
        "one-core",
        "nice",
        "affinity",
    ];
    let runs = ids.map(|id| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_glowtop"));
        command.args(["lab", "run", id, "--json"]).stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        (id, command.spawn().expect("glowtop starts"))
    });
    for (id, run) in runs {
        let done = run.wait_with_output().expect("its end");
        assert_eq!(done.status.code(), Some(0), "{id}: {}", String::from_utf8_lossy(&done.stderr));
        assert!(String::from_utf8_lossy(&done.stdout).contains(&format!("\"{id}\"")), "{id}");
    }
}

#[test]
fn noller_gives_the_sums_of_the_original_in_every_mode() {
    // As large as the original's first; the larger ones are compared where nothing has to run.
    for (mode, workers) in
        [(Mode::Serial, 1), (Mode::Pool, 3), (Mode::Threads, 3), (Mode::Static, 2), (Mode::Steal, 2)]
    {
        let seen = right("noller", mode, workers, &[("step", "1000")]);
        assert_eq!(seen.report.answers.len(), 49);
        assert_eq!(seen.report.answers[..2], [Some(76_127), Some(277_050)], "primes below 1000 and 2000");
        assert_eq!(seen.report.tasks.len(), 49);
    }
    let seen = right("noller", Mode::Pool, 2, &[("tasks", "10"), ("step", "10000")]);
    assert_eq!(seen.report.answers[9], Some(454_396_537));
}

/// The prediction is from the weights alone; CPU time is what the tasks really took.
#[test]
fn nollers_order_bounds_the_speed_up_as_predicted() {
    in_one_of_several(|| {
        let seen = right("noller", Mode::Serial, 1, &[("step", "2000")]);
        let tasks = seen.task_cpu();
        for (workers, fifo, largest_first) in [(2, 1.95, 2.0), (4, 3.73, 4.0), (8, 6.81, 7.97)] {
            let found = (ceiling(&tasks, workers), ceiling_largest_first(&tasks, workers));
            if (found.0 / fifo - 1.0).abs() > 0.05 || (found.1 / largest_first - 1.0).abs() > 0.05 {
                return seen.timed_badly(&format!("{workers} workers: {found:?}"));
            }
        }
        Ok(())
    });
    let lpt = right("noller", Mode::Serial, 1, &[("step", "1000"), ("order", "lpt")]);
    assert_eq!(lpt.begun(), (1..=49).rev().collect::<Vec<_>>(), "largest first");
}

#[test]
fn amdahls_serial_part_is_done_by_one_while_the_others_wait() {
    for (mode, workers) in [(Mode::Pool, 3), (Mode::Threads, 3), (Mode::Serial, 1)] {
        let seen = right("amdahl", mode, workers, &[("serial", "0.2")]);
        let report = &seen.report;
        assert!((seen.figure("divisions that one worker did alone") - 20.0).abs() < 2.0);
        assert_eq!(report.crew.len(), workers as usize);
        let serial = report.tasks.iter().find(|task| task.task == 1).expect("the serial part");
        assert_eq!(report.tasks.len(), 97);
        assert!(
            report.tasks.iter().all(|task| task.task == 1 || task.from >= serial.to),
            "nobody begins before it is done"
        );
        if workers == 1 {
            assert!(!seen.blocked(BlockedOn::Others), "there is nobody to wait for");
        }
    }
    // Unless they are there only when it is over.
    in_one_of_several(|| {
        let seen = right("amdahl", Mode::Pool, 2, &[("serial", "0.8")]);
        if seen.blocked(BlockedOn::Others) { Ok(()) } else { seen.timed_badly("nobody waited") }
    });
}

/// Amdahl's law turned around: what fraction f the CPU times of the phases mean. Both are done by the same worker: by
/// two at once each may be slower, for CPUs share what they are made of.
#[test]
fn the_serial_part_of_the_cpu_time_is_what_the_knob_says() {
    for knob in ["0.1", "0.5"] {
        let wanted: f64 = knob.parse().expect("a number");
        let part = |seen: &Seen| seen.figure("divisions that one worker did alone") / 100.0;
        let two = right("amdahl", Mode::Pool, 2, &[("serial", knob)]);
        assert!((part(&two) - wanted).abs() < 0.02, "{knob}: {}", part(&two));
        in_one_of_several(|| {
            let one = right("amdahl", Mode::Serial, 1, &[("serial", knob)]);
            assert!((part(&one) - wanted).abs() < 0.02, "{knob}: {}", part(&one));
            let tasks = one.task_cpu();
            let found = tasks[0] / tasks.iter().sum::<f64>();
            if (found - wanted).abs() > 0.02 { one.timed_badly(&format!("{knob}: {found}")) } else { Ok(()) }
        });
    }
    // At its ends there is only one of the two parts.
    assert_eq!(right("amdahl", Mode::Pool, 2, &[("serial", "1")]).report.tasks.len(), 1);
    let none = right("amdahl", Mode::Pool, 2, &[("serial", "0")]);
    assert!(none.report.tasks.iter().all(|task| task.task != 1) && none.report.tasks.len() == 96);
}

#[test]
fn the_others_go_on_without_amdahls_first() {
    let runs = vec![RunPlan { mode: Mode::Pool, workers: 2, settings: Settings::default() }];
    let subject = Subject::Workload("amdahl".to_owned());
    let plan = LabPlan { subject, runs, serial_seconds: Some(20.0), repeat: 1, limit_s: None };
    let (sender, receiver) = channel();
    let program = Path::new(env!("CARGO_BIN_EXE_glowtop"));
    let _run = lab::start_in(program, plan, move |news| drop(sender.send(news))).expect("a good plan");
    let (mut first, mut killed) = (None, false);
    while !killed {
        match receiver.recv().expect("more news") {
            LabNews::WorkerStarted { pid, name, .. } if name == "1/2" => {
                first = Some(nix::unistd::Pid::from_raw(pid.raw()));
            }
            LabNews::Lanes(events)
                if events.iter().any(|event| matches!(event.what, Did::Begin { task: 1, .. })) =>
            {
                // Its master has not waited for it, for it is at work: the pid is its own.
                let first = first.expect("it was told before what it does");
                nix::sys::signal::kill(first, nix::sys::signal::Signal::SIGKILL).expect("a worker of ours");
                killed = true;
            }
            LabNews::RunDone(report) => panic!("twenty seconds cannot be over: {:?}", report.checks),
            LabNews::Ended { problem } => panic!("{problem:?}"),
            _ => {}
        }
    }
    let begun = receiver.iter().any(|news| match news {
        LabNews::Lanes(events) => {
            events.iter().any(|event| matches!(event.what, Did::Begin { task, .. } if task > 1))
        }
        _ => false,
    });
    assert!(begun, "the gate opens with its keeper's death");
}

#[test]
fn gustafsons_work_grows_with_the_workers_and_each_does_as_much() {
    for (mode, workers) in [(Mode::Serial, 1), (Mode::Pool, 2), (Mode::Threads, 4)] {
        let seen = right("gustafson", mode, workers, &[]);
        assert_eq!(seen.report.tasks.len(), workers as usize + 1);
        let work = seen.figure("work, where one worker would have 1");
        assert!((work - (0.2 + 0.8 * f64::from(workers))).abs() < 1e-9, "{work}");
    }
    // The longest path through the work stays what it is for one: the serial part and one piece. One worker does both
    // works: the times of four would also tell how few CPUs there are for them.
    in_one_of_several(|| {
        let path = |scale: &str| {
            let seen = right("gustafson", Mode::Serial, 1, &[("scale", scale)]);
            let tasks = seen.task_cpu();
            (tasks[0] + tasks[1..].iter().copied().fold(0.0, f64::max), seen)
        };
        let ((one, _), (four, seen)) = (path("1"), path("4"));
        if (four / one - 1.0).abs() > 0.15 {
            return seen.timed_badly(&format!("{one} and {four}"));
        }
        Ok(())
    });
    in_one_of_several(|| {
        let seen = right("gustafson", Mode::Pool, 4, &[("serial", "0.3")]);
        let scaled = seen.figure("scaled speed-up");
        if (scaled / (0.3 + 4.0 * 0.7) - 1.0).abs() > 0.1 {
            return seen.timed_badly(&format!("{scaled}, not 3.1"));
        }
        Ok(())
    });
    let same = right("gustafson", Mode::Serial, 1, &[("scale", "4")]);
    assert_eq!(same.report.tasks.len(), 5, "the work of four, done by one");
}

#[test]
fn a_straggler_takes_skew_times_as_long_and_bounds_what_any_order_allows() {
    in_one_of_several(|| {
        let seen = right("straggler", Mode::Serial, 1, &[("skew", "8")]);
        let tasks = seen.task_cpu();
        let others = tasks[..15].iter().sum::<f64>() / 15.0;
        let skew = tasks[15] / others;
        let (fifo, first) = (ceiling(&tasks, 4), ceiling_largest_first(&tasks, 4));
        if (skew / 8.0 - 1.0).abs() > 0.15 {
            return seen.timed_badly(&format!("{skew} times"));
        }
        // 23/11 and 23/8, see the workload's own tests.
        if (fifo - 2.09).abs() > 0.2 || (first - 2.87).abs() > 0.3 {
            return seen.timed_badly(&format!("{fifo} {first}"));
        }
        Ok(())
    });
    let seen = right("straggler", Mode::Serial, 1, &[("order", "lpt")]);
    assert_eq!(seen.begun().first(), Some(&16), "largest first");
}

/// Workers beyond the CPUs: the CPUs in use are no more, and the kernel counts what the waiting comes to.
#[test]
fn more_workers_than_cpus_wait_for_them() {
    let usable = lab::usable_cpus();
    let workers = (4 * usable).min(lab::most_workers());
    in_one_of_several(|| {
        let few = right("oversub", Mode::Pool, 1, &[]);
        let many = right("oversub", Mode::Pool, workers, &[]);
        let wait = |seen: &Seen| seen.report.crew.iter().map(|worker| worker.wait_s).sum::<f64>();
        let forced = |seen: &Seen| seen.report.crew.iter().map(|worker| worker.involuntary).sum::<u64>();
        let run = |seen: &Seen| seen.report.crew.iter().map(|worker| worker.run_s).sum::<f64>();
        assert_eq!(many.report.crew.len(), workers as usize);
        assert_eq!(many.report.tasks.len(), 128);
        let cores = many.report.cores_used().expect("a duration");
        assert!(cores <= f64::from(usable) * 1.05, "{cores} of {usable}");
        if wait(&many) < run(&many) || forced(&many) <= forced(&few) {
            return many.timed_badly(&format!(
                "waited {} s in {} s, {} and {} switches",
                wait(&many),
                run(&many),
                forced(&many),
                forced(&few)
            ));
        }
        Ok(())
    });
}

#[test]
fn what_is_dealt_out_stays_and_what_can_be_stolen_goes() {
    let fixed = right("steal", Mode::Static, 2, &[]);
    assert!(fixed.report.crew.iter().all(|worker| worker.tasks == 16), "sixteen each");
    let stole =
        |seen: &Seen| seen.events.iter().filter(|e| matches!(e.what, Did::Mark(Mark::Stole(_)))).count();
    assert_eq!(stole(&fixed), 0);
    let free = right("steal", Mode::Steal, 2, &[]);
    assert!(stole(&free) > 0, "who has the light half is done long before");
    assert_eq!(free.report.crew.iter().map(|worker| worker.tasks).sum::<u32>(), 32);
    // Where one worker has found nothing left to do, the other has at most the task that he had taken already.
    for seen in [&free, &right("steal", Mode::Pool, 2, &[])] {
        for worker in &seen.report.crew {
            let ended = worker.ended.expect("its end");
            let later = seen.report.tasks.iter().filter(|task| task.from > ended).count();
            assert!(later <= 1, "{later} tasks begun after worker {} had no more", worker.worker);
        }
    }
    // The same by what-if: the shares of the CPU time that the two had, against those of one queue.
    in_one_of_several(|| {
        let seen = right("steal", Mode::Static, 2, &[]);
        let tasks = seen.task_cpu();
        let all: f64 = tasks.iter().sum();
        let dealt = all / tasks[..16].iter().sum::<f64>().max(tasks[16..].iter().sum());
        if dealt + 0.3 > ceiling(&tasks, 2) {
            return seen.timed_badly(&format!("{dealt} against {}", ceiling(&tasks, 2)));
        }
        Ok(())
    });
}

#[test]
fn every_way_of_asking_gets_the_squares_in_its_own_order() {
    let quick = [("length", "20")];
    for api in ["map", "imap", "unordered", "lazy", "async"] {
        let seen = right("map", Mode::Pool, 4, &[quick.as_slice(), &[("api", api)]].concat());
        let squares = seen.report.checks.iter().find(|check| check.what == "squares").expect("a check");
        assert_eq!(squares.got.as_deref(), Some("0 1 4 9 16 25"), "{api}");
        assert!(seen.notes.iter().any(|note| note.starts_with("Delivered: ")), "{:?}", seen.notes);
        // Whoever waits for each result before he submits the next task has one worker at a time at work.
        let at_once = Seen {
            report: RunReport {
                tasks: seen.report.tasks.iter().filter(|task| task.worker != 1).copied().collect(),
                ..seen.report.clone()
            },
            ..seen
        }
        .most_at_once();
        assert!(if api == "lazy" { at_once == 1 } else { at_once <= 4 }, "{api}: {at_once}");
    }
    assert_eq!(right("map", Mode::Serial, 1, &quick).figure("tasks done"), 6.0);
    // The caller's time is the whole of it, though he does no task.
    let seen = right("map", Mode::Pool, 4, &[]);
    let caller = &seen.report.crew[0];
    assert_eq!((caller.name.as_str(), caller.tasks), ("caller", 0));
    let last_end = seen.report.tasks.iter().map(|task| task.to).fold(0.0, f64::max);
    assert!(caller.last >= Some(last_end), "{caller:?} {last_end}");
}

/// Six tasks of one length on four workers are two rounds: never less, and no task is done by two.
#[test]
fn six_tasks_on_four_workers_take_two_rounds() {
    let seen = right("map", Mode::Pool, 4, &[("jitter", "0"), ("api", "map"), ("length", "101")]);
    assert!(seen.report.real_s >= 2.0 * 0.101, "{}", seen.report.real_s);
    assert!(seen.most_at_once() <= 4);
    // map has no result before the last task has ended.
    let first = seen.figure("first result after");
    assert!(first >= 2.0 * 0.101, "{first}");
}

#[test]
fn a_timeout_gives_up_the_waiting_and_not_the_task() {
    let seen =
        right("map", Mode::Pool, 2, &[("timeout", "50"), ("length", "501"), ("jitter", "0"), ("tasks", "2")]);
    assert_eq!(seen.figure("results within the timeout"), 0.0);
    assert_eq!(seen.figure("tasks done"), 2.0, "the worker went on");
}

#[test]
fn closing_lets_the_tasks_end_and_terminating_does_not() {
    let knobs = [("api", "async"), ("tasks", "20"), ("length", "101"), ("jitter", "0")];
    let closed = right("map", Mode::Pool, 2, &knobs);
    assert_eq!(closed.figure("tasks done"), 20.0);
    let cut = right("map", Mode::Pool, 2, &[knobs.as_slice(), &[("end", "terminate")]].concat());
    assert!(cut.figure("tasks done") < 20.0, "{}", cut.figure("tasks done"));
}

#[test]
fn results_wait_for_a_slow_callback() {
    let seen = right("map", Mode::Pool, 3, &[("callback", "30"), ("length", "11"), ("api", "unordered")]);
    let callbacks = seen.report.tasks.iter().filter(|task| task.worker == 1);
    assert_eq!(callbacks.count(), 6, "one for each result, all in the caller");
}

#[test]
fn waiting_for_a_server_needs_workers_but_no_cpus() {
    let slow = [("latency", "250"), ("tasks", "20")];
    let serial = right("catfacts", Mode::Serial, 1, &slow);
    assert!(serial.report.real_s >= 20.0 * 0.25 && serial.most_at_once() == 1);
    assert_eq!(serial.figure("requests open at once"), 1.0);
    let share = serial.report.cpu_s() / serial.report.real_s;
    assert!(share < 0.05, "{share} of a CPU for waiting");
    for (mode, workers) in [(Mode::Threads, 8), (Mode::Pool, 8)] {
        let seen = right("catfacts", mode, workers, &slow);
        assert_eq!(seen.report.answers, serial.report.answers, "the same facts");
        let open = seen.figure("requests open at once");
        assert!(open > 1.0 && open <= 8.0, "{open}");
        assert!(seen.report.real_s >= 3.0 * 0.25, "twenty by eight are three rounds");
        assert!(seen.blocked(BlockedOn::Io));
        // Those that wait are not running: nearly all of a worker's time is blocked.
        for worker in &seen.report.crew {
            let span = worker.last.expect("a task") - worker.first.expect("a task");
            assert!(worker.blocked_s + worker.wait_s > 0.9 * span, "{worker:?}");
        }
    }
    let longest =
        serial.report.checks.iter().find(|check| check.what == "the longest fact").expect("a check");
    assert!(longest.got.as_ref().is_some_and(|fact| fact.contains("lands on its feet")), "{longest:?}");
}

#[test]
fn one_worker_can_wait_for_twenty_answers() {
    let seen = right("catfacts", Mode::Serial, 1, &[("latency", "1000"), ("client", "poll")]);
    assert_eq!(seen.figure("requests open at once"), 20.0);
    assert_eq!(seen.report.crew.len(), 1);
    assert!(seen.events.iter().any(|event| event.what == Did::Mark(Mark::Depth(20))));
    assert!(seen.report.cpu_s() < 0.1 * seen.report.real_s, "{}", seen.report.cpu_s());
}

#[test]
fn timers_fire_in_turn_or_by_their_length() {
    let unit = ("unit", "0.5");
    let serial = right("timers", Mode::Serial, 1, &[unit, ("order", "lpt")]);
    assert!(serial.report.real_s >= 1.5 && serial.most_at_once() == 1);
    assert_eq!(serial.notes, ["Fired: 2 1."], "the longer was the first of the queue");
    let both = right("timers", Mode::Threads, 2, &[unit, ("order", "lpt")]);
    assert_eq!((both.notes.as_slice(), both.most_at_once()), (["Fired: 1 2.".to_owned()].as_slice(), 2));
    let one = right("timers", Mode::Serial, 1, &[unit, ("waiting", "many"), ("tasks", "4")]);
    assert_eq!((one.notes.as_slice(), one.report.crew.len()), (["Fired: 1 2 3 4.".to_owned()].as_slice(), 1));
    for seen in [&serial, &both, &one] {
        assert!(seen.blocked(BlockedOn::Sleep));
        assert!(seen.report.cpu_s() < 0.2 * seen.report.real_s, "{} s of CPU", seen.report.cpu_s());
    }
}

#[test]
fn one_core_is_shared_alike_and_never_by_two_at_once() {
    for mode in [Mode::Pool, Mode::Threads] {
        in_one_of_several(|| {
            let seen = right("one-core", mode, 3, &[("time", "1.2")]);
            let cpus: Vec<u32> = seen
                .events
                .iter()
                .filter_map(|event| match event.what {
                    Did::Begin { cpu, .. } | Did::Gap { cpu, .. } => Some(cpu),
                    _ => None,
                })
                .collect();
            assert!(cpus.windows(2).all(|two| two[0] == two[1]), "one CPU only");
            let (ran, window) = seen.on_one_cpu();
            assert!(ran <= window * 1.01, "{ran} s of one CPU in {window} s");
            let shares: Vec<f64> =
                (1..=3).map(|worker| seen.figure(&format!("share of worker {worker}"))).collect();
            if shares.iter().any(|share| (share - 100.0 / 3.0).abs() > 3.0) {
                return seen.shared_badly(&format!("{shares:?}"));
            }
            let (seen_s, counted_s) = (seen.figure("off the CPU"), seen.figure("waiting for the CPU"));
            if (seen_s / counted_s - 1.0).abs() > 0.01 {
                return seen.shared_badly(&format!("gaps of {seen_s} s, run-queue wait of {counted_s} s"));
            }
            Ok(())
        });
    }
}

#[test]
fn nice_values_share_by_the_kernels_weights() {
    in_one_of_several(|| {
        let seen = right("nice", Mode::Pool, 3, &[("time", "2")]);
        let expected: Vec<f64> = (1..=3).map(|w| seen.figure(&format!("by weight, worker {w}"))).collect();
        let mut found: Vec<f64> = (1..=3).map(|w| seen.figure(&format!("share of worker {w},"))).collect();
        assert!((expected.iter().sum::<f64>() - 100.0).abs() < 1e-6);
        found.push(found.iter().sum());
        if found.iter().zip([82.3, 8.8, 8.8, 100.0]).any(|(found, weight)| (found - weight).abs() > 5.0) {
            return seen.shared_badly(&format!("{found:?}"));
        }
        Ok(())
    });
}

#[test]
fn nice_values_are_each_threads_own() {
    in_one_of_several(|| {
        let seen = right("nice", Mode::Threads, 2, &[("nice", "0,19"), ("time", "1")]);
        let share = seen.figure("share of worker 1,");
        if share < 90.0 { seen.shared_badly(&format!("{share} %, not 98.6")) } else { Ok(()) }
    });
}

/// Under autogroups the sessions share alike, whatever is nice in them; without, the weights count. Either way all are
/// there, and none of them outlives the run, though they have left its session.
#[test]
fn workers_in_sessions_of_their_own_are_still_the_labs() {
    let seen = right("nice", Mode::Pool, 3, &[("sessions", "apart"), ("time", "0.4")]);
    assert_eq!(seen.report.crew.len(), 3);
}

#[test]
fn a_cpu_can_be_chosen() {
    let usable = rustix::thread::sched_getaffinity(None).expect("our own");
    let last = (0..1024).rev().find(|&cpu| usable.is_set(cpu)).expect("a CPU") as u32;
    let pin = ("pin", &*last.to_string());
    for seen in [
        right("one-core", Mode::Pool, 2, &[pin, ("time", "0.2")]),
        right("affinity", Mode::Threads, 2, &[pin]),
        right("straggler", Mode::Pool, 2, &[pin]),
    ] {
        for event in &seen.events {
            if let Did::Begin { cpu, .. } | Did::Gap { cpu, .. } | Did::Moved { cpu } = event.what {
                assert_eq!(cpu, last, "{event:?}");
            }
        }
    }
}

#[test]
fn pinned_workers_stay_and_hopping_workers_do_not() {
    let cpus_of = |seen: &Seen, worker: u32| {
        let mut cpus: Vec<u32> = seen
            .events
            .iter()
            .filter(|event| event.worker == worker)
            .filter_map(|event| match event.what {
                Did::Begin { cpu, .. } | Did::Gap { cpu, .. } | Did::Moved { cpu } => Some(cpu),
                _ => None,
            })
            .collect();
        cpus.sort_unstable();
        cpus.dedup();
        cpus
    };
    if lab::usable_cpus() < 2 {
        println!("skipped: one CPU leaves nowhere to go");
        return;
    }
    let long = ("step", "1000000");
    for mode in [Mode::Pool, Mode::Threads] {
        in_one_of_several(|| {
            let pinned = right("affinity", mode, 2, &[("place", "pinned"), long]);
            let hopping = right("affinity", mode, 2, &[("place", "hop"), ("hop", "2"), long]);
            let crews = [&pinned.report.crew, &hopping.report.crew];
            if crews.into_iter().flatten().any(|worker| worker.tasks < 3) {
                let others = [&pinned, &hopping].map(|seen| seen.report.noise.others.unwrap_or(0.0));
                let why = format!("one did nearly all the work: {crews:?}");
                let disturbed = others.iter().any(|&others| others > 0.05);
                return Err(if disturbed { Failed::Disturbed(why) } else { Failed::Wrong(why) });
            }
            assert!(crews[0].iter().all(|worker| worker.migrations == 0), "{crews:?}");
            let (one, other) = (cpus_of(&pinned, 1), cpus_of(&pinned, 2));
            assert_eq!((one.len(), other.len()), (1, 1), "each has one");
            assert_ne!(one, other, "of its own");
            assert!(crews[1].iter().all(|worker| worker.migrations >= 3), "{crews:?}");
            assert!([1, 2].iter().all(|&worker| cpus_of(&hopping, worker).len() >= 2));
            Ok(())
        });
    }
}
