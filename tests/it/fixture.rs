//! Made-up `/proc` trees, read by the real reader through its root.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A tree below a temporary directory that ends with it.
pub(crate) struct Fixture {
    root: TempDir,
}

impl Fixture {
    /// A machine with two CPUs, up for 1 000 s, without processes.
    pub(crate) fn new() -> Fixture {
        let fixture = Fixture { root: tempfile::tempdir().unwrap() };
        fixture.write(
            "proc/stat",
            "cpu  300 0 100 1600 0 0 0 0 0 0\ncpu0 200 0 50 750 0 0 0 0 0 0\ncpu1 100 0 50 850 0 0 0 0 0 0\n\
             ctxt 9\nbtime 1700000000\nprocesses 77\nprocs_running 1\nprocs_blocked 0\n",
        );
        fixture.write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 400 kB\nMemAvailable: 500 kB\n");
        fixture.write("proc/loadavg", "0.10 0.20 0.30 1/9 77\n");
        fixture.write("proc/uptime", "1000.00 1900.00\n");
        fixture.write("proc/sys/kernel/hostname", "fixture\n");
        fixture.write("proc/sys/kernel/osrelease", "6.1.2-test\n");
        fixture
    }

    /// Where the tree is.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// A path in the tree.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root().join(below)
    }

    /// Writes a file, with the directories above it.
    pub(crate) fn write(&self, below: &str, text: impl AsRef<[u8]>) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A process with `threads` threads, that started `start` ticks after boot.
    pub(crate) fn process(&self, pid: u32, parent: u32, comm: impl AsRef<[u8]>, start: u64, threads: u32) {
        self.write(&format!("proc/{pid}/stat"), stat(pid, parent, comm.as_ref(), start, threads));
        self.write(&format!("proc/{pid}/statm"), "300 20 10 1 0 5 0\n");
        self.write(&format!("proc/{pid}/cmdline"), format!("/usr/bin/prog{pid}\0--flag\0"));
    }

    /// A thread of a process.
    pub(crate) fn thread(&self, process: u32, tid: u32, comm: &str, start: u64) {
        self.write(&format!("proc/{process}/task/{tid}/stat"), stat(tid, 1, comm.as_bytes(), start, 3));
    }

    /// Takes a process away.
    pub(crate) fn end(&self, pid: u32) {
        fs::remove_dir_all(self.path(&format!("proc/{pid}"))).unwrap();
    }
}

/// A `stat` line as Linux 6.18 writes it: 500 ticks of user and 250 of system time.
pub(crate) fn stat(pid: u32, parent: u32, comm: &[u8], start: u64, threads: u32) -> Vec<u8> {
    let mut line = format!("{pid} (").into_bytes();
    line.extend_from_slice(comm);
    line.extend_from_slice(
        format!(
            ") S {parent} {pid} {pid} 34816 -1 4194304 11 0 22 0 500 250 0 0 25 5 {threads} 0 {start} 1228800 20 \
             18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
        )
        .as_bytes(),
    );
    line
}
