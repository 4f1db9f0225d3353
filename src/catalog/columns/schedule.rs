//! How it is scheduled: priority, nice value, state, CPU.

use super::format::number;
use super::{Align, Column};
use crate::catalog::Value;
use crate::model::{Needs, Role, State};

pub(super) const COLUMNS: &[Column] = &[
    Column {
        id: "priority",
        title: "PRI",
        help: "The kernel's priority, 20 plus the nice value; below 0 and RT are real-time.",
        width: 3,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: true,
        short_lived: false,
        value: |row| Value::Int(i64::from(row.proc.task.priority)),
        cell: |row, cell| match row.proc.task.priority {
            // The strongest real-time priority and deadline tasks: −100 and less (proc(5), field 18).
            ..=-100 => cell.push(Role::NiceHigh, "RT"),
            // What everybody has says nothing.
            20 => cell.push(Role::Dim, "20"),
            n => number(i64::from(n), 3, if n < 0 { Role::NiceHigh } else { Role::Text }, cell),
        },
    },
    Column {
        id: "nice",
        title: "NI",
        help: "The nice value, from -20 (served first) to 19 (served last).",
        width: 3,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: true,
        short_lived: false,
        value: |row| Value::Int(i64::from(row.proc.task.nice)),
        cell: |row, cell| {
            let nice = row.proc.task.nice;
            let role = match nice {
                ..0 => Role::NiceHigh,
                0 => Role::Dim,
                1.. => Role::NiceLow,
            };
            number(i64::from(nice), 3, role, cell);
        },
    },
    Column {
        id: "state",
        title: "S",
        help: "The state: R runs or is ready, S sleeps, D waits and cannot be interrupted, Z has ended and is not \
               yet reaped, T is stopped, t is traced, I is an idle kernel thread, X died between two samples.",
        width: 1,
        grows: false,
        align: Align::Left,
        needs: Needs::NOTHING,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: true,
        short_lived: true,
        value: |row| {
            let letter = &row.proc.task.state.0;
            Value::Text(if letter.is_ascii_alphabetic() { std::slice::from_ref(letter) } else { b"?" })
        },
        cell: |row, cell| {
            let state = row.proc.task.state;
            cell.push_with(state_role(state), |out| out.push(state.letter()));
        },
    },
    Column {
        id: "processor",
        title: "CPU",
        help: "The CPU on which it last ran.",
        width: 4,
        grows: false,
        align: Align::Right,
        needs: Needs::NOTHING,
        descending: false,
        additive: false,
        grain: 0.0,
        drifts: false,
        short_lived: false,
        value: |row| row.proc.task.processor.map(u64::from).into(),
        cell: |row, cell| match row.proc.task.processor {
            Some(cpu) => number(i64::from(cpu), 4, Role::Text, cell),
            None => cell.push_unknown(),
        },
    },
];

/// What a state letter stands for.
/// The role of a state letter.
pub fn state_role(state: State) -> Role {
    match state.0 {
        b'R' => Role::Running,
        b'D' => Role::Blocked,
        b'Z' => Role::Zombie,
        b'T' | b't' => Role::Stopped,
        _ => Role::Dim,
    }
}
