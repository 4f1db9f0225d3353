use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;

use super::*;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("glowtop").join(NAME);
    fs::create_dir(folder.path().join("glowtop")).unwrap();
    (folder, file)
}

fn put(path: &Path, text: impl AsRef<[u8]>) {
    fs::write(path, text).unwrap();
    mode(path, 0o600);
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn set(text: &str) -> impl FnOnce(&str) -> Result<String, String> {
    let text = text.to_owned();
    move |_| Ok(text)
}

#[test]
fn the_place_is_as_the_specification_has_it() {
    let place = |named: Option<&str>, xdg: Option<&str>, home: Option<&str>| {
        Place::among(named.map(Path::new), xdg.map(OsString::from), home.map(OsString::from)).shown()
    };
    assert_eq!(place(Some("x.toml"), Some("/c"), Some("/h")), "x.toml");
    assert_eq!(place(None, Some("/c"), Some("/h")), "/c/glowtop/config.toml");
    assert_eq!(place(None, None, Some("/h")), "/h/.config/glowtop/config.toml");
    assert_eq!(place(None, Some("c"), Some("/h")), "/h/.config/glowtop/config.toml");
    assert_eq!(place(None, Some(""), Some("/h")), "/h/.config/glowtop/config.toml");
    assert_eq!(place(None, None, Some("h")), "");
    assert_eq!(Place::among(None, None, None).load().settings, Settings::default());
}

#[test]
fn what_is_no_file_of_ours_is_a_sentence() {
    let (_keep, path) = folder();
    assert_eq!(read(&path), Ok(None));
    let refused = |wanted: &str| {
        let why = read(&path).unwrap_err();
        assert!(why.starts_with(wanted), "{why}, not {wanted}");
    };
    put(&path, "a = 1\n");
    assert_eq!(read(&path), Ok(Some("a = 1\n".into())));
    put(&path, vec![b'#'; (1 << 20) + 1]);
    refused("it is larger than 1024 KiB");
    put(&path, "a\n\0");
    refused("it is no text: there are zero bytes in it");
    put(&path, b"a\nb\xff");
    refused("it is no text: line 2 is not UTF-8");
    put(&path, "a = 1\n");
    mode(&path, 0o602);
    refused("others may write to it");
    fs::remove_file(&path).unwrap();
    mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    refused("it is not an ordinary file");
    fs::remove_file(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    refused("it is not an ordinary file");
    fs::remove_file(&path).unwrap();
    symlink(&path, &path).unwrap();
    refused("its symbolic links lead nowhere");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused("it is not an ordinary file");
    let below = path.join("x");
    put(&path.with_file_name("plain"), "");
    let why = read(&path.with_file_name("plain").join("y")).unwrap_err();
    assert_eq!(why, "it cannot be opened: Not a directory", "without the number of the error");
    assert!(read(&below.join("y")).is_ok_and(|text| text.is_none()));
    assert!(read(Path::new("/proc/self/cmdline/x")).is_err());
}

#[test]
fn a_strangers_file_is_not_believed() {
    let (_keep, path) = folder();
    put(&path, "a = 1\n");
    if chown(&path, Some(65_534), None).is_err() {
        return;
    }
    assert_eq!(read(&path), Err("it belongs to another user".to_owned()));
    assert_eq!(save(&path, set("b")), Err("it belongs to another user".to_owned()));
    assert_eq!(fs::read_to_string(&path).unwrap(), "a = 1\n");
}

#[test]
fn a_save_is_whole_and_for_its_owner_alone() {
    let keep = tempfile::tempdir().unwrap();
    let path = keep.path().join("new").join("glowtop").join(NAME);
    assert_eq!(save(&path, set("a = 1\n")), Ok(true));
    assert_eq!(fs::read_to_string(&path).unwrap(), "a = 1\n");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    let before = inode(&path);
    assert_eq!(save(&path, |text| Ok(text.to_owned())), Ok(false));
    assert_eq!(inode(&path), before, "what says the same is not written");
    assert_eq!(save(&path, |text| Ok(format!("{text}b = 2\n"))), Ok(true));
    assert_eq!(fs::read_to_string(&path).unwrap(), "a = 1\nb = 2\n");
    assert_eq!(save(&path, |_| Err("no".to_owned())), Err("no".to_owned()));
    let names: Vec<_> =
        fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, [NAME], "nothing is left beside it");
}

#[test]
fn a_save_goes_through_no_link_and_onto_nothing_else() {
    let (keep, path) = folder();
    let elsewhere = keep.path().join("elsewhere");
    put(&elsewhere, "mine\n");
    symlink(&elsewhere, &path).unwrap();
    assert_eq!(save(&path, set("x")), Err("it is a symbolic link".to_owned()));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(save(&path, set("x")), Err("it is not an ordinary file".to_owned()));
    fs::remove_dir(&path).unwrap();
    fs::hard_link(&elsewhere, &path).unwrap();
    assert_eq!(save(&path, set("x")), Err("it has another name (a hard link)".to_owned()));
    fs::remove_file(&path).unwrap();
    mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    assert_eq!(save(&path, set("x")), Err("it is not an ordinary file".to_owned()));
    fs::remove_file(&path).unwrap();
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine\n");
    let link = keep.path().join("link");
    symlink(path.parent().unwrap(), &link).unwrap();
    assert_eq!(save(&link.join(NAME), set("x")), Err("its folder is a symbolic link".to_owned()));
    mode(path.parent().unwrap(), 0o777);
    assert_eq!(save(&path, set("x")), Err("others may write to its folder (chmod o-w)".to_owned()));
    assert!(!path.exists());
}

/// Everything as the file has it, to be changed and saved.
fn saving(place: &Place) -> Saving {
    let now = place.load().settings;
    Saving { base: now.clone(), now, ours: None }
}

fn done(kept: Result<Kept, String>) -> String {
    match kept {
        Ok(Kept::Done(said)) => said,
        other => panic!("it is not saved: {other:?}"),
    }
}

#[test]
fn what_another_editor_wrote_meanwhile_stays_or_is_asked_about() {
    let (_keep, path) = folder();
    put(&path, "[options]\ntheme = \"ash\"\n");
    let place = Place::find(Some(&path));
    let mut saving = saving(&place);
    saving.now.options.delay = 2.0;
    let theirs = "# theirs\n[options]\ntheme = \"nord\"\nmouse = false\n";
    put(&path, theirs);
    let said = done(keep(&place, &saving));
    assert_eq!(said, "saved; config.toml keeps, for the next start, what was changed there: theme, mouse");
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{theirs}delay = 2.0\n"));
    // As the program goes on: what was saved is what it was, the theme there is not ours.
    saving.base = saving.now.clone();
    assert_eq!(done(keep(&place, &saving)), "config.toml stays as it was changed: theme, mouse");
    saving.now.options.theme = "ember".to_owned();
    assert_eq!(keep(&place, &saving), Ok(Kept::Clash(vec!["theme".to_owned()])));
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{theirs}delay = 2.0\n"), "nothing is lost");
    saving.ours = Some(false);
    assert_eq!(done(keep(&place, &saving)), "config.toml stays as it was changed: mouse, theme");
    saving.ours = Some(true);
    let said = done(keep(&place, &saving));
    assert_eq!(said, "saved; config.toml keeps, for the next start, what was changed there: mouse");
    assert_eq!(place.load().settings.options.theme, "ember");
    assert!(!place.load().settings.options.mouse);
    // Where the file is gone, everything is written as it is.
    fs::remove_file(&path).unwrap();
    saving.ours = None;
    assert!(done(keep(&place, &saving)).starts_with("saved: "));
    assert_eq!(place.load().settings.options.delay, 2.0);
}

#[test]
fn what_is_written_while_we_write_is_not_written_over() {
    let (_keep, path) = folder();
    put(&path, "a = 1\n");
    let other = |text: &str| {
        put(&path, "b = 22\n");
        Ok(format!("{text}c = 3\n"))
    };
    assert_eq!(save(&path, other), Err("it was changed in this moment; save once more".to_owned()));
    assert_eq!(fs::read_to_string(&path).unwrap(), "b = 22\n");
    let new = path.with_file_name("new.toml");
    let created = |_: &str| {
        put(&new, "theirs\n");
        Ok("ours\n".to_owned())
    };
    assert!(save(&new, created).is_err());
    assert_eq!(fs::read_to_string(&new).unwrap(), "theirs\n");
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2, "nothing is left beside them");
}

#[test]
fn what_is_kept_is_read_back_and_comments_stay() {
    let (_keep, path) = folder();
    put(&path, "# mine\n[options]\ntheme = \"ash\" # light\nnothing_of_ours = 7\n");
    let place = Place::find(Some(&path));
    let mut saving = saving(&place);
    saving.now.options.delay = 2.5;
    assert!(done(keep(&place, &saving)).starts_with("saved: "));
    assert_eq!(place.load().settings.options, saving.now.options);
    let text = fs::read_to_string(&path).unwrap();
    for kept in ["# mine", "theme = \"ash\" # light", "nothing_of_ours = 7", "delay = 2.5"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    saving.base = saving.now.clone();
    assert!(done(keep(&place, &saving)).starts_with("nothing to save"));
    put(&path, "[broken\n");
    let why = keep(&place, &saving).unwrap_err();
    assert!(why.contains("line 1: this is not TOML"), "{why}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "[broken\n");
}

#[test]
fn files_beside_it_are_read_with_the_same_care() {
    let (_keep, path) = folder();
    let place = Place::find(Some(&path));
    assert_eq!((place.beside(KEYS), place.files(THEMES)), (Ok(None), (Vec::new(), Vec::new())));
    put(&path.with_file_name(KEYS), "x");
    assert_eq!(place.beside(KEYS), Ok(Some("x".to_owned())));
    let themes = path.with_file_name(THEMES);
    fs::create_dir(&themes).unwrap();
    put(&themes.join("b.toml"), "b");
    put(&themes.join("a.toml"), "a");
    put(&themes.join("a.toml~"), "old");
    mkfifo(&themes.join("c.toml"), Mode::S_IRUSR).unwrap();
    let (texts, complaints) = place.files(THEMES);
    assert_eq!(texts, [("a".to_owned(), "a".to_owned()), ("b".to_owned(), "b".to_owned())]);
    assert_eq!(complaints, ["themes/c.toml: it is not an ordinary file"]);
}

#[test]
fn everything_wrong_is_told_with_file_and_line() {
    let (_keep, path) = folder();
    put(&path, "[options]\ndealy = 2\ntheme = \"embr\"\n[[screen]]\nid = \"x\"\nsort = \"cqu\"\n");
    put(&path.with_file_name(KEYS), "[everywhere]\nx = \"qiut\"\n");
    fs::create_dir(path.with_file_name(THEMES)).unwrap();
    put(&path.with_file_name(THEMES).join("a.toml"), "dark = 3\n");
    let place = Place::find(Some(&path));
    let said = place.complaints();
    let wanted = [
        "config.toml line 2: there is no option 'dealy'; did you mean 'delay'?",
        "config.toml line 6: there is no column 'cqu'; did you mean 'cpu'?",
        "config.toml: there is no theme 'embr'; did you mean 'ember'?",
        "keys.toml line 2: there is no action 'qiut'; is 'quit' meant?",
        "themes/a.toml line 1: 'dark' is true or false; true is assumed",
    ];
    assert_eq!(said[..wanted.len()], wanted);
    assert_eq!(place.load().complaints, wanted[..3]);
}
