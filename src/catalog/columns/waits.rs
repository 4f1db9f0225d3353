//! How it is served: policies, what it waits for, how its threads work together.

use super::detail::{count, figure, number, of, rates, text, usage, words};
use super::{Column, Row};
use crate::catalog::{Cell, Value};
use crate::model::{Crew, Needs, Role, StatDetails, Status, Teamwork, Trail};

fn stat<'a>(row: &Row<'a>) -> Option<&'a StatDetails> {
    of(row)?.stat.as_ref()
}

fn status<'a>(row: &Row<'a>) -> Option<&'a Status> {
    of(row)?.status.known()
}

fn crew<'a>(row: &Row<'a>) -> Option<&'a Crew> {
    rates(row)?.crew.as_ref()
}

fn teamwork(row: &Row<'_>) -> Option<Teamwork> {
    crew(row)?.teamwork(row.snapshot.cores(), row.proc.cpu.unwrap_or(0.0) / 100.0)
}

/// CPUs in use, by the process's own clock.
fn cores(row: &Row<'_>) -> Option<f64> {
    row.sums.map_or(row.proc.cpu, |sums| sums.cpu).map(|percent| percent / 100.0)
}

/// The policies of sched(7) by their numbers in include/uapi/linux/sched.h.
fn policy(row: &Row<'_>) -> Option<&'static [u8]> {
    Some(match stat(row)?.policy? {
        0 => b"OTHER",
        1 => b"FIFO",
        2 => b"RR",
        3 => b"BATCH",
        5 => b"IDLE",
        6 => b"DEADLINE",
        7 => b"EXT",
        _ => b"?",
    })
}

/// Class and level of ioprio_get(2). Who was given none has what follows from the nice value: `none`.
fn io_priority(row: &Row<'_>) -> Option<&'static [u8]> {
    const REAL_TIME: [&[u8]; 8] = [b"rt/0", b"rt/1", b"rt/2", b"rt/3", b"rt/4", b"rt/5", b"rt/6", b"rt/7"];
    const BEST_EFFORT: [&[u8]; 8] = [b"be/0", b"be/1", b"be/2", b"be/3", b"be/4", b"be/5", b"be/6", b"be/7"];
    let value = *of(row)?.io_priority.known()?;
    let level = usize::from(value & 7);
    match value >> 13 {
        0 => Some(b"none"),
        1 => REAL_TIME.get(level).copied(),
        2 => BEST_EFFORT.get(level).copied(),
        3 => Some(b"idle"),
        _ => Some(b"?"),
    }
}

fn teamwork_cell(row: &Row<'_>, cell: &mut Cell) {
    let Some(teamwork) = teamwork(row) else { return cell.push_unknown() };
    let role = match teamwork {
        Teamwork::Idle => Role::Dim,
        Teamwork::Serial => Role::Text,
        Teamwork::Parallel(_) => Role::Running,
        Teamwork::IoBound => Role::Blocked,
        Teamwork::CpuStarved | Teamwork::LockBound | Teamwork::Imbalanced => Role::Warn,
    };
    cell.push(role, teamwork.word());
    if let Teamwork::Parallel(cores) = teamwork {
        cell.push_fmt(role, format_args!(" {:.1}", cores.min(999.9)));
    }
}

const TRAIL_CELLS: u16 = Trail::LOOKS as u16;

/// One block for each look, the latest on the right; a look without it is a blank.
fn trail_cell(row: &Row<'_>, cell: &mut Cell) {
    const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    let trail = row.proc.trail;
    if trail.mean().is_none() {
        return cell.push_unknown();
    }
    // Who slept all the time has no line: many of them would be a ruled page.
    let slept = trail.mean() == Some(0.0);
    for level in trail.levels() {
        match level {
            None => cell.push(Role::Dim, " "),
            Some(0) if slept => cell.push(Role::Dim, " "),
            Some(0) => cell.push(Role::Dim, "▁"),
            Some(level) => {
                let share = f64::from(level) / f64::from(Trail::MOST);
                let block = BLOCKS.get((share * 7.0).round() as usize).copied().unwrap_or("█");
                cell.push(Role::Heat((share * 100.0) as u8), block);
            }
        }
    }
}

pub(super) const COLUMNS: &[Column] = &[
    words(
        ("policy", "POLICY", "Its scheduling policy, sched(7): OTHER, BATCH, IDLE, FIFO, RR, DEADLINE or EXT (field 41 of /proc/PID/stat)."),
        8,
        Needs::STAT,
        |row| policy(row).map_or(Value::Unknown, Value::Text),
        |row, cell| match policy(row).map(|name| (name, String::from_utf8_lossy(name))) {
            None => cell.push_unknown(),
            Some((b"OTHER", name)) => cell.push(Role::Dim, &name),
            Some((_, name)) => cell.push(Role::Text, &name),
        },
    )
    .drifting(),
    number!(
        ("rt_priority", "RTPRI", "Its real-time priority, 1 to 99; 0 for policies that have none (field 40 of /proc/PID/stat)."),
        5,
        Needs::STAT,
        |row| stat(row)?.rt_priority.map(i64::from)
    )
    .drifting(),
    text!(
        ("io_priority", "IOPRI", "Its I/O priority: class (rt, be, idle) and level 0 (first) to 7; none where it follows from the nice value (ioprio_get(2))."),
        5,
        Needs::IO_PRIORITY,
        |row| io_priority(row)
    ),
    number!(
        ("autogroup", "AGRP", "The number of its autogroup, sched(7) (/proc/PID/autogroup)."),
        6,
        Needs::AUTOGROUP,
        |row| of(row)?.autogroup.known().and_then(|group| i64::try_from(group.id).ok())
    )
    .ascending(),
    number!(
        ("autogroup_nice", "AGNI", "The nice value of its autogroup, -20 to 19 (/proc/PID/autogroup)."),
        4,
        Needs::AUTOGROUP,
        |row| of(row)?.autogroup.known().map(|group| i64::from(group.nice))
    )
    .ascending(),
    count!(
        ("oom_score", "OOM", "How soon it is killed when memory is short: the highest first (/proc/PID/oom_score)."),
        5,
        Needs::OOM,
        |row| of(row)?.oom.known().map(|oom| u64::from(oom.score))
    )
    .drifting(),
    number!(
        ("oom_adj", "OOMADJ", "What its OOM score is raised by, -1000 (never killed) to 1000 (/proc/PID/oom_score_adj)."),
        6,
        Needs::OOM,
        |row| of(row)?.oom.known().map(|oom| i64::from(oom.adjustment))
    )
    .drifting(),
    count!(
        ("switches", "CTXT", "Context switches of its main thread since the start, wanted or not (/proc/PID/status)."),
        8,
        Needs::STATUS,
        |row| {
            let status = status(row)?;
            Some(status.voluntary?.saturating_add(status.involuntary?))
        }
    ),
    count!(
        ("voluntary", "VCTXT", "Those of CTXT with which it gave up the CPU to wait for something (/proc/PID/status)."),
        8,
        Needs::STATUS,
        |row| status(row)?.voluntary
    ),
    count!(
        ("involuntary", "ICTXT", "Those of CTXT with which the CPU was taken from it (/proc/PID/status)."),
        8,
        Needs::STATUS,
        |row| status(row)?.involuntary
    ),
    text!(
        ("wchan", "WCHAN", "Where in the kernel its main thread sleeps; told only to who may trace it (/proc/PID/wchan)."),
        18,
        Needs::WCHAN,
        |row| of(row)?.wchan.known().map(|wchan| wchan.bytes())
    ),
    usage!(
        ("run_wait", "WAIT%", "The time in which its threads could run and had no CPU, in percent of the time that passed, all threads together (field 2 of schedstat)."),
        Needs::THREAD_TIMES,
        |row| crew(row).map(|crew| crew.waiting * 100.0)
    ),
    usage!(
        ("io_wait", "IOWT%", "The time in which its threads were blocked on block devices, in percent of the time that passed (field 42 of stat); known only while kernel.task_delayacct is 1."),
        Needs::THREAD_TIMES,
        |row| crew(row)?.blocked.map(|blocked| blocked * 100.0)
    ),
    usage!(
        ("swap_wait", "SWWT%", "The time in which its threads waited for pages to come back from swap, in percent of the time that passed; known only to who has CAP_NET_ADMIN, and while kernel.task_delayacct is 1 (taskstats)."),
        Needs::DELAYS,
        |row| rates(row)?.swap_wait.map(|wait| wait * 100.0)
    ),
    usage!(
        ("reclaim_wait", "RCWT%", "The time in which its threads had to free memory before they could have it, in percent of the time that passed; known as SWWT% is (taskstats)."),
        Needs::DELAYS,
        |row| rates(row)?.reclaim_wait.map(|wait| wait * 100.0)
    ),
    Column {
        additive: true,
        grain: 0.001,
        ..figure(
            ("cores", "CORES", "How many CPUs it keeps busy: CPU time by the time that passed since the look before."),
            6,
            Needs::NOTHING,
            |row| cores(row).into(),
            |row, cell| match cores(row) {
                None => cell.push_unknown(),
                Some(cores) => {
                    let role = if cores < 0.005 { Role::Dim } else { Role::heat_of_percent(cores * 100.0) };
                    cell.push_fit(role, 6, |out| {
                        let _ = std::fmt::Write::write_fmt(out, format_args!("{cores:.2}"));
                    });
                }
            },
        )
    },
    count!(
        ("active", "ACT", "How many of its threads use at least a tenth of a CPU (field 1 of schedstat)."),
        5,
        Needs::THREAD_TIMES,
        |row| crew(row).map(|crew| u64::from(crew.active))
    ),
    usage!(
        ("balance", "BAL%", "How evenly its active threads work: the mean of their use by the greatest, in percent."),
        Needs::THREAD_TIMES,
        |row| crew(row).filter(|crew| crew.active > 0).map(|crew| crew.balance * 100.0)
    ),
    words(
        (
            "teamwork",
            "TEAMWORK",
            "How well its threads work at the same time: I/O-BOUND waits for disks more than it computes, CPU-STARVED waits \
             for CPUs for 30 % of the time in which it could run, SERIAL has one busy thread, LOCK-BOUND has several that \
             take turns of less than 1 ms, IMBALANCED has one that does much more than the others, PARALLEL says on how many CPUs.",
        ),
        14,
        Needs::THREAD_TIMES,
        |row| teamwork(row).map_or(Value::Unknown, |teamwork| Value::Text(teamwork.word().as_bytes())),
        teamwork_cell,
    ),
    words(
        ("trail", "CPU of late", "Its use of CPUs in the last 16 looks, the latest on the right; a core in full is five sixths high. Sorts by the mean."),
        TRAIL_CELLS,
        Needs::NOTHING,
        |row| row.proc.trail.mean().into(),
        trail_cell,
    )
    .greatest_first(),
];
