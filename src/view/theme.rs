//! Roles → styles, worked out once for a terminal's depth.

use ratatui::style::{Color, Modifier, Style};

use super::colour::{self, Depth};
use super::glyphs::Glyphs;
use crate::config::{self, Look, Rgb};
use crate::model::Role;

/// Least contrast of text.
const READABLE: f32 = 4.5;

/// What a drawn buffer lies on: the colours of a terminal that leaves them to itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Paper {
    /// Behind the text.
    pub background: Rgb,
    /// Of the text.
    pub foreground: Rgb,
}

impl Paper {
    /// The paper that themes for dark, or for light, terminals are measured against where they name none.
    pub const fn of(dark: bool) -> Paper {
        if dark {
            Paper { background: Rgb::new(0x16, 0x14, 0x13), foreground: Rgb::new(0xd9, 0xd2, 0xc9) }
        } else {
            Paper { background: Rgb::new(0xfa, 0xfa, 0xfa), foreground: Rgb::new(0x2b, 0x27, 0x24) }
        }
    }
}

/// A theme as this terminal shows it.
#[derive(Clone, Debug)]
pub struct Theme {
    named: [Style; Role::NAMED.len()],
    heat: [Style; 101],
    glow: [Style; 101],
    selected: [Style; 101],
    /// Whether what programs have of a core glows.
    cores_glow: bool,
    lanes: Vec<Style>,
    depth: Depth,
    paper: Paper,
    glyphs: Glyphs,
}

impl Theme {
    /// Works out every style. `unicode` says whether the terminal shows more than ASCII.
    pub fn new(theme: &config::Theme, depth: Depth, unicode: bool) -> Theme {
        let usual = Paper::of(theme.dark);
        let paper = Paper {
            background: theme.paper.unwrap_or(usual.background),
            foreground: theme.look(Role::Text).fg.unwrap_or(usual.foreground),
        };
        let ground = paper.background;
        let mut named = [Style::new(); Role::NAMED.len()];
        for (style, (look, (_, role))) in named.iter_mut().zip(theme.looks.iter().zip(&Role::NAMED)) {
            *style = worn(*look, *role, ground, depth);
        }
        let glow = std::array::from_fn(|n| glow(&theme.heat, n, ground, depth));
        let heat = std::array::from_fn(|n| heat(&theme.heat, n, ground, depth));
        let chosen = named.get(slot(Role::Selection)).copied().unwrap_or_default();
        let selected = std::array::from_fn(|n| heat_on(&theme.heat, n, chosen, depth));
        let lane = |rgb: &Rgb| tinted(colour::quantise(*rgb, Some(ground), depth));
        let mut lanes: Vec<Style> = theme.lanes.iter().map(lane).collect();
        if lanes.is_empty() {
            lanes.push(Style::new());
        }
        // Of sixteen colours none is left for what stands beside a glow.
        let cores_glow = theme.cores_glow && depth >= Depth::Indexed256;
        let glyphs = Glyphs::new(unicode, depth == Depth::Mono);
        Theme { named, heat, glow, selected, cores_glow, lanes, depth, paper, glyphs }
    }

    /// How text of this role looks. Heat is readable text here; for what is drawn see [`Theme::glow`].
    pub fn style(&self, role: Role) -> Style {
        let found = match role {
            Role::Heat(n) => self.heat.get(usize::from(n.min(100))),
            Role::Lane(n) => self.lanes.get(usize::from(n) % self.lanes.len().max(1)),
            named => self.named.get(slot(named)),
        };
        found.copied().unwrap_or_default()
    }

    /// Text in a colour of the user's own; bold where there are no colours.
    pub fn tint(&self, rgb: Rgb) -> Style {
        match self.depth {
            Depth::Mono => Style::new().add_modifier(Modifier::BOLD),
            depth => tinted(colour::quantise(rgb, Some(self.paper.background), depth)),
        }
    }

    /// The colour of a bar, a dot or a core of this heat, 0 to 100: from barely seen to white-hot.
    pub fn glow(&self, heat: u8) -> Style {
        self.glow.get(usize::from(heat.min(100))).copied().unwrap_or_default()
    }

    /// How a figure of this heat looks in the selected row.
    pub fn heat_selected(&self, heat: u8) -> Style {
        self.selected.get(usize::from(heat.min(100))).copied().unwrap_or_default()
    }

    /// How a part of a bar looks at `share` (0 to 1) of its length: as its role does, or glowing the more the further it
    /// reaches.
    pub(super) fn along(&self, role: Role, share: f32) -> Style {
        /// Steps that look even, and are fewer colours to send to the terminal than there are cells.
        const STEP: u8 = 4;
        if self.cores_glow && role == Role::CpuUser {
            return self.glow(warm(share).next_multiple_of(STEP));
        }
        self.style(role)
    }

    /// The characters that bars, graphs and rules are made of.
    pub fn glyphs(&self) -> &Glyphs {
        &self.glyphs
    }

    /// How many colours there are.
    pub fn depth(&self) -> Depth {
        self.depth
    }

    /// What the theme believes to lie under it; for pictures.
    pub fn paper(&self) -> Paper {
        self.paper
    }
}

impl Default for Theme {
    /// The default theme on a terminal that can show everything.
    fn default() -> Theme {
        Theme::new(&config::Theme::default(), Depth::True, true)
    }
}

fn tinted(colour: Option<Color>) -> Style {
    colour.map_or(Style::new(), |colour| Style::new().fg(colour))
}

/// A look as a style of this depth.
fn worn(look: Look, role: Role, ground: Rgb, depth: Depth) -> Style {
    let mut style = Style::new();
    let modifiers = [
        (look.bold, Modifier::BOLD),
        (look.dim, Modifier::DIM),
        (look.italic, Modifier::ITALIC),
        (look.underline, Modifier::UNDERLINED),
        (look.reverse, Modifier::REVERSED),
    ];
    for (_, modifier) in modifiers.iter().filter(|(on, _)| *on) {
        style = style.add_modifier(*modifier);
    }
    if depth == Depth::Mono {
        // What a background said must be said otherwise. A header that is reversed would run into a selected first row.
        if look.bg.is_some() && !matches!(role, Role::Header | Role::HeaderSort) {
            style = style.add_modifier(Modifier::REVERSED);
        }
        return match role {
            Role::Selection => style.remove_modifier(Modifier::BOLD),
            Role::HeaderSort => style.add_modifier(Modifier::UNDERLINED),
            Role::Bad | Role::Blocked | Role::Zombie => style.add_modifier(Modifier::BOLD),
            Role::Dim | Role::Branch => style.add_modifier(Modifier::DIM),
            _ => style,
        };
    }
    let bg = look.bg.and_then(|bg| colour::quantise(bg, None, depth));
    // Text is chosen to be read on what it will really stand on.
    let under = bg.and_then(colour::rgb).unwrap_or(ground);
    if let Some(fg) = look.fg.and_then(|fg| colour::quantise(fg, Some(under), depth)) {
        style = style.fg(fg);
    }
    if let Some(bg) = bg {
        style = style.bg(bg);
    }
    style
}

/// Heat of a thin line, or of the start of a bar: the coldest colours, made for areas, would not be seen.
pub(super) fn warm(share: f32) -> u8 {
    (18.0 + 82.0 * share.clamp(0.0, 1.0)).round() as u8
}

/// The style of something drawn, not written, at heat `n`.
fn glow(stops: &[Rgb], n: usize, ground: Rgb, depth: Depth) -> Style {
    match colour::gradient(stops, n as f32 / 100.0) {
        // Sixteen colours have no ember darker than red, and what is idle must not look busy.
        Some(_) if depth == Depth::Sixteen && n < 5 => Style::new().fg(Color::DarkGray),
        Some(rgb) if depth != Depth::Mono => {
            tinted(colour::quantise(rgb, Some(ground).filter(|_| n >= 30), depth))
        }
        _ => weight(n),
    }
}

/// The style of a figure at heat `n`. Figures are thin: who does anything at all is told from who does nothing.
fn heat(stops: &[Rgb], n: usize, ground: Rgb, depth: Depth) -> Style {
    let share = if n < 2 { n as f32 / 100.0 } else { 0.2 + 0.8 * n as f32 / 100.0 };
    let Some(rgb) = colour::gradient(stops, share).filter(|_| depth != Depth::Mono) else {
        return weight(n);
    };
    if depth == Depth::Sixteen && n < 5 {
        return Style::new().fg(Color::DarkGray);
    }
    let mut readable = colour::legible(rgb, ground, READABLE);
    if depth == Depth::Indexed256 {
        // The nearest of the 256 may be a little darker than what was asked for.
        for least in [READABLE, 5.0, 5.5, 6.0] {
            readable = colour::legible(rgb, ground, least);
            let shown = colour::quantise(readable, Some(ground), depth).and_then(colour::rgb);
            if shown.is_some_and(|shown| colour::contrast(shown, ground) >= READABLE) {
                break;
            }
        }
    }
    let style = tinted(colour::quantise(readable, Some(ground), depth));
    if n >= 85 { style.add_modifier(Modifier::BOLD) } else { style }
}

/// The style of a figure at heat `n` on what is behind the selection. Few colours leave no room for heat there.
fn heat_on(stops: &[Rgb], n: usize, selection: Style, depth: Depth) -> Style {
    let style = if n >= 60 { selection.add_modifier(Modifier::BOLD) } else { selection };
    let ground = selection.bg.and_then(colour::rgb).filter(|_| depth >= Depth::Indexed256);
    match (ground, colour::gradient(stops, n as f32 / 100.0)) {
        // What is cold would be fainter there than the rest of the row.
        (Some(ground), Some(rgb)) if n >= 30 => {
            // The nearest of the 256 may be a little nearer to the ground than what was asked for.
            let least = if depth == Depth::True { READABLE } else { 6.0 };
            match colour::quantise(colour::legible(rgb, ground, least), Some(ground), depth) {
                Some(colour) => style.fg(colour),
                None => style,
            }
        }
        _ => style,
    }
}

/// Heat without colour.
fn weight(n: usize) -> Style {
    match n {
        0..2 => Style::new().add_modifier(Modifier::DIM),
        2..60 => Style::new(),
        _ => Style::new().add_modifier(Modifier::BOLD),
    }
}

/// Where a named role stands in [`Role::NAMED`].
fn slot(role: Role) -> usize {
    match role {
        Role::Text | Role::Heat(_) | Role::Lane(_) => 0,
        Role::Dim => 1,
        Role::Strong => 2,
        Role::Title => 3,
        Role::Bad => 4,
        Role::Good => 5,
        Role::Warn => 6,
        Role::Header => 7,
        Role::HeaderSort => 8,
        Role::Selection => 9,
        Role::Followed => 10,
        Role::Tagged => 11,
        Role::Match => 12,
        Role::Key => 13,
        Role::KeyLabel => 14,
        Role::Border => 15,
        Role::Dialog => 16,
        Role::CpuLow => 17,
        Role::CpuUser => 18,
        Role::CpuKernel => 19,
        Role::CpuIrq => 20,
        Role::CpuSoftirq => 21,
        Role::CpuSteal => 22,
        Role::CpuGuest => 23,
        Role::CpuIowait => 24,
        Role::MemUsed => 25,
        Role::MemShared => 26,
        Role::MemBuffers => 27,
        Role::MemCache => 28,
        Role::Swap => 29,
        Role::Running => 30,
        Role::Blocked => 31,
        Role::Zombie => 32,
        Role::Stopped => 33,
        Role::SizeSmall => 34,
        Role::SizeMedium => 35,
        Role::SizeLarge => 36,
        Role::NiceHigh => 37,
        Role::NiceLow => 38,
        Role::Thread => 39,
        Role::Kernel => 40,
        Role::OtherUser => 41,
        Role::New => 42,
        Role::Ended => 43,
        Role::Branch => 44,
    }
}

#[cfg(test)]
mod told_apart;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BUILTIN_THEMES;

    fn builtins() -> impl Iterator<Item = config::Theme> {
        BUILTIN_THEMES.iter().map(|(name, _)| config::Theme::builtin(name).expect(name))
    }

    /// The grounds a theme may find itself on.
    fn grounds(theme: &config::Theme) -> Vec<Rgb> {
        let grounds: &[&str] =
            if theme.dark { &["#101010", "#161413", "#1e1e1e"] } else { &["#fafafa", "#ffffff"] };
        grounds.iter().map(|text| text.parse().expect(text)).chain(theme.paper).collect()
    }

    #[test]
    fn slots_follow_the_names() {
        for (at, (name, role)) in Role::NAMED.iter().enumerate() {
            assert_eq!(slot(*role), at, "{name}");
        }
    }

    #[test]
    fn text_can_be_read_in_every_theme() {
        for theme in builtins() {
            for ground in grounds(&theme) {
                for ((name, _), look) in Role::NAMED.iter().zip(&theme.looks) {
                    let Some(fg) = look.fg else { continue };
                    let under = look.bg.unwrap_or(ground);
                    let found = colour::contrast(fg, under);
                    assert!(found >= READABLE, "{}: {name} has {found:.2} on {under}", theme.name);
                }
                for lane in &theme.lanes {
                    let found = colour::contrast(*lane, ground);
                    assert!(found >= READABLE, "{}: lane {lane} has {found:.2} on {ground}", theme.name);
                }
                // Exception: a core that is nearly idle is drawn, not written, and its figure stands beside it. It
                // must be seen, not read.
                for stop in &theme.heat {
                    let found = colour::contrast(*stop, ground);
                    assert!(found >= 1.3, "{}: heat {stop} has {found:.2} on {ground}", theme.name);
                }
            }
        }
    }

    #[test]
    fn the_selection_stands_out() {
        for theme in builtins() {
            for depth in [Depth::Mono, Depth::Sixteen, Depth::Indexed256, Depth::True] {
                let made = Theme::new(&theme, depth, true);
                let chosen = made.style(Role::Selection);
                let reversed = chosen.add_modifier.contains(Modifier::REVERSED);
                assert!(reversed || chosen.bg.is_some(), "{} {depth:?}", theme.name);
                assert!(chosen.fg.is_none() || chosen.fg != chosen.bg, "{} {depth:?}", theme.name);
            }
        }
    }

    #[test]
    fn few_colours_stay_readable() {
        let mut faint = Vec::new();
        for theme in builtins() {
            let ground = Theme::new(&theme, Depth::True, true).paper().background;
            for (depth, least) in [(Depth::Indexed256, 4.0), (Depth::Sixteen, 3.0)] {
                let made = Theme::new(&theme, depth, true);
                let heat = (0..=100).map(Role::Heat);
                let roles =
                    Role::NAMED.iter().map(|(_, role)| *role).chain(heat).chain((0..8).map(Role::Lane));
                for role in roles {
                    let style = made.style(role);
                    let Some(fg) = style.fg.and_then(colour::rgb) else { continue };
                    let under = style.bg.and_then(colour::rgb).unwrap_or(ground);
                    let found = colour::contrast(fg, under);
                    if found < least {
                        faint.push(format!("{} {depth:?}: {role:?} has {found:.2}", theme.name));
                    }
                }
            }
        }
        assert_eq!(faint, [""; 0]);
    }

    #[test]
    fn mono_has_no_colour_at_all() {
        for theme in builtins() {
            let made = Theme::new(&theme, Depth::Mono, false);
            let roles = Role::NAMED.iter().map(|(_, role)| *role).chain([Role::Heat(99), Role::Lane(3)]);
            for role in roles {
                let style = made.style(role);
                assert_eq!((style.fg, style.bg), (None, None), "{} {role:?}", theme.name);
            }
            assert_eq!(made.glow(50).fg, None);
            assert!(made.style(Role::Strong).add_modifier.contains(Modifier::BOLD), "{}", theme.name);
        }
    }

    #[test]
    fn heat_rises_evenly_and_text_of_it_can_be_read() {
        for theme in builtins().filter(|theme| !theme.heat.is_empty()) {
            let made = Theme::new(&theme, Depth::True, true);
            let ground = made.paper().background;
            let contrast_of = |style: Style| {
                let rgb = style.fg.and_then(colour::rgb).expect("coloured");
                colour::contrast(rgb, ground)
            };
            let mut before = 0.0;
            for n in 0..=100 {
                let glow = contrast_of(made.glow(n));
                assert!(glow >= before - 0.05, "{}: heat {n} is colder than the one before", theme.name);
                before = glow;
                assert!(contrast_of(made.style(Role::Heat(n))) >= READABLE, "{} {n}", theme.name);
            }
        }
    }
}
