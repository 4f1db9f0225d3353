//! Sockets in words: what they speak, with whom, and what waits in them.

use crate::catalog::Cell;
use crate::model::inspect::{Endpoint, Socket, SocketState};
use crate::model::{Role, units};

/// Writes a socket: `tcp 10.0.0.5:43210 → 93.184.216.34:443 ESTAB`.
pub(super) fn socket(socket: &Socket, cell: &mut Cell) {
    cell.push(Role::Dim, socket.protocol.name());
    let (local, remote) = (&socket.local, &socket.remote);
    if *local != Endpoint::None {
        cell.push(Role::Text, " ");
        endpoint(local, cell);
    }
    if *remote != Endpoint::None && socket.state != Some(SocketState::Listen) {
        cell.push(Role::Title, " → ");
        endpoint(remote, cell);
    }
    if *local == Endpoint::None && *remote == Endpoint::None {
        cell.push_fmt(Role::Dim, format_args!(" {}", socket.inode));
    }
    if let Some(state) = socket.state {
        let role = match state {
            SocketState::Established => Role::Good,
            SocketState::Listen => Role::Strong,
            SocketState::CloseWait => Role::Warn,
            _ => Role::Dim,
        };
        cell.push(role, " ");
        cell.push(role, state.name());
    }
    let listens = socket.state == Some(SocketState::Listen);
    let queues =
        [(socket.receive_queue, if listens { "to accept" } else { "unread" }), (socket.send_queue, "unsent")];
    for (queue, what) in queues {
        if let Some(queue) = queue.filter(|queue| *queue > 0) {
            cell.push(Role::Warn, " ");
            if listens {
                cell.push_fmt(Role::Warn, format_args!("{queue}"));
            } else {
                cell.push_with(Role::Warn, |out| units::bytes(queue, out));
            }
            cell.push(Role::Warn, " ");
            cell.push(Role::Warn, what);
        }
    }
}

fn endpoint(end: &Endpoint, cell: &mut Cell) {
    match end {
        Endpoint::None => {}
        Endpoint::Address(address) if address.port() == 0 && address.ip().is_unspecified() => {
            cell.push(Role::Dim, "*");
        }
        Endpoint::Address(address) => cell.push_fmt(Role::Text, format_args!("{address}")),
        Endpoint::Path(path) => _ = cell.push_foreign(Role::Text, path.bytes(), 256),
        Endpoint::Inode(inode) => cell.push_fmt(Role::Dim, format_args!("inode {inode}")),
        Endpoint::Number(number) => cell.push_fmt(Role::Text, format_args!("{number}")),
    }
}
