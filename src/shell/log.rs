//! The log of acts on disk: JSON Lines, one for each step of what was done to a process.
//!
//! The file is this user's alone. What names it may be wrong or hostile (a FIFO would hang us, a symbolic link or a
//! file of somebody else would send what we write elsewhere), so whatever is no ordinary file of ours is refused before
//! anything else happens. Lines are written by a thread of their own: a full or slow disk holds nobody up.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use crate::export::{self, Moment};
use crate::model::{ControlNews, Deed, Untrusted};

/// How long the end of the program waits for what is still to be written.
const FAREWELL: Duration = Duration::from_millis(300);

/// A file that may be written to, and what to know about it.
pub(super) struct LogFile {
    file: File,
    /// A sentence for the user, where there is something to say about it.
    pub(super) remark: Option<String>,
}

impl LogFile {
    /// Opens `path` to add to it, or creates it with mode 0600.
    ///
    /// One that others may read is used all the same, and that is remarked: whoever set its mode may have had a reason,
    /// and what is in it (names, numbers, users) anybody may see in /proc.
    ///
    /// # Errors
    ///
    /// A sentence that says why not.
    pub(super) fn open(path: &Path) -> Result<LogFile, String> {
        let shown = Untrusted::new(path.as_os_str().as_bytes()).show(200);
        let refuse = |why: &str| format!("the log {shown} cannot be used: {why}");
        // Not blocking: the opening of a FIFO that nobody reads would never end.
        let flags = OFlags::WRONLY
            | OFlags::CREATE
            | OFlags::APPEND
            | OFlags::NOFOLLOW
            | OFlags::CLOEXEC
            | OFlags::NOCTTY
            | OFlags::NONBLOCK;
        let descriptor = open(path, flags, Mode::RUSR | Mode::WUSR).map_err(|errno| match errno {
            Errno::LOOP => refuse("it is a symbolic link"),
            // What open(2) says of a FIFO without a reader, and of a socket.
            Errno::NXIO => refuse("it is not an ordinary file"),
            errno => refuse(&io::Error::from(errno).to_string()),
        })?;
        let file = File::from(descriptor);
        let stat = fstat(&file).map_err(|errno| refuse(&io::Error::from(errno).to_string()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(refuse("it is not an ordinary file"));
        }
        if stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(refuse("it belongs to another user"));
        }
        if stat.st_mode & 0o022 != 0 {
            return Err(refuse("others may write to it (chmod go-w)"));
        }
        if stat.st_nlink > 1 {
            return Err(refuse("it has another name (a hard link)"));
        }
        let readable = stat.st_mode & 0o044 != 0;
        let remark = readable.then(|| format!("others may read the log {shown} (chmod go-r)"));
        Ok(LogFile { file, remark })
    }
}

/// A step with the time at which it was told.
type Step = (Moment, Deed);

/// The log while it is written. Dropping it waits a little for what is still to be written.
pub(super) struct Log {
    steps: Option<Sender<Step>>,
    done: Receiver<()>,
}

impl Log {
    /// Starts the thread that writes to `file`. The first write that fails is told to `complain`, once; later lines are
    /// tried all the same.
    ///
    /// # Errors
    ///
    /// The thread could not be started.
    pub(super) fn start(file: LogFile, complain: impl Fn(String) + Send + 'static) -> io::Result<Log> {
        let (steps, mail) = channel::<Step>();
        let (tell, done) = channel::<()>();
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            // Held until the end, whatever it is: then the other side wakes up.
            let _tell = tell;
            write_all(file.file, &mail, complain);
        })?;
        Ok(Log { steps: Some(steps), done })
    }

    /// A way to tell it of news, from any thread. It never blocks.
    pub(super) fn teller(&self) -> impl Fn(&ControlNews) + Send + use<> {
        let steps = self.steps.clone();
        move |news| {
            if let (Some(steps), Some(deed)) = (&steps, Deed::new(news)) {
                // Nobody listens only when the log has given up at the end.
                let _ = steps.send((now(), deed));
            }
        }
    }
}

impl Drop for Log {
    /// Waits until all is written that was told, as long as no teller is left that could tell more; a disk that does not
    /// take it holds nobody for long.
    fn drop(&mut self) {
        self.steps = None;
        let _ = self.done.recv_timeout(FAREWELL);
    }
}

fn write_all(mut file: impl Write, mail: &Receiver<Step>, complain: impl Fn(String)) {
    let mut line = String::new();
    // A line of which only a part could be written must not spoil the next one.
    let (mut torn, mut failed) = (false, false);
    while let Ok((time, deed)) = mail.recv() {
        line.clear();
        if torn {
            line.push('\n');
        }
        export::act(time, &deed, &mut line);
        line.push('\n');
        match file.write_all(line.as_bytes()) {
            Ok(()) => torn = false,
            Err(error) => {
                torn = true;
                if !std::mem::replace(&mut failed, true) {
                    complain(format!("the log could not be written: {error}"));
                }
            }
        }
    }
}

/// CLOCK_REALTIME.
fn now() -> Moment {
    let time = clock_gettime(ClockId::Realtime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Moment(seconds.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::model::{Act, Happened, Outcome, ProcId, Signal, Target};

    /// A disk that takes `room` bytes, is full for one write, and has room for ever after.
    struct Disk {
        room: usize,
        full: bool,
        taken: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 && std::mem::take(&mut self.full) {
                self.room = usize::MAX;
                return Err(io::Error::from_raw_os_error(libc::ENOSPC));
            }
            let count = bytes.len().min(self.room);
            self.room -= count;
            self.taken.lock().unwrap().extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_once_and_spoils_one_line() {
        let target = Target::new(ProcId::new(7, 9).unwrap(), "sh");
        let what = Happened::Outcome(Outcome::Delivered);
        let act = Some(Act::Signal(Signal::TERM));
        let deed = Deed::new(&ControlNews { session: 1, target, act, what }).unwrap();
        let (steps, mail) = channel();
        for _ in 0..3 {
            steps.send((Moment(0), deed.clone())).unwrap();
        }
        drop(steps);
        let taken = Arc::new(Mutex::new(Vec::new()));
        let said = Mutex::new(Vec::new());
        let disk = Disk { room: 10, full: true, taken: taken.clone() };
        write_all(disk, &mail, |text| said.lock().unwrap().push(text));
        assert_eq!(said.lock().unwrap().len(), 1);
        let text = String::from_utf8(taken.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(serde_json::from_str::<serde_json::Value>(lines[0]).is_err());
        for line in &lines[1..] {
            assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap()["pid"], 7);
        }
    }
}
