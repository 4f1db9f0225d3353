//! Where everything stands: the one plan that both drawing and the mouse use.

use ratatui::layout::Rect;

use super::header::{self, HeaderInput};
use super::tabs;
use crate::app::{App, Screen};

/// The parts of the screen, from top to bottom. A part that has no room is empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// The meters.
    pub header: Rect,
    /// The table with its header row, or the lab.
    pub body: Rect,
    /// The line that speaks.
    pub speaker: Rect,
    /// The key bar.
    pub keys: Rect,
}

impl Layout {
    /// The plan for `area`. When there is little room, the key bar leaves first, then the meters, then the speaker.
    pub fn new(area: Rect, app: &App) -> Layout {
        let rows = area.height;
        let wanted = header::height(area, &header_input(app, area));
        // The least a body needs: a header row and a process.
        let least = 2.min(rows);
        let mut spare = rows - least;
        let typing = matches!(app.layer, Some(crate::app::Layer::Line(_)));
        let speaker = u16::from(spare > 0 && (rows >= 5 || typing));
        spare -= speaker;
        let header = if spare > wanted { wanted } else { 0 };
        spare -= header;
        let keys = u16::from(spare > 0 && rows >= 7 && !app.keys_hidden);
        let body = rows - header - speaker - keys;
        let part = |y: u16, height: u16| Rect { x: area.x, y: area.y + y, width: area.width, height };
        Layout {
            header: part(0, header),
            body: part(header, body),
            speaker: part(header + body, speaker),
            keys: part(header + body + speaker, keys),
        }
    }

    /// Rows the table has for processes.
    pub fn table_rows(&self, app: &App) -> usize {
        if app.screen == Screen::Processes { usize::from(self.body.height.saturating_sub(1)) } else { 0 }
    }
}

/// What the header shows.
pub(super) fn header_input(app: &App, area: Rect) -> HeaderInput<'_> {
    HeaderInput {
        snapshot: &app.snapshot,
        sensors: app.sensors.as_deref(),
        history: &app.history,
        detailed: app.detailed,
        per_core_history: app.core_history,
        // The lab draws the cores itself, and who is on them.
        meters_hidden: app.header_hidden || app.screen == Screen::Lab,
        clock: None,
        paused: app.paused,
        delay: Some(app.delay).filter(|delay| *delay > 0.0),
        old: app.is_old(),
        tabs: tabs::wanted(app, area.width),
    }
}
