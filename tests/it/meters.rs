//! What each meter says of a machine that has everything, and of one of which nothing is known.

use std::collections::BTreeSet;
use std::sync::Arc;

use glowtop::catalog::{Cell, Data, Gauge, Meter, MeterInput, core_parts, meter, meters};
use glowtop::model::{
    Account, Census, CensusBy, CpuLimit, CpuUse, Facts, Hearing, Host, Limits, Load, Memory, MemoryLimit,
    Network, Pressure, Role, Sensors, SlowNeeds, Snapshot, Stall, SystemState, Systemd, ZfsCache,
};

use crate::arranged::facts;
use crate::header;

const GIB: u64 = 1 << 30;

fn snapshot() -> Snapshot {
    header::machine(8, 199, "web-3\u{1b}")
}

/// The same with memory that is easily added up.
fn round() -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.system.memory = Some(Memory {
        total: 32 * GIB,
        free: 10 * GIB,
        available: Some(20 * GIB),
        buffers: GIB,
        cached: 9 * GIB,
        reclaimable: GIB,
        shmem: 2 * GIB,
        swap_total: 8 * GIB,
        swap_free: 7 * GIB,
        swap_cached: GIB / 2,
    });
    snapshot
}

fn sensors() -> Sensors {
    Sensors { facts: facts(), ..header::sensors() }
}

fn read(id: &str, snapshot: &Snapshot, sensors: Option<&Sensors>, detailed: bool) -> Gauge {
    let mut gauge = Gauge { parts: vec![(Role::Bad, 9.0)], total: 7.0, level: Some(1.0), text: Cell::new() };
    gauge.text.push(Role::Bad, "left over");
    let input = MeterInput { snapshot, sensors, detailed, delay: Some(1.0), old: false, number: 0 };
    (meter(id).unwrap().read)(&input, &mut gauge);
    gauge
}

#[test]
fn every_meter_is_complete() {
    let mut ids = BTreeSet::new();
    for Meter { id, title, help, style, data, .. } in meters() {
        assert!(ids.insert(*id), "{id}: two meters have this id");
        assert!(data.styles().contains(style), "{id}: it cannot have the style it likes best");
        assert!((1..=4).contains(&title.chars().count()), "{id}: {title}");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{id}");
        assert!(help.ends_with('.') && help.split(' ').count() > 2 && !help.contains("  "), "{id}: {help}");
    }
    assert!(meter("").is_none());
}

#[test]
fn what_the_meters_say() {
    let (snapshot, sensors) = (snapshot(), sensors());
    let said: Vec<_> = meters()
        .iter()
        .map(|meter| {
            let said = read(meter.id, &snapshot, Some(&sensors), false);
            format!("{} {}", meter.title, said.text.text()).trim_end().to_owned()
        })
        .collect();
    assert_eq!(
        said,
        [
            "cpu 24.7%",
            "cpu 8.4%",
            "load  2.41  1.80  1.02",
            "load 2.41",
            "cpus 24.7%",
            "cpus 24.7%",
            "cpus 24.7%",
            "psi cpu  4.1 io  0.0 mem  0.0",
            "psi cpu   4.1 10s   2.0 60s   1.0 5m",
            "psi cpu full –",
            "psi io    0.0 10s   0.0 60s   0.0 5m",
            "psi io full –",
            "psi mem   0.0 10s   0.0 60s   0.0 5m",
            "psi mem full –",
            "psi irq full  1.0 10s   0.5 60s   0.2 5m",
            "sum  172% busy =  143 listed + 22.1 died +  3.9 unaccounted +  3.0 irq",
            "who   240 came and went, 0 overlooked",
            "mem  8.4/31.2G",
            "swap 0.1/8.0G",
            "both  8.5/39.2G",
            "avl 18.6G",
            "huge 0.5/2.0G",
            "zram 2.0/8.0G  2.0:1",
            "zswp 3.00G in 1.00G  3.0:1",
            "arc  4.0/16.0G",
            "arc 5.00G in 3.00G  1.7:1",
            "lim 1.2/2.0G  0.8/1.5 cpus, 4 of 8 cores",
            "lim 0.8/1.5 cpus, 4 of 8 cores",
            "task 250, 1000 thr,  3 run, 62 kthr",
            "host web-3\u{fffd}  Linux 6.18.44",
            "name web-3\u{fffd}",
            "file 1824 open of 4096",
            "unit degraded, 2 failed, 61 active",
            "sel enforcing",
            "–",
            "self  0.2%  5.60M   3.1 ms",
            "up 41 days, 3:12",
            "up 3553920 s",
            "time 12:04:31Z",
            "date 2026-11-21",
            "time 2026-11-21 12:04:31Z",
            "freq 2.00 GHz  0.80 to 3.20",
            "bat  42% left  1:30  7.2 W",
            "temp  61°C Package id 0",
            "disk r 2.40M/s  w  680K/s",
            "net in 2.30M/s  out   80K/s",
            "busy 25.0%",
            "gpu 37.0%  1.0/4.0G",
        ]
    );
}

#[test]
fn what_is_unknown_is_said_to_be_unknown() {
    for meter in meters().iter().filter(|meter| meter.data != Data::Blank) {
        let gauge = read(meter.id, &Snapshot::default(), None, true);
        assert_eq!(gauge.level(), None, "{}", meter.id);
        assert!(gauge.text.text().contains('–'), "{}: {:?}", meter.id, gauge.text.text());
        assert_eq!((gauge.total, gauge.parts.len()), (0.0, 0), "{}", meter.id);
    }
}

#[test]
fn what_there_is_not_is_told_from_what_is_unknown() {
    let nothing = |read| Sensors { read, ..Sensors::default() };
    for meter in meters() {
        let said =
            |sensors: &Sensors| read(meter.id, &snapshot(), Some(sensors), false).text.text().to_owned();
        let facts = !meter.slow.is_empty()
            && !["memory", "memory_swap", "disk", "network", "disk_busy", "pressure_irq"].contains(&meter.id);
        if facts {
            assert_eq!(said(&nothing(meter.slow)), "none", "{}", meter.id);
            assert_eq!(said(&nothing(SlowNeeds::NOTHING)), "–", "{}", meter.id);
        }
    }
}

#[test]
fn the_cache_of_zfs_counts_as_cache() {
    let arc = ZfsCache { size: 5 * GIB, least: GIB, ..ZfsCache::default() };
    let sensors = Sensors { facts: Facts { arc: Some(arc), ..Facts::default() }, ..Sensors::default() };
    let gauge = read("memory", &round(), Some(&sensors), false);
    let part = |role| gauge.parts.iter().find(|part| part.0 == role).map(|part| part.1 / GIB as f64);
    // 4 GiB of the 11 that are used can be had back.
    assert_eq!((part(Role::MemUsed), part(Role::MemCache)), (Some(7.0), Some(12.0)));
    assert_eq!((gauge.text.text(), gauge.level()), (" 9.0/32.0G", Some(9.0 * GIB as f64)));
    assert_eq!(read("zfs_arc", &snapshot(), Some(&sensors), false).text.text(), "5.0/5.0G");
}

#[test]
fn limits_stand_beside_the_totals() {
    let said = |limits| {
        let sensors = Sensors { facts: Facts { limits, ..Facts::default() }, ..Sensors::default() };
        let gauge = read("limits", &snapshot(), Some(&sensors), false);
        (gauge.text.text().to_owned(), gauge.filled())
    };
    let memory = Some(MemoryLimit { most: 2 * GIB, used: GIB });
    let cpu = Some(CpuLimit { most: 2.0, used: Some(0.5) });
    assert_eq!(said(Limits { memory, ..Limits::default() }), ("1.0/2.0G".to_owned(), Some(0.5)));
    assert_eq!(said(Limits { cpu, ..Limits::default() }), ("0.5/2.0 cpus".to_owned(), Some(0.25)));
    assert_eq!(said(Limits { memory, cpu, cpus: Some(3) }).0, "1.0/2.0G  0.5/2.0 cpus, 3 of 8 cores");
    // Before the second reading nothing is known of CPU time.
    let first = Some(CpuLimit { most: 2.0, used: None });
    assert_eq!(said(Limits { cpu: first, ..Limits::default() }), ("–/2.0 cpus".to_owned(), None));
    // A cgroup may be over its limit for a moment.
    let over = Some(MemoryLimit { most: GIB, used: 2 * GIB });
    assert_eq!(said(Limits { memory: over, ..Limits::default() }).1, Some(1.0));
}

#[test]
fn parts_never_exceed_the_whole() {
    let mut snapshot = round();
    for free in [0, 10 * GIB, u64::MAX / 8] {
        if let Some(memory) = &mut snapshot.system.memory {
            (memory.free, memory.shmem, memory.swap_cached) = (free, 20 * GIB, 9 * GIB);
        }
        for meter in meters() {
            for detailed in [false, true] {
                let gauge = read(meter.id, &snapshot, Some(&sensors()), detailed);
                let sum: f64 = gauge.parts.iter().map(|part| part.1).sum();
                assert!(sum <= gauge.total + 1e-6, "{}: {gauge:?}", meter.id);
                assert!(gauge.parts.iter().all(|part| part.1 >= 0.0), "{}: {gauge:?}", meter.id);
                assert_eq!(gauge.text.is_empty(), meter.data == Data::Blank, "{}", meter.id);
            }
        }
    }
}

#[test]
fn memory_is_stacked_as_htop_stacks_it() {
    let gauge = read("memory", &round(), None, false);
    let gib = |n: u64| (n * GIB) as f64;
    let parts = [
        (Role::MemUsed, gib(11)),
        (Role::MemShared, gib(2)),
        (Role::MemBuffers, gib(1)),
        (Role::MemCache, gib(8)),
    ];
    assert_eq!((gauge.parts.as_slice(), gauge.total), (&parts[..], gib(32)));
}

#[test]
fn a_core_is_stacked_as_htop_stacks_it() {
    let use_ = CpuUse {
        user: 0.5,
        low: 0.125,
        kernel: 0.0625,
        irq: 0.0625,
        softirq: 0.0625,
        steal: 0.03125,
        guest: 0.03125,
        iowait: 0.125,
    };
    let mut parts = vec![(Role::Bad, 1.0)];
    core_parts(&use_, false, &mut parts);
    let plain =
        [(Role::CpuLow, 0.125), (Role::CpuUser, 0.5), (Role::CpuKernel, 0.1875), (Role::CpuSteal, 0.0625)];
    assert_eq!(parts, plain);
    core_parts(&use_, true, &mut parts);
    assert_eq!(parts.iter().map(|part| part.1).sum::<f64>(), 1.0);
    assert_eq!(parts.last(), Some(&(Role::CpuIowait, 0.125)));
}

#[test]
fn nothing_moves_when_a_figure_grows_by_a_digit() {
    let width = |id: &str, snapshot: &Snapshot| read(id, snapshot, Some(&sensors()), false).text.width();
    let mut snapshot = snapshot();
    let stall = |avg10| Some(Stall { avg10, avg60: avg10, avg300: avg10 });
    let mut widths = BTreeSet::new();
    for mean in [0.0, 4.54, 14.54, 99.99, 114.5, 1234.5] {
        snapshot.system.load = Some(Load { one: mean, five: mean / 2.0, fifteen: mean, ..Load::default() });
        widths.insert(("load", width("load", &snapshot)));
        let some = if mean > 1000.0 { None } else { stall(mean.min(100.0)) };
        let pressure = Pressure { cpu_some: some, io_some: some, memory_some: some, ..Pressure::default() };
        snapshot.system.pressure = Some(pressure);
        widths.insert(("pressure", width("pressure", &snapshot)));
        snapshot.own_cpu = Some(mean.min(99.9));
        snapshot.cost.own_memory = Some((mean * 1e5) as u64);
        snapshot.cost.wall = (mean / 1e4).min(0.0999);
        widths.insert(("self", width("self", &snapshot)));
        snapshot.counts.processes = mean as u64 % 1000;
        snapshot.counts.threads = mean as u64;
        snapshot.system.running = Some(mean as u64 % 100);
        widths.insert(("tasks", width("tasks", &snapshot)));
    }
    assert_eq!(widths.len(), 4, "{widths:?}");
    let mut sensors = sensors();
    let mut widths = BTreeSet::new();
    for rate in [None, Some(0.0), Some(5e3), Some(2e6), Some(5e8), Some(2e9)] {
        sensors.networks.retain(|network| network.loopback);
        sensors.networks.push(Network { receive_rate: rate, transmit_rate: rate, ..Network::default() });
        widths.insert(read("network", &snapshot, Some(&sensors), false).text.width());
    }
    assert_eq!(widths.len(), 1, "{widths:?}");
}

#[test]
fn one_cpu_is_shown_by_its_number() {
    let mut snapshot = snapshot();
    snapshot.cpus.remove(3);
    let said = |number| {
        let mut gauge = Gauge::new();
        let input = MeterInput {
            snapshot: &snapshot,
            sensors: None,
            detailed: false,
            delay: None,
            old: false,
            number,
        };
        (meter("core").unwrap().read)(&input, &mut gauge);
        (gauge.text.text().to_owned(), gauge.filled().is_some())
    };
    assert_eq!(said(1), ("99.0%".to_owned(), true));
    // One that is offline, and one that there is not.
    assert_eq!((said(3), said(900)), (("–".to_owned(), false), ("–".to_owned(), false)));
}

#[test]
fn systemd_says_first_what_is_wrong() {
    let said = |systemd| {
        let facts = Facts { systemd: Some(systemd), ..Facts::default() };
        let sensors = Sensors { facts, ..Sensors::default() };
        read("systemd", &Snapshot::default(), Some(&sensors), false).text.text().to_owned()
    };
    let quiet = Systemd { units: Some(61), ..Systemd::default() };
    assert_eq!(said(quiet), "61 active");
    assert_eq!(said(Systemd { ending: true, ..quiet }), "61 active, shutting down");
    let running = Systemd { state: Some(SystemState::Running), failed: Some(0), jobs: Some(1), ..quiet };
    assert_eq!(said(running), "running, 1 job, 61 active");
    let degraded = Systemd { state: Some(SystemState::Degraded), failed: Some(2), units: None, ..running };
    assert_eq!(said(degraded), "degraded, 2 failed, 1 job, – active");
    assert_eq!(
        said(Systemd { state: Some(SystemState::Stopping), ending: true, ..quiet }),
        "stopping, 61 active"
    );
}

#[test]
fn no_swap_is_no_bar() {
    let mut snapshot = snapshot();
    if let Some(memory) = &mut snapshot.system.memory {
        (memory.swap_total, memory.swap_free) = (0, 0);
    }
    let gauge = read("swap", &snapshot, None, false);
    assert_eq!((gauge.text.text(), gauge.total, gauge.filled()), ("none", 0.0, None));
}

#[test]
fn a_running_count_that_wrapped_is_no_count() {
    let mut snapshot = snapshot();
    snapshot.system.running = Some(u64::MAX);
    assert_eq!(read("tasks", &snapshot, None, false).text.text(), "250, 1000 thr,  1 run, 62 kthr");
    snapshot.system.running = Some(5);
    assert_eq!(read("tasks", &snapshot, None, false).text.text(), "250, 1000 thr,  5 run, 62 kthr");
}

#[test]
fn the_sum_tells_what_is_in_it_and_how_sure_it_is() {
    let mut snapshot = snapshot();
    let said = |snapshot: &Snapshot| read("account", snapshot, None, false).text.text().to_owned();
    let account =
        Account { busy: 10.0, listed: 8.0, guest: 2.5, ended: 1.0, remainder: -1.5, ..Account::default() };
    snapshot.account = Some(account);
    assert_eq!(
        said(&snapshot),
        "10.0% busy =  8.0 listed +  1.0 died -  1.5 unaccounted +  0.0 irq +  2.5 guest"
    );
    // What is not there at the moment keeps its place, and all who died are one figure.
    let account =
        Account { busy: 9.0, ended_or_came: 4.0, came_and_went: 4.0, ended: 1.0, ..Account::default() };
    snapshot.account = Some(Account { softirq: 0.3, irq: 0.2, ..account });
    assert_eq!(said(&snapshot), " 9.0% busy =  0.0 listed +  9.0 died +  0.0 unaccounted +  0.5 irq");
    snapshot.account = Some(Account { unseen: 7, ..account });
    let who = |snapshot: &Snapshot| read("census", snapshot, None, false).text.text().to_owned();
    snapshot.census = Census { by: CensusBy::Events, events: Hearing::All, checks: 2, overlooked: 0 };
    assert_eq!(who(&snapshot), "    7 came and went, 0 overlooked");
    // Nobody told how many they were: there may be more.
    snapshot.census.events = Hearing::Refused;
    assert_eq!(who(&snapshot), "   7+ came and went, 0 overlooked");
    snapshot.census = Census { by: CensusBy::Probe, events: Hearing::TooMany, checks: 2, overlooked: 3 };
    assert_eq!(who(&snapshot), "   7+ came and went, 3 overlooked, too many events");
    (snapshot.census, snapshot.account) = (Census::default(), None);
    assert_eq!(who(&snapshot), "    – came and went, – overlooked");
}

#[test]
fn late_looks_and_old_figures_are_said() {
    let mut snapshot = snapshot();
    snapshot.wall = (12 * 3600 + 4 * 60 + 31) * 1_000_000_000;
    let said = |snapshot: &Snapshot, old| {
        let mut gauge = Gauge::new();
        let input = MeterInput { snapshot, sensors: None, detailed: false, delay: Some(1.0), old, number: 0 };
        (meter("self").unwrap().read)(&input, &mut gauge);
        gauge.text.text().to_owned()
    };
    snapshot.interval = Some(1.1);
    assert_eq!(said(&snapshot, false), " 0.2%  5.60M   3.1 ms");
    snapshot.interval = Some(1.4);
    assert_eq!(said(&snapshot, true), "as of 12:04:31Z  every 1.4 s   0.2%  5.60M   3.1 ms");
    snapshot.interval = None;
    let host = Host { utc_offset_s: Some(-13 * 3600), ..Host::default() };
    snapshot.system.host = Arc::new(host);
    assert_eq!(said(&snapshot, true), "as of 23:04:31   0.2%  5.60M   3.1 ms");
}
