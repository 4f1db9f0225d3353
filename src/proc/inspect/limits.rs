//! `limits`, with what is used of each where that is known.

use super::super::parse::{self, StatLine};
use super::Look;
use super::status::Status;
use super::text::{self, Buffer};
use crate::model::inspect::{Limit, LimitKind, Limits, Refused};

pub(super) fn read(look: &Look<'_>, stat: &StatLine<'_>, buffer: &mut Buffer) -> Limits {
    let mut limits = match buffer.read(look.dir, "limits") {
        Ok(text) => parse_limits(text),
        Err(miss) => return Limits { limits: Err(look.refused(miss)) },
    };
    if limits.is_empty() {
        return Limits { limits: Err(Refused::Unreadable) };
    }
    let files = open_files(look, buffer);
    let text = buffer.read(look.dir, "status").unwrap_or_default();
    let status = Status(text);
    let queued = status.field("SigQ").and_then(parse::first_number);
    for limit in &mut limits {
        limit.used = match limit.kind {
            LimitKind::Cpu => Some(look.nanos(stat.utime.saturating_add(stat.stime)) / 1_000_000_000),
            LimitKind::Data => status.bytes("VmData"),
            LimitKind::Stack => status.bytes("VmStk"),
            LimitKind::Resident => status.bytes("VmRSS"),
            LimitKind::OpenFiles => files,
            LimitKind::Locked => status.bytes("VmLck"),
            LimitKind::AddressSpace => status.bytes("VmSize"),
            LimitKind::PendingSignals => queued,
            _ => None,
        };
    }
    if let Some(limit) = limits.iter_mut().find(|limit| limit.kind == LimitKind::Processes) {
        limit.used = status.ids("Uid").and_then(|uids| threads_of(look, uids));
    }
    Limits { limits: Ok(limits) }
}

/// The lines of `limits`; those of kinds that nobody knows are left out.
pub(super) fn parse_limits(text: &[u8]) -> Vec<Limit> {
    let bound = |word: Option<&[u8]>| match word? {
        b"unlimited" => Some(None),
        number => parse::unsigned(number).map(Some),
    };
    let line = |line: &[u8]| {
        LimitKind::ALL.iter().find_map(|(kind, words, ..)| {
            let mut rest = parse::words(line.strip_prefix(words.as_bytes())?);
            let (soft, hard) = (bound(rest.next())?, bound(rest.next())?);
            Some(Limit { kind: *kind, soft, hard, used: None })
        })
    };
    parse::lines(text).filter_map(line).collect()
}

/// How many files the process has open.
fn open_files(look: &Look<'_>, buffer: &mut Buffer) -> Option<u64> {
    let mut files = Vec::new();
    let dir = text::open(look.dir, "fd", rustix::fs::OFlags::DIRECTORY).ok()?;
    buffer.numbers(&dir, &mut files).ok()?;
    Some(files.len() as u64)
}

/// How many threads the real user has, in all: what the kernel counts against the limit. Only where that costs little:
/// the user is told by the owner of each process's directory.
fn threads_of(look: &Look<'_>, [real, ..]: [u32; 4]) -> Option<u64> {
    let mut buffer = Buffer::default();
    let mut pids = Vec::new();
    buffer.numbers(look.proc, &mut pids).ok()?;
    if pids.len() > 2000 || !look.ours {
        return None;
    }
    let mut threads = 0u64;
    for pid in pids {
        let path = text::Numbered::new(pid, "");
        let owner = rustix::fs::statat(look.proc, path.as_str(), rustix::fs::AtFlags::empty());
        if owner.is_ok_and(|owner| owner.st_uid == real)
            && let Ok(stat) = buffer.read(look.proc, text::Numbered::new(pid, "/stat").as_str())
        {
            threads += parse::stat(stat).map_or(0, |stat| stat.threads);
        }
    }
    Some(threads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_or_none() {
        let text = b"Limit                     Soft Limit           Hard Limit           Units     \n\
            Max cpu time              unlimited            unlimited            seconds   \n\
            Max open files            1024                 524288               files     \n\
            Max nice priority         0                    0                    \n\
            Max something new         1                    2                    things    \n";
        let limits = parse_limits(text);
        let short: Vec<_> = limits.iter().map(|limit| (limit.kind, limit.soft, limit.hard)).collect();
        assert_eq!(
            short,
            [
                (LimitKind::Cpu, None, None),
                (LimitKind::OpenFiles, Some(1024), Some(524_288)),
                (LimitKind::Nice, Some(0), Some(0)),
            ]
        );
    }
}
