//! As much of HTTP/1.1 (RFC 9112) as one short text needs: a server with one thread that lets everybody wait, and
//! clients that wait for one answer or for many.

use std::io::{self, PipeReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering::AcqRel};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::super::pulse::now_ns;
use super::super::random::Random;

/// Longest request or answer, bytes.
const LONGEST: usize = 4096;

/// Most requests that are open at once.
const MOST: usize = 128;

/// A client gives up after so long without a sign of the server.
const PATIENCE: Duration = Duration::from_secs(20);

/// When the server answers.
pub(super) struct Pace {
    /// After so many nanoseconds,
    pub(super) latency_ns: u64,
    /// give or take so many,
    pub(super) jitter_ns: u64,
    /// by this sequence.
    pub(super) seed: u64,
}

impl Pace {
    /// How long each request takes, nanoseconds, one after the other.
    fn delays(&self) -> impl FnMut() -> u64 {
        let (latency, jitter, mut random) = (self.latency_ns, self.jitter_ns, Random::new(self.seed));
        move || (latency + random.below(2 * jitter + 1)).saturating_sub(jitter)
    }
}

/// A request that has come in, or is coming.
struct Open {
    stream: TcpStream,
    request: Vec<u8>,
    /// What is asked for and when it is due, once that is known; `CLOCK_MONOTONIC` in nanoseconds.
    due: Option<(u64, u32)>,
}

/// Serves `GET /N` with the text of that number until the lifeline breaks; `most` becomes the greatest number of
/// requests that were open at once.
///
/// # Errors
/// Those of poll(2) and of the listener. What a client does wrong costs only him.
pub(super) fn serve(
    listener: &TcpListener,
    lifeline: &PipeReader,
    pace: &Pace,
    text: impl Fn(u32) -> &'static str,
    most: &AtomicU64,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut delay = pace.delays();
    let mut all: Vec<Open> = Vec::new();
    loop {
        let (now, next) = (now_ns(), all.iter().filter_map(|open| Some(open.due?.0)).min());
        let mut fds = vec![PollFd::new(lifeline.as_fd(), PollFlags::POLLIN)];
        let room = all.len() < MOST;
        fds.push(PollFd::new(listener.as_fd(), if room { PollFlags::POLLIN } else { PollFlags::empty() }));
        fds.extend(all.iter().map(|open| {
            let wanted = if open.due.is_none() { PollFlags::POLLIN } else { PollFlags::empty() };
            PollFd::new(open.stream.as_fd(), wanted)
        }));
        wait(&mut fds, next.map(|next| next.saturating_sub(now)))?;
        let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(false)).collect();
        let mut ready = ready.into_iter();
        if ready.next() == Some(true) {
            return Ok(());
        }
        let somebody_knocks = ready.next() == Some(true);
        let now = now_ns();
        let mut at_the_door = Vec::new();
        all.retain_mut(|open| {
            let readable = ready.next() == Some(true);
            match open.due {
                Some((due, number)) if due <= now => {
                    let _ = answer(&open.stream, text(number));
                    false
                }
                // While he waits only an error or his hanging up can be ready.
                Some(_) => !readable,
                None if readable => read_request(open, now, &mut delay),
                None => true,
            }
        });
        while somebody_knocks && all.len() + at_the_door.len() < MOST {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true)?;
                    at_the_door.push(Open { stream, request: Vec::new(), due: None });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // He has gone already.
                Err(_) => break,
            }
        }
        all.append(&mut at_the_door);
        most.fetch_max(all.iter().filter(|open| open.due.is_some()).count() as u64, AcqRel);
    }
}

/// Reads on; whether the connection is kept.
fn read_request(open: &mut Open, now: u64, delay: &mut impl FnMut() -> u64) -> bool {
    let mut buffer = [0; 512];
    match open.stream.read(&mut buffer) {
        Ok(0) => return false,
        Ok(length) => open.request.extend_from_slice(buffer.get(..length).unwrap_or_default()),
        Err(error) => return matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
    }
    if open.request.ends_with(b"\r\n\r\n") {
        open.due = asked_for(&open.request).map(|number| (now + delay(), number));
        return open.due.is_some();
    }
    open.request.len() < LONGEST
}

/// The number in `GET /7 HTTP/1.1`.
fn asked_for(request: &[u8]) -> Option<u32> {
    let line = std::str::from_utf8(request).ok()?.lines().next()?;
    line.strip_prefix("GET /")?.strip_suffix(" HTTP/1.1")?.parse().ok()
}

fn answer(mut stream: &TcpStream, text: &str) -> io::Result<()> {
    let length = text.len();
    // Short enough to fit into the socket's buffer.
    stream.write_all(
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
        )
        .as_bytes(),
    )
}

/// Polls for at most `ns` nanoseconds, rounded up so that what is due then is due.
fn wait(fds: &mut [PollFd], ns: Option<u64>) -> io::Result<()> {
    let ms = ns.map(|ns| Duration::from_millis(ns.div_ceil(1_000_000)));
    let timeout = ms.map_or(PollTimeout::NONE, |ms| PollTimeout::try_from(ms).unwrap_or(PollTimeout::MAX));
    match poll(fds, timeout) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Asks for text `number` and waits for it.
///
/// # Errors
/// Where the server cannot be reached, says nothing for long, or answers otherwise than it should.
pub(super) fn one(port: u16, number: u32) -> io::Result<String> {
    let mut stream = connect(port, number)?;
    let mut got = Vec::new();
    (&mut stream).take(LONGEST as u64).read_to_end(&mut got)?;
    text_of(&got)
}

fn connect(port: u16, number: u32) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(
        format!("GET /{number} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n").as_bytes(),
    )?;
    Ok(stream)
}

/// The body of an answer, if it is as long as it says.
fn text_of(answer: &[u8]) -> io::Result<String> {
    let text = std::str::from_utf8(answer).ok();
    let body = text.and_then(|text| {
        let (head, body) = text.strip_prefix("HTTP/1.1 200 OK\r\n")?.split_once("\r\n\r\n")?;
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "))?;
        (length.parse() == Ok(body.len())).then(|| body.to_owned())
    });
    body.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// A request that was sent, and what has come back so far.
pub(super) struct Client {
    number: u32,
    stream: io::Result<TcpStream>,
    got: Vec<u8>,
}

impl Client {
    /// Asks for text `number`, and does not wait.
    pub(super) fn ask(port: u16, number: u32) -> Client {
        let stream = connect(port, number).and_then(|stream| {
            stream.set_nonblocking(true)?;
            Ok(stream)
        });
        Client { number, stream, got: Vec::new() }
    }

    /// Reads on; what came of the request, once that is known.
    fn read(&mut self) -> Option<io::Result<String>> {
        let mut buffer = [0; 1024];
        let read = match &mut self.stream {
            Ok(stream) => stream.read(&mut buffer),
            Err(error) => return Some(Err(error.kind().into())),
        };
        match read {
            Ok(0) => return Some(text_of(&self.got)),
            Ok(length) => self.got.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Some(Err(error)),
        }
        (self.got.len() > LONGEST).then(|| Err(io::ErrorKind::InvalidData.into()))
    }
}

/// Waits until at least one of the requests is answered, or has failed; takes those out of `clients`.
pub(super) fn many(clients: &mut Vec<Client>) -> Vec<(u32, io::Result<String>)> {
    let mut done = Vec::new();
    let end = now_ns() + PATIENCE.as_nanos() as u64;
    while done.is_empty() && !clients.is_empty() {
        let mut fds: Vec<PollFd> = clients
            .iter()
            .filter_map(|client| client.stream.as_ref().ok())
            .map(|stream| PollFd::new(stream.as_fd(), PollFlags::POLLIN))
            .collect();
        // One that could not even be asked need not be waited for.
        let patience = if fds.len() < clients.len() { 0 } else { end.saturating_sub(now_ns()) };
        let waited = wait(&mut fds, Some(patience));
        let late = waited.is_err() || now_ns() >= end;
        clients.retain_mut(|client| match client.read() {
            Some(result) => {
                done.push((client.number, result));
                false
            }
            None if late => {
                done.push((client.number, Err(io::ErrorKind::TimedOut.into())));
                false
            }
            None => true,
        });
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: u32) -> &'static str {
        if number == 7 { "seven" } else { "another" }
    }

    /// A server that ends with the test.
    fn with_server<T>(pace: &Pace, ask: impl FnOnce(u16) -> T) -> (T, u64) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its own").port();
        let (lifeline, held) = io::pipe().expect("a pipe");
        let most = AtomicU64::new(0);
        let got = std::thread::scope(|scope| {
            let server = scope.spawn(|| serve(&listener, &lifeline, pace, text, &most));
            // Dropped also where the asking fails, so that the server ends.
            let held = held;
            let got = ask(port);
            drop(held);
            server.join().expect("a thread").expect("a good server");
            got
        });
        (got, most.into_inner())
    }

    #[test]
    fn a_request_is_answered_after_its_time_and_not_before() {
        let pace = Pace { latency_ns: 30_000_000, jitter_ns: 0, seed: 1 };
        let ((got, took), most) = with_server(&pace, |port| {
            let from = now_ns();
            (one(port, 7), now_ns() - from)
        });
        assert_eq!(got.expect("an answer"), "seven");
        assert!(took >= pace.latency_ns, "{took}");
        assert_eq!(most, 1);
    }

    #[test]
    fn one_client_can_wait_for_many() {
        // So slow that all are open before the first is answered.
        let pace = Pace { latency_ns: 400_000_000, jitter_ns: 0, seed: 1 };
        let (mut got, most) = with_server(&pace, |port| {
            let mut clients: Vec<Client> = (1..=9).map(|number| Client::ask(port, number)).collect();
            let mut got = Vec::new();
            while !clients.is_empty() {
                got.extend(
                    many(&mut clients).into_iter().map(|(number, text)| (number, text.expect("an answer"))),
                );
            }
            got
        });
        got.sort_unstable();
        assert_eq!(got, (1..=9).map(|number| (number, text(number).to_owned())).collect::<Vec<_>>());
        assert_eq!(most, 9);
    }

    #[test]
    fn nonsense_is_not_answered_and_harms_nobody() {
        let pace = Pace { latency_ns: 0, jitter_ns: 0, seed: 1 };
        with_server(&pace, |port| {
            for nonsense in ["GET /x HTTP/1.1\r\n\r\n", "\u{1}\r\n\r\n", "POST /7 HTTP/1.1\r\n\r\n"] {
                let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server");
                stream.write_all(nonsense.as_bytes()).expect("room");
                let mut got = Vec::new();
                let _ = stream.read_to_end(&mut got);
                assert!(got.is_empty(), "{nonsense:?}: {got:?}");
            }
            assert_eq!(one(port, 7).expect("an answer"), "seven");
        });
        assert!(text_of(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort").is_err());
        assert!(text_of(b"").is_err());
    }

    #[test]
    fn delays_stay_within_the_jitter() {
        let mut delay = Pace { latency_ns: 100, jitter_ns: 30, seed: 5 }.delays();
        let all: Vec<u64> = (0..500).map(|_| delay()).collect();
        assert!(all.iter().all(|delay| (70..=130).contains(delay)));
        assert!(all.iter().any(|&delay| delay < 80) && all.iter().any(|&delay| delay > 120));
        let mut steady = Pace { latency_ns: 100, jitter_ns: 0, seed: 5 }.delays();
        assert_eq!([steady(), steady()], [100, 100]);
        let mut quick = Pace { latency_ns: 0, jitter_ns: 30, seed: 5 }.delays();
        assert!((0..100).map(|_| quick()).all(|delay| delay <= 30));
    }
}
