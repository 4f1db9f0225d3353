//! The characters that bars, graphs and rules are made of: eighth blocks and braille, or ASCII.

/// Blocks that grow from the left, in eighths of a cell.
const FROM_LEFT: [&str; 9] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
/// Blocks that grow from the bottom.
const FROM_BOTTOM: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// The same in ASCII, by weight of ink.
const BY_INK: [&str; 9] = [" ", ".", ":", "-", "=", "+", "*", "#", "@"];
/// One character a segment, so that no colour is needed: htop's, which its users know.
const SEGMENTS: [&str; 8] = ["|", "#", "*", "@", "$", "%", "&", "."];

/// A set of characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    unicode: bool,
    plain: bool,
}

impl Glyphs {
    /// The set for a terminal that shows more than ASCII or not, and has colours or not.
    pub(super) const fn new(unicode: bool, mono: bool) -> Glyphs {
        Glyphs { unicode, plain: !unicode || mono }
    }

    /// Whether there is more than ASCII.
    pub const fn unicode(&self) -> bool {
        self.unicode
    }

    /// Whether the segments of a bar are told apart by character and not by colour.
    pub const fn segments_by_letter(&self) -> bool {
        self.plain
    }

    /// The character of segment `n` of a bar that is told apart by character.
    pub fn segment(&self, n: usize) -> &'static str {
        SEGMENTS.get(n % SEGMENTS.len()).copied().unwrap_or("|")
    }

    /// A block filled `eighths` from the left.
    pub fn from_left(&self, eighths: usize) -> &'static str {
        FROM_LEFT.get(eighths.min(8)).copied().unwrap_or(" ")
    }

    /// A block filled `eighths` from the bottom; in ASCII a character of that much ink.
    pub fn from_bottom(&self, eighths: usize) -> &'static str {
        let set = if self.unicode { &FROM_BOTTOM } else { &BY_INK };
        set.get(eighths.min(8)).copied().unwrap_or(" ")
    }

    /// Two columns of up to four dots from the bottom; in ASCII the ink of both.
    pub fn dots(&self, left: usize, right: usize) -> char {
        // Dots 7, 3, 2, 1 and 8, 6, 5, 4 of a braille pattern, from the bottom.
        const LEFT: [u32; 5] = [0, 0x40, 0x44, 0x46, 0x47];
        const RIGHT: [u32; 5] = [0, 0x80, 0xa0, 0xb0, 0xb8];
        if !self.unicode {
            // The least there is stays the least ink, one dot or two.
            let ink = match left.min(4) + right.min(4) {
                2 => 1,
                ink => ink,
            };
            return BY_INK.get(ink).and_then(|text| text.chars().next()).unwrap_or(' ');
        }
        let bits = LEFT.get(left.min(4)).unwrap_or(&0) | RIGHT.get(right.min(4)).unwrap_or(&0);
        if bits == 0 { ' ' } else { char::from_u32(0x2800 + bits).unwrap_or(' ') }
    }

    /// The ends of a bar.
    pub fn ends(&self) -> (&'static str, &'static str) {
        if self.unicode { ("▕", "▏") } else { ("[", "]") }
    }

    /// Marks how far a bar reached at most; unlike its ends, so that one at the very end is no second end.
    pub fn peak(&self) -> &'static str {
        if self.unicode { "┊" } else { ":" }
    }

    /// Between two figures.
    pub fn between(&self) -> &'static str {
        if self.unicode { "·" } else { "|" }
    }

    /// Stands for an unknown figure.
    pub fn unknown(&self) -> &'static str {
        if self.unicode { "–" } else { "-" }
    }

    /// Stands before the name of what was frozen from here: two bars, as on a key that pauses.
    pub fn frozen(&self) -> &'static str {
        if self.unicode { "║" } else { "#" }
    }

    /// The degree sign, where there is one.
    pub fn degree(&self) -> &'static str {
        if self.unicode { "°C" } else { "C" }
    }

    /// Received and sent, read and written.
    pub fn arrows(&self) -> (&'static str, &'static str) {
        if self.unicode { ("↓", "↑") } else { ("in ", "out ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_fill_from_the_bottom() {
        let glyphs = Glyphs::new(true, false);
        let drawn: String = (0..=4).map(|n| glyphs.dots(n, n)).collect();
        assert_eq!(drawn, " ⣀⣤⣶⣿");
        assert_eq!(glyphs.dots(1, 4), '⣸');
        assert_eq!(glyphs.dots(9, 0), '⡇');
    }

    #[test]
    fn ascii_is_ascii() {
        let glyphs = Glyphs::new(false, false);
        for n in 0..=9 {
            assert!(glyphs.from_bottom(n).is_ascii() && glyphs.segment(n).is_ascii());
            assert!((0..=5).all(|m| glyphs.dots(n, m).is_ascii()));
        }
        let (left, right) = glyphs.ends();
        let (down, up) = glyphs.arrows();
        let rest = [
            left,
            right,
            down,
            up,
            glyphs.between(),
            glyphs.unknown(),
            glyphs.degree(),
            glyphs.frozen(),
            glyphs.peak(),
        ];
        assert!(rest.iter().all(|text| text.is_ascii()));
        assert!(glyphs.segments_by_letter() && Glyphs::new(true, true).segments_by_letter());
    }
}
