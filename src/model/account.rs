//! CPU that adds up: where the time went that the CPUs were busy between two looks, the part of the dead included.
//!
//! # What it is made of
//!
//! `/proc/stat` says how long all CPUs together were busy, the CPU clocks of the processes say who used it, and what is
//! between the two is shown and not hidden. The dead leave a trace that needs no privilege: when a parent waits for a
//! child, the kernel adds all that the child ever used, and all that the child had waited for, to the parent's `cutime`
//! and `cstime` (proc(5), fields 16 and 17). So under a living parent
//!
//! ```text
//! used by the dead since the look before = growth of cutime + cstime
//!                                        − what was known at that look of its children that are gone now
//! ```
//!
//! An orphan is reaped by an ancestor that lives, a subreaper or PID 1: what was known of it is taken from the nearest
//! ancestor whose sum grew enough to hold it. Where none did, it may have died after its parent was read, so that the sum
//! grows at the next look: then it is taken there ([`Snapshot::unpaid`]). Where none did then either, nobody waited for
//! it, and nothing is taken from anybody.
//!
//! # How exact it is
//!
//! * `cutime`, `cstime` and the columns of `/proc/stat` are rounded down to ticks (10 ms). The growth of one parent is
//!   wrong by less than two ticks, that is ±2 % of a core over a second, and for each child that ended and had waited
//!   for children itself, up to two ticks too much are left over. The children's own time is exact (CPU clock).
//! * A parent that ignores SIGCHLD, or sets SA_NOCLDWAIT, gets nothing added: its dead end in the remainder.
//! * A sum that grew by more than all CPUs could give in the interval holds older time, of children that were never
//!   listed (`hidepid`): it says nothing about this interval and is left out.
//! * The processes are read after `/proc/stat`, one after the other, each with an interval of its own. So what is added
//!   up are rates; where a look takes long, they are of a time a little later than that of `/proc/stat`.
//! * A kernel without IRQ_TIME_ACCOUNTING, or on a hypervisor without PARAVIRT_TIME_ACCOUNTING, leaves interrupts or
//!   stolen time in the CPU time of the process they came upon: they are in it twice, and the remainder is negative.
//! * A process that is older than the look before but was not listed then has no rate: its time is in the remainder.

use super::{CpuTimes, Hearing, Kind, Pid, Proc, ShortLived, Snapshot, Task};

/// Where the time went that all CPUs were busy between two looks, percent of one core.
///
/// `busy` is the sum of all other fields; only `remainder` may be negative.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Account {
    /// What all CPUs did by `/proc/stat`: user, nice, system, irq, softirq and steal. Waiting for I/O is idle.
    pub busy: f64,
    /// Used by the processes that are listed, those included that began since; what their virtual CPUs ran for guests
    /// is in `guest`.
    pub listed: f64,
    /// Used by processes that began after the look before and were dead before this one, where under their parent
    /// none ended that had been listed.
    pub came_and_went: f64,
    /// Used since the look before by processes that were listed then and are gone, where under their parent, as the
    /// kernel told of all, none came and went.
    pub ended: f64,
    /// Used by one or the other where under one parent there were both, or may have been: a parent has but one sum.
    pub ended_or_came: f64,
    /// Hardware interrupts.
    pub irq: f64,
    /// Soft interrupts.
    pub softirq: f64,
    /// Taken by the hypervisor.
    pub steal: f64,
    /// Run for guests by the virtual CPUs of this machine. They are threads of processes, so this time is part of their
    /// CPU time and of user time too: it is taken out of `listed`, and `busy` has it once.
    pub guest: f64,
    /// What is left: used by the dead that nobody waited for, or the error of the clocks. Negative where more was
    /// found than `/proc/stat` says.
    pub remainder: f64,
    /// How many processes are known to have come and gone; at least so many where [`Hearing`] is not `All`.
    pub unseen: u64,
}

impl Account {
    /// Used by all that died since the look before, percent of one core.
    pub fn dead(&self) -> f64 {
        self.came_and_went + self.ended + self.ended_or_came
    }
}

/// What died under one parent since the look before.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Dead {
    /// The parent's position among the processes of now.
    pub(super) at: usize,
    /// CPU time, nanoseconds.
    pub(super) used: u64,
    /// Whether processes that had been listed ended under it.
    pub(super) ended: bool,
}

/// What is noted while two looks are walked through side by side.
#[derive(Debug)]
pub(super) struct Tally {
    per_tick: u64,
    /// Percent of one core, each over its own interval: the processes are read one after the other.
    listed: f64,
    /// Positions of now, and by how much their waited-for time grew, nanoseconds; in order.
    grown: Vec<Grown>,
    /// Positions in the look before of processes that are gone.
    gone: Vec<usize>,
    /// Parents of those that are gone, and what was known of them, nanoseconds, where no sum could hold it.
    unpaid: Vec<(Pid, u64)>,
}

#[derive(Debug)]
struct Grown {
    at: usize,
    left: u64,
    ended: bool,
}

/// CPU time that a process used between two looks, nanoseconds; `None` where its counter went back.
pub(super) fn spent(before: &Task, now: &Task, per_tick: Option<u64>) -> Option<u64> {
    if let (Some(a), Some(b)) = (before.cpu_clock, now.cpu_clock) {
        return b.checked_sub(a);
    }
    // A clock that answered only once: the ticks of both are of one kind.
    let sum = |t: &Task| t.utime.saturating_add(t.stime);
    Some(sum(now).checked_sub(sum(before))?.saturating_mul(per_tick?))
}

/// Ticks of the children it has waited for.
fn waited(task: &Task) -> u64 {
    task.cutime.saturating_add(task.cstime)
}

impl Tally {
    /// Nothing noted yet; `per_tick` is the nanoseconds of a clock tick, 0 where that is unknown.
    pub(super) fn new(per_tick: u64) -> Tally {
        Tally { per_tick, listed: 0.0, grown: Vec::new(), gone: Vec::new(), unpaid: Vec::new() }
    }

    /// A process that was there at the look before used `spent` nanoseconds in the `seconds` between its two readings; it
    /// is number `at` now.
    pub(super) fn stayed(&mut self, before: &Task, now: &Task, spent: Option<u64>, seconds: f64, at: usize) {
        if matches!(now.kind, Kind::Thread(_)) {
            // Its process has counted it.
            return;
        }
        self.used(spent.unwrap_or(0), seconds);
        self.grow(at, waited(now).saturating_sub(waited(before)));
    }

    /// A process began since the look before, `seconds` ago; it is number `at` now.
    pub(super) fn began(&mut self, now: &Task, ticks: u64, seconds: f64, at: usize) {
        if !matches!(now.kind, Kind::Thread(_)) {
            self.used(now.cpu_nanos(ticks).unwrap_or(0), seconds);
            self.grow(at, waited(now));
        }
    }

    /// Number `at` of the look before is gone.
    pub(super) fn gone(&mut self, at: usize) {
        self.gone.push(at);
    }

    fn used(&mut self, nanos: u64, seconds: f64) {
        if seconds > 0.0 {
            self.listed += nanos as f64 / 1e9 / seconds * 100.0;
        }
    }

    fn grow(&mut self, at: usize, ticks: u64) {
        if ticks > 0 {
            self.grown.push(Grown { at, left: ticks.saturating_mul(self.per_tick), ended: false });
        }
    }

    /// What died under whom, in the order of the parents' positions; `most` is the nanoseconds that all CPUs could give
    /// since the look `before`.
    pub(super) fn dead(&mut self, before: &Snapshot, procs: &[Proc], most: u64) -> Vec<Dead> {
        let ticks = before.host().ticks_per_second;
        // What was known of each, who its parent was, whether it has been waited for once; parents' own first, and the
        // greatest first: it fits in fewest places.
        let mut debts: Vec<(Option<usize>, u64, Pid, bool)> = Vec::new();
        let mut debt = |owed, parent, late| debts.push((place(procs, before, parent), owed, parent, late));
        for (parent, owed) in &before.unpaid {
            debt(*owed, *parent, true);
        }
        for at in std::mem::take(&mut self.gone) {
            let Some(gone) = before.procs.get(at).map(|proc| &*proc.task) else { continue };
            let known = waited(gone).saturating_mul(self.per_tick);
            let owed = gone.cpu_nanos(ticks).unwrap_or(0).saturating_add(known);
            if let (Some(parent), false) = (gone.parent, matches!(gone.kind, Kind::Thread(_))) {
                debt(owed, parent, false);
            }
        }
        debts.sort_unstable_by_key(|(at, owed, ..)| (at.is_none(), std::cmp::Reverse(*owed)));
        for (at, owed, parent, late) in debts {
            let paid = match at {
                Some(at) => self.pay(at, owed),
                None => self.bring(owed, parent, before, procs),
            };
            if !paid && !late {
                self.unpaid.push((parent, owed));
            }
        }
        let slack = 2 * self.per_tick;
        let real = self.grown.drain(..).filter(|grown| grown.left <= most.saturating_add(slack));
        real.map(|Grown { at, left, ended }| Dead { at, used: left, ended }).collect()
    }

    /// Takes what a process brought from the sum of number `at`; whether that could hold it.
    fn pay(&mut self, at: usize, owed: u64) -> bool {
        let slack = 2 * self.per_tick;
        let Some(grown) = self.grown_at(at).filter(|grown| grown.left.saturating_add(slack) >= owed) else {
            return false;
        };
        grown.left = grown.left.saturating_sub(owed);
        grown.ended = true;
        true
    }

    /// Takes what an orphan brought from the nearest ancestor whose sum can hold it; whether there is one.
    fn bring(&mut self, owed: u64, parent: Pid, before: &Snapshot, procs: &[Proc]) -> bool {
        let mut up = living(parent, before, procs).or_else(|| position(procs, Pid::INIT));
        // As many steps as there are processes are enough, whatever circle the data form.
        for _ in 0..procs.len() {
            let Some(at) = up else { return false };
            if self.pay(at, owed) {
                return true;
            }
            up = procs.get(at).and_then(|proc| proc.task.parent).and_then(|pid| position(procs, pid));
        }
        false
    }

    /// What no sum could hold yet: parents, and nanoseconds.
    pub(super) fn unpaid(self) -> Vec<(Pid, u64)> {
        self.unpaid
    }

    fn grown_at(&mut self, at: usize) -> Option<&mut Grown> {
        let place = self.grown.binary_search_by_key(&at, |grown| grown.at).ok()?;
        self.grown.get_mut(place)
    }

    /// The whole sum: `seconds` is the time between the looks, `now` and `before` the CPUs' counters. `None` where no
    /// time passed.
    pub(super) fn close(
        &self,
        before: &CpuTimes,
        now: &CpuTimes,
        seconds: f64,
        dead: &[Dead],
        unseen: &Unseen,
    ) -> Option<Account> {
        if self.per_tick == 0 || seconds <= 0.0 {
            return None;
        }
        let percent = |nanos: u64| nanos as f64 / 1e9 / seconds * 100.0;
        let since = |pick: fn(&CpuTimes) -> u64| pick(now).saturating_sub(pick(before));
        let of_ticks = |ticks: u64| percent(ticks.saturating_mul(self.per_tick));
        let [irq, softirq, steal] = [since(|t| t.irq), since(|t| t.softirq), since(|t| t.steal)];
        let own = [since(|t| t.user), since(|t| t.nice), since(|t| t.system)];
        let busy = own.into_iter().chain([irq, softirq, steal]).fold(0u64, u64::saturating_add);
        if busy == 0 && since(|t| t.idle) == 0 && since(|t| t.iowait) == 0 {
            return None;
        }
        let guest = of_ticks(since(|t| t.guest).saturating_add(since(|t| t.guest_nice)));
        let mut account = Account {
            busy: of_ticks(busy),
            listed: (self.listed - guest).max(0.0),
            irq: of_ticks(irq),
            softirq: of_ticks(softirq),
            steal: of_ticks(steal),
            guest,
            unseen: unseen.all,
            ..Account::default()
        };
        for one in dead {
            let part = if !one.ended {
                &mut account.came_and_went
            } else if unseen.none_under(one.at) {
                &mut account.ended
            } else {
                &mut account.ended_or_came
            };
            *part += percent(one.used);
        }
        let Account { listed, irq, softirq, steal, guest, .. } = account;
        account.remainder = account.busy - (listed + account.dead() + irq + softirq + steal + guest);
        Some(account)
    }
}

/// Which processes came and went, by the living under whom they did.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    /// All of them.
    pub(super) all: u64,
    /// Whether the kernel told of each.
    told: bool,
    /// The position of the nearest ancestor that lives, where that is known, and whose children they were; in order.
    pub(super) by_parent: Vec<(Option<usize>, ShortLived)>,
}

impl Unseen {
    /// Finds the living parents of `list` in `procs`.
    pub(super) fn new(list: Vec<ShortLived>, told: Hearing, before: &Snapshot, procs: &[Proc]) -> Unseen {
        let parent = |one: &ShortLived| one.parent.and_then(|parent| living(parent, before, procs));
        let mut by_parent: Vec<_> = list.into_iter().map(|one| (parent(&one), one)).collect();
        by_parent.sort_by_key(|(at, _)| *at);
        let all = by_parent.iter().map(|(_, one)| u64::from(one.count)).sum();
        Unseen { all, told: told == Hearing::All, by_parent }
    }

    /// Those under the process at `at`, or under nobody who is known.
    pub(super) fn under(&self, at: Option<usize>) -> &[(Option<usize>, ShortLived)] {
        let from = self.by_parent.partition_point(|(parent, _)| *parent < at);
        let to = self.by_parent.partition_point(|(parent, _)| *parent <= at);
        self.by_parent.get(from..to).unwrap_or(&[])
    }

    /// Whether it is sure that nobody came and went under the process at `at`.
    pub(super) fn none_under(&self, at: usize) -> bool {
        self.told && self.under(Some(at)).is_empty() && self.under(None).is_empty()
    }
}

/// The position in `procs` of whatever process has this pid.
fn position(procs: &[Proc], pid: Pid) -> Option<usize> {
    procs.binary_search_by_key(&pid, |proc| proc.task.id.pid).ok()
}

/// The position in `procs` of the process that has this pid, if it is the one that had it at the look `before`, or one
/// that began since.
fn place(procs: &[Proc], before: &Snapshot, pid: Pid) -> Option<usize> {
    let at = position(procs, pid)?;
    let same = before.find_pid(pid).is_none_or(|old| procs.get(at).is_some_and(|new| new.id() == old.id()));
    same.then_some(at)
}

/// The position of the process with this pid, or of its nearest ancestor that lives.
fn living(pid: Pid, before: &Snapshot, procs: &[Proc]) -> Option<usize> {
    let mut up = pid;
    for _ in 0..=before.procs.len() {
        if let Some(at) = place(procs, before, up) {
            return Some(at);
        }
        up = before.find_pid(up)?.task.parent?;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        Census, CensusBy, Host, Nanos, ProcId, Sample, Seen, State, System, Untrusted, derive,
    };
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000_000;

    /// pid, parent, milliseconds of its own, of the children it waited for.
    type Spec = (u32, u32, u64, u64);

    /// A look at `specs` at `at` seconds; the CPUs have done so many milliseconds in user mode.
    fn look(at: u64, busy_ms: u64, specs: &[Spec]) -> Sample {
        let tasks = specs.iter().map(|(pid, parent, own, waited)| Task {
            parent: Pid::new(*parent),
            comm: Arc::new(Untrusted::from(format!("p{pid}").as_str())),
            cpu_clock: Some(own * 1_000_000),
            utime: own / 10,
            cutime: waited / 20,
            cstime: waited / 10 - waited / 20,
            ..Task::bare(ProcId::new(*pid, if *pid < 100 { 1 } else { at * 100 - 50 }).unwrap())
        });
        let cpus = vec![(0, CpuTimes::default()), (1, CpuTimes::default())];
        let cpu =
            CpuTimes { user: busy_ms / 10, idle: 10_000 + at * 200 - busy_ms / 10, ..CpuTimes::default() };
        let host = Arc::new(Host { ticks_per_second: 100, own_uid: 1000, ..Host::default() });
        Sample {
            taken: Nanos(at * SECOND),
            since_boot: Nanos(at * SECOND),
            tasks: tasks.map(|task| Seen::new(task, Nanos(at * SECOND))).collect(),
            system: System { host, cpu, cpus, ..System::default() },
            census: Census { by: CensusBy::Events, events: Hearing::All, ..Census::default() },
            ..Sample::default()
        }
    }

    fn died(parent: u32, name: &str, count: u32) -> ShortLived {
        let name = (!name.is_empty()).then(|| Arc::new(Untrusted::from(name)));
        ShortLived { parent: Pid::new(parent), name, count }
    }

    fn between(before: Sample, now: Sample) -> Snapshot {
        derive(Some(&derive(None, before)), now)
    }

    fn account(snapshot: &Snapshot) -> Account {
        snapshot.account.expect("an account")
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    /// The rows: id, CPU, sentence.
    fn rows(snapshot: &Snapshot) -> Vec<(u32, Option<f64>, String)> {
        let row = |row: &Proc| {
            let said = row.task.command.known().map_or_else(String::new, |c| c.line.show(200));
            (row.task.id.pid.get(), row.cpu.map(|cpu| (cpu * 10.0).round() / 10.0), said)
        };
        snapshot.short_lived.iter().map(row).collect()
    }

    #[test]
    fn it_closes_where_everybody_was_waited_for() {
        let before = look(10, 0, &[(1, 0, 500, 9000), (20, 1, 100, 2000)]);
        // make used 430 ms itself and waited for 240 children that used 290 ms; nothing else ran.
        let mut now = look(11, 720, &[(1, 0, 500, 9000), (20, 1, 530, 2290)]);
        now.short_lived = vec![died(20, "date", 40), died(20, "sh", 150), died(20, "sh", 50)];
        let shot = between(before, now);
        let sum = account(&shot);
        assert!(near(sum.busy, 72.0) && near(sum.listed, 43.0) && near(sum.came_and_went, 29.0), "{sum:?}");
        assert!(near(sum.remainder, 0.0) && near(sum.dead(), 29.0) && sum.unseen == 240, "{sum:?}");
        let sentence = "200 sh, 40 date of p20 died between samples";
        assert_eq!(rows(&shot), [(20, Some(29.0), sentence.to_owned())]);
        assert!(shot.procs.iter().all(|proc| proc.task.kind == Kind::Process), "a row is no process");
        assert_eq!(shot.counts.processes, 2);
    }

    #[test]
    fn who_is_read_late_in_a_long_look_has_its_own_interval() {
        let before = look(10, 0, &[(1, 0, 0, 0), (20, 1, 0, 0)]);
        // The look took 600 ms before it came to 20, which went on at 100 % meanwhile.
        let mut now = look(11, 1000, &[(1, 0, 0, 0), (20, 1, 1600, 0)]);
        now.tasks[1].read_at = Nanos(11 * SECOND + 600_000_000);
        let sum = account(&between(before, now));
        assert!(near(sum.listed, 100.0) && near(sum.remainder, 0.0), "{sum:?}");
    }

    #[test]
    fn a_newcomer_and_its_dead_belong_to_this_interval() {
        let before = look(10, 0, &[(1, 0, 0, 0)]);
        let sum = account(&between(before, look(11, 300, &[(1, 0, 0, 0), (200, 1, 100, 200)])));
        assert!(
            near(sum.listed, 10.0) && near(sum.came_and_went, 20.0) && near(sum.remainder, 0.0),
            "{sum:?}"
        );
    }

    #[test]
    fn who_is_not_waited_for_ends_in_the_remainder() {
        let before = look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]);
        let mut now = look(11, 300, &[(1, 0, 0, 0), (20, 1, 200, 0)]);
        now.short_lived = vec![died(20, "sh", 7)];
        let shot = between(before, now);
        let sum = account(&shot);
        assert!(near(sum.remainder, 20.0) && near(sum.dead(), 0.0), "{sum:?}");
        // What they used is not known, which is not 0.
        assert_eq!(rows(&shot), [(20, None, "7 sh of p20 died between samples".to_owned())]);
    }

    #[test]
    fn what_was_known_of_the_ended_is_no_news() {
        let before = look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 500), (30, 20, 4000, 1000), (31, 20, 50, 0)]);
        // 30 used 150 ms more and ended: 5150 ms and what was known of 31 went to its parent.
        let now = look(11, 150, &[(1, 0, 0, 0), (20, 1, 100, 5700)]);
        let shot = between(before.clone(), now.clone());
        let sum = account(&shot);
        assert!(near(sum.ended, 15.0) && near(sum.remainder, 0.0), "{sum:?}");
        let sentence = "children of p20 ended: used since they were last seen";
        assert_eq!(rows(&shot), [(20, Some(15.0), sentence.to_owned())]);

        // Others came and went beside them, or nobody would know: it cannot be told whose it was.
        let mut both = now.clone();
        both.short_lived = vec![died(20, "", 1)];
        let shot = between(before.clone(), both);
        assert!(near(account(&shot).ended_or_came, 15.0), "{:?}", shot.account);
        assert_eq!(rows(&shot), [(20, Some(15.0), "1 child of p20 died between samples".to_owned())]);
        let mut untold = now;
        untold.census.events = Hearing::Refused;
        let shot = between(before, untold);
        assert!(near(account(&shot).ended_or_came, 15.0), "{:?}", shot.account);
        assert_eq!(rows(&shot), [(20, Some(15.0), "children of p20 died between samples".to_owned())]);
    }

    #[test]
    fn an_orphan_is_reaped_by_an_ancestor() {
        // A shell, its make, its compiler. make dies and is waited for by the shell; the compiler goes to PID 1, which
        // waits for it: an hour of CPU that was known long ago.
        let hour = 3_600_000;
        let specs = [(1, 0, 0, 5000), (20, 1, 100, 700), (30, 20, 200, 0), (31, 30, hour, 0)];
        let now = look(11, 130, &[(1, 0, 0, 5000 + hour + 120), (20, 1, 100, 910)]);
        let shot = between(look(10, 0, &specs), now);
        let sum = account(&shot);
        assert!(near(sum.dead(), 13.0) && near(sum.remainder, 0.0), "{sum:?}");
        assert!(
            shot.short_lived.iter().all(|row| row.cpu.is_some_and(|cpu| cpu < 20.0)),
            "{:?}",
            rows(&shot)
        );

        // make had waited for it before it died: all of it goes to the shell.
        let now = look(11, 130, &[(1, 0, 0, 5000), (20, 1, 100, 910 + hour + 120)]);
        let sum = account(&between(look(10, 0, &specs), now));
        assert!(near(sum.dead(), 13.0) && near(sum.remainder, 0.0), "{sum:?}");
    }

    #[test]
    fn a_child_that_dies_while_the_look_goes_on_is_no_news_at_the_next() {
        // The shell is read, then its child dies and is waited for, then it is found to be gone.
        let specs = [(1, 0, 0, 0), (20, 1, 100, 0), (30, 20, 700, 0)];
        let shell = |waited| vec![(1, 0, 0, 0), (20, 1, 100, waited)];
        let first = derive(None, look(10, 0, &specs));
        let second = derive(Some(&first), look(11, 20, &shell(0)));
        assert_eq!(second.unpaid, [(Pid::new(20).unwrap(), 700_000_000)]);
        let third = derive(Some(&second), look(12, 20, &shell(720)));
        assert!(near(account(&third).dead(), 2.0) && third.unpaid.is_empty(), "{:?}", third.account);
        // It is waited for at once or never.
        let never = derive(Some(&second), look(12, 20, &shell(0)));
        assert!(never.unpaid.is_empty());
    }

    #[test]
    fn older_time_than_fits_into_the_interval_is_not_of_it() {
        // A child that was never listed brought an hour.
        let before = look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]);
        let shot = between(before, look(11, 100, &[(1, 0, 0, 0), (20, 1, 200, 3_600_000)]));
        let sum = account(&shot);
        assert!(near(sum.dead(), 0.0) && near(sum.remainder, 0.0), "{sum:?}");
        assert_eq!(rows(&shot), []);
    }

    #[test]
    fn guests_are_in_it_once_and_interrupts_have_their_lines() {
        let mut before = look(10, 0, &[(20, 1, 0, 0)]);
        before.system.cpu = CpuTimes { user: 50, guest: 50, idle: 1, ..CpuTimes::default() };
        let mut now = look(11, 0, &[(20, 1, 900, 0)]);
        // 800 ms of the 900 ms of the virtual machine's process ran its guest.
        let times = CpuTimes {
            user: 140,
            guest: 130,
            irq: 3,
            softirq: 4,
            steal: 5,
            idle: 100,
            ..CpuTimes::default()
        };
        now.system.cpu = times;
        let sum = account(&between(before, now));
        assert!(near(sum.busy, 102.0) && near(sum.guest, 80.0) && near(sum.listed, 10.0), "{sum:?}");
        assert_eq!([sum.irq, sum.softirq, sum.steal].map(f64::round), [3.0, 4.0, 5.0]);
        assert!(near(sum.remainder, 0.0), "{sum:?}");
    }

    #[test]
    fn threads_are_not_counted_twice() {
        let mut before = look(10, 0, &[(20, 1, 0, 0), (21, 20, 0, 0)]);
        let mut now = look(11, 500, &[(20, 1, 500, 100), (21, 20, 400, 100)]);
        for sample in [&mut before, &mut now] {
            for seen in &mut sample.tasks {
                if seen.id.pid.get() == 21 {
                    Arc::make_mut(&mut seen.task).kind = Kind::Thread(Pid::new(20).unwrap());
                }
            }
        }
        let sum = account(&between(before, now));
        assert!(near(sum.listed, 50.0) && near(sum.dead(), 10.0), "{sum:?}");
    }

    #[test]
    fn a_first_look_and_a_partial_one_have_no_account() {
        let first = derive(None, look(10, 0, &[(1, 0, 0, 0)]));
        assert_eq!(first.account, None);
        let mut partial = look(11, 100, &[(1, 0, 100, 0)]);
        partial.partial = true;
        partial.short_lived = vec![died(1, "sh", 3)];
        let second = derive(Some(&first), partial);
        assert_eq!((second.account, second.short_lived.len()), (None, 0));
    }

    #[test]
    fn a_row_lingers_and_then_goes_and_has_no_parent_where_none_is_known() {
        let mut shot = derive(None, look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]));
        let mut next = |at: u64, waited: u64, list: Vec<ShortLived>| {
            let mut sample = look(at, 0, &[(1, 0, 0, 0), (20, 1, 100, waited)]);
            sample.short_lived = list;
            shot = derive(Some(&shot), sample);
            rows(&shot).into_iter().map(|(pid, cpu, _)| (pid, cpu)).collect::<Vec<_>>()
        };
        // One child's parent is not listed and never was: it is nobody's.
        let nobody = (i32::MAX as u32, None);
        assert_eq!(next(11, 50, vec![died(20, "sh", 2), died(99, "sh", 1)]), [(20, Some(5.0)), nobody]);
        assert_eq!(next(12, 50, vec![]), [(20, Some(5.0)), nobody], "as it was when the last one died");
        assert_eq!(next(13, 80, vec![died(20, "sh", 1)]), [(20, Some(3.0))]);
        assert_eq!(next(14, 80, vec![]), [(20, Some(3.0))]);
        assert_eq!(next(15, 80, vec![]), []);
    }

    #[test]
    fn a_row_cannot_be_taken_for_a_process() {
        let mut now = look(11, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]);
        now.short_lived = vec![died(20, "sh", 2), died(0, "date", 1)];
        let shot = between(look(10, 0, &[(1, 0, 0, 0), (20, 1, 100, 0)]), now);
        assert_eq!(shot.short_lived.len(), 2);
        for row in &shot.short_lived {
            assert_eq!((row.task.kind, row.task.state), (Kind::ShortLived, State::DEAD));
            assert!(shot.find(row.id()).is_none() && row.id().start_time == u64::MAX);
            assert_eq!((shot.age(row), shot.started(row)), (None, None));
        }
        let nobody = shot.short_lived.last().unwrap();
        assert_eq!(nobody.task.command.known().unwrap().base(), b"1 date");
    }

    #[test]
    fn names_are_told_up_to_a_few() {
        let mut now = look(11, 0, &[(20, 1, 100, 0)]);
        now.short_lived = ["a", "b", "c", "d", "e"].map(|name| died(20, name, 1)).to_vec();
        now.short_lived.push(died(20, "", 9));
        let shot = between(look(10, 0, &[(20, 1, 100, 0)]), now);
        assert_eq!(rows(&shot)[0].2, "1 a, 1 b, 1 c, 1 d, 10 others of p20 died between samples");
        assert_eq!(shot.short_lived[0].task.comm.bytes(), b"a, b, c, d, e");
    }

    /// Processes, CPU columns, parents and counts of the short-lived, whether the kernel told of all.
    type Made = (Vec<Spec>, [u64; 10], Vec<(u32, u32)>, bool);

    fn any_look() -> impl Strategy<Value = Made> {
        let spec = (1u32..12, 0u32..12, 0u64..5_000, 0u64..5_000);
        let times = prop::array::uniform10(prop_oneof![0u64..1000, 0u64..1 << 40]);
        (
            prop::collection::vec(spec, 0..10),
            times,
            prop::collection::vec((0u32..14, 0u32..9), 0..4),
            any::<bool>(),
        )
    }

    proptest! {
        #[test]
        fn the_parts_make_the_whole(looks in prop::collection::vec(any_look(), 2..5)) {
            let mut shot: Option<Snapshot> = None;
            for (n, (mut specs, v, unseen, told)) in (1..).zip(looks) {
                specs.sort_unstable();
                specs.dedup_by_key(|spec| spec.0);
                let mut sample = look(10 * n, 0, &specs);
                sample.system.cpu = CpuTimes {
                    user: v[0], nice: v[1], system: v[2], idle: v[3], iowait: v[4],
                    irq: v[5], softirq: v[6], steal: v[7], guest: v[8], guest_nice: v[9],
                };
                sample.short_lived = unseen.iter().map(|(parent, count)| died(*parent, "x", *count)).collect();
                sample.census.events = if told { Hearing::All } else { Hearing::Lost };
                let next = derive(shot.as_ref(), sample);
                if let Some(sum) = next.account {
                    let parts = [sum.listed, sum.came_and_went, sum.ended, sum.ended_or_came, sum.irq, sum.softirq,
                                 sum.steal, sum.guest];
                    prop_assert!(parts.iter().all(|part| part.is_finite() && *part >= 0.0), "{:?}", sum);
                    let whole = parts.iter().sum::<f64>() + sum.remainder;
                    let greatest = parts.iter().copied().fold(sum.busy.max(1.0), f64::max);
                    prop_assert!((whole - sum.busy).abs() <= 1e-12 * greatest, "{:?}", sum);
                }
                prop_assert!(next.short_lived.is_sorted_by(|a, b| a.id() < b.id()));
                for row in &next.short_lived {
                    prop_assert!(row.cpu.is_none_or(|cpu| cpu.is_finite() && (0.0..=200.0).contains(&cpu)));
                }
                shot = Some(next);
            }
        }
    }
}
