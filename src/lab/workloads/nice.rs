//! *nice*: workers of different nice values that share one CPU.

use std::io;

use super::super::scene::Scene;
use super::knobs::{choice, list, number};
use super::window::{play, shares};
use super::{Kind, Workload};
use crate::model::lab::{Bounds, Group, Mode, Workers, WorkloadInfo};

/// What a nice value from 0 to 19 weighs against others on the same CPU: `sched_prio_to_weight` in the kernel's
/// kernel/sched/core.c. Each step is about a quarter; see also sched(7).
const WEIGHTS: [f64; 20] = [
    1024.0, 820.0, 655.0, 526.0, 423.0, 335.0, 272.0, 215.0, 172.0, 137.0, 110.0, 87.0, 70.0, 56.0, 45.0,
    36.0, 29.0, 23.0, 18.0, 15.0,
];

/// The line in the list.
pub(super) fn workload() -> Workload {
    Workload {
        info: WorkloadInfo {
            id: "nice",
            group: Group::Schedule,
            title: "workers of different nice values on one CPU",
            lesson: "The nice value says how much a worker weighs where CPU time is short: 10 steps make it about a \
                     ninth. Where every worker has a CPU of its own, or is in a session of its own, it says nothing.",
            watch: "The shares against the kernel's table of weights. Then set sessions to apart: with autogroups, \
                    nice values only count within a session.",
            modes: &[Mode::Pool, Mode::Threads],
            workers: Workers::Exactly(3),
            knobs: vec![
                list("nice", "nice value of each worker in turn", [0, 19], "0,10,10"),
                number("time", "how long they compute, seconds", [0.2, 20.0, 0.2], "2"),
                choice(
                    "sessions",
                    "whether the worker processes share a session",
                    &["together", "apart"],
                    "together",
                ),
                list(
                    "pin",
                    "the CPU that they share; none for the first that can be used",
                    [0, 1023],
                    "none",
                ),
            ],
            bounds: Bounds { processes: 66, ..Bounds::ORDINARY },
        },
        kind: Kind::Scene(scene),
        probe: None,
    }
}

/// A share this close to that of the weight is as the weights say.
const CLOSE: f64 = 0.05;

/// Workers of whom a sentence speaks.
const SAID: usize = 3;

fn scene(scene: &Scene) -> io::Result<()> {
    let apart = scene.settings.word("sessions") == "apart" && !scene.mode.is_threads();
    let cpu_s = play(scene, scene.settings.number("time"), &|_| {
        if apart {
            // The worker is nobody's leader yet, so nothing speaks against it: setsid(2).
            let _ = rustix::process::setsid();
        }
    })?;
    let nices = scene.settings.list("nice");
    let expected = expected(&nices, scene.workers);
    let shares = shares(&cpu_s);
    scene.means(lead(&nices, &shares, &expected));
    for (worker, (share, expected)) in (1..).zip(shares.into_iter().zip(expected)) {
        let nice = nice_of(&nices, worker);
        scene.figure(&format!("share of worker {worker}, nice {nice}"), 100.0 * share, "%");
        scene.figure(&format!("by weight, worker {worker}"), 100.0 * expected, "%");
    }
    Ok(())
}

/// What the shares show: whether they are those of the weights.
fn lead(nices: &[i32], shares: &[f64], expected: &[f64]) -> String {
    let by_weight = shares.iter().zip(expected).all(|(share, expected)| (share - expected).abs() < CLOSE);
    let got = (1..).zip(shares).take(SAID).map(|(worker, share)| {
        let nice = nice_of(nices, worker);
        format!("nice {nice} got {:.1} %", 100.0 * share)
    });
    let got = got.collect::<Vec<_>>().join(", ");
    if by_weight {
        format!("A lower nice value is a larger share of the CPU, as the weights say: {got}.")
    } else {
        format!(
            "The shares are not those of the nice values alone, sessions or other load have a say, too: {got}."
        )
    }
}

/// The nice value of a worker, from 1.
fn nice_of(nices: &[i32], worker: u32) -> i32 {
    let at = worker.saturating_sub(1) as usize;
    nices.get(at % nices.len().max(1)).copied().unwrap_or(0)
}

/// The share that each worker should have by its weight, 0 to 1.
fn expected(nices: &[i32], workers: u32) -> Vec<f64> {
    let weight = |worker| {
        let nice = usize::try_from(nice_of(nices, worker)).unwrap_or(0);
        WEIGHTS.get(nice).copied().unwrap_or(1.0)
    };
    shares(&(1..=workers).map(weight).collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_follow_the_kernels_weights() {
        let round = |shares: Vec<f64>| -> Vec<i32> {
            shares.iter().map(|share| (share * 1000.0).round() as i32).collect()
        };
        assert_eq!(round(expected(&[0, 10, 10], 3)), [823, 88, 88]);
        assert_eq!(round(expected(&[0, 19], 2)), [986, 14]);
        assert_eq!(round(expected(&[], 2)), [500, 500], "none is nice");
        assert_eq!(round(expected(&[0, 5], 3)), [430, 141, 430], "in turn");
        assert!(WEIGHTS.windows(2).all(|two| (1.15..1.35).contains(&(two[0] / two[1]))), "a quarter each");
    }
}
