//! What the language promises, beyond what its parts promise each.

mod places;

use proptest::prelude::*;
use std::sync::Arc;

use super::expr::{Compare, Value};
use super::field::{How, KINDS, Op, STATES};
use super::fold::Needle;
use super::glob::Glob;
use super::pattern::Pattern;
use super::*;
use crate::model::{
    Command, Host, Kind, Memory, Nanos, Pid, ProcId, Reading, State, System, Task, TaskMemory,
};

fn proc(comm: &str, command: &[u8]) -> Proc {
    let mut task = Task::bare(ProcId::new(7, 1).unwrap());
    task.comm = Arc::new(comm.into());
    task.command = Command::parse(command).map_or(Reading::NotRead, |c| Reading::Known(Arc::new(c)));
    Proc::new(task)
}

fn matches(filter: &str, proc: &Proc) -> bool {
    Filter::parse(filter).matches(proc)
}

/// A machine of 1000 MiB, up for 1000 s, with these processes.
fn machine(procs: Vec<Proc>) -> Snapshot {
    let host = Arc::new(Host { ticks_per_second: 100, own_uid: 1000, ..Host::default() });
    let memory = Some(Memory { total: 1000 << 20, ..Memory::default() });
    let since_boot = Nanos(1_000_000_000_000);
    let system = System { host, memory, ..System::default() };
    Snapshot { number: 2, since_boot, system, procs, ..Snapshot::default() }
}

/// A compiler, 60 s old, 80 % of a CPU, 100 MiB, 30 s of CPU time, of ann.
fn compiler() -> Proc {
    let mut proc = proc("cc1plus", b"/usr/lib/gcc/cc1plus\0-O2\0Parse.cc\0");
    proc.cpu = Some(80.0);
    let task = proc.task_mut();
    task.id = ProcId::new(42, 94_000).unwrap();
    (task.parent, task.pgrp, task.session) = (Pid::new(41), 40, 39);
    (task.user, task.uid) = (Some(Arc::new("ann".into())), Reading::Known(1000));
    (task.state, task.nice, task.priority, task.threads) = (State::RUNNING, -5, 15, 3);
    task.memory = Reading::Known(TaskMemory { resident: 100 << 20, shared: 4 << 10 });
    (task.virt, task.tty, task.cpu_clock) = (3 << 30, 136 << 8 | 3, Some(30_000_000_000));
    (task.utime, task.stime, task.processor) = (2500, 500, Some(6));
    proc
}

#[track_caller]
fn asked(text: &str, proc: &Proc) -> Truth {
    let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let prepared = query.prepare(&machine(vec![proc.clone()]));
    query.truth(proc, &prepared)
}

#[test]
fn pieces_match_whatever_their_case() {
    let vim = proc("vim.basic", b"/usr/bin/vim\0Notes.TXT\0");
    for filter in ["vim", "VIM", "notes.txt", "bin/vim n", "basic", "emacs|vim", "|vim", "x||notes"] {
        assert!(matches(filter, &vim), "{filter}");
    }
    for filter in
        ["emacs", "vim  ", "q|z", "vim&notes", "v.m", "not emacs", "vim and notes", "(vim)", "\"vim\""]
    {
        assert!(!matches(filter, &vim), "{filter}");
    }
}

#[test]
fn nothing_typed_matches_everything_and_needs_nothing() {
    for filter in ["", "|", "||"] {
        assert!(matches(filter, &proc("", b"")), "{filter}");
        assert_eq!(Filter::parse(filter).needs(), Needs::NOTHING);
        assert!(Filter::parse(filter).is_empty());
    }
    assert_eq!(Filter::parse("a").needs(), Needs::COMMAND);
    assert_eq!(Filter::parse(" A|b").text(), " A|b");
}

#[test]
fn a_number_names_one_and_is_no_text() {
    let mut seven = proc("sh", b"sh\0-c\0watch pid:8\0");
    let pid = |n| Pid::new(n).unwrap();
    for filter in ["pid:7", "PID:7", "vim|pid:7", " pid:7 ", "pid:1|pid:7|", "pid:07", "vim | pid:7", "pid=7"]
    {
        assert!(matches(filter, &seven), "{filter}");
        let filter = Filter::parse(filter);
        assert!(filter.names(pid(7)) && !filter.names(Pid::INIT.max(pid(8))), "{filter:?}");
    }
    // Text that looks like another process's number is in its command line.
    for filter in ["pid:8", "pid:77", "vim|pid:70", "pid:0"] {
        assert!(!matches(filter, &seven), "{filter}");
    }
    for filter in ["pid:8|watch", "pid:8|sh -c", "not x|pid:7", "pid:7|pid:8 or cpu>50", "(vim|pid:7) pid<8"]
    {
        assert!(matches(filter, &seven), "{filter}");
    }
    assert!(Query::parse("pid:7|cpu>5").is_err() && Query::parse("pid:x").is_err());
    for (filter, named) in [
        ("pid:7|make", true),
        ("cpu>50 or pid=7", true),
        ("cpu>50 or make|pid:7", true),
        ("pid:7 and cpu>50", false),
        ("pid<8", false),
        ("pid!=8", false),
        ("not pid!=7", false),
        ("under:7", false),
        ("ppid:7", false),
        ("\"pid:7\"", false),
    ] {
        assert_eq!(Filter::parse(filter).names(pid(7)), named, "{filter}");
    }
    let filter = Filter::parse("pid:7|pid:9");
    assert!(!filter.is_empty() && filter.needs() == Needs::NOTHING && filter.find(b"pid:7").is_none());
    seven.task_mut().kind = Kind::ShortLived;
    for filter in ["pid:7", "x|pid:7", "not x|pid:7 and cpu>=0 or pid:7"] {
        assert!(!matches(filter, &seven), "those that died below it are others: {filter}");
    }
    assert_eq!(asked("not (x|pid:8) and ppid>=0", &seven), Truth::Unknown);
}

#[test]
fn who_asks_for_rates_needs_two_looks() {
    for (text, needed) in
        [("cpu>50", true), ("a or not (b and cpu<1)", true), ("time>5 and a", false), ("cpu", false)]
    {
        assert_eq!(Query::parse(text).unwrap().needs_rates(), needed, "{text}");
    }
}

#[test]
fn a_kernel_thread_and_an_unread_command_line_match_by_name() {
    let mut worker = proc("kworker/0:1", b"");
    assert!(matches("kworker", &worker));
    worker.task_mut().kind = Kind::Kernel;
    assert!(matches("KWORKER", &worker) && !matches("bash", &worker));
    assert!(matches("cmd:kworker*", &worker) && matches("name=kworker/0:1", &worker));
}

#[test]
fn other_scripts_fold_too_and_broken_bytes_do_not_hide_the_rest() {
    let odd = proc("x", "\u{c4}PFEL \u{3a3}\0".as_bytes());
    assert!(matches("äpfel σ", &odd));
    let mut raw = b"\xff\xfe caf".to_vec();
    raw.extend_from_slice("É\u{ff}".as_bytes());
    assert!(matches("café", &proc("x", &raw)));
    assert!(matches("caf", &proc("x", &raw)));
}

#[test]
fn the_leftmost_longest_match_is_marked() {
    let find = |filter: &str, text: &str| Filter::parse(filter).find(text.as_bytes());
    assert_eq!(find("b", "abc"), Some(1..2));
    assert_eq!(find("bc|b|c", "abc"), Some(1..3));
    assert_eq!(find("É", "xé!"), Some(1..3));
    assert_eq!(find("", "abc"), None);
    assert_eq!(find("abcd", "abc"), None);
    assert_eq!(find("cpu>5 and c", "abc"), Some(2..3));
    assert_eq!(find("name~b. or c", "abc"), Some(1..3));
    assert_eq!(find("name~x* and not b and user~a", "abc"), None);
}

#[test]
fn each_field_compares() {
    let compiler = compiler();
    for text in [
        "name=cc1plus",
        "name~^cc1",
        "name:cc1*",
        "name!=cc1",
        "cmd~parse",
        "cmd~Parse",
        "cmd:*parse.cc",
        "cmdline:*-O2*",
        "user=ann",
        "user!=root",
        "user=me",
        "user:me",
        "user:a*",
        "uid=1000",
        "pid:42",
        "pid=42",
        "ppid=41",
        "state=R",
        "state:running",
        "state!=D",
        "cpu>50",
        "cpu>=80%",
        "cpu = 80",
        "cpu<80.5%",
        "mem>5%",
        "mem=10",
        "mem>=100MiB",
        "res>99M",
        "res=0.1gib or res>100MB",
        "shr:4k",
        "virt>=3G",
        "age<2m",
        "age=60s",
        "elapsed>=1m",
        "time>25",
        "time<=0h0m30s",
        "utime=25",
        "stime=5000ms",
        "threads>2",
        "nice<0",
        "nice=-5",
        "prio=15",
        "priority<20",
        "processor=6",
        "minflt=0",
        "majflt<1",
        "tty=pts/3",
        "tty:pts/*",
        "pgrp=40",
        "session=39",
        "kind=process",
        "kind!=kernel",
        "under:42",
        "under=42",
    ] {
        assert_eq!(asked(text, &compiler), Truth::True, "{text}");
        assert_eq!(
            asked(&format!("not {text}"), &compiler) == Truth::False,
            !text.contains(" or "),
            "{text}"
        );
    }
    for text in [
        "name=CC1plus",
        "name~CC1",
        "cmd~PARSE",
        "cmd:parse.cc",
        "user:A*",
        "state=t",
        "cpu>80",
        "mem>10%",
        "res<100M",
        "age>1m",
        "time!=30s",
        "kind=thread",
        "under:41",
        "tty=-",
        "user!=me",
        "user~^me$",
    ] {
        assert_eq!(asked(text, &compiler), Truth::False, "{text}");
    }
}

#[test]
fn conditions_join_and_the_tighter_binds_first() {
    let compiler = compiler();
    for text in [
        "name~cc1 and cpu>50 and age<2m and user!=root and not state=D",
        "cpu>50 parse.cc",
        "cc1plus cpu>50",
        "cpu<1 or cpu>50 and plus",
        "(cpu>50 or cpu<1) AND (x or PLUS)",
        "not(cpu<1 or x)",
        "not not cpu>50",
        "(name~(cc1|clang)(plus)? or user=root)",
        "cpu>50 and \"-O2 Parse\"",
        "cpu>50 and -o2 parse",
        "cpu>50 and x|plus",
        "(cmd~\"\\bgcc/\")",
    ] {
        assert_eq!(asked(text, &compiler), Truth::True, "{text}");
    }
    for text in
        ["(cpu<1 or cpu>50) and x", "cpu<1 and cpu>50 or x", "not cpu>50 or x", "cpu>50 and \"x|plus\""]
    {
        assert_eq!(asked(text, &compiler), Truth::False, "{text}");
    }
}

#[test]
fn the_unknown_is_neither_true_nor_false() {
    let mut bare = Proc::new(Task::bare(ProcId::new(9, 1).unwrap()));
    bare.task_mut().comm = Arc::new("known".into());
    for text in [
        "user=ann",
        "uid!=0",
        "cpu>0",
        "cpu<=0",
        "mem>5%",
        "mem<1G",
        "res>0",
        "shr=0",
        "cmd~x",
        "name=x",
        "processor=1",
    ] {
        assert_eq!(asked(text, &bare), Truth::Unknown, "{text}");
        assert_eq!(asked(&format!("not {text}"), &bare), Truth::Unknown, "{text}");
        assert_eq!(asked(&format!("{text} and pid=9"), &bare), Truth::Unknown, "{text}");
        assert_eq!(asked(&format!("{text} and pid=8"), &bare), Truth::False, "{text}");
        assert_eq!(asked(&format!("{text} or pid=9"), &bare), Truth::True, "{text}");
        assert_eq!(asked(&format!("{text} or pid=8"), &bare), Truth::Unknown, "{text}");
        assert!(!matches(text, &bare) && !matches(&format!("not {text}"), &bare), "{text}");
    }
    // What is known decides: the name is, the command line could hold anything.
    assert_eq!(asked("name=known", &bare), Truth::True);
    assert_eq!(asked("pid=9 and not known", &bare), Truth::False);
    assert_eq!(asked("pid=9 and not other", &bare), Truth::Unknown);
    // Without a look nobody knows how old it is, nor who is below whom.
    for text in ["age>0", "time>=0", "under:9"] {
        assert!(!matches(text, &bare) && !matches(&format!("not {text}"), &bare), "{text}");
    }
    bare.task_mut().memory = Reading::Denied;
    assert_eq!(asked("res>0", &bare), Truth::Unknown);
}

#[test]
fn rows_of_the_dead_have_what_is_known_of_them() {
    let mut dead = proc("sh, date", b"240 children of make died");
    dead.cpu = Some(29.0);
    let task = dead.task_mut();
    (task.kind, task.parent, task.state) = (Kind::ShortLived, Pid::new(5), State::DEAD);
    task.id = ProcId::short_lived(Pid::new(5));
    for text in ["cpu>20", "ppid=5", "state=dead", "kind=died", "name~date", "cmd~sh"] {
        assert_eq!(asked(text, &dead), Truth::True, "{text}");
    }
    for text in ["name~children", "cmd~children", "kind=process"] {
        assert_eq!(asked(text, &dead), Truth::False, "{text}");
    }
    for text in ["pid=5", "mem>0", "age<1", "threads=1", "user=root", "nice=0", "tty=-"] {
        assert_eq!(asked(text, &dead), Truth::Unknown, "{text}");
    }
}

fn family(list: &[(u32, u32, u64)]) -> Vec<Proc> {
    let one = |(pid, parent, start): &(u32, u32, u64)| {
        let task = Task::bare(ProcId::new(*pid, *start).unwrap());
        Proc::new(Task { parent: Pid::new(*parent), ..task })
    };
    list.iter().map(one).collect()
}

fn found(filter: &Filter, snapshot: &Snapshot) -> Vec<u32> {
    let rows = snapshot.procs.iter().chain(&snapshot.ended).chain(&snapshot.short_lived);
    rows.filter(|proc| filter.matches(proc)).map(|proc| proc.task.id.pid.get()).collect()
}

#[test]
fn under_is_the_process_and_whoever_descends_from_it() {
    let mut procs = family(&[(1, 0, 0), (2, 1, 5), (3, 2, 6), (4, 1, 7), (5, 3, 8), (6, 2, 1)]);
    procs[4].task_mut().kind = Kind::Thread(Pid::new(3).unwrap());
    let mut snapshot = machine(procs);
    snapshot.ended = family(&[(8, 3, 9), (9, 4, 9)]);
    snapshot.ended.iter_mut().for_each(|proc| proc.gone = Some(Nanos(1)));
    let mut short_lived = Task::bare(ProcId::short_lived(Pid::new(3)));
    (short_lived.kind, short_lived.parent) = (Kind::ShortLived, Pid::new(3));
    snapshot.short_lived = vec![Proc::new(short_lived)];
    let mut filter = Filter::parse("under:2");
    filter.look(&snapshot);
    // 6 is older than 2, so its parent was another 2.
    assert_eq!(found(&filter, &snapshot), [2, 3, 5, 8, 3]);
    let mut others = Filter::parse("not under:2 and not under:77");
    others.look(&snapshot);
    assert_eq!(found(&others, &snapshot), [1, 4, 6, 9]);
}

#[test]
fn under_is_not_the_heir_of_a_pid() {
    let mut filter = Filter::parse("under:2 or under:7");
    filter.look(&machine(family(&[(1, 0, 0), (2, 1, 5), (3, 2, 6)])));
    let heir = machine(family(&[(1, 0, 0), (2, 1, 50), (4, 2, 60), (7, 1, 70)]));
    filter.look(&heir);
    assert_eq!(found(&filter, &heir), [7], "7 was not there before");
    let mut anew = Filter::parse("under:2");
    anew.look(&heir);
    assert_eq!(found(&anew, &heir), [2, 4]);
}

#[test]
fn under_stands_circles_and_long_chains() {
    let circle = machine(family(&[(2, 3, 5), (3, 4, 5), (4, 2, 5)]));
    for root in [2, 3, 4] {
        let mut filter = Filter::parse(&format!("under:{root}"));
        filter.look(&circle);
        assert!(found(&filter, &circle).contains(&root));
    }
    let chain: Vec<_> = (1..=100_000u32).map(|pid| (pid, pid - 1, 1)).collect();
    let chain = machine(family(&chain));
    let mut filter = Filter::parse("under:50001");
    filter.look(&chain);
    assert_eq!(found(&filter, &chain).len(), 50_000);
}

#[test]
fn what_compares_no_field_is_plain_text() {
    for text in [
        "nginx: worker process",
        "sshd: ann@pts/0",
        "--user=ann",
        "-Xmx=5",
        "if=/dev/zero",
        "localhost:8080",
        "http://x/?a=b",
        "not this",
        "a and (b or c)",
        "\"quoted\"",
        "\"user=",
        "(",
        "x \"y",
        "a->b",
        "5>3",
        "USER=root",
        "user",
        "user :x",
        "cpu",
        "héhé=5",
        "x=",
        "foo~",
    ] {
        let query = Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(query.is_plain() && query.to_string() == text, "{text}");
    }
    for text in ["cpu>50", "\"cpu>50\"", "\"usr=ann\"", "x user=ann", "name ~ x"] {
        assert!(!Query::parse(text).unwrap().is_plain(), "{text}");
    }
    assert!(matches("\"cpu>50\"", &proc("x", b"awk\0cpu>50")) && !matches("\"cpu>50\"", &compiler()));
}

#[test]
fn errors_point_at_the_place() {
    for (text, place, what) in [
        ("cpuu>50", "cpuu", "there is no field 'cpuu'; did you mean cpu? As plain text it needs quotes"),
        ("usr=ann", "usr", "there is no field 'usr'; did you mean user?"),
        ("cpu>5 and foo=bar", "foo", "there is no field 'foo'; as plain text it needs quotes"),
        ("cpu>abc", "abc", "'abc' is not a percentage such as 50%"),
        ("age<10y", "10y", "'10y' is not a time"),
        ("res>1X", "1X", "'1X' is not a size"),
        ("state=Q", "Q", "'Q' is not a state"),
        ("under:0", "0", "'0' is not the number of a process"),
        ("nice~5", "~", "'~' does not go with nice, which is a whole number; use = != < <= > >= :"),
        ("name>x", ">", "'>' does not go with name, which is a text; use = != ~ :"),
        ("name~a(", "a(", "this is no pattern: unclosed group"),
        ("cpu>", "", "a value is missing: behind 'cpu>' comes a percentage"),
        ("user: ann", "", "a value is missing: behind 'user:' comes a text"),
        ("cpu> and x", "", "a value is missing"),
        ("cpu>5 and", "", "a condition is missing after 'and'"),
        ("cpu>5 and or x", "or", "a condition is missing before 'or'"),
        ("or cpu>5", "or", "a condition is missing before 'or'"),
        ("not cpu>5 and not", "", "a condition is missing after 'not'"),
        ("() cpu>5", ")", "a condition is missing before ')'"),
        ("(cpu>5", "(", "this parenthesis is not closed"),
        ("cpu>5)", ")", "there is no parenthesis that this one closes"),
        ("cpu>5 and \"x", "\"x", "these quotes are not closed"),
        ("user=\"x", "\"x", "these quotes are not closed"),
        ("user=a\"b\"", "a\"b\"", "quotes go around a whole value"),
        ("nginx | user=ann", "|", "'|' stands between pieces of text; between conditions it is 'or'"),
        ("user=ann | nginx x", "|", "'|' stands between pieces of text"),
        ("cpu>5 and | and x", "|", "'|' stands between pieces of text"),
    ] {
        let error = Query::parse(text).unwrap_err();
        assert_eq!(text.get(error.at..error.at + error.len), Some(place), "{text}: {error:?}");
        assert!(error.to_string().starts_with(what), "{text}: {error}");
        // Whoever only filters gets plain text, and is told.
        let filter = Filter::parse(text);
        assert_eq!(filter.error(), Some(&error));
        assert!(
            filter.matches(&proc("x", text.as_bytes())) && !filter.matches(&proc("x", b"other")),
            "{text}"
        );
    }
    let deep = format!("{}cpu>5{}", "(".repeat(2_000), ")".repeat(2_000));
    assert_eq!(Query::parse(&deep).unwrap_err().what, "this is nested too deep");
    assert_eq!(Query::parse(&format!("{}cpu>5", "not ".repeat(65))).unwrap_err().at, 64 * 4);
    assert_eq!(Query::parse("cpu>").unwrap_err().at, 4, "what is not finished is wrong at the end");
}

#[test]
fn a_query_is_written_in_its_shortest_form() {
    for (text, written) in [
        ("  cpu > 50   mem>1024M ", "cpu>50% and mem>1GiB"),
        ("((cpu>50)or(b))", "cpu>50% or b"),
        ("age<90m AND (a b or c-d) and cpu>1", "age<1h30m and (a b or c-d) and cpu>1%"),
        ("not (cpu>1 and x) and time>=0", "not (cpu>1% and x) and time>=0s"),
        ("state:zombie pid:7 under=3", "state=Z and pid=7 and under:3"),
        ("name = \"a b\" command~\"x\" elapsed<1.5", "name=\"a b\" and cmd~x and age<1.5s"),
        ("name==x", "name=x"),
        ("\"cpu>50\" and \"a\\\"b\\\\\"", "\"cpu>50\" and \"a\\\"b\\\\\""),
    ] {
        assert_eq!(Query::parse(text).unwrap().to_string(), written, "{text}");
    }
}

#[test]
fn only_what_it_asks_for_is_read() {
    let needs = |text: &str| Query::parse(text).unwrap().needs();
    assert_eq!(needs("cpu>50 and pid=7"), Needs::NOTHING);
    assert_eq!(needs("user=ann or not name=x"), Needs::USER | Needs::COMMAND);
    assert_eq!(needs("mem>5%"), Needs::MEMORY | Needs::FRESH_MEMORY);
    assert_eq!(needs("cpu>5 foo"), Needs::COMMAND);
    assert_eq!(needs("kind=thread"), Needs::THREADS);
    assert_eq!(needs("kind!=thread"), Needs::NOTHING);
    assert_eq!(needs("under:1"), Needs::FRESH_STAT);
}

/// The filter as it was before there was a language.
fn old_filter(text: &str, proc: &Proc) -> bool {
    let pieces = text.split('|').filter(|piece| !piece.is_empty());
    let (numbers, pieces): (Vec<_>, Vec<_>) = pieces.partition(|piece| word::numbered(piece).is_some());
    let needles: Vec<Needle> = pieces.into_iter().map(Needle::new).collect();
    let task = &proc.task;
    let pids = numbers.iter().filter_map(|piece| word::numbered(piece));
    if task.kind != Kind::ShortLived && pids.into_iter().any(|pid| pid == task.id.pid) {
        return true;
    }
    let line = match task.kind {
        Kind::Process | Kind::Thread(_) => task.command.known().map(|command| command.line.bytes()),
        Kind::Kernel | Kind::ShortLived => None,
    };
    let is_in = |text: &[u8]| needles.iter().any(|needle| needle.find(text).is_some());
    (needles.is_empty() && numbers.is_empty()) || is_in(task.comm.bytes()) || line.is_some_and(is_in)
}

fn any_value(field: &'static Field) -> BoxedStrategy<(Op, Value)> {
    let op = |ops: &'static [Op]| prop::sample::select(ops);
    let amounts = &[Op::Is, Op::IsNot, Op::Below, Op::AtMost, Op::Above, Op::AtLeast];
    let equals = &[Op::Is, Op::IsNot];
    let percent = || (0.0f64..1e6).prop_map(Value::Percent);
    let size = || (any::<u64>(), 0u32..60).prop_map(|(n, shift)| Value::Bytes(n >> shift << shift));
    match field.how {
        How::Text(_) => prop_oneof![
            (op(equals), any_text()).prop_map(|(op, text)| (op, Value::Text(text))),
            any_text().prop_map(|text| (Op::Like, Value::Glob(Glob::new(&text)))),
            any_text()
                .prop_filter_map("no pattern", |text| Pattern::new(&text).ok())
                .prop_map(|pattern| (Op::Finds, Value::Pattern(pattern))),
        ]
        .boxed(),
        How::Whole(_) => (op(amounts), any::<i64>().prop_map(Value::Whole)).boxed(),
        How::Percent(_) => (op(amounts), percent()).boxed(),
        How::Size(_) | How::Rate(_) => (op(amounts), size()).boxed(),
        How::Memory(_) => (op(amounts), prop_oneof![size(), percent()]).boxed(),
        How::Span(_) => (op(amounts), any::<u64>().prop_map(Value::Nanos)).boxed(),
        How::Port(_) => (op(amounts), any::<u16>().prop_map(Value::Port)).boxed(),
        How::State => {
            (op(equals), prop::sample::select(&STATES[..]).prop_map(|(letter, ..)| Value::State(letter)))
                .boxed()
        }
        How::Kind => {
            (op(equals), prop::sample::select(&KINDS[..]).prop_map(|(kind, ..)| Value::Kind(kind))).boxed()
        }
        How::Under => {
            (1u32..5_000_000).prop_map(|pid| (Op::Like, Value::Pid(Pid::new(pid).unwrap()))).boxed()
        }
    }
}

/// Texts that want quotes, and some that do not.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z*?/.]{1,6}", r#"[a()\\"~=:<>!| é]{0,8}"#, "\\PC{0,8}", Just("and".to_owned())]
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let compare = prop::sample::select(fields().iter().collect::<Vec<_>>()).prop_flat_map(|field| {
        any_value(field).prop_map(move |(op, value)| Expr::Compare(Compare { field, op, value }))
    });
    let word = "[x-z/.|-][x-z0-9/.|:=-]{0,4}";
    let piece = prop_oneof![
        any_text().prop_map(|text| Expr::Piece(Piece::quoted(&text))),
        // Words that begin neither a field nor what looks like one.
        prop::collection::vec("[/.|-][x-z0-9/.|:=-]{0,4}", 1..3)
            .prop_map(|words| words.join(" "))
            .prop_filter("a bar at an end", |text| !text.starts_with('|') && !text.ends_with('|'))
            .prop_map(|text| Expr::Piece(Piece::bare(&text))),
        word.prop_filter("an operator", |text| !text.contains([':', '=']))
            .prop_filter("a bar at an end", |text| !text.starts_with('|') && !text.ends_with('|'))
            .prop_map(|text| Expr::Piece(Piece::bare(&text))),
    ];
    let leaf = prop_oneof![3 => compare, 1 => piece];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|expr| Expr::Not(Box::new(expr))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::all),
            prop::collection::vec(inner, 2..4).prop_map(Expr::any),
        ]
    })
}

/// Words of the language, in any order.
fn soup() -> impl Strategy<Value = String> {
    let words = [
        "cpu", "name", "usr", "under", "state", "tty", "(", ")", "\"", "\\", "and", "or", "not", "=", "!=",
        "<=", ">", "~", ":", "!", "*", "?", "[", "5%", "1GiB", "1h", "D", "|", " ", " ", " ", "é", "-",
        "foo", "7", "@", "@mine", "\u{a0}", "\n", "pid:", "pid:7|", "|pid:8",
    ];
    prop::collection::vec(prop::sample::select(words.to_vec()), 0..24).prop_map(|words| words.concat())
}

fn any_proc() -> impl Strategy<Value = Proc> {
    let line = prop_oneof![
        Just(Vec::new()),
        "[a-cA-C|:= \"()é-]{0,12}".prop_map(String::into_bytes),
        any::<Vec<u8>>()
    ];
    let kinds = [Kind::Process, Kind::Kernel, Kind::ShortLived, Kind::Thread(Pid::INIT)];
    ("[a-cA-C|:= \"é-]{0,8}", line, prop::sample::select(kinds.to_vec())).prop_map(|(comm, line, kind)| {
        let mut proc = proc(&comm, &line);
        proc.task_mut().kind = kind;
        proc
    })
}

/// What holds for every text there is.
fn holds_for_any_text(text: &str, procs: &[Proc]) -> Result<(), TestCaseError> {
    let filter = Filter::parse(text);
    prop_assert_eq!(filter.text(), text);
    match Query::parse(text) {
        Ok(query) => {
            prop_assert_eq!(filter.error(), None);
            let written = query.to_string();
            let again = Query::parse(&written);
            prop_assert_eq!(again.as_ref(), Ok(&query), "{}", written);
            if query.is_plain() {
                prop_assert_eq!(&written, text);
                for proc in procs {
                    prop_assert_eq!(filter.matches(proc), old_filter(text, proc));
                }
            }
        }
        Err(error) => {
            prop_assert!(text.get(error.at..error.at + error.len).is_some(), "{:?}", error);
            prop_assert!(!error.what.is_empty() && error.pointed(text)[1].ends_with('^'));
            for proc in procs {
                prop_assert_eq!(filter.matches(proc), old_filter(text, proc));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config({
        // PROPTEST_CASES makes a fuzzer of it.
        let usual = ProptestConfig::default();
        ProptestConfig { cases: usual.cases.saturating_mul(4), ..usual }
    })]

    #[test]
    fn what_is_written_reads_the_same(expr in any_expr()) {
        let query = Query(Form::Asked(expr));
        let written = query.to_string();
        match Query::parse(&written) {
            // Without a comparison it is plain text.
            Ok(read) if read.is_plain() => prop_assert_eq!(read.to_string(), written),
            read => prop_assert_eq!(read, Ok(query), "{}", written),
        }
    }

    #[test]
    fn any_words_will_do(text in soup(), procs in prop::collection::vec(any_proc(), 3)) {
        holds_for_any_text(&text, &procs)?;
    }

    #[test]
    fn any_bytes_will_do(bytes in any::<Vec<u8>>(), procs in prop::collection::vec(any_proc(), 2)) {
        holds_for_any_text(&String::from_utf8_lossy(&bytes), &procs)?;
    }

    #[test]
    fn text_without_operators_means_what_it_always_meant(
        text in "[^=<>~:@]{0,12}|[a-cA-C| \"()é-]{0,4}", procs in prop::collection::vec(any_proc(), 4)
    ) {
        prop_assert!(Query::parse(&text).unwrap().is_plain());
        for proc in &procs {
            prop_assert_eq!(matches(&text, proc), old_filter(&text, proc));
        }
    }

    #[test]
    fn any_cursor_in_any_words_is_offered_what_fits(text in soup(), cursor in 0usize..60) {
        let snapshot = machine(vec![compiler()]);
        for offer in complete(&text, cursor, &snapshot, &Views::default()) {
            prop_assert_eq!(offer.replace.end, cursor);
            let mut done = text.clone();
            done.replace_range(offer.replace, &offer.text);
            prop_assert!(Filter::parse(&done).text() == done);
        }
    }

    #[test]
    fn a_contrary_is_never_true_as_well(expr in any_expr()) {
        let (yes, no) = (Query(Form::Asked(expr.clone())), Query(Form::Asked(Expr::Not(Box::new(expr)))));
        let procs = [compiler(), Proc::new(Task::bare(ProcId::new(9, 1).unwrap()))];
        let snapshot = machine(procs.to_vec());
        for proc in &procs {
            let both = yes.matches(proc, &yes.prepare(&snapshot)) && no.matches(proc, &no.prepare(&snapshot));
            prop_assert!(!both);
        }
    }
}
