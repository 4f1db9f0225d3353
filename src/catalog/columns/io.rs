//! What it reads and writes, and what it does on graphics cards. The kernel tells of the processes of others only to
//! root.

use super::detail::{count, of, rate, rates, size, usage};
use super::format::cpu_time;
use super::{Column, Row, detail};
use crate::model::{Gpu, Io, Needs};

fn io<'a>(row: &Row<'a>) -> Option<&'a Io> {
    of(row)?.io.known()
}

fn gpu<'a>(row: &Row<'a>) -> Option<&'a Gpu> {
    of(row)?.gpu.known()
}

pub(super) const COLUMNS: &[Column] = &[
    rate!(
        (
            "io_rate",
            "DISK/s",
            "Bytes a second that it reads from storage and writes to it (read_bytes and write_bytes of /proc/PID/io)."
        ),
        Needs::IO,
        |row| rates(row).and_then(|rates| Some(rates.read? + rates.write?))
    ),
    rate!(
        ("read_rate", "READ/s", "Bytes a second that it reads from storage (read_bytes of /proc/PID/io)."),
        Needs::IO,
        |row| rates(row)?.read
    ),
    rate!(
        ("write_rate", "WRIT/s", "Bytes a second that it writes to storage (write_bytes of /proc/PID/io)."),
        Needs::IO,
        |row| rates(row)?.write
    ),
    size!(
        ("read_bytes", "RBYTES", "Bytes it has read from storage since its start (/proc/PID/io)."),
        Needs::IO,
        |row| io(row).map(|io| io.read_bytes)
    ),
    size!(
        ("write_bytes", "WBYTES", "Bytes it has written to storage since its start (/proc/PID/io)."),
        Needs::IO,
        |row| io(row).map(|io| io.write_bytes)
    ),
    size!(
        (
            "cancelled",
            "CANCLD",
            "Bytes of WBYTES that never reached storage, because their file was cut or removed before (cancelled_write_bytes of /proc/PID/io)."
        ),
        Needs::IO,
        |row| io(row).map(|io| io.cancelled_bytes)
    ),
    size!(
        (
            "rchar",
            "RCHAR",
            "Bytes that read(2) and the like gave it since its start, from files, pipes, sockets and terminals (/proc/PID/io)."
        ),
        Needs::IO,
        |row| io(row).map(|io| io.read_chars)
    ),
    size!(
        ("wchar", "WCHAR", "Bytes that it handed to write(2) and the like since its start (/proc/PID/io)."),
        Needs::IO,
        |row| io(row).map(|io| io.write_chars)
    ),
    count!(
        ("syscr", "RCALLS", "Calls of read(2) and the like since its start (syscr of /proc/PID/io)."),
        8,
        Needs::IO,
        |row| io(row).map(|io| io.read_calls)
    ),
    count!(
        ("syscw", "WCALLS", "Calls of write(2) and the like since its start (syscw of /proc/PID/io)."),
        8,
        Needs::IO,
        |row| io(row).map(|io| io.write_calls)
    ),
    usage!(
        (
            "gpu",
            "GPU%",
            "The use of graphics engines since the look before, in percent of one engine (drm-engine of /proc/PID/fdinfo)."
        ),
        Needs::GPU,
        |row| rates(row)?.gpu
    ),
    detail::figure(
        (
            "gpu_time",
            "GTIME+",
            "The time it has used on graphics engines since its start (drm-engine of /proc/PID/fdinfo).",
        ),
        9,
        Needs::GPU,
        |row| gpu(row).map(|gpu| gpu.engine as f64 / 1e9).into(),
        |row, cell| cpu_time(gpu(row).map(|gpu| gpu.engine), cell),
    ),
    size!(
        (
            "gpu_mem",
            "GMEM",
            "The memory it has on graphics cards (drm-resident or drm-memory of /proc/PID/fdinfo)."
        ),
        Needs::GPU,
        |row| gpu(row)?.memory
    ),
];
