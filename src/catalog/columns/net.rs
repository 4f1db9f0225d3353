//! What it has to do with the network.

use super::detail::{of, words};
use super::{Column, Row};
use crate::catalog::{Cell, Value};
use crate::model::{Needs, Ports, Role};

/// Cells of the column of ports.
const PORTS: u16 = 18;

fn ports<'a>(row: &Row<'a>) -> Option<&'a Ports> {
    of(row)?.ports.known().map(AsRef::as_ref)
}

/// As many ports as have room; those on which it listens are first and stand out.
fn write(ports: &Ports, cell: &mut Cell) {
    let listening = ports.listening().len();
    let mut left = PORTS;
    for (at, port) in ports.all().iter().enumerate() {
        let role = if at < listening { Role::Text } else { Role::Dim };
        let (gap, wide) = (u16::from(at > 0), port.checked_ilog10().unwrap_or(0) as u16 + 1);
        let last = at + 1 == ports.all().len() && !ports.is_partial();
        // Room for what says that there are more.
        if gap + wide + if last { 0 } else { 2 } > left {
            cell.push(Role::Dim, if gap > 0 { " …" } else { "…" });
            return;
        }
        cell.push_fmt(role, format_args!("{}{port}", if gap > 0 { " " } else { "" }));
        left -= gap + wide;
    }
    match (ports.all(), ports.is_partial()) {
        ([], false) => cell.push(Role::Dim, "-"),
        ([], true) => cell.push_unknown(),
        (_, true) => cell.push(Role::Dim, " …"),
        (_, false) => {}
    }
}

pub(super) const COLUMNS: &[Column] = &[words(
    (
        "ports",
        "PORTS",
        "The local ports of its TCP and UDP sockets, listening ones first; - for none (/proc/PID/fd, /proc/PID/net).",
    ),
    PORTS,
    Needs::PORTS,
    |row| match ports(row).map(Ports::all) {
        None | Some([]) => Value::Unknown,
        Some(ports) => Value::Ports(ports),
    },
    |row, cell| match ports(row) {
        None => cell.push_unknown(),
        Some(ports) => write(ports, cell),
    },
)];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(found: &[(u16, bool)], partial: bool) -> String {
        let mut cell = Cell::new();
        write(&Ports::new(found.iter().copied(), partial), &mut cell);
        cell.text().to_owned()
    }

    #[test]
    fn ports_have_room_or_say_that_there_are_more() {
        assert_eq!(shown(&[(443, true), (50123, false), (80, true)], false), "80 443 50123");
        assert_eq!((shown(&[], false), shown(&[], true)), ("-".to_owned(), "–".to_owned()));
        assert_eq!(shown(&[(80, true)], true), "80 …");
        assert_eq!(
            shown(&[1, 2, 3, 4].map(|port| (port + 10_000, true)), false),
            "10001 10002 10003…".replace('…', " …").replace(" 10003", "")
        );
        assert_eq!(shown(&[1, 2, 3].map(|port| (port + 10_000, true)), false), "10001 10002 10003");
    }

    proptest! {
        #[test]
        fn any_ports_keep_the_column(found in prop::collection::vec((1u16.., any::<bool>()), 0..12), partial: bool) {
            let text = shown(&found, partial);
            prop_assert!(!text.is_empty() && text.chars().count() <= usize::from(PORTS), "{}", text);
        }
    }
}
