//! `glowtop kill`: whom a filter finds is named, asked for, signalled, and followed until it is known what came of it.
//!
//! One look at the machine says who is meant. Each of them is pinned before it is shown, so that whoever is named in the
//! preview is the one who is hit, however long the question stands.

mod ask;
pub(super) mod choice;
mod preview;
mod pursue;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::log::{Log, LogFile};
use super::{output, words};
use crate::control::{self, Control};
use crate::export;
use crate::model::{
    Act, ControlNews, ControlOrder, Danger, Deed, Kind, Needs, NextStep, ProcId, Reach, Reading, Signal,
    Snapshot, Source, State, Target, Task, Untrusted, Wants, derive,
};
use crate::proc::Live;
use crate::query::{Filter, Views};
use ask::Answer;
use choice::Choice;
use preview::Preview;
use pursue::Heard;

/// Not all ended or were delivered, nobody matched, or the answer was no.
const FAILED: u8 = 1;
/// Wrong usage, or what cannot be asked.
const USAGE: u8 = 2;

/// How often the machine is looked at until every command line has been read; a look takes 150 ms at most where some
/// hang.
const MOST_LOOKS: u32 = 16;

/// The time between two looks over which rates are taken.
const RATES: Duration = Duration::from_secs(1);

/// How long, at the end, the control thread may take for what it has in hand.
const FAREWELL: Duration = Duration::from_secs(2);

/// The names under which the control thread knows those who are meant, and those below them.
const MEANT: u64 = 1;
const BELOW: u64 = 2;

const AFTER_HELP: &str = "\
Whom it would reach is shown first; then it asks, unless --yes says that it is meant. Left out are this command itself, \
those under whom it runs, and threads of the kernel, unless pid:N names them.

Exit status: 0 all did what the signal asks; 1 not all, nobody matched, or the answer was no; 2 wrong usage, or nobody to \
ask. SIGTERM, SIGINT, SIGQUIT, SIGABRT and SIGKILL ask to end; of others that end by default, as SIGHUP, it is enough that \
they were caught.";

/// Whom to signal, how, and what to say of it.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER_HELP)]
pub(super) struct KillArgs {
    /// Who is meant: pieces of command lines with | between alternatives, pid:N for one process, or a query such as
    /// 'name=cc1plus and age>1h and not user=root'; `glowtop print fields` lists what can be asked for
    #[arg(value_name = "QUERY")]
    pub(super) filter: String,
    /// The signal, by name or number
    #[arg(short, long, value_name = "SIGNAL", default_value = "TERM", value_parser = signal)]
    signal: Signal,
    /// Also everything below them in the tree of processes
    #[arg(short, long)]
    tree: bool,
    /// SIGTERM, and after so many seconds SIGKILL for whoever is left
    #[arg(long, value_name = "SECONDS", conflicts_with = "signal",
          value_parser = clap::value_parser!(u32).range(1..=3600))]
    ladder: Option<u32>,
    /// Only show whom it would reach
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Do not ask; what is dangerous is done only where pid:N names it
    #[arg(short, long)]
    yes: bool,
    /// Write JSON at the end: an array of objects, one for each process
    #[arg(long)]
    json: bool,
    /// Seconds after which one that has not ended is called still alive, 0.1 to 3600
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = super::words::delay)]
    patience: f64,
    /// Also write what is done, and what comes of it, to this file: a line of JSON for each step
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn signal(text: &str) -> Result<Signal, String> {
    Signal::parse(text).ok_or_else(|| "there is no such signal; `kill -l` lists them".to_owned())
}

impl KillArgs {
    fn act(&self) -> Act {
        self.ladder.map_or(Act::Signal(self.signal), |seconds| Act::Ladder { seconds })
    }

    /// The signal that is sent first.
    fn first_signal(&self) -> Signal {
        if self.ladder.is_some() { Signal::TERM } else { self.signal }
    }

    /// Whether somebody may end or stop.
    fn is_harmful(&self) -> bool {
        self.ladder.is_some() || self.signal.is_dangerous()
    }

    fn reach(&self) -> Reach {
        if self.tree { Reach::Subtree } else { Reach::Pinned }
    }
}

/// Runs `glowtop kill …`.
pub(super) fn main(args: &KillArgs, root: &Path, views: &Views) -> ExitCode {
    let refuse = |sentence: &str| {
        output::complain(&format!("glowtop: {sentence}"));
        ExitCode::from(USAGE)
    };
    let mut filter = match words::understand(&args.filter, views) {
        Ok(filter) => filter,
        Err(status) => return status,
    };
    // A blank is a piece of nearly every command line; on the screen it may be one, here nobody means it.
    if filter.is_empty() || args.filter.chars().all(|c| c.is_whitespace() || c == '|') {
        return refuse("an empty filter matches everybody; say who is meant");
    }
    if root != Path::new("/") {
        return refuse("only processes of the live system can be signalled");
    }
    let log = match args.log.as_deref().filter(|_| !args.dry_run).map(LogFile::open).transpose() {
        Ok(log) => log,
        Err(why) => return refuse(&why),
    };
    let snapshot = match look(root, &filter) {
        Ok(snapshot) => snapshot,
        Err(nothing) => return refuse(&nothing),
    };
    if snapshot.system.hidepid {
        output::complain("glowtop: hidepid: the kernel shows only some processes");
    }
    filter.look(&snapshot);
    words::say_unsure(&filter, &snapshot);
    let choice = Choice::new(&snapshot, &filter, args.tree);
    if choice.targets.is_empty() {
        let filter = args.filter.trim();
        // A number is a piece of a command line like any other.
        let hint = filter
            .parse::<u32>()
            .map_or_else(|_| String::new(), |pid| format!("; pid:{pid} names the process of that number"));
        output::complain(&format!(
            "glowtop: no process matches '{}'{hint}",
            Untrusted::from(&*args.filter).show(100)
        ));
        choice.left_out.iter().for_each(output::complain);
        return ExitCode::from(FAILED);
    }
    if choice.reaches_us {
        return refuse(
            "with --tree this would end glowtop itself before it is done: it runs below one of them",
        );
    }
    match Hand::new(args, log) {
        Ok(hand) => hand.carry_out(args, &filter, &snapshot, choice),
        Err(error) => {
            output::complain(&format!("glowtop: control could not be started: {error}"));
            ExitCode::from(FAILED)
        }
    }
}

/// A look, all of it; where the query asks for rates a second one, [`RATES`] later. On a machine that hardly answers, command lines come in late; who is meant
/// may hang on them, so that it is looked again, at most [`MOST_LOOKS`] times.
pub(super) fn look(root: &Path, filter: &Filter) -> Result<Snapshot, String> {
    let rates = filter.query().needs_rates();
    let wants = Wants { needs: Needs::FULL | filter.needs(), ..Wants::default() };
    let mut source = Live::new(root);
    let mut first = None;
    if rates {
        first = Some(derive(None, source.sample(&wants).map_err(|nothing| nothing.to_string())?));
        std::thread::sleep(RATES);
    }
    let mut looks = 1;
    loop {
        let sample = source.sample(&wants).map_err(|nothing| nothing.to_string())?;
        let snapshot = derive(first.as_ref(), sample);
        let lives = || snapshot.procs.iter().map(|proc| &*proc.task).filter(|task| is_alive(task));
        let unread = lives().filter(|task| task.command == Reading::NotRead).count();
        if (unread == 0 && !lives().any(|task| lacks_details(task, wants.needs))) || looks == MOST_LOOKS {
            if unread > 0 {
                output::complain(&format!(
                    "glowtop: the command lines of {unread} processes could not be read: the filter saw their names only"
                ));
            }
            return Ok(snapshot);
        }
        looks += 1;
    }
}

/// Whether it has a command line, most likely.
fn is_alive(task: &Task) -> bool {
    let has_one = task.kind == Kind::Process && !matches!(task.state, State::ZOMBIE | State::DEAD);
    // Who has no memory left is about to end.
    has_one && task.virt > 0
}

/// Whether something that others read for us was not read in time.
fn lacks_details(task: &Task, needs: Needs) -> bool {
    let details = task.details();
    (needs.has(Needs::PORTS) && details.is_none_or(|details| details.ports == Reading::NotRead))
        || (needs.has(Needs::ROLLUP) && details.is_none_or(|details| details.rollup == Reading::NotRead))
}

/// The thread that acts, and what is heard of it.
struct Hand {
    control: Control,
    heard: Receiver<Heard>,
    /// To be heard of by others too.
    tell: Sender<Heard>,
    /// Nothing is ever sent here: it closes when the thread has ended.
    ended: Receiver<()>,
    log: Option<Log>,
}

impl Hand {
    fn new(args: &KillArgs, log: Option<LogFile>) -> std::io::Result<Hand> {
        let complain = |text: String| output::complain(&format!("glowtop: {text}"));
        let log = match log {
            None => None,
            Some(file) => {
                file.remark.iter().cloned().for_each(complain);
                Some(Log::start(file, complain)?)
            }
        };
        let write_down = log.as_ref().map(Log::teller);
        let (tell, heard) = channel();
        let news = tell.clone();
        let (lives, ended) = channel::<()>();
        let control =
            control::start_with(Duration::from_secs_f64(args.patience), move |told: ControlNews| {
                let _ = &lives;
                if let Some(write_down) = &write_down {
                    write_down(&told);
                }
                // Nobody listens any more when the command is leaving.
                let _ = news.send(Heard::News(Box::new(told)));
            })?;
        Ok(Hand { control, heard, tell, ended, log })
    }

    /// Shows, asks, acts and follows.
    fn carry_out(self, args: &KillArgs, filter: &Filter, snapshot: &Snapshot, choice: Choice) -> ExitCode {
        let Choice { targets, below, left_out, .. } = choice;
        self.control.send(ControlOrder::Pin { session: MEANT, targets: targets.clone() });
        self.control.send(ControlOrder::Pin { session: BELOW, targets: below.clone() });
        let standings = pursue::standings(&self.heard, targets.len() + below.len());
        self.control.send(ControlOrder::Release { session: BELOW });
        let signal = (args.first_signal(), args.is_harmful());
        let preview = Preview::new(snapshot, &targets, &below, &standings, signal, left_out);
        if args.dry_run && args.json {
            let untouched = |target: &Target| Deed::untouched(target.clone(), args.act());
            let deeds: Vec<Deed> = targets.iter().chain(&below).map(untouched).collect();
            return output::write(|out| export::acts(&deeds, out));
        }
        if args.dry_run {
            return output::write(|out| preview.write(usize::MAX, out));
        }
        // Beside what is asked, not in what a program reads.
        let mut text = Vec::new();
        if preview.write(preview::ROWS, &mut text).is_ok() {
            output::complain(String::from_utf8_lossy(&text).trim_end());
        }
        match confirmed(args, filter, &targets, &below, &preview.dangers) {
            Ok(true) => self.act(args, &targets),
            Ok(false) => {
                output::complain("nothing sent");
                ExitCode::from(FAILED)
            }
            Err(why) => {
                output::complain(&format!("glowtop: nothing sent: {why}"));
                ExitCode::from(USAGE)
            }
        }
    }

    fn act(self, args: &KillArgs, targets: &[Target]) -> ExitCode {
        let Hand { control, heard, tell, ended, log } = self;
        pursue::hear_of_signals(tell);
        let (act, reach) = (args.act(), args.reach());
        // What a ladder or a subtree comes to is known only when the control thread says that it is over.
        let wait_for_the_end = args.tree || args.ladder.is_some();
        control.send(ControlOrder::Act { session: MEANT, act, only: Vec::new(), reach });
        let longest = args.patience + f64::from(args.ladder.unwrap_or(0));
        let mut pursued = pursue::pursue(&heard, targets, wait_for_the_end, longest, |news| {
            if !args.json {
                output::say(&news.says(&(news.reason() + &news.advice(way))));
            }
        });
        if pursued.left {
            control.send(ControlOrder::Cancel { session: MEANT });
            output::complain("glowtop: left before all was known");
        }
        // First who tells the log, then the log, which ends when nobody can tell it more. What the thread has in hand it
        // brings to an end: nobody must stay stopped because we leave.
        drop(control);
        let _ = ended.recv_timeout(FAREWELL);
        pursued.hear_the_rest(&heard);
        drop(log);
        let story = pursued.story(targets, act);
        if args.json {
            let written = output::write(|out| crate::export::acts(&story, out));
            if written != ExitCode::SUCCESS {
                return written;
            }
        } else if pursued.left {
            story
                .iter()
                .filter(|deed| deed.verdict.is_none())
                .for_each(|deed| output::say(&pursue::unknown(deed)));
        }
        let done = !pursued.left && pursued.escaped == 0 && story.iter().all(crate::model::Deed::is_done);
        ExitCode::from(if done { 0 } else { FAILED })
    }
}

/// The options that take a next step.
fn way(step: &NextStep) -> Option<String> {
    match step {
        NextStep::Send(signal) | NextStep::Try(signal) => {
            Some(format!("--signal {}", signal.name().trim_start_matches("SIG")))
        }
        NextStep::EndParent { pid, .. } | NextStep::EndChild { pid, .. } => Some(format!("pid:{}", (*pid)?)),
        NextStep::Detach { tracer, .. } => Some(format!("pid:{tracer}")),
        NextStep::ThawCgroup { .. } | NextStep::ShutDown | NextStep::Wait => None,
    }
}

/// Whether it is meant.
///
/// # Errors
///
/// It cannot be found out, or is refused: why.
fn confirmed(
    args: &KillArgs,
    filter: &Filter,
    targets: &[Target],
    below: &[Target],
    dangers: &[Danger],
) -> Result<bool, String> {
    let harmful = args.ladder.is_some() || args.signal.is_dangerous();
    let grave: Vec<&Danger> =
        dangers.iter().filter(|danger| harmful && danger.needs_confirmation()).collect();
    if args.yes {
        let all_named = targets.iter().all(|target| filter.names(target.id.pid));
        let named = |danger: &Danger| match danger {
            Danger::Init => filter.names(crate::model::Pid::INIT),
            Danger::ContainerInit(pid, _) | Danger::Ancestor(pid, _) => filter.names(*pid),
            Danger::Users(_) => all_named,
            Danger::Ourselves => false,
            Danger::Kernel(_) => true,
        };
        return match grave.iter().find(|danger| !named(danger)) {
            None => Ok(true),
            Some(danger) => {
                Err(format!("{}; --yes does that only to those that pid:N names", danger.sentence()))
            }
        };
    }
    let question = question(args, targets.len(), below.len());
    match ask::ask(&question, !grave.is_empty()) {
        Answer::Yes => Ok(true),
        Answer::No => Ok(false),
        Answer::NoTerminal => Err("there is no terminal to ask on; --yes means it without".to_owned()),
    }
}

/// What is asked, without a question mark.
fn question(args: &KillArgs, meant: usize, below: usize) -> String {
    let noun = if meant == 1 { "process" } else { "processes" };
    let tree = match (args.tree, below) {
        (false, _) => String::new(),
        (true, 0) => " and whatever is below".to_owned(),
        (true, below) => format!(" and whatever is below, now {below}"),
    };
    let signal = args.first_signal().name();
    match args.ladder {
        None => format!("Send {signal} to {meant} {noun}{tree}"),
        Some(seconds) => {
            format!("Send {signal} to {meant} {noun}{tree}, and SIGKILL after {seconds} s to who is left")
        }
    }
}

/// The identities of `targets`.
fn ids(targets: &[Target]) -> Vec<ProcId> {
    targets.iter().map(|target| target.id).collect()
}
