//! Where a worker may run and how much of it: pinning, hopping and nice values, as the knobs `pin`, `nice` and
//! `place` say.

use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::pulse::{OnBeat, Pulse, now_ns};
use super::scene::Scene;

/// Takes the place that the knobs have for this worker. What the kernel refuses stays as it is; the report shows
/// where the worker really ran.
pub(super) fn take(scene: &Scene, pulse: &mut Pulse) {
    let at = pulse.number().saturating_sub(1) as usize;
    let nices = scene.settings.list("nice");
    if let Some(&nice) = nices.get(at % nices.len().max(1)) {
        // Of the calling thread alone: setpriority(2), "C library/kernel differences".
        let _ = setpriority_process(None, nice);
    }
    let cpus: Vec<usize> =
        scene.settings.list("pin").iter().filter_map(|&cpu| usize::try_from(cpu).ok()).collect();
    if let Some(&cpu) = cpus.get(at % cpus.len().max(1)) {
        pin(cpu);
    }
    match scene.settings.word("place") {
        "pinned" => {
            let cpus = usable();
            if let Some(&cpu) = cpus.get(at % cpus.len().max(1)) {
                pin(cpu);
            }
        }
        "hop" => {
            let every = u64::from(scene.settings.whole("hop").max(1)) * 1_000_000;
            pulse.set_on_beat(Some(Box::new(Hop { cpus: usable(), at, every, next: now_ns() + every })));
        }
        _ => {}
    }
}

/// Lets the calling thread run on this CPU only.
pub(super) fn pin(cpu: usize) {
    let mut set = CpuSet::new();
    if cpu < CpuSet::MAX_CPU {
        set.set(cpu);
        let _ = sched_setaffinity(None, &set);
    }
}

/// The CPUs on which the calling thread may run.
pub(super) fn usable() -> Vec<usize> {
    let set = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
    (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect()
}

/// Goes on to the next CPU every so often.
struct Hop {
    cpus: Vec<usize>,
    at: usize,
    every: u64,
    next: u64,
}

impl OnBeat for Hop {
    fn beat(&mut self, pulse: &mut Pulse, now: u64) {
        if now >= self.next {
            self.at += 1;
            if let Some(&cpu) = self.cpus.get(self.at % self.cpus.len().max(1)) {
                pin(cpu);
                pulse.look_around();
            }
            self.next = now + self.every;
        }
    }
}
