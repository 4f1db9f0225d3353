//! Draws the mind into a buffer, and says what lies under a mouse click.
//!
//! Pure: `draw(&App, &Theme, area, &mut Buffer)`. It knows how to show everything and how to change nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::App;

/// Draws the whole screen.
pub fn draw(_app: &App, _area: Rect, _buf: &mut Buffer) {}
