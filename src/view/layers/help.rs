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
    let mut lines: Vec<Line> = Vec::new();
    for (group, actions) in Action::GROUPS {
        let mut offered = actions.iter().copied().filter(|action| app.offers(*action)).peekable();
        if offered.peek().is_none() {
            continue;
        }
        lines.push(Line::Heading(group));
        lines.extend(offered.map(|action| Line::Action(keys_of(app, action), action.help())));
    }
    let rows = usize::from(inside.height.saturating_sub(1));
    let first = scroll.min(lines.len().saturating_sub(rows));
    for (i, line) in lines.iter().enumerate().skip(first).take(rows) {
        let mut pen = Pen::new(buf, row(inside, i - first));
        match line {
            Line::Heading(group) => _ = pen.put(theme.style(Role::Header), group),
            Line::Action(keys, help) => {
                pen.fmt(theme.style(Role::Key), format_args!("{keys:>17}"));
                pen.skip(2).put(theme.style(Role::Text), help);
            }
        }
    }
    let foot = Rect { y: inside.bottom().saturating_sub(1), height: 1.min(inside.height), ..inside };
    let more = if first + rows < lines.len() { "Down, PgDn: more    " } else { "" };
    Pen::new(buf, foot).put(theme.style(Role::Dim), more).put(theme.style(Role::Dim), "any other key closes");
}

/// A line of the page.
enum Line {
    /// Over a group of actions.
    Heading(&'static str),
    /// The keys of an action, and what it does.
    Action(String, &'static str),
}

/// The keys of `action` here, or else on another screen, which is named.
fn keys_of(app: &App, action: Action) -> String {
    let here = app.place();
    let has = |screen: &Screen| app.keymap.keys(*screen, action).next().is_some();
    let there = Screen::WITH_KEYS.into_iter().find(has).unwrap_or(here);
    let elsewhere = !has(&here);
    let mut keys = String::new();
    for chord in app.keymap.keys(if elsewhere { there } else { here }, action) {
        if !keys.is_empty() {
            keys.push(' ');
        }
        keys.push_str(&chord.to_string());
    }
    if elsewhere {
        keys.push_str(match there {
            Screen::Lab => " (lab)",
            Screen::Processes => " (processes)",
            Screen::Inspector => " (inside)",
        });
    }
    keys
}
