//! The configuration file, from outside: what glowtop makes of good ones, bad ones and hostile ones.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;
use tempfile::TempDir;

use crate::pty::{GLOWTOP, Start};

/// A home with a folder for the configuration, and its file.
fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("glowtop");
    fs::create_dir(&folder).unwrap();
    (home, folder.join("config.toml"))
}

fn put(path: &Path, text: impl AsRef<[u8]>) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// What the program says, which must not take long.
fn glowtop(home: &TempDir, args: &[&str]) -> Output {
    crate::inherited::default_signals();
    let mut command = Command::new(GLOWTOP);
    command.args(args).env("LC_ALL", "C.UTF-8").env("XDG_CONFIG_HOME", home.path());
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_mins(1);
    // What it writes fits into the pipes.
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            let _ = child.kill();
            let _ = child.wait();
            panic!("it hangs: {args:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String) {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (output.status.code(), String::from_utf8(output.stdout.clone()).unwrap())
}

#[test]
fn the_default_is_written_and_nothing_is_wrong_with_it() {
    let (home, file) = home();
    let (status, text) = said(&glowtop(&home, &["print", "config"]));
    assert_eq!((status, text.as_str()), (Some(0), include_str!("../../assets/config.toml")));
    let (status, verdict) = said(&glowtop(&home, &["print", "config", "--check"]));
    assert_eq!(status, Some(0));
    assert!(verdict.ends_with("config.toml: there is none, so the default is used\n"), "{verdict}");
    put(&file, text);
    let (status, verdict) = said(&glowtop(&home, &["print", "config", "--check"]));
    assert_eq!(status, Some(0));
    assert!(verdict.ends_with("config.toml: nothing is wrong with it\n"), "{verdict}");
}

#[test]
fn every_complaint_is_written_with_its_line() {
    let (home, file) = home();
    put(&file, "[options]\ndealy = 2\n[[screen]]\nid = \"x\"\nsort = \"cqu\"\n\"\\u001b[31m\" = 1\n");
    let (status, text) = said(&glowtop(&home, &["print", "config", "--check"]));
    let path = file.display();
    assert_eq!(status, Some(1));
    assert_eq!(
        text,
        format!(
            "{path} line 2: there is no option 'dealy'; did you mean 'delay'?\n\
             {path} line 6: a screen has no '\u{fffd}[31m'\n\
             {path} line 5: there is no column 'cqu'; did you mean 'cpu'?\n"
        )
    );
    let output = glowtop(&home, &["print", "keys", "--check"]);
    assert_eq!(output.status.code(), Some(2));
}

/// What the file is, how it comes about, and what is said of it.
type Hostile = (&'static str, fn(&Path), &'static str);

#[test]
fn a_hostile_file_is_a_complaint_and_never_a_stop() {
    let hostile: [Hostile; 8] = [
        ("a FIFO", |path| nix::unistd::mkfifo(path, Mode::S_IRUSR).unwrap(), "it is not an ordinary file"),
        ("a folder", |path| fs::create_dir(path).unwrap(), "it is not an ordinary file"),
        ("a device", |path| symlink("/dev/zero", path).unwrap(), "it is not an ordinary file"),
        ("a circle", |path| symlink(path, path).unwrap(), "its symbolic links lead nowhere"),
        ("50 MB", |path| put(path, vec![b'#'; 50 << 20]), "it is larger than 1024 KiB"),
        ("zeros", |path| put(path, [0; 100]), "it is no text: there are zero bytes in it"),
        ("no text", |path| put(path, b"# \n\xff\xfe"), "it is no text: line 2 is not UTF-8"),
        ("no TOML", |path| put(path, "\n[options\n"), "line 2: this is not TOML"),
    ];
    for (what, make, why) in hostile {
        let (home, file) = home();
        make(&file);
        let (status, text) = said(&glowtop(&home, &["print", "config", "--check"]));
        assert_eq!(status, Some(1), "{what}");
        assert!(
            text.contains(why) && text.contains("default") && text.lines().count() == 1,
            "{what}: {text}"
        );
        let (status, text) =
            said(&glowtop(&home, &["shot", "--text", "-d", "0.1", "--looks", "1", "--size", "150x24"]));
        assert_eq!(status, Some(0), "{what}");
        assert!(text.contains(&why[..12]) && text.contains("PID"), "{what}: {text}");
    }
}

/// `head`, and lines until the file is nearly as large as one may be.
fn full(head: &str, line: impl Fn(usize) -> String, tail: &str) -> String {
    let mut text = head.to_owned();
    for n in 0.. {
        let line = line(n);
        if text.len() + line.len() + tail.len() > (1 << 20) - 100 {
            break;
        }
        text += &line;
    }
    text + tail
}

#[test]
fn a_file_full_of_one_thing_does_not_keep_anybody_waiting() {
    let screen = "[[screen]]\nid = \"x\"\ncolumns = [";
    let rule = "[[rule]]\nlook = \"warn\"\nquery = \"";
    let files = [
        (full("", |n| format!("[[screen]]\nid = \"s{n}\"\n"), ""), "'screen': only the first 256 of "),
        (full("", |n| format!("[[filter]]\nname = \"n{n}\"\nquery = \"@m{n}\"\n"), ""), "'filter': only"),
        (full(screen, |n| format!("\"p{n}\","), "]\n"), "'columns': only the first 256 of "),
        (full("[options]\n", |n| format!("a{n} = 1\n"), ""), " complaints more"),
        (full("", |n| format!("a{n} = 1\n"), ""), " complaints more"),
        (full("[header]\n", |n| format!("a{n} = 1\n"), ""), "there is no setting 'a99' of the header"),
        (full("[keys.lab]\n", |n| format!("\"a{n}\" = \"b\"\n"), ""), "not all keys are read"),
        (full("", |n| format!("[keys.s{n}]\na = \"quit\"\n"), ""), "not all keys are read"),
        (full(rule, |_| "name~a and ".to_owned(), "b\"\n"), "a query has at most 4096 characters"),
    ];
    for (text, said) in files {
        let (home, file) = home();
        put(&file, text);
        let (status, all) = self::said(&glowtop(&home, &["print", "config", "--check"]));
        let start: String = all.lines().rev().take(3).collect();
        assert!(status == Some(1) && all.contains(said) && all.lines().count() <= 410, "{said}: {start}");
    }
}

#[test]
fn the_file_decides_and_the_command_line_overrules_it() {
    let (home, file) = home();
    put(
        &file,
        "[options]\nkey_bar = false\nheader = false\n[[screen]]\nid = \"mine\"\ntitle = \"Mine\"\n\
         columns = [\"pid\", \"ppid\", \"command\"]\nsort = \"pid\"\n[[screen]]\nid = \"io\"\nhide = true\n",
    );
    let shot = |args: &[&str]| {
        let base = ["shot", "--text", "-d", "0.1", "--size", "100x24"];
        said(&glowtop(&home, &[&base, args].concat())).1
    };
    let plain = shot(&[]);
    let first = plain.lines().next().unwrap();
    assert!(first.contains("[Processes] Memory  Scheduling  Mine  Lab"), "{first}");
    assert!(plain.lines().nth(1).unwrap().contains("PRI"), "no meters: {plain}");
    assert!(!plain.contains("F10Quit"), "{plain}");
    let mine = shot(&["--screen", "mine"]);
    assert!(
        mine.lines().nth(1).unwrap().starts_with("   PID▵    PPID Command") || mine.contains("PPID Command"),
        "{mine}"
    );
    assert!(shot(&["--screen", "mine", "--columns", "pid,user,command"]).contains("USER"));
    assert!(shot(&["--screen", "lab"]).contains("[Lab]"));
    let refused = glowtop(&home, &["shot", "--screen", "io"]);
    assert_eq!(refused.status.code(), Some(2));
    let list = said(&glowtop(&home, &["print", "screens"])).1;
    let ids: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(ids, ["processes", "memory", "scheduling", "mine", "lab"]);
    let other = home.path().join("other.toml");
    put(&other, "");
    let list = said(&glowtop(&home, &["print", "screens", "--config", other.to_str().unwrap()])).1;
    assert_eq!(list.lines().count(), 5);
}

#[test]
fn what_is_saved_is_there_at_the_next_start() {
    let (home, file) = home();
    put(&file, "# mine\n[options]\ndealy = 3\n");
    let start = || Start::glowtop(&["-d", "0.5", "-p", "1"]).env("XDG_CONFIG_HOME", home.path().to_str());
    let mut pty = start().size(120, 40).spawn();
    pty.wait_row(&["config.toml line 3: there is no option 'dealy'"]);
    // The order of the second screen, the meters, and save.
    pty.send(b"\tN#\x13");
    pty.wait_row(&["saved: "]);
    pty.send(b"q");
    assert!(pty.wait_exit().success());
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# mine\n[options]\ndealy = 3\n"), "{text}");
    for line in ["delay = 0.5", "header = false", "id = \"io\"", "sort = \"pid\"", "descending = false"] {
        assert!(text.lines().any(|there| there == line), "{line}: {text}");
    }
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let shot = said(&glowtop(&home, &["shot", "--text", "--screen", "io", "-d", "0.1"])).1;
    assert!(shot.lines().nth(1).unwrap().contains("PID△"), "{shot}");
}

#[test]
fn what_was_set_up_is_so_at_the_next_start() {
    let (home, file) = home();
    put(&file, "# mine\n[moon]\nx = 1\n");
    let start = || Start::glowtop(&["-p", "1"]).env("XDG_CONFIG_HOME", home.path().to_str());
    let mut pty = start().size(100, 30).spawn();
    pty.wait_row(&["[Processes]", "I/O", "Lab"]);
    // Two columns of meters, the second screen away, a theme; before it is said, nothing is written.
    pty.send(b"\x1bOQ");
    pty.wait_row(&["1 Meters", "4 Options"]);
    pty.send(b"\x1b[B\x1b[B 2\x1b[B\x1b[20~3\x1b[B");
    pty.wait_row(&["1 Meters", "changed, not saved"]);
    pty.send(b"\x1b[21~");
    pty.wait_row(&["Save options, screens and meters? (y/N)", "/glowtop/"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "# mine\n[moon]\nx = 1\n");
    pty.send(b"y");
    pty.wait_row(&["saved: "]);
    pty.send(b"q");
    assert!(pty.wait_exit().success());
    let text = fs::read_to_string(&file).unwrap();
    for line in ["# mine", "[moon]", "theme = \"ash\"", "layout = \"columns\"", "id = \"io\"", "hide = true"]
    {
        assert!(text.lines().any(|there| there == line), "{line}: {text}");
    }
    let mut pty = start().size(100, 30).spawn();
    pty.wait_row(&["[Processes]", "Memory", "Lab"]);
    pty.send(b"\x1bOQ");
    pty.wait_row(&["two_50_50", "*"]);
    pty.send(b"3");
    pty.wait_row(&["ash", "worn"]);
    pty.send(b"\x1b[21~");
    pty.send(b"q");
    assert!(pty.wait_exit().success());
    assert!(!pty.contents().contains("I/O"), "its tab is gone");
}

#[test]
fn commands_say_once_what_is_wrong_with_a_configuration_that_they_use() {
    let (home, file) = home();
    let sleeper = crate::support::Guard::sleeper();
    let one = sleeper.pid();
    put(&file, format!("[options]\ndealy = 2\n[[filter]]\nname = \"one\"\nquery = \"pid={one}\"\n"));
    let wrong = "glowtop: config.toml line 2: there is no option 'dealy'; did you mean 'delay'?\n";
    let path = file.to_str().unwrap();
    let own = std::process::id().to_string();
    let commands: [&[&str]; 5] = [
        &["ps", "@one", "--columns", "pid", "-d", "0.1"],
        &["--config", path, "ps", "pid:1", "--columns", "pid", "-d", "0.1"],
        &["ps", "--config", path, "pid:1", "--columns", "pid", "-d", "0.1"],
        &["kill", "@one", "--dry-run"],
        &["--config", path, "inspect", &own, "-d", "0.1"],
    ];
    for args in commands {
        let output = glowtop(&home, args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert_eq!(complaints.matches(wrong).count(), 1, "{args:?}: {complaints}");
    }
    let output = glowtop(&home, &["ps", "pid:1", "-d", "0.1"]);
    assert_eq!(said(&output).0, Some(0), "what is not used is not read");
    let (_, complaints) = crate::linear::talk(&["--config", path], "ps @one\nps @one\n");
    assert_eq!(complaints, wrong, "in a conversation, too, once");
}

#[test]
fn what_another_editor_wrote_stays_and_where_both_did_it_is_asked() {
    let (home, file) = home();
    put(&file, "[options]\ntheme = \"ash\"\n");
    let start = Start::glowtop(&["-p", "1", "-d", "15"]).env("XDG_CONFIG_HOME", home.path().to_str());
    let mut pty = start.size(120, 40).spawn();
    pty.wait_row(&["a look every 15 s; htop counts in tenths: its -d 15 is -d 1.5 here"]);
    put(&file, "# theirs\n[options]\ntheme = \"nord\"\n");
    pty.send(b"#\x13");
    pty.wait_row(&["saved; config.toml keeps, for the next start, what was changed there: theme"]);
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("# theirs\n[options]\ntheme = \"nord\"\n") && text.contains("header = false"),
        "{text}"
    );
    pty.send(b"V\x13");
    pty.wait_row(&["keep theirs", "as the file has it: theme"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text, "nothing is written before it is said");
    pty.send(b"\x1b[B\r");
    pty.wait_row(&["saved: "]);
    pty.send(b"q");
    assert!(pty.wait_exit().success());
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# theirs\n[options]\ntheme = \"mono\"\n"), "{text}");
}

#[test]
fn on_a_full_disk_the_old_file_stays_and_the_program_goes_on() {
    // Who may not have a disk of one page for himself cannot try it.
    let own = |script: &str| Command::new("unshare").args(["-m", "sh", "-c", script]).output();
    let (home, file) = home();
    let folder = file.parent().unwrap().display();
    let mount = format!("mount -t tmpfs -o size=4k,mode=700 none {folder}");
    if !own(&mount).is_ok_and(|output| output.status.success()) {
        return;
    }
    let shown = file.display();
    let script = format!(
        "{mount} && echo '# mine' > {shown} && chmod 600 {shown} && {GLOWTOP} -p 1 && \
         echo left: $(cat {shown}) $(ls -A {folder})."
    );
    let start = Start::program("unshare", &["-m", "sh", "-c", &script]);
    let mut pty = start.env("XDG_CONFIG_HOME", home.path().to_str()).size(150, 30).spawn();
    pty.wait_row(&["[Processes]", "Lab"]);
    pty.send(b"#\x13");
    pty.wait_row(&["nothing is saved in ", "it cannot be written: No space left on device"]);
    pty.send(b"t");
    pty.wait_row(&["F5List"]);
    pty.send(b"q");
    pty.wait_row(&["left: # mine config.toml."]);
    assert!(pty.wait_exit().success());
}
