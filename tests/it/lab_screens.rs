//! The lab's screen over made-up news: the chooser, a run as it goes, what came of it, a killed worker, a scene.
//!
//! After a change of the look: `INSTA_UPDATE=always cargo test --test it lab_screens`, then read the diff.

use glowtop::app::FormField;
use glowtop::app::{LabFound, Msg, Past};
use glowtop::model::lab::{
    BlockedOn, Bounds, Check, Did, Fate, Figure, Group, Knob, KnobKind, LabNews, LaneEvent, LaneLook,
    Leftover, Mode, Noise, RunPlan, RunReport, Settings, TaskReport, WorkerReport, Workers, WorkloadInfo,
};
use glowtop::model::{Pid, ProcId};
use glowtop::view::Depth;

use crate::screens::{Desk, LARGE, MIDDLE, SECOND, SMALL, assert_inside};

const SIZES: [(&str, (u16, u16)); 3] = [("80x24", SMALL), ("120x40", MIDDLE), ("200x50", LARGE)];

/// A workload of tasks and one that is a scene.
pub(crate) fn workloads() -> Vec<WorkloadInfo> {
    let knob = |id, help, kind, default| Knob { id, help, kind, default };
    let primes = WorkloadInfo {
        id: "primes",
        group: Group::Compute,
        title: "the first prime from 1, 2, … 9 million on, by trial division",
        lesson: "Tasks that share nothing: every core lights up. Task 9 is nine times task 1, so the order of the \
                 queue decides who works alone at the end.",
        watch: "The lanes: who still works when the others are done. Then try the largest first.",
        modes: &[Mode::Pool, Mode::Serial, Mode::Threads, Mode::Fork],
        workers: Workers::Cpus,
        knobs: vec![
            knob("tasks", "number of tasks", KnobKind::Number { min: 1.0, max: 64.0, step: 1.0 }, "9"),
            knob("order", "order of the queue", KnobKind::Choice(&["fifo", "lpt", "random"]), "fifo"),
            knob("nice", "nice value of each worker in turn", KnobKind::List { min: 0, max: 19 }, "none"),
        ],
        bounds: Bounds::ORDINARY,
    };
    let queue = WorkloadInfo {
        id: "queue",
        group: Group::Talking,
        title: "a producer and two consumers with a bounded queue between them",
        lesson: "A queue takes up bursts, and no more: in the long run the slower side sets the pace.",
        watch: "F in the producer's lane: the queue is full. E in a consumer's: it is empty.",
        modes: &[Mode::Fork],
        workers: Workers::Fixed(3),
        knobs: vec![knob(
            "slots",
            "room in the queue",
            KnobKind::Number { min: 1.0, max: 64.0, step: 1.0 },
            "4",
        )],
        bounds: Bounds { processes: 5, memory_mib: 32, seconds: 20 },
    };
    vec![primes, queue]
}

fn pid(n: u32) -> Pid {
    Pid::new(2000 + n).unwrap()
}

fn did(worker: u32, at: f64, what: Did) -> LabNews {
    LabNews::Lanes(vec![LaneEvent { worker, at: (at * 1e9) as u64, what }])
}

fn started(index: usize, mode: Mode, workers: u32, tasks: u32) -> LabNews {
    LabNews::RunStarted {
        index,
        run: RunPlan { mode, workers, settings: Settings::default() },
        tasks,
        rounds: 1,
    }
}

fn worker(worker: u32, name: &str) -> LabNews {
    LabNews::WorkerStarted { worker, pid: pid(worker), tid: pid(worker), name: name.to_owned() }
}

/// What a run of nine tasks on `workers` workers says when it is over: each free worker took the next task.
fn report(mode: Mode, workers: u32) -> (RunReport, Vec<LabNews>) {
    let mut news = Vec::new();
    let mut free = vec![0.0f64; workers as usize];
    let mut tasks = Vec::new();
    for task in 1..=9u32 {
        let (lane, from) =
            free.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).expect("a worker");
        let to = from + 0.1 * f64::from(task);
        let worker = lane as u32 + 1;
        news.push(did(worker, from, Did::Begin { task, cpu: lane as u32 }));
        if task == 5 {
            // Somebody else had its CPU for a while.
            news.push(did(
                worker,
                from + 0.2,
                Did::Gap { from: ((from + 0.1) * 1e9) as u64, cpu: lane as u32 },
            ));
        }
        news.push(did(worker, to, Did::End { task, answer: 1_000_000, right: true }));
        tasks.push(TaskReport { task, worker, from, to, run_s: 0.1 * f64::from(task) });
        free[lane] = to;
    }
    let real_s = free.iter().copied().fold(0.0, f64::max);
    let crew = (1..).zip(&free).map(|(number, last)| WorkerReport {
        worker: number,
        pid: pid(number).get(),
        tid: pid(number).get(),
        name: format!("{number}/{workers}"),
        started: 0.001,
        first: Some(0.002),
        last: Some(*last),
        ended: Some(*last),
        run_s: last - 0.002,
        tasks: 2,
        fate: Fate::Exited(0),
        ..WorkerReport::default()
    });
    let blank = RunReport::blank(&RunPlan { mode, workers, settings: Settings::default() });
    let report = RunReport {
        real_s,
        user_s: 4.49,
        sys_s: 0.01,
        max_rss: 10 << 20,
        answers: vec![Some(1_000_000); 9],
        answer_ok: true,
        crew: crew.collect(),
        tasks,
        noise: Noise { cpus: 4, others: Some(0.01), ..Noise::default() },
        ..blank
    };
    (report, news)
}

/// Enter was pressed; the first `pieces` pieces of news come in, a quarter of a second apart.
pub(crate) fn primes(desk: &mut Desk, pieces: usize) {
    desk.press("L Enter");
    let (serial, lanes) = report(Mode::Serial, 1);
    let mut news = vec![started(0, Mode::Serial, 1, 9), worker(1, "1/1")];
    news.extend(lanes);
    news.push(LabNews::RunDone(Box::new(serial)));
    news.push(started(1, Mode::Pool, 4, 9));
    news.extend((1..=4).map(|number| worker(number, &format!("{number}/4"))));
    let (pool, lanes) = report(Mode::Pool, 4);
    news.extend(lanes);
    news.push(LabNews::RunDone(Box::new(pool)));
    news.push(LabNews::Ended { problem: None });
    tell(desk, news, pieces);
}

fn tell(desk: &mut Desk, news: Vec<LabNews>, pieces: usize) {
    for piece in news.into_iter().take(pieces) {
        desk.at += SECOND / 40;
        desk.tell(Msg::Lab(piece));
    }
}

/// Pieces of news until the pool has done some of its tasks.
const HALF: usize = 2 + 19 + 2 + 4 + 13;

/// A run in which a worker was killed by hand.
fn killed(desk: &mut Desk) {
    primes(desk, HALF);
    let (mut pool, _) = report(Mode::Pool, 4);
    pool.answer_ok = false;
    pool.answers[4] = None;
    pool.crew[1].fate = Fate::Killed(9);
    let news = vec![
        did(2, 0.9, Did::Begin { task: 7, cpu: 1 }),
        LabNews::WorkerEnded { worker: 2, at: 1_100_000_000, fate: Fate::Killed(9) },
        LabNews::RunDone(Box::new(pool)),
        LabNews::Ended { problem: None },
    ];
    tell(desk, news, usize::MAX);
}

/// A scene with waits, notes, a check that fails and one that holds, and figures.
fn queue(desk: &mut Desk, over: bool) {
    desk.press("L Down Enter");
    let blocked =
        |worker, from: f64, to: f64, on| did(worker, to, Did::Blocked { from: (from * 1e9) as u64, on });
    let look = |worker, at: f64, state, run: f64, blocked: Option<(BlockedOn, f64)>| LaneLook {
        worker,
        at: (at * 1e9) as u64,
        state,
        cpu: worker % 2,
        run: (run * 1e9) as u64,
        wait: 0,
        blocked: blocked.map(|(on, since)| (on, (since * 1e9) as u64)),
    };
    let mut news = vec![
        started(0, Mode::Fork, 3, 0),
        worker(1, "producer"),
        worker(2, "consumer"),
        worker(3, "\u{1b}[31mconsumer"),
        LabNews::Note("The queue has room for 4 items.".to_owned()),
        LabNews::Looks(vec![look(1, 0.0, b'R', 0.0, None), look(2, 0.0, b'S', 0.0, None)]),
        LabNews::Looks(vec![
            look(1, 0.2, b'R', 0.2, None),
            look(2, 0.2, b'S', 0.0, Some((BlockedOn::Empty, 0.0))),
        ]),
        blocked(2, 0.0, 0.25, BlockedOn::Empty),
        blocked(1, 0.2, 0.5, BlockedOn::Full),
        did(3, 0.1, Did::Begin { task: 1, cpu: 1 }),
        did(3, 0.4, Did::End { task: 1, answer: 0, right: true }),
        LabNews::Looks(vec![look(2, 0.6, b'T', 0.3, None)]),
        LabNews::Note("The producer has waited \u{1b}]0;for room\u{7} already.".to_owned()),
    ];
    if over {
        let plan = RunPlan { mode: Mode::Fork, workers: 3, settings: Settings::default() };
        let check = |what: &str, got: &str| Check {
            what: what.to_owned(),
            expected: "40".to_owned(),
            got: Some(got.to_owned()),
        };
        let figure =
            |what: &str, value, unit: &str| Figure { what: what.to_owned(), value, unit: unit.to_owned() };
        let report = RunReport {
            real_s: 0.9,
            user_s: 0.6,
            checks: vec![check("items taken", "40"), check("items seen by both", "39")],
            figures: vec![figure("items", 44.4, "/s"), figure("longest queue", 4.0, "")],
            ..RunReport::blank(&plan)
        };
        news.push(LabNews::RunDone(Box::new(report)));
        news.push(LabNews::Ended { problem: None });
    }
    tell(desk, news, usize::MAX);
}

#[test]
fn chooser() {
    for (name, size) in SIZES {
        let mut desk = Desk::new(size);
        desk.press("L");
        insta::assert_snapshot!(format!("lab_chooser_{name}"), desk.picture());
    }
    let mut desk = Desk::bare(SMALL, Depth::Mono, false).looked();
    desk.press("L Tab Tab Tab Tab Right");
    insta::assert_snapshot!("lab_form_80x24_mono_ascii", desk.picture());
    assert!(desk.drawn().content.iter().all(|cell| cell.symbol().is_ascii()));
}

#[test]
fn a_click_chooses_what_stands_there_and_runs_nothing() {
    for (_, size) in SIZES {
        let mut desk = Desk::new(size);
        desk.press("L");
        let click = |desk: &mut Desk, word: &str| {
            let drawn = desk.drawn();
            let row = |y: u16| (0..drawn.area.width).map(|x| drawn[(x, y)].symbol()).collect::<String>();
            // The command line at the foot has the same words.
            let found = (0..drawn.area.height).find_map(|y| {
                let row = row(y);
                let at = row.find(word).filter(|_| !row.contains("$ "))?;
                Some((row[..at].chars().count() as u16 + 1, y))
            });
            let (x, y) = found.unwrap_or_else(|| panic!("{word} is not on the screen"));
            desk.click(x, y);
        };
        click(&mut desk, "Talking");
        assert_eq!(desk.app.lab.form.workload().map(|info| info.id), Some("queue"));
        click(&mut desk, "Compute");
        click(&mut desk, " primes ");
        click(&mut desk, "workers ");
        assert_eq!(desk.app.lab.form.field, FormField::Workers);
        let before = desk.app.lab.form.run_workers();
        click(&mut desk, "workers ");
        assert_eq!(desk.app.lab.form.run_workers(), before + 1, "a click on the chosen one turns it");
        assert!(desk.app.lab.choosing && !desk.app.lab.running);
    }
}

#[test]
fn running() {
    for (name, size) in SIZES {
        let mut desk = Desk::new(size);
        primes(&mut desk, HALF);
        insta::assert_snapshot!(format!("lab_running_{name}"), desk.picture());
    }
    let mut desk = Desk::new(MIDDLE);
    primes(&mut desk, HALF);
    desk.press("v z z");
    insta::assert_snapshot!("lab_cores_4ms_120x40", desk.picture());
}

#[test]
fn after() {
    for (name, size) in SIZES {
        let mut desk = Desk::new(size);
        primes(&mut desk, usize::MAX);
        insta::assert_snapshot!(format!("lab_after_{name}"), desk.picture());
    }
    let mut desk = Desk::bare(SMALL, Depth::Mono, false).looked();
    primes(&mut desk, usize::MAX);
    insta::assert_snapshot!("lab_after_80x24_mono_ascii", desk.picture());
    assert!(desk.drawn().content.iter().all(|cell| cell.symbol().is_ascii()));
}

#[test]
fn a_killed_worker_shows() {
    let mut desk = Desk::new(MIDDLE);
    killed(&mut desk);
    insta::assert_snapshot!("lab_killed_120x40", desk.picture());
    let text = desk.picture();
    assert!(text.contains('✗') && text.contains("killed 9") && text.contains("INVALID"), "{text}");
}

#[test]
fn a_scene_shows_waits_notes_and_what_was_checked() {
    let mut desk = Desk::new(SMALL);
    queue(&mut desk, false);
    insta::assert_snapshot!("lab_scene_80x24", desk.picture());
    let mut desk = Desk::new(MIDDLE);
    queue(&mut desk, true);
    insta::assert_snapshot!("lab_scene_after_120x40", desk.picture());
}

#[test]
fn what_was_bet_stays_and_is_scored() {
    let mut desk = Desk::new(SMALL);
    desk.press("L p 3 . 5 Enter");
    assert!(desk.picture().contains("3.5 times faster"), "{}", desk.picture());
    desk.press("Esc");
    primes(&mut desk, usize::MAX);
    assert!(desk.picture().contains("You bet on 3.5 times"), "{}", desk.picture());
}

/// No colour is needed: what cells say is told by letters.
#[test]
fn the_picture_is_the_same_at_any_depth_of_colour() {
    let text = |depth| {
        let mut desk = Desk::bare(MIDDLE, depth, true).looked();
        primes(&mut desk, HALF);
        let drawn = desk.drawn();
        drawn.content.iter().map(|cell| cell.symbol().to_owned()).collect::<String>()
    };
    assert_eq!(text(Depth::True), text(Depth::Mono));
}

/// Every part at every size, with keys of the lab in between.
#[test]
fn every_part_keeps_to_its_place() {
    for size in [
        (1, 1),
        (3, 2),
        (12, 4),
        (25, 8),
        (40, 12),
        (60, 15),
        (80, 17),
        (100, 30),
        (300, 3),
        (20, 90),
        (400, 120),
    ] {
        for keys in ["", "v", "z", "z z z Left Left", "v z z", "Space", "l Tab Tab", "Down Down #"] {
            for scene in 0..4 {
                let mut desk = Desk::new(size);
                match scene {
                    0 => primes(&mut desk, HALF),
                    1 => primes(&mut desk, usize::MAX),
                    2 => killed(&mut desk),
                    _ => queue(&mut desk, true),
                }
                desk.press(keys);
                assert_inside(&desk);
            }
        }
    }
}

/// What was frozen stays as it was, whatever comes in.
#[test]
fn a_frozen_picture_does_not_move() {
    let mut desk = Desk::new(MIDDLE);
    primes(&mut desk, HALF);
    desk.press("Space");
    let before = desk.picture();
    assert!(before.contains("FROZEN"));
    let lanes = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with(" w") || line.starts_with(">w"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    desk.app.take_dirty();
    desk.at += SECOND / 10;
    desk.tell(Msg::Lab(did(1, 1.4, Did::Begin { task: 9, cpu: 0 })));
    assert!(!desk.app.take_dirty(), "nothing that is shown has changed");
    desk.at += SECOND;
    assert_eq!(lanes(&desk.picture()), lanes(&before));
    desk.press("Space");
    assert_ne!(lanes(&desk.picture()), lanes(&before));
}

#[test]
fn what_crashed_sessions_left_is_named_with_the_key_that_ends_it() {
    for (_, size) in SIZES {
        let mut desk = Desk::new(size);
        desk.press("L");
        assert!(!desk.picture().contains("left"), "nothing is said of nothing");
        let leftover = |pid, name: &str| Leftover {
            id: ProcId::new(pid, 7).expect("a process"),
            name: name.into(),
            run: "1-2-ab-3".to_owned(),
        };
        let both = vec![leftover(4711, "lab:primes 1/2"), leftover(4712, "a\u{1b}[31m")];
        desk.tell(Msg::LabFound(LabFound::Leftovers(both)));
        let picture = desk.picture();
        let row = "Crashed sessions left 2 processes behind; x ends them: 4711 lab:primes 1/2";
        assert!(picture.contains(row) && !picture.contains('\u{1b}'), "{picture}");
        assert_inside(&desk);
    }
}

#[test]
fn points_that_were_kept_stand_beside_those_of_this_session() {
    let mut desk = Desk::new(LARGE);
    primes(&mut desk, usize::MAX);
    assert!(!desk.picture().contains("kept"));
    let mut past = Past::default();
    let mut results = desk.app.lab.show.results.clone();
    for result in &mut results {
        result.run.workers = 2;
    }
    past.remember("primes", &results);
    desk.tell(Msg::LabFound(LabFound::Past(past)));
    let picture = desk.picture();
    assert!(picture.contains("●now ◆kept") && picture.matches('◆').count() == 2, "{picture}");
}
