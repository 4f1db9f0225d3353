//! The doors stay where they are: reads the sources and fails on whatever breaks a rule of the house.
//!
//! The rules are those of `src/lib.rs`; the table of one-way streets is read from there, so that the plan and this
//! test cannot disagree. What is compiled for tests only (`#[cfg(test)]`) may touch files, clocks, threads and
//! processes in any room, and ask the system crates as witnesses; every other rule holds for it too.

mod rules;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use rules::{CARD, Fault, File, LONGEST, Streets};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All `.rs` files below `dir`, sorted.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The rooms: the folders under `src`.
fn rooms() -> BTreeSet<String> {
    let dirs = fs::read_dir(root().join("src")).unwrap().map(|entry| entry.unwrap());
    dirs.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// Every file of `src`, read once.
static HOUSE: LazyLock<Vec<File>> = LazyLock::new(house);

/// Reads every file of `src`; what only tests compile is marked across files.
fn house() -> Vec<File> {
    let root = root();
    let all = sources(&root.join("src"));
    let texts: Vec<(String, String)> = all
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    let mut for_tests: Vec<String> = Vec::new();
    for (name, text) in &texts {
        let dir = name.trim_end_matches("/mod.rs").trim_end_matches("/lib.rs").trim_end_matches(".rs");
        for module in source::test_files(&source::words(text, false)) {
            for_tests.extend([format!("{dir}/{module}.rs"), format!("{dir}/{module}/")]);
        }
    }
    let is_test = |name: &str| {
        for_tests.iter().any(|test| name == test || (test.ends_with('/') && name.starts_with(test)))
    };
    texts.iter().map(|(name, text)| File::new(name, text, is_test(name))).collect()
}

fn streets() -> Streets {
    Streets::read(&fs::read_to_string(root().join("src/lib.rs")).unwrap(), &rooms()).unwrap()
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n  ")
}

#[test]
fn every_file_keeps_the_rules() {
    let (streets, rooms) = (streets(), rooms());
    let files = &*HOUSE;
    assert!(files.len() > 100, "only {} files were found", files.len());
    let mut faults: Vec<Fault> = files.iter().flat_map(|file| file.faults(&streets, &rooms)).collect();
    faults.sort();
    assert!(faults.is_empty(), "{} breaches:\n  {}", faults.len(), list(&faults));

    let mut sizes: Vec<(usize, &str)> =
        files.iter().map(|file| (file.text.lines().count(), file.name.as_str())).collect();
    sizes.sort_unstable();
    println!("the largest files (limit {LONGEST}): {:?}", sizes.iter().rev().take(5).collect::<Vec<_>>());
}

#[test]
fn the_streets_are_one_way_and_in_use() {
    let streets = streets();
    assert_eq!(streets.circle(), None, "these rooms lead back to themselves");

    let files = &*HOUSE;
    let walked: BTreeSet<(String, String)> = files
        .iter()
        .flat_map(|file| file.rooms_used().into_iter().map(|(to, _)| (file.room().to_owned(), to)))
        .collect();
    // The shell may use everything; a street of any other room that nobody walks is a door left open.
    let unused: Vec<_> = streets
        .all()
        .filter(|(from, to)| *from != "shell" && !walked.contains(&((*from).to_owned(), (*to).to_owned())))
        .collect();
    assert!(unused.is_empty(), "in the table of src/lib.rs but never used: {unused:?}");
}

#[test]
fn each_crate_of_the_card_is_at_work() {
    let files = &*HOUSE;
    for name in CARD {
        assert!(files.iter().any(|file| file.uses(name)), "{name} is listed, but nothing in src uses it");
    }
}

#[test]
fn the_top_level_holds_only_what_belongs_there() {
    if !root().join(".git").exists() {
        println!("skipped: this is no git checkout, so what else lies here is not ours to judge");
        return;
    }
    // The files may belong to somebody else than who runs the tests (a container's root): git shall look anyway.
    let asked =
        Command::new("git").args(["-c", "safe.directory=*", "ls-files", "-z"]).current_dir(root()).output();
    let listed = match asked {
        Ok(done) if done.status.success() => String::from_utf8(done.stdout).unwrap(),
        Ok(done) => panic!("git ls-files failed: {}", String::from_utf8_lossy(&done.stderr)),
        Err(why) => {
            println!("skipped: git cannot be started ({why})");
            return;
        }
    };
    let top: BTreeSet<&str> = listed.split('\0').filter_map(|path| path.split('/').next()).collect();
    let stray: Vec<&&str> = top
        .iter()
        .filter(|name| !name.is_empty() && !name.starts_with('.') && !name.starts_with("LICENSE-"))
        .filter(|name| !["Cargo.toml", "Cargo.lock", "README.md", "src", "assets", "tests"].contains(name))
        .collect();
    assert!(stray.is_empty(), "these do not belong on the top level: {stray:?}");
    assert!(top.contains("Cargo.toml") && top.contains("src"), "git listed {top:?}");
}

// The test is tested: a bad sample for each rule, and good ones that look bad.

const TABLE: &str = "//! # One-way streets\n//!\n//! ```text\n//! main → shell → everything\n\
    //! view → app, model    app → model\n//! proc → model, sys\n//! model → nothing   sys → nothing\n//! ```\n";

fn small_house() -> (Streets, BTreeSet<String>) {
    let rooms = ["app", "model", "proc", "shell", "sys", "view"].map(str::to_owned).into();
    (Streets::read(TABLE, &rooms).unwrap(), rooms)
}

/// The faults of `text` as the file `name`, as `line: what`.
fn faults(name: &str, text: &str) -> Vec<String> {
    let (streets, rooms) = small_house();
    let found = File::new(name, text, false).faults(&streets, &rooms);
    found.iter().map(|fault| format!("{}: {}", fault.line, fault.what)).collect()
}

#[track_caller]
fn bad(name: &str, text: &str, line: usize, what: &str) {
    let found = faults(name, text);
    assert!(
        matches!(found.as_slice(), [one] if one.starts_with(&format!("{line}: ")) && one.contains(what)),
        "{name} {text:?}: wanted one fault on line {line} with '{what}', found {found:?}"
    );
}

#[track_caller]
fn good(name: &str, text: &str) {
    assert_eq!(faults(name, text), Vec::<String>::new(), "{name} {text:?}");
}

#[test]
fn a_wrong_street_is_found_however_it_is_written() {
    bad("src/model/a.rs", "\nuse crate::proc::Live;", 2, "from model to proc");
    bad("src/model/a.rs", "fn f() { crate::view::draw(); }", 1, "from model to view");
    bad("src/model/a.rs", "use super::super::proc;", 1, "from model to proc");
    bad("src/model/deep/a.rs", "use super::super::super::app::App;", 1, "from model to app");
    bad("src/model/mod.rs", "//! x\n//! must never know\n//! x\nuse super::app;", 4, "from model to app");
    bad("src/app/a.rs", "use crate::{\n    model::Pid,\n    view::{Theme as T},\n};", 3, "from app to view");
    bad("src/app/a.rs", "pub(crate) use crate :: proc :: Live as Model;", 1, "from app to proc");
    bad("src/app/a.rs", "mod tests { use super::super::super::view::Theme; }", 1, "from app to view");
    bad("src/app/a.rs", "#[cfg(test)]\nmod tests { use crate::proc::Live; }", 2, "from app to proc");
    bad("src/app/a.rs", "macro_rules! m { () => { $crate::shell::main() } }", 1, "from app to shell");
    bad("src/app/a.rs", "use crate::r#proc::Live;", 1, "from app to proc");
    bad("src/app/a.rs", "use {$a, $crate::proc::Live};", 1, "from app to proc");
    bad("src/app/a.rs", "use crate as house;", 1, "whole house");
    bad("src/app/a.rs", "use crate::*;", 1, "whole house");
    bad("src/app/a.rs", "#[path = \"../proc/mod.rs\"]\nmod p;", 1, "#[path]");
    bad("src/main.rs", "fn main() { glowtop::view::draw() }", 1, "from main to view");
    good("src/view/a.rs", "use crate::app::App; use crate::{model::Pid, view::Theme}; use super::pen;");
    good("src/app/a.rs", "mod tests { use super::*; use super::super::layer::Picked; }");
    good("src/app/a.rs", "// use crate::proc::Live;\n/* /* crate::proc::x */ crate::proc::y */");
    good("src/app/a.rs", r##"const A: &str = "\" crate::proc::x"; const B: &str = r#"" crate::view::x "#;"##);
    good(
        "src/app/a.rs",
        "const Q: char = '\"'; const E: char = '\\''; fn f<'a>(x: &'a str) {} // \" crate::proc::x",
    );
    good(
        "src/app/a.rs",
        "let r#use = br\"std::fs::read\"; 'a: loop { break 'a; } let b = b'\"'; let c = c\"unsafe\";",
    );
    good("src/main.rs", "fn main() -> std::process::ExitCode { glowtop::shell::main() }");
}

#[test]
fn the_world_is_found_outside_its_rooms() {
    for path in [
        "std::fs::read",
        "std::net::TcpStream",
        "std::process::id",
        "std::thread::spawn",
        "std::env::var",
        "std::os::fd::OwnedFd",
        "std::path::PathBuf",
        "std::time::Instant",
        "std::time::SystemTime",
        "std::io::stdin",
        "std::sync::Mutex",
        "std::sync::mpsc::channel",
    ] {
        bad("src/app/a.rs", &format!("\n\nfn f() {{ {path}(); }}"), 3, "the world belongs to");
        bad("src/app/a.rs", &format!("use ::{path};"), 1, "the world belongs to");
        good("src/proc/a.rs", &format!("use {path};"));
        good("src/app/a.rs", &format!("#[cfg(test)]\nmod tests {{ use {path}; }}"));
        good("src/app/a.rs", &format!("#[cfg(test)]\n#[allow(dead_code)]\nfn f() {{ {path}() }}"));
        bad("src/app/a.rs", &format!("#[cfg(test)]\nmod tests;\nuse {path};"), 3, "the world belongs to");
        bad("src/app/a.rs", &format!("#[cfg(test)]\nmod t {{ fn f() {{}} }}\nuse {path};"), 3, "the world");
    }
    bad("src/app/a.rs", "use std::{\n  fmt,\n  fs::File as F,\n};", 3, "std::fs");
    bad("src/app/a.rs", "use std::io;\nfn f() { io::stdout(); }", 2, "the world belongs to");
    bad("src/app/a.rs", "use std as s;", 1, "the world belongs to");
    good("src/app/a.rs", "use std::time::Duration; use std::sync::Arc; use std::io::{self, Write};");
}

#[test]
fn crates_and_unsafe_stay_where_they_belong() {
    bad("src/app/a.rs", "use ratatui::buffer::Buffer;", 1, "only view, shell");
    bad("src/view/a.rs", "use crossterm::event;", 1, "only shell");
    bad("src/view/a.rs", "use ratatui;\nextern crate crossterm;", 2, "only shell");
    bad("src/model/a.rs", "fn f() { nix::unistd::getpid(); }", 1, "may name this crate");
    bad("src/model/a.rs", "fn f() { libc::ESRCH; }", 1, "may name this crate");
    bad("src/shell/a.rs", "use sysinfo::System;", 1, "only sampler");
    bad("src/app/a.rs", "#[cfg(test)]\nmod tests { use ratatui::buffer::Buffer; }", 2, "only view, shell");
    good("src/model/a.rs", "#[cfg(test)]\nmod tests { use nix::unistd::getpid; }");
    good("src/sys/a.rs", "fn f() { unsafe { libc::getpid() }; }");
    bad("src/proc/a.rs", "fn f() {\n    unsafe { g() }\n}", 2, "only sys");
    bad("src/proc/a.rs", "#[cfg(test)]\nmod t { unsafe fn f() {} }", 2, "only sys");
    bad("src/proc/a.rs", "#![allow(unsafe_code)]", 1, "only sys");
    good("src/proc/a.rs", "// SAFETY: no unsafe here\nconst S: &str = \"unsafe\"; fn unsafely() {}");

    let comment = File::new(
        "src/sampler/a.rs",
        "// sysinfo::System\n#[cfg(test)]\nmod t { use sysinfo::System; }",
        false,
    );
    assert!(!comment.uses("sysinfo"));
    assert!(File::new("src/sampler/a.rs", "use sysinfo::System;", false).uses("sysinfo"));
}

#[test]
fn doors_speak_and_files_stay_short() {
    bad("src/app/mod.rs", "//! The mind.\nmod a;", 1, "three lines");
    bad("src/app/mod.rs", "//! The mind.\n//!\n//! It thinks.\nmod a;", 1, "must never know");
    good("src/app/mod.rs", "//! The mind.\n//!\n//! It must never\n//! know files.\nmod a;");
    good("src/app/update/mod.rs", "//! Part.\n//!\n//! It thinks.\nmod a;");
    bad("src/app/a.rs", &"\n".repeat(LONGEST + 1), LONGEST + 1, "at most");
    good("src/app/a.rs", &"\n".repeat(LONGEST));
}

#[test]
fn a_wrong_table_is_refused() {
    let (_, rooms) = small_house();
    let read = |from: &str, to: &str| {
        assert!(TABLE.contains(from), "{from}");
        Streets::read(&TABLE.replacen(from, to, 1), &rooms)
    };
    assert!(read("proc → model, sys", "proc → model, cellar").unwrap_err().contains("cellar"));
    assert!(read("proc → model, sys", "").unwrap_err().contains("'proc'"));
    assert!(read("proc → model, sys", "app → sys").unwrap_err().contains("two entries"));
    assert!(read("proc → model, sys", "proc").unwrap_err().contains("no arrow"));
    assert!(Streets::read("//! nothing here", &rooms).is_err());
    assert_eq!(small_house().0.circle(), None);
    assert_eq!(read("model → nothing", "model → view").unwrap().circle().unwrap(), "app, model, view");
    let streets = small_house().0;
    assert!(streets.allow("view", "app") && streets.allow("shell", "sys") && streets.allow("main", "shell"));
    assert!(!streets.allow("app", "view") && !streets.allow("main", "model"));
}
