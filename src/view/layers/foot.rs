//! The keys at the foot of a dialog, which can be pressed there.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::config::Chord;
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::Pen;

/// A key and what it does.
#[derive(Clone, Copy)]
pub(super) struct Hint {
    /// How the key is written.
    key: &'static str,
    /// What it does.
    what: &'static str,
    /// What a click on it presses, where it is one key.
    press: Option<Chord>,
}

/// Cells between two hints.
const GAP: u16 = 2;

impl Hint {
    /// A key that can be pressed.
    pub(super) const fn press(key: &'static str, what: &'static str, chord: Chord) -> Hint {
        Hint { key, what, press: Some(chord) }
    }

    /// Keys of which there are several.
    pub(super) const fn keys(key: &'static str, what: &'static str) -> Hint {
        Hint { key, what, press: None }
    }

    fn width(&self) -> u16 {
        (self.key.chars().count() + 1 + self.what.chars().count()) as u16
    }
}

/// Draws the hints into a row, as many as fit.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, hints: &[Hint]) {
    let mut pen = Pen::new(buf, area);
    for hint in hints {
        if hint.width() > pen.left() {
            break;
        }
        pen.put(theme.style(Role::Key), hint.key).skip(1).put(theme.style(Role::Text), hint.what).skip(GAP);
    }
}

/// What a click at column `x` of that row presses.
pub(super) fn hit(area: Rect, hints: &[Hint], x: u16) -> Option<Chord> {
    let mut start = area.x;
    for hint in hints {
        let end = start.saturating_add(hint.width());
        if end > area.right() {
            break;
        }
        if (start..end).contains(&x) {
            return hint.press;
        }
        start = end.saturating_add(GAP);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Key;

    #[test]
    fn a_click_presses_what_stands_there() {
        let enter = Chord::plain(Key::Enter);
        let hints = [
            Hint::press("Enter", "apply", enter),
            Hint::keys("↑↓", "choose"),
            Hint::press("*", "all", Chord::char('*')),
        ];
        let area = Rect::new(2, 5, 40, 1);
        let mut buf = Buffer::empty(area);
        draw(area, &mut buf, &Theme::default(), &hints);
        let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text.trim_end(), "Enter apply  ↑↓ choose  * all");
        for (x, cell) in (area.x..).zip(text.chars()) {
            let expected = match x - area.x {
                0..11 => Some(enter),
                24..29 => Some(Chord::char('*')),
                _ => None,
            };
            assert_eq!(hit(area, &hints, x), expected, "{cell:?} at {x}");
        }
        // What does not fit is neither seen nor pressed.
        let area = Rect { width: 28, ..area };
        let mut buf = Buffer::empty(area);
        draw(area, &mut buf, &Theme::default(), &hints);
        let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!((text.trim_end(), hit(area, &hints, 27)), ("Enter apply  ↑↓ choose", None));
    }
}
