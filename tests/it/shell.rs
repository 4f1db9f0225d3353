//! `glowtop` as a command of the shell: listings, registries, pictures, completions, manual.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::fixture::Fixture;
use crate::pty::GLOWTOP;

fn glowtop(args: &[&str]) -> Output {
    Command::new(GLOWTOP)
        .args(args)
        .env("LC_ALL", "C.UTF-8")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What it wrote; it must have been content and silent on standard error.
fn text(args: &[&str]) -> String {
    let output = glowtop(args);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), complaint.as_str()), (Some(0), ""), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What it complained of: status 2, and nothing on standard output.
fn refused(args: &[&str]) -> String {
    let output = glowtop(args);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Whether there is a program of this name; where there is not, that is said, as what it is needed for is not checked.
fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_err() {
        eprintln!("there is no {program} here: not checked against it");
    }
    there.is_ok()
}

/// What both glowtop and ps(1) say of a process: parent, user, nice value, threads. And its start, seconds since the
/// epoch.
type Said = ((u64, String, i64, u64), f64);

/// `ps -A`, by pid.
fn by_ps() -> BTreeMap<u64, Said> {
    // The user as a number: ps cuts names.
    let mut list = Command::new("ps");
    list.args(["-A", "-o", "pid=,ppid=,uid=,ni=,nlwp=,lstart="]);
    let output = list.env("LC_ALL", "C").env("TZ", "UTC").output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| -> (u64, Said) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [pid, ppid, uid, nice, threads, _, month, day, time, year] = words[..] else { panic!("{line}") };
        // A real-time process has no nice value for ps.
        let said =
            (ppid.parse().unwrap(), uid.to_owned(), nice.parse().unwrap_or(0), threads.parse().unwrap());
        (pid.parse().unwrap(), (said, epoch(year, month, day, time)))
    };
    text.lines().map(line).collect()
}

/// A date as ctime(3) writes it, in UTC.
fn epoch(year: &str, month: &str, day: &str, time: &str) -> f64 {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let number = |text: &str| text.parse::<i64>().unwrap();
    // Days since 0000-03-01, in years that begin in March.
    let (year, month) = (number(year), MONTHS.iter().position(|name| *name == month).unwrap() as i64 + 1);
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + number(day) - 1 - 719_468;
    let clock = time.split(':').fold(0, |sum, part| sum * 60 + number(part));
    (days * 86_400 + clock) as f64
}

/// `glowtop ps --json`, by pid.
fn by_glowtop() -> BTreeMap<u64, Said> {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let uid = |name: &str| {
        let line = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
        line.filter(|fields| fields.len() > 2 && fields[0] == name)
            .map(|fields| fields[2].to_owned())
            .next()
            .unwrap_or_else(|| name.to_owned())
    };
    let list: Vec<Value> = serde_json::from_str(&text(&["ps", "--json", "-d", "0.1"])).unwrap();
    let one = |proc: &Value| {
        let user = match &proc["user"] {
            Value::String(name) => uid(name),
            number => number.to_string(),
        };
        let number = |id: &str| proc[id].as_u64().unwrap_or_else(|| panic!("{id} of {proc}"));
        let said = (number("ppid"), user, proc["nice"].as_i64().unwrap(), number("threads"));
        (number("pid"), (said, proc["start"].as_f64().unwrap()))
    };
    list.iter().map(one).collect()
}

#[test]
fn it_lists_the_processes_that_ps_lists() {
    if !has("ps") {
        return;
    }
    // There may be nobody else in a pid namespace.
    let _others: Vec<_> = (0..3).map(|_| crate::support::Guard::sleeper()).collect();
    // Another process may change its nice value or start a thread just then: whoever was seen to agree once agrees.
    let (mut agreed, mut differ) = (0, BTreeMap::new());
    for _ in 0..10 {
        let before = by_ps();
        let ours = by_glowtop();
        let after = by_ps();
        // Who was there before and after was there all the time.
        let both: Vec<_> = before
            .iter()
            .filter(|(pid, said)| after.get(*pid).is_some_and(|then| then.0 == said.0))
            .collect();
        differ.clear();
        agreed = 0;
        for (pid, (said, start)) in both {
            match ours.get(pid) {
                // ps counts in whole seconds, from a boot time that it rounds.
                Some((ours, began)) if ours == said && (began - start).abs() <= 1.5 => agreed += 1,
                other => drop(differ.insert(*pid, format!("ps: {said:?} {start}, glowtop: {other:?}"))),
            }
        }
        // And nobody who was never there.
        for pid in ours.keys().filter(|pid| !before.contains_key(pid) && !after.contains_key(pid)) {
            let known = std::fs::metadata(format!("/proc/{pid}")).is_ok();
            assert!(!known, "{pid} is alive, and ps does not know it");
        }
        if differ.is_empty() {
            break;
        }
    }
    assert!(differ.is_empty() && agreed > 3, "{differ:#?}");
}

/// A machine of three processes, the last two children of the first.
fn three() -> Fixture {
    let fixture = Fixture::new();
    fixture.process(1, 0, "init", 1, 1);
    fixture.process(20, 1, "beta", 300, 2);
    fixture.process(10, 1, "alpha \"a\", b", 200, 1);
    fixture
}

/// `glowtop ps` of that machine.
fn ps(args: &[&str]) -> String {
    let fixture = three();
    text(&[&["ps", "-d", "0.1", "--root", fixture.root().to_str().unwrap()], args].concat())
}

#[test]
fn listings_are_filtered_sorted_cut_and_formatted() {
    assert_eq!(
        ps(&["--csv", "--columns", "pid,ppid,comm,threads", "--sort", "pid"]),
        "pid,ppid,comm,threads\r\n1,0,init,1\r\n10,1,\"alpha \"\"a\"\", b\",1\r\n20,1,beta,2\r\n"
    );
    assert_eq!(ps(&["--csv", "--columns", "pid", "--sort", "threads", "-n", "1"]), "pid\r\n20\r\n");
    assert_eq!(ps(&["--csv", "--columns", "pid", "--sort", "start"]).lines().count(), 4);
    assert_eq!(
        ps(&["--tree", "--sort", "pid", "--columns", "pid,command"]).lines().skip(1).collect::<Vec<_>>(),
        ["      1 prog1 --flag", "     10   prog10 --flag", "     20   prog20 --flag"]
    );
    let found: Value =
        serde_json::from_str(&ps(&["BETA", "--json", "--columns", "pid,res,cpu,start"])).unwrap();
    // Twenty pages; no time passed for it; 3 s after the boot at 1 700 000 000.
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).unwrap().unwrap() as u64;
    assert_eq!(found[0]["pid"], 20);
    assert_eq!(found[0]["res"], 20 * page);
    assert_eq!(found[0]["start"].as_f64().map(f64::round), Some(1_700_000_003.0));
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    let keys: BTreeSet<&str> = found[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["pid", "res", "cpu", "start"]));
    assert_eq!(ps(&["nobody", "--json"]), "[]\n");
    // All that a program may rely on.
    let all: Value = serde_json::from_str(&ps(&["--json"])).unwrap();
    for id in
        "pid ppid user state priority nice virt res shr cpu mem time threads start comm command".split(' ')
    {
        assert!(all[0].get(id).is_some(), "{id}");
    }
}

#[test]
fn whoever_stops_reading_is_content() {
    for args in [
        &["ps"][..],
        &["ps", "--json"],
        &["print", "columns"],
        &["completions", "bash"],
        &["man"],
        &["shot", "--text"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = Command::new(GLOWTOP);
        child.args(args).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let output = child.output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{args:?}: {output:?}");
    }
    // A full disk is no such thing.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = Command::new(GLOWTOP).args(["print", "columns"]).stdout(full).stderr(Stdio::null()).status();
    assert_eq!(status.unwrap().code(), Some(1));
}

#[test]
fn what_makes_no_sense_is_refused_with_a_hint() {
    for args in [&["ps", "--columns", "pid,nothing"], &["ps", "--sort", "nothing"][..]] {
        assert!(refused(args).contains("glowtop print columns"), "{args:?}");
    }
    assert!(refused(&["ps", "--jsn"]).contains("--json"), "the nearest flag is named");
    assert!(refused(&["ps", "--root", "/nonexistent"]).contains("/nonexistent"));
    for args in
        [&["ps", "--json", "--csv"][..], &["ps", "-n", "x"], &["ps", "-d", "0"], &["shot", "--size", "0x0"]]
    {
        assert!(!refused(args).is_empty());
    }
    assert!(refused(&["shot", "--keys", "Nokey", "-d", "0.1"]).contains("Nokey"));
    // A query is understood before anything is done; as plain text it would match nobody in silence.
    for args in [&["-F", "cpu>fast"][..], &["shot", "-d", "0.1", "-F", "cpu>fast"], &["ps", "cpu>fast"]] {
        let said = refused(args);
        let lines = ["'fast' is not a percentage such as 50%", "  cpu>fast", "      ^^^^"];
        assert_eq!(said.trim_end(), format!("glowtop: {}", lines.join("\n")), "{args:?}");
    }
}

#[test]
fn registries_are_lists_with_the_id_first() {
    for (what, some) in [
        ("columns", "pid"),
        ("meters", "cpu"),
        ("themes", "ember"),
        ("actions", "signal"),
        ("fields", "under"),
    ] {
        let list = text(&["print", what]);
        let ids: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(ids.len(), list.lines().count(), "{what}: a line without an id");
        assert!(ids.contains(&some), "{what}: {ids:?}");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        assert!(ids.iter().all(|id| id.chars().all(plain)), "{what}: {ids:?}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{what}: an id twice");
    }
    // A key is bound once on each screen, and to an action there is.
    let actions = text(&["print", "actions"]);
    let actions: BTreeSet<&str> = actions.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let keys = text(&["print", "keys"]);
    let mut seen = BTreeSet::new();
    for line in keys.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(words.iter().any(|word| actions.contains(word)), "{line}");
        assert!(seen.insert((words[0], words[1])), "twice: {line}");
    }
    assert!(seen.len() > 40);
    // The columns that are listed are the columns that can be asked for.
    let columns = text(&["print", "columns"]);
    let ids: Vec<&str> = columns.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(ps(&["--csv", "--columns", &ids.join(",")]).starts_with(&ids.join(",")));
}

#[test]
fn version_help_manual_and_completions() {
    assert_eq!(text(&["--version"]), format!("glowtop {}\n", env!("CARGO_PKG_VERSION")));
    let help = text(&["--help"]);
    for word in ["ps", "lab", "print", "completions", "man", "--delay", "NO_COLOR"] {
        assert!(help.contains(word), "{word}");
    }
    let page = text(&["man"]);
    // roff's own first words: the apostrophe's definition, then the title.
    assert!(page.starts_with(".ie ") || page.starts_with(".TH "), "{}", &page[..80]);
    assert!(page.contains("\n.TH glowtop 1"));
    assert!(page.contains("\n.SH FILTERS\n") && page.contains("name\\(ticc1 and cpu>50"), "{page}");
    for field in glowtop::query::fields() {
        assert!(page.contains(&format!("\n\\fB\\&{}\\fR ", field.id)), "{}", field.id);
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(text(&["completions", shell]).contains("glowtop"), "{shell}");
    }
    if has("bash") {
        let mut bash =
            Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let script = text(&["completions", "bash"]);
        std::io::Write::write_all(&mut bash.stdin.take().unwrap(), script.as_bytes()).unwrap();
        let output = bash.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
}

/// Whether this is well-formed, as far as pictures go: every tag is closed by its own, attributes are quoted, and
/// text holds no bare mark. Returns the names of the elements.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    let mut rest = xml;
    let plain = |text: &str| {
        let mut parts = text.split('&');
        assert!(!parts.next().unwrap_or_default().contains(['<', '>']), "{text:?}");
        for part in parts {
            let entity = part.split(';').next().unwrap();
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&entity), "{entity:?}");
        }
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    };
    while let Some(start) = rest.find('<') {
        plain(&rest[..start]);
        rest = &rest[start + 1..];
        // A '>' within quotes ends nothing.
        let mut quoted = false;
        let end = rest.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let (tag, after) = rest.split_at(end.expect("a tag ends"));
        rest = &after[1..];
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed in turn");
            continue;
        }
        let alone = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(|c: char| c.is_whitespace()).unwrap_or((tag, ""));
        for (number, part) in attributes.split('"').enumerate() {
            // Name, value, name, value …
            if number % 2 == 0 {
                assert!(part.trim().is_empty() || part.ends_with('='), "{tag:?}");
            } else {
                plain(part);
            }
        }
        all.push(name.to_owned());
        if !alone {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?}");
    all
}

#[test]
fn a_picture_of_the_screen_is_an_svg_or_text() {
    let fixture = three();
    // What could break out of text in XML.
    fixture.process(30, 1, "<&\">\u{1b}]]>", 400, 1);
    fixture.write("proc/30/cmdline", b"<svg onload='x'>&amp;\x1b[31m\xff\x00--a=\"b\"\x00".as_slice());
    let root = fixture.root().to_str().unwrap();
    let shot = |args: &[&str]| text(&[&["shot", "-d", "0.1", "--root", root], args].concat());
    for keys in ["", "F5", "F1", "L", "F9"] {
        let names = elements(&shot(&["--size", "100x30", "--keys", keys]));
        assert_eq!((names[0].as_str(), names.iter().filter(|name| *name == "svg").count()), ("svg", 1));
        assert!(names.iter().filter(|name| *name == "text").count() > 10, "{keys}");
    }
    let picture = shot(&["--text", "--size", "120x24", "--keys", "F5"]);
    let planes: Vec<&str> = picture.split("----\n").collect();
    assert_eq!(planes.len(), 3, "{picture}");
    assert_eq!((planes[0].lines().count(), planes[1].lines().count()), (24, 24));
    assert!(planes[0].contains(" prog10 --flag") && planes[0].contains("F5List"), "{picture}");
    // What is read slowly is there too, and the inspector's graphs grow with the looks.
    fixture.write("proc/sys/fs/file-nr", "4711\t0\t99999\n");
    let config = fixture.root().join("header.toml");
    std::fs::write(&config, "[header]\nlayout = 'columns'\nmeters = [['cores'], ['file_handles']]\n")
        .unwrap();
    let picture = shot(&["--text", "--config", config.to_str().unwrap()]);
    assert!(picture.contains(" 4711 open"), "{picture}");
    let points = |looks| {
        let picture = shot(&["--text", "--keys", "Enter", "--looks", looks]);
        picture.chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count()
    };
    assert!(points("8") > points("2"));
    // With ASCII alone and without colours it is both.
    let plain = shot(&["--text", "-C", "-U"]);
    assert!(plain.is_ascii(), "{plain}");
    assert!(!plain.split("----\n").nth(2).unwrap().contains('#'), "{plain}");
}
