//! The main loop: events in, effects and frames out.
//!
//! One channel brings everything. It is drained, then at most one frame is drawn, and only if something changed and the
//! terminal has taken the frame before. Where nothing happens nothing wakes up.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::Pid;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::event::{Event, now};
use super::save::Kind;
use super::screen::Environment;
use super::terminal::{NoTerminal, Terminal};
use super::{clipboard, reader, signals, terminal};
use crate::app::{App, Effect, Input, Msg, Screen};
use crate::export::{self, Line};
use crate::model::{Nanos, ProcId};
use crate::sys;
use crate::view::{self, Layout, Paper, picture};

/// Whoever carries out what the mind wants and the terminal cannot do: the holder of the channels to the sampler, the
/// control thread and the lab. Must not block.
pub(super) trait World {
    /// Carries out `effect`. It is never one that the terminal or its picture is needed for.
    fn carry_out(&mut self, effect: Effect);

    /// Writes `picture` to the new file of that name, and tells how it went.
    fn save(&mut self, name: String, picture: String);
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// The user left.
    Quit,
    /// This signal.
    Signal(i32),
    /// The terminal is gone.
    Hangup,
}

/// Runs the monitor on the terminal, from the first check to the exit status: 0 when the user leaves, 1 when the
/// terminal vanished or cannot be set up, 2 where there is none; of a signal the process dies.
///
/// `world` is called once the terminal is ours, with the channel that every thread of the program reports to; what it
/// returns is dropped after the terminal has been given back, and has half a second for that.
pub(super) fn monitor<W: World>(
    environment: &Environment,
    app: &mut App,
    world: impl FnOnce(&Sender<Event>) -> W,
    paint: impl FnMut(&App, Rect, &mut Buffer) -> Paper,
) -> ExitCode {
    match session(environment, app, world, paint) {
        Ok(Ending::Quit) => ExitCode::SUCCESS,
        Ok(Ending::Hangup) => ExitCode::FAILURE,
        Ok(Ending::Signal(signal)) => {
            signals::die_of(signal);
            ExitCode::from(u8::try_from(128 + signal).unwrap_or(1))
        }
        Err(trouble) => {
            // With standard error gone there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "glowtop: {trouble}");
            ExitCode::from(if matches!(trouble, NoTerminal::Failed(_)) { 1 } else { 2 })
        }
    }
}

fn session<W: World>(
    environment: &Environment,
    app: &mut App,
    world: impl FnOnce(&Sender<Event>) -> W,
    paint: impl FnMut(&App, Rect, &mut Buffer) -> Paper,
) -> Result<Ending, NoTerminal> {
    let mut terminal = Terminal::open(environment, app.mouse)?;
    let (events, received) = channel();
    // Before the terminal is changed, so that nothing can end us in between.
    terminal::restore_on_panic();
    sys::tty::restore_on_fatal_signals()?;
    signals::start(events.clone())?;
    terminal.enter()?;
    terminal.forget_input();
    reader::start(terminal.input()?, events.clone())?;
    let world = world(&events);
    drop(events);
    let mut run = Run {
        terminal: &mut terminal,
        app,
        world,
        paint,
        tmux: environment.tmux.is_some(),
        size: None,
        stopped: false,
        full: true,
        first: now().plus(FIRST.as_secs_f64()),
        drawn: false,
        shown: false,
        ending: None,
    };
    let ending = run.until_the_end(&received);
    run.terminal.leave();
    Ok(ending)
}

/// Events that are taken in before a frame is drawn at the latest: somebody leaning on a key shall see something.
const ROUND: usize = 4096;
/// How long the first frame waits for the first look at the machine, so that it has rows to show. A machine that takes
/// longer gets a frame without them: somebody may want to leave.
const FIRST: Duration = Duration::from_millis(500);
/// How soon a terminal that did not take a whole frame is tried again, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

struct Run<'a, W, P> {
    terminal: &'a mut Terminal,
    app: &'a mut App,
    world: W,
    paint: P,
    /// Whether tmux stands between us and the terminal.
    tmux: bool,
    size: Option<(u16, u16)>,
    /// We have left the terminal and are stopped, or about to be.
    stopped: bool,
    /// The next frame must be drawn even if nothing changed.
    full: bool,
    /// When the first frame is drawn even without a look at the machine.
    first: Nanos,
    /// A frame has been drawn.
    drawn: bool,
    /// A whole frame has been on the screen: from then on the user knows what the keys act on.
    shown: bool,
    ending: Option<Ending>,
}

impl<W: World, P: FnMut(&App, Rect, &mut Buffer) -> Paper> Run<'_, W, P> {
    fn until_the_end(&mut self, events: &Receiver<Event>) -> Ending {
        let mut retry = RETRY.0;
        self.resize();
        loop {
            self.show();
            if let Some(ending) = self.ending {
                return ending;
            }
            retry = if self.terminal.is_busy() { (retry * 2).min(RETRY.1) } else { RETRY.0 };
            let busy = self.terminal.is_busy().then_some(retry);
            let first = (!self.drawn && !self.stopped).then_some(self.first);
            let wakeup = self.app.wakeup().into_iter().chain(first).min();
            let wakeup = wakeup.map(|at| Duration::from_nanos(at.0.saturating_sub(now().0)));
            let patience = busy.into_iter().chain(wakeup).min();
            let first = match patience {
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(patience) => events.recv_timeout(patience),
            };
            match first {
                Ok(event) => self.round(event, events),
                Err(RecvTimeoutError::Timeout) => {}
                // The threads that read terminal and signals live as long as we do.
                Err(RecvTimeoutError::Disconnected) => return Ending::Hangup,
            }
            if self.app.wakeup().is_some_and(|at| at <= now()) {
                self.tell(Msg::Tick);
            }
        }
    }

    /// Takes in `first` and all that came with it. Of many new sizes only the last counts.
    fn round(&mut self, first: Event, events: &Receiver<Event>) {
        let mut resized = false;
        for event in std::iter::once(first).chain(events.try_iter()).take(ROUND) {
            match event {
                Event::Resized => resized = true,
                event => self.take(event),
            }
            if self.ending.is_some() {
                return;
            }
        }
        if resized {
            self.resize();
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Input(Input::Mouse(mouse)) if self.shown && !self.stopped => {
                let hit = view::hit(self.app, self.area(), mouse.x, mouse.y);
                self.tell(Msg::Mouse(mouse.what, hit));
            }
            Event::Input(input) if self.shown && !self.stopped => self.tell(Msg::Input(input)),
            Event::Input(_) => {}
            Event::Resized => self.resize(),
            Event::Snapshot(snapshot) => self.tell(Msg::Snapshot(snapshot)),
            Event::Sensors(sensors) => self.tell(Msg::Sensors(sensors)),
            Event::Topology(topology) => self.tell(Msg::Topology(topology)),
            Event::Control(news) => self.tell(Msg::Control(news)),
            Event::Lab(news) => self.tell(Msg::Lab(news)),
            Event::LabFound(found) => self.tell(Msg::LabFound(found)),
            Event::Inspected(seen) => self.tell(Msg::Inspected(seen)),
            Event::Notice(text) => self.tell(Msg::Notice { bad: true, text }),
            Event::Remark(text) => self.tell(Msg::Notice { bad: false, text }),
            Event::Saved(text, settings) => {
                self.tell(Msg::Notice { bad: false, text });
                self.tell(Msg::Saved(settings));
            }
            Event::Clash(what) => self.tell(Msg::Clash(what)),
            Event::Stop => self.stop(),
            Event::Continued => self.go_on(),
            Event::Leave(signal) => self.end(Ending::Signal(signal)),
            Event::Hangup => self.end(Ending::Hangup),
        }
    }

    fn tell(&mut self, message: Msg) {
        for effect in self.app.update(now(), message) {
            match effect {
                Effect::Quit => self.end(Ending::Quit),
                Effect::Suspend => self.suspend(),
                Effect::Redraw => self.repaint(),
                Effect::Copy(text) => self.copy(&text),
                Effect::CopyRows(ids) => self.copy_rows(&ids),
                Effect::SaveScreen(name) => self.save_screen(name),
                Effect::Mouse(on) => {
                    let told = self.terminal.report_mouse(on);
                    self.unless_gone(&told);
                }
                effect => self.world.carry_out(effect),
            }
        }
    }

    fn copy(&mut self, text: &str) {
        let (sequence, said) = clipboard::copy(text, self.tmux);
        let told = self.terminal.say(&sequence);
        self.unless_gone(&told);
        self.tell(Msg::Notice { bad: false, text: said });
    }

    /// Copies the rows of `ids` as `glowtop ps --json` would write them with the columns of the table.
    fn copy_rows(&mut self, ids: &[ProcId]) {
        let snapshot = &self.app.snapshot;
        let procs = ids.iter().filter_map(|id| snapshot.procs.iter().find(|proc| proc.id() == *id));
        let lines: Vec<Line<'_>> = procs.map(|proc| Line::of(proc, 0)).collect();
        let mut text = Vec::new();
        // Writing to memory does not fail.
        let _ = export::json(snapshot, &lines, &self.app.table.columns, &mut text);
        let text = String::from_utf8_lossy(&text).into_owned();
        // One row is an object, and several are an array of them, as a program would want to read it.
        let inner = text.trim_end().strip_prefix("[\n").and_then(|text| text.strip_suffix("\n]"));
        let one = inner.filter(|_| ids.len() == 1);
        self.copy(one.unwrap_or(text.trim_end()));
    }

    /// Writes what is on the screen for a file: a picture, or what it says, as far as it goes and not only what is in
    /// view.
    fn save_screen(&mut self, name: String) {
        let text = match (Kind::of(&name), &self.app.inspector) {
            (Kind::Text, Some(inspector)) => inspector.page_as_text(&self.app.context()),
            (Kind::Json, Some(inspector)) => match inspector.shown() {
                Some(look) => export::inspect::json(look, &self.app.context()) + "\n",
                None => {
                    return self.tell(Msg::Notice { bad: true, text: "nothing is known of it yet".into() });
                }
            },
            (Kind::Json | Kind::Csv, None) if self.app.screen == Screen::Processes => {
                let (app, snapshot) = (&*self.app, &self.app.snapshot);
                let procs = app.table.lines().iter().filter_map(|line| line.proc(snapshot));
                let rows: Vec<Line<'_>> = procs.map(|proc| Line::of(proc, 0)).collect();
                let mut text = Vec::new();
                let write = if Kind::of(&name) == Kind::Csv { export::csv } else { export::json };
                // Writing to memory does not fail.
                let _ = write(snapshot, &rows, &app.table.columns, &mut text);
                String::from_utf8_lossy(&text).into_owned()
            }
            (kind, _) => {
                let area = self.area();
                let mut buffer = Buffer::empty(area);
                let paper = (self.paint)(self.app, area, &mut buffer);
                match kind {
                    Kind::Text => picture::plain(&buffer),
                    _ => picture::svg(&buffer, paper, "glowtop"),
                }
            }
        };
        self.world.save(name, text);
    }

    /// Whatever the error, there is no terminal to go on with.
    fn unless_gone(&mut self, result: &io::Result<()>) {
        if result.is_err() {
            self.end(Ending::Hangup);
        }
    }

    /// The whole screen.
    fn area(&self) -> Rect {
        let (columns, rows) = self.size.unwrap_or_default();
        Rect::new(0, 0, columns, rows)
    }

    /// Tells the mind how many rows its table has; where that changes what is in view, the sampler must know.
    fn fit(&mut self) {
        let rows = Layout::new(self.area(), self.app).table_rows(self.app);
        if self.app.set_table_rows(rows) {
            self.tell(Msg::Tick);
        }
    }

    /// The first reason to end is the reason.
    fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }

    fn resize(&mut self) {
        self.size = self.terminal.size();
        if let Some((columns, rows)) = self.size {
            self.repaint();
            self.tell(Msg::Size(columns, rows));
        }
    }

    fn repaint(&mut self) {
        self.terminal.repaint();
        self.full = true;
    }

    /// Ctrl-Z: what the terminal itself would do outside raw mode, SIGTSTP to everyone in the foreground. It comes back
    /// to us as [`Event::Stop`].
    fn suspend(&mut self) {
        if !self.terminal.controls_us() || kill(Pid::from_raw(0), Signal::SIGTSTP).is_err() {
            self.stop();
        }
    }

    fn stop(&mut self) {
        if !self.stopped {
            self.terminal.leave();
            self.stopped = true;
        }
        // Nothing but SIGSTOP is sure to stop us. Life goes on with SIGCONT, which is an event.
        let _ = raise(Signal::SIGSTOP);
    }

    fn go_on(&mut self) {
        if !self.terminal.is_ours() {
            // Continued in the background: the screen belongs to somebody else.
            self.stopped = true;
            let _ = raise(Signal::SIGSTOP);
            return;
        }
        self.stopped = false;
        match self.terminal.enter() {
            Ok(()) => self.resize(),
            Err(_) => self.end(Ending::Hangup),
        }
    }

    /// Whether the first look is there, or it is time for a frame without it, or to say what is wrong.
    fn has_something_to_show(&self) -> bool {
        let said = || self.app.notices.all().next().is_some();
        self.drawn || self.app.snapshot.number > 0 || said() || now() >= self.first
    }

    /// Sends what is waiting, then draws if there is something new to see.
    fn show(&mut self) {
        if self.stopped || self.ending.is_some() {
            return;
        }
        self.fit();
        let mut result = self.terminal.push();
        if let (Ok(()), false, Some(size)) = (&result, self.terminal.is_busy(), self.size)
            && self.has_something_to_show()
            && (self.app.take_dirty() | self.full)
        {
            self.full = false;
            let (app, paint) = (&*self.app, &mut self.paint);
            result = self.terminal.draw(size, |area, buffer| _ = paint(app, area, buffer));
            self.drawn = true;
        }
        match result {
            Ok(()) => {
                self.shown |= self.drawn && !self.terminal.is_busy();
                // The last look has been seen, too.
                if self.shown && self.app.is_over() {
                    self.end(Ending::Quit);
                }
            }
            // Whatever the error, there is no terminal to go on with.
            Err(_) => self.end(Ending::Hangup),
        }
    }
}
