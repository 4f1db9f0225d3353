//! The machine and what runs on it: name, age, tasks, and glowtop itself.

use super::{Gauge, Meter, MeterInput};
use crate::model::{Counts, Needs, Role, units};

/// The most that is shown of a name, cells.
const NAME_CELLS: usize = 64;

/// An interval longer than the wanted one by this factor is said.
const LATE: f64 = 1.25;

pub(super) const METERS: &[Meter] = &[
    Meter {
        id: "tasks",
        title: "task",
        help: "Processes, their threads, how many of all run or are ready to, and threads of the kernel.",
        needs: Needs::NOTHING,
        read: tasks,
    },
    Meter {
        id: "uptime",
        title: "up",
        help: "How long the machine has been up, suspended time included.",
        needs: Needs::NOTHING,
        read: |input, gauge| {
            gauge.clear();
            if input.snapshot.number == 0 {
                return gauge.text.push_unknown();
            }
            let seconds = input.snapshot.since_boot.0 / 1_000_000_000;
            let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
            match days {
                0 => {}
                1 => gauge.text.push(Role::Text, "1 day, "),
                _ => gauge.text.push_fmt(Role::Text, format_args!("{days} days, ")),
            }
            gauge.text.push_fmt(Role::Text, format_args!("{hours}:{minutes:02}"));
        },
    },
    Meter {
        id: "host",
        title: "host",
        help: "The machine's name and its kernel.",
        needs: Needs::NOTHING,
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
    },
    Meter {
        id: "self",
        title: "self",
        help: "What glowtop itself costs: CPU in percent of one core, memory, and how long one look takes; how often it \
               looks where that is less than wanted, and of when the figures are where they are old.",
        needs: Needs::NOTHING,
        read: own,
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
    text.push_fmt(Role::Strong, format_args!("{processes}"));
    text.push_fmt(Role::Text, format_args!(", {threads} thr"));
    text.push(Role::Text, ", ");
    text.push_fmt(if running > 0 { Role::Running } else { Role::Dim }, format_args!("{running} run"));
    if kernel > 0 {
        text.push_fmt(Role::Dim, format_args!(", {kernel} kthr"));
    }
}

fn own(input: &MeterInput<'_>, gauge: &mut Gauge) {
    gauge.clear();
    let snapshot = input.snapshot;
    let text = &mut gauge.text;
    // First, because a narrow screen has no room for all of it.
    if input.old && snapshot.number > 0 {
        // A time of day stays true on a screen that nobody draws again; an age would not.
        let offset = snapshot.host().utc_offset_s;
        let since_epoch = (snapshot.wall / 1_000_000_000).cast_signed();
        let seconds = since_epoch.saturating_add(offset.unwrap_or(0).into()).rem_euclid(86_400);
        let [hour, minute, second] = [seconds / 3600, seconds / 60 % 60, seconds % 60];
        let zone = if offset.is_none() { "Z" } else { "" };
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
        None => text.push_unknown(),
        Some(cpu) => text.push_with(Role::Text, |out| {
            units::percent(Some(cpu), out);
            out.push('%');
        }),
    }
    text.push(Role::Dim, "  ");
    match snapshot.cost.own_memory {
        None => text.push_unknown(),
        Some(bytes) => text.push_with(Role::Text, |out| units::bytes(bytes, out)),
    }
    text.push_fmt(Role::Dim, format_args!("  {:.1} ms", (snapshot.cost.wall * 1e3).clamp(0.0, 99_999.0)));
}
