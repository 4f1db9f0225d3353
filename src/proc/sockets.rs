//! Which process has which ports open: the links of its descriptors, beside the tables of its network namespace.
//!
//! A link names a socket by its inode, a table says which port that one has. Nothing here waits for a process, but the
//! tables of a busy machine are long, and of very many processes the links are; so it is done on a thread: see `ports`.

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, RawDir, openat, readlinkat, readlinkat_raw};
use rustix::io::Errno;

use super::commands;
use super::files::{Miss, Path};
use super::parse;
use crate::model::{Pid, Ports, ProcId, Reading};

/// More descriptors of one process than this are not looked at.
const MOST_DESCRIPTORS: usize = 16 << 10;

/// The tables of a network namespace, and which of them are of UDP.
const TABLES: [(&str, bool); 4] =
    [("net/tcp", false), ("net/tcp6", false), ("net/udp", true), ("net/udp6", true)];

/// Who is in a network namespace, and which sockets they have.
#[derive(Default)]
struct Network {
    /// Sockets by their inode, and whose they are: places in the list of those who are asked about.
    sockets: Vec<(u64, usize)>,
    members: Vec<Pid>,
}

/// What was found out about one process.
struct Found {
    id: ProcId,
    network: u32,
    ports: Vec<(u16, bool)>,
    partial: bool,
}

/// Memory that is used again and again.
pub(super) struct Scratch {
    entries: Vec<MaybeUninit<u8>>,
    text: Vec<u8>,
}

impl Default for Scratch {
    fn default() -> Scratch {
        let mut entries = Vec::new();
        entries.resize_with(16 << 10, MaybeUninit::uninit);
        Scratch { entries, text: vec![0; 64 << 10] }
    }
}

/// The ports of those in `ids`, below the directory `dir`, a `/proc`. Who has ended meanwhile, or cannot be read for want
/// of something, is left out.
pub(super) fn read(dir: &OwnedFd, ids: &[ProcId], scratch: &mut Scratch) -> Vec<(ProcId, Reading<Ports>)> {
    let mut answers = Vec::with_capacity(ids.len());
    let mut found: Vec<Found> = Vec::with_capacity(ids.len());
    let mut networks: BTreeMap<u32, Network> = BTreeMap::new();
    let mut inodes = Vec::new();
    for id in ids {
        inodes.clear();
        match descriptors(dir, *id, scratch, &mut inodes) {
            Ok(partial) => {
                let network = network(dir, id.pid);
                let member = networks.entry(network).or_default();
                member.members.push(id.pid);
                member.sockets.extend(inodes.iter().map(|inode| (*inode, found.len())));
                found.push(Found { id: *id, network, ports: Vec::new(), partial });
            }
            Err(Miss::Denied) => answers.push((*id, Reading::Denied)),
            Err(Miss::Gone | Miss::Failed) => {}
        }
    }
    // After the links: what is open then is in the tables.
    networks.retain(|_, network| {
        network.sockets.sort_unstable();
        tables(dir, network, scratch, &mut found)
    });
    for one in found {
        if networks.contains_key(&one.network) {
            answers.push((one.id, Reading::Known(Ports::new(one.ports, one.partial))));
        }
    }
    answers
}

/// The sockets that a process has open; whether it may have others.
fn descriptors(
    dir: &OwnedFd,
    id: ProcId,
    scratch: &mut Scratch,
    inodes: &mut Vec<u64>,
) -> Result<bool, Miss> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat(dir, Path::process(id.pid, "fd").as_c_str(), flags, Mode::empty())?;
    let mut entries = RawDir::new(&folder, &mut scratch.entries);
    let mut partial = false;
    let mut left = MOST_DESCRIPTORS;
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno.into()),
        };
        if entry.file_name().to_bytes().first() == Some(&b'.') {
            continue;
        }
        if left == 0 {
            partial = true;
            break;
        }
        left -= 1;
        // Longer ones are no sockets.
        let mut link = [MaybeUninit::uninit(); 40];
        match readlinkat_raw(&folder, entry.file_name(), &mut link) {
            Ok((link, _)) => inodes.extend(parse::socket_inode(link)),
            // Closed meanwhile.
            Err(Errno::NOENT) => {}
            // The list of them is shown to some who may not follow them.
            Err(Errno::ACCESS | Errno::PERM) => return Err(Miss::Denied),
            Err(_) => partial = true,
        }
    }
    // They are of who was meant only if that one is still there.
    let text = commands::read(dir, &Path::process(id.pid, "stat"), &mut scratch.text)?;
    if parse::start_time(text) == Some(id.start_time) { Ok(partial) } else { Err(Miss::Gone) }
}

/// The network namespace of a process; 0 where the kernel has none.
fn network(dir: &OwnedFd, pid: Pid) -> u32 {
    let link = readlinkat(dir, Path::process(pid, "ns/net").as_c_str(), Vec::new());
    link.ok().and_then(|link| parse::namespace(link.to_bytes())).unwrap_or(0)
}

/// Looks the sockets of a namespace up in its tables; whether they could be read.
fn tables(dir: &OwnedFd, network: &Network, scratch: &mut Scratch, found: &mut [Found]) -> bool {
    if network.sockets.is_empty() {
        return true;
    }
    // The first who is still there shows them.
    network.members.iter().any(|member| {
        let mut read = false;
        for (name, udp) in TABLES {
            match table(dir, *member, name, scratch, |line| {
                let Some(socket) = parse::socket(line, udp) else { return };
                let first = network.sockets.partition_point(|(inode, _)| *inode < socket.inode);
                let same = |(inode, _): &&(u64, usize)| *inode == socket.inode;
                for (_, at) in network.sockets.iter().skip(first).take_while(same) {
                    if let Some(found) = found.get_mut(*at) {
                        found.ports.push((socket.port, socket.listens));
                    }
                }
            }) {
                Ok(()) => read = true,
                // A kernel without IPv6 has two of them.
                Err(Miss::Gone) => {}
                Err(Miss::Denied | Miss::Failed) => return false,
            }
        }
        read
    })
}

/// Hands every line of a table to `take`, however long it is.
fn table(
    dir: &OwnedFd,
    pid: Pid,
    name: &str,
    scratch: &mut Scratch,
    mut take: impl FnMut(&[u8]),
) -> Result<(), Miss> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = openat(dir, Path::process(pid, name).as_c_str(), flags, Mode::empty())?;
    let mut begun = 0;
    loop {
        let room = scratch.text.get_mut(begun..).unwrap_or_default();
        let read = match rustix::io::read(&file, room) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno.into()),
        };
        let text = scratch.text.get(..begun + read).unwrap_or_default();
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        for line in text.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n') {
            take(line);
        }
        let end = begun + read;
        scratch.text.copy_within(whole..end, 0);
        begun = end - whole;
        // No table has such a line.
        if begun == scratch.text.len() {
            return Err(Miss::Failed);
        }
    }
}
