//! Why an act was not permitted or failed, as a part of a sentence: one for each right that is wanting, and one for each
//! number that a call fails with.

use super::{Act, Call, IoPriority, Policy, Setting};

/// The numbers of errno(3) by their names, as far as an act can fail with them. They are those of Linux, which on every
/// architecture that Rust's library knows are these up to 34; above that MIPS and SPARC have their own.
mod number {
    pub(super) const EPERM: i32 = 1;
    pub(super) const ENOENT: i32 = 2;
    pub(super) const ESRCH: i32 = 3;
    pub(super) const EIO: i32 = 5;
    pub(super) const E2BIG: i32 = 7;
    pub(super) const EBADF: i32 = 9;
    pub(super) const EAGAIN: i32 = 11;
    pub(super) const ENOMEM: i32 = 12;
    pub(super) const EACCES: i32 = 13;
    pub(super) const EFAULT: i32 = 14;
    pub(super) const EBUSY: i32 = 16;
    pub(super) const ENODEV: i32 = 19;
    pub(super) const EINVAL: i32 = 22;
    pub(super) const ENFILE: i32 = 23;
    pub(super) const EMFILE: i32 = 24;
    pub(super) const ENOSPC: i32 = 28;
    pub(super) const EROFS: i32 = 30;
    pub(super) const ERANGE: i32 = 34;
    pub(super) const ENOSYS: i32 = 38;
    pub(super) const EOPNOTSUPP: i32 = 95;
}

use number::{
    E2BIG, EACCES, EAGAIN, EBADF, EBUSY, EFAULT, EINVAL, EIO, EMFILE, ENFILE, ENODEV, ENOENT, ENOMEM, ENOSPC,
    ENOSYS, EOPNOTSUPP, EPERM, ERANGE, EROFS, ESRCH,
};

/// Which right would be needed for an act that was not permitted: capabilities(7), getrlimit(2).
pub(super) fn right(act: Act) -> &'static str {
    match act {
        Act::Signal(_) | Act::Ladder { .. } => "root rights are needed: CAP_KILL",
        Act::Renice(by) if by < 0 => {
            "a more urgent nice value needs root rights, CAP_SYS_NICE, or a higher RLIMIT_NICE"
        }
        Act::Renice(_) | Act::Set(Setting::Affinity(_)) => "root rights are needed: CAP_SYS_NICE",
        Act::Set(Setting::Nice(_)) => {
            "root rights are needed, CAP_SYS_NICE, or, for a more urgent value of one's own, a higher RLIMIT_NICE"
        }
        Act::ReniceAutogroup(_) | Act::Set(Setting::AutogroupNice(_)) => {
            "root rights are needed, or, for a more urgent value of one's own session, CAP_SYS_NICE"
        }
        Act::Set(Setting::IoPriority(IoPriority::RealTime(_))) => {
            "real-time I/O needs root rights: CAP_SYS_NICE, or of one's own CAP_SYS_ADMIN"
        }
        Act::Set(Setting::IoPriority(_)) => "root rights are needed to set its I/O priority: CAP_SYS_NICE",
        Act::Set(Setting::Policy(Policy::Fifo(_) | Policy::RoundRobin(_))) => {
            "real time needs root rights, CAP_SYS_NICE, or a higher RLIMIT_RTPRIO, and a cgroup with a real-time share"
        }
        Act::Set(Setting::Policy(_)) => {
            "root rights are needed, CAP_SYS_NICE, or, to leave SCHED_IDLE, a higher RLIMIT_NICE"
        }
        Act::Set(Setting::OomScoreAdj(_)) => {
            "root rights are needed, or, for a lower value of one's own, CAP_SYS_RESOURCE"
        }
        Act::Set(Setting::CpuMax(_) | Setting::MemoryHigh(_)) => {
            "root rights are needed, or a cgroup that is delegated to one"
        }
    }
}

/// Why `call` failed with `errno`: the sentence part for each number that its manual page has, and for what else can
/// come of the way there; `None` for any other.
pub(super) fn reason(call: Call, errno: i32) -> Option<&'static str> {
    match call {
        Call::OpenHandle => open_handle(errno),
        Call::SendSignal => send_signal(errno),
        Call::ReadProc => read_proc(errno),
        Call::SetNice => set_nice(errno),
        Call::SetAutogroup => set_autogroup(errno),
        Call::SetIoPriority => set_io_priority(errno),
        Call::SetAffinity => set_affinity(errno),
        Call::SetPolicy => set_policy(errno),
        Call::SetOomScoreAdj => set_oom_score_adj(errno),
        Call::SetCpuMax => set_cpu_max(errno),
        Call::SetMemoryHigh => set_memory_high(errno),
        Call::KillCgroup => kill_cgroup(errno),
    }
}

/// The same, and something for any number.
pub(super) fn failure(call: Call, errno: i32) -> String {
    reason(call, errno).map_or_else(
        || format!("{}: {}", name(call), std::io::Error::from_raw_os_error(errno)),
        str::to_owned,
    )
}

/// What a call is called in its manual page.
fn name(call: Call) -> &'static str {
    match call {
        Call::OpenHandle => "pidfd_open",
        Call::SendSignal => "pidfd_send_signal",
        Call::ReadProc => "reading /proc",
        Call::SetNice => "setpriority",
        Call::SetAutogroup => "autogroup",
        Call::SetIoPriority => "ioprio_set",
        Call::SetAffinity => "sched_setaffinity",
        Call::SetPolicy => "sched_setscheduler",
        Call::SetOomScoreAdj => "oom_score_adj",
        Call::SetCpuMax => "cpu.max",
        Call::SetMemoryHigh => "memory.high",
        Call::KillCgroup => "cgroup.kill",
    }
}

/// pidfd_open(2), and watching the descriptor: epoll_ctl(2).
fn open_handle(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EINVAL => "the kernel takes its id for none of a process",
        ESRCH => "there was no such process when its handle was opened",
        EMFILE => "glowtop has as many files open as it may: raise `ulimit -n` or choose fewer",
        ENFILE => "the machine has as many files open as it may, so there is no process handle",
        ENODEV => "the kernel has no file system for process handles",
        ENOMEM => "the kernel has no memory for another process handle",
        ENOSPC => "this user watches as many files as fs.epoll.max_user_watches allows",
        ENOSYS => "this kernel has no process handles (pidfd_open, Linux 5.3)",
        EPERM => "opening process handles is forbidden here",
        EACCES => "a security policy forbids process handles",
        _ => return None,
    })
}

/// pidfd_send_signal(2), kill(2).
fn send_signal(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EAGAIN => "as many real-time signals wait for its user as RLIMIT_SIGPENDING allows; try again",
        EBADF => "its process handle was closed too early, which is a fault of glowtop's",
        EINVAL => "the kernel has no such signal, or cannot send it across pid namespaces",
        EPERM => "the kernel does not let us signal it",
        EACCES => "a security policy forbids signals to it",
        ESRCH => "it had ended when the signal was sent",
        ENOMEM => "the kernel has no memory to queue the signal",
        ENOSYS => "this kernel cannot signal a process handle (pidfd_send_signal, Linux 5.1)",
        _ => return None,
    })
}

/// open(2) and read(2) below `/proc/PID`.
fn read_proc(errno: i32) -> Option<&'static str> {
    Some(match errno {
        ENOENT => "its files in /proc were gone",
        ESRCH => "it ended while its files in /proc were read",
        EACCES => "its files in /proc may not be read by us",
        EPERM => "its files in /proc are hidden from us (hidepid)",
        EMFILE => "glowtop has as many files open as it may, so /proc cannot be read: raise `ulimit -n`",
        ENFILE => "the machine has as many files open as it may, so /proc cannot be read",
        ENOMEM => "the kernel has no memory to tell about it",
        EINVAL => "what /proc says about it makes no sense",
        EIO => "/proc could not be read",
        _ => return None,
    })
}

/// setpriority(2).
fn set_nice(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EACCES => "a more urgent nice value is not permitted",
        EPERM => "the nice values of another user's processes are not ours to set",
        EINVAL => "the kernel does not know whose nice value is meant",
        ESRCH => "it had ended when its nice value was set",
        _ => return None,
    })
}

/// `/proc/PID/autogroup`: sched(7), kernel/sched/autogroup.c.
fn set_autogroup(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EAGAIN => {
            "without root rights the kernel takes one autogroup nice value each tenth of a second; try again"
        }
        EINVAL => "the kernel takes no nice value for its autogroup",
        EPERM => "a more urgent autogroup is not permitted",
        EACCES => "the autogroup of another user's session is not ours to set",
        ENOENT => "it has no file for an autogroup",
        ENOMEM => "the kernel has no memory to change its autogroup",
        ESRCH => "it had ended when its autogroup was written",
        EROFS => "/proc is mounted read-only here, so its autogroup cannot be written",
        _ => return None,
    })
}

/// ioprio_set(2).
fn set_io_priority(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EINVAL => "the kernel has no such I/O priority",
        EPERM => "its I/O priority is not ours to set",
        ESRCH => "it had ended when its I/O priority was set",
        ENOMEM => "the kernel has no memory for its I/O priority",
        ENOSYS => "this kernel has no I/O priorities",
        _ => return None,
    })
}

/// sched_setaffinity(2).
fn set_affinity(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EFAULT => "the kernel could not read the set of CPUs, which is a fault of glowtop's",
        EINVAL => "none of these CPUs is online and in its cpuset, or it is bound to its CPU by the kernel",
        EPERM => "its CPUs are not ours to choose",
        ESRCH => "it had ended when its CPUs were chosen",
        EBUSY => "on these CPUs the kernel could not keep its SCHED_DEADLINE promise",
        ENOMEM => "the kernel has no memory for its set of CPUs",
        ENOSYS => "sched_setaffinity is not to be had here",
        _ => return None,
    })
}

/// sched_setscheduler(2), sched_setattr(2).
fn set_policy(errno: i32) -> Option<&'static str> {
    Some(match errno {
        E2BIG => "the kernel asks more about a policy than glowtop can say",
        EBUSY => "the kernel has no room for another SCHED_DEADLINE",
        EFAULT => "the kernel could not read the policy, which is a fault of glowtop's",
        EINVAL => "the kernel has no such policy, or not with this priority",
        EPERM => "its policy is not ours to set",
        ESRCH => "it had ended when its policy was set",
        EOPNOTSUPP => "its CPUs do not support this policy",
        ENOSYS => "sched_setscheduler is not to be had here",
        _ => return None,
    })
}

/// `/proc/PID/oom_score_adj`: proc_pid_oom_score_adj(5).
fn set_oom_score_adj(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EACCES => "a lower OOM score adjustment is not permitted",
        EPERM => "its OOM score adjustment is not ours to set",
        EINVAL => "the kernel takes OOM score adjustments from -1000 to 1000",
        ENOENT => "it has no file for an OOM score adjustment",
        ENOMEM => "the kernel has no memory to change its OOM score adjustment",
        ESRCH => "it had ended when its OOM score adjustment was written",
        EROFS => "/proc is mounted read-only here, so its OOM score adjustment cannot be written",
        _ => return None,
    })
}

/// `cpu.max`: Documentation/admin-guide/cgroup-v2.rst, kernel/sched/core.c.
fn set_cpu_max(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EINVAL => {
            "the kernel takes no such cpu.max: at least 1000 microseconds in a period of 1000 to 1000000"
        }
        ERANGE => "the number is too great for cpu.max",
        EACCES => "the cpu.max of its cgroup is not ours to write",
        EPERM => "the cpu.max of this cgroup is for its parent namespace to write",
        ENOENT => "its cgroup has no cpu.max",
        ENODEV => "its cgroup was removed before cpu.max was written",
        EBUSY => "the kernel is busy with the CPU limits of its cgroup; try again",
        EAGAIN => "cpu.max could not be written now; try again",
        ENOMEM => "the kernel has no memory for a cpu.max",
        EROFS => "cgroups are mounted read-only here, so cpu.max cannot be written",
        _ => return None,
    })
}

/// `memory.high`: Documentation/admin-guide/cgroup-v2.rst, mm/memcontrol.c.
fn set_memory_high(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EINVAL => "the kernel takes no such memory.high",
        ERANGE => "the number is too great for memory.high",
        EACCES => "the memory.high of its cgroup is not ours to write",
        EPERM => "the memory.high of this cgroup is for its parent namespace to write",
        ENOENT => "its cgroup has no memory.high",
        ENODEV => "its cgroup was removed before memory.high was written",
        EBUSY => "the kernel is busy with the memory limits of its cgroup; try again",
        EAGAIN => "no thread could be had to write memory.high; try again",
        ENOMEM => "the kernel has no memory for a memory.high",
        EROFS => "cgroups are mounted read-only here, so memory.high cannot be written",
        _ => return None,
    })
}

/// `cgroup.kill`: Documentation/admin-guide/cgroup-v2.rst, kernel/cgroup/cgroup.c.
fn kill_cgroup(errno: i32) -> Option<&'static str> {
    Some(match errno {
        EACCES => "the cgroup is not ours to kill",
        EPERM => "the cgroup is for its parent namespace to kill",
        EINVAL => "the kernel did not understand the order to kill the cgroup",
        ERANGE => "the kernel takes only a 1 as the order to kill a cgroup",
        ENOENT => "the cgroup has no cgroup.kill: it is the root, or the kernel is older than Linux 5.14",
        ENODEV => "the cgroup was removed before it was killed",
        EOPNOTSUPP => "a threaded cgroup cannot be killed as a whole",
        ENOMEM => "the kernel has no memory to kill the cgroup",
        EROFS => "cgroups are mounted read-only here, so none can be killed",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CpuMax, CpuSet, Signal};
    use std::collections::BTreeSet;

    /// What the manual pages, or for files the kernel's sources, have under ERRORS.
    const DOCUMENTED: [(Call, &[i32]); 12] = [
        // pidfd_open(2)
        (
            Call::OpenHandle,
            &[libc::EINVAL, libc::EMFILE, libc::ENFILE, libc::ENODEV, libc::ENOMEM, libc::ESRCH],
        ),
        // pidfd_send_signal(2), kill(2), sigqueue(3)
        (
            Call::SendSignal,
            &[libc::EBADF, libc::EINVAL, libc::EPERM, libc::ESRCH, libc::ENOSYS, libc::EAGAIN],
        ),
        // proc(5), open(2), read(2)
        (
            Call::ReadProc,
            &[
                libc::ENOENT,
                libc::ESRCH,
                libc::EACCES,
                libc::EPERM,
                libc::EMFILE,
                libc::ENFILE,
                libc::ENOMEM,
                libc::EINVAL,
                libc::EIO,
            ],
        ),
        // setpriority(2)
        (Call::SetNice, &[libc::EACCES, libc::EINVAL, libc::EPERM, libc::ESRCH]),
        // proc_sched_autogroup_set_nice, sched_autogroup_write, open(2)
        (
            Call::SetAutogroup,
            &[libc::EAGAIN, libc::EINVAL, libc::EPERM, libc::EACCES, libc::ESRCH, libc::ENOENT, libc::EROFS],
        ),
        // ioprio_set(2)
        (Call::SetIoPriority, &[libc::EINVAL, libc::EPERM, libc::ESRCH]),
        // sched_setaffinity(2)
        (Call::SetAffinity, &[libc::EFAULT, libc::EINVAL, libc::EPERM, libc::ESRCH]),
        // sched_setscheduler(2), sched_setattr(2)
        (Call::SetPolicy, &[libc::E2BIG, libc::EBUSY, libc::EINVAL, libc::EPERM, libc::ESRCH]),
        // oom_score_adj_write, __set_oom_adj, open(2)
        (
            Call::SetOomScoreAdj,
            &[libc::EACCES, libc::EINVAL, libc::ESRCH, libc::EPERM, libc::ENOENT, libc::EROFS],
        ),
        // cpu_max_write, tg_set_cfs_bandwidth, cgroup_file_write, open(2)
        (
            Call::SetCpuMax,
            &[
                libc::EINVAL,
                libc::ERANGE,
                libc::EACCES,
                libc::EPERM,
                libc::ENOENT,
                libc::ENODEV,
                libc::EBUSY,
                libc::EROFS,
            ],
        ),
        // memory_high_write, page_counter_memparse, cgroup_file_write, open(2)
        (
            Call::SetMemoryHigh,
            &[libc::EINVAL, libc::EACCES, libc::EPERM, libc::ENOENT, libc::ENODEV, libc::EBUSY, libc::EROFS],
        ),
        // cgroup_kill_write, cgroup_file_write, open(2)
        (
            Call::KillCgroup,
            &[
                libc::EINVAL,
                libc::ERANGE,
                libc::EOPNOTSUPP,
                libc::EACCES,
                libc::EPERM,
                libc::ENOENT,
                libc::ENODEV,
                libc::EROFS,
            ],
        ),
    ];

    #[test]
    fn each_number_of_each_call_has_a_sentence_of_its_own() {
        let mut sentences = BTreeSet::new();
        for (call, errnos) in DOCUMENTED {
            for &errno in errnos {
                let sentence = reason(call, errno);
                assert!(sentence.is_some(), "{call:?} {errno}");
                assert_eq!(sentence.map(str::to_owned), Some(failure(call, errno)));
            }
            // Not the documented ones alone.
            for errno in 1..200 {
                if let Some(sentence) = reason(call, errno) {
                    assert!(sentences.insert(sentence), "{call:?} {errno}: {sentence}");
                    assert!(sentence.len() < 110 && !sentence.ends_with('.'), "{sentence}");
                }
            }
        }
        assert!(sentences.len() > 80, "{}", sentences.len());
    }

    #[test]
    fn any_other_number_is_told_with_its_call() {
        let mut names = BTreeSet::new();
        for (call, _) in DOCUMENTED {
            assert_eq!(reason(call, libc::ELOOP), None);
            let text = failure(call, libc::ELOOP);
            assert!(text.starts_with(name(call)) && text.contains("Too many levels"), "{text}");
            assert!(names.insert(name(call)));
        }
    }

    #[test]
    fn the_numbers_are_this_machines() {
        let ours = [EPERM, ENOENT, ESRCH, EIO, E2BIG, EBADF, EAGAIN, ENOMEM, EACCES, EFAULT, EBUSY, ENODEV];
        let rest = [EINVAL, ENFILE, EMFILE, ENOSPC, EROFS, ERANGE, ENOSYS, EOPNOTSUPP];
        let libcs = [
            libc::EPERM,
            libc::ENOENT,
            libc::ESRCH,
            libc::EIO,
            libc::E2BIG,
            libc::EBADF,
            libc::EAGAIN,
            libc::ENOMEM,
            libc::EACCES,
            libc::EFAULT,
            libc::EBUSY,
            libc::ENODEV,
            libc::EINVAL,
            libc::ENFILE,
            libc::EMFILE,
            libc::ENOSPC,
            libc::EROFS,
            libc::ERANGE,
            libc::ENOSYS,
            libc::EOPNOTSUPP,
        ];
        assert!(ours.iter().chain(&rest).eq(&libcs));
    }

    #[test]
    fn each_kind_of_act_names_the_right_it_takes() {
        let set = Act::Set;
        for (act, word) in [
            (Act::Signal(Signal::TERM), "CAP_KILL"),
            (Act::Ladder { seconds: 5 }, "CAP_KILL"),
            (Act::Renice(-1), "RLIMIT_NICE"),
            (Act::Renice(1), "CAP_SYS_NICE"),
            (Act::ReniceAutogroup(-1), "CAP_SYS_NICE"),
            (set(Setting::Nice(-1)), "RLIMIT_NICE"),
            (set(Setting::AutogroupNice(1)), "session"),
            (set(Setting::IoPriority(IoPriority::RealTime(0))), "CAP_SYS_ADMIN"),
            (set(Setting::IoPriority(IoPriority::Idle)), "CAP_SYS_NICE"),
            (set(Setting::Affinity(CpuSet::default())), "CAP_SYS_NICE"),
            (set(Setting::Policy(Policy::Fifo(1))), "RLIMIT_RTPRIO"),
            (set(Setting::Policy(Policy::RoundRobin(1))), "RLIMIT_RTPRIO"),
            (set(Setting::Policy(Policy::Other)), "RLIMIT_NICE"),
            (set(Setting::OomScoreAdj(-1)), "CAP_SYS_RESOURCE"),
            (set(Setting::CpuMax(CpuMax::NONE)), "delegated"),
            (set(Setting::MemoryHigh(None)), "delegated"),
        ] {
            let right = right(act);
            assert!(right.contains(word) && right.contains("root rights"), "{act:?}: {right}");
        }
    }
}
