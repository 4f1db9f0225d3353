//! What belongs to a process beyond what the table shows: its cgroup and the ports it listens on.
//!
//! To find that out takes thousands of small reads, so it is done on a thread of its own. Only the latest question
//! matters: one that comes while an earlier one is being answered takes its place.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::model::{Cgroup, ControlNews, Happened, Pid, Survey, Target, Untrusted};

use super::cgroups::{self, Places};
use super::desk::Desk;
use super::look;

/// How many members of a cgroup are told.
const MOST_MEMBERS: usize = 10_000;
/// Of how many processes the descriptors are read.
const MOST_PROCESSES: usize = 512;
/// How many descriptors of one process are read.
const MOST_DESCRIPTORS: usize = 4096;
/// How many network namespaces are looked into.
const MOST_NETWORKS: usize = 16;

/// A question to the surveyor.
struct Question {
    session: u64,
    target: Target,
    among: Vec<Pid>,
    /// Later questions have greater numbers.
    number: u64,
}

/// The way to the thread that answers, which is started with the first question.
pub(super) struct Surveyor {
    questions: Sender<Question>,
    answers: Receiver<(Question, Survey)>,
    /// The number of the latest question.
    latest: Arc<AtomicU64>,
}

impl Surveyor {
    /// Starts the thread; it rings `wake` when there is an answer, and ends when this is dropped.
    fn start(wake: Arc<OwnedFd>) -> std::io::Result<Surveyor> {
        let (questions, asked) = channel::<Question>();
        let (answer, answers) = channel();
        let latest = Arc::new(AtomicU64::new(0));
        let newest = Arc::clone(&latest);
        std::thread::Builder::new().name("survey".to_owned()).spawn(move || {
            while let Ok(question) = asked.recv() {
                let outdated = || newest.load(Ordering::Relaxed) != question.number;
                let Some(survey) = look_around(&question.target, &question.among, outdated) else { continue };
                if answer.send((question, survey)).is_err() {
                    return;
                }
                // It fails only when the bell rings already.
                let _ = rustix::io::write(&*wake, &1_u64.to_ne_bytes());
            }
        })?;
        Ok(Surveyor { questions, answers, latest })
    }
}

impl<F: Fn(ControlNews)> Desk<F> {
    /// Has it found out what belongs to `target`, and what those `among` listen on.
    pub(super) fn survey(&mut self, session: u64, target: Target, among: Vec<Pid>) {
        if self.surveyor.is_none() {
            // Where there can be no thread there is no answer; the question was for something extra.
            self.surveyor = Surveyor::start(self.bell()).ok();
        }
        let Some(surveyor) = &self.surveyor else { return };
        let number = surveyor.latest.fetch_add(1, Ordering::Relaxed) + 1;
        let _ = surveyor.questions.send(Question { session, target, among, number });
    }

    /// Tells what was found out.
    pub(super) fn tell_surveys(&self) {
        let Some(surveyor) = &self.surveyor else { return };
        while let Ok((question, survey)) = surveyor.answers.try_recv() {
            let Question { session, target, .. } = question;
            self.announce(ControlNews {
                session,
                target,
                act: None,
                what: Happened::Surveyed(Box::new(survey)),
            });
        }
    }
}

/// Finds out what belongs to `target`; `None` when `outdated` says that nobody waits for it any more.
fn look_around(target: &Target, among: &[Pid], outdated: impl Fn() -> bool) -> Option<Survey> {
    if outdated() {
        return None;
    }
    let pid = target.id.pid;
    let is_it = || look::stat(pid).is_ok_and(|stat| stat.start_time == target.id.start_time);
    let path = Places::of(pid).v2;
    let mut survey = Survey::default();
    let mut whom: BTreeSet<Pid> = among.iter().copied().collect();
    whom.insert(pid);
    // What was read was about the target only if the pid is still its own.
    if is_it() {
        survey.cgroup = path.map(|path| Cgroup {
            unit: cgroups::unit(&path).map(Untrusted::new),
            members: cgroups::folder(&path)
                .map_or_else(Vec::new, |folder| cgroups::members(&folder, MOST_MEMBERS)),
            path: Untrusted::new(path),
        });
    } else {
        survey.partial = true;
        whom.remove(&pid);
    }
    if let Some(cgroup) = &survey.cgroup
        && !cgroups::is_root(cgroup.path.bytes())
    {
        whom.extend(&cgroup.members);
    }
    survey.partial |= whom.len() > MOST_PROCESSES;
    let mut networks = Networks::default();
    let mut listens = BTreeSet::new();
    for &pid in whom.iter().take(MOST_PROCESSES) {
        if outdated() {
            return None;
        }
        match ports(pid, &mut networks) {
            Some((ports, whole)) => {
                listens.extend(ports.into_iter().map(|port| (pid, port)));
                survey.partial |= !whole;
            }
            // Whoever has ended listens on nothing.
            None => survey.partial |= Path::new(&format!("/proc/{pid}")).exists(),
        }
    }
    survey.listens = listens.into_iter().collect();
    Some(survey)
}

/// The ports on which `pid` listens, and whether all of it could be read; `None` where nothing could.
fn ports(pid: Pid, networks: &mut Networks) -> Option<(BTreeSet<u16>, bool)> {
    let mut entries = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let mut found = BTreeSet::new();
    let mut sockets = Vec::new();
    for entry in entries.by_ref().take(MOST_DESCRIPTORS).flatten() {
        let Ok(link) = fs::read_link(entry.path()) else { continue };
        let inode = link.to_str().and_then(|link| link.strip_prefix("socket:[")?.strip_suffix(']'));
        sockets.extend(inode.and_then(|inode| inode.parse::<u64>().ok()));
    }
    let mut whole = entries.next().is_none();
    if !sockets.is_empty() {
        match networks.of(pid) {
            Some(ports) => found.extend(sockets.iter().filter_map(|inode| ports.get(inode)).copied()),
            None => whole = false,
        }
    }
    Some((found, whole))
}

/// Which socket, by its inode, listens on which port.
type Ports = HashMap<u64, u16>;

/// The tables of the network namespaces that were looked into.
#[derive(Default)]
struct Networks(BTreeMap<PathBuf, Ports>);

impl Networks {
    /// The table of the namespace in which `pid` is: network_namespaces(7).
    fn of(&mut self, pid: Pid) -> Option<&Ports> {
        let namespace = fs::read_link(format!("/proc/{pid}/ns/net")).ok()?;
        if !self.0.contains_key(&namespace) {
            if self.0.len() >= MOST_NETWORKS {
                return None;
            }
            let mut ports = Ports::new();
            for (table, listening) in
                [("tcp", TCP_LISTEN), ("tcp6", TCP_LISTEN), ("udp", UDP_OPEN), ("udp6", UDP_OPEN)]
            {
                // One that does not exist (no IPv6) has no sockets.
                if let Ok(file) = File::open(format!("/proc/{pid}/net/{table}")) {
                    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
                    ports.extend(lines.filter_map(|line| listener(&line, listening)));
                }
            }
            self.0.insert(namespace.clone(), ports);
        }
        self.0.get(&namespace)
    }
}

/// State of a TCP socket that listens: include/net/tcp_states.h.
const TCP_LISTEN: &[u8] = b"0A";
/// State of a UDP socket that is bound and not connected, so that anybody may send to it (`TCP_CLOSE`, reused).
const UDP_OPEN: &[u8] = b"07";

/// Inode and port of one line of `/proc/PID/net/tcp` and its kin, if its socket is in state `listening`.
fn listener(line: &[u8], listening: &[u8]) -> Option<(u64, u16)> {
    let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    // Number, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode.
    let local = fields.nth(1)?;
    let state = fields.nth(1)?;
    if state != listening {
        return None;
    }
    let inode = std::str::from_utf8(fields.nth(5)?).ok()?.parse().ok()?;
    let (_, port) = std::str::from_utf8(local).ok()?.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    (inode != 0 && port != 0).then_some((inode, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProcId;

    #[test]
    fn a_line_of_the_table_names_a_listener_or_none() {
        let listens = b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 \
            0000000000000000 100 0 0 10 0";
        assert_eq!(listener(listens, TCP_LISTEN), Some((4711, 8080)));
        assert_eq!(listener(listens, UDP_OPEN), None);
        let six = b"  12: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 \
            00000000:00000000 00:00000000 00000000   101        0 23 2 0000000000000000 0";
        assert_eq!(listener(six, UDP_OPEN), Some((23, 53)));
        for other in [
            &b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"[..],
            b"",
            b"   0: 0100007F:1F90 00000000:0000 0A",
            b"   0: 0100007F:XXXX 00000000:0000 0A 0 0 0 0 0 17",
            b"   0: 0100007F:1F90 00000000:0000 0A 0 0 0 0 0 0",
        ] {
            assert_eq!(listener(other, TCP_LISTEN), None);
        }
    }

    fn me() -> Pid {
        Pid::new(std::process::id()).unwrap()
    }

    #[test]
    fn a_question_that_nobody_waits_for_is_dropped() {
        let start_time = look::stat(me()).unwrap().start_time;
        let target = Target::new(ProcId { pid: me(), start_time }, "me");
        assert_eq!(look_around(&target, &[], || true), None);
        assert!(look_around(&target, &[], || false).is_some());
    }

    #[test]
    fn of_a_newcomer_with_the_same_pid_nothing_is_told() {
        let target = Target::new(ProcId { pid: me(), start_time: 1 }, "me");
        let survey = look_around(&target, &[], || false).unwrap();
        assert_eq!(survey, Survey { cgroup: None, listens: Vec::new(), partial: true });
    }
}
