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
//! * The columns of `/proc/stat` are told in the time that they counted themselves, idle time included: whole ticks, read a
//!   little later than the clock. In time by the clock two CPUs that never rest would now and then be busy for 201 %.
//! * The processes are read after `/proc/stat`, one after the other, each with an interval of its own. So what is added
//!   up are rates; where a look takes long, they are of a time a little later than that of `/proc/stat`.
//! * A kernel without IRQ_TIME_ACCOUNTING, or on a hypervisor without PARAVIRT_TIME_ACCOUNTING, leaves interrupts or
//!   stolen time in the CPU time of the process they came upon: they are in it twice, and the remainder is negative.
//! * A process that is older than the look before but was not listed then has no rate: its time is in the remainder.

#[cfg(test)]
mod tests;

use super::snapshot::position;
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
    /// time passed. `cores` is how many CPUs the counters are of; 0 where that is not known.
    pub(super) fn close(
        &self,
        before: &CpuTimes,
        now: &CpuTimes,
        seconds: f64,
        cores: usize,
        dead: &[Dead],
        unseen: &Unseen,
    ) -> Option<Account> {
        if self.per_tick == 0 || seconds <= 0.0 {
            return None;
        }
        let percent = |nanos: u64| nanos as f64 / 1e9 / seconds * 100.0;
        let since = |pick: fn(&CpuTimes) -> u64| pick(now).saturating_sub(pick(before));
        let [irq, softirq, steal] = [since(|t| t.irq), since(|t| t.softirq), since(|t| t.steal)];
        let own = [since(|t| t.user), since(|t| t.nice), since(|t| t.system)];
        let busy = own.into_iter().chain([irq, softirq, steal]).fold(0u64, u64::saturating_add);
        let all = busy.saturating_add(since(|t| t.idle)).saturating_add(since(|t| t.iowait));
        if all == 0 {
            return None;
        }
        let of_ticks = |ticks: u64| match cores {
            0 => percent(ticks.saturating_mul(self.per_tick)),
            _ => ticks as f64 / all as f64 * cores as f64 * 100.0,
        };
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
