//! Who has the other end of what is open, and what is said where that, or anything, is not told.

use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::process::Command;

use glowtop::model::ProcId;
use glowtop::model::inspect::{Examine, FileKind, Files, Needed, Page, Partner, Protocol, Refused};
use glowtop::proc::Inspector;

use super::{id, inspector, page};
use crate::fixture::Fixture;
use crate::support::{Guard, until};

fn files(inspector: &mut Inspector, of: ProcId) -> Files {
    *page!(inspector.examine(of, Page::Files, false), Files)
}

/// Who has the other end of a descriptor of this process.
fn partners(inspector: &mut Inspector, fd: i32) -> Vec<Partner> {
    let files = files(inspector, id(std::process::id()));
    let open = files.open.unwrap();
    let file = open.iter().find(|file| file.fd == fd as u32).unwrap();
    file.kind.partners().map_or(Vec::new(), |partners| partners.found.clone())
}

#[test]
fn a_fifo_is_told_with_who_reads_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("fifo");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let own = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    let mut child =
        Guard::start(Command::new("sh").args(["-c", "exec 3<\"$0\"; echo up; read x"]).arg(&path));
    assert_eq!(child.line(), "up");
    let mut inspector = inspector();
    until("the reader is found", || {
        let found = partners(&mut inspector, own.as_raw_fd());
        found.iter().any(|one| one.id == id(child.pid()) && one.fd == 3 && one.reads && !one.writes)
    });
}

#[test]
fn both_ends_of_a_pipe_may_be_its_own() {
    let (reads, writes) = std::io::pipe().unwrap();
    let (reads, writes) = (reads.as_fd().as_raw_fd(), writes.as_fd().as_raw_fd());
    let mut inspector = inspector();
    let mut other = |of: i32| {
        let found = partners(&mut inspector, of);
        found.iter().find(|one| one.id == id(std::process::id())).map(|one| one.fd as i32)
    };
    assert_eq!((other(reads), other(writes)), (Some(writes), Some(reads)));
}

#[test]
fn an_end_that_writes_ipv4_as_ipv6_is_the_other_end_all_the_same() {
    let Ok(listener) = TcpListener::bind("[::]:0") else { return };
    let address = ("127.0.0.1", listener.local_addr().unwrap().port());
    // Where sockets of IPv6 take no connections of IPv4.
    let Ok(near) = TcpStream::connect(address) else { return };
    let (far, _) = listener.accept().unwrap();
    let (near, far) = (near.as_raw_fd(), far.as_raw_fd());
    let mut inspector = inspector();
    let mut other = |of: i32| partners(&mut inspector, of).first().map(|one| one.fd as i32);
    assert_eq!((other(near), other(far)), (Some(far), Some(near)));
}

/// A line of `net/tcp`: port `from` of 10.0.0.1 or .2, connected to port `to` of the other one.
fn line(inode: u32, own: u8, from: u16, to: u16) -> String {
    let other = 3 - own;
    format!(
        "   0: 0{own}00000A:{from:04X} 0{other}00000A:{to:04X} 01 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0 20\n"
    )
}

#[test]
#[cfg(target_endian = "little")]
fn a_connection_into_another_network_namespace_is_told_with_its_end() {
    let fixture = Fixture::new();
    for (pid, name, inode, own, from, to) in
        [(50, "client", 500, 1, 4000, 80), (60, "server", 600, 2, 80, 4000)]
    {
        fixture.process(pid, 1, name, 100, 1);
        let base = format!("proc/{pid}");
        fixture.write(
            &format!("{base}/net/tcp"),
            format!("  sl  local_address\n{}", line(inode, own, from, to)),
        );
        for folder in ["fd", "fdinfo", "ns"] {
            std::fs::create_dir_all(fixture.path(&format!("{base}/{folder}"))).unwrap();
        }
        std::os::unix::fs::symlink(format!("socket:[{inode}]"), fixture.path(&format!("{base}/fd/7")))
            .unwrap();
        std::os::unix::fs::symlink(format!("net:[{pid}]"), fixture.path(&format!("{base}/ns/net"))).unwrap();
    }
    let mut inspector = Inspector::new(fixture.root());
    let known = ProcId::new(50, 100).unwrap();
    until("the server is found", || {
        let open = files(&mut inspector, known).open.unwrap();
        let FileKind::Socket(socket) = &open[0].kind else { panic!("{open:?}") };
        assert_eq!(socket.protocol, Protocol::Tcp);
        socket.partners.found.iter().any(|one| one.id == ProcId::new(60, 100).unwrap() && one.fd == 7)
    });
}

#[test]
#[cfg(target_endian = "little")]
fn a_very_long_table_of_sockets_is_read_in_part_and_that_is_said() {
    let fixture = Fixture::new();
    fixture.process(50, 1, "busy", 100, 1);
    let lines: Vec<String> = (0..100_000u32).map(|n| line(1000 + n, 1, 4000, 80)).collect();
    fixture.write("proc/50/net/tcp", format!("  sl  local_address\n{}", lines.concat()));
    for folder in ["fd", "fdinfo"] {
        std::fs::create_dir_all(fixture.path(&format!("proc/50/{folder}"))).unwrap();
    }
    for (fd, inode) in [(3, 1000), (4, 100_999)] {
        let at = fixture.path(&format!("proc/50/fd/{fd}"));
        std::os::unix::fs::symlink(format!("socket:[{inode}]"), at).unwrap();
    }
    let mut inspector = Inspector::new(fixture.root());
    let known = ProcId::new(50, 100).unwrap();
    let seen = files(&mut inspector, known);
    let said = |seen: &Files| {
        let open = seen.open.as_ref().unwrap();
        open.iter()
            .map(|file| match &file.kind {
                FileKind::Socket(socket) => socket.protocol,
                other => panic!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    assert!(seen.cut);
    assert_eq!(said(&seen), [Protocol::Tcp, Protocol::Unknown]);
    // It is not read again at once, and what was read stays.
    fixture.write("proc/50/net/tcp", "");
    let again = files(&mut inspector, known);
    assert!(again.cut);
    assert_eq!(said(&again), said(&seen));
}

#[test]
fn root_without_its_rights_is_told_what_it_would_need_and_not_nothing() {
    use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root has rights to give up");
        return;
    }
    let child = Guard::sleeper();
    let known = id(child.pid());
    std::thread::scope(|scope| {
        // A thread of its own, which alone gives it up.
        scope.spawn(move || {
            let mut sets = capabilities(None).unwrap();
            sets.effective.remove(CapabilitySet::SYS_PTRACE);
            sets.permitted.remove(CapabilitySet::SYS_PTRACE);
            set_capabilities(None, sets).unwrap();
            let mut inspector = inspector();
            let denied = Refused::Denied(Needed::Ptrace);
            let seen = files(&mut inspector, known);
            assert_eq!((&seen.open, seen.other_network), (&Err(denied), false));
            let namespaces = page!(inspector.examine(known, Page::Namespaces, false), Namespaces);
            assert_eq!(namespaces.namespaces, Err(denied));
        });
    });
}

#[test]
fn a_zombie_has_no_files_and_is_in_no_other_network() {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 0 & echo $!; exec sleep 1000"]);
    let mut child = Guard::start(&mut command);
    let zombie: u32 = child.line().trim().parse().unwrap();
    until("it has ended", || {
        std::fs::read_to_string(format!("/proc/{zombie}/stat")).unwrap().contains(") Z ")
    });
    let seen = files(&mut inspector(), id(zombie));
    assert_eq!((seen.open, seen.other_network), (Err(Refused::HasNone), false));
    let ancestry = page!(inspector().examine(id(zombie), Page::Ancestry, false), Ancestry);
    assert!(ancestry.ended && ancestry.why().contains("has ended, and is kept until"), "{}", ancestry.why());
}
