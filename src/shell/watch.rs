//! `glowtop`: opens the monitor on the terminal and wires its threads to the mind.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::args::CommandLine;
use super::event::Event;
use super::lab::Bench;
use super::log::{Log, LogFile};
use super::rescue;
use super::run::{self, World};
use super::screen::Environment;
use super::settings::{self, Kept, Place};
use super::themes::Worn;
use super::{output, save, start};
use crate::app::{Effect, Saving};
use crate::control::Control;
use crate::model::Wants;
use crate::model::inspect::InspectOrder;
use crate::proc::{self, Live};
use crate::sampler::{Inspecting, Sampler, SlowSensors};
use crate::sys::{self, scheduling};
use crate::{sampler, view};

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
    // After what needs them, and before there are threads, so that it holds for all.
    let dropped = match options.drop_capabilities.carry_out() {
        Ok(dropped) => dropped,
        Err(error) => {
            output::complain(&format!("glowtop: capabilities cannot be given up: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let missed = missed.into_iter().chain(dropped).reduce(|all, one| format!("{all}; {one}"));
    let place = Place::find(line.config.as_deref());
    let (mut app, themes) = match start::mind(options, &place) {
        Ok(mind) => mind,
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
    let mut worn = Worn::new(themes, environment.depth(false), environment.unicode());
    let delay = app.delay;
    // Known before the first look, so that it does not have to be taken twice.
    let wants = app.wants();
    let mut painter = view::Painter::default();
    // What read the arguments, keys and themes is not needed again.
    sys::return_unused_code();
    run::monitor(
        &environment,
        &mut app,
        |events| {
            let means = Means { log, readonly: options.readonly, place };
            let hands = || Hands::new(source, wants, delay, missed, means, root, events);
            if rescue { rescue::behind_the_screen(hands) } else { hands() }
        },
        move |app, area, buffer| {
            let theme = worn.wear(app.theme, &app.settings.options);
            painter.draw(app, theme, area, buffer);
            theme.paper()
        },
    )
}

/// The threads that see, act and teach, and the channel they report to.
struct Hands {
    sampler: Option<Sampler>,
    sensors: Option<SlowSensors>,
    /// Before the log: when this is gone, nothing more is told to that, and it can end.
    control: Option<Control>,
    _log: Option<Log>,
    lab: Bench,
    place: Place,
    inspector: Inspectors,
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
        let slow_needs = wants.slow;
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
        let mut facts = proc::FactsReader::new(root);
        // On their thread because it takes a few files for each CPU, and nobody waits for it.
        let mut unread = Some(root.to_owned());
        let publish = move |sensors| {
            if let Some(topology) = unread.take().and_then(|root| proc::topology(&root)) {
                let _ = slow.send(Event::Topology(Arc::new(topology)));
            }
            let _ = slow.send(Event::Sensors(sensors));
        };
        let sensors = sampler::start_sensors(slow_needs, move |needs| facts.read(needs), publish)
            .map_err(|error| started("the slow sensors", error))
            .ok();
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
            sensors,
            _log: log,
            lab: Bench::new(events.clone()),
            place: means.place,
            inspector: Inspectors { root: root.to_owned(), interval: delay, running: None },
            events: events.clone(),
        }
    }

    /// Saves the configuration, on a thread of its own as a disk may take its time.
    fn keep(&self, saving: Box<Saving>) {
        let (place, events) = (self.place.clone(), self.events.clone());
        let told = move || {
            let event = match settings::keep(&place, &saving) {
                Ok(Kept::Done(said)) => Event::Saved(said, Box::new(saving.now)),
                Ok(Kept::Clash(what)) => Event::Clash(what),
                Err(why) => Event::Notice(why),
            };
            drop(events.send(event));
        };
        if let Err(error) = std::thread::Builder::new().name("glowtop-save".to_owned()).spawn(told) {
            let _ = self.events.send(Event::Notice(format!("nothing could be saved: {error}")));
        }
    }
}

impl World for Hands {
    fn save(&mut self, name: String, picture: String) {
        let events = self.events.clone();
        let complain = self.events.clone();
        // A disk may be slow, and a folder at the far end of a connection.
        let started = std::thread::Builder::new().name("save".to_owned()).spawn(move || {
            let _ = events.send(match save::save(&name, &picture) {
                Ok(said) => Event::Remark(said),
                Err(why) => Event::Notice(why),
            });
        });
        if let Err(error) = started {
            let _ = complain.send(Event::Notice(format!("the screen could not be saved: {error}")));
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match (effect, &self.sampler, &self.control) {
            (Effect::Sample, Some(sampler), _) => sampler.look_now(),
            (Effect::Wants(change), sampler, _) => {
                if let Some(sensors) = &self.sensors {
                    sensors.wants(change.0.slow);
                }
                if let Some(sampler) = sampler {
                    sampler.wants(change.0);
                }
            }
            (Effect::Interval(seconds), Some(sampler), _) => {
                sampler.interval(seconds);
                self.inspector.interval(seconds);
            }
            (Effect::Control(order), _, Some(control)) => control.send(order),
            (Effect::Lab(order), ..) => self.lab.order(order),
            (Effect::LookBack, ..) => self.lab.look_back(),
            (Effect::Watch(plan), ..) => self.lab.watch(plan),
            (Effect::Save(saving), ..) => self.keep(saving),
            (Effect::Inspect(order), ..) => self.inspector.order(order, &self.events),
            _ => {}
        }
    }
}

/// The inspector's thread, which is started when somebody looks into a process for the first time.
struct Inspectors {
    root: PathBuf,
    /// Seconds between two looks.
    interval: f64,
    running: Option<Inspecting>,
}

impl Inspectors {
    fn interval(&mut self, seconds: f64) {
        self.interval = seconds;
        if let Some(running) = &self.running {
            running.interval(seconds);
        }
    }

    fn order(&mut self, order: InspectOrder, events: &Sender<Event>) {
        if self.running.is_none() && order != InspectOrder::Close {
            let looks = events.clone();
            let examine = Box::new(proc::Inspector::new(&self.root));
            let publish = move |seen| drop(looks.send(Event::Inspected(seen)));
            match sampler::start_inspector(examine, self.interval, publish) {
                Ok(running) => self.running = Some(running),
                Err(error) => {
                    let _ =
                        events.send(Event::Notice(format!("the inspector could not be started: {error}")));
                }
            }
        }
        if let Some(running) = &self.running {
            running.order(order);
        }
    }
}
