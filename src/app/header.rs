//! The header as it was set up: which meters stand in which column, and how each is drawn; or that it is arranged by
//! the room there is. What its meters need is read, and nothing else.

use std::sync::LazyLock;

use super::App;
use crate::catalog::{Data, Meter, MeterInput, Style, meter, meters};
use crate::config::{self, Complaint, nearest};
use crate::model::{Needs, Sensors, SlowNeeds, Snapshot};

/// Columns of the terminal from which on the header has a second column of meters.
pub const RICH: u16 = 150;

/// The meters beside the cores, the most wanted first.
const BESIDE: &[&str] = &["memory", "swap", "available", "limits", "load", "tasks", "pressure", "self"];
/// The same where there is a second column, which has the pressure.
const BESIDE_RICH: &[&str] = &[
    "memory",
    "swap",
    "available",
    "limits",
    "load",
    "tasks",
    "self",
    "temperature",
    "frequency",
    "battery",
    "zram",
];
/// The meters of the second column; where `disk` and `network` stand, there are those of each device too.
const SECOND: &[&str] = &["cpu", "pressure_cpu", "pressure_io", "pressure_memory", "gpu", "disk", "network"];
/// What a narrow header says in words.
const ELSEWHERE: &[&str] = &["account", "census", "uptime"];

/// A header.
#[derive(Clone, Debug)]
pub struct Header {
    /// Its columns from left to right; empty: arranged by the room there is.
    pub columns: Vec<HeaderColumn>,
    /// Whether the highest value of the last minutes is marked.
    pub peaks: bool,
}

/// A column of meters.
#[derive(Clone, Debug)]
pub struct HeaderColumn {
    /// Its width as a part of the sum of all; not 0.
    pub width: u16,
    /// Its meters from top to bottom.
    pub meters: Vec<Placed>,
}

/// A meter in its place.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// Which.
    pub meter: &'static Meter,
    /// How it is drawn; one of the meter's [styles](Meter::styles).
    pub style: Style,
    /// Cores side by side, for meters of cores; `None`: as many as have room.
    pub columns: Option<u16>,
    /// Which CPU, by its number, for a meter of one.
    pub number: u32,
}

impl Placed {
    /// A meter as it is drawn best.
    pub fn new(meter: &'static Meter) -> Placed {
        Placed { meter, style: meter.style, columns: None, number: 0 }
    }
}

impl Default for Header {
    fn default() -> Header {
        Header { columns: Vec::new(), peaks: true }
    }
}

impl Header {
    /// Looks up what a configuration names. A meter that there is not is left out, a style that it cannot have is
    /// replaced by the one it likes best; both are complained about.
    pub fn resolve(wanted: &config::Header) -> (Header, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut complain = |line, text| complaints.push(Complaint { line, text });
        let mut place = |named: &config::HeaderMeter| {
            let Some(found) = meter(&named.meter) else {
                let near = nearest(&named.meter, meters().iter().map(|meter| meter.id));
                let near = near.map_or_else(String::new, |near| format!("; did you mean '{near}'?"));
                complain(named.line, format!("there is no meter '{}'{near}", named.meter));
                return None;
            };
            let mut style = found.style;
            if let Some(id) = &named.style {
                match Style::of(id).filter(|style| found.styles().any(|can| can == *style)) {
                    Some(wanted) => style = wanted,
                    None => {
                        let can: Vec<_> = found.styles().map(Style::id).collect();
                        complain(
                            named.line,
                            format!("'{}' cannot be drawn as '{id}', only as {}", found.id, can.join(", ")),
                        );
                    }
                }
            }
            let columns = named.columns.filter(|_| matches!(found.data, Data::Cores(_)));
            if named.columns.is_some() && columns.is_none() {
                complain(named.line, format!("'{}' has no columns: it does not show cores", found.id));
            }
            let number = named.number.filter(|_| found.data == Data::Cpu);
            if named.number.is_some() && number.is_none() {
                complain(named.line, format!("'{}' has no number: it does not show one CPU", found.id));
            }
            Some(Placed { meter: found, style, columns, number: number.unwrap_or(0) })
        };
        let columns = wanted.columns.iter().map(|column| HeaderColumn {
            width: column.width.max(1),
            meters: column.meters.iter().filter_map(&mut place).collect(),
        });
        let mut header = Header { columns: columns.collect(), peaks: wanted.peaks };
        if header.columns.iter().all(|column| column.meters.is_empty()) {
            header.columns.clear();
        }
        (header, complaints)
    }

    /// The header as a configuration names it.
    pub fn wanted(&self) -> config::Header {
        let named = |placed: &Placed| config::HeaderMeter {
            meter: placed.meter.id.to_owned(),
            style: (placed.style != placed.meter.style).then(|| placed.style.id().to_owned()),
            columns: placed.columns,
            number: (placed.meter.data == Data::Cpu).then_some(placed.number),
            line: None,
        };
        let columns = self.columns.iter().map(|column| config::HeaderColumn {
            width: column.width,
            meters: column.meters.iter().map(named).collect(),
        });
        config::Header { columns: columns.collect(), peaks: self.peaks }
    }

    /// Whether it is arranged by the room there is.
    pub fn is_automatic(&self) -> bool {
        self.columns.is_empty()
    }

    /// What it needs on a screen so wide.
    fn needs(&self, width: u16) -> (Needs, SlowNeeds) {
        if self.is_automatic() {
            return Automatic::of(width).needs;
        }
        let placed = self.columns.iter().flat_map(|column| &column.meters);
        placed.fold((Needs::NOTHING, SlowNeeds::NOTHING), |sum, placed| with(sum, placed.meter))
    }

    /// The meters whose levels have to be remembered, because their graphs or peaks are shown.
    pub(super) fn followed(&self, width: u16) -> impl Iterator<Item = &'static Meter> + '_ {
        let automatic: &'static [&'static Meter] =
            if self.is_automatic() { &Automatic::of(width).followed } else { &[] };
        let placed = self.columns.iter().flat_map(|column| &column.meters);
        let drawn = placed.filter(|placed| {
            let level = matches!(placed.meter.data, Data::Share | Data::Amount(_));
            level && matches!(placed.style, Style::Bar | Style::Graph)
        });
        automatic.iter().copied().chain(drawn.map(|placed| placed.meter))
    }
}

fn with(sum: (Needs, SlowNeeds), meter: &Meter) -> (Needs, SlowNeeds) {
    (sum.0 | meter.needs, sum.1 | meter.slow)
}

/// The meters beside the cores of an automatic header, the most wanted first; `rich`: where there is a second column.
pub fn beside(rich: bool) -> &'static [&'static Meter] {
    static NARROW: LazyLock<Vec<&'static Meter>> = LazyLock::new(|| found(BESIDE).collect());
    static WIDE: LazyLock<Vec<&'static Meter>> = LazyLock::new(|| found(BESIDE_RICH).collect());
    if rich { &WIDE } else { &NARROW }
}

/// The meters of the second column of an automatic header.
pub fn second() -> &'static [&'static Meter] {
    static ALL: LazyLock<Vec<&'static Meter>> = LazyLock::new(|| found(SECOND).collect());
    &ALL
}

fn found(ids: &'static [&'static str]) -> impl Iterator<Item = &'static Meter> {
    ids.iter().filter_map(|id| meter(id))
}

/// What the automatic header has: looked up once.
struct Automatic {
    needs: (Needs, SlowNeeds),
    followed: Vec<&'static Meter>,
}

impl Automatic {
    fn of(width: u16) -> &'static Automatic {
        static NARROW: LazyLock<Automatic> = LazyLock::new(|| Automatic::new(&[BESIDE, ELSEWHERE]));
        static WIDE: LazyLock<Automatic> =
            LazyLock::new(|| Automatic::new(&[BESIDE_RICH, SECOND, ELSEWHERE]));
        if width >= RICH { &WIDE } else { &NARROW }
    }

    fn new(lists: &[&'static [&'static str]]) -> Automatic {
        let all = || lists.iter().copied().flat_map(found);
        Automatic {
            needs: all().fold((Needs::NOTHING, SlowNeeds::NOTHING), with),
            followed: all().filter(|meter| meter.style == Style::Bar).collect(),
        }
    }
}

impl App {
    /// What the header needs read: nothing where its meters are hidden.
    pub(super) fn header_needs(&self) -> (Needs, SlowNeeds) {
        if self.header_hidden {
            return (Needs::NOTHING, SlowNeeds::NOTHING);
        }
        self.header.needs(self.size.0)
    }

    /// Notes the levels of what the header follows.
    pub(super) fn follow_meters(&mut self, snapshot: &Snapshot) {
        let App { header, history, waiting, sensors, detailed, delay, size, paused, .. } = self;
        let (history, sensors): (_, Option<&Sensors>) = if *paused {
            let history = waiting.history.get_or_insert_with(|| history.clone());
            (history, waiting.sensors.as_deref().or(sensors.as_deref()))
        } else {
            (history, sensors.as_deref())
        };
        let input =
            MeterInput { snapshot, sensors, detailed: *detailed, delay: Some(*delay), old: false, number: 0 };
        history.follow(header.followed(size.0), &input);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meter_of_the_automatic_header_is_there() {
        for id in [BESIDE, BESIDE_RICH, SECOND, ELSEWHERE].concat() {
            assert!(meter(id).is_some(), "{id}");
        }
    }

    #[test]
    fn what_is_named_is_found_or_complained_about() {
        let text = "[header]\nmeters = [[\"cpu\", \"memry\", { meter = \"uptime\", style = \"bar\" },\n\
                    { meter = \"cores\", columns = 4, style = \"graph\" }, { meter = \"load\", columns = 2 },\n\
                    { meter = \"core\", number = 7, style = \"graph\" }, { meter = \"cpu\", number = 1 }]]\n";
        let (header, complaints) = Header::resolve(&config::Header::parse(text).0);
        let said: Vec<_> = complaints.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "line 2: there is no meter 'memry'; did you mean 'memory'?",
                "line 2: 'uptime' cannot be drawn as 'bar', only as text, led",
                "line 3: 'load' has no columns: it does not show cores",
                "line 4: 'cpu' has no number: it does not show one CPU",
            ]
        );
        let placed = |p: &Placed| (p.meter.id, p.style, p.columns, p.number);
        let ids: Vec<_> = header.columns[0].meters.iter().map(placed).collect();
        assert_eq!(
            ids,
            [
                ("cpu", Style::Bar, None, 0),
                ("uptime", Style::Text, None, 0),
                ("cores", Style::Graph, Some(4), 0),
                ("load", Style::Text, None, 0),
                ("core", Style::Graph, None, 7),
                ("cpu", Style::Bar, None, 0),
            ]
        );
        let (again, complaints) = Header::resolve(&header.wanted());
        assert_eq!((again.wanted(), complaints), (header.wanted(), Vec::new()));
    }

    #[test]
    fn only_what_is_shown_is_needed() {
        let header = |text: &str| Header::resolve(&config::Header::parse(text).0).0;
        let battery = header("[header]\nmeters = [[\"battery\"]]\n");
        assert_eq!(battery.needs(80), (Needs::NOTHING, SlowNeeds::BATTERY));
        let automatic = Header::default();
        assert_eq!(automatic.needs(80).1, SlowNeeds::ARC | SlowNeeds::LIMITS);
        assert!(automatic.needs(80).0.has(Needs::PRESSURE));
        assert!(automatic.needs(200).1.has(SlowNeeds::DISKS | SlowNeeds::NETWORKS | SlowNeeds::TEMPERATURES));
        assert_eq!(header("[header]\nmeters = [[\"nobody\"]]\n").needs(80), automatic.needs(80));
    }
}
