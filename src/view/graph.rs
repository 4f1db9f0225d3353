//! Histories: a graph of dots, two looks a cell, and a strip of blocks, one look a cell. The newest is at the right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Theme;
use super::theme::warm;

/// Draws values from 0 to 1, newest first, as a graph of dots whose rows glow the more the higher they are; what is no
/// number is a gap.
pub(super) fn graph(
    buf: &mut Buffer,
    area: Rect,
    theme: &Theme,
    mut newest_first: impl Iterator<Item = f32>,
) {
    let area = area.intersection(buf.area);
    let levels = usize::from(area.height) * 4;
    for x in (area.left()..area.right()).rev() {
        let Some(right) = newest_first.next() else { return };
        let left = newest_first.next();
        let level = |value: f32| ((value.clamp(0.0, 1.0) * levels as f32).round() as usize).max(1);
        let high = |value: f32| if value.is_nan() { 0 } else { level(value) };
        let (r, l) = (high(right), left.map_or(0, high));
        for row in 0..area.height {
            let below = usize::from(row) * 4;
            let (l, r) = (l.saturating_sub(below), r.saturating_sub(below));
            if l + r == 0 {
                break;
            }
            // One row tells by its colour what it has no room to tell by its height.
            let heat = if area.height == 1 {
                right.max(left.unwrap_or(0.0))
            } else {
                (f32::from(row) + 0.5) / f32::from(area.height)
            };
            if let Some(cell) = buf.cell_mut((x, area.bottom() - 1 - row)) {
                cell.set_char(theme.glyphs().dots(l, r)).set_style(theme.glow(warm(heat)));
            }
        }
    }
}

/// Draws values from 0 to 1, newest first, as blocks in the first row of `area`; `None` is a gap.
pub(super) fn strip(
    buf: &mut Buffer,
    area: Rect,
    theme: &Theme,
    mut newest_first: impl Iterator<Item = Option<f32>>,
) {
    let clipped = area.intersection(buf.area);
    if clipped.is_empty() || clipped.y != area.y {
        return;
    }
    for x in (clipped.left()..clipped.right()).rev() {
        let Some(value) = newest_first.next() else { return };
        if let (Some(value), Some(cell)) = (value, buf.cell_mut((x, clipped.y))) {
            cell.set_symbol(theme.glyphs().from_bottom(eighths(value))).set_style(theme.glow(warm(value)));
        }
    }
}

/// The eighths of a cell that a share from 0 to 1 fills; never none, so that idle is told from absent.
pub(super) fn eighths(share: f32) -> usize {
    ((share.clamp(0.0, 1.0) * 8.0).round() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(width: u16, height: u16, values: &[f32]) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        graph(&mut buf, area, &Theme::default(), values.iter().copied());
        let row =
            |y| (0..width).filter_map(|x| buf.cell((x, y)).map(ratatui::buffer::Cell::symbol)).collect();
        (0..height).map(row).collect()
    }

    #[test]
    fn the_newest_is_at_the_right() {
        assert_eq!(lines(3, 1, &[1.0, 0.5, 0.0]), [" ⢀⣼"]);
        assert_eq!(lines(3, 2, &[1.0, 0.75, 0.5, 0.25, 0.0]), ["  ⣼", "⢀⣼⣿"]);
    }

    #[test]
    fn graphs_have_gaps() {
        assert_eq!(lines(3, 1, &[1.0, f32::NAN, f32::NAN, f32::NAN, 0.0]), ["⢀ ⢸"]);
    }

    #[test]
    fn strips_have_gaps() {
        let area = Rect::new(0, 0, 4, 1);
        let mut buf = Buffer::empty(area);
        strip(&mut buf, area, &Theme::default(), [Some(1.0), None, Some(0.0)].into_iter());
        let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text, " ▁ █");
    }
}
