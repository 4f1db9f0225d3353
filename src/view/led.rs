//! Figures in digits three rows high.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Theme;
use super::pen::Pen;
use crate::catalog::Cell;
use crate::model::Role;

/// Rows of a digit.
pub(super) const ROWS: u16 = 3;
/// Columns of a digit, and of the gap behind it.
const WIDE: u16 = 3;
const GAP: u16 = 1;

/// The digits of lines.
const LINES: [[&str; 3]; 10] = [
    ["┏━┓", "┃ ┃", "┗━┛"],
    [" ╻ ", " ┃ ", " ╹ "],
    ["╺━┓", "┏━┛", "┗━╸"],
    ["╺━┓", " ━┫", "╺━┛"],
    ["╻ ╻", "┗━┫", "  ╹"],
    ["┏━╸", "┗━┓", "╺━┛"],
    ["┏━╸", "┣━┓", "┗━┛"],
    ["╺━┓", "  ┃", "  ╹"],
    ["┏━┓", "┣━┫", "┗━┛"],
    ["┏━┓", "┗━┫", "╺━┛"],
];

/// The same in ASCII.
const PLAIN: [[&str; 3]; 10] = [
    [" _ ", "| |", "|_|"],
    ["   ", " | ", " | "],
    [" _ ", " _|", "|_ "],
    [" _ ", " _|", " _|"],
    ["   ", "|_|", "  |"],
    [" _ ", "|_ ", " _|"],
    [" _ ", "|_ ", "|_|"],
    [" _ ", "  |", "  |"],
    [" _ ", "|_|", "|_|"],
    [" _ ", "|_|", " _|"],
];

/// Draws the words of `cell` that fit into `area`, which has [`ROWS`] rows: digits high, everything else in the last row.
/// A word that does not fit ends it: half a figure is another figure.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, cell: &Cell) {
    let mut x = area.x;
    let mut parts = cell.parts().peekable();
    while let Some((text, role)) = parts.next() {
        let mut words = text.split_inclusive(' ').peekable();
        while let Some(word) = words.next() {
            let last = words.peek().is_none() && !word.ends_with(' ');
            // A part may end in the middle of a word.
            let rest =
                parts.peek().filter(|_| last).and_then(|(next, _)| next.split(' ').next()).unwrap_or("");
            let wanted = width(word.trim_end()).saturating_add(width(rest));
            if x.saturating_add(wanted) > area.right() {
                return;
            }
            x = draw_word(word, x, Rect { height: ROWS, ..area }, buf, theme, role);
        }
    }
}

fn draw_word(word: &str, mut x: u16, area: Rect, buf: &mut Buffer, theme: &Theme, role: Role) -> u16 {
    let digits = if theme.glyphs().unicode() { &LINES } else { &PLAIN };
    let style = theme.style(role);
    for c in word.chars() {
        let wide = width_of(c);
        match c.to_digit(10).and_then(|digit| digits.get(digit as usize)) {
            Some(rows) => {
                for (row, line) in rows.iter().enumerate() {
                    let place = Rect { x, y: area.y + row as u16, width: WIDE, height: 1 };
                    Pen::new(buf, place).put(style, line);
                }
            }
            None => {
                let place = Rect { x, y: area.bottom().saturating_sub(1), width: wide, height: 1 };
                let place = place.intersection(area);
                Pen::new(buf, place).put(style, c.encode_utf8(&mut [0; 4]));
            }
        }
        x = x.saturating_add(wide);
    }
    x
}

fn width(text: &str) -> u16 {
    text.chars().map(width_of).fold(0, u16::saturating_add)
}

fn width_of(c: char) -> u16 {
    if c.is_ascii_digit() {
        WIDE + GAP
    } else {
        unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::view::Depth;

    fn lines(unicode: bool, width: u16, parts: &[(Role, &str)]) -> Vec<String> {
        let area = Rect::new(0, 0, width, ROWS);
        let mut buf = Buffer::empty(area);
        let mut cell = Cell::new();
        for (role, text) in parts {
            cell.push(*role, text);
        }
        draw(area, &mut buf, &Theme::new(&config::Theme::default(), Depth::True, unicode), &cell);
        let row = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>();
        (0..ROWS).map(|y| row(y).trim_end().to_owned()).collect()
    }

    #[test]
    fn digits_are_high_and_the_rest_is_not() {
        let parts = [(Role::Text, "42.7"), (Role::Dim, "%")];
        assert_eq!(lines(true, 30, &parts), ["╻ ╻ ╺━┓  ╺━┓", "┗━┫ ┏━┛    ┃", "  ╹ ┗━╸ .  ╹ %"]);
        assert_eq!(lines(false, 30, &[(Role::Text, "10")]), ["     _", " |  | |", " |  |_|"]);
    }

    #[test]
    fn only_whole_parts_are_shown() {
        assert_eq!(
            lines(true, 9, &[(Role::Text, "42"), (Role::Dim, " 100")]),
            lines(true, 9, &[(Role::Text, "42")])
        );
        assert_eq!(lines(true, 3, &[(Role::Text, "42")]), ["", "", ""]);
        assert_eq!(lines(true, 9, &[(Role::Text, "42"), (Role::Dim, "/100")]), ["", "", ""]);
        assert_eq!(lines(true, 9, &[(Role::Dim, "io 7 100")]), ["   ╺━┓", "     ┃", "io   ╹"]);
        let all: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        for (n, one) in all.iter().enumerate() {
            for other in all.iter().skip(n + 1) {
                for unicode in [true, false] {
                    let [a, b] = [one, other].map(|text| lines(unicode, 9, &[(Role::Text, text)]));
                    assert_ne!(a, b, "{one} {other}");
                }
            }
        }
    }
}
