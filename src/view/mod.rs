//! Draws the mind into a buffer, and says what lies under a mouse click.
//!
//! Pure: `draw(&App, &Theme, area, &mut Buffer)`. Its words: a *pen* writes into one row, a *layout* says where each
//! part of the screen stands, for drawing and for the mouse alike. It shows everything and must never know how to
//! change anything. Read next: [`Layout`], then `table.rs`; `layers` has what lies above a
//! screen, `speaker` and `key_bar` what stands at its foot.

mod ascii;
mod bar;
mod colour;
mod glyphs;
mod graph;
mod header;
mod inspect;
mod key_bar;
mod lab;
mod layers;
mod led;
mod pen;
pub mod picture;
mod prompt_keys;
mod screen;
mod speaker;
mod table;
mod tabs;
mod theme;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{App, Hit, Screen};
use crate::catalog::{Cell, Gauge};

pub use ascii::ascii_only;
pub use colour::Depth;
pub use glyphs::Glyphs;
pub use header::{HeaderInput, draw as draw_header, height as header_height, title_room};
pub use screen::Layout;
pub use theme::{Paper, Theme};

/// Draws screen after screen and keeps the memory that takes, so that a frame like the one before allocates nothing.
#[derive(Clone, Debug)]
pub struct Painter {
    scratch: Scratch,
}

impl Default for Painter {
    fn default() -> Painter {
        let gauge = Gauge { text: Cell::roomy(), ..Gauge::new() };
        Painter { scratch: Scratch { text: Cell::roomy(), gauge, order: Vec::new() } }
    }
}

impl Painter {
    /// Draws the whole screen into `buf`, whose cells are blank.
    pub fn draw(&mut self, app: &App, theme: &Theme, area: Rect, buf: &mut Buffer) {
        draw_with(app, theme, area, buf, &mut self.scratch);
    }
}

/// Draws the whole screen, once. Who draws again and again keeps a [`Painter`].
pub fn draw(app: &App, theme: &Theme, area: Rect, buf: &mut Buffer) {
    draw_with(app, theme, area, buf, &mut Scratch::default());
}

/// Memory for what is written before it is drawn.
#[derive(Clone, Debug, Default)]
struct Scratch {
    text: Cell,
    gauge: Gauge,
    order: Vec<header::CorePlace>,
}

fn draw_with(app: &App, theme: &Theme, area: Rect, buf: &mut Buffer, scratch: &mut Scratch) {
    let layout = Layout::new(area, app);
    if layout.header.height > 0 {
        let input = screen::header_input(app, area);
        let room = header::draw_with(area, buf, theme, &input, scratch);
        tabs::draw(room, buf, theme, app);
    }
    match &app.inspector {
        Some(inspector) => inspect::draw(layout.body, buf, theme, app, inspector),
        None if app.screen == Screen::Lab => lab::draw(layout.body, buf, theme, app),
        None => table::draw(layout.body, buf, theme, app, &mut scratch.text),
    }
    let own = !says_own_cost(buf, layout.header);
    speaker::draw(layout.speaker, buf, theme, app, scratch, own);
    key_bar::draw(layout.keys, buf, theme, app);
    layers::draw(area, buf, theme, app);
    if !theme.glyphs().unicode() {
        // Cells of the catalog hold dashes and dots, and names may hold anything.
        ascii_only(buf);
    }
}

/// Whether the meters that were drawn say what the program itself costs, and how old the figures are. They may be arranged
/// in any way, or hidden, and a machine of many cores takes their room: what stands there tells.
fn says_own_cost(buf: &Buffer, header: Rect) -> bool {
    const LABEL: [&str; 6] = [" ", "s", "e", "l", "f", " "];
    (header.top()..header.bottom()).any(|y| {
        let symbol = |x: u16| buf.cell((x, y)).map_or("", ratatui::buffer::Cell::symbol);
        (header.left()..header.right()).any(|x| LABEL.iter().zip(x..).all(|(letter, x)| symbol(x) == *letter))
    })
}

/// What lies under the mouse at (`x`, `y`).
pub fn hit(app: &App, area: Rect, x: u16, y: u16) -> Hit {
    let layout = Layout::new(area, app);
    let inside = |part: Rect| part.contains((x, y).into());
    match layers::hit(area, app, x, y) {
        // Its keys stand on the bar.
        Some(Hit::Nothing) if inside(layout.keys) && !prompt_keys::prompt_keys(app).is_empty() => {
            return key_bar::hit(layout.keys, app, x);
        }
        Some(hit) => return hit,
        None => {}
    }
    if inside(layout.keys) {
        return key_bar::hit(layout.keys, app, x);
    }
    if inside(layout.speaker) {
        return speaker::hit(layout.speaker, app, x);
    }
    if let Some(inspector) = app.inspector.as_ref().filter(|_| inside(layout.body)) {
        return inspect::hit(layout.body, app, inspector, x, y);
    }
    if inside(layout.body) && app.screen == Screen::Processes {
        return table::hit(layout.body, app, x, y);
    }
    if inside(layout.body) {
        return lab::hit(layout.body, app, x, y);
    }
    let room = header::title_room(area, &screen::header_input(app, area));
    if layout.header.height > 0 && room.contains((x, y).into()) {
        return tabs::hit(room, app, x, y);
    }
    Hit::Nothing
}
