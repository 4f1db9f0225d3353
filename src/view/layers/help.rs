//! Help: every action, the keys it is bound to, and what it does.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};

use super::{draw_box, row};
use crate::app::{Action, App, Screen};
use crate::model::Role;
use crate::view::Theme;
use crate::view::pen::Pen;

/// Where the page stands: the whole height, in the middle.
pub(super) fn rect(area: Rect) -> Rect {
    let width = 100.min(area.width);
    area.centered_horizontally(Constraint::Length(width))
}

/// Draws the page from line `scroll` on.
pub(super) fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, app: &App, scroll: usize) {
    let version = env!("CARGO_PKG_VERSION");
    let inside = draw_box(rect(area), buf, theme, &format!("glowtop {version} keys"));
    let lines: Vec<(String, &str)> = Action::ALL
        .iter()
        .filter(|action| app.offers(**action))
        .map(|action| {
            let mut keys = String::new();
            let (here, there) = match app.screen {
                Screen::Processes => (Screen::Processes, Screen::Lab),
                Screen::Lab => (Screen::Lab, Screen::Processes),
            };
            let elsewhere = app.keymap.keys(here, *action).next().is_none();
            for chord in app.keymap.keys(if elsewhere { there } else { here }, *action) {
                if !keys.is_empty() {
                    keys.push(' ');
                }
                keys.push_str(&chord.to_string());
            }
            if elsewhere {
                keys.push_str(if there == Screen::Lab { " (lab)" } else { " (processes)" });
            }
            (keys, action.help())
        })
        .collect();
    let rows = usize::from(inside.height.saturating_sub(1));
    let first = scroll.min(lines.len().saturating_sub(rows));
    for (i, (keys, help)) in lines.iter().enumerate().skip(first).take(rows) {
        let mut pen = Pen::new(buf, row(inside, i - first));
        pen.fmt(theme.style(Role::Key), format_args!("{keys:>17}"));
        pen.skip(2).put(theme.style(Role::Text), help);
    }
    let foot = Rect { y: inside.bottom().saturating_sub(1), height: 1.min(inside.height), ..inside };
    let more = if first + rows < lines.len() { "Down, PgDn: more    " } else { "" };
    Pen::new(buf, foot).put(theme.style(Role::Dim), more).put(theme.style(Role::Dim), "any other key closes");
}
