//! JSON for programs: the report, its bound, and what was computed of it.

use serde::Serialize;

use super::super::super::json::printable;
use super::Watched;
use crate::model::lab::Machine;
use crate::model::lab::watch::{WatchBound, WatchReport};

/// Version of this form.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    version: &'a str,
    name: &'a str,
    machine: &'a Machine,
    started_unix_s: u64,
    bound: Option<WatchBound>,
    cpu_s: f64,
    cores_used: Option<f64>,
    every_s: Option<f64>,
    cost: Option<f64>,
    #[serde(flatten)]
    seen: &'a WatchReport,
}

/// What was seen, in one line.
///
/// # Errors
/// Where a value cannot be written, which plain values can.
pub fn json(watched: &Watched<'_>) -> Result<String, serde_json::Error> {
    let Watched { name, machine, started_unix_s, version, report, .. } = *watched;
    let report = Report {
        schema: SCHEMA,
        version,
        name,
        machine,
        started_unix_s,
        bound: report.bound(),
        cpu_s: report.cpu_s(),
        cores_used: report.cores_used(),
        every_s: report.every_s(),
        cost: report.cost(),
        seen: report,
    };
    Ok(printable(&serde_json::to_string(&report)?) + "\n")
}
