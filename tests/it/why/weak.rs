//! Behind a seccomp filter that forbids pidfds, as some sandboxes have it. What else can go wrong without them is
//! tested in the room itself.

use std::process::Command;

use glowtop::model::{Act, ControlOrder, Happened, NextStep, Outcome, Signal, Verdict, WhyAlive};

use super::{Desk, GENEROUS, Guard, Stray, assert_killed, target, why};

/// Forbids pidfd_open(2) (434) and pidfd_send_signal(2) (424), which have one number on all machines, to itself and
/// whatever it starts, and becomes the program that its arguments name.
pub(super) const JAIL: &str = "import ctypes, errno, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
load, equal, answer = 0x20, 0x15, 0x06
refuse = 0x00050000 | errno.ENOSYS
program = [(load, 0, 0, 0), (equal, 1, 0, 434), (equal, 0, 1, 424), (answer, 0, 0, refuse),
    (answer, 0, 0, 0x7fff0000)]
text = ctypes.create_string_buffer(b''.join(struct.pack('=HBBI', *line) for line in program))
class Filter(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('lines', ctypes.c_void_p)]
whole = Filter(len(program), ctypes.addressof(text))
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(whole), 0, 0):
    sys.exit(77)
os.execv(sys.argv[1], sys.argv[1:])";

#[test]
fn without_pidfds_the_hold_is_weak_and_says_so() {
    let me = std::env::current_exe().unwrap();
    let output = Command::new("python3")
        .args(["-c", JAIL])
        .arg(me)
        .args(["--exact", "why::weak::behind_the_filter", "--ignored", "--nocapture", "--test-threads=1"])
        .output();
    let Ok(output) = output else {
        println!("skipped: no python3");
        return;
    };
    if output.status.code() == Some(77) {
        println!("skipped: no seccomp filter can be set here");
        return;
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{complaint}");
}

#[test]
#[ignore = "run by the test above, in a process that may not use pidfds"]
fn behind_the_filter() {
    let me = rustix::process::getpid();
    let refused = rustix::process::pidfd_open(me, rustix::process::PidfdFlags::empty());
    assert_eq!(refused.unwrap_err(), rustix::io::Errno::NOSYS, "the filter does not hold");

    let mut child = Guard::shell("trap '' TERM; echo up; read x");
    assert_eq!(child.line(), "up");
    let desk = Desk::open(GENEROUS);
    let chosen = target(child.pid());
    desk.control.send(ControlOrder::Pin { session: 1, targets: vec![chosen.clone()] });
    match desk.next().what {
        Happened::Pinned(standing) => assert!(standing.weak),
        other => panic!("{other:?}"),
    }
    desk.act(1, Act::Renice(1));
    assert!(matches!(desk.outcome(), Outcome::Changed(_)));
    let news = desk.signal(1, chosen.clone(), Signal::TERM);
    assert_eq!(why(&news), &WhyAlive::Ignores);
    assert_eq!(news.next_step(), Some(NextStep::Send(Signal::KILL)));
    assert_killed(&desk.signal(1, chosen, Signal::KILL));

    // Somebody else's child is reaped by somebody else: then its end is all that is known.
    let mut parent = Guard::shell("sleep 1000 & echo $!; wait; read x");
    let pid = parent.number();
    let _stray = Stray(target(pid));
    desk.pin(2, target(pid));
    desk.act(2, Act::Signal(Signal::KILL));
    match desk.outcome() {
        // It may be gone before it can be asked again whom it was.
        Outcome::Uncertain => {}
        Outcome::Delivered => {
            let end = desk.next().what;
            let known = matches!(end, Happened::Verdict(Verdict::Killed { by: Signal::KILL, .. }));
            assert!(known || matches!(end, Happened::Verdict(Verdict::Ended { .. })), "{end:?}");
        }
        other => panic!("{other:?}"),
    }
}
