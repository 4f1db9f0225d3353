//! The mind: `update(&mut App, Msg) -> Vec<Effect>`.
//!
//! Its words: a *message* is something that happened, with its time; an *effect* is something the shell must do; an
//! *action* is something a user can do; a *layer* is what lies above a screen. Pure: this room must never know
//! `/proc`, pidfds, channels, the time of day, or how any of it is drawn. Read next: [`App`], then the table of
//! [`Action`]s.

mod action;
mod aims;
mod arrange;
mod copy;
mod deeds;
mod fuzzy;
mod header;
mod help;
mod history;
mod input;
mod inspect;
mod journal;
mod keymap;
mod lab;
mod layer;
mod line_edit;
mod list;
mod message;
mod notices;
mod offers;
mod order;
mod palette;
mod saved;
mod screens;
mod setup;
mod signal_menu;
mod table;
mod tame;
mod time_of_day;
mod trail;
mod update;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::config::{Binding, Settings};
use crate::model::{Nanos, Pid, ProcId, Sensors, Snapshot, Topology, Wants};

pub use action::Action;
pub use aims::{Aim, Aimed, Aims, Tally};
pub use arrange::{Among, Arrangement, DEEPEST, Fold, Line, Rules, TreeOrder, Uncontained, arrange};
pub use copy::COPYABLE;
pub use deeds::{Deeds, Frozen, Ladder, Undoable};
pub use header::{Header, HeaderColumn, Placed, RICH, beside, second};
pub use help::{Help, HelpLine, HelpPage};
pub use history::History;
pub use input::{Input, Mouse, MouseEvent};
pub use inspect::{Graph, Graphs, Inspector, Lane, Series, Spot};
pub use journal::{Entry, Journal};
pub use keymap::{DEFAULT_KEYMAP, KEYMAPS, Keymap};
pub use lab::{
    CoreLook, Form, FormChoice, FormField, Lab, LabFound, Past, Picture, Point, Rows, RunView, Show, ZOOMS,
};
pub use layer::{Layer, LineInput, Menu, MenuItem, MenuPurpose, Purpose};
pub use line_edit::LineEdit;
pub use message::{Effect, Hit, Msg, Saving, WantsChange};
pub use notices::{Notice, Notices};
pub use offers::Offers;
pub use palette::{Found, Palette, Wish};
pub use saved::{RowLook, RowLooks, Saved};
pub use screens::{Screens, Tab, TableScreen};
pub use setup::{PANES, Setup, SetupItem, SetupPage, SetupPane, SetupRow, Typing};
pub use signal_menu::{Choosable, Pick, SignalMenu};
pub use table::{Focus, Table};
pub use tame::{
    Branch, Choice, CpuChoice, Field, Holds, IoPriorityChoice, LimitForm, Now, Part, PolicyChoice, Tame,
    TameMenu, What,
};
pub use trail::Trail;

/// Digits typed within this many seconds of each other belong to one pid, and are shown so long.
const DIGITS_PAUSE: f64 = 2.0;

/// A look is old when none came for so many times the delay.
const OVERDUE: f64 = 2.5;

/// The kinds of screens. Those with a table are several: see [`Screens`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Screen {
    /// The process table.
    #[default]
    Processes,
    /// The lab.
    Lab,
    /// The inspector, which lies over the processes: it has keys of its own and no tab.
    Inspector,
}

impl Screen {
    /// All screens that have a tab.
    pub const ALL: [Screen; 2] = [Screen::Processes, Screen::Lab];

    /// All that have keys of their own.
    pub const WITH_KEYS: [Screen; 3] = [Screen::Processes, Screen::Lab, Screen::Inspector];

    /// The word used in key maps.
    pub const fn id(self) -> &'static str {
        match self {
            Screen::Processes => "processes",
            Screen::Lab => "lab",
            Screen::Inspector => "inspector",
        }
    }

    /// The word on its tab.
    pub const fn title(self) -> &'static str {
        match self {
            Screen::Processes => "Processes",
            Screen::Lab => "Lab",
            Screen::Inspector => "Inspector",
        }
    }
}

/// What came while the display was frozen, to be shown when it goes on.
#[derive(Clone, Debug, Default)]
struct Waiting {
    snapshot: Option<Arc<Snapshot>>,
    sensors: Option<Arc<Sensors>>,
    /// The history with the looks since then.
    history: Option<History>,
}

/// The whole state of the program's mind. Fields are read by `view`; only [`App::update`] changes them.
#[derive(Clone, Debug)]
pub struct App {
    /// The screen that is shown.
    pub screen: Screen,
    /// The screens with a table.
    pub screens: Screens,
    /// The process table, as the screen has it that is shown or was shown last.
    pub table: Table,
    /// The lab.
    pub lab: Lab,
    /// The process that is looked into, in the place of the table.
    pub inspector: Option<Box<Inspector>>,
    /// What is open above the screen.
    pub layer: Option<Layer>,
    /// The last look that is shown.
    pub snapshot: Arc<Snapshot>,
    /// The last reading of the slow sensors.
    pub sensors: Option<Arc<Sensors>>,
    /// How the CPUs belong together, once it is known.
    pub topology: Option<Arc<Topology>>,
    /// CPU use over time.
    pub history: History,
    /// What was said.
    pub notices: Notices,
    /// What was done, and what came of it.
    pub journal: Journal,
    /// What was begun and is not over.
    pub deeds: Deeds,
    /// The keys.
    pub keymap: Keymap,
    /// Whether the display is frozen.
    pub paused: bool,
    /// Which meters the header shows.
    pub header: Header,
    /// Whether the meters are hidden.
    pub header_hidden: bool,
    /// Whether the key bar is hidden.
    pub keys_hidden: bool,
    /// How long rows are marked that are new or have just ended, seconds; `None` for [`crate::model::LINGER`].
    pub linger: Option<f64>,
    /// After so many looks it is over.
    pub looks: Option<u64>,
    /// Whether core meters are split further.
    pub detailed: bool,
    /// One history graph for each core.
    pub core_history: bool,
    /// Seconds between two looks.
    pub delay: f64,
    /// The theme's place in the list of themes.
    pub theme: usize,
    /// The queries that the configuration keeps.
    pub saved: Saved,
    /// Of how many processes it is not known whether the filter would show them, because what it asks could not be read.
    pub unsure: usize,
    /// The text last searched for.
    pub searched: String,
    /// The time of the last message.
    pub now: Nanos,
    /// Whether nothing may be done to any process, and none started: see [`Action::is_act`].
    pub readonly: bool,
    /// Whether the mouse is ours; else it is the terminal's, which marks text with it.
    pub mouse: bool,
    /// The configuration, as it was read, with what the command line says otherwise.
    pub settings: Settings,
    /// The configuration as it was read or saved last.
    kept: Box<Settings>,
    /// The keys of the user's own file, which are laid over those of the configuration.
    own_keys: Vec<Binding>,
    /// What was chosen from the palette, the last first.
    recent: Vec<Wish>,
    themes: Vec<String>,
    /// Where the configuration is saved; safe to show.
    pub config_file: String,
    /// What is wrong with the configuration, to be told with the first look.
    complaints: Vec<String>,
    /// What there is to say of the command line, with the first look.
    remark: Option<String>,
    size: (u16, u16),
    /// Digits typed so far to find a pid, and when the last one came.
    digits: Option<(String, Nanos)>,
    session: u64,
    /// What came while the display is frozen.
    waiting: Waiting,
    wants: Option<Wants>,
    dirty: bool,
}

/// What a user may choose when starting.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The keys.
    pub keymap: Keymap,
    /// Those among them that stand in the user's own file.
    pub own_keys: Vec<Binding>,
    /// The names of the themes there are, in order.
    pub themes: Vec<String>,
    /// The chosen theme's place among them.
    pub theme: usize,
    /// The screens with a table.
    pub screens: Screens,
    /// What is shown first.
    pub screen: Screen,
    /// The settings of the table of the screen in use.
    pub table: Table,
    /// Seconds between two looks.
    pub delay: f64,
    /// The lab.
    pub lab: Lab,
    /// Which meters the header shows.
    pub header: Header,
    /// Whether nothing may be done to any process, and none started.
    pub readonly: bool,
    /// How long rows are marked that are new or have just ended, seconds.
    pub linger: Option<f64>,
    /// After so many looks it is over.
    pub looks: Option<u64>,
    /// The queries that the configuration keeps.
    pub saved: Saved,
    /// The configuration, with what the command line says otherwise.
    pub settings: Settings,
    /// The configuration without what the command line says.
    pub kept: Settings,
    /// Where it is saved; safe to show, and empty where nobody says where.
    pub config_file: String,
    /// What is wrong with it, in sentences that are safe to show.
    pub complaints: Vec<String>,
    /// What there is to say of the command line; safe to show.
    pub remark: Option<String>,
}

impl App {
    /// The mind before the first look.
    pub fn new(start: Start) -> App {
        App {
            screen: start.screen,
            screens: start.screens,
            table: start.table,
            lab: start.lab,
            inspector: None,
            layer: None,
            snapshot: Arc::default(),
            sensors: None,
            topology: None,
            history: History::default(),
            notices: Notices::default(),
            journal: Journal::default(),
            deeds: Deeds::default(),
            keymap: start.keymap,
            paused: false,
            header: start.header,
            header_hidden: !start.settings.options.header,
            keys_hidden: !start.settings.options.key_bar,
            linger: start.linger,
            looks: start.looks,
            detailed: start.settings.options.detailed_cpu,
            core_history: start.settings.options.core_history,
            delay: start.delay,
            theme: start.theme,
            saved: start.saved,
            unsure: 0,
            searched: String::new(),
            now: Nanos(0),
            readonly: start.readonly,
            mouse: start.settings.options.mouse,
            recent: Vec::new(),
            settings: start.settings,
            kept: Box::new(start.kept),
            own_keys: start.own_keys,
            remark: start.remark,
            config_file: start.config_file,
            complaints: start.complaints,
            themes: start.themes,
            size: (80, 24),
            digits: None,
            session: 0,
            waiting: Waiting::default(),
            wants: None,
            dirty: true,
        }
    }

    /// Whether there is such an action in this run.
    pub fn offers(&self, action: Action) -> bool {
        !(self.readonly && action.is_act())
    }

    /// Whether something changed that the screen does not show yet; asking clears it.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// Whether as many looks as were asked for are on the screen; a look at a part of the machine does not count.
    pub fn is_over(&self) -> bool {
        self.looks.is_some_and(|looks| self.snapshot.number >= looks && !self.snapshot.partial)
    }

    /// When the app wants a [`Msg::Tick`], at the latest; `None` while nothing changes by itself.
    pub fn wakeup(&self) -> Option<Nanos> {
        let notice = self.notices.next_end(self.now);
        // A running lab moves: its lanes grow.
        let lab = self.lab.next_frame(self.now).filter(|_| self.screen == Screen::Lab);
        let digits = self.digits.as_ref().map(|(_, at)| at.plus(DIGITS_PAUSE)).filter(|end| *end > self.now);
        // Once, to say that no look comes.
        let old = (self.snapshot.number > 0 && !self.paused).then(|| self.overdue());
        let old = old.filter(|at| *at > self.now);
        let deeds = self.deeds.wakeup(self.now);
        notice.into_iter().chain(lab).chain(digits).chain(old).chain(deeds).min()
    }

    /// Whether the look that is shown is older than it should be: the display is frozen, or no other came for long.
    pub fn is_old(&self) -> bool {
        self.paused || (self.snapshot.number > 0 && self.now >= self.overdue())
    }

    /// When the look that is shown is old, at least a second after it was taken.
    fn overdue(&self) -> Nanos {
        self.snapshot.taken.plus((self.delay * OVERDUE).max(1.0))
    }

    /// The key that is shown for `action` on this screen, or else on another one; `None` where it has none.
    pub fn key_of(&self, action: Action) -> Option<String> {
        let place = self.place();
        let others = Screen::WITH_KEYS.into_iter().filter(|screen| *screen != place);
        let mut screens = std::iter::once(place).chain(others);
        let chord = screens.find_map(|screen| self.keymap.keys(screen, action).next());
        chord.map(|chord| chord.to_string())
    }

    /// Tells the app how many rows of the table the screen has, before drawing; whether that is news.
    pub fn set_table_rows(&mut self, rows: usize) -> bool {
        if let Some(inspector) = &mut self.inspector {
            return inspector.set_height(rows);
        }
        self.table.set_rows(rows)
    }

    /// Columns and rows of the terminal.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// The name of the chosen theme.
    pub fn theme_name(&self) -> &str {
        self.themes.get(self.theme).map_or("", String::as_str)
    }

    /// The digits typed so far to find a pid.
    pub fn typed_pid(&self) -> Option<&str> {
        let recent = self.digits.as_ref().filter(|(_, at)| self.now.since(*at) < DIGITS_PAUSE);
        recent.map(|(text, _)| text.as_str())
    }

    /// The same, where nobody on screen has that pid, so that the cursor is on somebody else.
    pub fn pid_typed_in_vain(&self) -> Option<&str> {
        let typed = self.typed_pid()?;
        let selected = self.table.selected(&self.snapshot).map(|proc| proc.task.id.pid);
        let found = selected.is_some() && typed.parse().ok().and_then(Pid::new) == selected;
        (!found).then_some(typed)
    }

    /// Who is on screen now.
    fn visible(&self) -> Arc<[ProcId]> {
        if let Some(inspector) = &self.inspector {
            return [inspector.target.id].into();
        }
        if self.screen != Screen::Processes {
            return Arc::default();
        }
        self.table.on_screen(&self.snapshot).into()
    }
}
