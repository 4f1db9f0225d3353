//! What comes of the palette.

use crate::app::palette::{RECENT, Wished};
use crate::app::{App, Effect, Layer, Palette, Wish};
use crate::config::Chord;

impl App {
    pub(super) fn open_palette(&mut self) {
        self.layer = Some(Layer::Palette(Box::new(self.palette())));
    }

    pub(super) fn palette_key(&mut self, mut palette: Box<Palette>, chord: Chord, effects: &mut Vec<Effect>) {
        match palette.key(chord) {
            Wished::Open => self.layer = Some(Layer::Palette(palette)),
            Wished::Cancel => {}
            Wished::Do(wish) => self.fulfil(wish, effects),
        }
    }

    fn fulfil(&mut self, wish: Wish, effects: &mut Vec<Effect>) {
        self.recent.retain(|before| *before != wish);
        self.recent.insert(0, wish);
        self.recent.truncate(RECENT);
        match wish {
            Wish::Action(action) => self.chosen(action, effects),
            Wish::Theme(place) => {
                self.theme = place;
                self.say_theme();
            }
            Wish::Tab(tab) => self.go_to_tab(tab),
            Wish::Sort(column) => self.sort(|table| {
                table.sort = column;
                table.descending = column.descending;
            }),
        }
    }
}
