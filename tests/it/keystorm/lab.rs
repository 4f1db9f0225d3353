//! The storm's lab: it runs and watches whatever is asked for, tells things in any order, and sees to it that nothing is
//! started twice, that nobody is watched who was not chosen, and that only leftovers that were shown are ended.

use glowtop::app::{Effect, LabFound, Msg};
use glowtop::model::lab::watch::{Arrival, ThreadLook, WatchFold};
use glowtop::model::lab::{
    BlockedOn, Did, Fate, LabNews, LabOrder, LaneEvent, LaneLook, Leftover, Mark, Mode, Noise, RunPlan,
    RunReport, Settings, WorkerReport,
};
use glowtop::model::{Kind, Pid, Proc, ProcId};

use super::{Dice, NAMES, SECOND, Storm};

/// What the lab is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Busy {
    Run,
    Watch,
}

/// The lab as the storm knows it.
#[derive(Default)]
pub(super) struct Desk {
    busy: Option<Busy>,
    /// Nanoseconds since its run began.
    at: u64,
    leftovers: Vec<Leftover>,
    /// How many runs and watches there were.
    pub(super) begun: usize,
}

impl Storm {
    /// Who may be watched: the selected process, or the one that is looked into.
    pub(super) fn watchable(&self) -> Option<ProcId> {
        if let Some(inspector) = &self.app.inspector {
            return Some(inspector.target.id);
        }
        let proc = self.app.table.selected(&self.app.snapshot)?;
        match proc.task.kind {
            Kind::Thread(of) => self.app.snapshot.find_pid(of).map(Proc::id),
            _ => Some(proc.id()),
        }
    }

    /// The mind asks something of the lab.
    pub(super) fn lab_asked(
        &mut self,
        effect: &Effect,
        what: &str,
        by_hand: bool,
        watchable: Option<ProcId>,
    ) {
        let desk = &mut self.lab;
        match effect {
            Effect::Lab(order) => {
                assert!(by_hand, "{order:?} by itself: {what}");
                match order {
                    LabOrder::Run(plan) => {
                        assert_eq!(desk.busy, None, "one at a time: {what}");
                        assert!(!plan.runs.is_empty(), "{what}");
                        (desk.busy, desk.at) = (Some(Busy::Run), 0);
                        desk.begun += 1;
                    }
                    LabOrder::Stop => assert_eq!(desk.busy, Some(Busy::Run), "{what}"),
                    LabOrder::Clear(them) => {
                        assert!(
                            !them.is_empty() && them.iter().all(|one| desk.leftovers.contains(one)),
                            "{what}"
                        );
                    }
                    LabOrder::Keep(_) => {}
                }
            }
            Effect::Watch(Some(plan)) => {
                assert!(by_hand && desk.busy.is_none(), "{what}");
                assert_eq!(plan.roots, Vec::from_iter(watchable), "{what}");
                (desk.busy, desk.at) = (Some(Busy::Watch), 0);
                desk.begun += 1;
            }
            Effect::Watch(None) => assert_eq!(desk.busy, Some(Busy::Watch), "{what}"),
            _ => {}
        }
    }

    /// Something comes from the lab, whether or not it is at work.
    pub(super) fn lab_tells(&mut self) {
        let found = match self.dice.below(16) {
            0 => {
                let names = &NAMES[..self.dice.below(NAMES.len())];
                let each = (600..).zip(names).map(|(pid, name)| Leftover {
                    id: ProcId::new(pid, 7).expect("a pid"),
                    name: (*name).into(),
                    run: "1-2-ab-3".to_owned(),
                });
                self.lab.leftovers = each.collect();
                LabFound::Leftovers(self.lab.leftovers.clone())
            }
            1 => LabFound::Kept("a-name".to_owned()),
            _ => {
                let news = self.lab_news();
                if matches!(news, LabNews::Ended { .. }) {
                    self.lab.busy = None;
                }
                return self.tell(Msg::Lab(news));
            }
        };
        self.tell(Msg::LabFound(found));
    }

    fn lab_news(&mut self) -> LabNews {
        let Storm { dice, lab, .. } = self;
        let from = lab.at;
        lab.at += dice.below(SECOND as usize) as u64;
        let at = lab.at;
        let most = *dice.one(&[5, 5, 5, 300]);
        let worker = 1 + dice.below(most) as u32;
        let cpu = dice.below(70) as u32;
        let on = *dice.one(&BlockedOn::ALL);
        let pid = Pid::new(1 + dice.below(60) as u32).expect("a pid");
        let run = RunPlan { mode: *dice.one(&Mode::ALL), workers: worker, settings: Settings::default() };
        match dice.below(12) {
            0 => {
                lab.at = 0;
                let (index, tasks) = (dice.below(4), dice.below(40) as u32);
                LabNews::RunStarted { index, run, tasks, rounds: dice.below(3) as u32 }
            }
            1 | 2 => LabNews::WorkerStarted { worker, pid, tid: pid, name: "漢字 cc1plus".to_owned() },
            3 => {
                let fate = [Fate::Unknown, Fate::Exited(1), Fate::Killed(9)][dice.below(3)];
                LabNews::WorkerEnded { worker, at, fate }
            }
            4..=6 => {
                let (task, right) = (dice.below(50) as u32, dice.below(4) > 0);
                let what = [
                    Did::Begin { task, cpu },
                    Did::End { task, answer: 7, right },
                    Did::Gap { from, cpu },
                    Did::Blocked { from, on },
                    Did::Moved { cpu },
                    Did::Mark(Mark::Got(task)),
                    Did::Mark(Mark::Depth(task)),
                    Did::Mark(Mark::Stole(task)),
                ][dice.below(8)];
                LabNews::Lanes(vec![LaneEvent { worker, at, what }])
            }
            7 | 8 => {
                let state = *dice.one(b"RSDTZ\0");
                let (run, wait) = (at / 2, at / 4);
                let blocked = (dice.below(2) == 0).then_some((on, from));
                LabNews::Looks(vec![LaneLook { worker, at, state, cpu, run, wait, blocked }])
            }
            9 => {
                let crew = (1..=worker.min(5)).map(|worker| WorkerReport {
                    worker,
                    run_s: dice.below(9) as f64,
                    last: (dice.below(2) == 0).then_some(3.0),
                    ..WorkerReport::default()
                });
                let crew = crew.collect();
                let real_s = dice.below(9) as f64;
                LabNews::RunDone(Box::new(RunReport { real_s, crew, ..RunReport::blank(&run) }))
            }
            10 => watched(dice),
            _ => LabNews::Ended { problem: (dice.below(2) == 0).then(|| "It failed.".to_owned()) },
        }
    }
}

/// A report of some threads that were watched for a while, or not at all.
fn watched(dice: &mut Dice) -> LabNews {
    let mut fold = WatchFold::default();
    let first = Pid::new(70).expect("a pid");
    let process = fold.process(first, "make", None, false, 0, 0);
    for tid in 70..70 + dice.below(5) as u32 {
        let tid = Pid::new(tid).expect("a pid");
        let (name, look) = ("make".to_owned(), ThreadLook::default());
        fold.arrive(Arrival { process, tid, name, born: true, look, switches: (0, 0) });
    }
    let mut at = 0;
    for _ in 0..dice.below(6) {
        at += dice.below(SECOND as usize) as u64;
        for lane in 0..dice.below(6) {
            let run = dice.below(at as usize) as u64;
            let (state, blocked) = (*dice.one(b"RSDTZ"), Some(*dice.one(&BlockedOn::ALL)));
            fold.look(lane, ThreadLook { at, state, cpu: 1, run, wait: at - run, turns: 1, blocked });
        }
        fold.close(at, dice.below(3) as u32);
    }
    let noise = Noise { cpus: dice.below(4) as u32, ..Noise::default() };
    LabNews::Watched(Box::new(fold.report(dice.below(2) == 0, 0.01, noise)))
}
