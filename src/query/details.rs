//! The fields of details: what is read of a process only where somebody asks for it, and then of every row.

use std::sync::Arc;

use super::field::{DRIFTS, Field, How, Op, Scratch, Sockets, Texts, field};
use crate::model::{CgroupPlace, Details, Needs, Ports, Proc, Reading, Untrusted};

/// A field of details, which are then read of every row.
const fn detail(id: &'static str, usual: Op, needs: Needs, how: How, help: &'static str) -> Field {
    Field { needs: needs.of_all(), ..field(id, usual, how, help) }
}

/// A text of the details; `-` where it is known that there is none.
fn of_details<'a>(
    proc: &'a Proc,
    pick: impl FnOnce(&'a Details) -> Reading<Option<&'a Untrusted>>,
) -> Texts<'a> {
    match proc.task.details().map(pick) {
        Some(Reading::Known(Some(text))) => Texts::one(text.bytes()),
        Some(Reading::Known(None)) => Texts::one(b"-"),
        _ => Texts::UNKNOWN,
    }
}

/// A text, and its part that stands for it.
fn also<'a>(texts: &Texts<'a>, part: impl Fn(&'a [u8]) -> Option<&'a [u8]>) -> Texts<'a> {
    let [text, other] = texts.known;
    Texts { known: [text, text.and_then(part).or(other)], all: texts.all }
}

/// What its place in the cgroup tree says.
fn place(details: &Details, pick: fn(&CgroupPlace) -> Option<&Untrusted>) -> Reading<Option<&Untrusted>> {
    details.cgroup.known().map_or(Reading::NotRead, |place| Reading::Known(pick(place)))
}

/// A link or a short file.
fn line(text: &Reading<Arc<Untrusted>>) -> Reading<Option<&Untrusted>> {
    text.known().map_or(Reading::NotRead, |text| Reading::Known(Some(&**text)))
}

fn container<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    let texts = of_details(proc, |details| place(details, |place| place.container.as_ref()));
    // Its name or id alone will do: `docker:0123456789ab`.
    also(&texts, |text| text.iter().position(|byte| *byte == b':').and_then(|colon| text.get(colon + 1..)))
}

fn unit<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    let texts = of_details(proc, |details| place(details, |place| place.unit.as_ref()));
    // As systemctl takes it: `cron` for `cron.service`.
    also(&texts, |text| text.strip_suffix(b".service").or_else(|| text.strip_suffix(b".scope")))
}

fn cgroup<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    of_details(proc, |details| place(details, |place| Some(&place.path)))
}

fn exe<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    of_details(proc, |details| line(&details.exe))
}

fn deleted<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    match proc.task.details().and_then(|details| details.exe.known()) {
        Some(path) if path.bytes().ends_with(b" (deleted)") => Texts::one(b"yes"),
        Some(_) => Texts::one(b"no"),
        None => Texts::UNKNOWN,
    }
}

fn cwd<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    of_details(proc, |details| line(&details.cwd))
}

fn wchan<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    of_details(proc, |details| line(&details.wchan))
}

fn label<'a>(proc: &'a Proc, _: &'a mut Scratch) -> Texts<'a> {
    of_details(proc, |details| line(&details.label))
}

/// Some of its ports.
fn ports<'a>(proc: &'a Proc, pick: fn(&'a Ports) -> &'a [u16]) -> Option<Sockets<'a>> {
    let ports = proc.task.details()?.ports.known()?;
    Some(Sockets { known: pick(ports), all: !ports.is_partial() })
}

fn policy(proc: &Proc) -> Option<i64> {
    proc.task.details()?.stat?.policy.map(i64::from)
}

/// Bytes a second to and from storage.
fn disk(proc: &Proc, reads: bool, writes: bool) -> Option<u64> {
    let rates = proc.rates.as_ref()?;
    let read = if reads { rates.read? } else { 0.0 };
    let write = if writes { rates.write? } else { 0.0 };
    Some((read + write) as u64)
}

/// The fields, in the order in which they are listed.
pub(super) const DETAILS: [Field; 24] = [
    Field {
        offered: true,
        ..detail(
            "container",
            Op::Like,
            Needs::CGROUP,
            How::Text(container),
            "The container, as docker:0123456789ab or lxc:web; - for none.",
        )
    },
    Field {
        offered: true,
        ..detail(
            "unit",
            Op::Like,
            Needs::CGROUP,
            How::Text(unit),
            "The innermost service or scope of systemd; - for none.",
        )
    },
    Field {
        path: true,
        ..detail(
            "cgroup",
            Op::Like,
            Needs::CGROUP,
            How::Text(cgroup),
            "The path in the tree of control groups, or a part of it.",
        )
    },
    detail("exe", Op::Like, Needs::EXE, How::Text(exe), "The file of its program."),
    detail("cwd", Op::Like, Needs::CWD, How::Text(cwd), "Its working directory."),
    detail("wchan", Op::Is, Needs::WCHAN, How::Text(wchan), "Where in the kernel it sleeps."),
    detail("label", Op::Like, Needs::LABEL, How::Text(label), "Its label by the security module."),
    detail(
        "port",
        Op::Like,
        Needs::PORTS,
        How::Port(|proc| ports(proc, Ports::all)),
        "A local port of one of its TCP or UDP sockets.",
    ),
    detail(
        "listen",
        Op::Like,
        Needs::PORTS,
        How::Port(|proc| ports(proc, Ports::listening)),
        "A port on which it listens.",
    ),
    detail(
        "policy",
        Op::Is,
        Needs::STAT.union(DRIFTS),
        How::Whole(policy),
        "The number of its policy, sched(7): 0 OTHER, 1 FIFO, 2 RR.",
    ),
    detail(
        "swap",
        Op::Above,
        Needs::STATUS.union(DRIFTS),
        How::Size(|proc| proc.task.details()?.status.known()?.swap),
        "What of its own memory is swapped out.",
    ),
    detail(
        "pss",
        Op::Above,
        Needs::ROLLUP.union(DRIFTS),
        How::Size(|proc| Some(proc.task.details()?.rollup.known()?.pss)),
        "Its share of the memory it has in RAM.",
    ),
    detail(
        "uss",
        Op::Above,
        Needs::ROLLUP.union(DRIFTS),
        How::Size(|proc| Some(proc.task.details()?.rollup.known()?.uss)),
        "The memory that its end would free.",
    ),
    detail(
        "io_rate",
        Op::Above,
        Needs::IO,
        How::Rate(|proc| disk(proc, true, true)),
        "Bytes a second that it reads from storage or writes there.",
    ),
    detail(
        "read_rate",
        Op::Above,
        Needs::IO,
        How::Rate(|proc| disk(proc, true, false)),
        "Bytes a second that it reads from storage.",
    ),
    detail(
        "write_rate",
        Op::Above,
        Needs::IO,
        How::Rate(|proc| disk(proc, false, true)),
        "Bytes a second that it writes to storage.",
    ),
    detail(
        "oom_score",
        Op::Above,
        Needs::OOM.union(DRIFTS),
        How::Whole(|proc| Some(i64::from(proc.task.details()?.oom.known()?.score))),
        "How soon it is killed when memory is short.",
    ),
    detail(
        "run_wait",
        Op::Above,
        Needs::THREAD_TIMES,
        How::Percent(|proc| Some(proc.rates.as_ref()?.crew?.waiting * 100.0)),
        "The time its threads waited for a CPU, in percent.",
    ),
    detail(
        "io_wait",
        Op::Above,
        Needs::THREAD_TIMES,
        How::Percent(|proc| Some(proc.rates.as_ref()?.crew?.blocked? * 100.0)),
        "The time its threads waited for disks, in percent.",
    ),
    detail(
        "swap_wait",
        Op::Above,
        Needs::DELAYS,
        How::Percent(|proc| Some(proc.rates.as_ref()?.swap_wait? * 100.0)),
        "The time its threads waited for pages from swap, in percent.",
    ),
    detail(
        "deleted",
        Op::Is,
        Needs::EXE,
        How::Text(deleted),
        "Whether its program has been deleted or replaced: yes or no.",
    ),
    detail(
        "caps",
        Op::Above,
        Needs::STATUS,
        How::Whole(|proc| Some(i64::from(proc.task.details()?.status.known()?.effective?.count_ones()))),
        "How many capabilities it has in effect, capabilities(7).",
    ),
    detail(
        "gpu",
        Op::Above,
        Needs::GPU,
        How::Percent(|proc| proc.rates.as_ref()?.gpu),
        "The use of graphics engines in percent of one.",
    ),
    detail(
        "node",
        Op::Is,
        Needs::NODE,
        How::Whole(|proc| proc.task.details()?.node.map(i64::from)),
        "The NUMA node of the CPU on which it last ran.",
    ),
];
