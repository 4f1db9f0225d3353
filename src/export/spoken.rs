//! What a look says, in sentences: for screen readers, and for ears.
//!
//! Figures stand beside their unit in words, in the order in which somebody would ask for them. What is not known is said
//! to be unknown.

use std::fmt::Write as _;

use crate::model::{Kind, Proc, Snapshot, State, units};

/// The most that is said of a name, cells.
const NAME_CELLS: usize = 40;

// Writing to a String does not fail, so what it returns is nothing to ask for.

/// The machine: CPUs, memory, load and processes, a sentence a line.
pub fn machine(snapshot: &Snapshot) -> Vec<String> {
    let cpus = match snapshot.cores() {
        1 => "1 CPU".to_owned(),
        count => format!("{count} CPUs"),
    };
    let mut lines = vec![match &snapshot.cpu {
        None => format!("{cpus}: how busy is not known yet."),
        Some(all) => {
            let percent = |share: f32| format!("{:.0}", share * 100.0);
            let mut line = format!("{cpus}, busy {} percent", percent(all.busy()));
            let parts = [
                ("programs", all.user + all.low),
                ("kernel", all.kernel + all.irq + all.softirq),
                ("taken by the hypervisor", all.steal),
                ("guests", all.guest),
                ("idle while a disk is waited for", all.iowait),
            ];
            for (what, share) in parts.into_iter().filter(|(_, share)| *share >= 0.005) {
                let _ = write!(line, ", {what} {}", percent(share));
            }
            line + "."
        }
    }];
    lines.push(match snapshot.memory() {
        None => "Memory: unknown.".to_owned(),
        Some(memory) => {
            let used = memory.used().saturating_add(memory.shmem).min(memory.total);
            let mut line = format!("Memory: {} of {} used", size(used), size(memory.total));
            if let Some(available) = memory.available {
                let _ = write!(line, ", {} available", size(available));
            }
            if memory.swap_total > 0 {
                let (used, total) = (size(memory.swap_used()), size(memory.swap_total));
                let _ = write!(line, "; swap: {used} of {total} used");
            }
            line + "."
        }
    });
    if let Some(load) = snapshot.load() {
        lines.push(format!(
            "Load: {:.2} over 1 minute, {:.2} over 5, {:.2} over 15.",
            load.one, load.five, load.fifteen
        ));
    }
    let counts = snapshot.counts;
    lines.push(format!(
        "{} processes with {} threads, {} running or ready to run.",
        counts.processes, counts.threads, counts.running
    ));
    lines
}

/// A process: its pid first, then its name, what it uses, its state and its owner.
pub fn process(snapshot: &Snapshot, proc: &Proc) -> String {
    let task = &proc.task;
    let cpu = match proc.cpu.filter(|cpu| cpu.is_finite()) {
        None => "CPU unknown".to_owned(),
        Some(cpu) => format!("{cpu:.1} percent CPU"),
    };
    let memory = match task.memory.known() {
        None => "memory unknown".to_owned(),
        Some(memory) => format!("{} memory", size(memory.resident)),
    };
    let mut line = format!(
        "{} {}: {cpu}, {memory}, {}",
        task.id.pid,
        task.comm.show(NAME_CELLS),
        state(task.state, task.kind)
    );
    if let Some(user) = &task.user {
        let _ = write!(line, ", of {}", user.show(NAME_CELLS));
    }
    if let Some(age) = snapshot.age(proc) {
        let _ = write!(line, ", {} old", span(age));
    }
    line + "."
}

/// A state in words; see proc(5).
fn state(state: State, kind: Kind) -> String {
    match state {
        _ if kind == Kind::ShortLived => "died between two looks".to_owned(),
        State::RUNNING => "running or ready to run".to_owned(),
        State::SLEEPING => "sleeping".to_owned(),
        State::DISK => "in a wait that no signal ends".to_owned(),
        State::ZOMBIE => "a zombie".to_owned(),
        State::STOPPED => "stopped".to_owned(),
        State::DEAD => "dead".to_owned(),
        State(b't') => "stopped by its tracer".to_owned(),
        State(b'I') => "an idle kernel thread".to_owned(),
        other => format!("in state {}", other.letter()),
    }
}

/// A size with its unit as a word that is read out.
fn size(bytes: u64) -> String {
    let mut short = String::new();
    units::bytes(bytes, &mut short);
    let unit = match short.pop() {
        Some('K') => "kibibytes",
        Some('M') => "mebibytes",
        Some('G') => "gibibytes",
        Some('T') => "tebibytes",
        Some('P') => "pebibytes",
        Some('E') => "exbibytes",
        _ => return "0 bytes".to_owned(),
    };
    format!("{short} {unit}")
}

/// A time in one unit, or two where the first is small.
fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let many = |count: u64, unit: &str| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    match whole {
        0..60 => many(whole, "second"),
        60..600 => format!("{} {}", many(whole / 60, "minute"), many(whole % 60, "second")),
        600..3600 => many(whole / 60, "minute"),
        3600..36_000 => format!("{} {}", many(whole / 3600, "hour"), many(whole / 60 % 60, "minute")),
        36_000..172_800 => many(whole / 3600, "hour"),
        _ => many(whole / 86_400, "day"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        Counts, CpuUse, Host, Load, Memory, Nanos, ProcId, Reading, System, Task, TaskMemory, Untrusted,
    };

    fn snapshot() -> Snapshot {
        let memory = Memory {
            total: 32 << 30,
            free: 20 << 30,
            available: Some(21 << 30),
            swap_total: 8 << 30,
            swap_free: 8 << 30,
            ..Memory::default()
        };
        let host = Arc::new(Host { ticks_per_second: 100, ..Host::default() });
        let task = Task {
            comm: Arc::new(Untrusted::from("cc1plus\x1b[2J")),
            memory: Reading::Known(TaskMemory { resident: 842 << 20, shared: 0 }),
            user: Some(Arc::new("build".into())),
            state: State::RUNNING,
            ..Task::bare(ProcId::new(31842, 2_400).unwrap())
        };
        Snapshot {
            taken: Nanos(0),
            since_boot: Nanos(90_000_000_000),
            cpu: Some(CpuUse { user: 0.30, low: 0.02, kernel: 0.11, iowait: 0.05, ..CpuUse::default() }),
            cpus: vec![(0, None), (1, None)],
            system: System {
                host,
                memory: Some(memory),
                load: Some(Load { one: 2.41, five: 1.8, fifteen: 1.02, ..Load::default() }),
                ..System::default()
            },
            counts: Counts { processes: 312, threads: 1204, kernel: 90, running: 3 },
            procs: vec![Proc { cpu: Some(99.2), ..Proc::new(task) }],
            ..Snapshot::default()
        }
    }

    #[test]
    fn the_machine_is_told_in_sentences() {
        assert_eq!(
            machine(&snapshot()),
            [
                "2 CPUs, busy 43 percent, programs 32, kernel 11, idle while a disk is waited for 5.",
                "Memory: 12.0 gibibytes of 32.0 gibibytes used, 21.0 gibibytes available; swap: 0 bytes of 8.00 gibibytes used.",
                "Load: 2.41 over 1 minute, 1.80 over 5, 1.02 over 15.",
                "312 processes with 1204 threads, 3 running or ready to run.",
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        let lines = machine(&Snapshot::default());
        assert_eq!(lines[..2], ["1 CPU: how busy is not known yet.", "Memory: unknown."]);
        let bare = Proc::new(Task::bare(ProcId::new(7, 1).unwrap()));
        assert!(process(&Snapshot::default(), &bare).starts_with("7 : CPU unknown, memory unknown, "));
    }

    #[test]
    fn a_process_is_told_with_its_pid_first_and_no_escape_sequence() {
        let snapshot = snapshot();
        assert_eq!(
            process(&snapshot, &snapshot.procs[0]),
            "31842 cc1plus\u{fffd}[2J: 99.2 percent CPU, 842 mebibytes memory, running or ready to run, of build, \
             1 minute 6 seconds old."
        );
    }

    #[test]
    fn spans_are_words() {
        let shown: Vec<String> = [0.4, 1.0, 61.0, 700.0, 3700.0, 50_000.0, 400_000.0].map(span).into();
        assert_eq!(
            shown,
            [
                "0 seconds",
                "1 second",
                "1 minute 1 second",
                "11 minutes",
                "1 hour 1 minute",
                "13 hours",
                "4 days"
            ]
        );
    }
}
