//! Every parser over the same bytes, for fuzzers.

use super::parse::{
    autogroup, blocked, cgroup, cpu_lines, drm, first_number, io, load, lone_signed, memory, namespace,
    passwd, pid, pressure, proc_is_restricted, rollup, schedstat, sizes, socket, socket_inode, start_time,
    stat, stat_details, statm, status, uptime,
};

/// Reads `text` in every way there is, as fuzzers want it; nothing comes of it, and no bytes are too much.
pub fn parse_anything(text: &[u8]) {
    let _ = (stat(text), start_time(text), statm(text), stat_details(text), blocked(text), status(text));
    let _ = (io(text), rollup(text), cgroup(text), schedstat(text), autogroup(text), lone_signed(text));
    let _ = (namespace(text), drm(text), sizes(text, u64::MAX), socket_inode(text), pid(text));
    let _ = (memory(text), load(text), uptime(text), pressure(text), cpu_lines(text, &mut Vec::new()));
    let _ = (passwd(text).count(), proc_is_restricted(text), first_number(text));
    for line in text.split(|byte| *byte == b'\n') {
        let _ = (socket(line, false), socket(line, true));
    }
}
