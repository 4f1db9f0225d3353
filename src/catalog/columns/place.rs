//! Where it lives: files, groups, containers, namespaces, nodes.

use super::detail::{number, of, text, words};
use super::{Column, Row};
use crate::catalog::{Cell, Value};
use crate::model::{CgroupPlace, Needs, Role, StatDetails, Status, Untrusted};

fn place<'a>(row: &Row<'a>) -> Option<&'a CgroupPlace> {
    of(row)?.cgroup.known().map(AsRef::as_ref)
}

fn status<'a>(row: &Row<'a>) -> Option<&'a Status> {
    of(row)?.status.known()
}

fn stat<'a>(row: &Row<'a>) -> Option<&'a StatDetails> {
    of(row)?.stat.as_ref()
}

/// Whether it is in another pid namespace than we, below ours.
fn contained(row: &Row<'_>) -> Option<bool> {
    status(row)?.pid_levels.map(|levels| levels > 1)
}

/// What there is not, as against what is not known: `-`. Its value is unknown, so that it stands last.
fn or_none(known: bool, text: Option<&Untrusted>, width: usize, cell: &mut Cell) {
    match text {
        Some(text) if !text.is_empty() => {
            cell.push_foreign(Role::Text, text.bytes(), width);
        }
        _ if known => cell.push(Role::Dim, "-"),
        _ => cell.push_unknown(),
    }
}

/// A column of one kind of namespace.
macro_rules! namespace {
    ($id:literal, $title:literal, $kind:ident, $help:literal) => {
        number!(($id, $title, $help), 10, Needs::NAMESPACES, |row| {
            of(row)?.namespaces.known()?.$kind.map(i64::from)
        })
        .ascending()
    };
}

pub(super) const COLUMNS: &[Column] = &[
    number!(
        (
            "tgid",
            "TGID",
            "The process that a thread belongs to; of a process its own number (Tgid of /proc/PID/status)."
        ),
        7,
        Needs::STATUS,
        |row| status(row)?.tgid.map(i64::from)
    )
    .ascending(),
    number!(
        (
            "tpgid",
            "TPGID",
            "The process group in the foreground of its terminal; -1 for none (field 8 of /proc/PID/stat)."
        ),
        7,
        Needs::STAT,
        |row| stat(row).map(|stat| i64::from(stat.terminal_group))
    )
    .ascending()
    .drifting(),
    words(
        (
            "container",
            "CONTAINER",
            "The container, as its group is named: engine and id, or name; - for none (/proc/PID/cgroup).",
        ),
        24,
        Needs::CGROUP,
        |row| {
            let container = place(row).and_then(|place| place.container.as_ref());
            container.map_or(Value::Unknown, |container| Value::Text(container.bytes()))
        },
        |row, cell| {
            let container = place(row).and_then(|place| place.container.as_ref());
            or_none(place(row).is_some(), container, 24, cell);
        },
    ),
    words(
        (
            "unit",
            "UNIT",
            "The innermost service or scope of systemd that it is in; - for none (/proc/PID/cgroup).",
        ),
        24,
        Needs::CGROUP,
        |row| {
            let unit = place(row).and_then(|place| place.unit.as_ref());
            unit.map_or(Value::Unknown, |unit| Value::Text(unit.bytes()))
        },
        |row, cell| or_none(place(row).is_some(), place(row).and_then(|place| place.unit.as_ref()), 24, cell),
    ),
    text!(
        ("cgroup", "CGROUP", "Its path in the tree of control groups (/proc/PID/cgroup)."),
        32,
        Needs::CGROUP,
        |row| place(row).map(|place| place.path.bytes())
    ),
    text!(
        ("ccgroup", "CCGROUP", "The same in short: [slice], service, !scope, ids of containers cut."),
        32,
        Needs::CGROUP,
        |row| place(row).map(|place| place.short.bytes())
    ),
    words(
        (
            "contained",
            "CONT",
            "Whether it is in a pid namespace below ours, as in a container: yes or no (NSpid of /proc/PID/status).",
        ),
        4,
        Needs::STATUS,
        |row| match contained(row) {
            None => Value::Unknown,
            Some(true) => Value::Text(b"yes"),
            Some(false) => Value::Text(b"no"),
        },
        |row, cell| match contained(row) {
            None => cell.push_unknown(),
            Some(true) => cell.push(Role::Text, "yes"),
            Some(false) => cell.push(Role::Dim, "no"),
        },
    ),
    text!(("exe", "EXE", "The file of its program (the link /proc/PID/exe)."), 32, Needs::EXE, |row| of(
        row
    )?
    .exe
    .known()
    .map(|exe| exe.bytes())),
    text!(("cwd", "CWD", "Its working directory (the link /proc/PID/cwd)."), 32, Needs::CWD, |row| of(row)?
        .cwd
        .known()
        .map(|cwd| cwd.bytes())),
    text!(
        ("label", "LABEL", "Its label by the security module (/proc/PID/attr/current)."),
        24,
        Needs::LABEL,
        |row| of(row)?.label.known().map(|label| label.bytes())
    ),
    number!(
        ("node", "NODE", "The NUMA node of the CPU on which it last ran (/sys/devices/system/node)."),
        4,
        Needs::NODE,
        |row| of(row)?.node.map(i64::from)
    )
    .ascending(),
    namespace!("ns_cgroup", "nsCGROUP", cgroup, "The number of its cgroup namespace (/proc/PID/ns)."),
    namespace!("ns_ipc", "nsIPC", ipc, "The number of its IPC namespace (/proc/PID/ns)."),
    namespace!("ns_mnt", "nsMNT", mnt, "The number of its mount namespace (/proc/PID/ns)."),
    namespace!("ns_net", "nsNET", net, "The number of its network namespace (/proc/PID/ns)."),
    namespace!("ns_pid", "nsPID", pid, "The number of its pid namespace (/proc/PID/ns)."),
    namespace!("ns_time", "nsTIME", time, "The number of its time namespace (/proc/PID/ns)."),
    namespace!("ns_user", "nsUSER", user, "The number of its user namespace (/proc/PID/ns)."),
    namespace!("ns_uts", "nsUTS", uts, "The number of its UTS namespace (/proc/PID/ns)."),
];
