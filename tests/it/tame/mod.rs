//! Taming real processes: each thread gets what was meant for it, and gets back what was its own.

mod helper;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::until;
use glowtop::control::act_and_wait;
use glowtop::model::{
    Act, ControlNews, ControlOrder, CpuMax, CpuSet, Happened, IoPriority, Outcome, Policy, Reach, Setting,
    Signal, Verdict,
};
use helper::*;
use rustix::process::{Pid, setpriority_process};

#[test]
fn every_thread_moves_from_its_own_nice_value_and_gets_it_back() {
    let helper = Helper::start(5);
    let tids = helper.tids();
    // Three different values, one near the limit.
    let base = nice(tids[0]);
    let own = |at: usize| if at == 3 { 17 } else { (base + (at % 2) as i32).min(19) };
    for (at, &tid) in tids.iter().enumerate() {
        setpriority_process(Pid::from_raw(tid), own(at)).unwrap();
    }
    let before = helper.each(nice);
    assert!(before.len() >= 6 && before.values().any(|&value| value != base));
    let desk = Desk::open();
    let change = change(desk.once(1, &helper.target(), Act::Renice(4)));
    let moved: BTreeMap<i32, i32> = before.iter().map(|(&tid, &value)| (tid, (value + 4).min(19))).collect();
    assert_eq!(helper.each(nice), moved);
    assert_eq!((change.from, change.to), (Setting::Nice(base), Setting::Nice((base + 4).min(19))));
    assert_eq!(change.threads as usize, before.len());
    if !rustix::process::geteuid().is_root() {
        println!("skipped in part: lower nice values take root rights");
        return;
    }
    desk.undo(2, 1);
    let (act, outcome) = desk.outcome(2);
    assert_eq!(act, Some(Act::Set(Setting::Nice(base))));
    assert_eq!(self::change(outcome).to, Setting::Nice(base));
    assert_eq!(helper.each(nice), before);
    assert!(matches!(desk.next().what, Happened::Over { reached: 1, escaped: 0 }));
    // There is nothing more to give back: the next news are the next session's.
    desk.undo(3, 1);
    desk.pin(4, &[helper.target()]);
}

#[test]
fn threads_that_are_started_meanwhile_get_it_too() {
    // Whoever starts the others is the last of many to be reached, so that some of those begin with the old value after
    // the threads have been listed, and some with the new one before they are listed again.
    const PARKED: usize = 1000;
    const STORM: usize = 600;
    for act in [Act::Set(Setting::Nice(19)), Act::Renice(3)] {
        let mut helper = Helper::start(PARKED as u32);
        let base = nice(helper.pid() as i32);
        let desk = Desk::open();
        desk.pin(1, &[helper.target()]);
        helper.order(&format!("storm {STORM}"));
        desk.act(1, act);
        let before = std::fs::read_dir(format!("/proc/{}/task", helper.pid())).unwrap().count();
        let change = change(desk.outcome(1).1);
        assert!(change.threads as usize > PARKED, "{change:?}");
        helper.order("wait storm");
        // Two threads of the test program, and not the one that starts the others, which is gone in a moment.
        until("all threads", || helper.tids().len() == 2 + PARKED + STORM);
        let to = if act == Act::Renice(3) { (base + 3).min(19) } else { 19 };
        let values = helper.each(nice);
        let others: Vec<i32> = values.values().copied().filter(|&value| value != to).collect();
        assert!(others.is_empty(), "{} have not {to}, but {others:?}", others.len());
        println!("{act:?}: {before} of {} threads were there when the order was given", values.len());
    }
}

#[test]
fn a_thread_that_is_started_after_the_act_is_given_back_what_it_would_have_begun_with() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: lower nice values take root rights");
        return;
    }
    let mut helper = Helper::start(1);
    let (before, count) = (nice(helper.pid() as i32), helper.tids().len());
    let desk = Desk::open();
    change(desk.once(1, &helper.target(), Act::Renice(5)));
    helper.order("late 1");
    until("a late thread", || helper.tids().len() == count + 1);
    desk.undo(2, 1);
    assert_eq!(change(desk.outcome(2).1).threads as usize, count + 1);
    assert!(helper.each(nice).values().all(|&value| value == before));
}

#[test]
fn what_somebody_else_changed_since_is_left_alone() {
    let helper = Helper::start(2);
    let desk = Desk::open();
    change(desk.once(1, &helper.target(), Act::Set(Setting::Nice(12))));
    for tid in helper.tids() {
        setpriority_process(Pid::from_raw(tid), 14).unwrap();
    }
    desk.undo(2, 1);
    assert_eq!(refused(&desk.outcome(2).1), "its value was changed by somebody else since");
    assert!(helper.each(nice).values().all(|&value| value == 14));
}

#[test]
fn a_thread_s_row_is_given_it_alone() {
    let helper = Helper::start(3);
    let tids = helper.tids();
    let row = target(tids[2] as u32);
    let before = helper.each(nice);
    let desk = Desk::open();
    let change = change(desk.once(1, &row, Act::Set(Setting::Nice(13))));
    assert_eq!((change.threads, change.to), (1, Setting::Nice(13)));
    let mut expected = before.clone();
    expected.insert(tids[2], 13);
    assert_eq!(helper.each(nice), expected);
    for value in [Setting::OomScoreAdj(5), Setting::AutogroupNice(1), Setting::CpuMax(CpuMax::NONE)] {
        let outcome = desk.once(2, &row, Act::Set(value));
        assert_eq!(refused(&outcome), "threads have no such value of their own; choose the process");
    }
    if rustix::process::geteuid().is_root() {
        desk.undo(3, 1);
        assert_eq!(self::change(desk.outcome(3).1).threads, 1);
        assert_eq!(helper.each(nice), before);
    }
}

#[test]
fn a_newcomer_with_the_same_pid_keeps_all_its_values() {
    let helper = Helper::start(1);
    let mut other = helper.target();
    other.id.start_time -= 1;
    let (before, oom) = (helper.each(nice), oom_score_adj(helper.pid()));
    for act in all_acts() {
        let told = act_and_wait(vec![other.clone()], act, Reach::Pinned, GENEROUS).unwrap();
        let replaced = |news: &ControlNews| news.what == Happened::Outcome(Outcome::Replaced);
        assert!(told.iter().any(replaced), "{act:?}: {told:?}");
    }
    assert_eq!((helper.each(nice), oom_score_adj(helper.pid())), (before, oom));
}

/// One act of each kind, none of which is what a process begins with.
fn all_acts() -> Vec<Act> {
    let mut first = CpuSet::default();
    first.set(0, true);
    let settings = [
        Setting::Nice(9),
        Setting::AutogroupNice(9),
        Setting::IoPriority(IoPriority::Idle),
        Setting::Affinity(first),
        Setting::Policy(Policy::Batch),
        Setting::OomScoreAdj(321),
        Setting::CpuMax(CpuMax::percent(50)),
        Setting::MemoryHigh(Some(1 << 30)),
    ];
    let steps = [Act::Renice(2), Act::ReniceAutogroup(2)];
    settings.into_iter().map(Act::Set).chain(steps).collect()
}

#[test]
fn one_that_ended_is_told_to_have() {
    let mut helper = Helper::start(1);
    let desk = Desk::open();
    let target = helper.target();
    change(desk.once(1, &target, Act::Set(Setting::OomScoreAdj(400))));
    helper.child.kill().unwrap();
    // A zombie, as long as nobody has waited for it; its first thread may be one before the others have ended.
    until("a zombie", || {
        let stat = stat(helper.pid());
        stat.state == 'Z' && stat.num_threads <= 1
    });
    let told = act_and_wait(vec![target.clone()], Act::Renice(1), Reach::Pinned, GENEROUS).unwrap();
    match &told[0].what {
        Happened::Outcome(outcome) => assert!(refused(outcome).starts_with("it is a zombie"), "{outcome:?}"),
        other => panic!("{other:?}"),
    }
    helper.child.wait().unwrap();
    for act in all_acts() {
        let told = act_and_wait(vec![target.clone()], act, Reach::Pinned, GENEROUS).unwrap();
        assert_eq!(told[0].what, Happened::Outcome(Outcome::AlreadyGone), "{act:?}");
    }
    desk.undo(2, 1);
    assert_eq!(desk.outcome(2).1, Outcome::AlreadyGone);
}

#[test]
fn cpus_are_chosen_for_all_threads_and_given_back() {
    let helper = Helper::start(3);
    let cpus = |tid: i32| {
        let status = procfs::process::Process::new(helper.pid() as i32).unwrap().task_from_tid(tid).unwrap();
        let allowed = status.status().unwrap().cpus_allowed_list.unwrap();
        allowed.iter().flat_map(|&(first, last)| first..=last).collect::<CpuSet>()
    };
    let before = helper.each(cpus);
    let whole = before.values().next().copied().unwrap();
    let Some(last) = whole.iter().last().filter(|_| whole.len() > 1) else {
        println!("skipped: there is one CPU only");
        return;
    };
    let mut one = CpuSet::default();
    one.set(last, true);
    let desk = Desk::open();
    let settings = desk.pin(1, &[helper.target()]);
    assert_eq!(settings.affinity, Some(whole));
    desk.act(1, Act::Set(Setting::Affinity(one)));
    let change = change(desk.outcome(1).1);
    assert_eq!((change.from, change.to), (Setting::Affinity(whole), Setting::Affinity(one)));
    assert!(change.threads >= 5 && helper.each(cpus).values().all(|set| *set == one));
    desk.undo(2, 1);
    assert_eq!(self::change(desk.outcome(2).1).to, Setting::Affinity(whole));
    assert_eq!(helper.each(cpus), before);
    // No CPU at all, and one that is not there.
    assert!(
        refused(&desk.once(3, &helper.target(), Act::Set(Setting::Affinity(CpuSet::default()))))
            .contains("CPU")
    );
    let mut absent = CpuSet::default();
    absent.set(1023, true);
    if !whole.has(1023) {
        desk.pin(4, &[helper.target()]);
        desk.act(4, Act::Set(Setting::Affinity(absent)));
        let news = desk.next();
        assert!(news.sentence().ends_with(
            "nothing changed, none of these CPUs is online and in its cpuset, or it is bound to its CPU by the kernel"
        ));
    }
}

#[test]
fn policies_are_set_and_given_back_and_leave_the_nice_value() {
    let helper = Helper::start(3);
    let policy = |tid: i32| {
        let task = procfs::process::Process::new(helper.pid() as i32).unwrap().task_from_tid(tid).unwrap();
        let stat = task.stat().unwrap();
        (stat.policy.unwrap(), stat.rt_priority.unwrap(), nice(tid))
    };
    let value = (nice(helper.pid() as i32) + 2).min(19);
    for tid in helper.tids() {
        setpriority_process(Pid::from_raw(tid), value).unwrap();
    }
    let before = helper.each(policy);
    if before.values().any(|now| now.0 != libc::SCHED_OTHER as u32) {
        println!("skipped: the tests do not run with the ordinary policy");
        return;
    }
    let desk = Desk::open();
    let set = |session, policy| desk.once(session, &helper.target(), Act::Set(Setting::Policy(policy)));
    let done = change(set(1, Policy::Batch));
    assert_eq!((done.from, done.to), (Setting::Policy(Policy::Other), Setting::Policy(Policy::Batch)));
    assert!(helper.each(policy).values().all(|now| *now == (libc::SCHED_BATCH as u32, 0, value)));
    desk.undo(2, 1);
    change(desk.outcome(2).1);
    assert_eq!(helper.each(policy), before);
    for (session, wrong) in [(3, Policy::Deadline), (4, Policy::Fifo(0)), (5, Policy::Unknown(4))] {
        refused(&set(session, wrong));
    }
    match set(6, Policy::RoundRobin(7)) {
        Outcome::Denied { .. } => println!("skipped in part: real time is not permitted here"),
        outcome => {
            assert_eq!(change(outcome).to, Setting::Policy(Policy::RoundRobin(7)));
            assert!(helper.each(policy).values().all(|now| *now == (libc::SCHED_RR as u32, 7, value)));
            desk.undo(7, 6);
            assert_eq!(change(desk.outcome(7).1).to, Setting::Policy(Policy::Other));
            assert_eq!(helper.each(policy), before);
        }
    }
}

#[test]
fn io_priorities_are_set_and_given_back() {
    let helper = Helper::start(2);
    let Some(first) = util("ionice", &["-p", &helper.pid().to_string()]) else {
        println!("skipped: no ionice(1)");
        return;
    };
    let desk = Desk::open();
    let said = || helper.each(|tid| util("ionice", &["-p", &tid.to_string()]).unwrap());
    let before = said();
    let settings = desk.pin(9, &[helper.target()]);
    let own = settings.io_priority.unwrap();
    let wanted = IoPriority::BestEffort(if own == IoPriority::BestEffort(6) { 5 } else { 6 });
    let done = change(desk.once(1, &helper.target(), Act::Set(Setting::IoPriority(wanted))));
    assert_eq!((done.from, done.to), (Setting::IoPriority(own), Setting::IoPriority(wanted)));
    assert!(
        said().values().all(|now| now.starts_with("best-effort: prio ") && *now != first),
        "{:?}",
        said()
    );
    let idle = change(desk.once(2, &helper.target(), Act::Set(Setting::IoPriority(IoPriority::Idle))));
    assert_eq!(idle.from, Setting::IoPriority(wanted));
    assert!(said().values().all(|now| now == "idle"), "{:?}", said());
    for (session, of) in [(3, 2), (4, 1)] {
        desk.undo(session, of);
        change(desk.outcome(session).1);
        assert!(matches!(desk.next().what, Happened::Over { .. }));
    }
    assert_eq!(said(), before);
    let wrong = Setting::IoPriority(IoPriority::BestEffort(8));
    assert_eq!(
        refused(&desk.once(5, &helper.target(), Act::Set(wrong))),
        "levels of I/O priority go from 0 to 7"
    );
}

fn oom_score_adj(pid: u32) -> i32 {
    std::fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap().trim().parse().unwrap()
}

#[test]
fn oom_scores_are_set_and_given_back_last_one_first() {
    let helper = Helper::start(1);
    let own = oom_score_adj(helper.pid());
    let desk = Desk::open();
    assert_eq!(desk.pin(1, &[helper.target()]).oom_score_adj, Some(own));
    // Two acts of one session, as of one dialog.
    for (from, to) in [(own, 600), (600, 700)] {
        desk.act(1, Act::Set(Setting::OomScoreAdj(to)));
        let done = change(desk.outcome(1).1);
        assert_eq!((done.from, done.to), (Setting::OomScoreAdj(from), Setting::OomScoreAdj(to)));
        assert_eq!(oom_score_adj(helper.pid()), to);
    }
    desk.undo(2, 1);
    let steps = [desk.outcome(2).1, desk.outcome(2).1].map(|outcome| change(outcome).to);
    assert_eq!(steps, [Setting::OomScoreAdj(600), Setting::OomScoreAdj(own)]);
    assert_eq!(oom_score_adj(helper.pid()), own);
    let outcome = desk.next();
    assert!(matches!(outcome.what, Happened::Over { reached: 2, escaped: 0 }), "{outcome:?}");
    refused(&desk.once(3, &helper.target(), Act::Set(Setting::OomScoreAdj(1001))));
    assert_eq!(oom_score_adj(helper.pid()), own);
}

#[test]
fn kernel_threads_have_no_oom_score_to_set() {
    let is_kernel_thread = |stat: &procfs::process::Stat| stat.flags & 0x0020_0000 != 0;
    let all = procfs::process::all_processes().unwrap().filter_map(Result::ok);
    let Some(kernel) = all.filter_map(|process| process.stat().ok()).find(is_kernel_thread) else {
        println!("skipped: no kernel thread can be seen here");
        return;
    };
    let act = Act::Set(Setting::OomScoreAdj(1));
    let told = act_and_wait(vec![target(kernel.pid as u32)], act, Reach::Pinned, GENEROUS).unwrap();
    assert!(told[0].sentence().ends_with("nothing changed, kernel threads are never killed for memory"));
}

#[test]
fn an_autogroup_moves_once_for_all_that_are_in_it() {
    let group = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/autogroup")).unwrap_or_default();
    // A session of their own: who else is in ours shall not be moved.
    crate::inherited::default_signals();
    let script = "sleep 1000 & echo $!; exec sleep 1000";
    let leader = Command::new("setsid").args(["sh", "-c", script]).stdout(Stdio::piped()).spawn();
    let Ok(mut leader) = leader else {
        println!("skipped: no setsid(1)");
        return;
    };
    let mut line = String::new();
    BufReader::new(leader.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // setsid(1) starts a child of its own only where it leads a process group already, which this one does not.
    let pids = [leader.id(), line.trim().parse::<u32>().unwrap()];
    let tame = || {
        let nice =
            || group(pids[0]).trim().rsplit_once(" nice ").map(|(_, nice)| nice.parse::<i32>().unwrap());
        let desk = Desk::open();
        let targets = [target(pids[0]), target(pids[1])];
        let settings = desk.pin(1, &targets);
        assert_eq!(settings.autogroup_nice, nice());
        if nice().is_none() {
            desk.act(1, Act::ReniceAutogroup(1));
            refused(&desk.outcome(1).1);
        }
        if nice().is_none() || group(pids[0]) == group(std::process::id()) {
            println!("skipped: there are no autogroups, or not one for each session");
            return;
        }
        desk.act(1, Act::ReniceAutogroup(3));
        for _ in &targets {
            let done = change(desk.outcome(1).1);
            assert_eq!((done.from, done.to), (Setting::AutogroupNice(0), Setting::AutogroupNice(3)));
        }
        assert_eq!(nice(), Some(3));
        if !rustix::process::geteuid().is_root() {
            println!(
                "skipped in part: without root rights the kernel takes one change each tenth of a second"
            );
            return;
        }
        desk.act(1, Act::Set(Setting::AutogroupNice(-2)));
        let dones = [desk.outcome(1).1, desk.outcome(1).1].map(|outcome| change(outcome).to);
        assert_eq!((dones, nice()), ([Setting::AutogroupNice(-2); 2], Some(-2)));
        desk.undo(2, 1);
        let steps = [desk.outcome(2).1, desk.outcome(2).1].map(|outcome| change(outcome).to);
        assert_eq!(steps, [Setting::AutogroupNice(3), Setting::AutogroupNice(0)]);
        assert_eq!(nice(), Some(0));
    };
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(tame));
    let second = nix::unistd::Pid::from_raw(pids[1] as i32);
    let _ = nix::sys::signal::kill(second, nix::sys::signal::SIGKILL);
    leader.kill().unwrap();
    leader.wait().unwrap();
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

#[test]
fn a_freeze_is_undone_for_those_who_ran_before() {
    let (running, stopped) = (Helper::start(1), Helper::start(1));
    let desk = Desk::open();
    let is_stopped = |helper: &Helper| stat(helper.pid()).state == 'T';
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(stopped.pid() as i32), nix::sys::signal::SIGSTOP)
        .unwrap();
    until("one that is stopped", || is_stopped(&stopped));
    desk.pin(1, &[running.target(), stopped.target()]);
    desk.act(1, Act::Set(Setting::OomScoreAdj(500)));
    change(desk.outcome(1).1);
    change(desk.outcome(1).1);
    desk.act(1, Act::Signal(Signal::STOP));
    let mut verdicts = 0;
    while verdicts < 2 {
        match desk.next().what {
            Happened::Verdict(verdict) => {
                assert_eq!(verdict, Verdict::Stopped);
                verdicts += 1;
            }
            Happened::Outcome(outcome) => assert_eq!(outcome, Outcome::Delivered),
            Happened::Over { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(is_stopped(&running) && is_stopped(&stopped));
    // What sessions held is let go, not what can be undone.
    desk.control.send(ControlOrder::Release { session: 1 });
    desk.undo(2, 1);
    for _ in 0..2 {
        change(desk.outcome(2).1);
    }
    let (act, outcome) = desk.outcome(2);
    assert_eq!((act, outcome), (Some(Act::Signal(Signal::CONT)), Outcome::Delivered));
    assert_eq!(desk.verdict(), Verdict::Continued);
    assert!(!is_stopped(&running) && is_stopped(&stopped));
    // A deadly signal cannot be undone: the next news are the next session's.
    desk.pin(3, &[running.target()]);
    desk.act(3, Act::Signal(Signal::TERM));
    assert_eq!(desk.outcome(3).1, Outcome::Delivered);
    assert!(matches!(desk.verdict(), Verdict::Killed { by: Signal::TERM, .. }));
    desk.undo(4, 3);
    desk.pin(5, &[stopped.target()]);
}

#[test]
fn the_root_cgroup_has_no_limits_and_says_so() {
    let helper = Helper::start(1);
    let text = std::fs::read_to_string(format!("/proc/{}/cgroup", helper.pid())).unwrap();
    let path = text.lines().find_map(|line| line.strip_prefix("0::"));
    let desk = Desk::open();
    let settings = desk.pin(1, &[helper.target()]);
    assert_eq!(settings.cgroup.map(|cgroup| cgroup.bytes().to_vec()).as_deref(), path.map(str::as_bytes));
    if path != Some("/") || settings.cpu_max.is_some() {
        println!(
            "skipped in part: the tests do not run in the root cgroup, and others are not theirs to limit"
        );
        return;
    }
    for value in [Setting::CpuMax(CpuMax::percent(50)), Setting::MemoryHigh(Some(1 << 30))] {
        let outcome = desk.once(2, &helper.target(), Act::Set(value));
        assert_eq!(refused(&outcome), "it is in the root cgroup, which has no limits");
    }
}

#[test]
fn other_people_s_processes_are_not_tamed() {
    const NOT_OURS: &str = "GLOWTOP_TEST_NOT_TAMED";
    if rustix::process::geteuid().is_root() {
        let helper = Helper::start(2);
        let before = (helper.each(nice), oom_score_adj(helper.pid()));
        let run = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "tame::other_people_s_processes_are_not_tamed", "--nocapture"])
            .env(NOT_OURS, helper.pid().to_string())
            .output();
        match run {
            Ok(output) if matches!(output.status.code(), Some(126 | 127)) => {
                println!("skipped: nobody may not run this test");
            }
            Ok(output) => {
                let text = [output.stdout, output.stderr].concat();
                let text = String::from_utf8_lossy(&text);
                assert!(output.status.success() && text.contains("1 passed"), "{text}");
            }
            Err(error) => println!("skipped: no setpriv: {error}"),
        }
        assert_eq!((helper.each(nice), oom_score_adj(helper.pid())), before);
        return;
    }
    let not_ours = std::env::var(NOT_OURS).map_or(1, |pid| pid.parse().unwrap());
    let Ok(its) = procfs::process::Process::new(not_ours).and_then(|process| process.status()) else {
        println!("skipped: processes of others are hidden here");
        return;
    };
    if its.euid == rustix::process::geteuid().as_raw() {
        println!("skipped: init is ours");
        return;
    }
    let denied = |act: Act, told: &[ControlNews]| match &told[0].what {
        Happened::Outcome(Outcome::Denied { owner }) => {
            assert_eq!(*owner, Some(its.euid), "{act:?}");
            assert!(told[0].sentence().contains("root rights"), "{}", told[0].sentence());
        }
        other => panic!("{act:?} should be denied, not {other:?}"),
    };
    for act in all_acts() {
        let told = act_and_wait(vec![target(not_ours as u32)], act, Reach::Pinned, GENEROUS).unwrap();
        // A cgroup's limits are the cgroup's owner's, and the root has none.
        if !matches!(act, Act::Set(Setting::CpuMax(_) | Setting::MemoryHigh(_))) {
            denied(act, &told);
        }
    }
}

#[test]
fn a_recycled_pid_is_left_alone_by_acts_and_by_undoing() {
    const INSIDE: &str = "GLOWTOP_TEST_RECYCLES";
    const NAME: &str = "tame::a_recycled_pid_is_left_alone_by_acts_and_by_undoing";
    const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";
    if std::env::var_os(INSIDE).is_none() {
        // In a pid namespace of its own, where nobody else takes the pid that is waited for.
        let run = Command::new("unshare")
            .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
            .env(INSIDE, "1")
            .output();
        match run {
            Ok(output) => {
                let text = [output.stdout, output.stderr].concat();
                let text = String::from_utf8_lossy(&text);
                if text.contains("unshare failed") || text.contains("unshare: ") {
                    println!("skipped: no pid namespace can be made here");
                } else {
                    assert!(output.status.success() && text.contains("1 passed"), "{text}");
                    print!("{text}");
                }
            }
            Err(error) => println!("skipped: no unshare(1): {error}"),
        }
        return;
    }
    let sleeper = || Command::new("sleep").arg("1000").spawn().unwrap();
    let end = |mut child: Child| {
        child.kill().unwrap();
        child.wait().unwrap();
    };
    let first = sleeper();
    let (pid, old) = (first.id(), target(first.id()));
    let desk = Desk::open();
    desk.pin(1, std::slice::from_ref(&old));
    for act in [Act::Renice(3), Act::Set(Setting::OomScoreAdj(300)), Act::Signal(Signal::STOP)] {
        desk.act(1, act);
        match desk.outcome(1).1 {
            Outcome::Changed(_) => {}
            outcome => assert_eq!(outcome, Outcome::Delivered),
        }
    }
    assert_eq!(desk.verdict(), Verdict::Stopped);
    desk.pin(2, std::slice::from_ref(&old));
    until("a later tick of the clock", || {
        let other = sleeper();
        let later = stat(other.id()).starttime > old.id.start_time;
        end(other);
        later
    });
    end(first);
    // The second session's; the first was followed to its verdict and has let go.
    let mut what = desk.next().what;
    while matches!(what, Happened::Over { .. }) {
        what = desk.next().what;
    }
    assert_eq!(what, Happened::Vanished);
    let newcomer = loop {
        if std::fs::write(LAST_PID, (pid - 1).to_string()).is_err() {
            println!("skipped: {LAST_PID} cannot be written");
            return;
        }
        // Threads of this test program may take it first.
        let next = sleeper();
        if next.id() == pid {
            break next;
        }
        end(next);
    };
    let values = || (nice(pid as i32), oom_score_adj(pid), stat(pid).state == 'T');
    let before = values();
    assert_ne!(stat(pid).starttime, old.id.start_time);
    let untouched = |outcome: Outcome| matches!(outcome, Outcome::AlreadyGone | Outcome::Replaced);
    for session in [1, 2] {
        for act in all_acts().into_iter().chain([Act::Signal(Signal::KILL)]) {
            desk.act(session, act);
            assert!(untouched(desk.outcome(session).1), "{act:?}");
        }
    }
    desk.undo(3, 1);
    for _ in 0..3 {
        let (act, outcome) = desk.outcome(3);
        assert!(untouched(outcome), "{act:?}");
    }
    assert_eq!(values(), before);
    end(newcomer);
}
