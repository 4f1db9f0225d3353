//! What belongs to a process: its cgroup, and the ports it listens on.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, TcpStream, UdpSocket};

use glowtop::model::{ControlOrder, Happened, Pid, Survey};

use super::{Desk, GENEROUS, Guard, target};

fn survey(desk: &Desk, pid: u32, among: &[u32]) -> Survey {
    let among = among.iter().filter_map(|&pid| Pid::new(pid)).collect();
    desk.control.send(ControlOrder::Survey { session: 7, target: target(pid), among });
    let news = desk.next();
    assert_eq!((news.session, news.target.id.pid.get()), (7, pid));
    match news.what {
        Happened::Surveyed(survey) => *survey,
        other => panic!("a survey was due, not {other:?}"),
    }
}

fn ports(survey: &Survey, pid: u32) -> Vec<u16> {
    survey.listens.iter().filter(|(owner, _)| owner.get() == pid).map(|(_, port)| *port).collect()
}

#[test]
fn ports_are_told_of_those_that_listen_and_of_nobody_else() {
    let me = std::process::id();
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    // A connection has ports of its own, and they are no listener's.
    let caller = TcpStream::connect(tcp.local_addr().unwrap()).unwrap();
    let mut expected = vec![tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port()];
    let six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0));
    expected.extend(six.iter().map(|six| six.local_addr().unwrap().port()));
    let child = Guard::start(std::process::Command::new("sleep").arg("1000"));

    let desk = Desk::open(GENEROUS);
    let found = survey(&desk, child.pid(), &[me]);
    let ours = ports(&found, me);
    for port in &expected {
        assert!(ours.contains(port), "{port} is not among {ours:?}");
    }
    assert!(!ours.contains(&caller.local_addr().unwrap().port()));
    assert!(found.listens.is_sorted_by(|a, b| a < b), "{:?}", found.listens);
    // A descriptor that is closed on exec(2) is not the child's.
    assert_eq!(ports(&found, child.pid()), Vec::<u16>::new());
    // Only those who were asked about, unless the cgroup has more members.
    let alone = survey(&desk, me, &[]);
    assert!(ports(&alone, me).contains(&expected[0]));
}

#[test]
fn the_cgroup_is_told_with_its_members() {
    let child = Guard::start(std::process::Command::new("sleep").arg("1000"));
    let of_child = std::fs::read_to_string(format!("/proc/{}/cgroup", child.pid())).unwrap();
    let found = survey(&Desk::open(GENEROUS), child.pid(), &[]);
    let Some(path) = of_child.lines().find_map(|line| line.strip_prefix("0::")) else {
        assert_eq!(found.cgroup, None);
        println!("skipped in part: there are no cgroups of version 2 here");
        return;
    };
    let cgroup = found.cgroup.unwrap();
    assert_eq!(cgroup.path.bytes(), path.as_bytes());
    if cgroup.members.is_empty() {
        println!("skipped in part: the cgroup's folder cannot be read here");
        return;
    }
    assert!(cgroup.members.contains(&Pid::new(child.pid()).unwrap()));
    assert!(cgroup.members.is_sorted_by(|a, b| a < b));
}

#[test]
fn of_many_questions_the_last_is_answered() {
    let children: Vec<Guard> =
        (0..5).map(|_| Guard::start(std::process::Command::new("sleep").arg("1000"))).collect();
    let desk = Desk::open(GENEROUS);
    for (session, child) in (1..).zip(&children) {
        let target = target(child.pid());
        desk.control.send(ControlOrder::Survey { session, target, among: Vec::new() });
    }
    let mut told = Vec::new();
    while told.last() != Some(&5) {
        let news = desk.next();
        assert!(matches!(news.what, Happened::Surveyed(_)), "{news:?}");
        told.push(news.session);
    }
    assert!(told.is_sorted(), "{told:?}");
}
