//! `glowtop --accessible`: no screen, but a conversation in lines, which a screen reader can follow.
//!
//! Enter looks at the machine and says what it is like, in sentences; everything else are the commands of the shell
//! (`ps`, `kill`, `lab` …), so there is nothing new to learn. Nothing is overwritten, nothing comes unasked.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::args::{self, Command, Options};
use super::event::now;
use super::settings::Place;
use super::{output, words};
use crate::catalog::column;
use crate::export::{self, Order};
use crate::model::{Kind, Needs, NoSample, Snapshot, Source, Wants, derive};
use crate::proc::Live;
use crate::query::{Filter, Views};

/// Processes that are told after each look.
const TOLD: usize = 5;
/// Two looks are at least so far apart; rates need two.
const APART: Duration = Duration::from_millis(300);
/// Longest line that is taken, bytes.
const LONGEST: u64 = 4096;

const HELP: &str = "\
Enter alone looks at the machine again, and says how busy it is and who uses most.
busy 10 tells ten processes instead of five. busy 10 QUERY tells those that match, such as: busy 10 user=root and mem>1GiB.
ps, kill, lab, inspect and print are the commands of the shell, with the same words. ps pid:7 lists process 7; kill pid:7 ends it, \
after a question; kill pid:7 --signal STOP freezes it; lab run primes runs a workload. Each explains itself with --help.
quit ends.";

/// What a line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Wish {
    Look,
    Busy(usize, String),
    Help,
    Quit,
    /// A command of the shell: its words.
    Other(Vec<String>),
    /// It cannot be understood: why.
    Nothing(&'static str),
}

/// Talks until the input ends or somebody leaves; status 2 where there is nothing to look at.
pub(super) fn main(options: &Options, config: Option<&Path>, root: &Path) -> ExitCode {
    let text = options.filter.as_deref().unwrap_or("");
    let views = Place::find(config).told().saved.views;
    let filter = match words::understand(text, &views) {
        Ok(filter) => filter,
        Err(status) => return status,
    };
    let mut talk = Talk { source: Box::new(Live::new(root)), before: None, filter, views };
    output::say("glowtop, in lines. Type help and Enter for what can be said, quit and Enter to leave.");
    if let Err(nothing) = talk.tell(TOLD, "") {
        output::complain(&format!("glowtop: {nothing}"));
        return ExitCode::from(2);
    }
    loop {
        if io::stdin().is_terminal() {
            // Where it cannot be written nobody waits for it.
            let _ = write!(io::stdout(), "glowtop> ").and_then(|()| io::stdout().flush());
        }
        let wished = match line(&mut io::stdin().lock()) {
            Ok(None) => return ExitCode::SUCCESS,
            Ok(Some(line)) => line.map_or_else(Wish::Nothing, |line| wish(&line)),
            Err(error) => {
                output::complain(&format!("glowtop: nothing can be read: {error}"));
                return ExitCode::FAILURE;
            }
        };
        let told = match wished {
            Wish::Quit => return ExitCode::SUCCESS,
            Wish::Help => {
                output::say(HELP);
                Ok(())
            }
            Wish::Nothing(why) => {
                output::say(why);
                Ok(())
            }
            Wish::Look => talk.tell(TOLD, ""),
            Wish::Busy(count, query) => talk.tell(count, &query),
            Wish::Other(words) => {
                carry_out(&words, options.readonly, config, root, &talk.views);
                Ok(())
            }
        };
        if let Err(nothing) = told {
            output::say(&format!("{nothing}"));
        }
    }
}

/// A command of the shell; what it has to say it says itself.
fn carry_out(words: &[String], readonly: bool, config: Option<&Path>, root: &Path, views: &Views) {
    let all = std::iter::once("glowtop".into()).chain(words.iter().map(Into::into));
    // Where it was wrong, or asked for help, that is written already.
    let Ok(mut line) = args::parse(all) else { return };
    root.clone_into(&mut line.root);
    // What is wrong with our configuration was told; another one is somebody else's.
    let known = line.config.is_none().then_some(views);
    line.config = line.config.or_else(|| config.map(Path::to_owned));
    match line.command {
        None => output::say("There is no such command. Type help and Enter."),
        Some(Command::Kill(_) | Command::Lab(_)) if readonly => {
            output::say("glowtop runs with --readonly: it changes nothing.");
        }
        Some(_) => _ = super::command(line, known),
    }
}

/// The machine as it was last seen.
struct Talk {
    source: Box<dyn Source>,
    before: Option<Snapshot>,
    /// What the command line narrows it to.
    filter: Filter,
    /// The queries that have names.
    views: Views,
}

impl Talk {
    /// Looks, and tells the machine and those `count` that match and use most.
    fn tell(&mut self, count: usize, query: &str) -> Result<(), NoSample> {
        let mut narrowed = None;
        if !query.is_empty() {
            let Ok(filter) = words::understand(query, &self.views) else { return Ok(()) };
            narrowed = Some(filter);
        }
        let needs = narrowed.as_ref().map_or(Needs::NOTHING, Filter::needs) | self.filter.needs();
        let snapshot = self.look(needs)?;
        let lines = sentences(&snapshot, count, &mut self.filter, narrowed.as_mut());
        self.before = Some(snapshot);
        for line in &lines {
            output::say(line);
        }
        Ok(())
    }

    fn look(&mut self, needs: Needs) -> Result<Snapshot, NoSample> {
        let wants = Wants { needs: Needs::FULL | needs, ..Wants::default() };
        if self.before.is_none() {
            self.before = Some(derive(None, self.source.sample(&wants)?));
        }
        // Over less than this, rates would be noise.
        let since = self.before.as_ref().map_or(0.0, |before| now().since(before.taken));
        std::thread::sleep(APART.saturating_sub(Duration::try_from_secs_f64(since).unwrap_or_default()));
        Ok(derive(self.before.as_ref(), self.source.sample(&wants)?))
    }
}

/// What is said of a look.
fn sentences(
    snapshot: &Snapshot,
    count: usize,
    always: &mut Filter,
    now: Option<&mut Filter>,
) -> Vec<String> {
    let mut lines = export::spoken::machine(snapshot);
    if snapshot.system.hidepid {
        lines.push("The kernel shows only some processes here: hidepid.".to_owned());
    }
    let Some(by) = column("cpu") else { return lines };
    always.look(snapshot);
    let mut chosen = export::select(snapshot, always, &Order::by(by));
    chosen.retain(|line| matches!(line.proc.task.kind, Kind::Process | Kind::Kernel));
    if let Some(filter) = now {
        filter.look(snapshot);
        chosen.retain(|line| filter.matches(line.proc));
        lines.push(match chosen.len() {
            0 => "No process matches.".to_owned(),
            1 => "1 process matches.".to_owned(),
            many => format!("{many} processes match."),
        });
    }
    lines.extend(chosen.iter().take(count).map(|line| export::spoken::process(snapshot, line.proc)));
    lines
}

/// The next line of `input`, or why it cannot be taken; `None` at the end. A line that is too long is skipped whole: its
/// end would be taken for a line of its own.
fn line(input: &mut impl BufRead) -> io::Result<Option<Result<String, &'static str>>> {
    let mut bytes = Vec::new();
    io::Read::take(&mut *input, LONGEST).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() as u64 == LONGEST && bytes.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        return Ok(Some(Err("This line is too long.")));
    }
    Ok(Some(String::from_utf8(bytes).map_err(|_| "This is no text.")))
}

/// What a line asks for.
fn wish(line: &str) -> Wish {
    let line = line.trim();
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match first {
        "" => Wish::Look,
        "quit" | "q" | "exit" | "bye" => Wish::Quit,
        "help" | "h" | "?" => Wish::Help,
        "busy" => {
            let rest = rest.trim();
            let (number, query) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            match number.parse() {
                Ok(count) => Wish::Busy(count, query.trim().to_owned()),
                Err(_) => Wish::Busy(TOLD, rest.to_owned()),
            }
        }
        _ => split(line).map_or(Wish::Nothing("A quotation mark is not closed."), Wish::Other),
    }
}

/// The words of a line as a shell parts them: at blanks, but for what stands in quotation marks or behind a backslash.
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(mark)) if c == mark => quote = None,
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_wish() {
        assert_eq!(wish("  \n"), Wish::Look);
        assert_eq!(wish("quit\n"), Wish::Quit);
        assert_eq!(wish("busy 3\n"), Wish::Busy(3, String::new()));
        assert_eq!(wish("busy 3 user=root and cpu>5\n"), Wish::Busy(3, "user=root and cpu>5".to_owned()));
        assert_eq!(wish("busy cc1\n"), Wish::Busy(TOLD, "cc1".to_owned()));
        assert_eq!(wish("kill 'a b' --yes"), Wish::Other(["kill", "a b", "--yes"].map(String::from).into()));
        assert!(matches!(wish("kill 'a"), Wish::Nothing(_)));
    }

    #[test]
    fn a_line_that_cannot_be_taken_is_skipped_whole() {
        let long = "x".repeat(LONGEST as usize);
        let text =
            [b"a\n", long.as_bytes(), b"quit\n\xff\xfe\nb\0\n", &long.as_bytes()[1..], b"\nlast"].concat();
        let mut input = io::Cursor::new(text);
        let mut next = || line(&mut input).unwrap();
        assert_eq!(next(), Some(Ok("a\n".to_owned())));
        assert_eq!(next(), Some(Err("This line is too long.")));
        assert_eq!(next(), Some(Err("This is no text.")));
        assert_eq!(next(), Some(Ok("b\0\n".to_owned())));
        assert_eq!(next(), Some(Ok(format!("{}\n", &long[1..]))));
        assert_eq!((next(), next()), (Some(Ok("last".to_owned())), None));
    }

    #[test]
    fn words_are_parted_as_in_a_shell() {
        let words = |line| split(line).map(|words| words.join("|"));
        assert_eq!(words(r#"ps "user=root and cpu>5" -n 3"#).as_deref(), Some("ps|user=root and cpu>5|-n|3"));
        assert_eq!(words(r#"a\ b "c\"d" 'e\' '' f"#).as_deref(), Some(r#"a b|c"d|e\||f"#));
        assert_eq!(words("  ").as_deref(), Some(""));
        assert_eq!(words("\"a"), None);
    }
}
