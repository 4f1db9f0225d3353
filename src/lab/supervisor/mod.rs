//! The supervisor: starts the master of each run, watches the board, measures, reports, and ends everything below it
//! when its lifeline breaks. It has one thread; it sleeps in poll(2) while the workers work.
//!
//! `record` is what it knows of a run, `look` how it sees a worker from outside, `machine` what others did meanwhile, and
//! `outbox` what the monitor is still to be told: it waits for nobody but its children.

pub(super) mod look;
pub(super) mod machine;
mod outbox;
mod record;

use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::io::{FdFlags, fcntl_setfd};

use super::board::Board;
use super::order::{Order, Role, Stage, THIS_PROGRAM};
use super::protocol::{GARBLED, Lines};
use super::pulse::{now_ns, on_a_board_of_its_own};
use super::safety::{Cgroup, MemoryWatch};
use super::scene::SceneSaid;
use super::{safety, workloads};
use crate::model::lab::{Bounds, Cut, LabNews, LabPlan, RunPlan, Subject};
use outbox::Outbox;
use record::Record;

/// How long the speed of the machine is measured before the first run.
const PROBE: Duration = Duration::from_millis(50);

/// How often the board is read.
const READ: Duration = Duration::from_millis(40);

/// How long the last of a run's processes may take to end by themselves after their work is done.
const LEAVING: Duration = Duration::from_millis(500);

/// Events in one line of news.
const BATCH: usize = 500;

/// Why a plan did not run to its end.
enum Halt {
    /// The monitor is gone, or wants the end.
    Lifeline,
    /// A sentence for the user.
    Failed(String),
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Halt {
        Halt::Failed(format!("The lab could not go on: {error}."))
    }
}

/// What a run of this plan may take; `None` for commands of the user's own.
fn bounds(plan: &LabPlan) -> Option<Bounds> {
    match &plan.subject {
        Subject::Workload(id) => {
            Some(workloads::find(id).map_or(Bounds::ORDINARY, |workload| workload.info.bounds))
        }
        Subject::Jobs(_) => None,
    }
}

/// Seconds that each run of a plan may take.
fn limit_s(plan: &LabPlan) -> u32 {
    let own = bounds(plan).map_or(safety::ENDLESS, |bounds| bounds.seconds);
    plan.limit_s.unwrap_or(own)
}

/// Runs the supervisor to its end.
pub(super) fn main(order: &Order, plan: &LabPlan) -> ExitCode {
    let runs = u32::try_from(plan.runs.len()).unwrap_or(1).saturating_mul(plan.repeat).max(1);
    let time = Duration::from_secs(u64::from(limit_s(plan))) * runs;
    let settled =
        safety::settle_supervisor(time).and_then(|deadline| Ok((deadline, Supervisor::new(order)?)));
    let Ok((deadline, mut supervisor)) = settled else { return ExitCode::FAILURE };
    safety::set_name(&super::names::comm(plan.name(), "supervisor"));
    let halt = supervisor.run(plan);
    safety::end_everything(|_, _| ());
    // Nothing is left but this process, which takes no time. A monitor that is stopped gets the results when it goes on.
    drop(deadline);
    let (problem, code) = match halt {
        Ok(()) => (None, ExitCode::SUCCESS),
        Err(Halt::Lifeline) => (Some("The run was stopped.".to_owned()), ExitCode::FAILURE),
        Err(Halt::Failed(sentence)) => (Some(sentence), ExitCode::FAILURE),
    };
    // The last word; nobody may be there to hear it.
    let _ = supervisor.tell(&LabNews::Ended { problem });
    let _ = supervisor.outbox.flush_all();
    code
}

/// Its two ends of pipes to the monitor, and what it tells the masters about itself.
struct Supervisor<'a> {
    order: &'a Order,
    lifeline: OwnedFd,
    outbox: Outbox,
}

impl Supervisor<'_> {
    fn new(order: &Order) -> io::Result<Supervisor<'_>> {
        let lifeline = io::stdin().as_fd().try_clone_to_owned()?;
        let outbox = Outbox::new(File::from(io::stdout().as_fd().try_clone_to_owned()?))?;
        Ok(Supervisor { order, lifeline, outbox })
    }

    /// Tells the monitor; one that does not listen any more is gone.
    fn tell(&mut self, what: &LabNews) -> Result<(), Halt> {
        self.outbox.put(what).map_err(|_| Halt::Lifeline)
    }

    fn run(&mut self, plan: &LabPlan) -> Result<(), Halt> {
        let rounds = calibrate(plan);
        let all = (0..plan.repeat).flat_map(|_| &plan.runs);
        for (index, run) in all.enumerate() {
            let right = self.one_run(plan, index, run, rounds)?;
            // A command that failed once would fail again, perhaps after it has done half of its work.
            if !right && matches!(&plan.subject, Subject::Jobs(jobs) if !jobs.keep_going) {
                break;
            }
        }
        Ok(())
    }

    /// Stages, watches and tells one run; says whether its answers were right.
    fn one_run(&mut self, plan: &LabPlan, index: usize, run: &RunPlan, rounds: u32) -> Result<bool, Halt> {
        let board = Board::new()?;
        board.limit_tokens(tokens(plan));
        let limit_s = limit_s(plan);
        let mut record = Record::new(&board, plan, run, rounds);
        self.tell(&LabNews::RunStarted { index, run: run.clone(), tasks: record.task_count(), rounds })?;
        let (said, say_end) = io::pipe()?;
        // The master needs no words from us, only to be sure that it is ours: its end of this pipe.
        let (nothing, _held) = io::pipe()?;
        record.begin();
        // Dropped, and with it removed, when all in it have ended.
        let cgroup = Cgroup::make(&self.order.run, bounds(plan));
        let stage = Stage {
            subject: plan.subject.clone(),
            run: run.clone(),
            rounds,
            limit_s,
            memory_mib: bounds(plan).map(|bounds| bounds.memory_mib),
            cgroup: cgroup.as_ref().map(|cgroup| cgroup.directory().to_path_buf()),
            board_at: board.as_fd().as_raw_fd(),
        };
        let master = self.start_master(plan, stage, &board, nothing, say_end)?;
        record.master(master);
        let memory = MemoryWatch::new(bounds(plan).map(|bounds| bounds.memory_mib));
        let end = self.watch(&mut record, said, limit_s, memory);
        match end {
            Ok(None) => let_leave(&mut record),
            Ok(Some(cut)) => record.cut(cut),
            Err(_) => {}
        }
        let failure = record.failure();
        if let Some(cgroup) = &cgroup {
            cgroup.kill();
        }
        safety::end_everything(|pid, ended| record.reaped(pid, ended));
        self.tell_news(&mut record)?;
        end?;
        let report = record.report();
        let right = report.answer_ok;
        self.tell(&LabNews::RunDone(Box::new(report)))?;
        failure.map_or(Ok(right), |sentence| Err(Halt::Failed(sentence)))
    }

    /// Starts the master of a run; the board goes along.
    fn start_master(
        &self,
        plan: &LabPlan,
        stage: Stage,
        board: &Board,
        stdin: PipeReader,
        stdout: io::PipeWriter,
    ) -> Result<u32, Halt> {
        let order =
            Order { run: self.order.run.clone(), parent: std::process::id(), role: Role::Master(stage) };
        let title = format!("lab:{} master", plan.name());
        let mut command = order.command(Path::new(THIS_PROGRAM), &title, stdin, stdout)?;
        // This process has one thread, so nobody else starts anything meanwhile.
        fcntl_setfd(board, FdFlags::empty()).map_err(io::Error::from)?;
        let child = command.spawn();
        fcntl_setfd(board, FdFlags::CLOEXEC).map_err(io::Error::from)?;
        let child = child.map_err(|error| Halt::Failed(format!("The run could not be started: {error}.")))?;
        Ok(child.id())
    }

    /// Watches until all of the run's processes have closed their end, or its work is done, or a bound is reached:
    /// then says which.
    fn watch(
        &mut self,
        record: &mut Record,
        mut said: PipeReader,
        limit_s: u32,
        mut memory: MemoryWatch,
    ) -> Result<Option<Cut>, Halt> {
        let end = Instant::now() + Duration::from_secs(u64::from(limit_s));
        let mut lines = Lines::default();
        let mut buffer = [0; 4096];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Some(Cut::Time(limit_s)));
            }
            if let Some(cut) = memory.look(record.pids()) {
                return Ok(Some(cut));
            }
            let room = if self.outbox.is_waiting() { PollFlags::POLLOUT } else { PollFlags::empty() };
            let mut fds = [
                PollFd::new(self.lifeline.as_fd(), PollFlags::POLLIN),
                PollFd::new(said.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.outbox.as_fd(), room),
            ];
            reap(record);
            // What the last of them said may still be on its way.
            let gone = record.master_is_gone();
            let patience = if gone { Duration::ZERO } else { left.min(READ) };
            match poll(&mut fds, PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX)) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
            // Nothing is ever written to the lifeline: whatever poll has to say about it means its end.
            let [lifeline_broke, something_said, room_for_news] =
                fds.each_ref().map(|fd| fd.any().unwrap_or(true));
            let nobody_listens = fds[2].revents().is_none_or(|events| events.contains(PollFlags::POLLERR));
            if lifeline_broke || nobody_listens {
                return Err(Halt::Lifeline);
            }
            if room_for_news {
                self.outbox.flush().map_err(|_| Halt::Lifeline)?;
            }
            if something_said {
                let length = match said.read(&mut buffer) {
                    Ok(0) => return Ok(None),
                    Ok(length) => length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(error.into()),
                };
                let mut done = false;
                for line in lines.feed(buffer.get(..length).unwrap_or_default())? {
                    let said: SceneSaid =
                        serde_json::from_slice(&line).map_err(|_| Halt::Failed(GARBLED.to_owned()))?;
                    done |=
                        matches!(said, SceneSaid::Done { .. } | SceneSaid::Failed(_) | SceneSaid::AtBound);
                    record.heard(said);
                }
                if done {
                    return Ok(None);
                }
            }
            if something_said || record.is_due() {
                self.tell_news(record)?;
            }
            if gone && !something_said {
                return Ok(None);
            }
        }
    }

    /// Tells what is new on the board.
    fn tell_news(&mut self, record: &mut Record) -> Result<(), Halt> {
        for news in record.news() {
            match news {
                LabNews::Lanes(events) => {
                    for batch in events.chunks(BATCH) {
                        self.tell(&LabNews::Lanes(batch.to_vec()))?;
                    }
                }
                other => self.tell(&other)?,
            }
        }
        Ok(())
    }
}

/// Reaps the master, and those whose parent did not wait for them, if they have ended.
fn reap(record: &mut Record) {
    while record.has_master()
        && let Some((pid, ended)) = safety::reap_one(false)
    {
        record.reaped(pid, ended);
    }
}

/// Reaps a master that has nothing left to do, and whoever else is about to leave. Where the work did not come to its
/// end, the master alone: it is dead, and the others are not about to leave.
fn let_leave(record: &mut Record) {
    let end = Instant::now() + LEAVING;
    loop {
        reap(record);
        let waits = if record.is_done() { safety::has_children() } else { !record.master_is_gone() };
        if !waits || Instant::now() > end {
            return;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// How many processes and threads a run of this plan may have at a time.
fn tokens(plan: &LabPlan) -> u32 {
    // A command of the user's own has a worker beside it.
    bounds(plan)
        .map_or_else(|| super::plan::most_workers(super::usable_cpus()) * 2 + 1, |bounds| bounds.processes)
}

/// How often each task must be done for a serial run as long as the plan wants it: at least once.
fn calibrate(plan: &LabPlan) -> u32 {
    let (Some(seconds), Subject::Workload(id), Some(run)) =
        (plan.serial_seconds, &plan.subject, plan.runs.first())
    else {
        return 1;
    };
    let Some(probe) = workloads::find(id).and_then(|workload| workload.probe) else { return 1 };
    let once = on_a_board_of_its_own(|pulse| {
        let begin = Instant::now();
        let mut quickest = f64::INFINITY;
        // The quickest of several: what others take from this machine meanwhile only ever makes a pass slower.
        while begin.elapsed() < PROBE {
            let pass = now_ns();
            let part = probe(&run.settings, pulse);
            quickest = quickest.min(now_ns().saturating_sub(pass) as f64 / 1e9 / part);
        }
        quickest
    });
    // A cast from float stays within the bounds of the type.
    once.map_or(1, |once| ((seconds / once).round() as u32).max(1))
}

#[cfg(test)]
mod tests;
