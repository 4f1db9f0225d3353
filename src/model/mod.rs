//! The vocabulary of the house and its arithmetic; pure.
//!
//! Its words: a *sample* is what the kernel said, dated; a *snapshot* is what it means; a *task* is a process or a
//! thread as the kernel has it; *needs* are what has to be read; a *role* is what a piece of text stands for, before
//! any colour. This room must never know files, clocks, threads, colours or keys. Read next: [`Sample`], then [`derive()`].

mod account;
mod act;
mod act_errors;
mod act_words;
mod census;
mod cgroup_place;
mod civil;
mod danger;
mod deed;
mod derive;
mod details;
mod facts;
mod groups;
mod id;
pub mod inspect;
pub mod lab;
mod needs;
mod news;
mod ports;
mod rates;
mod role;
mod sample;
mod scope;
mod sensors;
mod setting;
mod short_lived;
mod signal;
mod snapshot;
mod source;
mod task;
mod topology;
mod trail;
mod tree;
pub mod units;
mod untrusted;
mod verdict_words;

pub use account::Account;
pub use act::{Act, ControlOrder, Owner, Reach, Target};
pub use census::{Census, CensusBy, Hearing, ShortLived};
pub use cgroup_place::CgroupPlace;
pub use civil::Civil;
pub use danger::Danger;
pub use deed::Deed;
pub use derive::derive;
pub use details::{
    Autogroup, Delays, Details, Gpu, Io, Namespaces, Oom, Rollup, Sizes, StatDetails, Status, ThreadTimes,
};
pub use facts::{
    Battery, BatteryState, CpuLimit, Facts, Frequency, GpuUse, Handles, HugePages, Limits, MemoryLimit,
    SeLinux, SlowNeeds, SystemState, Systemd, ZfsCache, Zram, Zswap,
};
pub use groups::{Group, GroupBy, GroupId, GroupName, Groups};
pub use id::{Pid, ProcId};
pub use needs::{Needs, Wants};
pub use news::{
    Call, Cgroup, Change, ControlNews, Disposition, Happened, NextStep, Outcome, Respawn, Standing, Survey,
    Verdict, WhyAlive,
};
pub use ports::Ports;
pub use rates::{Crew, Rates, Teamwork};
pub use role::Role;
pub use sample::{
    Cost, CpuTimes, Host, Load, Memory, Nanos, Pressure, Reading, Sample, Stall, System, Troubles,
};
pub use scope::Scope;
pub use sensors::{Disk, Network, Sensors, Temperature};
pub use setting::{CpuMax, CpuSet, IoPriority, MOST_CPUS, Policy, Setting, Settings};
pub use signal::{DefaultAction, Signal, SignalSet};
pub use snapshot::{Counts, CpuUse, LINGER, LazySums, Proc, Snapshot, When};
pub use source::{NoSample, Source};
pub use task::{Command, Kind, Seen, State, Task, TaskMemory};
pub use topology::{CoreKind, Topology, TopologyCpu};
pub use trail::Trail;
pub use tree::{Forest, Link, Ordered, Sums};
pub use untrusted::{REPLACEMENT, Untrusted, showable};
