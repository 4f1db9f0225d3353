//! What a tree of processes is bound by, in one sentence with its evidence, and what would help.

use serde::Serialize;

use super::super::verdict::{counted, percent};
use super::{WatchReport, WatchThread};
use crate::model::lab::BlockedOn;

/// Fewer looks than this say nothing.
const FEWEST: u32 = 3;
/// From this part of the CPU time on that nobody saw, what was seen is not the story.
const UNSEEN: f64 = 0.5;
/// From this part of the usable CPUs on they are full.
const FULL: f64 = 0.85;
/// From this part of the time on in which threads want a CPU and have none, they wait for CPUs.
const STARVED: f64 = 0.2;
/// Who has so much of the CPU time does it alone.
const ALONE: f64 = 0.8;
/// Below so many CPUs in use, waiting is what they do.
const IDLE: f64 = 0.5;
/// As many in use as this are one CPU, all the time.
const ONE: (f64, f64) = (0.75, 1.15);

/// What a tree is bound by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BoundKind {
    /// There is too little to say.
    Unknown,
    /// Those who did the work lived too short to be seen.
    TooShort,
    /// One thread does nearly everything.
    OneThread,
    /// Several work, but one at a time.
    Turns,
    /// All CPUs that can be used are in use by it.
    AllCpus,
    /// There are CPUs for it, but others have them.
    OthersCpus,
    /// It waits for input and output.
    Io,
    /// It waits for locks, or to be woken.
    Locks,
    /// It waits for something else, or sleeps.
    Waits,
    /// A signal or a debugger holds it.
    Stopped,
    /// Several run at a time, fewer than there are CPUs.
    Partly,
}

/// What a tree is bound by, with the evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct WatchBound {
    /// What.
    pub kind: BoundKind,
    /// A sentence that says so, with its numbers.
    pub sentence: String,
    /// A sentence that says what would help; empty where there is nothing to say.
    pub help: String,
}

/// What a report says.
struct Case<'a> {
    report: &'a WatchReport,
    /// CPUs in use, on average.
    cores: f64,
    /// CPUs that can be used.
    cpus: f64,
}

pub(super) fn bound(report: &WatchReport) -> Option<WatchBound> {
    let case = Case { report, cores: report.cores_used()?, cpus: f64::from(report.noise.cpus.max(1)) };
    let (kind, sentence, help) = case.found();
    Some(WatchBound { kind, sentence, help: help.to_owned() })
}

impl Case<'_> {
    fn found(&self) -> (BoundKind, String, &'static str) {
        let report = self.report;
        if report.looks < FEWEST {
            let looks = counted(u64::from(report.looks), "look");
            let sentence =
                format!("It was seen in {looks} only: that is too little to say what it is bound by.");
            return (BoundKind::Unknown, sentence, "");
        }
        let unseen = report.unseen.sum_s() / report.cpu_s().max(1e-9);
        if unseen >= UNSEEN && self.cores >= 0.05 {
            return self.too_short(unseen);
        }
        let starved = report.account.starved();
        if self.cores >= FULL * self.cpus {
            return self.full(starved);
        }
        if starved >= STARVED && self.cores >= 0.05 {
            return self.starving(starved);
        }
        if self.cores >= IDLE
            && let Some(found) = self.one()
        {
            return found;
        }
        if self.cores < IDLE { self.waits() } else { self.partly() }
    }

    fn too_short(&self, unseen: f64) -> (BoundKind, String, &'static str) {
        let (part, report) = (percent(unseen), self.report);
        let (who, help) = if report.unseen.children_s >= report.unseen.threads_s {
            (
                "processes that lived too short to be seen",
                "Fewer, longer processes would spare their starts; a shorter interval (--every) shows more of them.",
            )
        } else if report.without_lane > 0 {
            ("threads for which there was no lane", "")
        } else {
            (
                "threads that lived too short to be seen",
                "A pool of threads that stay would spare their starts; a shorter interval (--every) shows more of them.",
            )
        };
        let sentence =
            format!("{part} of its CPU time was spent by {who}: {:.2} CPUs were in use in all.", self.cores);
        (BoundKind::TooShort, sentence, help)
    }

    fn full(&self, starved: f64) -> (BoundKind, String, &'static str) {
        let (cores, cpus) = (self.cores, self.cpus);
        let room = if starved >= STARVED {
            format!(", and of the time that its threads wanted a CPU they had none for {}", percent(starved))
        } else {
            String::new()
        };
        let sentence =
            format!("It is as parallel as the CPUs allow: {cores:.2} of {cpus:.0} were in use{room}.");
        let help = if starved >= STARVED {
            "More threads would only wait; fewer would do as much. More CPUs, or less work, would help."
        } else {
            "More CPUs, or less work, would help; more threads would not."
        };
        (BoundKind::AllCpus, sentence, help)
    }

    fn starving(&self, starved: f64) -> (BoundKind, String, &'static str) {
        let part = percent(starved);
        let (cores, cpus) = (self.cores, self.cpus);
        let others = self.report.noise.others;
        let whose = match (self.report.noise.throttled_s, others) {
            (Some(held), _) if held > 0.05 * self.report.real_s => {
                format!("the cgroup's quota held this terminal's processes back for {held:.1} s")
            }
            (_, Some(others)) => format!("others used {} of the CPUs", percent(others)),
            (_, None) => "how much others use is not known".to_owned(),
        };
        let sentence = format!(
            "It waits for CPUs: of the time that its threads wanted one they had none for {part}. {cores:.2} of \
             {cpus:.0} were in use by it; {whose}."
        );
        let help = if others.is_some_and(|others| others >= 0.1) {
            "Ending or renicing the others would help, or more CPUs."
        } else {
            "Look whether its threads are bound to few CPUs (affinity), or held back by a quota of their cgroup."
        };
        (BoundKind::OthersCpus, sentence, help)
    }

    /// One at a time: one thread alone, or several in turns.
    fn one(&self) -> Option<(BoundKind, String, &'static str)> {
        let report = self.report;
        let busiest = report.busiest.first()?;
        let share = busiest.run_s / report.cpu_s().max(1e-9);
        let at_most_one = report.concurrency_s.iter().take(2).sum::<f64>() / report.real_s;
        if share >= ALONE {
            let sentence = format!(
                "One thread does nearly all of it: {} had {} of the CPU time, while {}; of {:.0} CPUs {:.2} were in use.",
                who(busiest),
                percent(share),
                match report.threads.saturating_sub(1) {
                    0 => "it had no other".to_owned(),
                    1 => "the other one had the rest".to_owned(),
                    others => format!("{others} others had the rest"),
                },
                self.cpus,
                self.cores
            );
            let help = "Its work would have to be shared out: only that would bring more CPUs into use.";
            return Some((BoundKind::OneThread, sentence, help));
        }
        if (ONE.0..=ONE.1).contains(&self.cores) && at_most_one >= ALONE && self.cpus > 1.0 {
            let sentence = format!(
                "Several work, but one at a time: for {} of the time no more than one of {} ran, and the busiest had only {} \
                 of the CPU time.{}",
                percent(at_most_one),
                counted(u64::from(report.threads), "thread"),
                percent(share),
                self.waited(" Meanwhile they waited mostly for ")
            );
            let help = "Something lets only one go on: a lock that all take, or a chain in which each waits for the one \
                        before. Holding it for a shorter time, or having several of it, would help.";
            return Some((BoundKind::Turns, sentence, help));
        }
        None
    }

    fn waits(&self) -> (BoundKind, String, &'static str) {
        let cores = self.cores;
        let most = self.report.waits.first().filter(|(_, s)| *s >= self.report.waits_unknown_s);
        let idle = percent(self.report.concurrency_s.first().map_or(0.0, |s| s / self.report.real_s));
        let begins =
            format!("It hardly wants a CPU: {cores:.2} were in use, and for {idle} of the time none");
        let asleep = self.report.waits.first().map_or(0.0, |(_, s)| *s).max(self.report.waits_unknown_s);
        if self.report.stopped_s > asleep {
            return (
                BoundKind::Stopped,
                format!("{begins}: most of the time a signal or a debugger held it."),
                "SIGCONT lets it go on, or the debugger that holds it does.",
            );
        }
        let Some((on, _)) = most else {
            let why = if self.report.waits_told {
                "what it waits for most is not known"
            } else {
                "what it waits for may not be read"
            };
            return (BoundKind::Waits, format!("{begins}; {why}."), "");
        };
        let sentence = format!("{begins}; it waits for {}.", words(*on));
        let (kind, help) = match on {
            BlockedOn::Io => (
                BoundKind::Io,
                "More CPUs would not help: what it reads from, writes to or listens to sets the pace.",
            ),
            BlockedOn::Lock => (
                BoundKind::Locks,
                "More CPUs would not help: whoever holds the lock, or should hand out work, sets the pace.",
            ),
            BlockedOn::Empty | BlockedOn::Full => {
                (BoundKind::Waits, "Whoever is at the other end of the pipe sets the pace.")
            }
            BlockedOn::Sleep => (BoundKind::Waits, "It lets time pass by its own will."),
            BlockedOn::Others | BlockedOn::Child => (BoundKind::Waits, ""),
        };
        (kind, sentence, help)
    }

    fn partly(&self) -> (BoundKind, String, &'static str) {
        let (cores, cpus, report) = (self.cores, self.cpus, self.report);
        let many: f64 = report.concurrency_s.iter().skip(2).sum::<f64>() / report.real_s;
        let sentence = format!(
            "It is parallel in part: {cores:.2} of {cpus:.0} CPUs were in use, and for {} of the time two threads or more \
             ran.{}",
            percent(many),
            self.waited(" Those who work waited mostly for ")
        );
        let help = match report.waits.first() {
            Some((BlockedOn::Lock, _)) => {
                "Shorter or fewer locks, or work that is handed out sooner, would bring more CPUs into use."
            }
            Some((BlockedOn::Io, _)) => {
                "More at a time would bring more CPUs into use while others wait for input."
            }
            _ => "More work at a time would bring more CPUs into use.",
        };
        (BoundKind::Partly, sentence, help)
    }

    /// What they waited for most, after these words; empty where that is not known.
    fn waited(&self, words_before: &str) -> String {
        let most = self.report.waits.first().filter(|(_, s)| *s > self.report.waits_unknown_s);
        most.map_or_else(String::new, |(on, _)| format!("{words_before}{}.", words(*on)))
    }
}

/// What is waited for, as it is seen from outside.
fn words(on: BlockedOn) -> &'static str {
    match on {
        BlockedOn::Lock => "a lock, or to be woken (futex)",
        BlockedOn::Empty => "something to read from a pipe or socket",
        BlockedOn::Full => "room in a pipe or socket",
        on => on.word(),
    }
}

fn who(thread: &WatchThread) -> String {
    if thread.tid == thread.pid {
        format!("{} ({})", thread.name, thread.pid)
    } else {
        format!("{} (thread {} of {})", thread.name, thread.tid, thread.pid)
    }
}
