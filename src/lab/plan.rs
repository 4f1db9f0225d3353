//! Whether a plan can be run here, and on how many workers it really runs. Pure.

use super::workloads;
use crate::model::lab::{LabPlan, Mode};
use crate::model::showable;

/// No more workers than this in one run, on whatever machine.
const MOST_WORKERS: u32 = 64;

/// This many workers are allowed on the smallest machine, so that nine tasks may have nine processes there.
const ALWAYS_ALLOWED: u32 = 16;

/// No more runs than this in one plan.
const MOST_RUNS: usize = 16;

/// Longest serial run that can be asked for, seconds. It must end well before the run's limit, also on a machine
/// that has twice as much to do as when it was measured.
const LONGEST: f64 = 30.0;

/// Most workers of one run on a machine with `cpus` usable CPUs.
pub(super) fn most_workers(cpus: u32) -> u32 {
    cpus.saturating_mul(4).clamp(ALWAYS_ALLOWED, MOST_WORKERS)
}

/// The plan as it will run on a machine with `cpus` usable CPUs, or the sentence that says why not.
pub(super) fn check(mut plan: LabPlan, cpus: u32) -> Result<LabPlan, String> {
    let Some(workload) = workloads::find(&plan.workload) else {
        let mut name = String::new();
        showable(plan.workload.as_bytes(), 40, &mut name);
        let known: Vec<&str> = workloads::ALL.iter().map(|workload| workload.info.id).collect();
        return Err(format!("The lab has no workload {name}; it has: {}.", known.join(", ")));
    };
    if plan.runs.is_empty() || plan.runs.len() > MOST_RUNS {
        return Err(format!("A plan has 1 to {MOST_RUNS} runs, not {}.", plan.runs.len()));
    }
    if let Some(seconds) = plan.serial_seconds
        && !(seconds > 0.0 && seconds <= LONGEST)
    {
        return Err(format!("The serial run can be made to take up to {LONGEST} seconds, not {seconds}."));
    }
    let most = most_workers(cpus);
    for (mode, workers) in &mut plan.runs {
        if !workload.info.modes.contains(mode) {
            return Err(format!("{} cannot run as {}.", workload.info.id, mode.word()));
        }
        match mode {
            Mode::Serial => *workers = 1,
            Mode::Processes => *workers = workload.info.tasks,
            Mode::Threads | Mode::Pool => {}
        }
        if *workers == 0 {
            return Err("At least one worker is needed.".to_owned());
        }
        if *workers > most {
            return Err(format!(
                "The lab starts at most {most} workers on a machine with {cpus} usable CPUs, not {workers}."
            ));
        }
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(runs: &[(Mode, u32)], serial_seconds: Option<f64>) -> LabPlan {
        LabPlan { workload: "primes".to_owned(), runs: runs.to_vec(), serial_seconds }
    }

    #[test]
    fn serial_and_processes_have_their_own_number_of_workers() {
        let checked = check(plan(&[(Mode::Serial, 8), (Mode::Processes, 2), (Mode::Pool, 3)], None), 1);
        let runs = checked.expect("a good plan").runs;
        assert_eq!(runs, [(Mode::Serial, 1), (Mode::Processes, 9), (Mode::Pool, 3)]);
    }

    #[test]
    fn the_number_of_workers_is_bounded() {
        assert_eq!([1, 2, 8, 16, 512, u32::MAX].map(most_workers), [16, 16, 32, 64, 64, 64]);
        for mode in [Mode::Threads, Mode::Pool] {
            assert!(check(plan(&[(mode, 16)], None), 2).is_ok());
            let refusal = check(plan(&[(mode, 17)], None), 2).expect_err("too many");
            assert!(refusal.contains("at most 16 workers") && refusal.contains("17"), "{refusal}");
            assert!(check(plan(&[(mode, 0)], None), 2).is_err());
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_sentence() {
        for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY, 31.0] {
            assert!(check(plan(&[(Mode::Serial, 1)], Some(seconds)), 4).is_err(), "{seconds}");
        }
        assert!(check(plan(&[], None), 4).is_err());
        assert!(check(plan(&[(Mode::Serial, 1); 17], None), 4).is_err());
        let mut unknown = plan(&[(Mode::Serial, 1)], None);
        unknown.workload = "\x1b[31m".to_owned();
        let refusal = check(unknown, 4).expect_err("no such workload");
        assert!(refusal.contains("primes") && !refusal.contains('\x1b'), "{refusal}");
    }
}
