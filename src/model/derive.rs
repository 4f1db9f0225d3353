//! Sample after sample → snapshot: rates, births and deaths. Pure arithmetic over two looks.

use std::sync::Arc;

use super::account::{Tally, Unseen, spent};
use super::short_lived::{self, Look};
use super::snapshot::{LINGER, LazySums};
use super::{Counts, CpuTimes, CpuUse, Kind, Proc, Rates, Sample, Seen, Snapshot, Task, Trail};

/// An interval shorter than this gives no rate: the counters are too coarse for it. Seconds.
const SHORTEST: f64 = 0.02;

/// What `next` means in the light of `prev`, the snapshot before it.
///
/// Rates exist only between two readings of the same process (pid and start time), over that process's own interval; one
/// that started since the look before has used all its time in between.
/// A counter that went back gives no rate. Nothing is negative, infinite or NaN.
pub fn derive(prev: Option<&Snapshot>, next: Sample) -> Snapshot {
    let prev = prev.filter(|p| p.number > 0);
    let interval = prev.map(|p| next.taken.since(p.taken)).filter(|dt| *dt > 0.0);
    let ticks = next.system.host.ticks_per_second;
    let cores = next.system.cpus.len().max(1) as f64;
    let per_tick = 1_000_000_000u64.checked_div(ticks);
    let mut ended = carry_ended(prev, &next);
    let mut old = prev.map_or(&[][..], |p| &p.procs).iter().enumerate().peekable();
    let mut tally = Tally::new(per_tick.unwrap_or(0));
    let mut procs = Vec::with_capacity(next.tasks.len());
    let mut counts = prev.map_or_else(Counts::default, |p| p.counts);
    for task in next.tasks {
        // Nothing of it changed, so it has not run: it used nothing, nor did it wait for anybody. Most are like that, and
        // nobody looks into them: what is known of them lies all over the memory.
        if let Some((_, o)) = old.next_if(|(_, o)| Arc::ptr_eq(&o.task, &task.task)) {
            let cpu = cpu_percent(o, &task, Some(0), cores);
            // Who has details says so here: where nobody looks at it, nobody looks into it.
            let rates = o.rates.as_ref().and_then(|_| rates(Some(o), &task, ticks));
            let (trail, born) = (o.trail.then(cpu), o.born);
            procs.push(Proc { task: task.task, read_at: task.read_at, cpu, rates, trail, born, gone: None });
            continue;
        }
        while let Some((at, gone)) = old.next_if(|(_, o)| o.task.id.pid < task.id.pid) {
            tally.gone(at);
            counts.take(gone);
            bury(gone, next.taken, &mut ended);
        }
        let before = old.next_if(|(_, o)| o.task.id.pid == task.id.pid);
        let same = before.map(|(_, o)| o).filter(|o| o.task.id == task.id);
        if let (Some((at, gone)), None) = (before, same) {
            tally.gone(at);
            counts.take(gone);
            bury(gone, next.taken, &mut ended);
        }
        let newcomer = prev.filter(|p| same.is_none() && started_since(p, &task, ticks));
        let cpu = match (same, newcomer) {
            (Some(o), _) => {
                counts.take(o);
                let spent = spent(&o.task, &task, per_tick);
                tally.stayed(&o.task, &task, spent, task.read_at.since(o.read_at), procs.len());
                cpu_percent(o, &task, spent, cores)
            }
            (None, Some(p)) => {
                tally.began(&task, ticks, task.read_at.since(p.taken), procs.len());
                newcomer_percent(p, &task, ticks, cores)
            }
            (None, None) => None,
        };
        // Threads that are asked for only now are no news; what started since the look before is.
        let born = match same {
            Some(o) => o.born,
            None => newcomer.map(|_| next.taken),
        };
        let rates = rates(same, &task, ticks);
        let trail = same.map_or_else(Trail::default, |o| o.trail).then(cpu);
        let proc = Proc { task: task.task, read_at: task.read_at, cpu, rates, trail, born, gone: None };
        counts.add(&proc);
        procs.push(proc);
    }
    for (at, gone) in old {
        tally.gone(at);
        counts.take(gone);
        bury(gone, next.taken, &mut ended);
    }
    let (mut rows, mut account) = (Vec::new(), None);
    // What a partial look does not list has not died.
    let whole = |p: &&Snapshot| !p.partial && !next.partial;
    if let (Some(before), Some(seconds)) = (prev.filter(whole), interval.filter(|dt| *dt >= SHORTEST)) {
        let most = (seconds * cores * 1e9) as u64;
        let dead = tally.dead(before, &procs, most);
        let unseen = Unseen::new(next.short_lived, next.census.events, before, &procs);
        account = tally.close(
            &before.system.cpu,
            &next.system.cpu,
            seconds,
            next.system.cpus.len(),
            &dead,
            &unseen,
        );
        let (taken, per_tick) = (next.taken, per_tick.unwrap_or(0));
        let linger = next.linger.unwrap_or(LINGER);
        let look = Look { before, procs: &procs, taken, seconds, per_tick, cores, linger };
        rows = short_lived::rows(&look, &dead, &unseen);
    }
    let use_of = |id: u32, now: &CpuTimes| {
        let before = prev?.system.cpus.iter().find(|(known, _)| *known == id)?;
        cpu_use(&before.1, now)
    };
    Snapshot {
        number: prev.map_or(1, |p| p.number + 1),
        taken: next.taken,
        since_boot: next.since_boot,
        wall: next.wall,
        interval,
        linger: next.linger,
        cpu: prev.and_then(|p| cpu_use(&p.system.cpu, &next.system.cpu)),
        cpus: next.system.cpus.iter().map(|(id, now)| (*id, use_of(*id, now))).collect(),
        own_cpu: match (prev, interval) {
            (Some(p), Some(dt)) => {
                Some(((next.cost.own_cpu - p.cost.own_cpu).max(0.0) / dt * 100.0).min(cores * 100.0))
            }
            _ => None,
        },
        system: next.system,
        counts,
        procs,
        ended,
        short_lived: rows,
        account,
        unpaid: tally.unpaid(),
        census: next.census,
        partial: next.partial,
        cost: next.cost,
        sums: LazySums::default(),
    }
}

/// The ended processes of `prev` that are still to be shown.
fn carry_ended(prev: Option<&Snapshot>, next: &Sample) -> Vec<Proc> {
    let young = |p: &&Proc| p.gone.is_some_and(|gone| next.taken.since(gone) < next.linger.unwrap_or(LINGER));
    prev.map_or_else(Vec::new, |p| p.ended.iter().filter(young).cloned().collect())
}

/// Keeps a process that is no longer there as it was when last seen, its CPU use included: that is what keeps its row
/// where it stood. Threads are left out, their comings and goings are no news.
fn bury(gone: &Proc, now: super::Nanos, ended: &mut Vec<Proc>) {
    if !matches!(gone.task.kind, Kind::Thread(_)) {
        ended.push(Proc { gone: Some(now), ..gone.clone() });
    }
}

/// CPU use between two readings of one process, percent of one core, at most what its threads could use.
fn cpu_percent(before: &Proc, now: &Seen, spent: Option<u64>, cores: f64) -> Option<f64> {
    let dt = now.read_at.since(before.read_at);
    if dt < SHORTEST {
        // Not read again, or too soon to tell: what was true then is all that is known.
        return before.cpu;
    }
    let used = spent?;
    if used == 0 {
        return Some(0.0);
    }
    // Threads may have come and gone unseen, so only a process that had one at both looks is held to one core.
    let single = matches!(now.kind, Kind::Thread(_)) || (now.threads <= 1 && before.task.threads <= 1);
    let most = if single { 100.0 } else { cores * 100.0 };
    Some((used as f64 / 1e9 / dt * 100.0).min(most))
}

/// What the details of a process mean in the light of those before.
fn rates(before: Option<&Proc>, now: &Seen, ticks: u64) -> Option<Box<Rates>> {
    let seconds = before.map_or(0.0, |before| now.read_at.since(before.read_at));
    let before = before.filter(|_| seconds >= SHORTEST);
    Rates::between(before.map(|before| &*before.task), now, seconds, ticks)
}

/// Whether a process started after the look `prev`. Start times are rounded down to a tick.
fn started_since(prev: &Snapshot, now: &Task, ticks: u64) -> bool {
    let per_tick = 1_000_000_000u64.checked_div(ticks);
    per_tick.is_some_and(|per_tick| {
        (now.id.start_time.saturating_add(1)).saturating_mul(per_tick) >= prev.since_boot.0
    })
}

/// CPU use of a process that [started after](started_since) the look `prev`: all it ever used fell between the two
/// looks.
fn newcomer_percent(prev: &Snapshot, now: &Seen, ticks: u64, cores: f64) -> Option<f64> {
    let dt = now.read_at.since(prev.taken);
    let used = now.cpu_nanos(ticks).filter(|_| dt >= SHORTEST)?;
    Some((used as f64 / 1e9 / dt * 100.0).min(cores * 100.0))
}

/// Where the time between two readings of a CPU went; `None` where no time passed.
///
/// Each column is clamped at its own: iowait may decrease, a CPU that came back may restart. Guest time is part of
/// user time and is taken out once.
pub(super) fn cpu_use(before: &CpuTimes, now: &CpuTimes) -> Option<CpuUse> {
    let d = |pick: fn(&CpuTimes) -> u64| pick(now).saturating_sub(pick(before));
    let guest = d(|t| t.guest) + d(|t| t.guest_nice);
    let user = d(|t| t.user).saturating_sub(d(|t| t.guest));
    let low = d(|t| t.nice).saturating_sub(d(|t| t.guest_nice));
    let [kernel, idle, iowait] = [d(|t| t.system), d(|t| t.idle), d(|t| t.iowait)];
    let [irq, softirq, steal] = [d(|t| t.irq), d(|t| t.softirq), d(|t| t.steal)];
    let total = user + low + kernel + idle + iowait + irq + softirq + steal + guest;
    if total == 0 {
        return None;
    }
    let share = |part: u64| (part as f64 / total as f64) as f32;
    Some(CpuUse {
        user: share(user),
        low: share(low),
        kernel: share(kernel),
        irq: share(irq),
        softirq: share(softirq),
        steal: share(steal),
        guest: share(guest),
        iowait: share(iowait),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Host, Nanos, Pid, ProcId, System};
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000_000;

    fn task(pid: u32, start: u64, at: u64, cpu_ms: u64) -> Seen {
        let id = ProcId::new(pid, start).expect("a pid");
        Seen::new(Task { cpu_clock: Some(cpu_ms * 1_000_000), ..Task::bare(id) }, Nanos(at))
    }

    fn sample(at: u64, tasks: Vec<Seen>) -> Sample {
        let host = Arc::new(Host { ticks_per_second: 100, ..Host::default() });
        let cpus = vec![(0, CpuTimes::default()), (1, CpuTimes::default())];
        Sample {
            taken: Nanos(at),
            tasks,
            system: System { host, cpus, ..System::default() },
            ..Sample::default()
        }
    }

    #[test]
    fn the_first_look_has_no_rates() {
        let first = derive(None, sample(SECOND, vec![task(7, 1, SECOND, 500)]));
        assert_eq!(
            (first.number, first.interval, first.procs[0].cpu, first.procs[0].born),
            (1, None, None, None)
        );
    }

    #[test]
    fn a_rate_uses_the_interval_of_its_own_process() {
        let first =
            derive(None, sample(SECOND, vec![task(7, 1, SECOND, 0), task(8, 1, SECOND + SECOND / 2, 0)]));
        let next = sample(3 * SECOND, vec![task(7, 1, 3 * SECOND, 500), task(8, 1, 2 * SECOND, 500)]);
        let second = derive(Some(&first), next);
        assert_eq!(second.procs.iter().map(|p| p.cpu).collect::<Vec<_>>(), [Some(25.0), Some(100.0)]);
    }

    #[test]
    fn a_recycled_pid_is_another_process() {
        let first = derive(None, sample(SECOND, vec![task(7, 1, SECOND, 100)]));
        let second = derive(Some(&first), sample(2 * SECOND, vec![task(7, 99, 2 * SECOND, 900)]));
        // Its 900 ms are its own: nothing is taken from the process that had the pid before.
        assert_eq!((second.procs[0].cpu, second.procs[0].born), (Some(90.0), Some(Nanos(2 * SECOND))));
        assert_eq!(second.ended.iter().map(Proc::id).collect::<Vec<_>>(), [ProcId::new(7, 1).unwrap()]);
    }

    #[test]
    fn a_newcomer_has_used_all_its_time_since_the_last_look() {
        let mut first = derive(None, sample(SECOND, vec![]));
        first.since_boot = Nanos(100 * SECOND);
        let next =
            sample(2 * SECOND, vec![task(7, 10_050, 2 * SECOND, 250), task(8, 9_000, 2 * SECOND, 250)]);
        let second = derive(Some(&first), next);
        // Pid 8 is older than the last look: it was overlooked then, and nobody knows when it used its time.
        assert_eq!(second.procs.iter().map(|p| p.cpu).collect::<Vec<_>>(), [Some(25.0), None]);
        assert_eq!(second.procs.iter().map(|p| p.born.is_some()).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_counter_that_went_back_gives_no_rate() {
        let first = derive(None, sample(SECOND, vec![task(7, 1, SECOND, 500)]));
        let second = derive(Some(&first), sample(2 * SECOND, vec![task(7, 1, 2 * SECOND, 400)]));
        assert_eq!(second.procs[0].cpu, None);
    }

    #[test]
    fn what_ended_lingers_and_then_is_forgotten() {
        let mut shot = derive(None, sample(SECOND, vec![task(7, 1, SECOND, 0), task(9, 1, SECOND, 0)]));
        shot = derive(
            Some(&shot),
            sample(2 * SECOND, vec![task(7, 1, 2 * SECOND, 50), task(9, 1, 2 * SECOND, 0)]),
        );
        shot = derive(Some(&shot), sample(3 * SECOND, vec![task(9, 1, 3 * SECOND, 0)]));
        assert_eq!(shot.ended.len(), 1);
        assert_eq!(shot.ended[0].cpu, Some(5.0), "as it was when last seen");
        shot = derive(Some(&shot), sample(4 * SECOND, vec![task(9, 1, 3 * SECOND, 0)]));
        assert_eq!(shot.ended.len(), 1);
        shot = derive(Some(&shot), sample(5 * SECOND, vec![task(9, 1, 5 * SECOND, 0)]));
        assert_eq!(shot.ended.len(), 0);
    }

    #[test]
    fn who_is_new_or_ended_is_told_apart_as_long_as_was_asked_for() {
        let look = |at: u64, pids: &[u64]| {
            let tasks = pids.iter().map(|pid| task(*pid as u32, pid - 6, at * SECOND, 0)).collect();
            Sample { linger: Some(4.0), ..sample(at * SECOND, tasks) }
        };
        let mut shot = derive(None, look(1, &[7]));
        shot = derive(Some(&shot), look(2, &[207]));
        for at in 3..=7 {
            let left = (shot.ended.len(), shot.is_new(&shot.procs[0]));
            assert_eq!(left, if at <= 6 { (1, true) } else { (0, false) }, "{at}");
            shot = derive(Some(&shot), look(at, &[207]));
        }
    }

    #[test]
    fn guests_are_counted_once_and_iowait_may_go_back() {
        let before = CpuTimes { user: 100, guest: 50, idle: 100, iowait: 90, ..CpuTimes::default() };
        let now = CpuTimes { user: 160, guest: 80, idle: 140, iowait: 80, ..CpuTimes::default() };
        let used = cpu_use(&before, &now).expect("time passed");
        assert_eq!((used.user, used.guest, used.iowait), (0.3, 0.3, 0.0));
        assert_eq!(cpu_use(&now, &now), None);
    }

    fn any_times() -> impl Strategy<Value = CpuTimes> {
        prop::array::uniform10(0u64..1_000_000).prop_map(|v| CpuTimes {
            user: v[0],
            nice: v[1],
            system: v[2],
            idle: v[3],
            iowait: v[4],
            irq: v[5],
            softirq: v[6],
            steal: v[7],
            guest: v[8],
            guest_nice: v[9],
        })
    }

    proptest! {
        #[test]
        fn shares_are_shares(before in any_times(), now in any_times()) {
            if let Some(u) = cpu_use(&before, &now) {
                let parts = [u.user, u.low, u.kernel, u.irq, u.softirq, u.steal, u.guest, u.iowait];
                prop_assert!(parts.iter().all(|p| (0.0..=1.0).contains(p)));
                prop_assert!(parts.iter().sum::<f32>() <= 1.0001);
            }
        }

        #[test]
        fn rates_are_never_negative_nor_beyond_the_machine(
            looks in prop::collection::vec(prop::collection::btree_map(1u32..9, (0u64..3, any::<u32>(), 0u64..5_000), 0..6), 1..5)
        ) {
            let mut shot: Option<Snapshot> = None;
            for (i, look) in looks.into_iter().enumerate() {
                let at = (i as u64 + 1) * SECOND;
                let tasks = look.into_iter().map(|(pid, (start, cpu, late))| task(pid, start, at + late * 1_000_000, u64::from(cpu))).collect();
                let next = derive(shot.as_ref(), sample(at, tasks));
                for proc in &next.procs {
                    prop_assert!(proc.cpu.is_none_or(|c| c.is_finite() && (0.0..=200.0).contains(&c)));
                    prop_assert_eq!(next.find(proc.id()).map(|p| p.task.id), Some(proc.task.id));
                }
                prop_assert_eq!(next.counts, Counts::of(&next.procs));
                shot = Some(next);
            }
        }

        #[test]
        fn a_pid_is_listed_once(pids in prop::collection::btree_set(1u32..50, 0..20)) {
            let shot = derive(None, sample(1, pids.iter().map(|p| task(*p, 1, 1, 0)).collect()));
            prop_assert!(pids.iter().all(|p| shot.find_pid(Pid::new(*p).unwrap()).is_some()));
        }
    }
}
