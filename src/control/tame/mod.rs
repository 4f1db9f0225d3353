//! Taming: the values of a process that can be changed.
//!
//! One file for each kind of value, which knows how it is read, how it is changed, and whose it is: a thread's
//! (`nice`, `io_priority`, `affinity`, `policy`, by way of `threads`), the process's (`oom`), its session's
//! (`autogroup`) or its cgroup's (`caps`). `whom` makes sure of whose files are written. What was changed comes back as
//! [`Taken`], with which it can be given back. It must never know who wants it changed.

mod affinity;
mod autogroup;
mod caps;
mod io_priority;
mod nice;
mod oom;
mod policy;
mod threads;
mod whom;

use crate::model::{Act, Call, Outcome, Pid, ProcId, Setting, Settings, Untrusted};

use super::mounts::Mount;
use super::pin::Hold;

pub(super) use autogroup::Moved;
use caps::Limit;
use threads::{Kind, Lot, Plan};
use whom::Whom;

/// Why a value is not given back.
const CHANGED_SINCE: &str = "its value was changed by somebody else since";

/// What an act took from a process, as much as is needed to give it back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    /// The values of its threads, all of one kind.
    Threads(Vec<Lot>),
    /// That of its session.
    Autogroup(autogroup::Before),
    /// Its OOM score adjustment.
    OomScoreAdj(oom::Before),
    /// A limit of its cgroup.
    Cgroup(caps::Before),
}

impl Taken {
    /// What it had; of several threads the main one, or the first.
    pub(super) fn setting(&self) -> Option<Setting> {
        match self {
            Taken::Threads(lots) => lots.first().map(|lot| lot.from),
            Taken::Autogroup(before) => Some(Setting::AutogroupNice(before.from)),
            Taken::OomScoreAdj(before) => Some(Setting::OomScoreAdj(before.from)),
            Taken::Cgroup(before) => before.from(),
        }
    }

    /// How much there is to remember, in threads.
    pub(super) fn weight(&self) -> usize {
        match self {
            Taken::Threads(lots) => lots.iter().map(|lot| lot.threads.len()).sum(),
            Taken::Autogroup(_) | Taken::OomScoreAdj(_) | Taken::Cgroup(_) => 1,
        }
    }
}

/// Changes what `act` changes about what is held. `moved` are the autogroups that the same order has moved already.
pub(super) fn change(id: ProcId, hold: &Hold, act: Act, moved: &mut Moved) -> (Outcome, Option<Taken>) {
    match try_change(id, hold, act, moved) {
        Ok(done) => done,
        Err(outcome) => (outcome, None),
    }
}

fn try_change(
    id: ProcId,
    hold: &Hold,
    act: Act,
    moved: &mut Moved,
) -> Result<(Outcome, Option<Taken>), Outcome> {
    let whom = &Whom::open(id, hold)?;
    let give = |kind: Kind, plan: Plan<'_>| {
        let (outcome, lots) = threads::give(whom, kind, plan);
        Ok((outcome, (!lots.is_empty()).then_some(Taken::Threads(lots))))
    };
    match act {
        Act::Renice(by) => give(nice::KIND, Plan::Step(&|now| nice::step(now, by))),
        Act::ReniceAutogroup(by) => autogroup::set(whom, |now| now.saturating_add(by), moved),
        Act::Set(wanted) => match wanted {
            Setting::Nice(value) => give(nice::KIND, Plan::To(Setting::Nice(nice::clamp(value)))),
            Setting::IoPriority(priority) => {
                io_priority::check(priority)?;
                give(io_priority::KIND, Plan::To(wanted))
            }
            Setting::Affinity(cpus) => {
                affinity::check(&cpus)?;
                give(affinity::KIND, Plan::To(wanted))
            }
            Setting::Policy(policy) => {
                policy::check(policy)?;
                give(policy::KIND, Plan::To(wanted))
            }
            Setting::AutogroupNice(value) => autogroup::set(whom, |_| value, moved),
            Setting::OomScoreAdj(value) => oom::set(whom, value),
            Setting::CpuMax(_) | Setting::MemoryHigh(_) => caps::set(whom, wanted),
        },
        // These go to `deliver`.
        Act::Signal(_) | Act::Ladder { .. } => {
            Err(Outcome::Failed { call: Call::SendSignal, errno: libc::EINVAL })
        }
    }
}

/// Gives back what was taken from what is held, where it still has what it was given.
pub(super) fn give_back(id: ProcId, hold: &Hold, taken: &Taken) -> Outcome {
    let given = Whom::open(id, hold).and_then(|whom| match taken {
        Taken::Threads(lots) => {
            let kind = lots.first().map_or(nice::KIND, |lot| kind(&lot.from));
            Ok(threads::give(&whom, kind, Plan::Back(lots)).0)
        }
        Taken::Autogroup(before) => autogroup::give_back(&whom, before),
        Taken::OomScoreAdj(before) => oom::give_back(&whom, before),
        Taken::Cgroup(before) => caps::give_back(before),
    });
    given.unwrap_or_else(|outcome| outcome)
}

/// How a value that is a thread's is read and written.
fn kind(setting: &Setting) -> Kind {
    match setting {
        Setting::IoPriority(_) => io_priority::KIND,
        Setting::Affinity(_) => affinity::KIND,
        Setting::Policy(_) => policy::KIND,
        _ => nice::KIND,
    }
}

/// How the values of a process are now. Whoever asks must know afterwards that it still lives: then they are its.
pub(super) fn settings(pid: Pid) -> Settings {
    let mut now = Settings::default();
    for kind in [nice::KIND, io_priority::KIND, affinity::KIND, policy::KIND] {
        match (kind.read)(pid) {
            Ok(Setting::Nice(nice)) => now.nice = Some(nice),
            Ok(Setting::IoPriority(priority)) => now.io_priority = Some(priority),
            Ok(Setting::Affinity(cpus)) => now.affinity = Some(cpus),
            Ok(Setting::Policy(policy)) => now.policy = Some(policy),
            _ => {}
        }
    }
    let file = |name: &str| std::fs::read(format!("/proc/{pid}/{name}")).ok();
    now.autogroup_nice = file("autogroup").and_then(|text| autogroup::value(&text));
    now.oom_score_adj = file("oom_score_adj").and_then(|text| oom::value(&text));
    let text = file("cgroup").unwrap_or_default();
    let Some(path) = caps::path(&text) else { return now };
    now.cgroup = Some(Untrusted::new(path));
    let Some(tree) = Mount::v2() else { return now };
    if let Some(Setting::CpuMax(max)) = caps::value(&tree, path, Limit::Cpu) {
        now.cpu_max = Some(max);
    }
    if let Some(Setting::MemoryHigh(high)) = caps::value(&tree, path, Limit::Memory) {
        now.memory_high = Some(high);
    }
    now
}
