//! `glowtop`: opens the monitor on the terminal and wires its threads to the mind.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::args::{CommandLine, Options, SortKey};
use super::event::Event;
use super::log::{Log, LogFile};
use super::rescue;
use super::run::{self, World};
use super::screen::Environment;
use super::settings::{self, Loaded, Place};
use super::{output, print, words};
use crate::app::{App, DEFAULT_KEYMAP, Effect, Keymap, Lab, Screen, Start, Tab, Table};
use crate::config::{self, BUILTIN_THEMES, Settings};
use crate::control::Control;
use crate::model::lab::{LabNews, LabOrder};
use crate::model::{Untrusted, Wants};
use crate::proc::{self, Live};
use crate::query::Views;
use crate::sampler::Sampler;
use crate::sys::{self, scheduling};
use crate::{lab, sampler, view};

/// How long a thread of the monitor wants to run at a time, nanoseconds, the shortest there is: most of what it does is
/// shorter, and a short one is let in soon. Beside 8 busy programs per core that makes the answer to a key several times
/// faster.
const SLICE: u64 = 100_000;

/// What is free is given back to the kernel after so many looks, first when the beginning is over: reading everybody for
/// the first time, and what came in late of it, leaves about as much behind as is kept.
const TIDY: u32 = 64;
const TIDY_FIRST: u32 = 4;

/// Runs the monitor; 0 when the user leaves, 2 where it cannot begin.
pub(super) fn main(line: &CommandLine) -> ExitCode {
    let (options, rescue, root) = (&line.options, line.rescue, line.root.as_path());
    sys::return_large_blocks();
    // Before there are threads, so that it holds for all. Where it is refused, keys are answered a bit later.
    let _ = scheduling::slice(SLICE);
    // First of all: until then we are one of those who wait for a turn.
    let missed = if rescue { rescue::prepare() } else { None };
    let place = Place::find(line.config.as_deref());
    let mut app = match mind(options, &place) {
        Ok(app) => app,
        Err(code) => return code,
    };
    if rescue && options.sort_key.is_none() {
        rescue::look_at_culprits(&mut app.table, root);
    }
    let source = Live::new(root).listening();
    // Whether there is a machine to look at is said before the terminal is taken over.
    if let Err(nothing) = source.check() {
        output::complain(&format!("glowtop: {nothing}"));
        return ExitCode::from(2);
    }
    let log = match line.log.as_deref().map(LogFile::open).transpose() {
        Ok(log) => log,
        Err(why) => {
            output::complain(&format!("glowtop: {why}"));
            return ExitCode::from(2);
        }
    };
    let environment = Environment::read();
    let config::Options { colours, unicode, mouse, .. } = app.settings.options;
    let unicode = environment.unicode() && unicode && !options.no_unicode;
    let themes = themes(environment.depth(options.no_color || !colours), unicode);
    let delay = app.delay;
    // Known before the first look, so that it does not have to be taken twice.
    let wants = app.wants();
    let mut painter = view::Painter::default();
    // What read the arguments, keys and themes is not needed again.
    sys::return_unused_code();
    run::monitor(
        &environment,
        mouse && !options.no_mouse,
        &mut app,
        |events| {
            let means = Means { log, readonly: options.readonly, place };
            let hands = || Hands::new(source, wants, delay, missed, means, root, events);
            if rescue { rescue::behind_the_screen(hands) } else { hands() }
        },
        move |app, area, buffer| {
            if let Some(theme) = themes.get(app.theme).or(themes.first()) {
                painter.draw(app, theme, area, buffer);
            }
        },
    )
}

/// The mind as the command line wants it, and what it does not say as the configuration does; where that cannot be, the
/// sentence is written and the exit status returned.
pub(super) fn mind(options: &Options, place: &Place) -> Result<App, ExitCode> {
    let Loaded { settings, mut screens, saved, complaints } = place.load();
    let known = |name: &str| BUILTIN_THEMES.iter().position(|(known, _)| *known == name);
    let theme = match &options.theme {
        Some(name) => known(name).ok_or_else(|| {
            output::complain("glowtop: there is no such theme; `glowtop print themes` lists them");
            ExitCode::from(2)
        })?,
        None => known(&settings.options.theme).unwrap_or(0),
    };
    let tab =
        options.screen.as_deref().map_or(Some(Tab::Table(0)), |id| screens.find(id)).ok_or_else(|| {
            output::complain("glowtop: there is no such screen; `glowtop print screens` lists them");
            ExitCode::from(2)
        })?;
    let mut first = screens.start_with(if let Tab::Table(at) = tab { at } else { 0 });
    first.kernel = settings.options.kernel_threads;
    first.threads = settings.options.threads;
    first.changes = settings.options.changes;
    first.short_lived = settings.options.short_lived;
    Ok(App::new(Start {
        // A test holds that our own keys have no complaints.
        keymap: Keymap::parse(DEFAULT_KEYMAP).0,
        themes: BUILTIN_THEMES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        theme,
        table: table(first, options, &saved.views)?,
        screens,
        screen: if tab == Tab::Lab { Screen::Lab } else { Screen::Processes },
        delay: options.delay.unwrap_or(settings.options.delay),
        settings,
        complaints,
        lab: Lab::new(lab::workloads().to_vec(), lab::machine(), lab::most_workers()),
        readonly: options.readonly,
        saved,
    }))
}

/// All themes as a terminal with these colours and characters shows them, in their order.
pub(super) fn themes(depth: view::Depth, unicode: bool) -> Vec<view::Theme> {
    let parsed = BUILTIN_THEMES.iter().map(|(_, text)| config::Theme::parse(text).0);
    parsed.map(|theme| view::Theme::new(&theme, depth, unicode)).collect()
}

/// The table of the first screen as the command line wants it.
fn table(mut table: Table, options: &Options, views: &Views) -> Result<Table, ExitCode> {
    table.tree |= options.tree;
    if !options.columns.is_empty() {
        table.columns.clone_from(&options.columns);
    }
    table.pids.clone_from(&options.pid);
    match options.sort_key {
        Some(SortKey::Help) => return Err(print::print_columns()),
        Some(SortKey::By(column)) => {
            table.sort = column;
            table.descending = column.descending;
        }
        None => {}
    }
    if let Some(text) = &options.filter {
        table.set_filter(words::understand(text, views)?);
    }
    if let Some(name) = &options.user {
        let Some(user) = user(name.as_deref()) else {
            let name = name
                .as_deref()
                .map_or_else(String::new, |name| format!(": {}", Untrusted::from(name).show(64)));
            output::complain(&format!("glowtop: there is no such user{name}"));
            return Err(ExitCode::from(2));
        };
        table.user = Some(user);
    }
    Ok(table)
}

/// The uid and name of the user called `name` (or numbered so), or of whoever runs us.
fn user(name: Option<&str>) -> Option<(u32, String)> {
    use nix::unistd::{Uid, User, geteuid};
    let known = match name {
        None => User::from_uid(geteuid()),
        Some(name) => match name.parse() {
            Ok(uid) => User::from_uid(Uid::from_raw(uid)),
            Err(_) => User::from_name(name),
        },
    };
    match (known.ok().flatten(), name) {
        (Some(user), _) => Some((user.uid.as_raw(), user.name)),
        // A number without a name is a user too.
        (None, Some(number)) => number.parse().ok().map(|uid| (uid, number.to_owned())),
        (None, None) => Some((geteuid().as_raw(), geteuid().to_string())),
    }
}

/// The threads that see, act and teach, and the channel they report to.
struct Hands {
    sampler: Option<Sampler>,
    /// Before the log: when this is gone, nothing more is told to that, and it can end.
    control: Option<Control>,
    _log: Option<Log>,
    lab: Option<lab::Run>,
    place: Place,
    events: Sender<Event>,
}

/// By which means the hands act.
struct Means {
    /// Where acts are written down.
    log: Option<LogFile>,
    /// Nothing may be done to processes.
    readonly: bool,
    /// Where the configuration is saved.
    place: Place,
}

impl Hands {
    /// `notice` is said with the first look: before it would be a reason to draw a screen without one.
    fn new(
        source: Live,
        wants: Wants,
        delay: f64,
        mut notice: Option<String>,
        means: Means,
        root: &Path,
        events: &Sender<Event>,
    ) -> Hands {
        let send = |event: fn(String) -> Event| {
            let events = events.clone();
            move |what: String| drop(events.send(event(what)))
        };
        let complain = send(Event::Notice);
        let started =
            |what: &str, error: io::Error| complain(format!("{what} could not be started: {error}"));
        let looks = events.clone();
        let mut looked = 0u32;
        let sampler = sampler::start(Box::new(source), wants, delay, move |look| {
            // Nobody listens any more only when the program is ending.
            let _ = looks.send(match look {
                Ok(snapshot) => Event::Snapshot(snapshot),
                Err(nothing) => Event::Notice(nothing.to_string()),
            });
            if let Some(text) = notice.take() {
                let _ = looks.send(Event::Notice(text));
            }
            looked = looked.wrapping_add(1);
            if looked % TIDY == TIDY_FIRST {
                sys::return_free_pages();
            }
            // Once: where memory is short, code that is mapped is what the kernel keeps longest.
            if looked == TIDY_FIRST {
                sys::return_unused_code();
            }
        });
        let slow = events.clone();
        // On their thread because it takes a few files for each CPU, and nobody waits for it.
        let mut unread = Some(root.to_owned());
        let sensors = sampler::start_sensors(move |sensors| {
            if let Some(topology) = unread.take().and_then(|root| proc::topology(&root)) {
                let _ = slow.send(Event::Topology(Arc::new(topology)));
            }
            let _ = slow.send(Event::Sensors(sensors));
        });
        if let Err(error) = sensors {
            started("the slow sensors", error);
        }
        let log = means.log.and_then(|file| {
            file.remark.iter().cloned().for_each(&complain);
            Log::start(file, send(Event::Notice)).map_err(|error| started("the log", error)).ok()
        });
        let write_down = log.as_ref().map(Log::teller);
        let acts = events.clone();
        let control = (!means.readonly).then(|| {
            crate::control::start(move |news| {
                // Here and not by the mind, which may have left when a last verdict comes.
                if let Some(write_down) = &write_down {
                    write_down(&news);
                }
                drop(acts.send(Event::Control(Box::new(news))));
            })
        });
        Hands {
            sampler: sampler.map_err(|error| started("the sampler", error)).ok(),
            control: control.and_then(|control| control.map_err(|error| started("control", error)).ok()),
            _log: log,
            lab: None,
            place: means.place,
            events: events.clone(),
        }
    }

    /// Saves the configuration, on a thread of its own as a disk may take its time.
    fn save(&self, settings: Box<Settings>) {
        let (place, events) = (self.place.clone(), self.events.clone());
        let told = move || {
            let event = match settings::keep(&place, &settings) {
                Ok(done) => Event::Told(done),
                Err(why) => Event::Notice(why),
            };
            drop(events.send(event));
        };
        if let Err(error) = std::thread::Builder::new().name("glowtop-save".to_owned()).spawn(told) {
            let _ = self.events.send(Event::Notice(format!("nothing could be saved: {error}")));
        }
    }

    fn lab(&mut self, order: LabOrder) {
        match order {
            LabOrder::Stop => {
                if let Some(run) = &self.lab {
                    run.stop();
                }
            }
            LabOrder::Run(plan) => {
                let events = self.events.clone();
                // The run before, if any, has told its end: only then does the mind order another.
                self.lab = match lab::start(plan, move |news| drop(events.send(Event::Lab(news)))) {
                    Ok(run) => Some(run),
                    Err(error) => {
                        let _ =
                            self.events.send(Event::Lab(LabNews::Ended { problem: Some(error.to_string()) }));
                        None
                    }
                };
            }
        }
    }
}

impl World for Hands {
    fn carry_out(&mut self, effect: Effect) {
        match (effect, &self.sampler, &self.control) {
            (Effect::Sample, Some(sampler), _) => sampler.look_now(),
            (Effect::Wants(change), Some(sampler), _) => sampler.wants(change.0),
            (Effect::Interval(seconds), Some(sampler), _) => sampler.interval(seconds),
            (Effect::Control(order), _, Some(control)) => control.send(order),
            (Effect::Lab(order), ..) => self.lab(order),
            (Effect::Save(settings), ..) => self.save(settings),
            _ => {}
        }
    }
}
