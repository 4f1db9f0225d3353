//! The machine and what runs on it: name, tasks, what guards it, and glowtop itself.

use super::{Data, Gauge, Meter, MeterInput, Unit, time};
use crate::model::{Civil, Counts, Role, SeLinux, SlowNeeds, SystemState, Systemd, units};

/// The most that is shown of a name, cells.
const NAME_CELLS: usize = 64;

/// Limits from here on are none.
const MANY: u64 = 1 << 40;

/// An interval longer than the wanted one by this factor is said.
const LATE: f64 = 1.25;

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "tasks",
        title: "task",
        help: "Processes, their threads, how many of all run or are ready to, and threads of the kernel.",
        read: tasks,
        ..Meter::WORDS
    },
    Meter {
        id: "host",
        title: "host",
        help: "The machine's name and its kernel.",
        read: |input, gauge| {
            gauge.clear();
            let host = input.snapshot.host();
            if host.name.is_empty() && host.kernel.is_empty() {
                return gauge.text.push_unknown();
            }
            gauge.text.push_foreign(Role::Strong, host.name.bytes(), NAME_CELLS);
            if !gauge.text.is_empty() && !host.kernel.is_empty() {
                gauge.text.push(Role::Text, "  ");
            }
            gauge.text.push_foreign(Role::Text, host.kernel.bytes(), NAME_CELLS);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "hostname",
        title: "name",
        help: "The machine's name.",
        read: |input, gauge| {
            gauge.clear();
            let name = &input.snapshot.host().name;
            if name.is_empty() {
                return gauge.text.push_unknown();
            }
            gauge.text.push_foreign(Role::Strong, name.bytes(), NAME_CELLS);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "file_handles",
        title: "file",
        help: "Files that are open on the whole machine, of the most that may be.",
        slow: SlowNeeds::HANDLES,
        data: Data::Amount(Unit::Count),
        read: |input, gauge| {
            gauge.clear();
            let Some(handles) = input.facts().and_then(|facts| facts.handles) else {
                return gauge.missing(input, SlowNeeds::HANDLES);
            };
            gauge.level = Some(handles.open as f64);
            gauge.text.push_fmt(Role::Text, format_args!("{:>4} open", handles.open));
            // Kernels of today allow more than memory can hold.
            if handles.most < MANY {
                gauge.text.push_fmt(Role::Dim, format_args!(" of {}", handles.most));
            }
        },
        ..Meter::WORDS
    },
    Meter {
        id: "systemd",
        title: "unit",
        help: "What systemd says of the machine: its state, units that failed, jobs that wait, and how many units it has \
               started that have not ended. Where its bus does not answer only the last is known.",
        slow: SlowNeeds::SYSTEMD,
        data: Data::Amount(Unit::Count),
        read: |input, gauge| {
            gauge.clear();
            let Some(systemd) = input.facts().and_then(|facts| facts.systemd) else {
                return gauge.missing(input, SlowNeeds::SYSTEMD);
            };
            units(&systemd, gauge);
        },
        ..Meter::WORDS
    },
    Meter {
        id: "selinux",
        title: "sel",
        help: "Whether SELinux forbids, only warns, or is off.",
        slow: SlowNeeds::SELINUX,
        read: |input, gauge| {
            gauge.clear();
            match input.facts().and_then(|facts| facts.selinux) {
                None => gauge.missing(input, SlowNeeds::SELINUX),
                Some(SeLinux::Off) => gauge.text.push(Role::Dim, "off"),
                Some(SeLinux::Permissive) => gauge.text.push(Role::Warn, "permissive"),
                Some(SeLinux::Enforcing) => gauge.text.push(Role::Good, "enforcing"),
            }
        },
        ..Meter::WORDS
    },
    Meter {
        id: "blank",
        title: "–",
        help: "A line without anything, to keep others apart.",
        data: Data::Blank,
        ..Meter::WORDS
    },
    Meter {
        id: "self",
        title: "self",
        help: "What glowtop itself costs: CPU in percent of one core, memory, and how long one look takes; how often it \
               looks where that is less than wanted, and of when the figures are where they are old.",
        data: Data::Amount(Unit::Percent),
        read: own,
        ..Meter::WORDS
    },
];

fn tasks(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let snapshot = input.snapshot;
    if snapshot.number == 0 || snapshot.partial {
        return gauge.text.push_unknown();
    }
    let Counts { processes, threads, kernel, running } = snapshot.counts;
    // The kernel's own count knows the threads that are no rows here. One that wrapped below 0 is no count.
    let running = snapshot.system.running.filter(|n| i64::try_from(*n).is_ok()).unwrap_or(running);
    let text = &mut gauge.text;
    text.push_fmt(Role::Strong, format_args!("{processes:>3}"));
    text.push_fmt(Role::Text, format_args!(", {threads:>4} thr"));
    // A part of its own: what stands before it is whole without what follows.
    text.push(Role::Dim, ", ");
    text.push_fmt(if running > 0 { Role::Running } else { Role::Dim }, format_args!("{running:>2} run"));
    if kernel > 0 {
        text.push_fmt(Role::Dim, format_args!(", {kernel} kthr"));
    }
}

/// What is wrong comes first: there may be no room for all of it.
fn units(systemd: &Systemd, gauge: &mut Gauge) {
    let Systemd { units, ending, state, failed, jobs } = *systemd;
    gauge.level = units.map(f64::from);
    let text = &mut gauge.text;
    if let Some(state) = state {
        let role = match state {
            SystemState::Running => Role::Good,
            SystemState::Degraded | SystemState::Stopping => Role::Warn,
            SystemState::Maintenance => Role::Bad,
            SystemState::Initializing | SystemState::Starting => Role::Strong,
        };
        text.push(role, state.word());
        text.push(Role::Dim, ", ");
    }
    if let Some(failed) = failed.filter(|failed| *failed > 0) {
        text.push_fmt(Role::Bad, format_args!("{failed} failed"));
        text.push(Role::Dim, ", ");
    }
    if let Some(jobs) = jobs.filter(|jobs| *jobs > 0) {
        text.push_fmt(Role::Text, format_args!("{jobs} job{}", if jobs == 1 { "" } else { "s" }));
        text.push(Role::Dim, ", ");
    }
    match units {
        None => text.push(Role::Dim, "– active"),
        Some(units) => text.push_fmt(Role::Text, format_args!("{units} active")),
    }
    if ending && state != Some(SystemState::Stopping) {
        text.push(Role::Warn, ", shutting down");
    }
}

fn own(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let snapshot = input.snapshot;
    gauge.level = snapshot.own_cpu;
    let text = &mut gauge.text;
    // First, because a narrow screen has no room for all of it.
    if input.old && snapshot.number > 0 {
        // A time of day stays true on a screen that nobody draws again; an age would not.
        let (Civil { hour, minute, second, .. }, zone) = time::local(snapshot);
        text.push_fmt(Role::Strong, format_args!("as of {hour:02}:{minute:02}:{second:02}{zone}"));
        text.push(Role::Dim, "  ");
    }
    if let (Some(interval), Some(delay)) = (snapshot.interval, input.delay)
        && interval > delay * LATE
    {
        text.push_fmt(Role::Warn, format_args!("every {:.1} s", interval.min(99_999.0)));
        text.push(Role::Dim, "  ");
    }
    match snapshot.own_cpu {
        None => text.push(Role::Dim, "    –"),
        Some(cpu) => text.push_right(Role::Text, 5, |out| {
            units::percent(Some(cpu), out);
            out.push('%');
        }),
    }
    text.push(Role::Dim, "  ");
    match snapshot.cost.own_memory {
        None => text.push(Role::Dim, "    –"),
        Some(bytes) => text.push_right(Role::Text, 5, |out| units::bytes(bytes, out)),
    }
    // Five digits at most, so that the unit keeps its place.
    let took = (snapshot.cost.wall * 1e3).clamp(0.0, 99_999.0);
    let places = usize::from(took < 999.95);
    text.push_fmt(Role::Dim, format_args!(" {took:>5.places$} ms"));
}
