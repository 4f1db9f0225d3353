//! The players of a scene: workers that have parts to play, and depend on each other. Where one of them fails, the
//! others would wait for him for ever; so then all are asked to come to an end.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::pulse::Pulse;
use super::safety;
use super::scene::{Child, Scene};
use crate::model::lab::Fate;

/// What a player does; he knows which of the names is his, from 0.
pub(super) type Part<'w> = &'w (dyn Fn(usize, &mut Pulse) -> io::Result<()> + Sync);

/// How often the master looks at what his players do.
const LOOK: Duration = Duration::from_millis(50);

/// The same where the kernel (before 5.3) cannot say when a process has ended.
const CLOSE_LOOK: Duration = Duration::from_millis(5);

impl Scene<'_> {
    /// Runs a worker for each name, as threads of one process or as a process each, as the mode says, and waits for
    /// all; meanwhile `look` is called some twenty times a second.
    ///
    /// # Errors
    /// Where a worker could not be started; those that were are asked to stop, and waited for.
    pub(super) fn troupe(&self, names: &[String], part: Part, look: impl FnMut()) -> io::Result<()> {
        let mut children = Vec::new();
        let mut problem = Ok(());
        if self.mode.is_threads() {
            children.push(self.fork_without_lane("threads", |scene| scene.players(names, part))?);
        } else {
            for (which, name) in names.iter().enumerate() {
                match self.fork(name, |pulse| part(which, pulse)) {
                    Ok(child) => children.push(child),
                    Err(error) => {
                        self.board.ask_to_stop();
                        problem = Err(error);
                        break;
                    }
                }
            }
        }
        self.attend(children, look)?;
        problem
    }

    /// Runs a worker for each name as a thread of this process and waits for all. When one fails, everybody is asked
    /// to come to an end.
    fn players(&self, names: &[String], part: Part) -> io::Result<()> {
        let board = self.board;
        let play = |which, name: &str| {
            let mut pulse =
                Pulse::new(board, name).ok_or_else(|| io::Error::other("there is no lane left"))?;
            safety::set_name(&format!("w{}", pulse.number()));
            part(which, &mut pulse)
        };
        std::thread::scope(|scope| {
            let mut started = Vec::new();
            for (which, name) in names.iter().enumerate() {
                let play = &play;
                if !board.take_token() {
                    board.ask_to_stop();
                    return Err(io::Error::new(
                        io::ErrorKind::QuotaExceeded,
                        "the bound of processes is reached",
                    ));
                }
                let thread = std::thread::Builder::new().spawn_scoped(scope, move || {
                    let played = play(which, name);
                    board.return_token();
                    if played.is_err() {
                        board.ask_to_stop();
                    }
                    played
                });
                started.push(thread.inspect_err(|_| board.ask_to_stop())?);
            }
            started
                .into_iter()
                .try_for_each(|thread| thread.join().unwrap_or(Err(io::ErrorKind::Other.into())))
        })
    }

    /// Waits for all children; meanwhile `look` is called some twenty times a second. When
    /// one ends otherwise than well, everybody is asked to come to an end.
    ///
    /// # Errors
    /// Those of wait4(2).
    pub(super) fn attend(&self, mut children: Vec<Child>, mut look: impl FnMut()) -> io::Result<()> {
        loop {
            self.reap(&mut children)?;
            look();
            if children.is_empty() {
                return Ok(());
            }
            sleep_until_one_ends(&children);
        }
    }

    /// Waits for those of the children that have ended already; when one ended otherwise than well, everybody is asked
    /// to come to an end.
    ///
    /// # Errors
    /// Those of wait4(2).
    pub(super) fn reap(&self, children: &mut Vec<Child>) -> io::Result<()> {
        let mut left = Vec::new();
        for child in children.drain(..) {
            match self.has_ended(&child)? {
                None => left.push(child),
                Some(Fate::Exited(0)) => {}
                Some(_) => self.board.ask_to_stop(),
            }
        }
        *children = left;
        Ok(())
    }
}

/// It is not reaped yet, so its pid is certainly its own.
fn pidfd(child: &Child) -> Option<OwnedFd> {
    let pid = Pid::from_raw(i32::try_from(child.pid).ok()?)?;
    pidfd_open(pid, PidfdFlags::empty()).ok()
}

/// Returns when one of them ends, or it is time for another look.
fn sleep_until_one_ends(children: &[Child]) {
    let fds: Vec<OwnedFd> = children.iter().filter_map(pidfd).collect();
    let mut ends: Vec<PollFd> = fds.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)).collect();
    let time = if fds.len() == children.len() { LOOK } else { CLOSE_LOOK };
    let _ = poll(&mut ends, PollTimeout::try_from(time).unwrap_or(PollTimeout::ZERO));
}

/// Names `1/n` … `n/n`.
pub(super) fn numbered(count: u32) -> Vec<String> {
    (1..=count).map(|number| format!("{number}/{count}")).collect()
}
