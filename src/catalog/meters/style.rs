//! In which styles a meter can be drawn, and which kind of data it takes for each.

use crate::model::units;

/// How a meter is drawn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Style {
    /// A bar of its parts, with its figure behind.
    Bar,
    /// Words.
    #[default]
    Text,
    /// Its level over the last minutes.
    Graph,
    /// Its figure in digits three rows high.
    Led,
    /// One glowing cell for each core.
    Cells,
}

impl Style {
    /// All styles.
    pub const ALL: [Style; 5] = [Style::Bar, Style::Text, Style::Graph, Style::Led, Style::Cells];

    /// Its name in settings.
    pub const fn id(self) -> &'static str {
        match self {
            Style::Bar => "bar",
            Style::Text => "text",
            Style::Graph => "graph",
            Style::Led => "led",
            Style::Cells => "cells",
        }
    }

    /// The style of this name.
    pub fn of(id: &str) -> Option<Style> {
        Style::ALL.into_iter().find(|style| style.id() == id)
    }
}

/// What kind of thing a meter says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Data {
    /// Words, or figures of which none is the first.
    #[default]
    Words,
    /// Parts of a whole.
    Share,
    /// A figure whose unit says more than a share of the whole would. Where there is no whole its scale is the highest value of the last minutes.
    Amount(Unit),
    /// Parts of a whole, of one CPU, which has to be said.
    Cpu,
    /// The cores, each for itself.
    Cores(Cores),
    /// Nothing: a blank line.
    Blank,
}

/// What an amount is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Bytes a second.
    Rate,
    /// Percent of one core.
    Percent,
    /// How many there are.
    Count,
    /// How many there are on average.
    Mean,
    /// Degrees Celsius.
    Celsius,
}

impl Unit {
    /// Appends a value of it, three significant digits or a whole number.
    pub fn write(self, value: f64, out: &mut String) {
        match self {
            Unit::Bytes => units::bytes(value as u64, out),
            Unit::Rate => {
                units::bytes(value as u64, out);
                out.push_str("/s");
            }
            Unit::Percent => {
                units::percent(Some(value), out);
                out.push('%');
            }
            // Writing to a String does not fail.
            Unit::Mean => _ = std::fmt::Write::write_fmt(out, format_args!("{value:.2}")),
            Unit::Celsius => _ = std::fmt::Write::write_fmt(out, format_args!("{value:.0}°C")),
            Unit::Count => _ = std::fmt::Write::write_fmt(out, format_args!("{value:.0}")),
        }
    }
}

/// Which of the cores, in the order of the topology; of an odd number the left half has one more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cores {
    /// All of them.
    All,
    /// The first half.
    Left,
    /// The second half.
    Right,
}

impl Cores {
    /// Which of `cores` cores, counted from 0.
    pub fn of(self, cores: usize) -> std::ops::Range<usize> {
        let half = cores.div_ceil(2);
        match self {
            Cores::All => 0..cores,
            Cores::Left => 0..half,
            Cores::Right => half..cores,
        }
    }
}

impl Data {
    /// The styles that it allows.
    pub const fn styles(self) -> &'static [Style] {
        match self {
            Data::Words => &[Style::Text, Style::Led],
            Data::Share | Data::Cpu | Data::Amount(_) => &[Style::Bar, Style::Text, Style::Graph, Style::Led],
            Data::Cores(_) => &[Style::Bar, Style::Text, Style::Graph, Style::Cells],
            Data::Blank => &[Style::Text],
        }
    }
}
