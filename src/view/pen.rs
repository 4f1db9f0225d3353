//! Writes text into one row of a buffer and never beside it.

use std::fmt;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::Theme;
use crate::catalog::Cell;

/// A place in a row, and how far it may go. What does not fit is left out; a wide character is never split.
pub(super) struct Pen<'a> {
    buf: &'a mut Buffer,
    x: u16,
    y: u16,
    end: u16,
    /// Cells still to be swallowed before anything is written: a row scrolled to the left.
    hidden: u16,
    style: Style,
}

impl<'a> Pen<'a> {
    /// A pen at the start of the first row of `area`, for that row.
    pub(super) fn new(buf: &'a mut Buffer, area: Rect) -> Pen<'a> {
        let room = area.intersection(buf.area);
        let end = if room.height == 0 || room.y != area.y { room.x } else { room.right() };
        Pen { x: room.x, y: room.y, end, buf, hidden: 0, style: Style::new() }
    }

    /// The same, with the first `cells` of what is written left out.
    pub(super) fn scrolled(buf: &'a mut Buffer, area: Rect, cells: usize) -> Pen<'a> {
        Pen { hidden: u16::try_from(cells).unwrap_or(u16::MAX), ..Pen::new(buf, area) }
    }

    /// Columns that are left.
    pub(super) fn left(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    /// Columns from the start of what is written to the end of the room.
    pub(super) fn reach(&self) -> usize {
        usize::from(self.hidden) + usize::from(self.left())
    }

    /// Where it stands.
    pub(super) fn x(&self) -> u16 {
        self.x
    }

    /// Goes on by `cells` without writing.
    pub(super) fn skip(&mut self, cells: u16) -> &mut Pen<'a> {
        let swallowed = cells.min(self.hidden);
        self.hidden -= swallowed;
        let cells = cells - swallowed;
        self.x = self.x.saturating_add(cells).min(self.end);
        self
    }

    /// Writes text that is the program's own, or made showable.
    pub(super) fn put(&mut self, style: Style, text: &str) -> &mut Pen<'a> {
        // Nearly all of it is ASCII, where each byte is a cell and nobody has to look for the end of a character.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.put_ascii(style, text);
        }
        for grapheme in text.graphemes(true) {
            let width = grapheme.width() as u16;
            if width == 0 {
                continue;
            }
            if self.hidden > 0 {
                // A wide character cut by the edge leaves the edge blank.
                let shown = width.saturating_sub(self.hidden);
                self.hidden = self.hidden.saturating_sub(width);
                self.x = self.x.saturating_add(shown).min(self.end);
                continue;
            }
            if width > self.left() {
                self.x = self.end;
                break;
            }
            for part in 0..width {
                if let Some(cell) = self.buf.cell_mut((self.x + part, self.y)) {
                    if part == 0 {
                        cell.set_symbol(grapheme);
                    } else {
                        cell.reset();
                    }
                    cell.set_style(style);
                }
            }
            self.x += width;
        }
        self
    }

    /// Writes text that ends with `…` where it does not fit.
    pub(super) fn put_cut(&mut self, style: Style, text: &str) -> &mut Pen<'a> {
        let room = usize::from(self.left());
        if text.width() <= room {
            return self.put(style, text);
        }
        let mut end = 0;
        let mut width = 0;
        for (at, grapheme) in text.grapheme_indices(true) {
            width += grapheme.width();
            if width >= room {
                break;
            }
            end = at + grapheme.len();
        }
        self.put(style, text.get(..end).unwrap_or("")).put(style, "…")
    }

    /// Writes printable ASCII.
    fn put_ascii(&mut self, style: Style, text: &str) -> &mut Pen<'a> {
        let swallowed = text.len().min(usize::from(self.hidden));
        self.hidden -= swallowed as u16;
        let shown = text.get(swallowed..).unwrap_or("");
        let shown = shown.get(..usize::from(self.left())).unwrap_or(shown);
        // The room lies in one row of the buffer, so its cells are neighbours.
        let Rect { x, y, width, .. } = self.buf.area;
        let first = usize::from(self.y.saturating_sub(y)) * usize::from(width)
            + usize::from(self.x.saturating_sub(x));
        let cells = self.buf.content.get_mut(first..first + shown.len()).unwrap_or(&mut []);
        for (cell, byte) in cells.iter_mut().zip(shown.bytes()) {
            cell.set_char(char::from(byte)).set_style(style);
        }
        self.x += shown.len() as u16;
        self
    }

    /// Writes formatted text of the program's own.
    pub(super) fn fmt(&mut self, style: Style, text: fmt::Arguments<'_>) -> &mut Pen<'a> {
        self.style = style;
        // Writing to a buffer does not fail.
        let _ = fmt::Write::write_fmt(self, text);
        self
    }

    /// Writes the parts of a catalog's cell.
    pub(super) fn cell(&mut self, theme: &Theme, cell: &Cell) -> &mut Pen<'a> {
        for (text, role) in cell.parts() {
            self.put(theme.style(role), text);
        }
        self
    }

    /// Writes the parts of a catalog's cell so that they end where the pen's room ends.
    pub(super) fn cell_at_end(&mut self, theme: &Theme, cell: &Cell) -> &mut Pen<'a> {
        let width = u16::try_from(cell.width()).unwrap_or(u16::MAX);
        self.skip(self.left().saturating_sub(width)).cell(theme, cell)
    }
}

impl fmt::Write for Pen<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let style = self.style;
        self.put(style, text);
        Ok(())
    }
}

/// `text` within `room` cells; where something is left out, an ellipsis says so.
pub(super) fn fitted(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    crate::model::showable(text.as_bytes(), room.saturating_sub(1), &mut short);
    short.truncate(short.trim_end().len());
    if room > 0 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_does_not_fit_is_left_out() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 2));
        Pen::new(&mut buf, Rect::new(1, 1, 4, 1)).put(Style::new(), "a漢字x");
        assert_eq!(buf, Buffer::with_lines(["      ", " a漢  "]));
    }

    #[test]
    fn what_does_not_fit_can_say_so() {
        for (text, shown) in [("abcd", "abcd"), ("abcde", "abc…"), ("ab漢字", "ab… "), ("漢字", "漢字")]
        {
            let mut buf = Buffer::empty(Rect::new(0, 0, 4, 1));
            Pen::new(&mut buf, Rect::new(0, 0, 4, 1)).put_cut(Style::new(), text);
            assert_eq!(buf, Buffer::with_lines([shown]), "{text}");
        }
        let mut buf = Buffer::empty(Rect::new(0, 0, 2, 1));
        Pen::new(&mut buf, Rect::new(0, 0, 0, 1)).put_cut(Style::new(), "a");
        assert_eq!(buf, Buffer::with_lines(["  "]));
    }

    #[test]
    fn a_scrolled_row_begins_later() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
        Pen::scrolled(&mut buf, Rect::new(0, 0, 6, 1), 3)
            .put(Style::new(), "ab漢")
            .skip(1)
            .put(Style::new(), "xyz");
        assert_eq!(buf, Buffer::with_lines(["  xyz "]));
    }

    proptest! {
        #[test]
        fn ascii_is_written_as_any_other_text(text in "[ -~]{0,12}", width in 0u16..9, hidden in 0usize..9) {
            let area = Rect::new(0, 0, width, 1);
            let (mut one, mut other) = (Buffer::empty(area), Buffer::empty(area));
            let mut pen = Pen::scrolled(&mut one, area, hidden);
            pen.put(Style::new(), &text);
            let ends = (pen.x, pen.hidden);
            // A wide character that is out of sight makes the text go the long way.
            let mut pen = Pen::scrolled(&mut other, area, hidden + 2);
            pen.put(Style::new(), &format!("漢{text}"));
            prop_assert_eq!((ends, one), ((pen.x, pen.hidden), other));
        }
    }

    #[test]
    fn a_place_outside_takes_nothing() {
        let mut buf = Buffer::empty(Rect::new(2, 2, 3, 1));
        for area in
            [Rect::new(0, 0, 9, 1), Rect::new(9, 2, 3, 1), Rect::new(2, 9, 3, 1), Rect::new(3, 2, 3, 0)]
        {
            Pen::new(&mut buf, area).put(Style::new(), "abc").fmt(Style::new(), format_args!("{}", 7));
        }
        assert_eq!(buf, Buffer::empty(Rect::new(2, 2, 3, 1)));
    }
}
