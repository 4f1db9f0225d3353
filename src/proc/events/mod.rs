//! Process events: the kernel tells of every fork, exec and exit as it happens (connector, `include/uapi/linux/cn_proc.h`).
//!
//! A thread of its own listens, because the name of a process can be read only while it lives: when it executes
//! something its `comm` is read at once, a file that never blocks. The thread keeps what it heard in a [`table`]
//! until the sampling thread takes it, once a look; the lock between them is held for arithmetic only, never for a
//! system call. Being told costs the machine something for each event, whoever wants it: beyond [`MOST`] events a
//! second the thread stops listening for a while.
//!
//! Pids are those of the initial pid namespace, the only one whose processes are told of.

mod socket;
mod table;
#[cfg(test)]
mod tests;

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use self::socket::{Silence, Socket, Wait};
use self::table::{Fact, Overfull, Table};
use super::commands::read;
use super::files::Path;
use super::parse::{self, Event};
use crate::model::{Hearing, Pid, State};

/// More events a second than this, of processes and threads together, are not worth their price.
const MOST: u32 = 2_000;

/// Over how long their number is looked at.
const SPAN: Duration = Duration::from_secs(2);

/// How long nobody listens when there were too many, at first and at most.
const PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How long the thread sleeps after it was told something, once [`Promptness`] is used up: what follows meanwhile
/// costs no waking of its own. Who lives longer than this is still there to be named.
const NAP: Duration = Duration::from_millis(4);

/// So many times a second, and so many times in a row, the thread is up again for what comes next at once: in quiet
/// hours the name of a process is read within a fraction of a millisecond of its exec.
const PROMPT: u32 = 40;

/// Most events handled in one go.
const BATCH: usize = 1024;

/// The kernel does not tell us of processes: no permission, not the initial namespaces, no connector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Refused;

/// The `comm` of a process: at most 15 bytes (`TASK_COMM_LEN`), chosen by who runs it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Comm {
    len: u8,
    text: [u8; 15],
}

impl Comm {
    /// The content of `/proc/PID/comm`; what is longer than a name can be is cut.
    fn parse(text: &[u8]) -> Comm {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let mut comm = Comm { len: 0, text: [0; 15] };
        for (to, from) in comm.text.iter_mut().zip(text) {
            *to = *from;
            comm.len += 1;
        }
        comm
    }

    /// The bytes, raw.
    pub(super) fn bytes(&self) -> &[u8] {
        self.text.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// The name of a process, as far as it was heard.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Name {
    /// It executed nothing since we listen: its name is that of this process, which began before, and which is
    /// itself or the one from which it was forked (through others, maybe).
    Of(Pid),
    /// What it executed last, or the process from which it was forked since.
    Read(Comm),
    /// It executed something, and was gone before its name could be read.
    Unknown,
}

/// The end of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Death {
    /// Who.
    pub(super) pid: Pid,
    /// Its parent when it was forked; of a process that began before we listened, when it ended. `None` where that
    /// was not told.
    pub(super) parent: Option<Pid>,
    /// Its name.
    pub(super) name: Name,
}

/// What was heard between two calls of [`Events::take`].
#[derive(Default, Debug)]
pub(super) struct News {
    /// Processes (not threads) that were forked and whose end has not been heard, in the order of their births.
    pub(super) births: Vec<Pid>,
    /// Processes that executed another program, once each, and whose end has not been heard; without the `births`.
    pub(super) execs: Vec<Pid>,
    /// Processes that ended, born since the call before or earlier, in the order of their ends. Each birth is
    /// followed by one death, here or in a later call, unless something was lost in between.
    pub(super) deaths: Vec<Death>,
    /// Whether all there was is in it: `All`, `Lost`, or `TooMany` where for some of the time nobody listened.
    pub(super) hearing: Hearing,
}

/// What the thread and its owner share.
#[derive(Debug)]
struct Heard {
    table: Table,
    /// How it goes now.
    now: Hearing,
    /// How it went at worst since the last call.
    worst: Hearing,
    /// The socket that is subscribed, if one is.
    socket: Option<Arc<Socket>>,
}

impl Heard {
    fn lost(&mut self) {
        if self.worst == Hearing::All {
            self.worst = Hearing::Lost;
        }
    }

    fn keep(&mut self, noted: Result<(), Overfull>) {
        if noted.is_err() {
            self.lost();
        }
    }
}

#[derive(Debug)]
struct Shared {
    heard: Mutex<Heard>,
    dismissed: AtomicBool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        // Nothing in it can be half done in a way that matters more than the thread's death.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dismissed(&self) -> bool {
        self.dismissed.load(Ordering::Acquire)
    }
}

/// Somebody who listens. Dropping it ends the listening at once, and the thread within about a second; nobody waits
/// for it.
#[derive(Debug)]
pub(super) struct Events {
    shared: Arc<Shared>,
    thread: Thread,
}

impl Events {
    /// Starts to listen; names are read below `proc_dir`, a `/proc` of the initial pid namespace.
    ///
    /// The kernel has acknowledged it when this returns, some tens of microseconds later (10 ms where it refuses by
    /// saying nothing): a process that begins afterwards is in the news, one that began before is in a listing that
    /// is made afterwards. So list once after this, and only news from then on.
    pub(super) fn start(proc_dir: OwnedFd) -> Result<Events, Refused> {
        let socket = Arc::new(Socket::open()?);
        let heard = Heard {
            table: Table::default(),
            now: Hearing::All,
            worst: Hearing::All,
            socket: Some(Arc::clone(&socket)),
        };
        let shared = Arc::new(Shared { heard: Mutex::new(heard), dismissed: AtomicBool::new(false) });
        let listener = Listener::new(Arc::clone(&shared), proc_dir);
        let spawned = std::thread::Builder::new()
            .name("glowtop-events".into())
            .stack_size(128 << 10)
            .spawn(move || listener.run(socket));
        match spawned {
            Ok(handle) => Ok(Events { shared, thread: handle.thread().clone() }),
            Err(_) => {
                if let Some(socket) = shared.lock().socket.take() {
                    socket.leave();
                }
                Err(Refused)
            }
        }
    }

    /// Replaces `news` by what was heard since the call before. Never waits for anything but the lock; its vectors
    /// are used again.
    ///
    /// What happened in the last few milliseconds may be part of the next call. A process may be met twice in other
    /// ways, too: `/proc` knows of an end before it is told here.
    pub(super) fn take(&mut self, news: &mut News) {
        let mut heard = self.shared.lock();
        let heard = &mut *heard;
        heard.table.take(&mut news.births, &mut news.execs, &mut news.deaths);
        news.hearing = heard.worst;
        heard.worst = heard.now;
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.shared.dismissed.store(true, Ordering::Release);
        if let Some(socket) = self.shared.lock().socket.take() {
            socket.leave();
        }
        self.thread.unpark();
    }
}

/// How often the thread may still be up at once, a bucket that fills with time.
#[derive(Clone, Copy, Debug)]
struct Promptness {
    left: u32,
    filled: Instant,
}

impl Promptness {
    fn new(now: Instant) -> Promptness {
        Promptness { left: PROMPT, filled: now }
    }

    /// Whether it may be up at once this time.
    fn spend(&mut self, now: Instant) -> bool {
        let each = Duration::from_secs(1) / PROMPT;
        let new = now.saturating_duration_since(self.filled).as_nanos() / each.as_nanos().max(1);
        let new = u32::try_from(new).unwrap_or(u32::MAX);
        if new >= PROMPT - self.left {
            *self = Promptness::new(now);
        } else {
            self.left += new;
            self.filled += each * new;
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

/// Why a listener stopped.
enum Stop {
    Dismissed,
    TooMany,
    /// Something was lost that makes all it knows unsure, or it is told nothing any more.
    Deaf,
}

/// The thread.
struct Listener {
    shared: Arc<Shared>,
    proc_dir: OwnedFd,
    buffer: Vec<u8>,
    facts: Vec<Fact>,
    doubts: Vec<Pid>,
    thread: Option<Pid>,
}

/// What came of draining the socket.
#[derive(Default)]
struct Drained {
    /// Messages.
    count: u32,
    /// Whether our own call was among them.
    answered: bool,
    overrun: bool,
    broken: bool,
}

impl Listener {
    fn new(shared: Arc<Shared>, proc_dir: OwnedFd) -> Listener {
        Listener {
            shared,
            proc_dir,
            buffer: Socket::buffer(),
            facts: Vec::with_capacity(64),
            doubts: Vec::new(),
            thread: None,
        }
    }

    /// Listens until dismissed.
    fn run(mut self, first: Arc<Socket>) {
        self.thread = u32::try_from(rustix::thread::gettid().as_raw_nonzero().get()).ok().and_then(Pid::new);
        let mut next = Some(first);
        let mut pause = PAUSE;
        loop {
            let begun = Instant::now();
            let mut wait = Duration::ZERO;
            match next.take().map(|socket| self.listen(&socket)) {
                Some(Stop::Dismissed) => return,
                Some(Stop::TooMany) => {
                    if begun.elapsed() > LONGEST_PAUSE {
                        pause = PAUSE;
                    }
                    self.stop(Hearing::TooMany, true);
                    wait = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Some(Stop::Deaf) => self.stop(Hearing::Lost, false),
                None => wait = PAUSE,
            }
            let until = Instant::now() + wait;
            while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
            {
                if self.shared.dismissed() {
                    return;
                }
                std::thread::park_timeout(left);
            }
            next = self.resume();
        }
    }

    /// Stops being told; `polite` where the kernel is told so.
    fn stop(&mut self, now: Hearing, polite: bool) {
        let mut heard = self.shared.lock();
        heard.table.forget();
        (heard.now, heard.worst) = (now, now);
        if let Some(socket) = heard.socket.take().filter(|_| polite) {
            socket.leave();
        }
    }

    /// Subscribes again. The interval in which it does is one in which something was missed.
    fn resume(&mut self) -> Option<Arc<Socket>> {
        let socket = Socket::open().ok().map(Arc::new);
        let mut heard = self.shared.lock();
        if self.shared.dismissed() {
            if let Some(socket) = socket {
                socket.leave();
            }
            return None;
        }
        heard.now = if socket.is_some() { Hearing::All } else { Hearing::Refused };
        heard.socket.clone_from(&socket);
        socket
    }

    /// Listens on one socket for as long as that goes well.
    fn listen(&mut self, socket: &Socket) -> Stop {
        let (mut span, mut events) = (Instant::now(), 0u32);
        let mut promptness = Promptness::new(span);
        loop {
            let drained = self.drain(socket, Wait::Yes);
            if self.shared.dismissed() {
                return Stop::Dismissed;
            }
            self.handle();
            if drained.overrun {
                // What there was is taken in; of what comes next nothing is known to be whole.
                let mut heard = self.shared.lock();
                heard.table.forget();
                heard.lost();
            }
            if drained.broken || ((drained.overrun || drained.count == 0) && !self.answers(socket)) {
                return Stop::Deaf;
            }
            let now = Instant::now();
            events = events.saturating_add(drained.count);
            if now.saturating_duration_since(span) >= SPAN {
                (span, events) = (now, drained.count);
            } else if events > MOST * SPAN.as_secs() as u32 {
                return Stop::TooMany;
            }
            let more = drained.count as usize >= BATCH;
            if drained.count > 0 && !more && !promptness.spend(now) {
                std::thread::sleep(NAP);
            }
        }
    }

    /// Whether we are told anything at all: see [`socket`].
    fn answers(&mut self, socket: &Socket) -> bool {
        Socket::call_out();
        loop {
            let drained = self.drain(socket, Wait::No);
            self.handle();
            if drained.overrun {
                let mut heard = self.shared.lock();
                heard.table.forget();
                heard.lost();
            }
            if drained.answered || drained.broken || drained.count == 0 {
                return drained.answered;
            }
        }
    }

    /// Reads what has been told into `facts`, a batch at most, the names of those who executed something as well.
    fn drain(&mut self, socket: &Socket, mut wait: Wait) -> Drained {
        let mut drained = Drained::default();
        while (drained.count as usize) < BATCH {
            let (facts, thread) = (&mut self.facts, self.thread);
            let heard = socket.read(&mut self.buffer, wait, |event| {
                drained.count += 1;
                match event {
                    Event::Forked { parent, process, thread } => {
                        facts.push(Fact::Forked { parent, process, thread: thread != process });
                    }
                    Event::Executed { process } => facts.push(Fact::Executed { process, name: None }),
                    Event::Exited { process, thread, parent } => {
                        facts.push(Fact::Exited { process, first: thread == process, parent });
                    }
                    Event::Renamed { thread: renamed } => drained.answered |= thread == Some(renamed),
                    Event::Acknowledged { .. } | Event::Other => {}
                }
            });
            wait = Wait::No;
            match heard {
                Ok(()) => {}
                Err(Silence::Empty) => break,
                Err(Silence::Overrun) => drained.overrun = true,
                Err(Silence::Broken) => {
                    drained.broken = true;
                    break;
                }
            }
        }
        drained
    }

    /// Takes the facts into the table.
    fn handle(&mut self) {
        if self.facts.is_empty() {
            return;
        }
        for fact in &mut self.facts {
            if let Fact::Executed { process, name } = fact {
                *name = read(&self.proc_dir, &Path::process(*process, "comm"), &mut self.buffer)
                    .ok()
                    .filter(|text| !text.is_empty())
                    .map(Comm::parse);
            }
        }
        {
            let mut heard = self.shared.lock();
            for fact in self.facts.drain(..) {
                let noted = heard.table.note(fact, &mut self.doubts);
                heard.keep(noted);
            }
        }
        self.doubts.sort_unstable();
        self.doubts.dedup();
        while let Some(pid) = self.doubts.pop() {
            let alive = self.goes_on(pid);
            let mut heard = self.shared.lock();
            let noted = heard.table.settle(pid, alive);
            heard.keep(noted);
        }
    }

    /// Whether a process whose first thread has ended goes on: with others, or because one of them executed
    /// something and is now the first.
    fn goes_on(&mut self, pid: Pid) -> bool {
        let text = read(&self.proc_dir, &Path::process(pid, "stat"), &mut self.buffer).unwrap_or_default();
        parse::stat(text).is_some_and(|line| {
            line.threads > 1 || ![State::ZOMBIE, State(b'X')].contains(&State(line.state))
        })
    }
}
