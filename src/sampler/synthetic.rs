//! A machine that is made up: any number of processes in a tree as real ones have it, some of them busy, some coming
//! and going, some between two looks. The same seed makes the same machine, look for look; its time is its own.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{
    Census, CensusBy, Command, CpuTimes, Hearing, Host, Kind, Load, Memory, Nanos, Needs, NoSample, Pid,
    ProcId, Reading, Sample, Seen, ShortLived, Source, State, System, Task, TaskMemory, Untrusted, Wants,
};

const TICKS: u64 = 100;
const SECOND: u64 = 1_000_000_000;
/// Looks from one full listing to the next.
const LISTED_EVERY: u64 = 30;

/// Programs as they are met: name, and the line they were started with.
const PROGRAMS: [(&str, &[u8]); 8] = [
    ("nginx", b"nginx: worker process"),
    ("postgres", b"postgres: app appdb 10.0.3.17(52114) idle"),
    ("java", b"/usr/lib/jvm/java-17/bin/java\0-Xmx4g\0-jar\0/opt/app/gateway.jar\0--profile=prod"),
    ("python3", b"/usr/bin/python3\0-m\0celery\0worker\0--concurrency=8"),
    ("bash", b"-bash"),
    ("chromium", b"/usr/lib/chromium/chromium\0--type=renderer\0--lang=en-US"),
    ("sshd", b"sshd: deploy@pts/14"),
    ("rustc", b"/usr/bin/rustc\0--crate-name\0glow\0src/lib.rs"),
];

/// A source of made-up samples.
pub struct Synthetic {
    random: u64,
    step: f64,
    churn: usize,
    short_lived: usize,
    looks: u64,
    /// CPU time of all CPUs, nanoseconds.
    idle: u64,
    worked: u64,
    elapsed: u64,
    forks: u64,
    next_pid: u32,
    host: Arc<Host>,
    users: Vec<Arc<Untrusted>>,
    names: Vec<Arc<Untrusted>>,
    commands: Vec<Arc<Command>>,
    cpus: Vec<(u32, CpuTimes)>,
    /// Ordered by pid.
    tasks: Vec<Arc<Task>>,
}

impl Synthetic {
    /// A machine of `cores` CPUs (at least one) and `processes` processes (at least one), made of `seed`. One look is
    /// 1 s of its time, in which one process of two hundred ends and another begins, and as many come and go unseen.
    pub fn new(processes: usize, cores: u32, seed: u64) -> Synthetic {
        let processes = processes.max(1);
        let host = Host {
            name: Untrusted::from("synthetic"),
            kernel: Untrusted::from("Linux 6.18.0"),
            ticks_per_second: TICKS,
            page_size: 4096,
            boot_time: Some(1_700_000_000),
            utc_offset_s: Some(0),
            own_uid: 1000,
            own_pid: None,
        };
        let mut made = Synthetic {
            random: seed ^ 0x9e37_79b9_7f4a_7c15,
            step: 1.0,
            churn: processes.div_ceil(200),
            short_lived: processes.div_ceil(200),
            looks: 0,
            idle: 0,
            worked: 0,
            elapsed: 10_000 * SECOND,
            forks: 0,
            next_pid: 1,
            host: Arc::new(host),
            users: ["root", "www-data", "ann", "bob"].map(|name| Arc::new(Untrusted::from(name))).to_vec(),
            names: PROGRAMS.iter().map(|(name, _)| Arc::new(Untrusted::from(*name))).collect(),
            commands: PROGRAMS.iter().filter_map(|(_, line)| Command::parse(line).map(Arc::new)).collect(),
            cpus: (0..cores.max(1)).map(|id| (id, CpuTimes::default())).collect(),
            tasks: Vec::with_capacity(processes),
        };
        (0..processes).for_each(|_| made.spawn());
        made
    }

    /// Seconds of its own time from one look to the next.
    #[must_use]
    pub fn step(mut self, seconds: f64) -> Synthetic {
        self.step = seconds.max(0.0);
        self
    }

    /// How many processes end, and as many begin, from one look to the next.
    #[must_use]
    pub fn churn(mut self, processes: usize) -> Synthetic {
        self.churn = processes;
        self
    }

    /// How many processes come and go from one look to the next without being seen.
    #[must_use]
    pub fn short_lived(mut self, processes: usize) -> Synthetic {
        self.short_lived = processes;
        self
    }

    /// A number below `bound` (at least 1). SplitMix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }

    /// One of a list that is not empty.
    fn pick<T: Clone>(&mut self, of: fn(&Synthetic) -> &[T]) -> Option<(usize, T)> {
        let at = self.below(of(self).len() as u64) as usize;
        of(self).get(at).map(|one| (at, one.clone()))
    }

    /// Another process begins.
    fn spawn(&mut self) {
        let start_time = self.elapsed / (SECOND / TICKS);
        // Pids are given out in order, so a new one is the last and the list stays ordered.
        let Some(id) = ProcId::new(self.next_pid, start_time) else { return };
        self.next_pid += 1;
        self.forks += 1;
        // Half are children of PID 1, as on a server; the rest of anybody, which makes chains and fans.
        let parent = match self.tasks.first().map(|first| first.id.pid) {
            Some(first) if self.below(2) == 0 => Some(first),
            Some(first) => self.pick(|s| &s.tasks).map_or(Some(first), |(_, parent)| Some(parent.id.pid)),
            None => None,
        };
        let kernel = self.forks > 1 && self.below(8) == 0;
        let (program, comm) = self.pick(|s| &s.names).unwrap_or_default();
        let command = self.commands.get(program).cloned();
        let (uid, user) = self.pick(|s| &s.users).unwrap_or_default();
        let resident = self.below(50_000) * 4096;
        let mut task = Task {
            kind: if kernel { Kind::Kernel } else { Kind::Process },
            parent,
            pgrp: id.pid.get(),
            session: id.pid.get(),
            priority: 20,
            threads: if self.below(10) == 0 { 1 + self.below(30) as u32 } else { 1 },
            virt: resident * 3,
            processor: Some(self.below(self.cpus.len() as u64) as u32),
            memory: Reading::Known(TaskMemory { resident, shared: resident / 4 }),
            uid: Reading::Known(if uid == 0 { 0 } else { 999 + uid as u32 }),
            user: Some(user),
            comm,
            command: command.map_or(Reading::NotRead, Reading::Known),
            cpu_clock: Some(0),
            ..Task::bare(id)
        };
        if kernel {
            task.flags = 0x0020_0000;
            task.threads = 1;
            task.virt = 0;
            task.memory = Reading::Known(TaskMemory::default());
            task.uid = Reading::Known(0);
            task.user = self.users.first().cloned();
            task.command = Reading::NotRead;
        }
        self.tasks.push(Arc::new(task));
    }

    /// `many` processes end at once, never the first; returns how many could. The parent of each has waited for it, and
    /// the children that outlive it go to the first. One pass over all, however many end.
    fn end(&mut self, many: usize) -> usize {
        let others = self.tasks.len().saturating_sub(1);
        let many = many.min(others);
        // Each of the others is as likely as any, and none is drawn twice (Floyd's sampling).
        let mut ends = vec![false; self.tasks.len()];
        for highest in others - many..others {
            let drawn = 1 + self.below(highest as u64 + 1) as usize;
            let at = if ends.get(drawn) == Some(&true) { highest + 1 } else { drawn };
            if let Some(end) = ends.get_mut(at) {
                *end = true;
            }
        }
        // A child is always the later one, so that what it brought its parent goes on to the parent's parent.
        let mut gone = HashSet::with_capacity(many);
        for at in (0..ends.len()).rev().filter(|at| ends.get(*at) == Some(&true)) {
            let Some(dead) = self.tasks.get(at).map(Arc::clone) else { continue };
            gone.insert(dead.id.pid);
            self.wait(dead.parent, dead.utime + dead.cutime, dead.stime + dead.cstime);
        }
        let first = self.tasks.first().map(|first| first.id.pid);
        let mut ends = ends.into_iter();
        self.tasks.retain_mut(|task| {
            let stays = ends.next() != Some(true);
            if stays && task.parent.is_some_and(|parent| gone.contains(&parent)) {
                Arc::make_mut(task).parent = first;
            }
            stays
        });
        many
    }

    /// The process `parent` has waited for children that used so many ticks in user mode and in the kernel.
    fn wait(&mut self, parent: Option<Pid>, user: u64, kernel: u64) {
        let at = parent.and_then(|pid| self.tasks.binary_search_by_key(&pid, |task| task.id.pid).ok());
        if let (Some(task), true) = (at.and_then(|at| self.tasks.get_mut(at)), user + kernel > 0) {
            let task = Arc::make_mut(task);
            task.cutime += user;
            task.cstime += kernel;
        }
    }

    /// Processes come and go within `left` nanoseconds of CPU time, in families of up to a hundred with one parent;
    /// returns what they leave of it.
    fn come_and_go(&mut self, mut left: u64) -> (Vec<ShortLived>, u64) {
        let tick = SECOND / TICKS;
        let mut list = Vec::new();
        let mut many = self.short_lived as u64;
        self.forks += many;
        self.next_pid = self.next_pid.saturating_add(self.short_lived as u32).min(i32::MAX as u32);
        while many > 0 {
            let count = (1 + self.below(100)).min(many);
            many -= count;
            let parent = self.pick(|s| &s.tasks).map(|(_, parent)| parent.id.pid);
            let name = self.pick(|s| &s.names).map(|(_, name)| name);
            let ticks = self.below(count + 1).min(left / tick);
            left -= ticks * tick;
            self.wait(parent, ticks - ticks / 3, ticks / 3);
            list.push(ShortLived { parent, name, count: count as u32 });
        }
        (list, left)
    }

    /// Time goes on by a step: one process of fifty runs for a while. Returns who came and went.
    fn go_on(&mut self) -> Vec<ShortLived> {
        let step = (self.step * SECOND as f64) as u64;
        self.elapsed += step;
        let ended = self.end(self.churn);
        (0..ended).for_each(|_| self.spawn());
        let (died, mut left) = self.come_and_go(step * self.cpus.len() as u64);
        for at in 0..self.tasks.len() {
            let runs = self.below(50) == 0;
            let used = if runs { self.below(step.max(1)).min(left) } else { 0 };
            left -= used;
            let Some(task) = self.tasks.get_mut(at) else { continue };
            let state = if runs { State::RUNNING } else { State::SLEEPING };
            if used == 0 && task.state == state {
                continue;
            }
            let task = Arc::make_mut(task);
            let clock = task.cpu_clock.unwrap_or(0) + used;
            task.cpu_clock = Some(clock);
            task.utime = clock / (SECOND / TICKS);
            task.state = state;
        }
        let cores = self.cpus.len() as u64;
        self.idle += left;
        self.worked += step * cores - left;
        for (_, times) in &mut self.cpus {
            [times.idle, times.user] = [self.idle, self.worked].map(|n| n / cores / (SECOND / TICKS));
        }
        died
    }
}

/// Takes out what nobody wants.
fn hide(task: &mut Task, needs: Needs) {
    if !needs.has(Needs::MEMORY) {
        task.memory = Reading::NotRead;
    }
    if !needs.has(Needs::COMMAND) {
        task.command = Reading::NotRead;
    }
    if !needs.has(Needs::USER) {
        (task.uid, task.user) = (Reading::NotRead, None);
    }
}

impl Source for Synthetic {
    fn sample(&mut self, wants: &Wants) -> Result<Sample, NoSample> {
        let short_lived = self.go_on();
        self.looks += 1;
        let now = Nanos(self.elapsed);
        let whole = wants.needs.has(Needs::MEMORY | Needs::COMMAND | Needs::USER);
        let tasks: Vec<Seen> = self
            .tasks
            .iter()
            .map(|task| {
                let mut task = Arc::clone(task);
                if !whole {
                    hide(Arc::make_mut(&mut task), wants.needs);
                }
                Seen { task, read_at: now }
            })
            .collect();
        let running = tasks.iter().filter(|task| task.state == State::RUNNING).count() as u64;
        let sum = |pick: fn(&CpuTimes) -> u64| self.cpus.iter().map(|(_, times)| pick(times)).sum();
        let gib = 1u64 << 30;
        let system = System {
            host: Arc::clone(&self.host),
            cpu: CpuTimes { user: sum(|t| t.user), idle: sum(|t| t.idle), ..CpuTimes::default() },
            cpus: self.cpus.clone(),
            memory: Some(Memory {
                total: 64 * gib,
                free: 20 * gib,
                available: Some(40 * gib),
                buffers: gib,
                cached: 18 * gib,
                reclaimable: 2 * gib,
                shmem: gib,
                swap_total: 8 * gib,
                swap_free: 7 * gib,
                swap_cached: 0,
            }),
            load: Some(Load {
                one: running as f64,
                five: running as f64,
                fifteen: running as f64,
                tasks: Some(tasks.iter().map(|task| u64::from(task.threads)).sum()),
                last_pid: Some(self.next_pid - 1),
            }),
            running: Some(running),
            blocked: Some(0),
            forks: Some(self.forks),
            ..System::default()
        };
        let wall = 1_700_000_000 * SECOND + self.elapsed;
        // As a kernel that tells of everything would have it, with a full listing now and then.
        let by = if self.looks == 1 { CensusBy::Listing } else { CensusBy::Events };
        let census = Census { by, events: Hearing::All, checks: self.looks / LISTED_EVERY, overlooked: 0 };
        Ok(Sample {
            taken: now,
            since_boot: now,
            wall,
            system,
            tasks,
            short_lived,
            census,
            ..Sample::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Pid, derive};

    fn looks(seed: u64, count: usize) -> Vec<Sample> {
        let mut source = Synthetic::new(500, 4, seed);
        (0..count)
            .map(|_| source.sample(&Wants { needs: Needs::FULL, ..Wants::default() }).unwrap())
            .collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_machine() {
        let shown = |seed| format!("{:?}", looks(seed, 3));
        assert_eq!(shown(7), shown(7));
        assert_ne!(shown(7), shown(8));
    }

    #[test]
    fn it_is_a_machine_as_derive_expects_it() {
        let mut before = None;
        for sample in looks(1, 4) {
            assert!(sample.tasks.is_sorted_by(|a, b| a.id.pid < b.id.pid));
            assert_eq!(sample.tasks.len(), 500);
            let pids: Vec<Pid> = sample.tasks.iter().map(|t| t.id.pid).collect();
            assert!(sample.tasks.iter().all(|t| t.parent.is_none_or(|p| pids.binary_search(&p).is_ok())));
            before = Some(derive(before.as_ref(), sample));
        }
        let snapshot = before.unwrap();
        assert!(snapshot.procs.iter().any(|p| p.cpu.is_some_and(|cpu| cpu > 0.0)));
        assert!(snapshot.procs.iter().any(|p| p.born.is_some()) && !snapshot.ended.is_empty());
        assert!(snapshot.cpu.is_some_and(|cpu| cpu.busy() > 0.0 && cpu.busy() <= 1.0));
    }

    #[test]
    fn any_number_may_end_at_once_and_as_many_begin() {
        for (processes, churn) in [(1, 5), (2, 1), (300, 299), (300, 1000), (300, 7)] {
            let mut source = Synthetic::new(processes, 2, 9).churn(churn);
            let ids = |sample: &Sample| sample.tasks.iter().map(|task| task.id).collect::<Vec<_>>();
            let before = ids(&source.sample(&Wants::default()).unwrap());
            let sample = source.sample(&Wants::default()).unwrap();
            let now = ids(&sample);
            let stayed = before.iter().filter(|id| now.contains(id)).count();
            assert_eq!((now.len(), stayed), (processes, processes - churn.min(processes - 1)));
            assert_eq!(before[0], now[0], "the first never ends");
            assert!(sample.tasks.iter().all(|t| t.parent.is_none_or(|p| now.iter().any(|id| id.pid == p))));
        }
    }

    #[test]
    fn its_cpu_time_adds_up() {
        let mut source = Synthetic::new(500, 4, 3).short_lived(240);
        let mut before = None;
        for _ in 0..20 {
            let sample = source.sample(&Wants::default()).unwrap();
            let next = derive(before.as_ref(), sample);
            if let Some(sum) = next.account {
                assert_eq!(sum.unseen, 240);
                assert!(sum.busy > 0.0 && sum.dead() > 0.0, "{sum:?}");
                // A tick for each CPU and two for each parent that waited.
                let error = 4.0 + 2.0 * next.short_lived.len() as f64;
                assert!(sum.remainder.abs() <= error, "{sum:?}");
            }
            before = Some(next);
        }
        let last = before.unwrap();
        assert!(last.account.is_some() && !last.short_lived.is_empty());
        assert!(last.short_lived.iter().all(|row| row.task.command.known().is_some()));
    }
}
