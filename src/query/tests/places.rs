//! Where a process is reached and where it lives, and queries with a name.

use super::*;
use crate::model::{CgroupPlace, Details, Ports};

#[test]
fn ports_agree_where_any_of_them_does() {
    let with = |ports: Reading<Arc<Ports>>| {
        let mut proc = compiler();
        proc.task_mut().details = Some(Arc::new(Details { ports, ..Details::default() }));
        proc
    };
    let known = |found: &[(u16, bool)], partial| {
        with(Reading::Known(Arc::new(Ports::new(found.iter().copied(), partial))))
    };
    let server = known(&[(8080, true), (443, true), (50_000, false)], false);
    for text in [
        "port:8080",
        "port=443",
        "port<1024",
        "port>=50000",
        "listen:443",
        "port!=80",
        "not port:80",
        "port>0",
    ] {
        assert_eq!(asked(text, &server), Truth::True, "{text}");
    }
    for text in ["port!=8080", "listen:50000", "port>60000", "port=80"] {
        assert_eq!(asked(text, &server), Truth::False, "{text}");
    }
    let none = known(&[], false);
    assert_eq!((asked("port>0", &none), asked("port!=80", &none)), (Truth::False, Truth::True));
    let partial = known(&[(80, true)], true);
    assert_eq!((asked("port:80", &partial), asked("port:81", &partial)), (Truth::True, Truth::Unknown));
    for unknown in [with(Reading::Denied), with(Reading::NotRead), compiler()] {
        for text in ["port:80", "port!=80", "not port:80", "listen>0"] {
            assert_eq!(asked(text, &unknown), Truth::Unknown, "{text}");
        }
    }
    for text in ["port:http", "port:65536", "port:-1", "port~80", "port:+80"] {
        assert!(Query::parse(text).is_err(), "{text}");
    }
}

#[test]
fn containers_units_and_cgroups_are_asked_for_by_their_parts() {
    let with = |path: &str| {
        let mut proc = compiler();
        let cgroup = Reading::Known(Arc::new(CgroupPlace::of(path.as_bytes())));
        proc.task_mut().details = Some(Arc::new(Details { cgroup, ..Details::default() }));
        proc
    };
    let id = "0123456789abcdef".repeat(4);
    let docker = with(&format!("/system.slice/docker-{id}.scope"));
    for text in [
        "cgroup:docker*",
        "cgroup:system.slice",
        "cgroup:/system.slice/*",
        "container:docker*",
        "container:docker:0123*",
        "container:0123*",
        "container=0123456789ab",
        "container!=-",
        "unit:docker-*",
    ] {
        assert_eq!(asked(text, &docker), Truth::True, "{text}");
    }
    let cron = with("/system.slice/cron.service");
    for text in ["unit=cron", "unit:cron.service", "unit:c*", "container:-", "container=-"] {
        assert_eq!(asked(text, &cron), Truth::True, "{text}");
    }
    for text in ["cgroup:docker*", "container!=-", "container:docker*", "unit:-", "cgroup=cron.service"] {
        assert_eq!(asked(text, &cron), Truth::False, "{text}");
    }
    assert_eq!(asked("container:-", &compiler()), Truth::Unknown);
}

#[test]
fn views_read_the_same_when_they_are_written() {
    let views = Views::new([("mine".to_owned(), "user=me and not (x or cpu>5)".to_owned())]);
    for text in ["@mine", "not @mine and @mine", "(@mine or make|cc1) user!=root", "x @mine"] {
        let query = Query::parse_with(text, &views).unwrap();
        let written = query.to_string();
        assert_eq!(Query::parse_with(&written, &views).as_ref(), Ok(&query), "{written}");
    }
    let mine = Query::parse_with("@mine", &views).unwrap();
    let snapshot = machine(vec![]);
    assert!(!mine.matches(&compiler(), &mine.prepare(&snapshot)));
    let not = Query::parse_with("not @mine", &views).unwrap();
    assert!(not.matches(&compiler(), &not.prepare(&snapshot)));
}

#[test]
fn only_plain_text_may_be_as_long_as_it_likes() {
    let long = "name~a and ".repeat(100_000) + "b";
    assert!(Query::parse(&long).unwrap_err().what.starts_with("a query has at most 4096 characters"));
    assert!(Query::parse(&"a|b ".repeat(100_000)).is_ok_and(|query| query.is_plain()));
}
