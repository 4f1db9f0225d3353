//! A header that somebody set up: every meter in every style, any arrangement on any screen, cores by their topology.

use glowtop::app::Header;
use glowtop::catalog::{Data, Style, meters};
use glowtop::config;
use glowtop::model::{
    Battery, BatteryState, CoreKind, CpuLimit, Facts, Frequency, GpuUse, Handles, HugePages, Limits,
    MemoryLimit, SeLinux, SlowNeeds, Stall, SystemState, Systemd, Topology, TopologyCpu, ZfsCache, Zram,
    Zswap,
};
use glowtop::view::{Depth, HeaderInput, Theme, header_height, picture};
use proptest::prelude::*;
use ratatui::layout::Rect;

use crate::header::{Scene, drawn, symbols, theme};

const GIB: u64 = 1 << 30;

pub(crate) fn facts() -> Facts {
    Facts {
        battery: Some(Battery {
            charge: 0.42,
            state: BatteryState::Discharging,
            watts: Some(7.25),
            seconds: Some(5_400.0),
        }),
        frequency: Some(Frequency { lowest: 8e8, mean: 2e9, highest: 3.2e9, limit: Some(4e9) }),
        huge_pages: Some(HugePages { total: 2 * GIB, used: GIB / 2, reserved: GIB / 4 }),
        zram: Some(Zram { size: 8 * GIB, data: 2 * GIB, compressed: GIB / 2, used: GIB }),
        zswap: Some(Zswap { used: GIB, data: 3 * GIB }),
        arc: Some(ZfsCache {
            size: 4 * GIB,
            least: GIB,
            most: 16 * GIB,
            often: 2 * GIB,
            lately: GIB,
            compressed: 3 * GIB,
            uncompressed: 5 * GIB,
        }),
        handles: Some(Handles { open: 1824, most: 4096 }),
        systemd: Some(Systemd {
            units: Some(61),
            state: Some(SystemState::Degraded),
            failed: Some(2),
            jobs: Some(0),
            ..Systemd::default()
        }),
        selinux: Some(SeLinux::Enforcing),
        irq_full: Some(Stall { avg10: 1.0, avg60: 0.5, avg300: 0.25 }),
        gpus: vec![GpuUse {
            busy: 0.37,
            memory_used: Some(GIB),
            memory_total: Some(4 * GIB),
            ..GpuUse::default()
        }],
        disk_busy: Some(0.25),
        limits: Limits {
            memory: Some(MemoryLimit { most: 2 * GIB, used: GIB + GIB / 5 }),
            cpu: Some(CpuLimit { most: 1.5, used: Some(0.75) }),
            cpus: Some(4),
        },
    }
}

/// A machine under the header that this configuration means.
fn scene(cores: u32, text: &str) -> Scene {
    let (wanted, complaints) = config::Header::parse(text);
    assert_eq!(complaints, []);
    let (header, complaints) = Header::resolve(&wanted);
    assert_eq!(complaints, []);
    let mut scene = Scene::followed(cores, "web-3", header);
    scene.sensors.facts = facts();
    scene
}

/// Two sockets, each of half the cores with two threads each, numbered as the kernel does: first threads first.
fn two_sockets(cpus: u32) -> Topology {
    let half = cpus / 2;
    let of = |number: u32| TopologyCpu {
        number,
        core: Some(number % half),
        package: Some(number % half / (half / 2)),
        node: Some(number % half / (half / 2)),
        kind: None,
    };
    Topology { cpus: (0..cpus).map(of).collect() }
}

#[test]
fn every_meter_in_every_style() {
    let mut all = String::new();
    let mut base = scene(8, "");
    for meter in meters() {
        for style in meter.styles() {
            let text = format!(
                "[header]\nmeters = [[{{ meter = \"{}\", style = \"{}\" }}]]\n",
                meter.id,
                style.id()
            );
            base.set_header(Header::resolve(&config::Header::parse(&text).0).0);
            let [rich, plain] = [theme("ember", Depth::True, true), theme("ember", Depth::Mono, false)]
                .map(|theme| symbols(&drawn((60, 30), &theme, &base.input())));
            let drawn: Vec<&str> = rich.lines().skip(1).collect();
            assert!(plain.is_ascii(), "{plain}");
            let blank = drawn.iter().all(|line| line.trim().is_empty());
            assert_eq!(blank, meter.data == Data::Blank, "{} as {}:\n{rich}", meter.id, style.id());
            all.extend([meter.id, " as ", style.id(), "\n"]);
            all.extend(drawn.iter().flat_map(|line| [*line, "\n"]));
        }
    }
    insta::assert_snapshot!("every_meter_in_every_style", all);
}

const WORKSTATION: &str = r#"
[header]
columns = [2, 3, 2]
meters = [
  [{ meter = "cores_left", columns = 2 }, { meter = "cpu", style = "graph" }, "load"],
  [{ meter = "cores_right", columns = 2 }, { meter = "memory", style = "graph" }, "tasks"],
  [{ meter = "clock", style = "led" }, "memory", "swap", "limits", "battery", { meter = "network", style = "graph" }],
]
"#;

const HTOP: &str = r#"
[header]
layout = "two_50_50"
meters = [["cores_left", "memory", "swap"], ["cores_right", "tasks", "load", "uptime"]]
"#;

#[test]
fn screens() {
    let snapshot = |name: &str, scene: &Scene, size| {
        insta::assert_snapshot!(name, picture::text(&drawn(size, &Theme::default(), &scene.input())));
    };
    for size in [(80, 24), (120, 40), (200, 50)] {
        snapshot(&format!("arranged_{}x{}", size.0, size.1), &scene(8, WORKSTATION), size);
    }
    snapshot("arranged_htop_80x24", &scene(8, HTOP), (80, 24));
    snapshot("arranged_htop_64_at_80x24", &scene(64, HTOP), (80, 24));
    let mut scene = Scene::new(256, "web-3");
    scene.topology = Some(two_sockets(256));
    snapshot("sockets_256_at_80x24", &scene, (80, 24));
    let mut scene = Scene::new(12, "web-3");
    let kind = |number| if number < 8 { CoreKind::Performance } else { CoreKind::Efficiency };
    let of = |number| TopologyCpu {
        number,
        core: Some(if number < 8 { number / 2 * 2 } else { number }),
        package: Some(0),
        node: Some(0),
        kind: Some(kind(number)),
    };
    scene.topology = Some(Topology { cpus: (0..12).map(of).collect() });
    snapshot("hybrid_12_at_80x24", &scene, (80, 24));
    // A container stands beside the machine, without anybody having set anything up.
    let mut scene = Scene::new(8, "web-3");
    scene.sensors.facts.limits = facts().limits;
    snapshot("container_80x24", &scene, (80, 24));
    snapshot("container_120x40", &scene, (120, 40));
    scene.sensors.facts = facts();
    snapshot("rich_200x50", &scene, (200, 50));
}

#[test]
fn every_core_of_two_sockets_is_there() {
    for cpus in [32, 128, 192, 256, 384] {
        let mut scene = Scene::new(cpus, "web-3");
        scene.topology = Some(two_sockets(cpus));
        for size in [(80, 24), (120, 40), (200, 50)] {
            let text = symbols(&drawn(size, &Theme::default(), &scene.input()));
            let number = text.chars().filter(|c| ('▁'..='█').contains(c)).count();
            let pairs = text.chars().filter(|c| ('⠀'..='⣿').contains(c)).count();
            // Bars have marks, and their numbers are tested elsewhere.
            assert!(
                text.contains('\'') || number + 2 * pairs >= cpus as usize,
                "{cpus} at {size:?}:\n{text}"
            );
            let apart = text.matches(" node ").count();
            assert!(apart == 0 || apart == 2, "{text}");
        }
    }
}

#[test]
fn a_peak_can_be_switched_off() {
    let with = symbols(&drawn((80, 24), &Theme::default(), &scene(8, "").input()));
    let without =
        symbols(&drawn((80, 24), &Theme::default(), &scene(8, "[header]\npeaks = false\n").input()));
    assert!(with.contains('┊') && !without.contains('┊'), "{with}\n{without}");
}

#[test]
fn a_header_takes_what_it_needs_and_no_more_than_a_third() {
    let text = "[header]\nmeters = [[\"memory\", \"blank\", \"load\"], [\"tasks\"]]\n";
    let scene = scene(8, text);
    let height = |columns, rows| header_height(Rect::new(0, 0, columns, rows), &scene.input());
    assert_eq!((height(80, 24), height(80, 50), height(80, 5)), (4, 4, 0));
    // What is hidden is hidden, and the title stays.
    let hidden = HeaderInput { meters_hidden: true, ..scene.input() };
    assert_eq!(header_height(Rect::new(0, 0, 80, 24), &hidden), 1);
    let drawn = symbols(&drawn((80, 24), &Theme::default(), &scene.input()));
    let rows: Vec<&str> = drawn.lines().collect();
    assert!(rows[1].contains("mem") && rows[1].contains("task"), "{drawn}");
    assert!(rows[2].trim().is_empty() && rows[3].contains("load"), "{drawn}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_arrangement_fits_any_screen(
        columns in prop::collection::vec(
            (1u16..100, prop::collection::vec((0usize..64, 0usize..5, prop::option::of(1u16..70)), 0..9)), 1..8),
        width in 0u16..260, height in 0u16..90, cores in 1u32..300, sockets: bool, unicode: bool, unread: bool,
    ) {
        let columns = columns.into_iter().map(|(width, placed)| config::HeaderColumn {
            width,
            meters: placed.into_iter().map(|(at, style, columns)| {
                let meter = meters()[at % meters().len()];
                let style = Some(Style::ALL[style].id().to_owned());
                config::HeaderMeter { meter: meter.id.to_owned(), style, columns, number: columns.map(u32::from), line: None }
            }).collect(),
        }).collect();
        let (header, _) = Header::resolve(&config::Header { columns, peaks: true });
        let mut scene = Scene::new(cores, "web-3");
        scene.set_header(header);
        if !unread {
            scene.sensors.facts = facts();
            scene.sensors.read = SlowNeeds::BATTERY;
        }
        if sockets && cores >= 4 {
            scene.topology = Some(two_sockets(cores / 4 * 4));
        }
        let buf = drawn((width, height), &theme("ember", Depth::True, unicode), &scene.input());
        prop_assert!(buf.area.height <= height / 3 + 1);
        for cell in buf.content() {
            prop_assert!(!cell.symbol().chars().any(char::is_control));
        }
    }
}
