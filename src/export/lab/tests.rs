use super::*;
use crate::model::lab::{Experiment, Machine, Mode, RunPlan, RunReport, SCHEMA, Settings, Subject};

fn report(mode: Mode, workers: u32, real_s: f64, answers: Vec<Option<u64>>) -> RunReport {
    let answer_ok = answers.iter().all(Option::is_some);
    let blank = RunReport::blank(&RunPlan { mode, workers, settings: Settings::default() });
    RunReport { real_s, user_s: 3.0, sys_s: 0.125, answers, answer_ok, ..blank }
}

fn experiment(runs: Vec<RunReport>) -> Experiment {
    Experiment {
        schema: SCHEMA,
        version: "0".to_owned(),
        name: "primes".to_owned(),
        subject: Subject::Workload("primes".to_owned()),
        machine: Machine::default(),
        started_unix_s: 0,
        repeat: 1,
        runs,
    }
}

#[test]
fn json_reads_back_as_the_experiment() {
    let answers = vec![Some(2), Some(3)];
    let before = experiment(vec![
        report(Mode::Serial, 1, 3.125, answers.clone()),
        report(Mode::Pool, 2, 2.0, answers),
    ]);
    let text = json(&before).expect("plain values");
    assert_eq!(serde_json::from_str::<Experiment>(&text).expect("JSON"), before);
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["speedup"], 1.5625);
    assert_eq!(value["runs"][1]["verdict"], "VALID");
    assert_eq!(value["runs"][0]["verdict"], serde_json::Value::Null, "the base is compared with nobody");
}
