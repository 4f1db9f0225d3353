//! Open files: the links of `fd` in each look, `fdinfo` of those that are new or live and of some others in turn, and the
//! tables of the network where there are sockets.
//!
//! What lies at a path is asked by a reader, because a file server may be dead. Must never know: what the page is for.

mod info;
mod peers;
mod scan;
mod sockets;

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, OFlags, StatxFlags, statx};

use super::super::clock;
use super::super::commands::Outcome;
use super::super::files::Miss;
use super::Look;
use super::limits::parse_limits;
use super::slow::{Brought, Slow, brought};
use super::text::{self, Buffer, Numbered};
use crate::model::inspect::{
    Datum, Endpoint, FileKind, Files, LimitKind, OpenFile, Partner, Partners, Protocol, Refused, Socket,
};
use crate::model::{Nanos, ProcId, Untrusted};
use sockets::Tables;

/// So many files are listed.
const MOST: usize = 8192;

/// Of so many, `fdinfo` is read in a look beside those that are new.
const TURNS: usize = 64;

/// What lies at paths is asked again after so many seconds: files grow.
const SELDOM: f64 = 5.0;

/// Unix sockets are asked for their peers again in so many looks.
const PEERS: u32 = 5;

/// Of the time, reading the tables of the network may take so much; and so much where there are sockets that were not
/// there before.
const SHARE: f64 = 0.002;
const NEW_SHARE: f64 = 0.02;

/// What lies at a descriptor: its type, length and inode.
type Kinds = BTreeMap<u32, (FileType, u64, u64)>;

/// What the page remembers.
pub(super) struct Memo {
    /// As they were in the look before, by number.
    known: Vec<OpenFile>,
    fds: Vec<u32>,
    /// Whose turn it was last, and when a round of turns was over.
    turn: usize,
    info_at: Option<Nanos>,
    kinds: Slow<Kinds>,
    scan: scan::Scan,
    diag: BTreeMap<u64, peers::Diag>,
    tables: SocketTables,
    looks: u32,
}

impl Default for Memo {
    fn default() -> Memo {
        Memo {
            known: Vec::new(),
            fds: Vec::new(),
            turn: 0,
            info_at: None,
            kinds: Slow::new(kinds),
            scan: scan::Scan::default(),
            diag: BTreeMap::new(),
            tables: SocketTables::default(),
            looks: 0,
        }
    }
}

impl Memo {
    pub(super) fn take_cpu(&mut self) -> f64 {
        self.kinds.take_cpu()
    }
}

/// Asks what lies at each descriptor, without asking a file server anew.
fn kinds(proc: &OwnedFd, id: ProcId, _: &mut [u8]) -> Outcome<Brought<Kinds>> {
    let begun = clock::own_thread();
    let Ok(links) = text::open(proc, Numbered::new(id.pid.get(), "/fd").as_str(), OFlags::DIRECTORY) else {
        return Outcome::Lost;
    };
    let (mut fds, mut found) = (Vec::new(), Kinds::new());
    if Buffer::default().numbers(&links, &mut fds).is_err() {
        return Outcome::Lost;
    }
    let wanted = StatxFlags::TYPE | StatxFlags::SIZE | StatxFlags::INO;
    for fd in fds.into_iter().take(MOST) {
        if let Ok(stat) = statx(&links, Numbered::new(fd, "").as_str(), AtFlags::STATX_DONT_SYNC, wanted) {
            let kind = FileType::from_raw_mode(u32::from(stat.stx_mode));
            found.insert(fd, (kind, stat.stx_size, stat.stx_ino));
        }
    }
    brought(proc, id, begun, found)
}

pub(super) fn read(look: &Look<'_>, comm: &[u8], memo: &mut Memo, buffer: &mut Buffer) -> Files {
    let limit = buffer.read(look.dir, "limits").ok().and_then(|text| {
        parse_limits(text).into_iter().find(|limit| limit.kind == LimitKind::OpenFiles)?.soft
    });
    // Who may not be told is not taken for one of another network.
    let networks = network(look, "self/ns/net", buffer).zip(own_network(look, buffer));
    let other_network = look.ours && networks.is_some_and(|(ours, its)| ours != its);
    let mut files =
        Files { open: Ok(Vec::new()), count: 0, limit, info_at: memo.info_at, other_network, cut: false };
    if let Err(why) = list(look, memo, buffer) {
        files.open = Err(why);
        return files;
    }
    // What was closed while the others were read is not counted.
    files.count = (memo.known.len() + memo.fds.len().saturating_sub(MOST)) as u32;
    files.info_at = memo.info_at;
    name_sockets(look, comm, memo, !other_network, buffer);
    files.cut = memo.tables.last.cut;
    memo.looks = memo.looks.wrapping_add(1);
    files.open = Ok(memo.known.clone());
    files
}

fn network(look: &Look<'_>, path: &str, buffer: &mut Buffer) -> Option<Vec<u8>> {
    buffer.link(look.proc, path).ok().map(<[u8]>::to_vec)
}

fn own_network(look: &Look<'_>, buffer: &mut Buffer) -> Option<Vec<u8>> {
    buffer.link(look.dir, "ns/net").ok().map(<[u8]>::to_vec)
}

/// Brings what is known of each descriptor up to date.
fn list(look: &Look<'_>, memo: &mut Memo, buffer: &mut Buffer) -> Datum<()> {
    if look.bare {
        // The directory is there, and empty.
        return Err(Refused::HasNone);
    }
    let directory = |name| text::open(look.dir, name, OFlags::DIRECTORY);
    let links = directory("fd").map_err(|miss| look.refused(miss))?;
    memo.fds.clear();
    buffer.numbers(&links, &mut memo.fds).map_err(|miss| look.refused(miss))?;
    let infos = directory("fdinfo").ok();
    let count = memo.fds.len().min(MOST);
    // There may be fewer than there were.
    memo.turn %= count.max(1);
    let mut before = std::mem::take(&mut memo.known).into_iter().peekable();
    let mut news = false;
    for (place, fd) in memo.fds.iter().copied().take(MOST).enumerate() {
        while before.next_if(|file| file.fd < fd).is_some() {}
        let old = before.next_if(|file| file.fd == fd);
        let path = Numbered::new(fd, "");
        let target = match buffer.link(&links, path.as_str()) {
            Ok(target) => target,
            // Root without its rights may list the directory, and is told no link in it.
            Err(Miss::Denied) => return Err(look.refused(Miss::Denied)),
            // One that was closed meanwhile is left out.
            Err(_) => continue,
        };
        let (mut file, is_new) = match old {
            Some(old) if old.target.bytes() == target => (old, false),
            _ => (new(fd, target), true),
        };
        news |= is_new && matches!(file.kind, FileKind::Path);
        let lives = matches!(
            file.kind,
            FileKind::Event { .. }
                | FileKind::Epoll { .. }
                | FileKind::Timer { .. }
                | FileKind::Inotify { .. }
        );
        let due = look.fresh || (place + count - memo.turn) % count.max(1) < TURNS;
        if is_new || lives && count <= MOST / 8 || due {
            match infos.as_ref().map(|infos| buffer.read(infos, path.as_str())) {
                Some(Ok(text)) => {
                    file.info = info::info(text).ok_or(Refused::Unreadable);
                    info::more(&mut file.kind, text);
                }
                Some(Err(miss)) => file.info = Err(look.refused(miss)),
                None => file.info = Err(Refused::Denied(look.needed)),
            }
        }
        memo.known.push(file);
    }
    memo.turn += TURNS;
    if memo.turn >= count || look.fresh {
        memo.turn = 0;
        memo.info_at = Some(look.now);
    }
    // What lies at a new path is asked soon; else seldom.
    if let Ok(kinds) = memo.kinds.read(look, if news { 0.0 } else { SELDOM }) {
        for file in &mut memo.known {
            settle(file, &kinds);
        }
    }
    Ok(())
}

fn new(fd: u32, target: &[u8]) -> OpenFile {
    let deleted = target.strip_suffix(b" (deleted)");
    OpenFile {
        fd,
        kind: info::kind(target),
        target: Untrusted::new(target),
        deleted: target.starts_with(b"/") && deleted.is_some(),
        info: Err(Refused::NotRead),
        size: None,
    }
}

/// Says what lies at a path.
fn settle(file: &mut OpenFile, kinds: &Kinds) {
    let by_path = matches!(
        file.kind,
        FileKind::Path
            | FileKind::Regular
            | FileKind::Directory
            | FileKind::CharDevice
            | FileKind::BlockDevice
    );
    let Some((kind, size, inode)) = kinds.get(&file.fd) else { return };
    if by_path {
        file.kind = match kind {
            FileType::RegularFile => FileKind::Regular,
            FileType::Directory => FileKind::Directory,
            FileType::CharacterDevice => FileKind::CharDevice,
            FileType::BlockDevice => FileKind::BlockDevice,
            FileType::Fifo => FileKind::Pipe { inode: *inode, partners: Partners::default() },
            _ => FileKind::Path,
        };
    }
    file.size = matches!(file.kind, FileKind::Regular | FileKind::Memfd).then_some(*size);
}

/// Finds out what sockets speak, and who has the other ends of them and of pipes.
fn name_sockets(look: &Look<'_>, comm: &[u8], memo: &mut Memo, ours: bool, buffer: &mut Buffer) {
    let mut sockets: BTreeMap<u64, Socket> = BTreeMap::new();
    let mut wanted = scan::Wanted::default();
    for file in &memo.known {
        match &file.kind {
            FileKind::Socket(socket) => _ = sockets.insert(socket.inode, sockets::unknown(socket.inode)),
            FileKind::Pipe { inode, .. } if file.target.bytes().starts_with(b"/") => {
                wanted.fifos.insert(file.target.bytes().to_vec(), *inode);
            }
            _ => {}
        }
        wanted.inodes.extend(end(file));
    }
    let mut peers = BTreeMap::new();
    if !sockets.is_empty() {
        memo.tables.look(look, &mut sockets, buffer);
        peers.clone_from(&memo.tables.last.peers);
        wanted.far.clone_from(&memo.tables.last.far);
    }
    if look.ours && ours {
        unix_peers(look, memo, &mut sockets, &mut peers);
    }
    peers.extend(memo.scan.across().iter().filter(|(inode, _)| sockets.contains_key(inode)));
    wanted.inodes.extend(peers.values().copied());
    if !wanted.far.is_empty() {
        wanted.network = own_network(look, buffer);
    }
    memo.scan.look(look, wanted, buffer);
    // Both ends may be the process's own.
    let mut own: BTreeMap<u64, Vec<(u32, &'static str)>> = BTreeMap::new();
    for file in &memo.known {
        if let Some(end) = end(file) {
            own.entry(end).or_default().push((file.fd, file.info.map_or("", |info| info.mode())));
        }
    }
    for file in &mut memo.known {
        let Some(end) = end(file) else { continue };
        let of = |inode: Option<u64>, partners: &mut Partners, wants: &str| {
            let others = inode.and_then(|inode| own.get(&inode)).into_iter().flatten();
            let other =
                others.into_iter().find(|(fd, mode)| *fd != file.fd && (wants.is_empty() || *mode == wants));
            partners.found.extend(other.map(|(fd, mode)| Partner {
                id: look.id,
                name: Untrusted::new(comm),
                fd: *fd,
                reads: *mode != "w",
                writes: *mode != "r",
            }));
        };
        match &mut file.kind {
            FileKind::Socket(socket) => {
                let Some(found) = sockets.get(&socket.inode) else { continue };
                let peer = peers.get(&socket.inode).copied();
                **socket = found.clone();
                socket.partners = memo.scan.of(peer.into_iter().chain([socket.inode]));
                of(peer, &mut socket.partners, "");
            }
            FileKind::Pipe { partners, .. } => {
                *partners = memo.scan.of([end]);
                // The same end once more tells nothing.
                let wants = match file.info.map_or("", |info| info.mode()) {
                    "r" => "w",
                    "w" => "r",
                    _ => continue,
                };
                of(Some(end), partners, wants);
            }
            _ => {}
        }
    }
}

/// What a pipe or socket is looked for by.
fn end(file: &OpenFile) -> Option<u64> {
    match &file.kind {
        FileKind::Socket(socket) => Some(socket.inode),
        FileKind::Pipe { inode, .. } if file.target.bytes().starts_with(b"/") => Some(scan::fifo(*inode)),
        FileKind::Pipe { inode, .. } => Some(*inode),
        _ => None,
    }
}

/// Asks the kernel to whom unix sockets are connected.
fn unix_peers(
    look: &Look<'_>,
    memo: &mut Memo,
    sockets: &mut BTreeMap<u64, Socket>,
    peers: &mut BTreeMap<u64, u64>,
) {
    let is_unix = |socket: &Socket| {
        matches!(socket.protocol, Protocol::UnixStream | Protocol::UnixDatagram | Protocol::UnixPacket)
    };
    if !sockets.values().any(is_unix) {
        return;
    }
    let unheard = sockets.values().any(|one| is_unix(one) && !memo.diag.contains_key(&one.inode));
    if unheard || look.fresh || memo.looks.is_multiple_of(PEERS) {
        let all = peers::unix().unwrap_or_default();
        memo.diag = all.into_iter().filter(|(inode, _)| sockets.contains_key(inode)).collect();
    }
    for socket in sockets.values_mut().filter(|socket| is_unix(socket)) {
        let Some(diag) = memo.diag.get(&socket.inode) else { continue };
        socket.receive_queue = diag.queue;
        if let Some(peer) = diag.peer {
            socket.remote = Endpoint::Inode(peer);
            peers.insert(socket.inode, peer);
        }
    }
}

/// The tables of the network as they were read last. A long one takes the kernel its time to write, and is read less
/// often.
#[derive(Default)]
struct SocketTables {
    last: Tables,
    known: BTreeMap<u64, Socket>,
    at: Option<Nanos>,
    /// CPU time that reading took, seconds.
    cost: f64,
}

impl SocketTables {
    /// Fills in what they say of `sockets`.
    fn look(&mut self, look: &Look<'_>, sockets: &mut BTreeMap<u64, Socket>, buffer: &mut Buffer) {
        let age = self.at.map_or(f64::INFINITY, |at| look.now.since(at));
        let strange = sockets.keys().any(|inode| !self.known.contains_key(inode));
        let rest = self.cost / if strange { NEW_SHARE } else { SHARE };
        if look.fresh || age >= rest {
            let begun = clock::own_thread();
            self.last = sockets::fill(look, buffer, sockets);
            self.cost = clock::own_thread() - begun;
            self.at = Some(look.now);
            self.known.clone_from(sockets);
            return;
        }
        for (inode, socket) in sockets {
            if let Some(known) = self.known.get(inode) {
                socket.clone_from(known);
            }
        }
    }
}
