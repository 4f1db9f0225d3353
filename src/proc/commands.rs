//! Command lines and what else hangs as they do, read by threads that may be left behind.
//!
//! Reading `/proc/PID/cmdline` waits, deaf to everything but SIGKILL, for as long as the target's memory map is
//! locked; whoever owns a process can arrange that (a page fault on a dead file server, a FUSE file system of their
//! own). So a *reader* thread does it, one process after the other. When it has not come on for [`PATIENCE`] although
//! it was given the processor, the process it is at is *stuck*, the thread is left behind and another takes over the
//! rest. A reader that comes back
//! after all delivers what it read and ends. At most [`LEFT_BEHIND`] may hang; then commands are off until one comes
//! back. Nobody ever joins a reader, so none can keep this program from ending.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use super::files::{Miss, Path};
use super::parse;
use crate::model::{Command, ProcId, Rollup};

/// How long a reader may be at one process.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long a look waits for command lines in all; what comes later is part of the next look.
pub(super) const PER_LOOK: Duration = Duration::from_millis(150);

/// The same for a look in a hurry.
pub(super) const HURRY: Duration = Duration::from_millis(8);

/// With more lines than this to come, they are waited for in naps.
const MANY: usize = 20;

/// What a reader needs for about that many lines.
const NAP: Duration = Duration::from_micros(500);

/// How many readers may hang.
const LEFT_BEHIND: usize = 4;

/// Most bytes of a command line.
const LONGEST: usize = 4096;

/// What became of what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome<T = Option<Command>> {
    /// It was read while the process was the one meant; a command line is `None` where it has none.
    Read(T),
    /// The kernel does not permit it.
    Denied,
    /// The process has ended, its pid is another's now, or the reading failed for want of something.
    Lost,
    /// It could not be read in time; the process's memory map is locked.
    Stuck,
}

struct Answer<T> {
    reader: u64,
    id: ProcId,
    outcome: Outcome<T>,
}

struct Reader {
    number: u64,
    orders: Sender<Vec<ProcId>>,
    /// Tells the thread to end after what it is at, although there are orders left.
    dismissed: Arc<AtomicBool>,
    /// What it has been told to read and has not answered, in its order; it is at the first.
    pending: VecDeque<ProcId>,
    /// When it last came on, as far as we know.
    progress: Instant,
    /// Its number as a thread, 0 until it has begun.
    thread: Arc<AtomicI32>,
}

impl Reader {
    /// Whether it is not the file that keeps it: on an overloaded machine it may wait for its turn to run for longer
    /// than anybody has patience.
    fn is_starved(&self) -> bool {
        match self.thread.load(Ordering::Relaxed) {
            0 => true,
            thread => is_runnable(thread),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.dismissed.store(true, Ordering::Relaxed);
    }
}

/// How one file is read.
pub(super) type How<T> = fn(&OwnedFd, ProcId, &mut [u8]) -> Outcome<T>;

/// The desk at which command lines, or other files of one kind, are ordered and collected.
pub(super) struct Commands<T = Option<Command>> {
    how: How<T>,
    dir: Arc<OwnedFd>,
    to_us: Sender<Answer<T>>,
    answers: Receiver<Answer<T>>,
    reader: Option<Reader>,
    left_behind: Vec<u64>,
    readers: u64,
    patience: Duration,
}

impl Commands {
    /// Reads command lines below the directory `dir`, a `/proc`.
    pub(super) fn new(dir: OwnedFd) -> Commands {
        Commands::with(dir, read_one)
    }
}

impl Commands<Rollup> {
    /// Reads `smaps_rollup` below the directory `dir`.
    pub(super) fn of_rollups(dir: OwnedFd) -> Commands<Rollup> {
        Commands::with(dir, read_rollup)
    }
}

impl<T: Send + 'static> Commands<T> {
    /// Reads what `how` reads, below the directory `dir`.
    pub(super) fn with(dir: OwnedFd, how: How<T>) -> Commands<T> {
        let (to_us, answers) = channel();
        Commands {
            how,
            dir: Arc::new(dir),
            to_us,
            answers,
            reader: None,
            left_behind: Vec::new(),
            readers: 0,
            patience: PATIENCE,
        }
    }

    /// Whether too many readers hang for another to be risked.
    pub(super) fn off(&self) -> bool {
        self.left_behind.len() >= LEFT_BEHIND
    }

    /// Orders the command lines of `due`, and hands to `take` what arrives in time: of these and of earlier orders.
    ///
    /// Each id ordered is answered once, now or in a later call, but for one case: what was stuck may be answered
    /// again when its reader comes back. Returns within `patience` and a bit, whatever the files do.
    pub(super) fn read(
        &mut self,
        due: Vec<ProcId>,
        patience: Duration,
        mut take: impl FnMut(ProcId, Outcome<T>),
    ) {
        let begun = Instant::now();
        self.drain(&mut take);
        self.order(due, &mut take);
        while let Some(reader) = self.reader.as_ref().filter(|reader| !reader.pending.is_empty()) {
            if reader.pending.len() > MANY {
                // Waking for each of them would cost more than reading it.
                std::thread::sleep(NAP);
                self.drain(&mut take);
            }
            let Some(reader) = self.reader.as_ref().filter(|reader| !reader.pending.is_empty()) else {
                return;
            };
            let with_this = self.patience.saturating_sub(reader.progress.elapsed());
            let left = patience.saturating_sub(begun.elapsed());
            match self.answers.recv_timeout(with_this.min(left)) {
                Ok(answer) => self.note(answer, &mut take),
                Err(RecvTimeoutError::Timeout) if with_this <= left => match self.reader.as_mut() {
                    Some(reader) if reader.is_starved() => reader.progress = Instant::now(),
                    _ => self.leave_behind(&mut take),
                },
                Err(_) => return,
            }
        }
    }

    /// Takes in the answers that are there.
    fn drain(&mut self, take: &mut impl FnMut(ProcId, Outcome<T>)) {
        while let Ok(answer) = self.answers.try_recv() {
            self.note(answer, take);
        }
    }

    /// Takes in one answer.
    fn note(&mut self, answer: Answer<T>, take: &mut impl FnMut(ProcId, Outcome<T>)) {
        match self.reader.as_mut().filter(|reader| reader.number == answer.reader) {
            Some(reader) => {
                reader.pending.pop_front();
                reader.progress = Instant::now();
            }
            // One that was left behind has come back, and ends now.
            None => self.left_behind.retain(|number| *number != answer.reader),
        }
        take(answer.id, answer.outcome);
    }

    /// Hands `ids` to a reader, a new one if need be; without one they are lost, which means: ask again.
    fn order(&mut self, ids: Vec<ProcId>, take: &mut impl FnMut(ProcId, Outcome<T>)) {
        if ids.is_empty() {
            return;
        }
        if self.reader.is_none() && !self.off() {
            self.reader = self.hire();
        }
        let Some(reader) = self.reader.as_mut() else {
            for id in ids {
                take(id, Outcome::Lost);
            }
            return;
        };
        if reader.pending.is_empty() {
            reader.progress = Instant::now();
        }
        reader.pending.extend(ids.iter().copied());
        if reader.orders.send(ids).is_err() {
            // The thread is gone, which only a panic in it can do.
            for id in std::mem::take(&mut reader.pending) {
                take(id, Outcome::Lost);
            }
            self.reader = None;
        }
    }

    /// Gives up on the reader: what it is at is stuck, the rest goes to another.
    fn leave_behind(&mut self, take: &mut impl FnMut(ProcId, Outcome<T>)) {
        let Some(mut reader) = self.reader.take() else { return };
        self.left_behind.push(reader.number);
        if let Some(id) = reader.pending.pop_front() {
            take(id, Outcome::Stuck);
        }
        let rest = std::mem::take(&mut reader.pending);
        drop(reader);
        self.order(rest.into(), take);
    }

    fn hire(&mut self) -> Option<Reader> {
        self.readers += 1;
        let number = self.readers;
        let (orders, to_do) = channel();
        let dismissed = Arc::new(AtomicBool::new(false));
        let (dir, answers, told) = (Arc::clone(&self.dir), self.to_us.clone(), Arc::clone(&dismissed));
        let how = self.how;
        let thread = Arc::new(AtomicI32::new(0));
        let itself = Arc::clone(&thread);
        std::thread::Builder::new()
            .name("glowtop-read".into())
            .stack_size(128 << 10)
            .spawn(move || {
                itself.store(rustix::thread::gettid().as_raw_nonzero().get(), Ordering::Relaxed);
                serve(number, how, &dir, &to_do, &answers, &told);
            })
            .ok()?;
        Some(Reader { number, orders, dismissed, pending: VecDeque::new(), progress: Instant::now(), thread })
    }
}

/// Whether our thread `thread` runs or could: state R of proc(5). One that waits for a memory map is in state D.
fn is_runnable(thread: i32) -> bool {
    let stat = std::fs::read(format!("/proc/self/task/{thread}/stat")).unwrap_or_default();
    // What is behind the name; its last parenthesis ends it, whatever it holds.
    stat.rsplit(|byte| *byte == b')').next().is_some_and(|rest| rest.starts_with(b" R"))
}

/// The life of a reader.
fn serve<T>(
    number: u64,
    how: How<T>,
    dir: &OwnedFd,
    orders: &Receiver<Vec<ProcId>>,
    answers: &Sender<Answer<T>>,
    dismissed: &AtomicBool,
) {
    let mut buffer = vec![0; LONGEST];
    for id in orders.iter().flatten() {
        let outcome = how(dir, id, &mut buffer);
        if answers.send(Answer { reader: number, id, outcome }).is_err() || dismissed.load(Ordering::Relaxed)
        {
            return;
        }
    }
}

/// Reads one command line, and then who has the pid: one who has it afterwards with the same start time had it all
/// the while.
fn read_one(dir: &OwnedFd, id: ProcId, buffer: &mut [u8]) -> Outcome {
    let command = match read(dir, &Path::process(id.pid, "cmdline"), buffer) {
        Ok(text) => Command::parse(text),
        Err(Miss::Denied) => return Outcome::Denied,
        Err(Miss::Gone | Miss::Failed) => return Outcome::Lost,
    };
    match read(dir, &Path::process(id.pid, "stat"), buffer) {
        Ok(text) if parse::start_time(text) == Some(id.start_time) => Outcome::Read(command),
        _ => Outcome::Lost,
    }
}

/// Reads one `smaps_rollup`, and who has the pid, as above.
fn read_rollup(dir: &OwnedFd, id: ProcId, buffer: &mut [u8]) -> Outcome<Rollup> {
    let rollup = match read(dir, &Path::process(id.pid, "smaps_rollup"), buffer) {
        Ok(text) => parse::rollup(text),
        Err(Miss::Denied) => return Outcome::Denied,
        Err(Miss::Gone | Miss::Failed) => return Outcome::Lost,
    };
    match (rollup, read(dir, &Path::process(id.pid, "stat"), buffer)) {
        (Some(rollup), Ok(text)) if parse::start_time(text) == Some(id.start_time) => Outcome::Read(rollup),
        _ => Outcome::Lost,
    }
}

/// One read, which for these files is all there is of it, as far as the buffer goes. If it were cut short after all,
/// the line would be too until its next turn, and a `stat` would name nobody.
pub(super) fn read<'a>(dir: &OwnedFd, path: &Path, buffer: &'a mut [u8]) -> Result<&'a [u8], Miss> {
    let file =
        openat(dir, path.as_c_str(), OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY, Mode::empty())?;
    loop {
        match rustix::io::read(&file, &mut *buffer) {
            Ok(len) => return Ok(buffer.get(..len).unwrap_or(&[])),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode as Permissions;
    use std::fs;

    fn id(pid: u32, start_time: u64) -> ProcId {
        ProcId::new(pid, start_time).unwrap()
    }

    /// A `/proc` of the processes `pids`, started at 100 each, named by their pid.
    fn tree(pids: &[u32]) -> (tempfile::TempDir, Commands) {
        let dir = tempfile::tempdir().unwrap();
        for pid in pids {
            let own = dir.path().join(pid.to_string());
            fs::create_dir(&own).unwrap();
            fs::write(
                own.join("stat"),
                format!("{pid} (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 100\n"),
            )
            .unwrap();
            fs::write(own.join("cmdline"), format!("/bin/p{pid}\0arg\0")).unwrap();
        }
        let opened = fs::File::open(dir.path()).unwrap();
        // A busy machine may keep a thread from running for long; then it is not the file that hangs.
        (dir, Commands { patience: Duration::from_millis(600), ..Commands::new(opened.into()) })
    }

    /// Makes the command line of `pid` one that never comes.
    fn hang(dir: &tempfile::TempDir, pid: u32) -> std::path::PathBuf {
        let path = dir.path().join(format!("{pid}/cmdline"));
        let _ = fs::remove_file(&path);
        nix::unistd::mkfifo(&path, Permissions::S_IRUSR | Permissions::S_IWUSR).unwrap();
        path
    }

    /// Ends the wait of whoever hangs at `path`, so that the test leaves no thread behind.
    fn release(path: &std::path::Path, text: &[u8]) {
        use std::io::Write;
        fs::OpenOptions::new().write(true).open(path).unwrap().write_all(text).unwrap();
    }

    fn read_all(commands: &mut Commands, due: Vec<ProcId>) -> Vec<(u32, Option<String>)> {
        let mut got = Vec::new();
        commands.read(due, PER_LOOK, |id, outcome| {
            let line = match outcome {
                Outcome::Read(Some(command)) => Some(command.line.show(50)),
                Outcome::Read(None) => Some(String::new()),
                Outcome::Stuck => Some("stuck".into()),
                Outcome::Denied | Outcome::Lost => None,
            };
            got.push((id.pid.get(), line));
        });
        got
    }

    #[test]
    fn lines_are_read_for_those_who_were_meant() {
        let (dir, mut commands) = tree(&[5, 6, 7]);
        fs::write(dir.path().join("7/cmdline"), "").unwrap();
        let got = read_all(&mut commands, vec![id(5, 100), id(6, 99), id(7, 100), id(8, 100)]);
        assert_eq!(got, [(5, Some("/bin/p5 arg".into())), (6, None), (7, Some(String::new())), (8, None)]);
    }

    #[test]
    fn who_could_run_is_told_from_who_waits() {
        let (say, said) = channel();
        let (go_on, wait) = channel::<()>();
        let thread = std::thread::spawn(move || {
            say.send(rustix::thread::gettid().as_raw_nonzero().get()).unwrap();
            wait.recv()
        });
        let it = said.recv().unwrap();
        let end = Instant::now() + Duration::from_mins(1);
        while is_runnable(it) {
            assert!(Instant::now() < end, "it never waits");
            std::thread::yield_now();
        }
        assert!(is_runnable(rustix::thread::gettid().as_raw_nonzero().get()));
        go_on.send(()).unwrap();
        thread.join().unwrap().unwrap();
        assert!(!is_runnable(it), "it has ended");
    }

    #[test]
    fn long_lines_are_cut() {
        let (dir, mut commands) = tree(&[5]);
        fs::write(dir.path().join("5/cmdline"), vec![b'x'; 1 << 20]).unwrap();
        commands.read(vec![id(5, 100)], PER_LOOK, |_, outcome| {
            assert!(matches!(outcome, Outcome::Read(Some(command)) if command.line.bytes().len() == LONGEST));
        });
    }

    #[test]
    fn one_that_hangs_is_stuck_and_the_others_are_read() {
        let (dir, mut commands) = tree(&[5, 6, 7]);
        let fifo = hang(&dir, 6);
        let mut got = read_all(&mut commands, vec![id(5, 100), id(6, 100), id(7, 100)]);
        // The look may end before the second reader answered; the answer is not lost.
        while got.len() < 3 {
            got.extend(read_all(&mut commands, Vec::new()));
        }
        assert_eq!(
            got,
            [(5, Some("/bin/p5 arg".into())), (6, Some("stuck".into())), (7, Some("/bin/p7 arg".into()))]
        );
        assert_eq!(commands.left_behind.len(), 1);
        // When it comes back, it says what it read, and is no longer missed.
        release(&fifo, b"late\0");
        let mut late = Vec::new();
        while late.is_empty() {
            late = read_all(&mut commands, Vec::new());
        }
        assert_eq!(late, [(6, Some("late".into()))]);
        assert!(commands.left_behind.is_empty());
    }

    #[test]
    fn after_four_that_hang_commands_are_off_until_one_comes_back() {
        let (dir, mut commands) = tree(&[1, 2, 3, 4, 5]);
        let fifos: Vec<_> = (1..=4).map(|pid| hang(&dir, pid)).collect();
        let mut got = read_all(&mut commands, (1..=5).map(|pid| id(pid, 100)).collect());
        while got.len() < 5 {
            got.extend(read_all(&mut commands, Vec::new()));
        }
        assert!(commands.off());
        // Nobody was left to read the fifth, and asking again does not wait.
        assert_eq!(got.pop(), Some((5, None)));
        assert_eq!(read_all(&mut commands, vec![id(5, 100)]), [(5, None)]);
        for fifo in &fifos {
            release(fifo, b"late\0");
        }
        while !commands.left_behind.is_empty() {
            read_all(&mut commands, Vec::new());
        }
        assert_eq!(read_all(&mut commands, vec![id(5, 100)]), [(5, Some("/bin/p5 arg".into()))]);
    }
}
