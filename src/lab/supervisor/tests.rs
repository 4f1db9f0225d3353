use super::super::protocol::say;
use super::*;
use crate::model::lab::{Mode, Settings};

fn plan() -> LabPlan {
    let run = RunPlan { mode: Mode::Pool, workers: 2, settings: Settings::default() };
    let subject = Subject::Workload("primes".to_owned());
    let plan = LabPlan { subject, runs: vec![run], serial_seconds: None, repeat: 1, limit_s: None };
    super::super::plan::check(plan, 2).expect("a good plan")
}

/// Watches what is `said`, with or without the lifeline and somebody who might say more.
fn watch(
    said: &[SceneSaid],
    lifeline: bool,
    more: bool,
    limit_s: u32,
) -> (Result<Option<Cut>, Halt>, String) {
    let plan = plan();
    let order = Order { run: String::new(), parent: 0, role: Role::Supervisor(plan.clone()) };
    let (lifeline_end, held) = io::pipe().expect("a pipe");
    let held = lifeline.then_some(held);
    let (mut heard, news) = io::pipe().expect("a pipe");
    let (reports, mut worker) = io::pipe().expect("a pipe");
    for said in said {
        say(&mut worker, said).expect("room in the pipe");
    }
    let worker = more.then_some(worker);
    let outbox = Outbox::new(OwnedFd::from(news).into()).expect("a pipe");
    let mut supervisor = Supervisor { order: &order, lifeline: lifeline_end.into(), outbox };
    let board = Board::new().expect("memory");
    let mut record = Record::new(&board, &plan, &plan.runs[0], 1);
    let result = supervisor.watch(&mut record, reports, limit_s, MemoryWatch::new(None));
    drop((supervisor, held, worker));
    let mut told = String::new();
    heard.read_to_string(&mut told).expect("lines of JSON");
    (result, told)
}

#[test]
fn watching_ends_with_the_work_the_processes_the_lifeline_or_the_limit() {
    let said = [SceneSaid::Note("hello".to_owned())];
    let (long, short) = (60, 0);
    let (ended, told) = watch(&said, true, false, long);
    assert!(matches!(ended, Ok(None)));
    assert!(told.contains("{\"Note\":\"hello\"}\n"), "{told}");
    assert!(matches!(watch(&[SceneSaid::Done { at_ns: 1 }], true, true, long).0, Ok(None)));
    assert!(matches!(watch(&said, true, true, short).0, Ok(Some(Cut::Time(0)))));
    assert!(matches!(watch(&said, false, true, long).0, Err(Halt::Lifeline)));
}

#[test]
fn a_run_is_right_only_with_every_answer_right() {
    let (board, plan) = (Board::new().expect("memory"), plan());
    let mut record = Record::new(&board, &plan, &plan.runs[0], 1);
    record.begin();
    record.heard(SceneSaid::Done { at_ns: now_ns() });
    let known =
        [1_000_003, 2_000_003, 3_000_017, 4_000_037, 5_000_011, 6_000_011, 7_000_003, 8_000_009, 9_000_011];
    for (task, answer) in (1..).zip(known) {
        assert!(!record.report().answer_ok);
        board.answer(task, answer);
    }
    assert!(record.report().answer_ok);
    board.answer(4, 4);
    assert!(!record.report().answer_ok);
}
