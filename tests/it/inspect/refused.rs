//! What the kernel does not permit, and what hangs.

use std::time::{Duration, Instant};

use glowtop::model::Nanos;
use glowtop::model::inspect::{Doing, Examine, Found, Needed, Page, Refused};

use super::{id, inspector, is_page, page};
use crate::hang::Hang;
use crate::support::{Guard, until};

const NOBODY: u32 = 65534;

/// Runs `test` as a user who may nothing, on a thread of its own, which alone changes its user.
fn as_nobody(test: impl FnOnce() + Send) {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can be somebody else");
        return;
    }
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let nobody = rustix::thread::Uid::from_raw(NOBODY);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            test();
        });
        run.join().unwrap();
    });
}

#[test]
fn what_is_denied_says_what_it_would_need() {
    let child = Guard::sleeper();
    let known = id(child.pid());
    as_nobody(move || {
        let mut inspector = inspector();
        let denied = Refused::Denied(Needed::SameUser);
        let files = page!(inspector.examine(known, Page::Files, false), Files);
        assert_eq!(files.open, Err(denied));
        // What readers bring may take them a while on a busy machine.
        until("the environment is denied", || {
            let environment = page!(inspector.examine(known, Page::Environment, false), Environment);
            assert!(environment.variables.is_err());
            environment.variables == Err(denied)
        });
        until("the memory is denied", || {
            let map = page!(inspector.examine(known, Page::Memory, false), Memory);
            assert!(map.all.is_err());
            map.all == Err(denied)
        });
        let map = page!(inspector.examine(known, Page::Memory, false), Memory);
        assert!(map.now.resident.is_some(), "what everybody may read is told");
        let overview = page!(inspector.examine(known, Page::Overview, false), Overview);
        assert_eq!((&overview.exe, &overview.cwd), (&Err(denied), &Err(denied)));
        assert_eq!(overview.wchan, Err(denied));
        assert!(overview.io.is_err() && overview.owner.is_ok());
        let threads = page!(inspector.examine(known, Page::Threads, false), Threads);
        assert_eq!(threads.threads[0].doing, Err(denied));
        assert_eq!(threads.threads[0].wchan, Err(denied));
        assert_eq!(threads.threads[0].stack, Err(Refused::Denied(Needed::SysAdmin)));
        until("the command line is told", || {
            let line = page!(inspector.examine(known, Page::Command, false), Command);
            line.arguments.is_ok_and(|arguments| arguments.len() == 2)
        });
        assert_eq!(denied.sentence(Nanos(0)), "Denied: it needs its own user or root.");
    });
}

#[test]
fn what_hangs_is_said_to_be_slow_and_holds_nobody() {
    let Some(mut hang) = Hang::new() else { return };
    let known = id(hang.start("inspheld", 0));
    let mut inspector = inspector();
    for page in [Page::Environment, Page::Memory, Page::Command, Page::Overview] {
        let begun = Instant::now();
        let first = inspector.examine(known, page, false);
        assert!(is_page(&first.found));
        println!("{page:?} after {:?}", begun.elapsed());
    }
    let slow = |found: &Found| match found {
        Found::Environment(environment) => matches!(environment.variables, Err(Refused::Slow(_))),
        _ => false,
    };
    until("it is slow", || slow(&inspector.examine(known, Page::Environment, false).found));
    let why = Refused::Slow(Nanos(0)).sentence(Nanos(3_000_000_000));
    assert_eq!(why, "No answer for 3s: something the process needs is locked.");
    // The others of its files are read all the same.
    let overview = page!(inspector.examine(known, Page::Overview, false), Overview);
    assert!(overview.memory.resident > 0 && overview.memory.pss.is_err() && overview.io.is_ok());
    assert!(is_page(&inspector.examine(known, Page::Files, false).found));
    hang.release();
    until("it is read once it is released", || {
        std::thread::sleep(Duration::from_millis(20));
        let environment = page!(inspector.examine(known, Page::Environment, true), Environment);
        environment.variables.is_ok()
    });
}

#[test]
fn a_thread_of_the_kernel_has_nothing_and_says_so() {
    let known = match crate::support::stat_of(2) {
        Some(stat) if stat.comm == "kthreadd" => id(2),
        _ => {
            eprintln!("skipped: no threads of the kernel are to be seen here");
            return;
        }
    };
    let mut inspector = inspector();
    let overview = page!(inspector.examine(known, Page::Overview, false), Overview);
    assert_eq!((overview.exe, overview.memory.pss), (Err(Refused::HasNone), Err(Refused::HasNone)));
    let map = page!(inspector.examine(known, Page::Memory, false), Memory);
    assert_eq!((map.all, map.now.resident), (Err(Refused::HasNone), None));
    let line = page!(inspector.examine(known, Page::Command, false), Command);
    assert_eq!(line.arguments, Err(Refused::HasNone));
    // The kernel says that it is in call 0, read(2).
    let threads = page!(inspector.examine(known, Page::Threads, false), Threads);
    assert!(matches!(threads.threads[0].doing, Ok(Doing::Kernel) | Err(Refused::Denied(_))));
    let why = page!(inspector.examine(known, Page::Ancestry, false), Ancestry).why();
    assert!(why.starts_with("kthreadd is a part of the kernel"), "{why}");
}

#[test]
fn a_zombie_has_left_nearly_everything() {
    let mut child = Guard::sleeper();
    let known = id(child.pid());
    let mut inspector = inspector();
    rustix::process::kill_process(rustix::process::Pid::from_child(&child.0), rustix::process::Signal::KILL)
        .unwrap();
    until("it is a zombie", || crate::support::stat(known.pid.get()).state == 'Z');
    for page in Page::ALL {
        let seen = inspector.examine(known, page, false);
        assert!(is_page(&seen.found), "{page:?}: {:?}", seen.found);
    }
    let overview = page!(inspector.examine(known, Page::Overview, false), Overview);
    assert_eq!(overview.state, glowtop::model::State::ZOMBIE);
    assert_eq!((overview.exe, overview.memory.pss), (Err(Refused::HasNone), Err(Refused::HasNone)));
    let environment = page!(inspector.examine(known, Page::Environment, false), Environment);
    assert_eq!(environment.variables, Err(Refused::HasNone));
    child.0.wait().unwrap();
    assert!(inspector.examine(known, Page::Overview, false).is_over());
}
