//! The header on screens of many sizes over machines of many sizes.

use std::sync::Arc;

use glowtop::app::{Header, History};
use glowtop::catalog::{MeterInput, meters};
use glowtop::config;
use glowtop::model::{
    Account, Census, CensusBy, Cost, Counts, CpuUse, Disk, Hearing, Host, Kind, Load, Memory, Nanos, Network,
    Pid, Pressure, Proc, ProcId, Reading, Sensors, Snapshot, Stall, State, System, Task, Temperature,
    Topology, Untrusted,
};
use glowtop::view::{self, Depth, HeaderInput, Theme, picture};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A share between 0 and 1 that looks like chance and is none.
fn wobble(seed: u64) -> f32 {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d;
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 32;
    (x % 1000) as f32 / 1000.0
}

fn usage(core: u64, look: u64) -> CpuUse {
    let load = match core % 8 {
        1 => 0.99,
        0 => 0.30 + 0.2 * wobble(core * 77 + look),
        6 => 0.15,
        2 => 0.10,
        _ => 0.02 * wobble(core * 31 + look),
    };
    let wave = (look as f32 / 9.0).sin().abs() * 0.7 + 0.15;
    let busy = load * wave.min(1.0);
    let busy = if core == 1 { 0.99 } else { busy };
    CpuUse {
        low: busy * 0.08,
        user: busy * 0.62,
        kernel: busy * 0.2,
        irq: busy * 0.04,
        softirq: busy * 0.06,
        iowait: if core == 2 { 0.2 } else { 0.0 },
        ..CpuUse::default()
    }
}

/// One of many processes; the second works on core 1.
fn process(n: u32, cores: u32) -> Proc {
    let pid = Pid::new(31_840 + n).unwrap();
    let stat = Task {
        id: ProcId { pid, start_time: u64::from(n) },
        kind: if n % 5 == 4 { Kind::Kernel } else { Kind::Process },
        parent: None,
        pgrp: 1,
        session: 1,
        tty: 0,
        state: if n == 2 { State::RUNNING } else { State::SLEEPING },
        flags: 0,
        minor_faults: 0,
        major_faults: 0,
        utime: 0,
        stime: 0,
        cutime: 0,
        cstime: 0,
        cpu_clock: None,
        priority: 20,
        nice: 0,
        threads: 4,
        virt: 1 << 30,
        processor: Some(n.saturating_sub(1) % cores),
        memory: Reading::NotRead,
        uid: Reading::NotRead,
        user: None,
        comm: Arc::new(if n == 2 { "java" } else { "sleeper" }.into()),
        command: Reading::NotRead,
        stuck: false,
        details: None,
    };
    Proc { cpu: Some(if n == 2 { 99.2 } else { 0.1 }), ..Proc::new(stat) }
}

pub(crate) fn machine(cores: u32, look: u64, name: &str) -> Snapshot {
    let cpus: Vec<_> = (0..cores).map(|core| (core, Some(usage(u64::from(core), look)))).collect();
    let mean = |part: fn(&CpuUse) -> f32| {
        cpus.iter().filter_map(|(_, usage)| usage.as_ref().map(part)).sum::<f32>() / cores as f32
    };
    let cpu = CpuUse {
        low: mean(|u| u.low),
        user: mean(|u| u.user) + 0.25 * (look as f32 / 11.0).sin().powi(2),
        kernel: mean(|u| u.kernel),
        ..CpuUse::default()
    };
    let procs: Vec<_> = (0..312).map(|n| process(n, cores)).collect();
    let stall = |now| Some(Stall { avg10: now, avg60: now / 2.0, avg300: now / 4.0 });
    Snapshot {
        number: look + 1,
        wall: (1_795_262_472 + look) * 1_000_000_000,
        taken: Nanos(look * 1_000_000_000),
        since_boot: Nanos(3_553_920_000_000_000),
        interval: Some(1.0),
        cpu: Some(cpu),
        cpus,
        counts: Counts::of(&procs),
        procs,
        own_cpu: Some(0.2),
        account: Some(Account {
            busy: 172.0,
            listed: 143.0,
            came_and_went: 22.1,
            irq: 3.0,
            remainder: 3.9,
            unseen: 240,
            ..Account::default()
        }),
        census: Census { by: CensusBy::Events, events: Hearing::All, checks: 12, overlooked: 0 },
        cost: Cost { cpu: 0.003, wall: 0.0031, own_cpu: 1.0, own_memory: Some(5_872_025) },
        system: System {
            host: Arc::new(Host {
                name: name.into(),
                kernel: "Linux 6.18.44".into(),
                ticks_per_second: 100,
                ..Host::default()
            }),
            memory: Some(Memory {
                total: 33_500_000_000,
                free: 9_000_000_000,
                buffers: 900_000_000,
                cached: 11_600_000_000,
                reclaimable: 900_000_000,
                shmem: 1_100_000_000,
                available: Some(20_000_000_000),
                swap_total: 8 << 30,
                swap_free: (8 << 30) - 120_000_000,
                ..Memory::default()
            }),
            load: Some(Load {
                one: 2.41,
                five: 1.80,
                fifteen: 1.02,
                tasks: Some(1204),
                last_pid: Some(31_850),
            }),
            pressure: Some(Pressure {
                cpu_some: stall(4.1),
                io_some: stall(0.0),
                memory_some: stall(0.0),
                ..Pressure::default()
            }),
            running: Some(3),
            ..System::default()
        },
        ..Snapshot::default()
    }
}

pub(crate) fn sensors() -> Sensors {
    let disk = |mount: &str, total: u64, available: u64| Disk {
        mount: mount.into(),
        device: Untrusted::from(format!("/dev{mount}").as_str()),
        total,
        available,
        read_rate: Some(1_258_291.0),
        write_rate: Some(348_160.0),
    };
    Sensors {
        temperatures: vec![Temperature {
            label: "Package id 0".into(),
            celsius: 61.0,
            critical: Some(100.0),
        }],
        disks: vec![disk("/", 500 << 30, 190 << 30), disk("/home", 2000 << 30, 90 << 30)],
        networks: vec![
            Network { name: "lo".into(), loopback: true, receive_rate: Some(9.0), transmit_rate: Some(9.0) },
            Network {
                name: "eth0".into(),
                loopback: false,
                receive_rate: Some(2_411_724.0),
                transmit_rate: Some(81_920.0),
            },
        ],
        ..Sensors::default()
    }
}

/// A machine with a past.
pub(crate) struct Scene {
    pub(crate) snapshot: Snapshot,
    history: History,
    pub(crate) sensors: Sensors,
    header: Header,
    pub(crate) topology: Option<Topology>,
}

impl Scene {
    pub(crate) fn new(cores: u32, name: &str) -> Scene {
        Scene::followed(cores, name, Header::default())
    }

    /// The same under a header that was set up, with the levels of all meters.
    pub(crate) fn followed(cores: u32, name: &str, header: Header) -> Scene {
        let (mut history, sensors) = (History::default(), sensors());
        for look in 0..200 {
            let snapshot = machine(cores, look, name);
            history.push(&snapshot);
            let input = MeterInput {
                snapshot: &snapshot,
                sensors: Some(&sensors),
                detailed: false,
                delay: None,
                old: false,
                number: 0,
            };
            history.follow(meters().iter(), &input);
        }
        Scene { snapshot: machine(cores, 199, name), history, sensors, header, topology: None }
    }

    pub(crate) fn set_header(&mut self, header: Header) {
        self.header = header;
    }

    pub(crate) fn input(&self) -> HeaderInput<'_> {
        HeaderInput {
            tabs: 17,
            snapshot: &self.snapshot,
            sensors: Some(&self.sensors),
            history: &self.history,
            header: &self.header,
            topology: self.topology.as_ref(),
            detailed: false,
            per_core_history: false,
            meters_hidden: false,
            clock: Some("12:04:31"),
            paused: false,
            delay: Some(1.0),
            old: false,
        }
    }
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];
const CORES: [u32; 7] = [1, 2, 8, 16, 64, 256, 512];

pub(crate) fn theme(name: &str, depth: Depth, unicode: bool) -> Theme {
    Theme::new(&config::Theme::builtin(name).unwrap(), depth, unicode)
}

/// Draws the header onto a screen and cuts it out.
pub(crate) fn drawn(size: (u16, u16), theme: &Theme, input: &HeaderInput<'_>) -> Buffer {
    let screen = Rect::new(0, 0, size.0, size.1);
    let mut buf = Buffer::empty(screen);
    view::draw_header(screen, &mut buf, theme, input);
    if !theme.glyphs().unicode() {
        view::ascii_only(&mut buf);
    }
    let height = view::header_height(screen, input);
    let mut cut = Buffer::empty(Rect { height, ..screen });
    for y in 0..size.1 {
        for x in 0..size.0 {
            let cell = buf[(x, y)].clone();
            if y < height {
                cut[(x, y)] = cell;
            } else {
                assert_eq!(cell, ratatui::buffer::Cell::default(), "drawn below the header at {x}, {y}");
            }
        }
    }
    cut
}

pub(crate) fn symbols(buf: &Buffer) -> String {
    picture::text(buf).split("----").next().unwrap().to_owned()
}

#[test]
fn every_core_and_every_figure_is_there() {
    for cores in CORES {
        let scene = Scene::new(cores, "web-3");
        for size in SIZES {
            for name in ["ember", "mono"] {
                let buf = drawn(size, &theme(name, Depth::True, true), &scene.input());
                let text = symbols(&buf);
                let said = format!("{cores} cores at {}×{}, {name}:\n{text}", size.0, size.1);
                assert!(buf.area.height * 3 <= size.1, "{said}");
                for figure in ["glowtop", "web-3", "12:04:31", "mem", "11.4/31.2G", "swap", "2.41", "%"] {
                    assert!(text.contains(figure), "no {figure} with {said}");
                }
                assert!(text.contains(&format!("of {cores} core")), "{said}");
                assert!(!(2..=16).contains(&cores) || text.contains("99"), "{said}");
                if cores <= 16 {
                    for core in 0..cores {
                        assert!(text.contains(&format!("{core}▕")), "no core {core} with {said}");
                    }
                }
                if cores >= 256 || (cores == 64 && size.0 == 80) {
                    assert!(text.contains("hottest 1:") || text.contains("1: "), "{said}");
                }
            }
        }
    }
}

#[test]
fn cells_stand_for_all_cores() {
    let scene = Scene::new(256, "web-3");
    let text = symbols(&drawn((80, 24), &theme("ember", Depth::True, true), &scene.input()));
    let cells = text.chars().filter(|c| ('▁'..='█').contains(c)).count();
    // The bars of memory and swap may add full blocks.
    assert!(cells >= 256, "{text}");
    for first in [0, 64, 128, 192] {
        assert!(text.lines().any(|line| line.trim_start().starts_with(&format!("{first} "))), "{text}");
    }
}

#[test]
fn ascii_is_ascii_and_mono_has_no_colour() {
    for cores in CORES {
        let scene = Scene::new(cores, "web-3");
        for size in SIZES {
            let buf = drawn(size, &theme("ember", Depth::Mono, false), &scene.input());
            for cell in buf.content() {
                assert!(cell.symbol().is_ascii(), "{:?} in\n{}", cell.symbol(), symbols(&buf));
                assert_eq!((cell.fg, cell.bg), Default::default());
            }
        }
    }
}

#[test]
fn the_title_leaves_room_for_the_screens_names() {
    let scene = Scene::new(8, "web-3");
    for size in SIZES {
        let screen = Rect::new(0, 0, size.0, size.1);
        let room = view::title_room(screen, &scene.input());
        let buf = drawn(size, &Theme::default(), &scene.input());
        assert!(room.width >= 16, "{room:?}");
        for x in room.left()..room.right() {
            assert_eq!(buf[(x, room.y)].symbol(), " ");
        }
    }
}

#[test]
fn hidden_meters_leave_the_title() {
    let scene = Scene::new(8, "web-3");
    let input = HeaderInput { meters_hidden: true, paused: true, ..scene.input() };
    let buf = drawn((80, 24), &Theme::default(), &input);
    assert_eq!(buf.area.height, 1);
    assert!(symbols(&buf).contains("PAUSED"));
}

#[test]
fn before_the_first_rates_nothing_is_zero() {
    let cpus = (0..4).map(|core| (core, None)).collect();
    let scene = Scene {
        snapshot: Snapshot { number: 1, cpus, ..Snapshot::default() },
        history: History::default(),
        sensors: Sensors::default(),
        header: Header::default(),
        topology: None,
    };
    let input = HeaderInput { sensors: None, clock: None, ..scene.input() };
    let text = symbols(&drawn((80, 24), &Theme::default(), &input));
    assert!(!text.contains("0%") && text.contains('–'), "{text}");
}

#[test]
fn screens() {
    for (name, cores, size) in [
        ("8_at_80x24", 8, (80, 24)),
        ("8_at_120x40", 8, (120, 40)),
        ("64_at_200x50", 64, (200, 50)),
        ("256_at_80x24", 256, (80, 24)),
    ] {
        let scene = Scene::new(cores, "web-3");
        let buf = drawn(size, &Theme::default(), &scene.input());
        insta::assert_snapshot!(name, picture::text(&buf));
    }
    let scene = Scene::new(8, "web-3");
    let buf =
        drawn((80, 24), &theme("mono", Depth::Mono, false), &HeaderInput { detailed: true, ..scene.input() });
    insta::assert_snapshot!("8_at_80x24_mono_ascii_detailed", picture::text(&buf));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_size_is_survived(width in 0u16..310, height in 0u16..110, cores in 1u32..520,
                              name in "\\PC{0,60}|(\u{1b}|\n|漢|\u{202e}|x|\u{301}){0,40}",
                              detailed in any::<bool>(), per_core_history in any::<bool>(), hidden in any::<bool>(),
                              unicode in any::<bool>()) {
        let mut history = History::default();
        for look in 0..5 {
            history.push(&machine(cores, look, &name));
        }
        let mut slow = sensors();
        slow.disks[0].mount = name.as_str().into();
        slow.networks[1].name = name.as_str().into();
        let header = Header::default();
        let scene = Scene { snapshot: machine(cores, 5, &name), history, sensors: slow, header, topology: None };
        let input = HeaderInput { detailed, per_core_history, meters_hidden: hidden, ..scene.input() };
        let buf = drawn((width, height), &theme("ember", Depth::True, unicode), &input);
        for cell in buf.content() {
            prop_assert!(!cell.symbol().chars().any(char::is_control));
        }
        // A buffer that is elsewhere, or smaller than the screen, is not written beside.
        let mut small = Buffer::empty(Rect::new(3, 1, 20, 3));
        view::draw_header(Rect::new(0, 0, width, height), &mut small, &Theme::default(), &input);
    }
}

#[test]
fn each_core_has_its_history_where_wanted() {
    let scene = Scene::new(8, "web-3");
    let bars = symbols(&drawn((120, 40), &Theme::default(), &scene.input()));
    let input = HeaderInput { per_core_history: true, ..scene.input() };
    let strips = symbols(&drawn((120, 40), &Theme::default(), &input));
    let idle = |text: &str| text.lines().nth(4).unwrap().matches('▁').count();
    assert_eq!(idle(&bars), 0, "{bars}");
    assert!(idle(&strips) > 20, "{strips}");
    assert!(strips.contains("99%"), "{strips}");
}

#[test]
fn details_are_told_apart() {
    let scene = Scene::new(8, "web-3");
    let core_2 = |detailed| {
        let input = HeaderInput { detailed, ..scene.input() };
        let text = symbols(&drawn((200, 50), &theme("mono", Depth::Mono, false), &input));
        text.lines().nth(3).unwrap().chars().take(60).collect::<String>()
    };
    // Core 2 waits for I/O a fifth of its time, which is idle time and only shown in detail, after seven others.
    assert!(core_2(true).contains("........"), "{}", core_2(true));
    assert!(!core_2(false).contains('.'), "{}", core_2(false));
}

/// Every picture is whole; with a folder in `GLOWTOP_PICTURES` they are also written there, for the eye.
#[test]
fn pictures_are_whole() {
    let folder = std::env::var_os("GLOWTOP_PICTURES");
    let looks =
        [("ember", Depth::True), ("ember", Depth::Sixteen), ("ash", Depth::True), ("mono", Depth::Mono)];
    for cores in CORES {
        let scene = Scene::new(cores, "<web & \"3\">");
        for size in SIZES {
            for (name, depth) in looks {
                let theme = theme(name, depth, true);
                let input = HeaderInput { per_core_history: name == "ash", ..scene.input() };
                let picture = picture::svg(&drawn(size, &theme, &input), theme.paper(), "glowtop");
                assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
                assert_eq!(picture.matches("<text ").count(), picture.matches("</text>").count());
                assert!(picture.contains("&lt;web &amp; &quot;3&quot;&gt;"), "{name} {cores} {size:?}");
                if let Some(folder) = &folder {
                    let file = format!("{name}-{depth:?}-{cores}-{}x{}.svg", size.0, size.1);
                    std::fs::write(std::path::Path::new(folder).join(file), picture).unwrap();
                }
            }
        }
    }
}
