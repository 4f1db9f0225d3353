//! Whether what means different things looks different: in every theme, without colour, and to eyes that see fewer.

use super::*;
use crate::config::BUILTIN_THEMES;

fn builtins() -> impl Iterator<Item = config::Theme> {
    BUILTIN_THEMES.iter().map(|(name, _)| config::Theme::builtin(name).expect(name))
}

/// Roles that stand side by side, or in each other's place, and mean different things.
const SIDE_BY_SIDE: [&[Role]; 6] = [
    &[Role::CpuUser, Role::CpuKernel, Role::CpuLow],
    &[Role::CpuUser, Role::CpuKernel, Role::CpuIowait],
    &[Role::MemUsed, Role::MemShared, Role::MemBuffers, Role::MemCache],
    &[Role::Running, Role::Blocked, Role::Zombie],
    &[Role::Good, Role::Bad, Role::Warn],
    &[Role::New, Role::Ended],
];

fn pairs(roles: &[Role]) -> impl Iterator<Item = (Role, Role)> + '_ {
    let later = |at: usize| roles.iter().skip(at + 1);
    roles.iter().enumerate().flat_map(move |(at, one)| later(at).map(move |other| (*one, *other)))
}

/// The colour by which a role is known: behind its text where it has one there.
fn known_by(theme: &config::Theme, role: Role) -> Rgb {
    let look = theme.look(role);
    look.bg.or(look.fg).expect("coloured")
}

/// What somebody without red (protanopia) or green (deuteranopia) receptors sees: Viénot, Brettel and Mollon, 1999.
fn seen(colour: Rgb, without_red: bool) -> Rgb {
    let [r, g, b] = [colour.r, colour.g, colour.b].map(|c| (f64::from(c) / 255.0).powf(2.2));
    let l = 17.8824 * r + 43.5161 * g + 4.11935 * b;
    let m = 3.45565 * r + 27.1554 * g + 3.86714 * b;
    let s = 0.029_956_6 * r + 0.184_309 * g + 1.46709 * b;
    let (l, m) = if without_red { (2.02344 * m - 2.52581 * s, m) } else { (l, 0.494_207 * l + 1.24827 * s) };
    let r = 0.080_944_4 * l - 0.130_504 * m + 0.116_721 * s;
    let g = -0.010_248_5 * l + 0.054_019_3 * m - 0.113_615 * s;
    let b = -0.000_365_3 * l - 0.004_121_6 * m + 0.693_511 * s;
    let [r, g, b] = [r, g, b].map(|c| (c.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0).round() as u8);
    Rgb::new(r, g, b)
}

#[test]
fn there_are_twelve_of_them_for_every_kind_of_eye() {
    assert_eq!(BUILTIN_THEMES.len(), 12);
    for kind in ["ember", "ash", "mono", "contrast", "colourblind", "htop"] {
        assert!(config::Theme::builtin(kind).is_some(), "{kind}");
    }
    assert!(builtins().any(|theme| !theme.dark) && builtins().any(|theme| theme.dark));
}

#[test]
fn high_contrast_is_high() {
    let theme = config::Theme::builtin("contrast").expect("built in");
    let ground = Theme::new(&theme, Depth::True, true).paper().background;
    for ((name, _), look) in Role::NAMED.iter().zip(&theme.looks) {
        let found = colour::contrast(look.fg.expect(name), look.bg.unwrap_or(ground));
        assert!(found >= 7.0, "{name} has {found:.2}");
    }
}

#[test]
fn neighbours_look_different_in_every_theme_with_colours() {
    let mut alike = Vec::new();
    for theme in builtins().filter(|theme| !theme.heat.is_empty()) {
        for (one, other) in SIDE_BY_SIDE.iter().flat_map(|roles| pairs(roles)) {
            let [a, b] = [one, other].map(|role| known_by(&theme, role));
            let far = colour::distance(a, b);
            if far < 0.06 {
                alike.push(format!("{}: {one:?} {a} and {other:?} {b} are {far:.3} apart", theme.name));
            }
        }
        for (at, one) in theme.lanes.iter().enumerate() {
            for other in theme.lanes.iter().skip(at + 1) {
                let far = colour::distance(*one, *other);
                if far < 0.025 {
                    alike.push(format!("{}: lanes {one} and {other} are {far:.3} apart", theme.name));
                }
            }
        }
    }
    assert_eq!(alike, [""; 0]);
}

/// What stands beside a glow may meet any heat of it.
#[test]
fn the_kernel_is_told_from_every_heat_of_a_core() {
    let mut alike = Vec::new();
    for theme in builtins().filter(|theme| theme.cores_glow) {
        let made = Theme::new(&theme, Depth::True, true);
        for role in [Role::CpuLow, Role::CpuKernel] {
            for n in 0..=100u8 {
                let heat = made.along(Role::CpuUser, f32::from(n) / 100.0).fg.and_then(colour::rgb);
                let far = colour::distance(heat.expect("coloured"), known_by(&theme, role));
                if far < 0.06 {
                    alike.push(format!("{}: {role:?} and heat {n} are {far:.3} apart", theme.name));
                }
            }
        }
    }
    assert_eq!(alike, [""; 0]);
}

#[test]
fn the_heat_of_a_figure_is_read_in_the_selected_row_too() {
    for theme in builtins() {
        for depth in [Depth::Indexed256, Depth::True] {
            let made = Theme::new(&theme, depth, true);
            let ground = made.style(Role::Selection).bg.and_then(colour::rgb);
            for n in 0..=100 {
                let style = made.heat_selected(n);
                let pair = style.fg.and_then(colour::rgb).zip(ground);
                let found = pair.map_or(21.0, |(fg, bg)| colour::contrast(fg, bg));
                assert!(found >= 4.0, "{} {depth:?}: heat {n} has {found:.2}", theme.name);
                assert_eq!(style.bg, made.style(Role::Selection).bg, "{}", theme.name);
            }
        }
    }
}

/// The theme that promises it keeps its promise, by a wide margin to others: in *dracula* good and bad come together.
#[test]
fn fewer_receptors_tell_the_same_apart() {
    let theme = config::Theme::builtin("colourblind").expect("built in");
    let mut alike = Vec::new();
    for without_red in [false, true] {
        for (one, other) in SIDE_BY_SIDE.iter().flat_map(|roles| pairs(roles)) {
            let [a, b] = [one, other].map(|role| seen(known_by(&theme, role), without_red));
            let far = colour::distance(a, b);
            if far < 0.07 {
                alike.push(format!("without red {without_red}: {one:?} {a}, {other:?} {b}: {far:.3}"));
            }
        }
    }
    assert_eq!(alike, [""; 0]);
}

#[test]
fn no_colour_loses_a_state_of_a_row() {
    let rows = [Role::Text, Role::Selection, Role::Followed, Role::Tagged, Role::Match];
    for theme in builtins() {
        for unicode in [true, false] {
            let made = Theme::new(&theme, Depth::Mono, unicode);
            for (one, other) in pairs(&rows) {
                let both = [Role::Selection, Role::Followed, Role::Match];
                // Which row is chosen for what its notice says, and a match is at the cursor in any case.
                if both.contains(&one) && both.contains(&other) {
                    continue;
                }
                assert_ne!(made.style(one), made.style(other), "{}: {one:?} {other:?}", theme.name);
            }
            for role in [Role::Bad, Role::Blocked, Role::Zombie] {
                assert_ne!(made.style(role), made.style(Role::Text), "{}: {role:?}", theme.name);
            }
        }
    }
}
