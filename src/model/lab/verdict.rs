//! How far a comparison is to be believed: VALID, NOISY or INVALID, with its reasons.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::{COMPUTES, same_work, wanted_cpu};
use super::{Check, Fate, Machine, Mode, RunReport};
use crate::model::Signal;

/// How far a comparison is to be believed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum VerdictKind {
    /// Nothing speaks against it.
    #[default]
    Valid,
    /// Something else than the run shaped its times.
    Noisy,
    /// Its figures must not be used.
    Invalid,
}

impl VerdictKind {
    /// The word in tables and reports.
    pub const fn word(self) -> &'static str {
        match self {
            VerdictKind::Valid => "VALID",
            VerdictKind::Noisy => "NOISY",
            VerdictKind::Invalid => "INVALID",
        }
    }
}

/// A verdict with its reasons.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst of its reasons.
    pub kind: VerdictKind,
    /// Short sentences with their numbers; empty where it is VALID.
    pub reasons: Vec<String>,
    /// What to bear in mind, though it is no reason to doubt: workers that share cores, for instance.
    pub notes: Vec<String>,
}

/// Shortest run that computes whose times are worth dividing, seconds.
const SHORTEST: f64 = 0.2;
/// Greatest part of the usable CPUs that others may use.
const OTHERS: f64 = 0.05;
/// Greatest part that the hypervisor may take.
const STEAL: f64 = 0.01;
/// Least part of its time that a serial run that computes must be on a CPU.
const SERIAL_CPU: f64 = 0.95;
/// Greatest part of its time that a quota may hold a run back.
const THROTTLED: f64 = 0.01;

/// What was found, worst first.
#[derive(Default)]
struct Found {
    invalid: Vec<String>,
    noisy: Vec<String>,
    notes: Vec<String>,
}

impl Verdict {
    /// The verdict on a run, on the serial run that it is compared with, and on the machine that both ran on.
    pub fn new(serial: Option<&RunReport>, run: &RunReport, machine: Option<&Machine>) -> Verdict {
        let mut found = Found::default();
        // A scene that is compared with nothing may well kill its workers: that is for its own checks to judge.
        let compared = serial.is_some() || !run.answers.is_empty();
        let both = serial.map(|serial| (serial, "the serial run")).into_iter().chain([(run, "this run")]);
        for (report, which) in both {
            found.cut(report, which);
            found.answers(report, which);
            found.workers(report, which, compared);
            found.machine(report, which);
            if compared && report.lost_events > 0 {
                let events = counted(report.lost_events, "event");
                found.invalid.push(format!("{events} of {which} were lost, so its lanes have holes."));
            }
            if compared && report.real_s < SHORTEST && wanted_cpu(report).is_none_or(|part| part >= COMPUTES)
            {
                let (which, ms, least) = (capital(which), report.real_s * 1e3, SHORTEST * 1e3);
                found
                    .invalid
                    .push(format!("{which} took {ms:.0} ms; below {least:.0} ms nothing is certain."));
            }
        }
        if let Some(serial) = serial {
            found.base(serial, run);
        }
        found.on_machine(run, machine);
        found.verdict()
    }

    /// Adds what other repeats of the same runs came to: none of them may be wrong.
    pub(super) fn with_repeats(mut self, runs: &[&RunReport], which: &str) -> Verdict {
        let wrong = runs.iter().filter(|run| !run.answer_ok).count();
        if wrong > 0 && runs.len() > 1 {
            self.kind = VerdictKind::Invalid;
            self.reasons.insert(0, format!("{wrong} of {} repeats of {which} went wrong.", runs.len()));
        }
        self
    }
}

impl Found {
    fn verdict(self) -> Verdict {
        let kind = match (self.invalid.is_empty(), self.noisy.is_empty()) {
            (false, _) => VerdictKind::Invalid,
            (true, false) => VerdictKind::Noisy,
            (true, true) => VerdictKind::Valid,
        };
        let reasons = self.invalid.into_iter().chain(self.noisy).collect();
        Verdict { kind, reasons, notes: self.notes }
    }

    fn cut(&mut self, report: &RunReport, which: &str) {
        if let Some(cut) = report.cut {
            self.invalid.push(format!("{} {}.", capital(which), cut.ending()));
        }
    }

    fn answers(&mut self, report: &RunReport, which: &str) {
        if report.answer_ok || (report.cut.is_some() && report.checks.iter().all(Check::holds)) {
            return;
        }
        let missing = report.answers.iter().filter(|answer| answer.is_none()).count();
        let failed = report.checks.iter().filter(|check| !check.holds()).count();
        let mut reason = match (missing, failed) {
            (0, 0) => format!("In {which} an answer is wrong, or it did not come to its end."),
            (0, 1) => format!("In {which} a check failed."),
            (0, failed) => format!("In {which} {failed} checks failed."),
            (missing, _) => {
                let all = report.answers.len();
                format!("In {which} {missing} of {} missing.", answers_are(missing, all))
            }
        };
        if let Some(check) = report.checks.iter().find(|check| !check.holds()) {
            let got = check.got.as_deref().unwrap_or("nothing");
            reason.extend([" ", &capital(&check.what), ": ", got, " instead of ", &check.expected, "."]);
        }
        self.invalid.push(reason);
    }

    fn workers(&mut self, report: &RunReport, which: &str, compared: bool) {
        let mut fates: BTreeMap<(bool, i32), Vec<u32>> = BTreeMap::new();
        // At a bound the lab kills them itself.
        let crew = report.crew.iter().filter(|_| report.cut.is_none());
        for worker in crew {
            let how = match worker.fate {
                Fate::Killed(signal) => (true, signal),
                Fate::Exited(status) if status != 0 => (false, status),
                Fate::Exited(_) | Fate::Unknown => continue,
            };
            fates.entry(how).or_default().push(worker.worker);
        }
        for (how, workers) in fates {
            let who = capital(&numbered("worker", &workers));
            let were = if workers.len() == 1 { "was" } else { "were" };
            let sentence = match how {
                (true, signal) => format!("{who} of {which} {were} killed by {}.", signal_name(signal)),
                (false, status) => format!("{who} of {which} failed with status {status}."),
            };
            if compared {
                self.invalid.push(sentence);
            } else {
                self.notes.push(sentence);
            }
        }
    }

    fn machine(&mut self, report: &RunReport, which: &str) {
        let noise = &report.noise;
        if let Some(seconds) = noise.throttled_s.filter(|&seconds| seconds > THROTTLED * report.real_s) {
            self.invalid.push(format!("The cgroup's quota held {which} back for {seconds:.3} s."));
        }
        if let Some(part) = noise.others.filter(|&part| part > OTHERS) {
            self.noisy.push(format!("Others used {} of the CPUs during {which}.", percent(part)));
        }
        if let Some(part) = noise.steal.filter(|&part| part > STEAL) {
            self.noisy.push(format!("The hypervisor took {} of the CPUs during {which}.", percent(part)));
        }
    }

    /// What speaks against the serial run as a base.
    fn base(&mut self, serial: &RunReport, run: &RunReport) {
        let on_cpu = serial.crew.iter().map(|worker| worker.run_s).sum::<f64>() / serial.real_s;
        if wanted_cpu(serial).is_some_and(|part| part >= COMPUTES) && on_cpu < SERIAL_CPU {
            let part = percent(on_cpu);
            self.noisy
                .push(format!("The serial run had a CPU for only {part} of its time, so it took too long."));
        }
        if !same_work(serial, run) {
            self.notes.push("The serial run did other work, so the times are not divided.".to_owned());
        }
    }

    fn on_machine(&mut self, run: &RunReport, machine: Option<&Machine>) {
        if run.mode == Mode::Serial {
            return;
        }
        let (workers, cpus) = (run.workers, run.noise.cpus);
        if cpus > 0 && workers > cpus {
            self.notes.push(format!("{workers} workers share {}.", counted(u64::from(cpus), "CPU")));
        } else if let Some(cores) = machine.and_then(|machine| machine.cores).filter(|&cores| workers > cores)
        {
            let cores = counted(u64::from(cores), "physical core");
            self.notes.push(format!("{workers} workers share {cores}: two on one core are slower."));
        }
    }
}

pub(super) fn percent(part: f64) -> String {
    format!("{:.0} %", part * 100.0)
}

pub(super) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn answers_are(missing: usize, all: usize) -> String {
    let verb = if missing == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(all as u64, "answer"))
}

/// `worker 2`, `workers 2 and 3`, `workers 1, 2 and 3`; of many the first few.
pub(super) fn numbered(noun: &str, numbers: &[u32]) -> String {
    const FEW: usize = 5;
    let all: Vec<String> = numbers.iter().map(u32::to_string).collect();
    match all.as_slice() {
        [] => format!("no {noun}"),
        [one] => format!("{noun} {one}"),
        [first @ .., last] if all.len() <= FEW => format!("{noun}s {} and {last}", first.join(", ")),
        many => {
            let first = many.get(..FEW - 1).unwrap_or_default().join(", ");
            format!("{noun}s {first} and {} others", many.len() - (FEW - 1))
        }
    }
}

/// The text with its first letter great.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `SIGKILL`, or `signal 40`.
pub(super) fn signal_name(number: i32) -> String {
    let signal = u8::try_from(number).ok().and_then(Signal::new);
    signal.map_or_else(|| format!("signal {number}"), Signal::name)
}

#[cfg(test)]
mod tests {
    use super::super::{Cut, Noise, RunPlan, Settings, WorkerReport};
    use super::*;

    /// A run of one worker per entry, each on a CPU for so long.
    fn report(mode: Mode, real_s: f64, run_s: &[f64]) -> RunReport {
        let plan = RunPlan { mode, workers: run_s.len() as u32, settings: Settings::default() };
        let worker = |(at, &run_s): (usize, &f64)| WorkerReport {
            worker: at as u32 + 1,
            first: Some(0.0),
            last: Some(real_s),
            run_s,
            wait_s: real_s - run_s,
            fate: Fate::Exited(0),
            ..WorkerReport::default()
        };
        let noise = Noise { cpus: 4, others: Some(0.01), steal: Some(0.0), ..Noise::default() };
        let crew = run_s.iter().enumerate().map(worker).collect();
        RunReport { real_s, crew, noise, answer_ok: true, answers: vec![Some(1)], ..RunReport::blank(&plan) }
    }

    fn serial() -> RunReport {
        report(Mode::Serial, 1.0, &[0.99])
    }

    fn pool() -> RunReport {
        report(Mode::Pool, 0.5, &[0.5, 0.49])
    }

    fn judged(spoil: impl FnOnce(&mut RunReport, &mut RunReport)) -> Verdict {
        let (mut serial, mut run) = (serial(), pool());
        spoil(&mut serial, &mut run);
        Verdict::new(Some(&serial), &run, None)
    }

    #[test]
    fn a_quiet_machine_and_right_answers_are_valid() {
        assert_eq!(judged(|_, _| ()), Verdict::default());
    }

    #[test]
    fn what_makes_a_comparison_invalid() {
        let invalid = |spoil: fn(&mut RunReport, &mut RunReport), words: &str| {
            let verdict = judged(spoil);
            assert_eq!(verdict.kind, VerdictKind::Invalid, "{words}");
            assert!(verdict.reasons.iter().any(|reason| reason.contains(words)), "{words}: {verdict:?}");
        };
        invalid(|_, run| run.answer_ok = false, "an answer is wrong");
        invalid(|serial, _| serial.answer_ok = false, "In the serial run");
        let cut = judged(|_, run| {
            (run.cut, run.answer_ok, run.crew[0].fate) = (Some(Cut::Time(3)), false, Fate::Killed(9));
        });
        assert_eq!(
            cut.reasons,
            ["This run was ended at its limit of 3 seconds."],
            "what follows from it is no news"
        );
        invalid(|_, run| run.cut = Some(Cut::Time(3)), "This run was ended at its limit of 3 seconds.");
        invalid(
            |serial, _| (serial.cut, serial.answer_ok) = (Some(Cut::Memory(64)), false),
            "The serial run was ended at its limit of 64 MiB of memory.",
        );
        invalid(
            |_, run| (run.answer_ok, run.answers) = (false, vec![Some(1), None]),
            "In this run 1 of 2 answers is missing.",
        );
        invalid(
            |_, run| {
                run.answer_ok = false;
                let (what, expected) = ("counter".to_owned(), "8".to_owned());
                run.checks = vec![Check { what, expected, got: Some("5".to_owned()) }];
            },
            "a check failed. Counter: 5 instead of 8.",
        );
        invalid(|_, run| run.crew[1].fate = Fate::Killed(9), "Worker 2 of this run was killed by SIGKILL.");
        invalid(
            |_, run| run.crew.iter_mut().for_each(|worker| worker.fate = Fate::Exited(1)),
            "Workers 1 and 2 of this run failed with status 1.",
        );
        invalid(|_, run| run.noise.throttled_s = Some(0.1), "quota held this run back for 0.100 s");
        invalid(|_, run| run.lost_events = 1, "1 event of this run");
        invalid(
            |_, run| {
                run.real_s = 0.15;
                run.crew.iter_mut().for_each(|worker| (worker.last, worker.run_s) = (Some(0.15), 0.15));
            },
            "This run took 150 ms",
        );
    }

    #[test]
    fn what_makes_a_comparison_noisy() {
        let noisy = |spoil: fn(&mut RunReport, &mut RunReport), words: &str| {
            let verdict = judged(spoil);
            assert_eq!(verdict.kind, VerdictKind::Noisy, "{words}: {verdict:?}");
            assert!(verdict.reasons.iter().any(|reason| reason.contains(words)), "{words}: {verdict:?}");
        };
        noisy(
            |serial, _| serial.noise.others = Some(0.12),
            "Others used 12 % of the CPUs during the serial run.",
        );
        noisy(|_, run| run.noise.others = Some(0.06), "during this run");
        noisy(|_, run| run.noise.steal = Some(0.02), "The hypervisor took 2 %");
        noisy(
            |serial, _| (serial.crew[0].run_s, serial.crew[0].wait_s) = (0.9, 0.1),
            "had a CPU for only 90 % of its time",
        );
    }

    #[test]
    fn what_is_unknown_or_small_is_no_reason() {
        let verdict = judged(|serial, run| {
            for report in [&mut *serial, &mut *run] {
                report.noise = Noise { cpus: 4, throttled_s: Some(0.001), ..Noise::default() };
            }
            // One busy CPU of four, then all four: their mean says nothing about the CPU that the serial run had.
            (serial.noise.mhz, run.noise.mhz) = (Some((1400.0, 1600.0)), Some((2900.0, 3000.0)));
        });
        assert_eq!(verdict, Verdict::default());
    }

    #[test]
    fn work_that_waits_may_be_short_and_need_no_cpu() {
        let verdict = judged(|serial, run| {
            for report in [serial, run] {
                report.crew.iter_mut().for_each(|worker| (worker.run_s, worker.wait_s) = (0.001, 0.0));
            }
        });
        assert_eq!(verdict.kind, VerdictKind::Valid, "{verdict:?}");
        let verdict = judged(|_, run| {
            run.real_s = 0.15;
            run.crew.iter_mut().for_each(|worker| (worker.run_s, worker.wait_s) = (0.001, 0.0));
        });
        assert_eq!(verdict.kind, VerdictKind::Valid, "{verdict:?}");
    }

    #[test]
    fn the_worst_reason_decides_and_comes_first() {
        let verdict = judged(|serial, run| {
            serial.noise.others = Some(0.5);
            run.lost_events = 7;
        });
        assert_eq!((verdict.kind, verdict.reasons.len()), (VerdictKind::Invalid, 2));
        assert!(verdict.reasons[0].contains("7 events"), "{verdict:?}");
    }

    #[test]
    fn a_scene_that_kills_its_workers_is_judged_by_its_checks() {
        let mut scene = pool();
        scene.answers.clear();
        scene.crew[0].fate = Fate::Killed(15);
        scene.real_s = 0.01;
        let verdict = Verdict::new(None, &scene, None);
        assert_eq!(verdict.kind, VerdictKind::Valid);
        assert_eq!(verdict.notes, ["Worker 1 of this run was killed by SIGTERM."]);
    }

    #[test]
    fn more_workers_than_cpus_or_cores_are_noted() {
        let notes = |cpus, cores| {
            let (serial, mut run) = (serial(), pool());
            run.noise.cpus = cpus;
            let machine = Machine { cores, ..Machine::default() };
            let verdict = Verdict::new(Some(&serial), &run, Some(&machine));
            assert_eq!(verdict.kind, VerdictKind::Valid);
            verdict.notes
        };
        assert_eq!(notes(1, Some(1)), ["2 workers share 1 CPU."]);
        assert_eq!(notes(2, Some(1)), ["2 workers share 1 physical core: two on one core are slower."]);
        assert!(notes(2, None).is_empty() && notes(2, Some(2)).is_empty());
    }

    #[test]
    fn one_wrong_repeat_spoils_all() {
        let (good, mut bad) = (pool(), pool());
        bad.answer_ok = false;
        let verdict = Verdict::default().with_repeats(&[&good, &bad, &good], "this run");
        assert_eq!(verdict.reasons, ["1 of 3 repeats of this run went wrong."]);
        assert_eq!(verdict.kind, VerdictKind::Invalid);
        assert_eq!(Verdict::default().with_repeats(&[&good, &good], "this run"), Verdict::default());
    }

    #[test]
    fn many_are_not_all_named() {
        assert_eq!(numbered("worker", &[]), "no worker");
        assert_eq!(numbered("worker", &[1, 2, 3]), "workers 1, 2 and 3");
        assert_eq!(numbered("worker", &[1, 2, 3, 4, 5, 6, 7]), "workers 1, 2, 3, 4 and 3 others");
        assert_eq!([9, 40, 0, 900].map(signal_name), ["SIGKILL", "SIGRTMIN+6", "signal 0", "signal 900"]);
    }
}
