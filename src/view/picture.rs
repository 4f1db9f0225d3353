//! A drawn buffer as a picture (SVG) and as text in two planes. Same buffer, same bytes.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::Paper;
use super::colour;
use crate::config::Rgb;

/// Width of a cell in units of the picture; 0.602 em, as most monospaced fonts have it, at 14 units.
const WIDE: f64 = 8.43;
/// Height of a cell.
const HIGH: f64 = 17.0;
/// Where letters stand in a cell, from its top.
const BASE: f64 = 12.9;
/// Room around the cells.
const EDGE: f64 = 14.0;
/// Height of the window's title.
const BAR: f64 = 34.0;

/// The buffer as a picture of a window with that title. It needs nothing beside itself.
pub fn svg(buf: &Buffer, paper: Paper, title: &str) -> String {
    let area = buf.area;
    let (width, height) =
        (f64::from(area.width) * WIDE + 2.0 * EDGE, f64::from(area.height) * HIGH + BAR + EDGE);
    let dark = colour::contrast(paper.background, Rgb::default()) < 10.0;
    let (frame, faint) = if dark { ("#ffffff", "0.14") } else { ("#000000", "0.18") };
    let mut out = String::with_capacity(buf.content.len() * 16 + 1024);
    let name = escaped(title);
    // Writing to a String does not fail, here and below.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.2} {height:.2}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\" aria-label=\"{name}\">\n<title>{name}</title>\n\
         <style>text{{font-family:'JetBrains Mono','Fira Code','DejaVu Sans Mono','Menlo','Consolas',monospace;font-size:14px;\
         white-space:pre}}</style>\n\
         <rect x=\".5\" y=\".5\" width=\"{:.2}\" height=\"{:.2}\" rx=\"10\" fill=\"{}\" stroke=\"{frame}\" \
         stroke-opacity=\"{faint}\"/>\n",
        width - 1.0,
        height - 1.0,
        paper.background,
    );
    for (n, light) in ["#ff5f57", "#febc2e", "#28c840"].into_iter().enumerate() {
        let _ = writeln!(out, "<circle cx=\"{}\" cy=\"17\" r=\"5.5\" fill=\"{light}\"/>", 20 + 19 * n);
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.2}\" y=\"21.5\" text-anchor=\"middle\" fill=\"{}\" fill-opacity=\".6\">{name}</text>",
        width / 2.0,
        paper.foreground
    );
    for row in 0..area.height {
        let cells: Vec<&Cell> =
            (area.left()..area.right()).filter_map(|x| buf.cell((x, area.top() + row))).collect();
        let top = BAR + f64::from(row) * HIGH;
        grounds(&cells, top, paper, &mut out);
        letters(&cells, top, paper, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

/// The colours a cell is really shown in: text, background where it is not the paper's, opacity of the text.
fn shown(cell: &Cell, paper: Paper) -> (Rgb, Option<Rgb>, bool) {
    let fg = colour::rgb(cell.fg);
    let bg = colour::rgb(cell.bg);
    let faint = cell.modifier.contains(Modifier::DIM);
    if cell.modifier.contains(Modifier::REVERSED) {
        (bg.unwrap_or(paper.background), Some(fg.unwrap_or(paper.foreground)), faint)
    } else {
        (fg.unwrap_or(paper.foreground), bg, faint)
    }
}

/// Draws the backgrounds of a row, equal neighbours together.
fn grounds(cells: &[&Cell], top: f64, paper: Paper, out: &mut String) {
    let mut column = 0;
    // Where the run began, and its colour.
    let mut run: (usize, Option<Rgb>) = (0, None);
    loop {
        let cell = cells.get(column);
        let ground = cell.and_then(|cell| shown(cell, paper).1);
        if ground != run.1 || cell.is_none() {
            if let (start, Some(fill)) = run {
                let (x, wide) = (EDGE + start as f64 * WIDE, (column.min(cells.len()) - start) as f64 * WIDE);
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.2}\" y=\"{top:.2}\" width=\"{wide:.2}\" height=\"{HIGH}\" fill=\"{fill}\" \
                     shape-rendering=\"crispEdges\"/>"
                );
            }
            run = (column, ground);
        }
        // The cell behind a wide character is hidden by it.
        let Some(cell) = cell else { return };
        column += cell.symbol().width().max(1);
    }
}

/// Letters that look alike and stand side by side, or shapes of one colour.
struct Run {
    look: (Rgb, bool, Modifier),
    /// Whether the shapes are blocks: their edges are as sharp as those of backgrounds, so that no seam shows where
    /// they meet.
    blocks: bool,
    start: usize,
    cells: usize,
    text: String,
    path: String,
}

impl Run {
    fn flush(&mut self, top: f64, out: &mut String) {
        let (fill, faint, modifier) = self.look;
        let opacity = if faint { " fill-opacity=\".6\"" } else { "" };
        if !self.path.is_empty() {
            let sharp = if self.blocks { " shape-rendering=\"crispEdges\"" } else { "" };
            let _ = writeln!(out, "<path fill=\"{fill}\"{opacity}{sharp} d=\"{}\"/>", self.path);
        }
        let blank = self.text.chars().all(|c| c == ' ');
        if !self.text.is_empty() && (!blank || modifier.contains(Modifier::UNDERLINED)) {
            let mut more = String::from(opacity);
            for (flag, attribute) in [
                (Modifier::BOLD, " font-weight=\"bold\""),
                (Modifier::ITALIC, " font-style=\"italic\""),
                (Modifier::UNDERLINED, " text-decoration=\"underline\""),
                (Modifier::CROSSED_OUT, " text-decoration=\"line-through\""),
            ] {
                if modifier.contains(flag) {
                    more.push_str(attribute);
                }
            }
            let _ = writeln!(
                out,
                "<text x=\"{:.2}\" y=\"{:.2}\" fill=\"{fill}\"{more} textLength=\"{:.2}\" xml:space=\"preserve\">{}</text>",
                EDGE + self.start as f64 * WIDE,
                top + BASE,
                self.cells as f64 * WIDE,
                escaped(&self.text)
            );
        }
        self.text.clear();
        self.path.clear();
        self.cells = 0;
    }
}

/// Draws what is written in a row: equal neighbours together, blocks and dots as shapes, so that they meet whatever
/// the font.
fn letters(cells: &[&Cell], top: f64, paper: Paper, out: &mut String) {
    const SEEN: Modifier =
        Modifier::BOLD.union(Modifier::ITALIC).union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);
    let mut run = Run {
        look: (paper.foreground, false, Modifier::empty()),
        blocks: false,
        start: 0,
        cells: 0,
        text: String::new(),
        path: String::new(),
    };
    let mut column = 0;
    while let Some(cell) = cells.get(column) {
        let width = cell.symbol().width().max(1);
        let (fg, _, faint) = shown(cell, paper);
        let hidden = cell.modifier.contains(Modifier::HIDDEN);
        let symbol = if hidden { " " } else { cell.symbol() };
        let look = (fg, faint, cell.modifier & SEEN);
        let x = EDGE + column as f64 * WIDE;
        let mut shape = String::new();
        let drawn = drawing(symbol, x, top, &mut shape);
        let blocks = drawn && symbol.chars().all(|c| matches!(c, '▀'..='▟'));
        // Wide characters stand alone, as fonts disagree on their width.
        if look != run.look || blocks != run.blocks || drawn != run.text.is_empty() || width > 1 {
            run.flush(top, out);
        }
        run.look = look;
        run.blocks = blocks;
        if drawn {
            run.path.push_str(&shape);
        } else {
            if run.text.is_empty() {
                run.start = column;
            }
            run.text.push_str(symbol);
            run.cells += width;
            if width > 1 {
                run.flush(top, out);
            }
        }
        column += width;
    }
    run.flush(top, out);
}

/// Appends a block, a braille pattern or a line as a path; says whether it was one.
fn drawing(symbol: &str, x: f64, top: f64, path: &mut String) -> bool {
    // Column and row of each bit of a braille pattern.
    const PLACES: [(u32, u32); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else { return false };
    let mut part = |dx: f64, dy: f64, w: f64, h: f64| {
        let _ = write!(path, "M{:.2} {:.2}h{w:.2}v{h:.2}h-{w:.2}z", x + dx, top + dy);
    };
    let eighths = |from: char| f64::from(c as u32 - from as u32);
    match c {
        '▁'..='█' => {
            let high = HIGH * (eighths('▁') + 1.0) / 8.0;
            part(0.0, HIGH - high, WIDE, high);
        }
        '▉'..='▏' => part(0.0, 0.0, WIDE * (7.0 - eighths('▉')) / 8.0, HIGH),
        '▀' => part(0.0, 0.0, WIDE, HIGH / 2.0),
        '▐' => part(WIDE / 2.0, 0.0, WIDE / 2.0, HIGH),
        '▔' => part(0.0, 0.0, WIDE, HIGH / 8.0),
        '▕' => part(WIDE * 7.0 / 8.0, 0.0, WIDE / 8.0, HIGH),
        '\u{2800}'..='\u{28ff}' => {
            let bits = c as u32 - 0x2800;
            for (bit, (column, row)) in PLACES.into_iter().enumerate() {
                if bits & (1 << bit) != 0 {
                    let (side, step) = (2.5, HIGH / 4.0);
                    let dx = WIDE * (0.25 + 0.5 * f64::from(column)) - side / 2.0;
                    part(dx, step * (f64::from(row) + 0.5) - side / 2.0, side, side);
                }
            }
        }
        _ => return lines(c, x, top, path),
    }
    true
}

/// The light lines of box drawing, with round corners.
fn lines(c: char, x: f64, top: f64, path: &mut String) -> bool {
    // Up, right, down, left.
    let arms = match c {
        '─' => [0, 1, 0, 1],
        '│' => [1, 0, 1, 0],
        '┌' => [0, 1, 1, 0],
        '┐' => [0, 0, 1, 1],
        '└' => [1, 1, 0, 0],
        '┘' => [1, 0, 0, 1],
        '├' => [1, 1, 1, 0],
        '┤' => [1, 0, 1, 1],
        '┬' => [0, 1, 1, 1],
        '┴' => [1, 1, 0, 1],
        '┼' => [1, 1, 1, 1],
        '╭' | '╮' | '╯' | '╰' => {
            let (across, down) = match c {
                '╭' => (1.0, 1.0),
                '╮' => (-1.0, 1.0),
                '╯' => (-1.0, -1.0),
                _ => (1.0, -1.0),
            };
            // A quarter of a ring, one unit wide, from the cell's side to its top or bottom.
            let (mx, my) = (x + WIDE / 2.0, top + HIGH / 2.0);
            let (ex, ey) = (mx + across * WIDE / 2.0, my + down * HIGH / 2.0);
            let (o, i) = (0.5, -0.5);
            let r = WIDE / 2.0;
            let _ = write!(
                path,
                "M{ex:.2} {:.2}Q{:.2} {:.2} {:.2} {:.2}V{ey:.2}H{:.2}V{:.2}Q{:.2} {:.2} {ex:.2} {:.2}z",
                my - down * o,
                mx - across * o,
                my - down * o,
                mx - across * o,
                my + down * r,
                mx - across * i,
                my + down * r,
                mx - across * i,
                my - down * i,
                my - down * i,
            );
            return true;
        }
        _ => return false,
    };
    let (mx, my) = (WIDE / 2.0, HIGH / 2.0);
    let pieces = [
        (mx - 0.5, 0.0, 1.0, my + 0.5),
        (mx - 0.5, my - 0.5, WIDE - mx + 0.5, 1.0),
        (mx - 0.5, my - 0.5, 1.0, HIGH - my + 0.5),
        (0.0, my - 0.5, mx + 0.5, 1.0),
    ];
    for (_, (dx, dy, w, h)) in arms.into_iter().zip(pieces).filter(|(arm, _)| *arm == 1) {
        let _ = write!(path, "M{:.2} {:.2}h{w:.2}v{h:.2}h-{w:.2}z", x + dx, top + dy);
    }
    true
}

/// Text as XML has it; characters XML does not know become the replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push(crate::model::REPLACEMENT),
            c if c.is_control() => out.push(crate::model::REPLACEMENT),
            c => out.push(c),
        }
    }
    out
}

/// The buffer as text: the symbols alone, without blanks at the ends of the lines.
pub fn plain(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let mut line = String::new();
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let Some(cell) = buf.cell((x, y)) else { break };
            line.push_str(cell.symbol());
            x += cell.symbol().width().max(1) as u16;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The buffer as text: the symbols, then how each is styled, one letter a style, with the meaning of the letters.
pub fn text(buf: &Buffer) -> String {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789\
        αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩбвгджзийлптфцчшщъыьэюяБДЖЗИЛЦЧШЩЫЭЮЯ";
    let mut out = String::new();
    let mut styles: Vec<Style> = Vec::new();
    let mut plane = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let mut line = String::new();
        let mut looks = String::new();
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let Some(cell) = buf.cell((x, y)) else { break };
            let width = cell.symbol().width().max(1) as u16;
            line.push_str(cell.symbol());
            let plain = cell.fg == Color::Reset && cell.bg == Color::Reset && cell.modifier.is_empty();
            let letter = if plain {
                if cell.symbol() == " " { ' ' } else { '.' }
            } else {
                let style = cell.style();
                let at = styles.iter().position(|known| *known == style).unwrap_or_else(|| {
                    styles.push(style);
                    styles.len() - 1
                });
                // More styles than letters is no screen of ours; they share the last.
                LETTERS.chars().nth(at).unwrap_or('?')
            };
            looks.extend(std::iter::repeat_n(letter, width.into()));
            x += width;
        }
        out.push_str(line.trim_end());
        out.push('\n');
        plane.push_str(looks.trim_end());
        plane.push('\n');
    }
    out.push_str("----\n");
    out.push_str(&plane);
    out.push_str("----\n");
    for (style, letter) in styles.iter().zip(LETTERS.chars()) {
        let part = |name: &str, value: Option<Color>| match value {
            None | Some(Color::Reset) => String::new(),
            Some(Color::Rgb(r, g, b)) => format!(" {name} {}", Rgb::new(r, g, b)),
            Some(other) => format!(" {name} {other}"),
        };
        let words = [
            (Modifier::BOLD, " bold"),
            (Modifier::DIM, " dim"),
            (Modifier::ITALIC, " italic"),
            (Modifier::UNDERLINED, " underlined"),
            (Modifier::REVERSED, " reversed"),
        ];
        let words = words.into_iter().filter(|(flag, _)| style.add_modifier.contains(*flag));
        let words: String = words.map(|(_, word)| word).collect();
        let _ = writeln!(out, "{letter}{}{}{words}", part("fg", style.fg), part("bg", style.bg));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    fn paper() -> Paper {
        Paper::of(true)
    }

    #[test]
    fn text_has_two_planes() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 2));
        buf.set_string(0, 0, "ab", Style::new().fg(Color::Rgb(1, 2, 3)));
        buf.set_string(2, 0, "漢", Style::new().bg(Color::Red).add_modifier(Modifier::BOLD));
        buf.set_string(1, 1, "x", Style::new());
        assert_eq!(text(&buf), "ab漢\n x\n----\naabb\n .\n----\na fg #010203\nb bg Red bold\n");
    }

    #[test]
    fn pictures_escape_and_merge() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 8, 1));
        buf.set_string(0, 0, "<a&b> ok", Style::new().fg(Color::Rgb(255, 0, 0)));
        let picture = svg(&buf, paper(), "a \"title\" & more\u{1b}");
        assert!(picture.contains(">&lt;a&amp;b&gt; ok</text>"), "{picture}");
        assert!(picture.contains("a &quot;title&quot; &amp; more\u{fffd}"), "{picture}");
        assert!(!picture.contains('\u{1b}'));
        assert_eq!(picture, svg(&buf, paper(), "a \"title\" & more\u{1b}"));
    }

    #[test]
    fn reverse_exchanges_and_wide_characters_stand_alone() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 5, 1));
        buf.set_string(0, 0, "a漢b", Style::new().add_modifier(Modifier::REVERSED));
        let picture = svg(&buf, paper(), "t");
        let ground = format!("width=\"{:.2}\" height=\"17\" fill=\"{}\"", 4.0 * WIDE, paper().foreground);
        assert!(picture.contains(&ground), "{picture}");
        assert!(picture.contains(">漢</text>"), "{picture}");
        assert!(picture.contains(&format!("x=\"{:.2}\" y=\"46.90\"", EDGE + 3.0 * WIDE)), "{picture}");
    }

    #[test]
    fn blocks_lines_and_dots_are_shapes() {
        let symbols = "▁█▏▉▕▀⣿⡀─│╭╯┼";
        let mut buf = Buffer::empty(Rect::new(0, 0, 20, 1));
        buf.set_string(0, 0, symbols, Style::new());
        let picture = svg(&buf, paper(), "t");
        assert!(symbols.chars().all(|c| !picture.contains(c)), "{picture}");
        // Blocks meet without a seam; dots and lines stay smooth.
        let sharp = |symbols| {
            let mut buf = Buffer::empty(Rect::new(0, 0, 2, 1));
            buf.set_string(0, 0, symbols, Style::new());
            svg(&buf, paper(), "t").contains("<path fill=\"#d9d2c9\" shape-rendering=\"crispEdges\"")
        };
        assert!(sharp("▌█") && !sharp("⣿─"));
        assert!(svg(&Buffer::empty(Rect::default()), paper(), "t").ends_with("</svg>\n"));
    }
}
