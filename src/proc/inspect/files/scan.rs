//! Who else has a pipe, or the other end of a socket: everybody's descriptors are looked through, some processes in each
//! look, round after round. Reading another's links waits for nobody.

use std::collections::{BTreeMap, BTreeSet};

use rustix::fs::{AtFlags, OFlags, statat};

use super::super::super::clock;
use super::super::super::files::Miss;
use super::super::super::parse;
use super::super::Look;
use super::super::text::{self, Buffer, Numbered};
use super::info;
use super::sockets::{Connection, across};
use crate::model::inspect::{Partner, Partners};
use crate::model::{Pid, ProcId, Untrusted};

/// CPU time for the first round, in one look, seconds; a machine of many processes needs more looks.
const AT_ONCE: f64 = 0.02;

/// CPU time in a look that is to be thorough, seconds: some thousand processes.
const THOROUGH: f64 = 0.25;

/// CPU time in each later look.
const LATER: f64 = 0.001;

/// So many partners are told of one pipe.
const MOST: usize = 64;

/// What is found, by inode.
type Found = BTreeMap<u64, Vec<Partner>>;

/// What is looked for.
#[derive(Default)]
pub(super) struct Wanted {
    /// Pipes and sockets by inode, and FIFOs by [`fifo`].
    pub(super) inodes: BTreeSet<u64>,
    /// Where FIFOs lie, and their inodes.
    pub(super) fifos: BTreeMap<Vec<u8>, u64>,
    /// Connections whose other end may be in another network namespace.
    pub(super) far: Vec<Connection>,
    /// The network namespace that has been looked through.
    pub(super) network: Option<Vec<u8>>,
}

/// What a FIFO is known by: file systems number their files as they like, and so does the kernel its pipes.
pub(super) fn fifo(inode: u64) -> u64 {
    inode | 1 << 63
}

/// The rounds.
#[derive(Default)]
pub(super) struct Scan {
    /// What the last round found, and whether there was one.
    known: Found,
    complete: bool,
    /// Whether the round under way is the first, for which somebody waits.
    hurries: bool,
    denied: u32,
    /// The round that is under way.
    found: Found,
    refused: u32,
    pids: Vec<u32>,
    next: usize,
    wanted: Wanted,
    entries: Vec<u32>,
    /// The network namespaces that were looked through in this round.
    networks: BTreeSet<Vec<u8>>,
    /// Sockets in other network namespaces, by those that are connected to them.
    across: BTreeMap<u64, u64>,
}

impl Scan {
    /// Looks on for who has one of those in `wanted`.
    pub(super) fn look(&mut self, look: &Look<'_>, wanted: Wanted, buffer: &mut Buffer) {
        if wanted.inodes.is_empty() {
            *self = Scan::default();
            return;
        }
        if !wanted.inodes.is_subset(&self.wanted.inodes) || look.fresh {
            // Somebody new is asked for: the round begins anew, and what is known stays until it ends.
            self.hurries |= self.wanted.inodes.is_empty() || look.fresh;
            self.pids.clear();
            self.complete = false;
        }
        self.wanted = wanted;
        let budget = match (look.fresh, self.hurries) {
            (true, _) => THOROUGH,
            (false, true) => AT_ONCE,
            (false, false) => LATER,
        };
        let begun = clock::own_thread();
        if self.next >= self.pids.len() {
            self.begin(look, buffer);
        }
        while let Some(pid) = self.pids.get(self.next).copied() {
            self.next += 1;
            if pid != look.id.pid.get() {
                self.process(look, pid, buffer);
            }
            if clock::own_thread() - begun > budget {
                break;
            }
        }
        if self.next >= self.pids.len() {
            self.known = std::mem::take(&mut self.found);
            self.denied = self.refused;
            (self.complete, self.hurries) = (true, false);
        }
    }

    fn begin(&mut self, look: &Look<'_>, buffer: &mut Buffer) {
        self.pids.clear();
        self.found.clear();
        (self.next, self.refused) = (0, 0);
        self.networks.clear();
        self.networks.extend(self.wanted.network.clone());
        let _ = buffer.numbers(look.proc, &mut self.pids);
        // Who came last first: partners are seldom old.
        self.pids.reverse();
    }

    fn process(&mut self, look: &Look<'_>, pid: u32, buffer: &mut Buffer) {
        let links = match text::open(look.proc, Numbered::new(pid, "/fd").as_str(), OFlags::DIRECTORY) {
            Ok(links) => links,
            Err(miss) => {
                self.refused += u32::from(miss == Miss::Denied);
                return;
            }
        };
        self.entries.clear();
        if let Err(miss) = buffer.numbers(&links, &mut self.entries) {
            self.refused += u32::from(miss == Miss::Denied);
            return;
        }
        self.network(look, pid, buffer);
        let mut who: Option<(ProcId, Untrusted)> = None;
        for fd in &self.entries {
            let path = Numbered::new(*fd, "");
            let link = match buffer.link(&links, path.as_str()) {
                Ok(link) => link,
                // Root without its rights may list the directory, and is told no link in it.
                Err(Miss::Denied) => {
                    self.refused += 1;
                    return;
                }
                Err(_) => continue,
            };
            let lies = |link| self.wanted.fifos.get(link).copied();
            let (inode, fifo) = match inode(link) {
                Some(inode) => (Some(inode), None),
                None => (lies(link).map(fifo), lies(link)),
            };
            let Some(inode) = inode.filter(|inode| self.wanted.inodes.contains(inode)) else { continue };
            if fifo.is_some_and(|fifo| !is_it(look, pid, *fd, fifo, buffer)) {
                continue;
            }
            if who.is_none() {
                let stat = buffer.read(look.proc, Numbered::new(pid, "/stat").as_str()).unwrap_or_default();
                who = parse::stat(stat).and_then(|stat| {
                    let id = ProcId { pid: Pid::new(pid)?, start_time: stat.start_time };
                    Some((id, Untrusted::new(stat.comm)))
                });
            }
            let Some((id, name)) = &who else { return };
            // How it is open there says the link's own mode: readable, writable.
            let mode =
                statat(&links, path.as_str(), AtFlags::SYMLINK_NOFOLLOW).map_or(0, |stat| stat.st_mode);
            let (reads, writes) = (mode & 0o400 != 0, mode & 0o200 != 0);
            let all = self.found.entry(inode).or_default();
            if let Some(partner) = all.iter_mut().find(|partner| partner.id == *id) {
                partner.reads |= reads;
                partner.writes |= writes;
            } else if all.len() < MOST {
                all.push(Partner { id: *id, name: name.clone(), fd: *fd, reads, writes });
            }
        }
    }

    /// Looks for other ends in the network namespace of a process, where nobody of that was seen before.
    fn network(&mut self, look: &Look<'_>, pid: u32, buffer: &mut Buffer) {
        if self.wanted.far.is_empty() {
            return;
        }
        let Ok(network) = buffer.link(look.proc, Numbered::new(pid, "/ns/net").as_str()) else { return };
        if !self.networks.contains(network) && self.networks.insert(network.to_vec()) {
            self.across.extend(across(look, pid, &self.wanted.far, buffer));
        }
    }

    /// The other ends in other network namespaces, by ours.
    pub(super) fn across(&self) -> &BTreeMap<u64, u64> {
        &self.across
    }

    /// Who has one of these.
    pub(super) fn of(&self, inodes: impl IntoIterator<Item = u64>) -> Partners {
        let mut found: Vec<Partner> = Vec::new();
        for inode in inodes {
            // What the round under way has found already is newer than what the last one did.
            for round in [&self.found, &self.known] {
                found.extend(round.get(&inode).into_iter().flatten().cloned());
            }
        }
        found.sort_by_key(|partner| partner.id);
        found.dedup_by_key(|partner| partner.id);
        Partners { found, denied: self.denied.max(self.refused), complete: self.complete }
    }
}

/// Whether a descriptor is of the FIFO with this inode, and not of one that has the same path elsewhere.
fn is_it(look: &Look<'_>, pid: u32, fd: u32, inode: u64, buffer: &mut Buffer) -> bool {
    let Ok(infos) = text::open(look.proc, Numbered::new(pid, "/fdinfo").as_str(), OFlags::DIRECTORY) else {
        return false;
    };
    let known = buffer.read(&infos, Numbered::new(fd, "").as_str()).ok().and_then(info::info);
    // The kernel tells the inode since Linux 5.14.
    known.is_some_and(|known| known.inode.is_none_or(|other| other == inode))
}

/// The inode of a pipe or socket by its link.
fn inode(link: &[u8]) -> Option<u64> {
    let rest = link.strip_prefix(b"pipe:[").or_else(|| link.strip_prefix(b"socket:["))?;
    rest.strip_suffix(b"]").and_then(parse::unsigned)
}
