//! The ports of processes: on made-up trees, and of a process that listens.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use glowtop::model::{Needs, Pid, Sample, Snapshot, Source, Wants, derive};
use glowtop::proc::Live;
use glowtop::query::Filter;

use crate::fixture::Fixture;

const ALL: Needs = Needs::PORTS.of_all();

fn look(live: &mut Live, needs: Needs) -> Sample {
    live.sample(&Wants { needs, ..Wants::default() }).unwrap()
}

/// The ports of a process, and those on which it listens.
fn ports(sample: &Sample, pid: u32) -> Option<(Vec<u16>, Vec<u16>)> {
    let seen = sample.tasks.iter().find(|seen| seen.id.pid.get() == pid)?;
    let ports = seen.task.details()?.ports.known()?;
    Some((ports.all().to_vec(), ports.listening().to_vec()))
}

/// Looks until the process has these ports.
fn look_until(live: &mut Live, needs: Needs, done: impl Fn(&Sample) -> bool) -> Sample {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let sample = look(live, needs);
        if done(&sample) {
            return sample;
        }
        assert!(Instant::now() < end, "it never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A line of a table, as the kernel writes it.
fn line(port: u16, state: u8, inode: u64) -> String {
    format!(
        "   0: 0100007F:{port:04X} 00000000:0000 {state:02X} 00000000:00000000 00:00000000 00000000  1000        0 {inode} 1 0000000000000000 100 0 0 10 0\n"
    )
}

fn descriptors(fixture: &Fixture, pid: u32, network: u32, links: &[&str]) {
    for folder in ["fd", "ns"] {
        fs::create_dir_all(fixture.path(&format!("proc/{pid}/{folder}"))).unwrap();
    }
    symlink(format!("net:[{network}]"), fixture.path(&format!("proc/{pid}/ns/net"))).unwrap();
    for (number, link) in links.iter().enumerate() {
        symlink(link, fixture.path(&format!("proc/{pid}/fd/{number}"))).unwrap();
    }
}

#[test]
fn descriptors_and_tables_are_joined_within_a_network_namespace() {
    let fixture = Fixture::new();
    for pid in [40, 41, 50, 60] {
        fixture.process(pid, 1, "prog", 5000, 1);
        fixture.write(&format!("proc/{pid}/schedstat"), "1 1 1\n");
    }
    let heading = "  sl  local_address rem_address   st\n".to_owned();
    fixture.write("proc/40/net/tcp", heading.clone() + &line(8080, 0x0a, 101) + &line(50_000, 1, 102));
    fixture.write("proc/40/net/tcp6", heading.clone() + &line(443, 0x0a, 103));
    fixture.write("proc/40/net/udp", heading.clone() + &line(53, 7, 104) + &line(40_000, 1, 105));
    // The same numbers are other sockets there, and its table is longer than what is read at once.
    let many: String = (0..3000).map(|n| line(20_000, 1, 1_000_000 + n)).collect();
    fixture.write("proc/50/net/tcp", heading + &many + &line(9090, 0x0a, 101));
    symlink("../40/net", fixture.path("proc/41/net")).unwrap();
    descriptors(
        &fixture,
        40,
        1,
        &["socket:[101]", "/dev/null", "socket:[103]", "socket:[104]", "pipe:[102]"],
    );
    descriptors(&fixture, 41, 1, &["socket:[101]", "socket:[102]", "socket:[105]", "socket:[999]"]);
    descriptors(&fixture, 50, 2, &["/x", "socket:[101]"]);
    let mut live = Live::new(fixture.root());
    let sample = look_until(&mut live, ALL, |sample| ports(sample, 50).is_some());
    assert_eq!(ports(&sample, 40), Some((vec![53, 443, 8080], vec![53, 443, 8080])));
    assert_eq!(ports(&sample, 41), Some((vec![8080, 40_000, 50_000], vec![8080])));
    assert_eq!(ports(&sample, 50), Some((vec![9090], vec![9090])));
    assert_eq!(ports(&sample, 60), None, "what cannot be read is not known");
    // Who has not run is not asked again, who has run is.
    symlink("socket:[103]", fixture.path("proc/41/fd/9")).unwrap();
    fixture.write("proc/41/schedstat", "2 1 1\n");
    look_until(&mut live, ALL, |sample| ports(sample, 41).is_some_and(|(all, _)| all.contains(&443)));
    let sample = look(&mut live, Needs::OOM.of_all());
    assert_eq!(ports(&sample, 41), None, "nobody asks any more");
}

/// Ports that a child has open.
struct Listener {
    child: Child,
    tcp: Vec<u16>,
    udp: u16,
}

impl Listener {
    /// A child that listens, behind the words of `before`; `None` where these cannot be run.
    fn start(before: &[&str]) -> Option<Listener> {
        let own = std::env::current_exe().unwrap();
        let itself = own.to_str().unwrap();
        let name = "ports::the_child_that_listens";
        let words: Vec<&str> =
            before.iter().copied().chain([itself, "--exact", name, "--nocapture"]).collect();
        let child = Command::new(words[0])
            .args(&words[1..])
            .env("GLOWTOP_TEST_LISTENS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = child.ok()?;
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut said = out.lines().map_while(Result::ok);
        let mut listener = Listener { child, tcp: Vec::new(), udp: 0 };
        let told = said.find_map(|line| line.split_once("LISTENS ").map(|(_, ports)| ports.to_owned()))?;
        let mut numbers = told.split(' ').map(|port| port.parse().unwrap());
        listener.udp = numbers.next().unwrap();
        listener.tcp.extend(numbers);
        Some(listener)
    }

    fn pid(&self) -> Pid {
        Pid::new(self.child.id()).unwrap()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test but the child of one, where it is told so: it listens until nobody waits for it.
#[test]
fn the_child_that_listens() {
    if std::env::var_os("GLOWTOP_TEST_LISTENS").is_none() {
        return;
    }
    let tcp: Vec<TcpListener> =
        ["0.0.0.0:0", "[::]:0"].iter().filter_map(|place| TcpListener::bind(place).ok()).collect();
    let udp = UdpSocket::bind("0.0.0.0:0").unwrap();
    print!("LISTENS {}", udp.local_addr().unwrap().port());
    for listener in &tcp {
        print!(" {}", listener.local_addr().unwrap().port());
    }
    println!();
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

fn found(snapshot: &Snapshot, query: &str) -> Vec<Pid> {
    let mut filter = Filter::parse(query);
    assert_eq!(filter.error(), None, "{query}");
    filter.look(snapshot);
    snapshot.procs.iter().filter(|proc| filter.matches(proc)).map(|proc| proc.task.id.pid).collect()
}

#[test]
fn whoever_listens_is_found_by_the_port() {
    let listener = Listener::start(&[]).unwrap();
    let pid = listener.pid();
    let first = TcpStream::connect(("127.0.0.1", listener.tcp[0])).unwrap();
    let client = first.local_addr().unwrap().port();
    let mut live = Live::new(std::path::Path::new("/"));
    let own = std::process::id();
    let sample = look_until(&mut live, ALL, |sample| {
        ports(sample, pid.get()).is_some_and(|(_, listening)| listening.contains(&listener.tcp[0]))
            && ports(sample, own).is_some_and(|(all, _)| all.contains(&client))
    });
    let snapshot = derive(None, sample);
    for port in listener.tcp.iter().chain([&listener.udp]) {
        assert!(found(&snapshot, &format!("port:{port}")).contains(&pid), "{port}");
        assert!(found(&snapshot, &format!("listen={port} and pid={pid}")).contains(&pid), "{port}");
        assert!(!found(&snapshot, &format!("not port:{port}")).contains(&pid), "{port}");
        assert!(!found(&snapshot, &format!("port!={port}")).contains(&pid), "{port}");
    }
    let own = Pid::new(own).unwrap();
    assert!(found(&snapshot, &format!("port={client}")).contains(&own));
    assert!(!found(&snapshot, &format!("listen={client}")).contains(&own));
    drop(first);
}

#[test]
fn another_network_namespace_has_its_own_tables() {
    // Only root may make one, and not in every sandbox.
    let Some(listener) = Listener::start(&["unshare", "--net", "--"]) else {
        println!("skipped: no network namespace can be made here");
        return;
    };
    let mut live = Live::new(std::path::Path::new("/"));
    let pid = listener.pid().get();
    let sample = look_until(&mut live, ALL, |sample| ports(sample, pid).is_some());
    let (all, listening) = ports(&sample, pid).unwrap();
    assert_eq!(all, listening);
    assert!(all.contains(&listener.udp) && listener.tcp.iter().all(|port| all.contains(port)));
}
