//! A stretch of time in which all workers want the same CPU: who gets how much of it.
//!
//! All begin together and look for primes until the same moment. What each got is its own CPU time within that window,
//! which no start-up and no tail can blur.

use std::io;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use super::super::board::Word;
use super::super::places;
use super::super::pulse::{Pulse, cpu_ns, now_ns, sleep_ns};
use super::super::scene::Scene;
use super::common::{next_prime, next_prime_by_root};
use crate::model::lab::BlockedOn;

/// Where each search begins; it takes some tenths of a millisecond.
const FROM: u64 = 200_000;

/// One task on the lane is about so long, nanoseconds.
const TASK: u64 = 100_000_000;

/// How long the workers wait for each other, nanoseconds.
const PATIENCE: u64 = 10_000_000_000;

/// A look at whether all are there takes place so often, nanoseconds.
const LOOK: u64 = 1_000_000;

/// Cells of the scene.
mod cell {
    /// Workers that are ready.
    pub(super) const READY: usize = 0;
    /// When the window ends, `CLOCK_MONOTONIC` in nanoseconds.
    pub(super) const END: usize = 1;
    /// Primes found.
    pub(super) const FOUND: usize = 2;
    /// Wrong ones among them.
    pub(super) const WRONG: usize = 3;
    /// CPU time in the window, nanoseconds; that of worker k lies k cells further.
    pub(super) const CPU: usize = 4;
}

/// Plays it: pins every worker to one CPU, and has them compute for `seconds`. `settle` is what each does before.
/// Returns the CPU time of each, seconds.
///
/// # Errors
/// Where a worker could not be started, or not all came to the start.
pub(super) fn play(scene: &Scene, seconds: f64, settle: &(dyn Fn(&Pulse) + Sync)) -> io::Result<Vec<f64>> {
    let cpu = places::usable().first().copied();
    let length = (seconds * 1e9) as u64;
    scene.crew(scene.workers, &|pulse| {
        if let Some(cpu) = cpu {
            places::pin(cpu);
        }
        // The knob pin, where it is set, has the last word.
        places::take(scene, pulse);
        settle(pulse);
        gather(scene, length, pulse)?;
        search(scene, pulse);
        Ok(())
    })?;
    let got = |at: usize| scene.cell(at).load(Acquire);
    scene.check("workers that began together", scene.workers, got(cell::READY));
    scene.check("wrong primes", 0, got(cell::WRONG));
    scene.figure("primes found", got(cell::FOUND) as f64, "");
    figures(scene);
    Ok((1..=scene.workers as usize).map(|worker| got(cell::CPU + worker) as f64 / 1e9).collect())
}

/// Waits until all are there; whoever comes last says when the window ends.
fn gather(scene: &Scene, length: u64, pulse: &mut Pulse) -> io::Result<()> {
    let ready = scene.cell(cell::READY);
    let end = scene.cell(cell::END);
    if ready.fetch_add(1, AcqRel) + 1 == u64::from(scene.workers) {
        end.store(now_ns() + length, Release);
    }
    let until = now_ns() + PATIENCE;
    pulse.wait(BlockedOn::Others, || {
        while end.load(Acquire) == 0 && now_ns() < until {
            sleep_ns(LOOK);
        }
    });
    if end.load(Acquire) == 0 { Err(io::Error::other("not all workers were there in time")) } else { Ok(()) }
}

/// Looks for primes until the window ends.
fn search(scene: &Scene, pulse: &mut Pulse) {
    let end = scene.cell(cell::END).load(Acquire);
    let answer = next_prime_by_root(FROM);
    let (before, mut found, mut wrong) = (cpu_ns(), 0, 0);
    let (mut task_began, mut in_task) = (now_ns(), 0);
    pulse.begin(scene.board.next_tasks(1) as u32 + 1);
    while now_ns() < end && !pulse.is_stopping() {
        if next_prime(FROM, pulse) != answer {
            wrong += 1;
        }
        (found, in_task) = (found + 1, in_task + 1);
        if now_ns().saturating_sub(task_began) >= TASK && now_ns() < end {
            pulse.end(in_task);
            (task_began, in_task) = (now_ns(), 0);
            pulse.begin(scene.board.next_tasks(1) as u32 + 1);
        }
    }
    pulse.end(in_task);
    scene.cell(cell::CPU + pulse.number() as usize).store(cpu_ns().saturating_sub(before), Release);
    scene.cell(cell::FOUND).fetch_add(found, AcqRel);
    scene.cell(cell::WRONG).fetch_add(wrong, AcqRel);
}

/// What the workers saw of their turns, against what the kernel counted.
fn figures(scene: &Scene) {
    let gaps = scene.sum(Word::Gaps) as f64;
    let waited = scene.sum(Word::WaitLast).saturating_sub(scene.sum(Word::WaitFirst)) as f64;
    scene.figure("off the CPU, as the workers saw it", gaps / 1e9, "s");
    scene.figure("waiting for the CPU, as the kernel counted", waited / 1e9, "s");
    if let Some(turn_ms) = turn_ms(scene) {
        scene.figure("time on the CPU between two forced switches", turn_ms, "ms");
    }
}

/// How long a worker was on the CPU between two switches that it had not asked for, on average, milliseconds; `None`
/// where there were none.
pub(super) fn turn_ms(scene: &Scene) -> Option<f64> {
    let ran = scene.sum(Word::RunLast).saturating_sub(scene.sum(Word::RunFirst)) as f64;
    let turns = scene.sum(Word::Involuntary) as f64;
    (turns > 0.0).then(|| ran / turns / 1e6)
}

/// Each worker's part of the CPU time of all of them, 0 to 1; 0 where there was none.
pub(super) fn shares(cpu_s: &[f64]) -> Vec<f64> {
    let all: f64 = cpu_s.iter().sum();
    cpu_s.iter().map(|one| if all > 0.0 { one / all } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_whole() {
        assert_eq!(shares(&[1.0, 1.0, 2.0]), [0.25, 0.25, 0.5]);
        assert_eq!(shares(&[0.0, 0.0]), [0.0, 0.0]);
        assert!(shares(&[]).is_empty());
    }
}
