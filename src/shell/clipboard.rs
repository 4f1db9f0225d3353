//! The clipboard of whoever sits at the terminal: the sequence OSC 52, by which the terminal itself takes a text, also at
//! the far end of a connection. Whether it does is its user's choice, and nobody tells us.

use crate::model::Untrusted;

/// Bytes of text at most; terminals take no more than some tens of thousands.
const LONGEST: usize = 32 << 10;
/// Cells of the text that are repeated to say what was copied.
const REPEATED: usize = 30;

/// The sequence that puts `text` into the clipboard, and the sentence that says so.
pub(super) fn copy(text: &str, tmux: bool) -> (Vec<u8>, String) {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text.get(..end).unwrap_or("");
    let mut sequence = b"\x1b]52;c;".to_vec();
    base64(kept.as_bytes(), &mut sequence);
    sequence.extend_from_slice(b"\x1b\\");
    let cut = if kept.len() < text.len() { ", cut" } else { "" };
    let lines = kept.lines().count();
    let what = if lines > 1 {
        format!("copied {lines} lines{cut}")
    } else {
        let shown = Untrusted::from(kept).show(REPEATED);
        let more = if shown.len() < kept.len() { "…" } else { "" };
        format!("copied: {shown}{more}{cut}")
    };
    let needs =
        if tmux { "; tmux passes it on with set-clipboard on" } else { ", if the terminal allows it" };
    (sequence, what + needs)
}

/// Appends `bytes` in base 64: RFC 4648, section 4.
fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for three in bytes.chunks(3) {
        let byte = |n: usize| three.get(n).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4usize {
            let digit = DIGITS.get((bits >> (18 - 6 * n)) as usize & 63).copied().unwrap_or(b'A');
            out.push(if n > three.len() { b'=' } else { digit });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        base64(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        let examples = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("ÿþ>?", "w7/Dvj4/"),
        ];
        for (text, digits) in examples {
            assert_eq!(encoded(text), digits);
        }
    }

    #[test]
    fn nothing_but_our_own_sequence_leaves() {
        let (sequence, said) = copy("1311\u{1b}[2J", true);
        assert_eq!(sequence.split(|byte| *byte == 0x1b).count(), 3, "{sequence:?}");
        assert!(sequence.starts_with(b"\x1b]52;c;MTMxM") && sequence.ends_with(b"\x1b\\"));
        assert!(!said.contains('\u{1b}') && said.contains("set-clipboard"), "{said}");
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_that_is_said() {
        let (sequence, said) = copy(&"ä".repeat(LONGEST), false);
        assert!(sequence.len() <= LONGEST.div_ceil(3) * 4 + 16);
        assert!(said.contains("…, cut"), "{said}");
        let (_, said) = copy("a\nb", false);
        assert_eq!(said, "copied 2 lines, if the terminal allows it");
    }
}
