//! `glowtop lab list`: the workloads, by group.

use std::process::ExitCode;

use crate::lab;
use crate::model::lab::{Group, Knob, KnobKind, WorkloadInfo};
use crate::shell::output;

/// Writes the workloads.
pub(super) fn main(json: bool) -> ExitCode {
    let text = if json { as_json(lab::workloads()) } else { as_text(lab::workloads()) };
    output::write(|out| out.write_all(text.as_bytes()))
}

fn as_text(workloads: &[WorkloadInfo]) -> String {
    let mut text = String::new();
    for group in Group::ALL {
        let of_group: Vec<_> = workloads.iter().filter(|workload| workload.group == group).collect();
        if !of_group.is_empty() {
            text += if text.is_empty() { "" } else { "\n" };
            text.extend([group.word(), "\n"]);
            text.extend(
                of_group.iter().map(|workload| format!("  {:<14} {}\n", workload.id, workload.title)),
            );
        }
    }
    text + "\n`glowtop lab run ID --help` says what each teaches, and what can be set.\n"
}

fn as_json(workloads: &[WorkloadInfo]) -> String {
    let rows = workloads.iter().map(|workload| {
        let modes: Vec<&str> = workload.modes.iter().map(|mode| mode.word()).collect();
        serde_json::json!({
            "workload": workload.id,
            "group": workload.group.word(),
            "title": workload.title,
            "lesson": workload.lesson,
            "watch": workload.watch,
            "modes": modes,
            "workers": workload.workers.on(lab::usable_cpus()),
            "compares": workload.compares(),
            "knobs": workload.knobs.iter().map(knob).collect::<Vec<_>>(),
            "bounds": {
                "processes": workload.bounds.processes,
                "memory_mib": workload.bounds.memory_mib,
                "seconds": workload.bounds.seconds,
            },
        })
    });
    format!("{}\n", serde_json::Value::Array(rows.collect()))
}

fn knob(knob: &Knob) -> serde_json::Value {
    let mut value = serde_json::json!({ "knob": knob.id, "help": knob.help, "default": knob.default });
    match knob.kind {
        KnobKind::Number { min, max, step } => {
            value["number"] = serde_json::json!({ "min": min, "max": max, "step": step });
        }
        KnobKind::Choice(words) => value["choice"] = serde_json::json!(words),
        KnobKind::List { min, max } => value["list"] = serde_json::json!({ "min": min, "max": max }),
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_workload_stands_once_below_its_group() {
        let text = as_text(lab::workloads());
        assert!(text.starts_with("Compute\n  primes "), "{text}");
        for workload in lab::workloads() {
            let line = format!("\n  {:<14} {}\n", workload.id, workload.title);
            assert_eq!(text.matches(&line).count(), 1, "{}", workload.id);
        }
        let json: serde_json::Value = serde_json::from_str(&as_json(lab::workloads())).expect("JSON");
        assert_eq!(json.as_array().map(Vec::len), Some(lab::workloads().len()));
        assert_eq!(json[0]["knobs"][0]["knob"], "tasks");
        assert_eq!(json[0]["knobs"][0]["number"]["max"], 64.0);
    }
}
