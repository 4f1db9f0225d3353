//! What a terminal that shows only ASCII gets: the last pass over a drawn buffer.

use ratatui::buffer::Buffer;

/// Replaces each character beyond ASCII by one that says nearly the same, or by `?`; the width stays. Names and texts
/// come from many rooms that need not know what the terminal shows.
pub fn ascii_only(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let plain = match cell.symbol() {
            "–" | "—" | "─" | "−" => "-",
            "│" | "║" | "▕" | "▏" | "·" => "|",
            "°" | "\u{a0}" => " ",
            "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "╭" | "╮" | "╰" | "╯" => {
                "+"
            }
            "▸" | "→" | "▶" | "›" => ">",
            "◂" | "←" | "⏎" => "<",
            "▾" | "▼" | "↓" => "v",
            "▴" | "▲" | "↑" => "^",
            "×" => "x",
            "…" => "~",
            "•" | "●" => "*",
            _ => "?",
        };
        cell.set_symbol(plain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_beyond_ascii_stays() {
        let mut buf = Buffer::with_lines(["╭ größe ╮", "│ 漢 – 61°C…"]);
        ascii_only(&mut buf);
        assert!(buf.content().iter().all(|cell| cell.symbol().is_ascii()));
        let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(text.starts_with("+ gr??e +") && text.ends_with("| ?  - 61 C~"), "{text}");
    }
}
