//! How much of the CPUs it uses now.

use super::format::usage;
use super::{Align, Column, Row};
use crate::model::Needs;

pub(super) const COLUMNS: &[Column] = &[
    Column {
        id: "cpu",
        title: "CPU%",
        help: "The use of CPUs since the look before, in percent of one core: two busy threads make 200. Who has not run at all reads 0.0.",
        width: 5,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: true,
        additive: true,
        grain: 0.1,
        drifts: false,
        short_lived: true,
        value: |row| cpu(row).into(),
        cell: |row, cell| usage(cpu(row), cell),
    },
    Column {
        id: "cpu_share",
        title: "MCPU%",
        help: "The use of CPUs since the look before, in percent of the whole machine.",
        width: 5,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: true,
        additive: true,
        grain: 0.1,
        drifts: false,
        short_lived: true,
        value: |row| share(row).into(),
        cell: |row, cell| usage(share(row), cell),
    },
];

/// Percent of one core.
fn cpu(row: &Row<'_>) -> Option<f64> {
    row.sums.map_or(row.proc.cpu, |sums| sums.cpu)
}

/// Percent of all cores together.
fn share(row: &Row<'_>) -> Option<f64> {
    cpu(row).map(|percent| percent / row.snapshot.cores() as f64)
}
