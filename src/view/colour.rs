//! Colours: a perceptual space for gradients, and what a terminal with fewer colours shows instead.
//!
//! crossterm sends whatever colour it is given, so the theme brings colours down to what the terminal has.

use ratatui::style::Color;

use crate::config::Rgb;

/// How many colours the terminal shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Depth {
    /// None: bold, dim, underline and reverse only.
    Mono,
    /// The sixteen whose exact looks are the user's choice.
    Sixteen,
    /// xterm's 256: a 6×6×6 cube and 24 greys beside the sixteen.
    Indexed256,
    /// 24 bits.
    #[default]
    True,
}

/// A colour in OKLab, in which equal steps look equal (Björn Ottosson, 2020).
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Lab {
    l: f32,
    a: f32,
    b: f32,
}

// The powers of sRGB by roots: `powf` and `hypot` alone would make every glowtop load the library of mathematics, half a
// megabyte of its memory.

/// `x` to the power of 2.4, for 0.05 to 1.
fn power_12_5(x: f32) -> f32 {
    // Newton's fifth root; from 1 on it falls to the root and does not pass it.
    let mut root = 1.0f32;
    for _ in 0..10 {
        let fourth = root.powi(4);
        root -= (fourth * root - x) / (5.0 * fourth);
    }
    root.powi(12)
}

/// `x` to the power of 1 / 2.4.
fn power_5_12(x: f32) -> f32 {
    x.sqrt().sqrt().cbrt().powi(5)
}

fn linear(channel: u8) -> f32 {
    let c = f32::from(channel) / 255.0;
    if c <= 0.04045 { c / 12.92 } else { power_12_5((c + 0.055) / 1.055) }
}

fn gamma(c: f32) -> u8 {
    let c = if c <= 0.003_130_8 { c * 12.92 } else { 1.055 * power_5_12(c) - 0.055 };
    (c.clamp(0.0, 1.0) * 255.0).round() as u8
}

impl From<Rgb> for Lab {
    fn from(colour: Rgb) -> Lab {
        let (r, g, b) = (linear(colour.r), linear(colour.g), linear(colour.b));
        let l = (0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
        Lab {
            l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }
}

impl From<Lab> for Rgb {
    /// The nearest colour that a screen has, channel by channel.
    fn from(lab: Lab) -> Rgb {
        let l = (lab.l + 0.396_337_78 * lab.a + 0.215_803_76 * lab.b).powi(3);
        let m = (lab.l - 0.105_561_346 * lab.a - 0.063_854_17 * lab.b).powi(3);
        let s = (lab.l - 0.089_484_18 * lab.a - 1.291_485_5 * lab.b).powi(3);
        Rgb::new(
            gamma(4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s),
            gamma(-1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s),
            gamma(-0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s),
        )
    }
}

impl Lab {
    fn mix(self, other: Lab, share: f32) -> Lab {
        let between = |a: f32, b: f32| a + (b - a) * share;
        Lab { l: between(self.l, other.l), a: between(self.a, other.a), b: between(self.b, other.b) }
    }

    fn far(self, other: Lab) -> f32 {
        (self.l - other.l).powi(2) + (self.a - other.a).powi(2) + (self.b - other.b).powi(2)
    }

    fn chroma(self) -> f32 {
        (self.a * self.a + self.b * self.b).sqrt()
    }
}

/// The colour at `share` (0 to 1) of a gradient through `stops`, evenly spaced in OKLab; `None` without stops.
pub(super) fn gradient(stops: &[Rgb], share: f32) -> Option<Rgb> {
    let last = stops.len().checked_sub(1)?;
    let at = share.clamp(0.0, 1.0) * last as f32;
    let low = (at as usize).min(last);
    let (from, to) = (*stops.get(low)?, *stops.get((low + 1).min(last))?);
    Some(Lab::from(from).mix(Lab::from(to), at - low as f32).into())
}

/// WCAG's contrast of two colours, 1 to 21.
pub(super) fn contrast(one: Rgb, other: Rgb) -> f32 {
    let luminance = |c: Rgb| 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// How far apart two colours look, in OKLab: black and white are 1 apart.
#[cfg(test)]
pub(super) fn distance(one: Rgb, other: Rgb) -> f32 {
    Lab::from(one).far(other.into()).sqrt()
}

/// `colour` moved towards white or black, whichever is away from `ground`, until it can be read on it.
pub(super) fn legible(colour: Rgb, ground: Rgb, least: f32) -> Rgb {
    let white = Rgb::new(255, 255, 255);
    let away =
        if contrast(white, ground) >= contrast(Rgb::default(), ground) { white } else { Rgb::default() };
    let steps = (0..=32u8).map(|step| Lab::from(colour).mix(away.into(), f32::from(step) / 32.0).into());
    steps.into_iter().find(|c| contrast(*c, ground) >= least).unwrap_or(away)
}

/// The sixteen as xterm shows them; every terminal has its own, near enough.
const SIXTEEN: [Rgb; 16] = [
    Rgb::new(0, 0, 0),
    Rgb::new(205, 0, 0),
    Rgb::new(0, 205, 0),
    Rgb::new(205, 205, 0),
    Rgb::new(0, 0, 238),
    Rgb::new(205, 0, 205),
    Rgb::new(0, 205, 205),
    Rgb::new(229, 229, 229),
    Rgb::new(127, 127, 127),
    Rgb::new(255, 0, 0),
    Rgb::new(0, 255, 0),
    Rgb::new(255, 255, 0),
    Rgb::new(92, 92, 255),
    Rgb::new(255, 0, 255),
    Rgb::new(0, 255, 255),
    Rgb::new(255, 255, 255),
];

/// The sixteen as ratatui names them, in the same order.
const NAMED: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// The levels of xterm's colour cube.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Chroma from which on a colour counts as coloured and must not become a grey.
const COLOURED: f32 = 0.05;

/// `colour` as a terminal of this depth can show it; text has the ground it stands on, so that it stays readable
/// where there are few colours. `None` where there is no colour at all.
pub(super) fn quantise(colour: Rgb, ground: Option<Rgb>, depth: Depth) -> Option<Color> {
    match depth {
        Depth::Mono => None,
        Depth::True => Some(Color::Rgb(colour.r, colour.g, colour.b)),
        Depth::Indexed256 => Some(Color::Indexed(nearest_256(colour))),
        Depth::Sixteen => NAMED.get(nearest_16(colour, ground)).copied(),
    }
}

/// The nearest of the cube and the greys; the first sixteen are the user's and may look like anything.
fn nearest_256(colour: Rgb) -> u8 {
    let wanted = Lab::from(colour);
    let all = (16..=255u8).map(|index| (index, wanted.far(indexed(index).into())));
    all.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(16, |(index, _)| index)
}

/// The one of the sixteen that says the same: the same kind of hue, then the lightness.
fn nearest_16(colour: Rgb, ground: Option<Rgb>) -> usize {
    let wanted = Lab::from(colour);
    let cost = |shown: Rgb| {
        let have = Lab::from(shown);
        let lightness = (have.l - wanted.l).powi(2);
        match (wanted.chroma() > COLOURED, have.chroma() > COLOURED) {
            (true, true) => {
                let (w, h) = (wanted.chroma(), have.chroma());
                let (da, db) = (wanted.a / w - have.a / h, wanted.b / w - have.b / h);
                lightness + 0.5 * (da * da + db * db)
            }
            (false, false) => lightness,
            // White heat may be white: what is pale enough is near both.
            (true, false) => 0.3 + lightness,
            (false, true) => 1.0 + lightness,
        }
    };
    // Text needs three times the lightness of its ground, as large text does in WCAG.
    let readable = |shown: Rgb| ground.is_none_or(|ground| contrast(shown, ground) >= 3.0);
    let best = |strict: bool| {
        let all = SIXTEEN.iter().enumerate().filter(|(_, shown)| !strict || readable(**shown));
        all.min_by(|a, b| cost(*a.1).total_cmp(&cost(*b.1))).map(|(index, _)| index)
    };
    best(true).or_else(|| best(false)).unwrap_or(7)
}

/// The colour of an index of xterm's palette.
pub(super) fn indexed(index: u8) -> Rgb {
    match index {
        0..16 => SIXTEEN.get(usize::from(index)).copied().unwrap_or_default(),
        16..232 => {
            let i = usize::from(index - 16);
            let level = |n: usize| CUBE.get(n % 6).copied().unwrap_or(255);
            Rgb::new(level(i / 36), level(i / 6), level(i))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            Rgb::new(grey, grey, grey)
        }
    }
}

/// What a terminal's colour looks like; `None` for the terminal's own.
pub(super) fn rgb(colour: Color) -> Option<Rgb> {
    match colour {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some(Rgb::new(r, g, b)),
        Color::Indexed(index) => Some(indexed(index)),
        named => {
            let at = NAMED.iter().position(|known| *known == named)?;
            SIXTEEN.get(at).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex(text: &str) -> Rgb {
        text.parse().expect(text)
    }

    #[test]
    fn powers_are_as_exact_as_their_type() {
        for channel in 11..=255u8 {
            let x = (f32::from(channel) / 255.0 + 0.055) / 1.055;
            assert!((power_12_5(x) / x.powf(2.4) - 1.0).abs() < 3e-6, "{x}");
            assert!((power_5_12(x) / x.powf(1.0 / 2.4) - 1.0).abs() < 3e-6, "{x}");
        }
    }

    #[test]
    fn oklab_is_ottossons() {
        // His reference values: white is L = 1, red is (0.628, 0.225, 0.126).
        let white = Lab::from(Rgb::new(255, 255, 255));
        assert!((white.l - 1.0).abs() < 1e-3 && white.chroma() < 1e-3);
        let red = Lab::from(Rgb::new(255, 0, 0));
        assert!((red.l - 0.628).abs() < 1e-3 && (red.a - 0.225).abs() < 1e-3 && (red.b - 0.126).abs() < 1e-3);
    }

    #[test]
    fn contrast_is_wcags() {
        assert!((contrast(Rgb::new(0, 0, 0), Rgb::new(255, 255, 255)) - 21.0).abs() < 0.01);
        assert!((contrast(hex("#777777"), hex("#ffffff")) - 4.48).abs() < 0.01);
    }

    #[test]
    fn gradients_start_and_end_at_their_stops() {
        let stops = [hex("#3b2a26"), hex("#ee6c1f"), hex("#fff4df")];
        assert_eq!(gradient(&stops, 0.0), Some(stops[0]));
        assert_eq!(gradient(&stops, 0.5), Some(stops[1]));
        assert_eq!(gradient(&stops, 1.0), Some(stops[2]));
        assert_eq!(gradient(&stops[..1], 0.7), Some(stops[0]));
        assert_eq!(gradient(&[], 0.7), None);
    }

    #[test]
    fn hues_survive_in_sixteen() {
        let night = Some(hex("#161616"));
        for (colour, name) in [
            ("#8fc27a", Color::Green),
            ("#f0705a", Color::LightRed),
            ("#74cdd0", Color::Cyan),
            ("#d69adf", Color::LightMagenta),
            ("#918880", Color::DarkGray),
            ("#fffaf2", Color::White),
            ("#6f9fe0", Color::LightBlue),
        ] {
            assert_eq!(quantise(hex(colour), night, Depth::Sixteen), Some(name), "{colour}");
        }
        // Blue on black and yellow on white cannot be read.
        assert_ne!(quantise(hex("#0000ee"), night, Depth::Sixteen), Some(Color::Blue));
        assert_ne!(quantise(hex("#d0d000"), Some(hex("#fafafa")), Depth::Sixteen), Some(Color::Yellow));
    }

    proptest! {
        #[test]
        fn there_and_back(r in any::<u8>(), g in any::<u8>(), b in any::<u8>()) {
            let back = Rgb::from(Lab::from(Rgb::new(r, g, b)));
            prop_assert!(back.r.abs_diff(r) <= 1 && back.g.abs_diff(g) <= 1 && back.b.abs_diff(b) <= 1);
        }

        #[test]
        fn cube_colours_are_their_own_nearest(index in 16u8..) {
            prop_assert_eq!(indexed(nearest_256(indexed(index))), indexed(index));
        }

        #[test]
        fn legible_is_legible(r in any::<u8>(), g in any::<u8>(), b in any::<u8>(), dark in any::<bool>()) {
            let ground = if dark { hex("#1e1e1e") } else { hex("#fafafa") };
            prop_assert!(contrast(legible(Rgb::new(r, g, b), ground, 4.5), ground) >= 4.5);
        }
    }
}
