//! `glowtop shot`: one picture of the screen, as SVG or text, without a terminal.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::args::ShotArgs;
use super::settings::Place;
use super::{event, output, watch};
use crate::app::{App, Input, Msg};
use crate::config::Options;
use crate::model::{Needs, Source, Wants, derive};
use crate::proc::{self, Live};
use crate::view::{self, Depth, Layout, picture};

/// Draws the screen that these options would open, after `looks` looks, and writes it.
pub(super) fn main(args: &ShotArgs, config: Option<&Path>, root: &Path) -> ExitCode {
    let options = &args.options;
    let mut app = match watch::mind(options, &Place::find(config)) {
        Ok(app) => app,
        Err(code) => return code,
    };
    let (columns, rows) = args.size;
    let area = Rect::new(0, 0, columns, rows);
    let mut source = Live::new(root);
    app.update(event::now(), Msg::Size(columns, rows));
    // Who will be on screen is not known yet, so what the columns need is read of all.
    let needs = Needs::FULL | Needs::ALL_DETAILS | app.wants().needs;
    let wants = Wants { needs, ..Wants::default() };
    let mut shown = None;
    for look in 0..args.looks.max(2) {
        if look > 0 {
            std::thread::sleep(Duration::from_secs_f64(app.delay));
        }
        let sample = match source.sample(&wants) {
            Ok(sample) => sample,
            Err(nothing) => {
                output::complain(&format!("glowtop: {nothing}"));
                return ExitCode::from(2);
            }
        };
        let snapshot = Arc::new(derive(shown.as_deref(), sample));
        shown = Some(snapshot.clone());
        app.update(event::now(), Msg::Snapshot(snapshot));
    }
    if let Some(topology) = proc::topology(root) {
        app.update(event::now(), Msg::Topology(Arc::new(topology)));
    }
    for key in args.keys.split_whitespace() {
        let Ok(chord) = key.parse() else {
            output::complain(&format!(
                "glowtop: '{}' is no key",
                crate::model::Untrusted::from(key).show(40)
            ));
            return ExitCode::from(2);
        };
        app.set_table_rows(Layout::new(area, &app).table_rows(&app));
        app.update(event::now(), Msg::Input(Input::Key(chord)));
    }
    app.set_table_rows(Layout::new(area, &app).table_rows(&app));
    let Options { colours, unicode, .. } = app.settings.options;
    let depth = if options.no_color || !colours { Depth::Mono } else { Depth::True };
    let mut buffer = Buffer::empty(area);
    let theme = themes(depth, unicode && !options.no_unicode, &app);
    view::draw(&app, &theme, area, &mut buffer);
    let text =
        if args.text { picture::text(&buffer) } else { picture::svg(&buffer, theme.paper(), "glowtop") };
    output::write(|out| out.write_all(text.as_bytes()))
}

fn themes(depth: Depth, unicode: bool, app: &App) -> view::Theme {
    watch::themes(depth, unicode).into_iter().nth(app.theme).unwrap_or_default()
}
