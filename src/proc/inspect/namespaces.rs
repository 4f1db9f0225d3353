//! Namespaces: the links below `ns`, beside ours and those of PID 1.

use std::collections::BTreeMap;
use std::os::fd::AsFd;

use rustix::fs::{Dir, OFlags};

use super::super::parse;
use super::Look;
use super::status::Status;
use super::text::{self, Buffer};
use crate::model::Untrusted;
use crate::model::inspect::{Datum, IdRange, Namespace, NamespacePage, Refused};

/// So many lines has a map of ids at most: user_namespaces(7).
const MOST_RANGES: usize = 340;

pub(super) fn read(look: &Look<'_>, buffer: &mut Buffer) -> NamespacePage {
    let own = if look.ours { "self/ns" } else { "1/ns" };
    let ours = inodes(look, look.proc, own, buffer).unwrap_or_default();
    let init = inodes(look, look.proc, "1/ns", buffer).unwrap_or_default();
    let namespaces = match inodes(look, look.dir, "ns", buffer) {
        Ok(found) => Ok(found
            .into_iter()
            .map(|(kind, inode)| {
                let same = |others: &BTreeMap<Vec<u8>, Datum<u64>>| {
                    Some(others.get(&kind)?.as_ref().ok()? == inode.as_ref().ok()?)
                };
                Namespace {
                    ours: same(&ours).filter(|_| look.ours),
                    init: same(&init),
                    kind: Untrusted::new(kind),
                    inode,
                }
            })
            .collect()),
        Err(why) => Err(why),
    };
    let uid_map = map(look, "uid_map", buffer);
    let gid_map = map(look, "gid_map", buffer);
    let setgroups = buffer.read(look.dir, "setgroups").ok().map(|text| text.starts_with(b"allow"));
    let status = buffer.read(look.dir, "status").unwrap_or_default();
    NamespacePage { namespaces, pids: Status(status).list("NSpid"), uid_map, gid_map, setgroups }
}

/// The inodes of the namespaces in a directory, by kind.
fn inodes(
    look: &Look<'_>,
    dir: impl AsFd,
    path: &str,
    buffer: &mut Buffer,
) -> Datum<BTreeMap<Vec<u8>, Datum<u64>>> {
    let dir = text::open(dir, path, OFlags::DIRECTORY).map_err(|miss| look.refused(miss))?;
    let entries = Dir::read_from(&dir).map_err(|_| Refused::NotRead)?;
    let mut found = BTreeMap::new();
    for entry in entries.flatten().take(64) {
        let name = entry.file_name().to_bytes();
        if name.starts_with(b".") {
            continue;
        }
        let Ok(text) = std::str::from_utf8(name) else { continue };
        let inode = match buffer.link(&dir, text) {
            Ok(link) => parse::namespace(link).map(u64::from).ok_or(Refused::Unreadable),
            Err(miss) => Err(look.refused(miss)),
        };
        found.insert(name.to_vec(), inode);
    }
    // Where none is told, it is said once, with what it takes.
    let why = |inode: &Datum<u64>| inode.as_ref().err().copied();
    match found.values().next().map(why) {
        None => Err(Refused::NoSuch),
        Some(Some(denied @ Refused::Denied(_))) if found.values().all(|inode| why(inode) == Some(denied)) => {
            Err(denied)
        }
        Some(_) => Ok(found),
    }
}

fn map(look: &Look<'_>, name: &str, buffer: &mut Buffer) -> Datum<Vec<IdRange>> {
    let text = buffer.read(look.dir, name).map_err(|miss| look.refused(miss))?;
    let range = |line: &[u8]| {
        let mut words = parse::words(line).map(|word| u32::try_from(parse::unsigned(word)?).ok());
        Some(IdRange { inside: words.next()??, outside: words.next()??, count: words.next()?? })
    };
    Ok(parse::lines(text).filter_map(range).take(MOST_RANGES).collect())
}
