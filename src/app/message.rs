//! What reaches the mind and what leaves it: the closed lists of messages and effects.

use std::sync::Arc;

use crate::catalog::inspect::Spotted;
use crate::config::{Chord, Settings};
use crate::model::inspect::{InspectOrder, Inspection, Page};
use crate::model::lab::watch::WatchPlan;
use crate::model::lab::{LabNews, LabOrder};
use crate::model::{ControlNews, ControlOrder, ProcId, Scope, Sensors, Snapshot, Topology, Wants};

use super::{Action, FormField, Input, LabFound, MouseEvent, Tab};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// Somebody did something at the terminal. Mouse events come as [`Msg::Mouse`], once it is known what they hit.
    Input(Input),
    /// The mouse did something on a part of the screen.
    Mouse(MouseEvent, Hit),
    /// The terminal has this size now: columns, rows.
    Size(u16, u16),
    /// A new look at the machine.
    Snapshot(Arc<Snapshot>),
    /// A new reading of the slow sensors.
    Sensors(Arc<Sensors>),
    /// How the CPUs belong together; told once, soon after the start.
    Topology(Arc<Topology>),
    /// What became of an act.
    Control(Box<ControlNews>),
    /// What happens in the lab.
    Lab(LabNews),
    /// What the lab found when it looked back.
    LabFound(LabFound),
    /// A look at a page of the inspector.
    Inspected(Arc<Inspection>),
    /// A sentence from the shell for the notice line, which is good news or bad.
    Notice {
        /// Whether it is bad news.
        bad: bool,
        /// The sentence; safe to show.
        text: String,
    },
    /// These settings stand in the configuration now.
    Saved(Box<Settings>),
    /// The configuration was not written: this was changed here and in the file, and somebody has to say which counts.
    Clash(Vec<String>),
    /// Time passed: see [`super::App::wakeup`].
    Tick,
}

/// What lies under the mouse.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hit {
    /// The table's line with this number.
    Line(usize),
    /// The fold mark of that line.
    FoldMark(usize),
    /// The header of the column at this place.
    Column(usize),
    /// A key of the key bar.
    Key(Action),
    /// A screen's tab.
    Tab(Tab),
    /// A tab of the inspector.
    Page(Page),
    /// The title of a column of the inspector.
    Title(Spotted),
    /// An experiment of the lab, by its place in the list.
    Experiment(usize),
    /// A field of the lab's form.
    Field(FormField),
    /// An item of the open layer.
    Item(usize),
    /// A row of the set-up, by its pane and its place there.
    Row(usize, usize),
    /// The word for a scope in the open layer.
    Scope(Scope),
    /// A part of the open layer that does what this key does.
    Press(Chord),
    /// The open layer, but no item of it.
    Layer,
    /// Nothing that can be pressed.
    Nothing,
}

/// Something the shell must do.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Leave the terminal and stop, as Ctrl-Z means.
    Suspend,
    /// Draw everything anew, whatever the terminal holds.
    Redraw,
    /// Look at the machine now.
    Sample,
    /// The sampler is to read this from now on.
    Wants(WantsChange),
    /// Sample every so many seconds from now on.
    Interval(f64),
    /// For the control thread.
    Control(ControlOrder),
    /// For the lab.
    Lab(LabOrder),
    /// Look for what crashed sessions of the lab left behind, and for what earlier ones kept.
    LookBack,
    /// Look at these processes as the lab looks at its workers, or at nobody any more; nothing is started for it.
    Watch(Option<Box<WatchPlan>>),
    /// For the inspector's thread.
    Inspect(InspectOrder),
    /// Put this text into the clipboard.
    Copy(String),
    /// Put these rows of the table into the clipboard, as JSON.
    CopyRows(Vec<ProcId>),
    /// Write a picture of the screen to the file of this name, which must not exist yet.
    SaveScreen(String),
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Write what was changed to the configuration.
    Save(Box<Saving>),
}

/// What is to be saved.
#[derive(Clone, PartialEq, Debug)]
pub struct Saving {
    /// Everything as it is now.
    pub now: Settings,
    /// As it was when it was read or saved last: what differs was changed here.
    pub base: Settings,
    /// Where somebody else has changed the same in the file: whether ours counts; `None` asks.
    pub ours: Option<bool>,
}

/// A change of what is to be read.
#[derive(Clone, Debug)]
pub struct WantsChange(pub Wants);

impl PartialEq for WantsChange {
    fn eq(&self, other: &WantsChange) -> bool {
        self.0.needs == other.0.needs && self.0.visible == other.0.visible && self.0.slow == other.0.slow
    }
}
