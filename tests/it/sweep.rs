//! Acts that reach beyond those that were chosen: nobody who belongs gets away, and nobody else is hit.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use glowtop::model::{
    Act, ControlNews, ControlOrder, Happened, Outcome, Reach, Signal, Target, Verdict, WhyAlive,
};

use crate::support::{
    DEADLINE, Desk, GENEROUS, Guard, KILL, SHORT, TERM, act_and_wait, killed_by, stat, target, until, why,
};

const STOP: Act = Act::Signal(Signal::STOP);
const CONT: Act = Act::Signal(Signal::CONT);

/// A process group that is gone when the test is, whoever is in it.
struct Group(Guard);

impl Group {
    /// A shell that leads a group of its own and runs `script`.
    fn shell(script: &str) -> Group {
        Group(Guard::start(Command::new("sh").args(["-c", script]).process_group(0)))
    }

    fn pid(&self) -> u32 {
        self.0.pid()
    }

    /// The numbers that the script prints on its next line.
    fn pids(&mut self) -> Vec<u32> {
        self.0.line().split_whitespace().map(|word| word.parse().unwrap()).collect()
    }

    /// Who lives in the group, the shell included.
    fn living(&self) -> Vec<u32> {
        living(|stat| stat.pgrp == self.pid() as i32)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The shell is not reaped before this, so the number is its own. Again, for those who were being forked.
        let group = nix::unistd::Pid::from_raw(self.pid() as i32);
        for _ in 0..1000 {
            let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
            if self.living().is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// The pids of those who are not dead and of whom `yes` is true.
fn living(yes: impl Fn(&procfs::process::Stat) -> bool) -> Vec<u32> {
    let all = procfs::process::all_processes().unwrap().filter_map(Result::ok);
    let stats = all.filter_map(|process| process.stat().ok());
    stats.filter(|stat| !"ZX".contains(stat.state) && yes(stat)).map(|stat| stat.pid as u32).collect()
}

/// Whether a process has ended, reaped or not.
fn is_dead(pid: u32) -> bool {
    state(pid).is_none_or(|state| state == 'Z' || state == 'X')
}

fn state(pid: u32) -> Option<char> {
    let process = procfs::process::Process::new(pid as i32).ok()?;
    process.stat().ok().map(|stat| stat.state)
}

/// Whom `told` is about.
fn about(told: &[ControlNews]) -> BTreeSet<u32> {
    told.iter().map(|news| news.target.id.pid.get()).collect()
}

/// The last that was told of `pid`.
fn last(told: &[ControlNews], pid: u32) -> &ControlNews {
    told.iter().rfind(|news| news.target.id.pid.get() == pid).expect("news of it")
}

fn verdict(news: &ControlNews) -> Verdict {
    match &news.what {
        Happened::Verdict(verdict) => verdict.clone(),
        other => panic!("a verdict was due, not {other:?}"),
    }
}

/// One outcome and one verdict for each.
fn is_complete(told: &[ControlNews]) -> bool {
    let count = |yes: fn(&Happened) -> bool| told.iter().filter(|news| yes(&news.what)).count();
    let (outcomes, verdicts) = (
        count(|what| matches!(what, Happened::Outcome(_))),
        count(|what| matches!(what, Happened::Verdict(_))),
    );
    let due = count(|what| matches!(what, Happened::Outcome(Outcome::Delivered)));
    outcomes == about(told).len() && verdicts == due
}

fn has_python() -> bool {
    Command::new("python3").arg("--version").output().is_ok()
}

/// Forks until 64 are alive, each of them forking on, most of them ending; for five minutes at most.
const STORM: &str = r"
import os, signal, sys, time
os.nice(15)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
deadline = time.time() + 300
os.write(1, b'up\n')
def hop(left):
    while left > 0 and time.time() < deadline:
        left -= 1
        if os.fork() > 0:
            os._exit(0)
for _ in range(60):
    if os.fork() == 0:
        hop(4000)
        os._exit(0)
time.sleep(300)
";

#[test]
fn none_of_a_fork_storm_is_left() {
    for act in [KILL, TERM, Act::Ladder { seconds: 60 }] {
        let mut command = Command::new("python3");
        command.args(["-c", STORM]).process_group(0);
        if !has_python() {
            println!("skipped: no python3");
            return;
        }
        let mut storm = Group(Guard::start(&mut command));
        assert_eq!(storm.0.line(), "up");
        until("a storm", || storm.living().len() > 20);
        let root = storm.0.target();
        let told = act_and_wait(vec![root], act, Reach::Subtree, GENEROUS).unwrap();
        assert!(told.len() > 20, "{} were told of", told.len());
        assert!(told.iter().all(|news| news.what != Happened::Outcome(Outcome::Escaped)), "{told:?}");
        // One that was born at the last moment dies as soon as it is given a CPU.
        until(&format!("none left after {act:?}"), || storm.living().is_empty());
        assert!(is_complete(&told), "{told:?}");
        let end = verdict(last(&told, storm.pid()));
        assert!(killed_by(&end).is_some(), "{end:?}");
    }
}

#[test]
fn a_subtree_is_everybody_below() {
    let mut group = Group::shell("sh -c 'sleep 1000 & echo $$ $!; wait' & wait");
    let below = group.pids();
    until("a sleep", || stat(below[1]).comm == "sleep");
    let outsider = Guard::sleeper();
    let told = act_and_wait(vec![group.0.target()], TERM, Reach::Subtree, GENEROUS).unwrap();
    let mut expected = BTreeSet::from([group.pid()]);
    expected.extend(&below);
    assert_eq!(about(&told), expected);
    assert!(is_complete(&told), "{told:?}");
    for pid in expected {
        assert_eq!(killed_by(&verdict(last(&told, pid))), Some(Signal::TERM));
        assert!(is_dead(pid));
    }
    let name = |pid| last(&told, pid).target.name.show(20);
    assert_eq!((name(below[0]), name(below[1])), ("sh".to_owned(), "sleep".to_owned()));
    assert!(!is_dead(outsider.pid()));
}

#[test]
fn an_orphan_in_the_group_belongs_and_a_neighbour_in_the_pipeline_does_not() {
    // In between is a shell that ends at once.
    let mut group = Group::shell("sh -c 'sleep 1000 & echo $!'; read x; wait");
    let orphan = group.pids()[0];
    let adopter = || living(|one| one.pid == stat(orphan).ppid && one.pgrp != group.pid() as i32);
    until("an orphan", || !adopter().is_empty());
    if stat(adopter()[0]).session == stat(orphan).session {
        println!("skipped: who adopts orphans here is in our session");
        return;
    }
    let neighbour = Guard::start(Command::new("sleep").arg("1000").process_group(group.pid() as i32));
    let told = act_and_wait(vec![group.0.target()], KILL, Reach::Subtree, GENEROUS).unwrap();
    assert_eq!(about(&told), BTreeSet::from([group.pid(), orphan]));
    until("the orphan's end", || is_dead(orphan));
    assert!(matches!(state(neighbour.pid()), Some('S' | 'R')));
}

#[test]
fn groups_and_sessions() {
    let mut group = Group::shell("sleep 1000 & echo $!; wait");
    let child = group.pids()[0];
    let told = act_and_wait(vec![target(child)], KILL, Reach::Group(group.pid()), GENEROUS).unwrap();
    assert_eq!(about(&told), BTreeSet::from([group.pid(), child]));
    assert!(is_complete(&told) && group.living().is_empty());

    // Of another group, but of the same session.
    let code = "import os, time; os.setsid(); pid = os.fork(); pid or (os.setpgid(0, 0), \
        os.write(1, b'%d %d\\n' % (os.getppid(), os.getpid()))); time.sleep(1000)";
    if !has_python() {
        println!("skipped in part: no python3");
        return;
    }
    let mut leader = Guard::start(Command::new("python3").args(["-c", code]));
    let pids: Vec<u32> = leader.line().split_whitespace().map(|word| word.parse().unwrap()).collect();
    let [shell, child] = pids[..] else { panic!("{pids:?}") };
    assert_ne!(stat(shell).pgrp, stat(child).pgrp);
    let told = act_and_wait(vec![target(child)], KILL, Reach::Session(shell), GENEROUS).unwrap();
    assert_eq!(about(&told), BTreeSet::from([shell, child]));
    assert!(is_dead(shell) && is_dead(child));
}

#[test]
fn a_group_in_which_nobody_chosen_is_is_not_touched() {
    let group = Group::shell("read x");
    let chosen = Guard::sleeper();
    for reach in [Reach::Group(group.pid()), Reach::Session(group.pid())] {
        let told = act_and_wait(vec![chosen.target()], CONT, reach, GENEROUS).unwrap();
        assert_eq!(about(&told), BTreeSet::from([chosen.pid()]));
    }
}

#[test]
fn frozen_is_everybody_and_thawed_whom_we_froze() {
    let mut group = Group::shell("sleep 1000 & a=$!; sleep 1000 & echo $a $!; wait");
    let pids = group.pids();
    let [first, second] = pids[..] else { panic!("{pids:?}") };
    let desk = Desk::open(GENEROUS);
    // One of them was stopped by somebody else before.
    act_and_wait(vec![target(second)], STOP, Reach::Pinned, GENEROUS).unwrap();
    desk.pin(1, &[&group.0]);
    desk.reach(1, STOP, Reach::Subtree);
    let (told, (reached, escaped)) = desk.story(1);
    assert_eq!(about(&told), BTreeSet::from([group.pid(), first, second]));
    assert_eq!((reached, escaped), (3, 0));
    assert!(is_complete(&told), "{told:?}");
    for pid in [group.pid(), first, second] {
        assert_eq!(verdict(last(&told, pid)), Verdict::Stopped);
        assert_eq!(state(pid), Some('T'));
    }
    desk.control.send(ControlOrder::Undo { session: 2, of: 1 });
    let (told, _) = desk.story(2);
    assert_eq!(about(&told), BTreeSet::from([group.pid(), first]));
    for pid in [group.pid(), first] {
        assert_eq!(verdict(last(&told, pid)), Verdict::Continued);
        assert_ne!(state(pid), Some('T'));
    }
    assert_eq!(state(second), Some('T'));
}

#[test]
fn who_does_not_end_goes_on_and_who_was_stopped_stays_so() {
    // The shell catches the signal and lives on; when it died, the kernel would send SIGHUP to the one that is stopped.
    let script = "trap : TERM; sleep 1000 & a=$!; sleep 1000 & echo $a $!; while :; do read x; done";
    let mut group = Group::shell(script);
    let pids = group.pids();
    let [running, stopped] = pids[..] else { panic!("{pids:?}") };
    act_and_wait(vec![target(stopped)], STOP, Reach::Pinned, GENEROUS).unwrap();
    let desk = Desk::open(Duration::from_hours(1));
    desk.pin(1, &[&group.0]);
    desk.reach(1, TERM, Reach::Subtree);
    let mut verdicts = Vec::new();
    while verdicts.len() < 2 {
        let news = desk.any();
        match news.what {
            Happened::Verdict(_) => verdicts.push(news),
            other => assert_eq!(other, Happened::Outcome(Outcome::Delivered)),
        }
    }
    assert_eq!(killed_by(&verdict(last(&verdicts, running))), Some(Signal::TERM));
    assert_eq!(why(verdict(last(&verdicts, stopped))), WhyAlive::Stopped);
    assert_eq!(state(stopped), Some('T'));
    assert!(matches!(state(group.pid()), Some('S' | 'R')));
}

#[test]
fn a_ladder_kills_whom_sigterm_does_not_end() {
    let obedient = Guard::sleeper();
    let stubborn = Guard::shell("trap '' TERM", "");
    let ladder = Act::Ladder { seconds: 1 };
    let targets = vec![obedient.target(), stubborn.target()];
    let told = act_and_wait(targets, ladder, Reach::Pinned, GENEROUS).unwrap();
    let of = |pid| told.iter().filter(move |news| news.target.id.pid.get() == pid).collect::<Vec<_>>();
    let [delivered, end] = of(obedient.pid())[..] else { panic!("{told:?}") };
    assert_eq!((&delivered.what, delivered.act), (&Happened::Outcome(Outcome::Delivered), Some(TERM)));
    assert_eq!((killed_by(&verdict(end)), end.act), (Some(Signal::TERM), Some(TERM)));
    let [first, alive, second, end] = of(stubborn.pid())[..] else { panic!("{told:?}") };
    assert_eq!((first.act, alive.act, second.act, end.act), (Some(TERM), Some(TERM), Some(KILL), Some(KILL)));
    assert_eq!(why(verdict(alive)), WhyAlive::Ignores);
    assert_eq!(killed_by(&verdict(end)), Some(Signal::KILL));
}

#[test]
fn a_ladder_without_patience_kills_at_once() {
    let stubborn = Guard::shell("trap '' TERM", "");
    let told =
        act_and_wait(vec![stubborn.target()], Act::Ladder { seconds: 0 }, Reach::Pinned, GENEROUS).unwrap();
    assert_eq!(killed_by(&verdict(last(&told, stubborn.pid()))), Some(Signal::KILL));
}

#[test]
fn a_ladder_is_over_when_everybody_has_ended() {
    let mut group = Group::shell("sleep 1000 & echo $!; wait");
    let child = group.pids()[0];
    let desk = Desk::open(GENEROUS);
    desk.pin(1, &[&group.0]);
    desk.reach(1, Act::Ladder { seconds: 1_000_000 }, Reach::Subtree);
    let (told, counts) = desk.story(1);
    assert_eq!(counts, (2, 0));
    for pid in [group.pid(), child] {
        assert_eq!(killed_by(&verdict(last(&told, pid))), Some(Signal::TERM));
    }
}

#[test]
fn a_ladder_finds_who_was_left_behind() {
    // On SIGTERM it starts another one, which ignores SIGTERM, and ends.
    let script = "trap 'sh -c \"trap \\\"\\\" TERM; sleep 1000\" & exit' TERM; echo up; read x; read x";
    let group = Group::shell(script);
    let mut group = group;
    assert_eq!(group.0.line(), "up");
    let told =
        act_and_wait(vec![group.0.target()], Act::Ladder { seconds: 2 }, Reach::Subtree, GENEROUS).unwrap();
    assert_eq!(group.living(), [] as [u32; 0], "{told:?}");
}

#[test]
fn a_ladder_that_is_cancelled_spares() {
    let mut stubborn = Guard::shell("trap '' TERM", "exit 6");
    let desk = Desk::open(GENEROUS);
    desk.pin(1, &[&stubborn]);
    desk.act(1, Act::Ladder { seconds: 1_000_000 });
    assert_eq!(desk.any().what, Happened::Outcome(Outcome::Delivered));
    let alive = desk.any();
    assert_eq!(why(verdict(&alive)), WhyAlive::Ignores);
    desk.control.send(ControlOrder::Cancel { session: 1 });
    let over = desk.any();
    assert_eq!(over.what, Happened::Over { reached: 1, escaped: 0 });
    assert_eq!(over.act, Some(Act::Ladder { seconds: 1_000_000 }));
    assert!(stubborn.0.try_wait().unwrap().is_none());
    // Its end is news, as after any signal.
    drop(stubborn.0.stdin.take());
    assert!(matches!(verdict(&desk.any()), Verdict::Exited { status: 6, .. }));
}

#[test]
fn over_is_told_once_for_each_order() {
    let (first, second) = (Guard::sleeper(), Guard::sleeper());
    let desk = Desk::open(GENEROUS);
    desk.pin(1, &[&first, &second]);
    for (act, count) in [(Act::Renice(0), 2), (CONT, 2), (KILL, 2), (TERM, 0)] {
        desk.act(1, act);
        let (told, counts) = desk.story(1);
        assert_eq!((told.is_empty(), counts), (false, (count, 0)), "{act:?}: {told:?}");
        assert!(told.iter().all(|news| news.act == Some(act)));
    }
    // Nothing more: the next news are the next session's.
    let other = Guard::sleeper();
    desk.control.send(ControlOrder::Pin { session: 2, targets: vec![other.target()] });
    assert!(matches!(desk.any().what, Happened::Pinned(_)));
}

#[test]
fn one_that_is_acted_upon_again_owes_the_first_order_nothing() {
    let stubborn = Guard::shell("trap : TERM", "while :; do read x; done");
    let desk = Desk::open(Duration::from_hours(1));
    desk.pin(1, &[&stubborn]);
    desk.act(1, TERM);
    desk.act(1, KILL);
    let (_, counts) = desk.story(1);
    assert_eq!(counts, (1, 0));
    let (told, counts) = desk.story(1);
    assert_eq!((killed_by(&verdict(&told[told.len() - 1])), counts), (Some(Signal::KILL), (1, 0)));
}

#[test]
fn a_nice_value_for_a_subtree() {
    let mut group = Group::shell("sh -c 'sleep 1000 & echo $$ $!; wait' & wait");
    let below = group.pids();
    let from = stat(group.pid()).nice;
    let told = act_and_wait(vec![group.0.target()], Act::Renice(1), Reach::Subtree, SHORT).unwrap();
    assert_eq!(told.len(), 3);
    for pid in [group.pid(), below[0], below[1]] {
        assert!(matches!(last(&told, pid).what, Happened::Outcome(Outcome::Changed(_))));
        assert_eq!(stat(pid).nice, (from + 1).min(19));
        assert_ne!(state(pid), Some('T'));
    }
}

#[test]
fn we_and_our_ancestors_are_never_added() {
    // Everything that runs here is below the session's or the machine's first process, and so are we. The signal is
    // one that does nothing.
    let winch = Act::Signal(Signal::parse("WINCH").unwrap());
    let me = std::process::id();
    let mut ancestors = BTreeSet::from([me]);
    let mut next = stat(me).ppid as u32;
    while next != 0 && ancestors.insert(next) {
        next = stat(next).ppid as u32;
    }
    let parent = stat(me).ppid as u32;
    let child = Guard::sleeper();
    let reaches = [
        (parent, Reach::Subtree),
        (child.pid(), Reach::Group(stat(me).pgrp as u32)),
        (child.pid(), Reach::Session(stat(me).session as u32)),
    ];
    for (root, reach) in reaches {
        let told = act_and_wait(vec![target(root)], winch, reach.clone(), GENEROUS).unwrap();
        let hit = about(&told);
        assert!(hit.contains(&child.pid()), "{reach:?}: {hit:?}");
        let wrong: Vec<_> = hit.intersection(&ancestors).filter(|pid| **pid != root).collect();
        assert!(wrong.is_empty(), "{reach:?}: {wrong:?}");
    }
}

#[test]
fn five_hundred_at_once_and_a_stubborn_one_delays_nobody() {
    let children: Vec<Guard> = (0..500).map(|_| Guard::sleeper()).collect();
    let stubborn = Guard::shell("trap : TERM", "while :; do read x; done");
    let desk = Desk::open(GENEROUS);
    let mut all = vec![&stubborn];
    all.extend(&children);
    desk.pin(1, &all);
    let start = Instant::now();
    desk.act(1, TERM);
    let (mut delivered, mut killed) = (0, 0);
    while killed < children.len() {
        let news = desk.any();
        match news.what {
            Happened::Outcome(Outcome::Delivered) => delivered += 1,
            Happened::Verdict(verdict) => {
                assert_ne!(news.target.id.pid.get(), stubborn.pid());
                assert_eq!(killed_by(&verdict), Some(Signal::TERM));
                killed += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    println!("500 verdicts after {:?}", start.elapsed());
    assert_eq!(delivered, all.len());
    desk.act(1, KILL);
    let (_, counts) = desk.story(1);
    // The end of the first order comes with the second, which took over what it waited for.
    assert_eq!(counts, (501, 0));
    let (_, counts) = desk.story(1);
    assert_eq!(counts, (1, 0));
}

/// Ends whom it holds.
struct Sleepers(Vec<std::process::Child>);

impl Drop for Sleepers {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn more_targets_than_files_may_be_open() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const MANY: usize = 600;
    const SOFT: u64 = 256;
    // The limit is the whole process's, so this is done in one of its own.
    if std::env::var_os("GLOWTOP_TEST_FEW_FILES").is_none() {
        let run = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sweep::more_targets_than_files_may_be_open", "--nocapture"])
            .env("GLOWTOP_TEST_FEW_FILES", "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned();
        assert!(run.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let hard = getrlimit(Resource::Nofile).maximum;
    if hard.is_some_and(|hard| hard < 1024) {
        println!("skipped: the hard limit of open files is {hard:?}");
        return;
    }
    let start = || Command::new("sleep").arg("1000").stdin(std::process::Stdio::null()).spawn().unwrap();
    let children = Sleepers((0..MANY).map(|_| start()).collect());
    setrlimit(Resource::Nofile, Rlimit { current: Some(SOFT), maximum: hard }).unwrap();
    let desk = Desk::open(GENEROUS);
    let targets: Vec<Target> = children.0.iter().map(|child| target(child.id())).collect();
    desk.control.send(ControlOrder::Pin { session: 1, targets });
    for _ in 0..MANY {
        assert!(matches!(desk.any().what, Happened::Pinned(_)));
    }
    desk.act(1, TERM);
    let (told, counts) = desk.story(1);
    assert_eq!(counts, (MANY as u32, 0));
    assert!(is_complete(&told) && about(&told).len() == MANY);
    assert!(told.iter().all(|news| match &news.what {
        Happened::Verdict(verdict) => killed_by(verdict) == Some(Signal::TERM),
        what => *what == Happened::Outcome(Outcome::Delivered),
    }));
    // Whoever is started from now on gets the limit that there was.
    assert_eq!(getrlimit(Resource::Nofile).current, Some(SOFT));
}

/// A cgroup that is gone when the test is.
struct Cgroup(std::path::PathBuf);

impl Cgroup {
    fn make() -> Option<Cgroup> {
        let mounts = procfs::process::Process::myself().unwrap().mountinfo().unwrap();
        let mount = mounts.into_iter().find(|mount| mount.fs_type == "cgroup2" && mount.root == "/")?;
        let folder = mount.mount_point.join(format!("glowtop-test-{}", std::process::id()));
        std::fs::create_dir(&folder).ok()?;
        let made = Cgroup(folder);
        std::fs::create_dir(made.0.join("below")).ok()?;
        Some(made)
    }

    fn name(&self) -> String {
        format!("/{}", self.0.file_name().unwrap().to_str().unwrap())
    }

    fn take(&self, below: &str, pid: u32) -> bool {
        std::fs::write(self.0.join(below).join("cgroup.procs"), pid.to_string()).is_ok()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = std::fs::write(self.0.join("cgroup.kill"), "1");
        let start = Instant::now();
        for folder in [self.0.join("below"), self.0.clone()] {
            while std::fs::remove_dir(&folder).is_err() && start.elapsed() < DEADLINE {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

#[test]
fn a_cgroup_and_what_is_below_it() {
    let Some(cgroup) = Cgroup::make() else {
        println!("skipped: no cgroup can be made here");
        return;
    };
    for act in [TERM, KILL] {
        let (one, two) = (Guard::sleeper(), Guard::sleeper());
        if !cgroup.take("", one.pid()) || !cgroup.take("below", two.pid()) {
            println!("skipped: no process can be moved to a cgroup here");
            return;
        }
        let outsider = Guard::sleeper();
        let reach = Reach::Cgroup(cgroup.name().as_str().into());
        // Nobody who was chosen is in there: another one may have its name by now.
        let told = act_and_wait(vec![outsider.target()], CONT, reach.clone(), GENEROUS).unwrap();
        assert_eq!(about(&told), BTreeSet::from([outsider.pid()]));
        let told = act_and_wait(vec![one.target()], act, reach, GENEROUS).unwrap();
        assert_eq!(about(&told), BTreeSet::from([one.pid(), two.pid()]));
        assert!(is_complete(&told), "{told:?}");
        for pid in [one.pid(), two.pid()] {
            assert_eq!(
                killed_by(&verdict(last(&told, pid))),
                Some(if act == TERM { Signal::TERM } else { Signal::KILL })
            );
        }
        assert!(!is_dead(outsider.pid()));
    }
}

#[test]
fn cgroups_that_hold_more_than_was_meant_are_refused() {
    let child = Guard::sleeper();
    let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = own.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/").to_owned();
    for path in ["/", &own, "/no/such/cgroup", "/../.."] {
        let told = act_and_wait(vec![child.target()], KILL, Reach::Cgroup(path.into()), GENEROUS).unwrap();
        assert!(
            matches!(told[..], [ControlNews { what: Happened::Outcome(Outcome::Refused(_)), .. }]),
            "{path}: {told:?}"
        );
    }
    assert!(!is_dead(child.pid()));
}
