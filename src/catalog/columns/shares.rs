//! What its memory is made of, and what of it is its own.

use super::detail::{count, of, size, usage};
use super::format::percent;
use super::{Column, Row, detail};
use crate::model::{Needs, Role, Rollup, Sizes, Status, Sums, units};

fn status<'a>(row: &Row<'a>) -> Option<&'a Status> {
    of(row)?.status.known()
}

fn sizes<'a>(row: &Row<'a>) -> Option<&'a Sizes> {
    of(row)?.sizes.known()
}

fn rollup<'a>(row: &Row<'a>) -> Option<&'a Rollup> {
    of(row)?.rollup.known()
}

/// Seconds from the reading of the rollup to the look.
fn rollup_age(row: &Row<'_>) -> Option<f64> {
    let details = of(row)?;
    rollup(row)?;
    Some(row.snapshot.taken.since(details.rollup_at?).max(0.0).floor())
}

fn sums<'a>(row: &Row<'a>) -> Option<&'a Sums> {
    row.snapshot.sums_of(row.proc)
}

/// The sum of a subtree changes while its root sleeps.
const TREE: Needs = Needs::MEMORY.union(Needs::FRESH_MEMORY);

pub(super) const COLUMNS: &[Column] = &[
    size!(
        ("private", "PRIV", "RES without SHR: what is neither backed by files nor shared (/proc/PID/statm)."),
        Needs::MEMORY,
        |row| {
            row.proc.task.memory.known().map(|memory| memory.resident.saturating_sub(memory.shared))
        }
    )
    .drifting(),
    size!(
        ("pss", "PSS", "Its share of the memory it has in RAM: a page that n processes have counts 1/n (Pss of /proc/PID/smaps_rollup)."),
        Needs::ROLLUP,
        |row| rollup(row).map(|rollup| rollup.pss)
    )
    .drifting(),
    size!(
        ("uss", "USS", "The memory that nobody else has: what its end would free (Private of /proc/PID/smaps_rollup)."),
        Needs::ROLLUP,
        |row| rollup(row).map(|rollup| rollup.uss)
    )
    .drifting(),
    size!(
        ("swap", "SWAP", "What of its own memory is swapped out (VmSwap of /proc/PID/status)."),
        Needs::STATUS,
        |row| status(row)?.swap
    )
    .drifting(),
    size!(
        ("swap_pss", "PSSWP", "Its share of what is swapped out (SwapPss of /proc/PID/smaps_rollup)."),
        Needs::ROLLUP,
        |row| rollup(row).map(|rollup| rollup.swap_pss)
    )
    .drifting(),
    size!(
        ("epss", "EPSS", "PSS and PSSWP together: its share of all memory, in RAM and swapped out."),
        Needs::ROLLUP,
        |row| rollup(row).map(|rollup| rollup.pss.saturating_add(rollup.swap_pss))
    )
    .drifting(),
    detail::figure(
        ("pss_age", "PSSold", "How old PSS, USS and PSSWP are, seconds: their file is read apart, and seldom of who sleeps."),
        6,
        Needs::ROLLUP,
        |row| rollup_age(row).into(),
        |row, cell| match rollup_age(row) {
            None => cell.push_unknown(),
            Some(age) => {
                let role = if age < 10.0 { Role::Dim } else { Role::Warn };
                cell.push_with(role, |out| units::span(age, out));
            }
        },
    ),
    size!(
        ("anon", "RSan", "The part of RES that is backed by no file (RssAnon of /proc/PID/status)."),
        Needs::STATUS,
        |row| status(row)?.anon
    )
    .drifting(),
    size!(
        ("file", "RSfd", "The part of RES that is backed by files (RssFile of /proc/PID/status)."),
        Needs::STATUS,
        |row| status(row)?.file
    )
    .drifting(),
    size!(
        ("shmem", "RSsh", "The part of RES that is shared memory, tmpfs included (RssShmem of /proc/PID/status)."),
        Needs::STATUS,
        |row| status(row)?.shmem
    )
    .drifting(),
    size!(
        ("text", "CODE", "The part of VIRT that is the program's code (/proc/PID/statm)."),
        Needs::SIZES,
        |row| sizes(row).map(|sizes| sizes.text)
    ),
    size!(
        ("data", "DATA", "The part of VIRT that is data and stack (/proc/PID/statm)."),
        Needs::SIZES,
        |row| sizes(row).map(|sizes| sizes.data)
    ),
    size!(
        ("lib", "LIB", "The part of VIRT that is the code of shared libraries (VmLib of /proc/PID/status)."),
        Needs::STATUS,
        |row| status(row)?.lib
    ),
    count!(
        ("cminflt", "CMINFLT", "Page faults without a disk of the children it has waited for, and of theirs."),
        8,
        Needs::STAT,
        |row| Some(of(row)?.stat?.child_minor_faults)
    ),
    count!(
        ("cmajflt", "CMAJFLT", "Page faults with a disk of the children it has waited for, and of theirs."),
        8,
        Needs::STAT,
        |row| Some(of(row)?.stat?.child_major_faults)
    ),
    usage!(
        ("tree_cpu", "TREE%", "The use of CPUs of it and all its descendants, in percent of one core."),
        Needs::NOTHING,
        |row| sums(row)?.cpu
    ),
    size!(
        ("tree_res", "TREE", "RES of it and all its descendants; what they share counts for each of them."),
        TREE,
        |row| sums(row)?.resident
    )
    .drifting(),
    Column {
        grain: 0.1,
        ..detail::figure(
            ("tree_mem", "TMEM%", "TREE in percent of the machine's memory."),
            6,
            TREE,
            |row| tree_share(row).into(),
            |row, cell| percent(tree_share(row), |_| Role::Text, cell),
        )
    }
    .drifting(),
];

fn tree_share(row: &Row<'_>) -> Option<f64> {
    let total = row.snapshot.memory().map(|memory| memory.total).filter(|total| *total > 0)?;
    Some(sums(row)?.resident? as f64 / total as f64 * 100.0)
}
