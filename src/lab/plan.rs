//! Whether a plan can be run here, and how it will really run. Pure.

use super::board::TASKS;
use super::workloads::{self, Workload};
use crate::model::lab::{Bounds, LabPlan, Mode, RunPlan, Settings, Subject, Workers};
use crate::model::showable;

/// No more workers than this in one run, on whatever machine.
const MOST_WORKERS: u32 = 64;

/// This many workers are allowed on the smallest machine, so that nine tasks may have nine processes there.
const ALWAYS_ALLOWED: u32 = 16;

/// No more runs than this in one plan, repeats not counted.
const MOST_RUNS: usize = 130;

/// No more repeats.
const MOST_REPEATS: u32 = 100;

/// Longest serial run that can be asked for, seconds. It must end well before the run's limit, also on a machine
/// that has twice as much to do as when it was measured.
const LONGEST: f64 = 30.0;

/// Longest limit of a run of a workload, seconds.
const LONGEST_LIMIT: u32 = 900;

/// Most workers of one run on a machine with `cpus` usable CPUs.
pub(super) fn most_workers(cpus: u32) -> u32 {
    cpus.saturating_mul(8).clamp(ALWAYS_ALLOWED, MOST_WORKERS)
}

/// The plan as it will run on a machine with `cpus` usable CPUs, or the sentence that says why not.
pub(super) fn check(mut plan: LabPlan, cpus: u32) -> Result<LabPlan, String> {
    if plan.runs.is_empty() || plan.runs.len() > MOST_RUNS {
        return Err(format!("A plan has 1 to {MOST_RUNS} runs, not {}.", plan.runs.len()));
    }
    if !(1..=MOST_REPEATS).contains(&plan.repeat) {
        return Err(format!("A plan is repeated 1 to {MOST_REPEATS} times, not {}.", plan.repeat));
    }
    if let Some(seconds) = plan.serial_seconds
        && !(seconds > 0.0 && seconds <= LONGEST)
    {
        return Err(format!("The serial run can be made to take up to {LONGEST} seconds, not {seconds}."));
    }
    let longest = match plan.subject {
        Subject::Workload(_) => LONGEST_LIMIT,
        Subject::Jobs(_) => super::safety::ENDLESS,
    };
    if let Some(limit) = plan.limit_s
        && !(1..=longest).contains(&limit)
    {
        return Err(format!("A run may be given 1 to {longest} seconds, not {limit}."));
    }
    let most = most_workers(cpus);
    match &plan.subject {
        Subject::Workload(id) => {
            let Some(workload) = workloads::find(id) else {
                let known: Vec<&str> = workloads::ALL.iter().map(|workload| workload.info.id).collect();
                return Err(format!("The lab has no workload {}; it has: {}.", shown(id), known.join(", ")));
            };
            plan.runs.iter_mut().try_for_each(|run| check_run(workload, run, most, cpus))?;
        }
        Subject::Jobs(jobs) => {
            if jobs.commands.is_empty() || jobs.commands.len() > TASKS {
                return Err(format!("There can be 1 to {TASKS} jobs, not {}.", jobs.commands.len()));
            }
            if jobs.commands.iter().any(Vec::is_empty) {
                return Err("A job has no command.".to_owned());
            }
            for run in &mut plan.runs {
                if !matches!(run.mode, Mode::Serial | Mode::Pool) {
                    return Err(format!("Commands cannot run as {}.", run.mode.word()));
                }
                if run.mode == Mode::Serial {
                    run.workers = 1;
                }
                bounded(run.workers, most, cpus)?;
            }
        }
    }
    Ok(plan)
}

/// Whether a run of this plan may take what its workload may take on a machine that has so many MiB available; otherwise
/// the sentence that says why not. `None` where that is not known.
///
/// A tenth is the lab's share; what every workload needs, it may take anywhere. The user's own commands are his business.
pub(super) fn check_memory(plan: &LabPlan, available_mib: Option<u64>) -> Result<(), String> {
    let Subject::Workload(id) = &plan.subject else { return Ok(()) };
    let Some((workload, available)) = workloads::find(id).zip(available_mib) else { return Ok(()) };
    let most = workload.info.bounds.memory_mib;
    if most <= Bounds::ORDINARY.memory_mib || u64::from(most) <= available / 10 {
        return Ok(());
    }
    Err(format!(
        "{id} may take up to {most} MiB of memory, and the lab takes no more than a tenth of what is available: \
         {available} MiB here."
    ))
}

fn check_run(workload: &Workload, run: &mut RunPlan, most: u32, cpus: u32) -> Result<(), String> {
    let info = &workload.info;
    if !info.modes.contains(&run.mode) {
        return Err(format!("{} cannot run as {}.", info.id, run.mode.word()));
    }
    let mut settings = Settings::defaults(&info.knobs);
    for (id, value) in &run.settings.0 {
        let knob = info.knob(id).ok_or_else(|| format!("{} has no knob {}.", info.id, shown(id)))?;
        knob.check(value)?;
        settings.set(id, value.clone());
    }
    run.settings = settings;
    if let Workers::Fixed(count) = info.workers {
        run.workers = count;
    }
    if run.mode == Mode::Serial {
        run.workers = 1;
    }
    if let Some(tasks) = workload.tasks(run) {
        let count = tasks.count();
        if !(1..=TASKS as u32).contains(&count) {
            return Err(format!("A run has 1 to {TASKS} tasks, not {count}."));
        }
        if run.mode == Mode::Fork {
            run.workers = count;
        }
    }
    bounded(run.workers, most, cpus)
}

fn bounded(workers: u32, most: u32, cpus: u32) -> Result<(), String> {
    if workers == 0 {
        return Err("At least one worker is needed.".to_owned());
    }
    if workers > most {
        return Err(format!(
            "The lab starts at most {most} workers on a machine with {cpus} usable CPUs, not {workers}."
        ));
    }
    Ok(())
}

/// What a user wrote, fit for his terminal.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    showable(text.as_bytes(), 40, &mut shown);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(runs: &[(Mode, u32)], serial_seconds: Option<f64>) -> LabPlan {
        let runs =
            runs.iter().map(|&(mode, workers)| RunPlan { mode, workers, settings: Settings::default() });
        let subject = Subject::Workload("primes".to_owned());
        LabPlan { subject, runs: runs.collect(), serial_seconds, repeat: 1, limit_s: None }
    }

    #[test]
    fn serial_and_fork_have_their_own_number_of_workers() {
        let checked = check(plan(&[(Mode::Serial, 8), (Mode::Fork, 2), (Mode::Pool, 3)], None), 1);
        let runs = checked.expect("a good plan").runs;
        assert_eq!(runs.iter().map(|run| run.workers).collect::<Vec<_>>(), [1, 9, 3]);
        assert!(runs.iter().all(|run| run.settings.whole("tasks") == 9), "defaults are filled in");
    }

    #[test]
    fn the_number_of_workers_is_bounded() {
        assert_eq!([1, 2, 4, 8, 512, u32::MAX].map(most_workers), [16, 16, 32, 64, 64, 64]);
        for mode in [Mode::Threads, Mode::Pool] {
            assert!(check(plan(&[(mode, 16)], None), 2).is_ok());
            let refusal = check(plan(&[(mode, 17)], None), 2).expect_err("too many");
            assert!(refusal.contains("at most 16 workers") && refusal.contains("17"), "{refusal}");
            assert!(check(plan(&[(mode, 0)], None), 2).is_err());
        }
    }

    #[test]
    fn nobody_takes_more_than_a_tenth_of_the_memory_but_for_what_is_ordinary() {
        let of = |id: &str| LabPlan { subject: Subject::Workload(id.to_owned()), ..plan(&[], None) };
        assert_eq!(check_memory(&of("primes"), Some(1)), Ok(()), "ordinary");
        let greedy =
            workloads::ALL.iter().map(|workload| &workload.info).max_by_key(|info| info.bounds.memory_mib);
        let Some(info) = greedy.filter(|info| info.bounds.memory_mib > Bounds::ORDINARY.memory_mib) else {
            return;
        };
        let most = u64::from(info.bounds.memory_mib);
        assert_eq!(check_memory(&of(info.id), Some(most * 10)), Ok(()));
        assert_eq!(check_memory(&of(info.id), None), Ok(()), "unknown is no reason");
        let refusal = check_memory(&of(info.id), Some(most * 10 - 1)).expect_err("too little");
        assert!(refusal.contains(&format!(" {most} MiB")), "{refusal}");
    }

    #[test]
    fn nonsense_is_refused_with_a_sentence() {
        for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY, 31.0] {
            assert!(check(plan(&[(Mode::Serial, 1)], Some(seconds)), 4).is_err(), "{seconds}");
        }
        assert!(check(plan(&[], None), 4).is_err());
        assert!(check(plan(&[(Mode::Serial, 1); MOST_RUNS + 1], None), 4).is_err());
        let mut unknown = plan(&[(Mode::Serial, 1)], None);
        unknown.subject = Subject::Workload("\x1b[31m".to_owned());
        let refusal = check(unknown, 4).expect_err("no such workload");
        assert!(refusal.contains("primes") && !refusal.contains('\x1b'), "{refusal}");
        for (knob, value) in
            [("tasks", "0"), ("tasks", "65"), ("tasks", "x"), ("order", "best"), ("\x1b", "1")]
        {
            let mut wrong = plan(&[(Mode::Serial, 1)], None);
            wrong.runs[0].settings.set(knob, value);
            let refusal = check(wrong, 4).expect_err("no such value");
            assert!(!refusal.contains('\x1b'), "{refusal}");
        }
        let mut jobs = plan(&[(Mode::Pool, 2)], None);
        jobs.subject = Subject::Jobs(crate::model::lab::Jobs::default());
        assert!(check(jobs, 4).is_err());
    }
}
