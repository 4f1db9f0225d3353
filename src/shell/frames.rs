//! From one frame to the next: what a terminal has to be sent so that it shows a buffer instead of what it shows now.
//!
//! What is shown is kept in 16 bytes a cell, which is compared in two steps and takes less than half of a buffer's cell.
//! Nothing is allocated while the size stays, but for a character of more than eight bytes that was never shown before.

use std::collections::HashMap;
use std::io;

use crossterm::queue;
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// A gap of at most this many cells is written once more, where that needs no other style: moving over it would take as
/// many bytes.
const GAP: usize = 4;
/// More blanks than this at the end of a row are erased instead of written.
const ERASED: usize = 4;
/// Different characters of more than eight bytes that are remembered. With more, the next frame is a full one.
const LONG: usize = 4096;

/// What a terminal shows, and how it is told to show something else.
///
/// ```
/// use glowtop::shell::Frames;
/// use ratatui::{buffer::Buffer, layout::Rect, style::Style};
///
/// let (mut frames, mut bytes) = (Frames::default(), Vec::new());
/// let mut next = Buffer::empty(Rect::new(0, 0, 3, 1));
/// next.set_string(0, 0, "abc", Style::new());
/// frames.encode(&next, &mut bytes)?;
/// bytes.clear();
/// next.set_string(1, 0, "x", Style::new());
/// frames.encode(&next, &mut bytes)?;
/// assert_eq!(bytes, b"\x1b[?2026h\x1b[1;2Hx\x1b[?2026l");
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Default)]
pub struct Frames {
    /// Columns and rows of `shown`; `None` where it is not known what the terminal shows.
    size: Option<(u16, u16)>,
    /// Row by row.
    shown: Vec<Shown>,
    /// Numbers for the characters that do not fit into a [`Shown`].
    long: HashMap<Box<str>, u64>,
}

/// A cell as the terminal shows it: what looks the same is equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Shown {
    /// The character's UTF-8, the first byte lowest; 0 in the cells that a wide character covers beside its first; for a
    /// longer one its number below a byte that UTF-8 does not have.
    symbol: u64,
    look: Look,
}

/// Colours and attributes: from bit 0 the text's colour, from bit 26 the ground's, from bit 52 the attributes. A colour is
/// its kind in the two highest of 26 bits, and its value. All 0 is what the terminal has by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Look(u64);

const GROUND: u32 = 26;
const ATTRIBUTES: u32 = 52;
const COLOUR: u64 = (1 << GROUND) - 1;
// Kinds of colours: one of the sixteen by name, of the 256 by number, and any by its value.
const NAMED: u64 = 1 << 24;
const INDEXED: u64 = 2 << 24;
const DIRECT: u64 = 3 << 24;

const BLANK: Shown = Shown { symbol: b' ' as u64, look: Look(0) };
const COVERED: Shown = Shown { symbol: 0, look: Look(0) };
/// Equal to no cell of any buffer: what the terminal shows there is not known.
const LOST: Shown = Shown { symbol: u64::MAX, look: Look(u64::MAX) };
const NUMBERED: u64 = 0xff << 56;

/// The attributes, and the SGR parameters that set and end them. What ends by the same parameter ends together.
const SGR: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

impl Frames {
    /// Forgets what the terminal shows: the next frame is a full one.
    pub fn forget(&mut self) {
        self.size = None;
    }

    /// Appends to `out` what makes the terminal show `next`, whose area is the whole screen, in one synchronized update;
    /// nothing where it shows that already. A control character in `next` becomes a blank.
    ///
    /// # Errors
    ///
    /// None in practice, `out` is memory; crossterm's commands are typed as if they could fail.
    pub fn encode(&mut self, next: &Buffer, out: &mut Vec<u8>) -> io::Result<()> {
        let (width, height) = (next.area.width, next.area.height);
        if self.long.len() > LONG {
            self.long.clear();
            self.size = None;
        }
        let full = self.size != Some((width, height));
        let start = out.len();
        queue!(out, BeginSynchronizedUpdate)?;
        if full {
            queue!(out, SetAttribute(Attribute::Reset), Clear(ClearType::All))?;
            self.shown.clear();
            self.shown.resize(usize::from(width) * usize::from(height), BLANK);
            self.shown.shrink_to_fit();
            self.size = Some((width, height));
        }
        let begun = out.len();
        let mut pen = Pen { out, at: NOWHERE, look: Look::default() };
        let columns = usize::from(width).max(1);
        let rows = next.content.chunks_exact(columns).zip(self.shown.chunks_exact_mut(columns));
        for (y, (cells, shown)) in rows.enumerate() {
            pen.row(y, cells, shown, &mut self.long);
        }
        pen.wear(Look::default());
        if !full && out.len() == begun {
            out.truncate(start);
            return Ok(());
        }
        queue!(out, EndSynchronizedUpdate)
    }
}

/// The width of a character that is more than an ASCII byte, cells; `None` where it is nothing to show, or does not fit
/// into the `room` that is left of the row.
fn showable(symbol: &str, room: usize) -> Option<usize> {
    // What bars, graphs and branches are made of: lines, blocks and dots, each one cell wide.
    if let &[0xe2, 0x94..=0x96 | 0xa0..=0xa3, _] = symbol.as_bytes() {
        return (room > 0).then_some(1);
    }
    if symbol.chars().any(char::is_control) {
        return None;
    }
    Some(symbol.width()).filter(|width| (1..=room).contains(width))
}

/// Whether the cell shows nothing but the terminal's own ground.
fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && Look::of(cell).of_a_blank() == Look::default()
}

/// What stands for a character in a [`Shown`].
fn symbol(text: &str, long: &mut HashMap<Box<str>, u64>) -> u64 {
    if text.len() <= 8 {
        return text.bytes().rev().fold(0, |sum, byte| sum << 8 | u64::from(byte));
    }
    if let Some(number) = long.get(text) {
        return *number;
    }
    let number = NUMBERED | long.len() as u64;
    long.insert(text.into(), number);
    number
}

/// Reads a row of a buffer. Apart from what writes, so that nearly all the time goes into a short loop.
struct Reader<'a> {
    cells: &'a [Cell],
    /// The next cell.
    x: usize,
    /// Of the cell before, which mostly looks the same.
    style: (Color, Color, Modifier),
    look: Look,
    /// That look where there is no ink.
    blank: Look,
    long: &'a mut HashMap<Box<str>, u64>,
}

impl<'a> Reader<'a> {
    fn new(cells: &'a [Cell], long: &'a mut HashMap<Box<str>, u64>) -> Reader<'a> {
        let style = (Color::Reset, Color::Reset, Modifier::empty());
        Reader { cells, x: 0, style, look: Look::default(), blank: Look::default(), long }
    }

    /// The next cell that is not what is `shown`: its column, what it shows, and how many columns it takes.
    #[inline(never)]
    fn change(&mut self, shown: &[Shown]) -> Option<(usize, Shown, usize)> {
        let start = self.x;
        let mut rest = self.cells.get(start..)?.iter().zip(shown.get(start..)?).enumerate();
        while let Some((n, (cell, was))) = rest.next() {
            if self.style != (cell.fg, cell.bg, cell.modifier) {
                self.wear(cell);
            }
            let (now, width) = match cell.symbol().as_bytes() {
                [byte @ b'!'..=b'~'] => (Shown { symbol: u64::from(*byte), look: self.look }, 1),
                [b' '] => (Shown { symbol: BLANK.symbol, look: self.blank }, 1),
                _ => self.other(cell, start + n),
            };
            if now != *was {
                self.x = start + n + width;
                return Some((start + n, now, width));
            }
            // Where a wide character stays, so does what it covers.
            if width > 1 {
                rest.nth(width - 2);
            }
        }
        self.x = self.cells.len();
        None
    }

    #[inline(never)]
    fn wear(&mut self, cell: &Cell) {
        self.style = (cell.fg, cell.bg, cell.modifier);
        self.look = Look::of(cell);
        self.blank = self.look.of_a_blank();
    }

    /// What a cell at column `x` shows that holds no ASCII character, and how many columns it takes.
    #[inline(never)]
    fn other(&mut self, cell: &Cell, x: usize) -> (Shown, usize) {
        match showable(cell.symbol(), self.cells.len() - x) {
            Some(width) => (Shown { symbol: symbol(cell.symbol(), self.long), look: self.look }, width),
            None => (Shown { symbol: BLANK.symbol, look: self.blank }, 1),
        }
    }
}

/// Writes cells, and knows where the terminal's cursor stands and how it writes.
struct Pen<'a> {
    out: &'a mut Vec<u8>,
    /// Column of the cursor in the row that is being written.
    at: usize,
    look: Look,
}

/// A column for a cursor in another row, or where terminals may disagree.
const NOWHERE: usize = usize::MAX;

impl Pen<'_> {
    /// Writes the cells of row `y` that are not what is `shown`, and makes `shown` what they are.
    fn row(&mut self, y: usize, cells: &[Cell], shown: &mut [Shown], long: &mut HashMap<Box<str>, u64>) {
        self.at = NOWHERE;
        let mut reader = Reader::new(cells, long);
        let mut filled = None;
        while let Some((x, now, width)) = reader.change(shown) {
            for (was, covered) in shown.iter_mut().skip(x).zip(0..width) {
                *was = if covered == 0 { now } else { COVERED };
            }
            if x != self.at {
                self.go(x, y, cells);
            }
            if !self.suits(now) {
                self.wear(now.look);
            }
            if now == BLANK && cells.len() - x > ERASED {
                let filled = *filled.get_or_insert_with(|| cells.iter().rposition(|cell| !is_blank(cell)));
                if filled.is_none_or(|last| last < x) {
                    self.out.extend_from_slice(b"\x1b[K");
                    shown.iter_mut().skip(x).for_each(|was| *was = BLANK);
                    return;
                }
            }
            let mut plain = width == 1;
            if let (Ok(byte), true) = (u8::try_from(now.symbol), plain) {
                self.out.push(byte);
            } else {
                let text = cells.get(x).map_or(" ", Cell::symbol);
                plain &= text.chars().nth(1).is_none();
                if width > 1 {
                    // A terminal that takes it for narrower would leave what stood in the cells that it shall cover.
                    self.out.extend(std::iter::repeat_n(b' ', width));
                    self.at = NOWHERE;
                    self.go(x, y, cells);
                }
                self.out.extend_from_slice(text.as_bytes());
                if let Some(next) = shown.get_mut(x + width).filter(|_| !plain) {
                    // One that takes it for wider covers what stands there: that is written once more.
                    *next = LOST;
                }
            }
            // Terminals differ in the widths of what is wide or composed, and in where the end of a row leaves them.
            self.at = if plain && x + 1 < cells.len() { x + 1 } else { NOWHERE };
        }
    }

    /// Goes to column `x` of row `y`. The cells in between, if it is in that row already, show what `cells` says.
    fn go(&mut self, x: usize, y: usize, cells: &[Cell]) {
        if self.at > x {
            self.out.extend_from_slice(b"\x1b[");
            self.number(y + 1);
            if x > 0 {
                self.out.push(b';');
                self.number(x + 1);
            }
            self.out.push(b'H');
            return;
        }
        let gap = cells.get(self.at..x).unwrap_or(&[]);
        let bytes = gap.iter().map_while(|cell| self.repeats(cell));
        if gap.len() <= GAP && bytes.clone().count() == gap.len() {
            let mut few = [0; GAP];
            few.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
            self.out.extend_from_slice(few.get(..gap.len()).unwrap_or(&[]));
            return;
        }
        self.out.extend_from_slice(b"\x1b[");
        if gap.len() > 1 {
            self.number(gap.len());
        }
        self.out.push(b'C');
    }

    /// The one byte that writes the cell as it is.
    fn repeats(&self, cell: &Cell) -> Option<u8> {
        let [byte @ b' '..=b'~'] = cell.symbol().as_bytes() else { return None };
        let look = if *byte == b' ' { Look::of(cell).of_a_blank() } else { Look::of(cell) };
        self.suits(Shown { symbol: u64::from(*byte), look }).then_some(*byte)
    }

    /// Whether the cell would look as it shall.
    fn suits(&self, cell: Shown) -> bool {
        let look = if cell.symbol == BLANK.symbol { self.look.of_a_blank() } else { self.look };
        look == cell.look
    }

    /// Goes over to another look, by what differs.
    fn wear(&mut self, look: Look) {
        if look == self.look {
            return;
        }
        self.out.extend_from_slice(b"\x1b[");
        if look != Look::default() {
            let (was, now) = (self.look.attributes(), look.attributes());
            let mut left = was;
            for (attribute, _, end) in SGR {
                if left.contains(attribute) && !now.contains(attribute) {
                    self.parameter(end);
                    let ended = SGR.iter().filter(|(.., with)| *with == end);
                    left = ended.fold(left, |left, (attribute, ..)| left - *attribute);
                }
            }
            for (attribute, begin, _) in SGR {
                if now.contains(attribute) && !left.contains(attribute) {
                    self.parameter(begin);
                }
            }
            if look.text() != self.look.text() {
                self.colour(look.text(), 30);
            }
            if look.ground() != self.look.ground() {
                self.colour(look.ground(), 40);
            }
            // The last semicolon.
            self.out.pop();
        }
        self.out.push(b'm');
        self.look = look;
    }

    /// Writes the parameters of a colour; `base` is 30 for the text and 40 for its ground.
    fn colour(&mut self, colour: u64, base: u8) {
        let [low, mid, high, kind, ..] = colour.to_le_bytes();
        match u64::from(kind) << 24 {
            NAMED if low < 8 => self.parameter(base + low),
            NAMED => self.parameter(base + 60 + low - 8),
            INDEXED => [base + 8, 5, low].into_iter().for_each(|n| self.parameter(n)),
            DIRECT => [base + 8, 2, high, mid, low].into_iter().for_each(|n| self.parameter(n)),
            _ => self.parameter(base + 9),
        }
    }

    fn parameter(&mut self, n: u8) {
        self.number(n.into());
        self.out.push(b';');
    }

    /// Writes a number of at most five digits.
    fn number(&mut self, n: usize) {
        let digit = |n: usize| b'0' + (n % 10) as u8;
        for power in [10_000, 1000, 100, 10] {
            if n >= power {
                self.out.push(digit(n / power));
            }
        }
        self.out.push(digit(n));
    }
}

impl Look {
    fn of(cell: &Cell) -> Look {
        Look(bits(cell.fg) | bits(cell.bg) << GROUND | u64::from(cell.modifier.bits()) << ATTRIBUTES)
    }

    /// What of it is seen where there is no ink.
    fn of_a_blank(self) -> Look {
        let lines = Modifier::UNDERLINED | Modifier::CROSSED_OUT | Modifier::REVERSED;
        if self.attributes().intersects(lines) { self } else { Look(self.0 & COLOUR << GROUND) }
    }

    fn text(self) -> u64 {
        self.0 & COLOUR
    }

    fn ground(self) -> u64 {
        self.0 >> GROUND & COLOUR
    }

    fn attributes(self) -> Modifier {
        Modifier::from_bits_truncate((self.0 >> ATTRIBUTES) as u16)
    }
}

/// A colour in 26 bits.
fn bits(colour: Color) -> u64 {
    match colour {
        Color::Reset => 0,
        Color::Black => NAMED,
        Color::Red => NAMED + 1,
        Color::Green => NAMED + 2,
        Color::Yellow => NAMED + 3,
        Color::Blue => NAMED + 4,
        Color::Magenta => NAMED + 5,
        Color::Cyan => NAMED + 6,
        Color::Gray => NAMED + 7,
        Color::DarkGray => NAMED + 8,
        Color::LightRed => NAMED + 9,
        Color::LightGreen => NAMED + 10,
        Color::LightYellow => NAMED + 11,
        Color::LightBlue => NAMED + 12,
        Color::LightMagenta => NAMED + 13,
        Color::LightCyan => NAMED + 14,
        Color::White => NAMED + 15,
        Color::Indexed(index) => INDEXED | u64::from(index),
        Color::Rgb(r, g, b) => DIRECT | u64::from(r) << 16 | u64::from(g) << 8 | u64::from(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    const WIDTH: u16 = 12;
    const HEIGHT: u16 = 3;
    const AREA: Rect = Rect { x: 0, y: 0, width: WIDTH, height: HEIGHT };

    /// Characters of all lengths and widths, and what no terminal may be sent.
    const SYMBOLS: [&str; 16] = [
        " ",
        "a",
        "b",
        "~",
        "ä",
        "│",
        "█",
        "漢",
        "字",
        "é",
        "👍",
        "e\u{301}",
        "e\u{301}\u{302}\u{303}\u{304}",
        "\u{1b}",
        "\u{9b}",
        "",
    ];

    fn any_colour() -> impl Strategy<Value = Color> {
        prop_oneof![
            4 => Just(Color::Reset),
            1 => prop::sample::select(vec![Color::Black, Color::Red, Color::Gray, Color::DarkGray, Color::LightBlue, Color::White]),
            1 => any::<u8>().prop_map(Color::Indexed),
            1 => any::<[u8; 3]>().prop_map(|[r, g, b]| Color::Rgb(r, g, b)),
        ]
    }

    fn any_style() -> impl Strategy<Value = Style> {
        (any_colour(), any_colour(), prop_oneof![3 => Just(0), 1 => any::<u16>()]).prop_map(
            |(fg, bg, bits)| {
                // What vt100 does not know it could not tell apart; it knows bold or dim, not both.
                let rest = Modifier::ITALIC | Modifier::UNDERLINED | Modifier::REVERSED;
                let weight = [Modifier::empty(), Modifier::BOLD, Modifier::DIM][usize::from(bits % 3)];
                Style::new().fg(fg).bg(bg).add_modifier(Modifier::from_bits_truncate(bits) & rest | weight)
            },
        )
    }

    /// A screen as a list of strokes: at a place, some characters in one style.
    fn any_screen() -> impl Strategy<Value = Buffer> {
        let symbols = prop::collection::vec(prop::sample::select(SYMBOLS.to_vec()), 1..8);
        let stroke = (0..WIDTH, 0..HEIGHT, any_style(), symbols);
        prop::collection::vec(stroke, 0..14).prop_map(|strokes| {
            let mut buffer = Buffer::empty(AREA);
            for (mut x, y, style, symbols) in strokes {
                for symbol in symbols {
                    let width = (symbol.width() as u16).max(1);
                    if x + width > WIDTH {
                        break;
                    }
                    // Whoever writes over half of a wide character takes it away.
                    if x > 0 && buffer[(x - 1, y)].symbol().width() == 2 {
                        buffer[(x - 1, y)].reset();
                    }
                    buffer[(x, y)].reset();
                    buffer[(x, y)].set_symbol(symbol).set_style(style);
                    for part in 1..width {
                        buffer[(x + part, y)].reset();
                    }
                    x += width;
                }
            }
            buffer
        })
    }

    fn expected(colour: Color) -> vt100::Color {
        match bits(colour).to_le_bytes() {
            [low, mid, high, 3, ..] => vt100::Color::Rgb(high, mid, low),
            [low, _, _, 1 | 2, ..] => vt100::Color::Idx(low),
            _ => vt100::Color::Default,
        }
    }

    /// What is wrong with the screen, if it shall show `buffer`.
    fn wrong(screen: &vt100::Screen, buffer: &Buffer) -> Option<String> {
        for y in 0..HEIGHT {
            let mut x = 0;
            while x < WIDTH {
                let cell = &buffer[(x, y)];
                let shown = screen.cell(y, x).unwrap();
                let hostile = cell.symbol().is_empty() || cell.symbol().chars().any(char::is_control);
                let symbol = if hostile { " " } else { cell.symbol() };
                let contents = if shown.has_contents() { shown.contents() } else { " " };
                let lines = Modifier::UNDERLINED | Modifier::REVERSED;
                let ink = symbol != " " || cell.modifier.intersects(lines);
                let seen = (contents, shown.bgcolor(), shown.underline(), shown.inverse());
                let wanted = (
                    symbol,
                    expected(cell.bg),
                    cell.modifier.contains(Modifier::UNDERLINED),
                    cell.modifier.contains(Modifier::REVERSED),
                );
                let seen_ink = (shown.fgcolor(), shown.bold(), shown.dim(), shown.italic());
                let wanted_ink = (
                    expected(cell.fg),
                    cell.modifier.contains(Modifier::BOLD),
                    cell.modifier.contains(Modifier::DIM),
                    cell.modifier.contains(Modifier::ITALIC),
                );
                if seen != wanted || (ink && seen_ink != wanted_ink) {
                    return Some(format!("({x}, {y}): {seen:?} {seen_ink:?}, not {wanted:?} {wanted_ink:?}"));
                }
                x += (symbol.width() as u16).max(1);
            }
        }
        None
    }

    proptest! {
        #[test]
        fn a_terminal_goes_from_any_screen_to_any_other(screens in prop::collection::vec(any_screen(), 1..5), forget in 0usize..5) {
            let mut terminal = vt100::Parser::new(HEIGHT.try_into().unwrap(), WIDTH.try_into().unwrap(), 0);
            let mut frames = Frames::default();
            for (n, screen) in screens.iter().enumerate() {
                if n == forget {
                    // Somebody else wrote on it.
                    terminal.process(b"\x1b[44;3mjunk\x1b[2;5Hand more");
                    frames.forget();
                }
                let mut bytes = Vec::new();
                frames.encode(screen, &mut bytes).unwrap();
                terminal.process(&bytes);
                let wrong = wrong(terminal.screen(), screen);
                prop_assert!(wrong.is_none(), "{:?} after {}", wrong, bytes.escape_ascii());
                bytes.clear();
                frames.encode(screen, &mut bytes).unwrap();
                prop_assert!(bytes.is_empty(), "what is shown was sent once more: {}", bytes.escape_ascii());
            }
        }
    }

    fn buffer(rows: [&str; 2]) -> Buffer {
        Buffer::with_lines(rows)
    }

    /// What is sent between the marks of the update.
    fn sent(frames: &mut Frames, next: &Buffer) -> String {
        let mut bytes = Vec::new();
        frames.encode(next, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let inside = text.strip_prefix("\x1b[?2026h").and_then(|rest| rest.strip_suffix("\x1b[?2026l"));
        inside.map_or_else(|| panic!("{text:?} is no synchronized update"), str::to_owned)
    }

    #[test]
    fn only_what_changed_is_sent_by_the_shortest_way() {
        let mut frames = Frames::default();
        assert_eq!(
            sent(&mut frames, &buffer(["abcdefghijkl", "a          z"])),
            "\x1b[0m\x1b[2J\x1b[1Habcdefghijkl\x1b[2Ha\x1b[10Cz"
        );
        assert_eq!(sent(&mut frames, &buffer(["aBcdEfghijkL", "a          z"])), "\x1b[1;2HBcdE\x1b[6CL");
        assert_eq!(sent(&mut frames, &buffer(["aBcdEfghijkL", "a           "])), "\x1b[2;12H ");
        assert_eq!(sent(&mut frames, &buffer(["a           ", "a           "])), "\x1b[1;2H\x1b[K");
        let mut styled = buffer(["a           ", "a           "]);
        styled[(0, 0)].set_fg(Color::Red).modifier = Modifier::BOLD;
        styled[(1, 0)].set_symbol("x").modifier = Modifier::DIM;
        // A blank has no ink: that it would be red is not worth a byte.
        styled[(2, 0)].set_fg(Color::Red);
        styled[(3, 0)].set_bg(Color::Rgb(1, 20, 255));
        assert_eq!(
            sent(&mut frames, &styled),
            "\x1b[1H\x1b[1;31ma\x1b[22;2;39mx \x1b[22;48;2;1;20;255m \x1b[m"
        );
    }

    #[test]
    fn nothing_old_stays_where_terminals_disagree_about_a_width() {
        let mut frames = Frames::default();
        sent(&mut frames, &buffer(["abcdef", ""]));
        // Two cells for us, one for some: what stood in the second is blanked first.
        let wide = sent(&mut frames, &buffer(["a🏳\u{fe0f}def", ""]));
        assert_eq!(wide, "\x1b[1;2H  \x1b[1;2H🏳\u{fe0f}\x1b[1;4Hd");
        // One cell for us, two for others: what they cover is written once more.
        let composed = sent(&mut frames, &buffer(["e\u{301}🏳\u{fe0f}def", ""]));
        assert!(composed.starts_with("\x1b[1He\u{301}\x1b[1;2H  \x1b[1;2H🏳\u{fe0f}"), "{composed:?}");
        let mut bytes = Vec::new();
        frames.encode(&buffer(["e\u{301}🏳\u{fe0f}def", ""]), &mut bytes).unwrap();
        assert!(bytes.is_empty());
    }

    #[test]
    fn another_size_is_a_full_frame() {
        let mut frames = Frames::default();
        sent(&mut frames, &buffer(["ab", "cd"]));
        assert_eq!(sent(&mut frames, &buffer(["abc", "def"])), "\x1b[0m\x1b[2J\x1b[1Habc\x1b[2Hdef");
        assert_eq!(sent(&mut frames, &Buffer::empty(Rect::ZERO)), "\x1b[0m\x1b[2J");
    }

    #[test]
    fn more_long_characters_than_are_remembered_are_still_told_apart() {
        let mut frames = Frames::default();
        for n in 0..3 * LONG as u32 {
            // A letter with three marks that say which it is: ten bytes and more.
            let mark = |n: u32| char::from_u32(0x300 + n % 16).unwrap();
            let symbol: String = ["a".to_owned(), (0..5).map(|at| mark(n >> (4 * at))).collect()].concat();
            let mut next = buffer(["  ", "  "]);
            next[(0, 0)].set_symbol(&symbol);
            assert!(sent(&mut frames, &next).contains(&symbol), "{n}");
        }
        assert!(frames.long.len() <= LONG + 1);
    }
}
