//! Why the speed-up is what it is, in a sentence or two, with what would cure it. Pure.
//!
//! The account says where the time went; what took most is the cause, and the reports say who and what it was.

use serde::Serialize;

use super::case::{Case, Cause, Cure};
use super::cures::{self, plan_of};
use super::verdict::{capital, counted, numbered, percent, signal_name};
use super::whatif::TaskTimes;
use super::{Account, Beside, BlockedOn, CROSS_CHECK, Mode, RunReport};

/// Why a run is not as many times faster as it has workers.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Why {
    /// A sentence or two.
    pub sentence: String,
    /// What took most of the lost time; `None` where nothing was lost, or nothing can be compared.
    pub cause: Option<Cause>,
    /// What would help, if anything of the lab's would.
    pub cure: Option<Cure>,
}

/// From this part of what is possible on, nearly all is reached.
const NEARLY: f64 = 0.95;
/// A speed-up above what is possible by this factor is no rounding.
const BEYOND: f64 = 1.03;
/// A second cause is named where it is this part of the first, and this part of the workers' time.
const SECOND: (f64, f64) = (0.3, 0.03);

/// Why `run` is not as many times faster than `serial` as it has workers; `None` where there is nothing to say.
pub fn why_not(serial: &RunReport, run: &RunReport) -> Option<Why> {
    let account = Account::new(run, Some(serial));
    let tasks = TaskTimes::new(Some(serial), run);
    let ceiling = tasks.as_ref().map(|tasks| tasks.ceilings(run));
    Case {
        serial: Some(serial),
        run,
        speedup: super::speedup(serial, run).map(|(speedup, _)| speedup),
        account: account.as_ref(),
        beside: &Beside::new(run),
        tasks: tasks.as_ref(),
        ceiling: ceiling.as_ref(),
        machine: None,
    }
    .why()
}

/// One way in which time was lost.
struct Loss {
    cause: Cause,
    lost_s: f64,
    /// Goes on after "x % of their time".
    clause: String,
}

impl Case<'_> {
    /// The sentence; `None` where there is nothing to say.
    pub(super) fn why(&self) -> Option<Why> {
        if let Some(problem) = self.problem() {
            let cure = cures::remedy(self.run);
            return Some(Why { sentence: problem, cause: None, cure });
        }
        match (self.speedup, self.account) {
            (Some(speedup), Some(account)) => Some(self.compared(speedup, account)),
            (Some(_), None) if self.run.crew.is_empty() => None,
            (Some(speedup), None) => {
                let faster = Self::times_faster(speedup);
                let sentence =
                    format!("{faster}. A task used several CPUs at once, so the time has no account.");
                Some(Why { sentence, cause: None, cure: cures::remedy(self.run) })
            }
            (None, Some(account)) if self.run.mode != Mode::Serial && !self.run.answers.is_empty() => {
                Some(self.alone(account))
            }
            (None, _) => self.outcome(),
        }
    }

    /// Why there is nothing to compare.
    fn problem(&self) -> Option<String> {
        let run = self.run;
        let wrong = (!run.answer_ok).then_some((run, "this run"));
        let wrong =
            wrong.or_else(|| self.serial.filter(|serial| !serial.answer_ok).map(|s| (s, "the serial run")));
        let (wrong, which) = wrong?;
        if let Some(cut) = wrong.cut {
            return Some(format!("{} {}: there is nothing to compare.", capital(which), cut.ending()));
        }
        let killed = Beside::new(wrong).killed;
        let missing = wrong.answers.iter().filter(|answer| answer.is_none()).count();
        let tasks: Vec<u32> =
            (1..).zip(&wrong.answers).filter(|(_, answer)| answer.is_none()).map(|(task, _)| task).collect();
        let lost = match missing {
            0 => String::new(),
            1 => format!("{} has no answer", numbered("task", &tasks)),
            _ => format!("{} have no answers", numbered("task", &tasks)),
        };
        if let Some((_, signal)) = killed.first() {
            let workers: Vec<u32> = killed.iter().map(|(worker, _)| *worker).collect();
            let was = if workers.len() == 1 { "was" } else { "were" };
            let and = if lost.is_empty() { String::new() } else { format!(", and {lost}") };
            let who = capital(&numbered("worker", &workers));
            return Some(format!(
                "{who} {was} killed by {}{and}: there is nothing to compare.",
                signal_name(*signal)
            ));
        }
        if let Some(check) = wrong.checks.iter().find(|check| !check.holds()) {
            let got = check.got.as_deref().unwrap_or("nothing");
            return Some(format!(
                "{}: {got} instead of {} in {which}.",
                capital(&check.what),
                check.expected
            ));
        }
        if !lost.is_empty() {
            return Some(format!("In {which} {lost}: there is nothing to compare."));
        }
        Some(format!(
            "An answer of {which} is wrong, or it did not come to its end: there is nothing to compare."
        ))
    }

    /// `2 CPUs`, `4 workers`: what the limit comes from.
    fn limited_by(&self) -> String {
        let workers = u64::from(self.run.workers.max(1));
        let limit = self.limit().round() as u64;
        if limit < workers { counted(limit, "CPU") } else { counted(workers, "worker") }
    }

    fn times_faster(speedup: f64) -> String {
        if speedup < 0.995 {
            format!("{:.2} times slower than serial", 1.0 / speedup)
        } else {
            format!("{speedup:.2} times faster")
        }
    }

    fn compared(&self, speedup: f64, account: &Account) -> Why {
        let limit = self.limit();
        if speedup > limit * BEYOND {
            return self.impossible(speedup);
        }
        let useful = percent_1(account.share(account.useful_s));
        if speedup >= limit * NEARLY {
            let by = self.limited_by();
            let workers = self.run.workers;
            let sentence = if f64::from(workers) > limit {
                let wait = percent_1(account.share(account.run_queue_s));
                format!(
                    "{speedup:.2} times faster, nearly all that {by} can give: {workers} workers take turns on them \
                     and wait for one {wait} of their time."
                )
            } else if workers == 1 {
                format!("As fast as serial, as one worker must be: {useful} of its time was useful work.")
            } else {
                format!(
                    "{speedup:.2} times faster, nearly all that {by} can give: {useful} of their time was useful work."
                )
            };
            return Why { sentence, cause: None, cure: None };
        }
        let losses = self.losses(account);
        let Some(first) = losses.first() else {
            let sentence = format!("{}, not {}.", Self::times_faster(speedup), trimmed(limit));
            return Why { sentence, cause: None, cure: None };
        };
        let mut cure = cures::cure(self, first.cause, speedup);
        if let Some(Cure { run, predicted: Some(predicted), .. }) = &mut cure {
            *predicted = predicted.min(self.limit_with(run.workers));
        }
        // What should be slower than what is there cures nothing.
        let cure = cure.filter(|cure| cure.predicted.is_none_or(|then| then * cures::WORTH >= speedup));
        let head = if speedup < 0.995 {
            Self::times_faster(speedup)
        } else {
            format!("{}, not {}", Self::times_faster(speedup), trimmed(limit))
        };
        let mut sentence = format!("{head}: {}.", Self::clauses(&losses, account));
        if let Some(more) = self.outlook(first.cause, cure.as_ref()) {
            sentence = format!("{sentence} {more}.");
        }
        Why { sentence, cause: Some(first.cause), cure }
    }

    /// Without a serial run.
    fn alone(&self, account: &Account) -> Why {
        let losses = self.losses(account);
        let useful = percent_1(account.share(account.useful_s));
        let mut sentence = format!("The workers were on a CPU for {useful} of their time");
        let first = losses.first().filter(|first| account.share(first.lost_s) >= 1.0 - NEARLY);
        if first.is_some() {
            sentence = format!("{sentence}; {}", Self::clauses(&losses, account));
        }
        let cure = first.and_then(|first| cures::cure(self, first.cause, 0.0));
        let cure = cure.map(|cure| Cure { predicted: None, ..cure });
        Why { sentence: sentence + ".", cause: first.map(|first| first.cause), cure }
    }

    /// More than there can be.
    fn impossible(&self, speedup: f64) -> Why {
        let by = self.limited_by();
        let cpu = |report: &RunReport| report.crew.iter().map(|worker| worker.run_s).sum::<f64>();
        let reason = self.serial.and_then(|serial| {
            let on_cpu = cpu(serial) / serial.real_s;
            let less = 1.0 - cpu(self.run) / cpu(serial);
            if self.computes() && on_cpu < NEARLY {
                let part = percent(on_cpu);
                Some(format!("the serial run had a CPU for only {part} of its time, so it took too long"))
            } else if less > BEYOND - 1.0 {
                let part = percent(less);
                Some(format!(
                    "the same work took {part} less CPU time than in the serial run, which was disturbed"
                ))
            } else {
                None
            }
        });
        let reason = reason.unwrap_or_else(|| "the serial run was disturbed".to_owned());
        let sentence = format!("{speedup:.2} times faster is more than {by} can give: {reason}.");
        let cure = Cure {
            label: "the same again".to_owned(),
            run: plan_of(self.run),
            predicted: Some(self.limit()),
        };
        Why { sentence, cause: None, cure: Some(cure) }
    }

    /// The ways in which time was lost, the greatest first; negligible ones are missing.
    fn losses(&self, account: &Account) -> Vec<Loss> {
        let (own, others) = self.waits(account);
        // What the serial run waited for, too, is the work itself.
        let serial =
            self.serial.filter(|_| self.speedup.is_some()).and_then(|serial| Account::new(serial, None));
        let waiting_s = serial.map_or(0.0, |serial| serial.blocked_s);
        let mut losses = vec![
            Loss { cause: Cause::Tail, lost_s: account.tail_s, clause: self.tail() },
            Loss { cause: Cause::ExtraCpu, lost_s: account.extra_cpu_s, clause: self.extra_cpu() },
            Loss { cause: Cause::OwnWait, lost_s: own, clause: self.own_wait() },
            Loss { cause: Cause::OthersWait, lost_s: others, clause: self.others_wait() },
            Loss { cause: Cause::Blocked, lost_s: account.blocked_s - waiting_s, clause: self.blocked() },
            Loss { cause: Cause::StartUp, lost_s: account.startup_s, clause: self.start_up() },
        ];
        losses.retain(|loss| account.share(loss.lost_s) >= 0.0005);
        losses.sort_by(|a, b| b.lost_s.total_cmp(&a.lost_s));
        losses
    }

    /// What took most, and what took much beside it; then what the rest adds up to.
    fn clauses(losses: &[Loss], account: &Account) -> String {
        let share = |loss: &Loss| percent_1(account.share(loss.lost_s));
        let mut text = String::new();
        let mut named_s = 0.0;
        for (at, loss) in losses.iter().enumerate() {
            let much = losses.first().is_some_and(|first| loss.lost_s >= SECOND.0 * first.lost_s)
                && account.share(loss.lost_s) >= SECOND.1;
            if at == 0 {
                text = format!("{} of the workers' time {}", share(loss), loss.clause);
            } else if at == 1 && much {
                text = format!("{text}, and {} {}", share(loss), loss.clause);
            } else {
                continue;
            }
            named_s += loss.lost_s;
        }
        let rest = account.share(losses.iter().map(|loss| loss.lost_s).sum::<f64>() - named_s);
        if rest >= SECOND.1 { format!("{text}; other losses {}", percent_1(rest)) } else { text }
    }

    fn tail(&self) -> String {
        let run = self.run;
        let Some(task) = run.tasks.iter().max_by(|a, b| a.to.total_cmp(&b.to)) else {
            return "was the tail, with no task left".to_owned();
        };
        let length = |task: u32| {
            run.tasks.iter().find(|other| other.task == task).map_or(0.0, |task| task.to - task.from)
        };
        let longest = run.tasks.iter().all(|other| other.run_s <= task.run_s);
        let largest =
            if longest && run.tasks.len() > 1 && length(task.task) > 0.0 { ", the largest" } else { "" };
        // A scene may have more lanes than workers, for who hands the work out.
        let others = match run.crew.len().min(run.workers as usize) {
            2 => "other worker".to_owned(),
            all => format!("{} others", all.saturating_sub(1)),
        };
        format!(
            "was the tail: the {others} had no task left while worker {} was still on task {}{largest}",
            task.worker, task.task
        )
    }

    fn extra_cpu(&self) -> String {
        let (workers, cores) = (self.run.workers, self.machine.and_then(|machine| machine.cores));
        let reason = match cores {
            Some(cores) if workers > cores && workers <= self.run.noise.cpus.max(1) => {
                format!("{workers} workers share {}", counted(u64::from(cores), "physical core"))
            }
            _ if self.run.mode.is_threads() => "threads contend for what they share".to_owned(),
            _ => "the workers share caches, memory and the clock".to_owned(),
        };
        format!("was CPU time that the serial run did not need, as {reason}")
    }

    fn own_wait(&self) -> String {
        let (workers, cpus) = (self.run.workers, self.run.noise.cpus);
        let pinned = self.run.settings.list("pin");
        if !pinned.is_empty() {
            let mut places = pinned;
            places.sort_unstable();
            places.dedup();
            return format!(
                "was spent waiting for {} that they are pinned to",
                counted(places.len() as u64, "CPU")
            );
        }
        if cpus > 0 && workers > cpus {
            let cpus = counted(u64::from(cpus), "CPU");
            return format!("was spent waiting for a CPU, as {workers} workers share {cpus}");
        }
        "was spent waiting for a CPU, as the kernel put several workers on one".to_owned()
    }

    fn others_wait(&self) -> String {
        match self.run.noise.others {
            Some(part) => {
                format!(
                    "was spent waiting for CPUs that other processes used ({} of the machine)",
                    percent(part)
                )
            }
            None => "was spent waiting for CPUs that other processes used".to_owned(),
        }
    }

    fn blocked(&self) -> String {
        let run = self.run;
        if matches!(run.mode, Mode::GilOld | Mode::GilNew | Mode::GilFair) {
            return "was spent waiting for the global lock, which lets only one thread run".to_owned();
        }
        match self.beside.blocked_most {
            Some((BlockedOn::Lock, _)) => "was spent waiting for a lock that another held".to_owned(),
            Some((BlockedOn::Others, _)) => {
                "was spent waiting for others, who did what only one can do at a time".to_owned()
            }
            Some((on, _)) => format!("was spent waiting for {}", on.word()),
            None => "was spent blocked, nobody told on what".to_owned(),
        }
    }

    fn start_up(&self) -> String {
        let kind = if self.run.mode.is_threads() { "thread" } else { "process" };
        let workers = self.run.workers;
        let plural = match (workers, kind) {
            (1, kind) => kind.to_owned(),
            (_, "process") => "processes".to_owned(),
            (_, kind) => format!("{kind}s"),
        };
        format!("went by before their first tasks, starting {workers} {plural}")
    }

    /// What could be had: by the cure, and at all.
    fn outlook(&self, cause: Cause, cure: Option<&Cure>) -> Option<String> {
        let foretold = cure.and_then(|cure| {
            // What no key can see to is said here, where it belongs.
            let quiet = if cause == Cause::OthersWait { " on a quiet machine" } else { "" };
            let (label, predicted) = (capital(&cure.label) + quiet, cure.predicted?);
            let gains = self.speedup.is_none_or(|speedup| predicted >= speedup * cures::WORTH);
            Some(if gains {
                format!("{label} should give {predicted:.2}")
            } else {
                format!("{label} should do as well")
            })
        });
        let bound = self
            .ceiling
            .zip(self.tasks)
            .filter(|(ceiling, _)| cause == Cause::Tail && ceiling.any < 1.5 * self.limit());
        let bound = bound.map(|(ceiling, tasks)| {
            let longest = tasks.times.iter().copied().fold(0.0, f64::max);
            format!(
                "no number of cores passes {:.2}, as the largest task alone takes {longest:.3} s",
                ceiling.any
            )
        });
        match (foretold, bound) {
            (Some(foretold), Some(bound)) => Some(format!("{foretold}; {bound}")),
            (Some(one), None) => Some(one),
            (None, Some(one)) => Some(capital(&one)),
            (None, None) => None,
        }
    }

    /// What the checks and figures of a scene show.
    fn outcome(&self) -> Option<Why> {
        let run = self.run;
        let checks = match run.checks.as_slice() {
            [] => None,
            [one] => Some(format!("{}: {}, as it must be", capital(&one.what), one.expected)),
            [_, _] => Some("Both checks hold".to_owned()),
            all => Some(format!("All {} checks hold", all.len())),
        };
        let figures = || {
            let figures = run.figures.iter().filter(|figure| !CROSS_CHECK.contains(&figure.what.as_str()));
            let figures: Vec<String> =
                figures.take(3).map(|figure| format!("{}: {}", figure.what, figure.shown())).collect();
            (!figures.is_empty()).then(|| capital(&figures.join("; ")) + ".")
        };
        // What it means comes before what was counted.
        let sentence = match (run.meaning.clone().or_else(figures), checks) {
            (Some(meaning), Some(checks)) => format!("{meaning} {checks}."),
            (Some(one), None) => one,
            (None, Some(checks)) => checks + ".",
            (None, None) => return None,
        };
        Some(Why { sentence, cause: None, cure: cures::remedy(run) })
    }
}

fn percent_1(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

/// A limit without digits where it is whole.
fn trimmed(limit: f64) -> String {
    if limit.fract() == 0.0 { format!("{limit:.0}") } else { format!("{limit:.2}") }
}

#[cfg(test)]
mod tests;
