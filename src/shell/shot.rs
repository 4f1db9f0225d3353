//! `glowtop shot`: one picture of the screen, as SVG or text, without a terminal.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use clap::Args;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::args::Options;
use super::settings::Place;
use super::{event, output, start};
use crate::app::{App, Input, Msg};
use crate::config;
use crate::model::inspect::{Examine, Inspection};
use crate::model::{Needs, NoSample, Sensors, SlowNeeds, Snapshot, Source, Wants, derive};
use crate::proc::{self, Live};
use crate::sampler::{self, SlowSensors};
use crate::view::{self, Depth, Layout, picture};

/// How long disks and temperatures are waited for: one may never answer, and a picture without them is better than
/// none.
const PATIENCE: Duration = Duration::from_secs(1);

/// What picture of the screen is written.
#[derive(Clone, Debug, Args)]
pub(super) struct ShotArgs {
    /// As for the live screen.
    #[command(flatten)]
    pub options: Options,
    /// Columns and rows
    #[arg(long, value_name = "CxR", default_value = "120x40", value_parser = size)]
    pub size: (u16, u16),
    /// Looks at the machine before it is drawn; rates need two
    #[arg(long, value_name = "N", default_value = "2")]
    pub looks: u32,
    /// Keys to press before it is drawn, with blanks between them; what they would do to processes is not done
    #[arg(long, value_name = "KEYS", default_value = "")]
    pub keys: String,
    /// Write text: the characters, then a letter for each style
    #[arg(long)]
    pub text: bool,
}

/// Draws the screen that these options would open, after `looks` looks, and writes it.
pub(super) fn main(args: &ShotArgs, config: Option<&Path>, root: &Path) -> ExitCode {
    let options = &args.options;
    let (mut app, themes) = match start::mind(options, &Place::find(config)) {
        Ok(mind) => mind,
        Err(code) => return code,
    };
    let (columns, rows) = args.size;
    let area = Rect::new(0, 0, columns, rows);
    let mut source = Live::new(root);
    app.update(event::now(), Msg::Size(columns, rows));
    // Who will be on screen is not known yet, so what the columns need is read of all.
    let needs = Needs::FULL | app.wants().needs.of_all();
    let wants = Wants { needs, ..app.wants() };
    let sensors = sensors(wants.slow, root);
    let mut shown: Option<Arc<Snapshot>> = None;
    let mut look = |app: &mut App| {
        let snapshot = Arc::new(derive(shown.as_deref(), source.sample(&wants)?));
        shown = Some(snapshot.clone());
        app.update(event::now(), Msg::Snapshot(snapshot));
        Ok(())
    };
    for n in 0..args.looks.max(2) {
        if n > 0 {
            std::thread::sleep(Duration::from_secs_f64(app.delay));
        }
        if let Err(nothing) = look(&mut app) {
            output::complain(&format!("glowtop: {nothing}"));
            return ExitCode::from(2);
        }
    }
    if let Some(topology) = proc::topology(root) {
        app.update(event::now(), Msg::Topology(Arc::new(topology)));
    }
    if let Some((_held, news)) = &sensors
        && let Some(first) = news.recv_timeout(PATIENCE).ok()
    {
        let newest = news.try_iter().last().unwrap_or(first);
        app.update(event::now(), Msg::Sensors(newest));
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
    inspect(&mut app, root, args.looks.max(2), look);
    app.set_table_rows(Layout::new(area, &app).table_rows(&app));
    let config::Options { colours, unicode, .. } = app.settings.options;
    let depth = if colours { Depth::True } else { Depth::Mono };
    let mut buffer = Buffer::empty(area);
    let theme = themes.made(app.theme, depth, unicode);
    view::draw(&app, &theme, area, &mut buffer);
    let text =
        if args.text { picture::text(&buffer) } else { picture::svg(&buffer, theme.paper(), "glowtop") };
    output::write(|out| out.write_all(text.as_bytes()))
}

/// Has the slow sensors read while the machine is looked at, on a thread of their own; `None` where nobody asks for any.
fn sensors(needs: SlowNeeds, root: &Path) -> Option<(SlowSensors, Receiver<Arc<Sensors>>)> {
    if needs.is_empty() {
        return None;
    }
    let (tell, news) = mpsc::channel();
    let mut facts = proc::FactsReader::new(root);
    let publish = move |sensors| {
        // Once the picture is drawn nobody listens any more.
        let _ = tell.send(sensors);
    };
    Some((sampler::start_sensors(needs, move |needs| facts.read(needs), publish).ok()?, news))
}

/// Looks as often into the process that the inspector is open on, if the keys opened it, and at the machine with
/// `look`: what is shown over time fills with each look.
fn inspect(app: &mut App, root: &Path, looks: u32, mut look: impl FnMut(&mut App) -> Result<(), NoSample>) {
    let Some((id, page)) = app.inspector.as_ref().map(|open| (open.target.id, open.page)) else { return };
    let mut inspector = proc::Inspector::new(root);
    let mut before: Option<Arc<Inspection>> = None;
    for _ in 0..looks {
        if before.is_some() {
            std::thread::sleep(Duration::from_secs_f64(app.delay));
            // What cannot be seen any more stays as it was seen last.
            let _ = look(app);
        }
        let inside = Arc::new(inspector.examine(id, page, true).follow(before.as_deref()));
        app.update(event::now(), Msg::Inspected(inside.clone()));
        before = Some(inside);
    }
}

/// Reads a size such as `120x40`.
fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('x').and_then(|(c, r)| Some((c.parse().ok()?, r.parse().ok()?)));
    let possible = |(c, r): &(u16, u16)| (1..=1000).contains(c) && (1..=500).contains(r);
    parts.filter(possible).ok_or_else(|| "a size is columns x rows, for instance 120x40".to_owned())
}
