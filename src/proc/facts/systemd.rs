//! What systemd tells: how many units have been started by what lies in `/run`, and how it is by its bus.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::bus::{Object, Value, properties};
use crate::model::{SystemState, Systemd};

/// More units than this are not counted one by one.
const MOST_UNITS: usize = 10_000;

/// Time from one question to the next, and after one that nobody answered in time.
const EVERY: Duration = Duration::from_secs(10);
const AFTER_SILENCE: Duration = Duration::from_mins(2);

/// How long an answer may take: other facts wait for it meanwhile.
const PATIENCE: Duration = Duration::from_millis(500);

/// The manager of the whole system, org.freedesktop.systemd1(5).
const MANAGER: Object<'_> = Object {
    service: "org.freedesktop.systemd1",
    path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.systemd1.Manager",
};

/// Where it listens below `/run`, and whether a bus is between: at its own socket for root only.
const SOCKETS: [(&str, bool); 2] = [("systemd/private", false), ("dbus/system_bus_socket", true)];

/// What it answered last, and when it is to be asked again.
#[derive(Debug, Default)]
pub(super) struct Manager {
    told: (Option<SystemState>, Option<u32>, Option<u32>),
    due: Option<Instant>,
}

impl Manager {
    /// What is known at `now` of the systemd that has `run` as its `/run`; `None` where the machine was not started by it,
    /// which sd_booted(3) tells by the same folder.
    pub(super) fn read(&mut self, run: &Path, now: Instant) -> Option<Systemd> {
        let own = run.join("systemd");
        if !own.join("system").is_dir() {
            return None;
        }
        let units = own.join("units").read_dir().ok().map(|entries| {
            let invocations = entries.filter_map(Result::ok).take(MOST_UNITS).filter(|entry| {
                use std::os::unix::ffi::OsStrExt;
                entry.file_name().as_bytes().starts_with(b"invocation:")
            });
            u32::try_from(invocations.count()).unwrap_or(u32::MAX)
        });
        let ending = own.join("shutdown/scheduled").exists() || run.join("nologin").exists();
        if self.due.is_none_or(|due| now >= due) {
            self.ask(run, now);
        }
        let (state, failed, jobs) = self.told;
        Some(Systemd { units, ending, state, failed, jobs })
    }

    fn ask(&mut self, run: &Path, now: Instant) {
        self.told = (None, None, None);
        let mut pause = EVERY;
        for (socket, is_bus) in SOCKETS {
            let names = ["SystemState", "NFailedUnits", "NJobs"];
            match properties(&run.join(socket), is_bus, &MANAGER, names, PATIENCE) {
                Ok([state, failed, jobs]) => {
                    let state = match state {
                        Some(Value::Text(word)) => SystemState::of(&word),
                        _ => None,
                    };
                    let number = |value| match value {
                        Some(Value::Number(number)) => Some(number),
                        _ => None,
                    };
                    self.told = (state, number(failed), number(jobs));
                    break;
                }
                // A time-out of a socket is told as one or the other.
                Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
                    pause = AFTER_SILENCE;
                }
                Err(_) => {}
            }
        }
        self.due = now.checked_add(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::root;
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::path::PathBuf;
    use std::thread::JoinHandle;

    fn booted() -> (tempfile::TempDir, PathBuf) {
        let dir = root(&[
            ("run/systemd/system/x", ""),
            ("run/systemd/units/invocation:cron.service", ""),
            ("run/systemd/units/invocation:ssh.service", ""),
            ("run/systemd/units/log-level-max:ssh.service", ""),
        ]);
        let run = dir.path().join("run");
        (dir, run)
    }

    /// Somebody at this socket who lets the first in, sends `answer` once `calls` messages have come, and goes when the
    /// other goes. What it was sent is its result: the words of the authentication, and the rest.
    fn serve(at: &Path, calls: usize, answer: Vec<u8>) -> JoinHandle<(String, Vec<u8>)> {
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(at).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut words = String::new();
            reader.read_line(&mut words).unwrap();
            let _ = stream.write_all(b"OK 0123456789abcdef0123456789abcdef\r\n");
            reader.read_line(&mut words).unwrap();
            let mut got = Vec::new();
            for _ in 0..calls {
                one(&mut reader, &mut got);
            }
            let _ = stream.write_all(&answer);
            let _ = reader.read_to_end(&mut got);
            (words, got)
        })
    }

    /// Takes in one message.
    fn one(reader: &mut BufReader<UnixStream>, got: &mut Vec<u8>) {
        let mut head = [0; 16];
        reader.read_exact(&mut head).unwrap();
        let number = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap()) as usize;
        let mut rest = vec![0; number(12).next_multiple_of(8) + number(4)];
        reader.read_exact(&mut rest).unwrap();
        got.extend_from_slice(&head);
        got.extend(rest);
    }

    /// The answer to call `to`: a variant with a number.
    fn number(to: u8, value: u8) -> Vec<u8> {
        let mut answer = b"l\x02\x01\x01\x08\0\0\0\x09\0\0\0\x0f\0\0\0\
            \x05\x01u\0\x00\0\0\0\x08\x01g\0\x01v\0\0\x01u\0\0\x00\0\0\0"
            .to_vec();
        (answer[20], answer[36]) = (to, value);
        answer
    }

    /// The answer to call `to`: a variant with `degraded`.
    fn degraded(to: u8) -> Vec<u8> {
        let mut answer = b"l\x02\x01\x01\x11\0\0\0\x07\0\0\0\x0f\0\0\0\
            \x05\x01u\0\x00\0\0\0\x08\x01g\0\x01v\0\0\x01s\0\0\x08\0\0\0degraded\0"
            .to_vec();
        answer[20] = to;
        answer
    }

    const QUIET: Systemd = Systemd { units: Some(2), ending: false, state: None, failed: None, jobs: None };

    #[test]
    fn units_are_counted_where_systemd_runs() {
        let (_dir, run) = booted();
        let now = Instant::now();
        assert_eq!(Manager::default().read(&run, now), Some(QUIET));
        std::fs::write(run.join("nologin"), "soon").unwrap();
        assert_eq!(Manager::default().read(&run, now), Some(Systemd { ending: true, ..QUIET }));
        let other = root(&[("run/systemd/seats/x", "")]);
        assert_eq!(Manager::default().read(&other.path().join("run"), now), None);
    }

    #[test]
    fn its_own_socket_is_asked_three_things_and_not_soon_again() {
        let (_dir, run) = booted();
        // In any order, and with a signal between them that nobody asked for.
        let signal =
            b"l\x04\x01\x01\0\0\0\0\x05\0\0\0\x0a\0\0\0\x01\x01o\0\x01\0\0\0/\0\0\0\0\0\0\0".to_vec();
        let answer = [number(3, 4), signal, degraded(1), number(2, 2)].concat();
        let server = serve(&run.join("systemd/private"), 3, answer);
        let (mut manager, now) = (Manager::default(), Instant::now());
        let told = Systemd { state: Some(SystemState::Degraded), failed: Some(2), jobs: Some(4), ..QUIET };
        assert_eq!(manager.read(&run, now), Some(told));
        let (words, got) = server.join().unwrap();
        assert!(words.starts_with("\0AUTH EXTERNAL 3") && words.ends_with("\r\nBEGIN\r\n"), "{words:?}");
        let has = |text: &str| got.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(has("org.freedesktop.systemd1.Manager\0") && has("NFailedUnits\0") && !has("Hello"));
        // Nobody is there any more, and nobody finds out before it is time.
        assert_eq!(manager.read(&run, now + EVERY / 2), Some(told));
        assert_eq!(manager.read(&run, now + EVERY), Some(QUIET));
    }

    #[test]
    fn a_bus_is_greeted_first() {
        let (_dir, run) = booted();
        let refused = b"l\x03\x01\x01\0\0\0\0\x09\0\0\0\x08\0\0\0\x05\x01u\0\x03\0\0\0".to_vec();
        let answer = [number(1, 9), degraded(2), refused, number(4, 1)].concat();
        let server = serve(&run.join("dbus/system_bus_socket"), 4, answer);
        let told = Systemd { state: Some(SystemState::Degraded), jobs: Some(1), ..QUIET };
        assert_eq!(Manager::default().read(&run, Instant::now()), Some(told));
        let (_, got) = server.join().unwrap();
        assert!(got.windows(6).any(|window| window == b"Hello\0"));
    }

    #[test]
    fn who_says_nothing_is_left_for_long() {
        let (_dir, run) = booted();
        // It lets us in and then says nothing.
        let server = serve(&run.join("systemd/private"), 3, Vec::new());
        let (mut manager, now) = (Manager::default(), Instant::now());
        assert_eq!(manager.read(&run, now), Some(QUIET));
        server.join().unwrap();
        assert!(manager.due.is_some_and(|due| due == now + AFTER_SILENCE));
        // Nor is it waited for where nobody takes up the connection.
        let at = run.join("dbus/system_bus_socket");
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        let _listener = UnixListener::bind(&at).unwrap();
        assert_eq!(Manager::default().read(&run, now), Some(QUIET));
    }

    #[test]
    fn lies_and_other_protocols_are_no_answers() {
        let huge = {
            let mut bytes = degraded(1);
            bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
            bytes
        };
        let endless = number(9, 9).repeat(1000);
        for answer in [huge, b"HTTP/1.1 400 Bad Request\r\n".to_vec(), endless, degraded(1)[..30].to_vec()] {
            let (_dir, run) = booted();
            let server = serve(&run.join("systemd/private"), 3, answer);
            assert_eq!(Manager::default().read(&run, Instant::now()), Some(QUIET));
            server.join().unwrap();
        }
    }
}
