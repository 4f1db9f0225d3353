//! A bar of segments, an eighth of a cell exact; without colours one character a segment.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Theme;
use crate::model::Role;

/// Draws a bar with its ends into the first row of `area`: each part in its role's colour, as long as its share of
/// `total`. Parts that are negative or no number are nothing.
pub(super) fn bar(buf: &mut Buffer, area: Rect, theme: &Theme, parts: &[(Role, f64)], total: f64) {
    let (left, right) = theme.glyphs().ends();
    let dim = theme.style(Role::Dim);
    let inner = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
    set(buf, area.x, area.y, left, dim, area);
    set(buf, area.right().saturating_sub(1), area.y, right, dim, area);
    bare(buf, inner, theme, parts, total);
}

/// The same without ends.
pub(super) fn bare(buf: &mut Buffer, area: Rect, theme: &Theme, parts: &[(Role, f64)], total: f64) {
    if area.is_empty() || !(total > 0.0 && total.is_finite()) {
        return;
    }
    let steps = if theme.glyphs().segments_by_letter() { 1 } else { 8 };
    let scale = f64::from(area.width) * steps as f64 / total;
    let last = usize::from(area.width) * steps;
    // The first step of each part and of what is left.
    let mut sum = 0.0;
    let mut start = 0;
    for (n, (role, value)) in parts.iter().enumerate() {
        sum += if value.is_finite() { value.max(0.0) } else { 0.0 };
        let end = ((sum * scale).round() as usize).min(last);
        if start < end {
            if steps == 1 {
                for step in start..end {
                    let style = theme.along(*role, (step as f32 + 0.5) / last as f32);
                    set(buf, area.x + step as u16, area.y, theme.glyphs().segment(n), style, area);
                }
            } else {
                segment(buf, area, theme, *role, start..end);
            }
        }
        start = end;
    }
}

/// Marks how far a bar with its ends reached at most, `share` from 0 to 1, where that is beyond what it shows of
/// `now`: a thin line, where there is room for one.
pub(super) fn peak(buf: &mut Buffer, area: Rect, theme: &Theme, now: f64, share: f64) {
    let inner = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
    if inner.is_empty() || !share.is_finite() || !now.is_finite() {
        return;
    }
    let at = |share: f64| (share.clamp(0.0, 1.0) * f64::from(inner.width)) as u16;
    let place = at(share).min(inner.width - 1);
    // One that stands at the end of the bar would say nothing.
    if place <= at(now) || !buf.area.contains((inner.x + place, inner.y).into()) {
        return;
    }
    let Some(cell) = buf.cell_mut((inner.x + place, inner.y)) else { return };
    if cell.symbol() == " " {
        cell.set_style(theme.style(Role::Dim));
    } else if cell.symbol() == theme.glyphs().from_left(8) && !theme.glyphs().segments_by_letter() {
        // What lies there stays to be seen behind it.
        let colour = cell.fg;
        cell.set_style(theme.style(Role::Strong)).set_bg(colour);
    } else {
        // A cell that is partly filled has no room, and a letter says more.
        return;
    }
    cell.set_symbol(theme.glyphs().peak());
}

/// Fills the eighths `span`. A cell that starts in another segment keeps that one as its block and gets this one as
/// its background, so that two segments meet within a cell.
fn segment(buf: &mut Buffer, area: Rect, theme: &Theme, role: Role, span: std::ops::Range<usize>) {
    let glyphs = theme.glyphs();
    let first = span.start / 8;
    let last = span.end.div_ceil(8);
    for index in first..last {
        let x = area.x + index as u16;
        let from = span.start.saturating_sub(index * 8);
        let to = (span.end - index * 8).min(8);
        let style = theme.along(role, (index as f32 + 0.5) / f32::from(area.width));
        if from == 0 {
            set(buf, x, area.y, glyphs.from_left(to), style, area);
        } else if to == 8
            && let (Some(cell), Some(colour)) = (buf.cell_mut((x, area.y)), style.fg)
        {
            cell.set_bg(colour);
        } else if let Some(cell) = buf.cell_mut((x, area.y)) {
            // Three colours do not fit into a cell: a sliver lengthens what it follows, or takes it over if it is
            // the longer.
            cell.set_symbol(glyphs.from_left(to));
            if to - from > from {
                cell.set_style(style);
            }
        }
    }
}

fn set(buf: &mut Buffer, x: u16, y: u16, symbol: &str, style: Style, clip: Rect) {
    if clip.contains((x, y).into())
        && let Some(cell) = buf.cell_mut((x, y))
    {
        cell.set_symbol(symbol).set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::view::Depth;
    use ratatui::style::Color;

    fn drawn(unicode: bool, width: u16, parts: &[(Role, f64)]) -> Buffer {
        let theme = Theme::new(&config::Theme::default(), Depth::True, unicode);
        let area = Rect::new(0, 0, width, 1);
        let mut buf = Buffer::empty(area);
        bar(&mut buf, area, &theme, parts, 100.0);
        buf
    }

    fn text(buf: &Buffer) -> String {
        buf.content().iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn eighths_are_exact() {
        assert_eq!(text(&drawn(true, 12, &[(Role::CpuUser, 50.0)])), "▕█████     ▏");
        assert_eq!(text(&drawn(true, 12, &[(Role::CpuUser, 53.75)])), "▕█████▍    ▏");
        assert_eq!(text(&drawn(true, 12, &[])), "▕          ▏");
        assert_eq!(text(&drawn(true, 12, &[(Role::CpuUser, 900.0)])), "▕██████████▏");
    }

    #[test]
    fn two_segments_meet_within_a_cell() {
        let buf = drawn(true, 12, &[(Role::MemUsed, 15.0), (Role::MemShared, 25.0)]);
        assert_eq!(text(&buf), "▕█▌██      ▏");
        let theme = Theme::default();
        let meeting = buf.cell((2, 0)).expect("in the buffer");
        assert_eq!(Some(meeting.fg), theme.style(Role::MemUsed).fg);
        assert_eq!(Some(meeting.bg), theme.style(Role::MemShared).fg);
        assert_eq!(buf.cell((4, 0)).expect("in the buffer").bg, Color::Reset);
    }

    #[test]
    fn a_sliver_is_not_lost() {
        let parts = [(Role::MemUsed, 15.0), (Role::MemShared, 2.5), (Role::MemCache, 0.0)];
        let buf = drawn(true, 12, &parts);
        assert_eq!(text(&buf), "▕█▊        ▏");
        assert_eq!(
            Some(buf.cell((2, 0)).expect("in the buffer").fg),
            Theme::default().style(Role::MemUsed).fg
        );
    }

    #[test]
    fn letters_tell_segments_apart() {
        let parts =
            [(Role::CpuLow, 20.0), (Role::CpuUser, 30.0), (Role::CpuKernel, f64::NAN), (Role::CpuIrq, 10.0)];
        assert_eq!(text(&drawn(false, 12, &parts)), "[||###@    ]");
    }

    #[test]
    fn what_programs_have_of_a_core_glows_the_more_the_further_it_reaches() {
        let buf = drawn(true, 12, &[(Role::CpuUser, 80.0), (Role::CpuKernel, 20.0)]);
        let theme = Theme::default();
        let colour = |x: u16| buf.cell((x, 0)).expect("in the buffer").fg;
        assert_eq!((Some(colour(1)), Some(colour(8))), (theme.glow(24).fg, theme.glow(80).fg));
        assert_eq!(Some(colour(9)), theme.style(Role::CpuKernel).fg);
        // Where it does not glow, a bar has one colour for one thing.
        let htop = Theme::new(&config::Theme::builtin("htop").expect("built in"), Depth::True, true);
        let mut buf = Buffer::empty(buf.area);
        bar(&mut buf, Rect::new(0, 0, 12, 1), &htop, &[(Role::CpuUser, 80.0)], 100.0);
        assert_eq!(Some(buf.cell((1, 0)).expect("in the buffer").fg), htop.style(Role::CpuUser).fg);
        assert_eq!(Some(buf.cell((8, 0)).expect("in the buffer").fg), htop.style(Role::CpuUser).fg);
    }

    #[test]
    fn a_peak_is_marked_beyond_the_bar() {
        let marked = |unicode, now: f64, at: f64| {
            let theme = Theme::new(&config::Theme::default(), Depth::True, unicode);
            let mut buf = drawn(unicode, 12, &[(Role::MemUsed, now * 100.0), (Role::MemCache, 20.0)]);
            let area = buf.area;
            peak(&mut buf, area, &theme, now, at);
            buf
        };
        assert_eq!(text(&marked(true, 0.3, 0.85)), "▕█████   ┊ ▏");
        assert_eq!(text(&marked(true, 0.3, 1.0)), "▕█████    ┊▏");
        assert_eq!(text(&marked(true, 0.3, 0.3)), "▕█████     ▏");
        assert_eq!(text(&marked(false, 0.3, 0.85)), "[|||##   : ]");
        // Over the cache, whose colour stays behind it.
        let buf = marked(true, 0.3, 0.45);
        assert_eq!(text(&buf), "▕████┊     ▏");
        let cell = buf.cell((5, 0)).expect("in the buffer");
        assert_eq!(Some(cell.bg), Theme::default().style(Role::MemCache).fg);
        assert_eq!(text(&marked(true, 0.3, f64::NAN)), "▕█████     ▏");
    }

    #[test]
    fn no_room_is_no_trouble() {
        for width in 0..3 {
            drawn(true, width, &[(Role::CpuUser, 50.0)]);
        }
        let mut buf = Buffer::empty(Rect::new(0, 0, 2, 1));
        bar(&mut buf, Rect::new(1, 5, 9, 1), &Theme::default(), &[(Role::CpuUser, 50.0)], 100.0);
        assert_eq!(buf, Buffer::empty(Rect::new(0, 0, 2, 1)));
    }
}
