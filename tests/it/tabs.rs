//! Screens as tabs over a made-up machine: pictures of each, the walk between them, and a click on one.

use std::sync::Arc;

use glowtop::app::{Layer, Screens, SetupPage, Start, Tab};
use glowtop::config::Settings;
use glowtop::model::{Details, Io, Oom, Reading, Rollup, Sample, StatDetails, Status, ThreadTimes};
use glowtop::view::{Depth, Layout};

use crate::screens::{Desk, LARGE, MACHINE, MIDDLE, SECOND, SMALL, sample};

/// The machine with all that the screens ask for; what belongs to others is denied.
fn rich(at: u64) -> Sample {
    let mut sample = sample(at, MACHINE);
    let seconds = at / SECOND;
    for seen in &mut sample.tasks {
        let (pid, name) = (u64::from(seen.id.pid.get()), seen.task.comm.bytes().to_owned());
        let resident = seen.task.memory.known().map_or(0, |memory| memory.resident);
        let writes = if name == b"postgres" { 3 << 20 } else { (pid % 3) << 14 };
        let own = *seen.task.uid.known().unwrap() == 1000;
        let task = Arc::make_mut(&mut seen.task);
        let busy = task.cpu_clock.unwrap_or(0);
        let thread = |tid: u64, part: u64| ThreadTimes {
            tid: tid as u32,
            run: busy / part,
            wait: busy / 10,
            slices: 100 * seconds,
            blocked: Some(seconds * (pid % 4)),
        };
        let io = Io { read_bytes: seconds * (writes / 4), write_bytes: seconds * writes, ..Io::default() };
        task.details = Some(Arc::new(Details {
            stat: Some(StatDetails {
                policy: Some(if name == b"python3" { 3 } else { 0 }),
                rt_priority: Some(0),
                ..StatDetails::default()
            }),
            status: Reading::Known(Status {
                anon: Some(resident / 2),
                file: Some(resident / 3),
                shmem: Some(resident / 6),
                swap: Some((pid % 5) << 22),
                voluntary: Some(seconds * pid),
                involuntary: Some(seconds * (pid % 7)),
                ..Status::default()
            }),
            io: if own { Reading::Known(io) } else { Reading::Denied },
            rollup: if own {
                Reading::Known(Rollup { pss: resident / 2, uss: resident / 3, swap_pss: 0 })
            } else {
                Reading::Denied
            },
            oom: Reading::Known(Oom { score: (pid % 900) as u32, adjustment: 0 }),
            io_priority: Reading::Known(0),
            threads: Reading::Known(Arc::from([thread(pid, 2), thread(pid + 1, 2)])),
            ..Details::default()
        }));
    }
    sample
}

/// A desk that has looked at it for a while.
fn desk(size: (u16, u16)) -> Desk {
    let mut desk = Desk::bare(size, Depth::True, true);
    for _ in 0..8 {
        desk.at += SECOND;
        desk.show(rich(desk.at));
    }
    desk
}

#[test]
fn each_screen() {
    for (size, name) in [(SMALL, "80x24"), (MIDDLE, "120x40")] {
        let mut desk = desk(size);
        for id in ["io", "memory", "scheduling"] {
            desk.press("Tab");
            insta::assert_snapshot!(format!("tab_{id}_{name}"), desk.picture());
        }
    }
    let mut large = desk(LARGE);
    large.press("Tab Tab Tab");
    insta::assert_snapshot!("tab_scheduling_200x50", large.picture());
}

#[test]
fn the_row_under_the_cursor_stays_from_tab_to_tab() {
    let mut desk = desk(MIDDLE);
    desk.press("7 0 3");
    for _ in 0..3 {
        desk.press("Tab");
        let chosen = desk.app.table.selected(&desk.app.snapshot).unwrap();
        assert_eq!(chosen.task.id.pid.get(), 703);
        let rows = Layout::new(desk.area(), &desk.app).table_rows(&desk.app);
        assert!((desk.app.table.first..desk.app.table.first + rows).contains(&desk.app.table.cursor()));
    }
}

/// The title's row.
fn title(desk: &Desk) -> String {
    desk.picture().lines().next().unwrap().trim_end().to_owned()
}

/// A desk with so many screens more.
fn crowded(size: (u16, u16), count: usize) -> Desk {
    let one = |n: usize| format!("[[screen]]\nid = \"s{n}\"\ntitle = \"Screen{n}\"\n");
    let text = (0..count).map(one).collect::<Vec<_>>().concat();
    let screens = Screens::new(&Settings::parse(&text).0).0;
    let mut desk = Desk::bare(size, Depth::True, true);
    let start = Start { screens, keymap: desk.app.keymap.clone(), delay: 1.0, ..Start::default() };
    desk.app = glowtop::app::App::new(start);
    desk.looked()
}

#[test]
fn where_all_have_no_room_those_around_the_shown_one_stand() {
    let mut desk = crowded(SMALL, 9);
    assert!(
        title(&desk).starts_with(" glowtop  [Processes] I/O  Memory  Scheduling  Screen0  Screen1  ›"),
        "{}",
        title(&desk)
    );
    desk.press("Shift-Tab");
    assert!(title(&desk).contains("‹ ") && title(&desk).contains("[Lab]"), "{}", title(&desk));
    // The mark leads to the first that is not seen, and that is seen then.
    let mark = title(&desk).find('‹').unwrap() as u16;
    desk.click(mark, 0);
    let Tab::Table(at) = desk.app.tab() else { panic!("{:?}", desk.app.tab()) };
    assert!(title(&desk).contains(&format!("[{}]", desk.app.screens.all()[at].title)), "{}", title(&desk));
}

#[test]
fn a_click_goes_to_what_stands_under_it() {
    for size in [SMALL, MIDDLE, LARGE, (60, 24), (44, 24), (24, 24)] {
        for count in [0, 2, 9] {
            let mut desk = crowded(size, count);
            for at in 0..desk.app.screens.all().len() {
                assert_eq!(desk.app.tab(), Tab::Table(at));
                let row = title(&desk);
                if let Some((before, rest)) = row.split_once('[') {
                    let known = &desk.app.screens.all()[at].title;
                    assert_eq!(rest.split(']').next(), Some(known.as_str()), "{row}");
                    // Itself, then what stands left of it, and back.
                    let x = before.chars().count() as u16;
                    desk.click(x, 0);
                    assert_eq!(desk.app.tab(), Tab::Table(at), "{row}");
                    desk.click(x - 1, 0);
                    let left = if at > 0 { at - 1 } else { 0 };
                    assert_eq!(desk.app.tab(), Tab::Table(left), "{row}");
                    if at > 0 {
                        desk.press("Tab");
                    }
                }
                desk.press("Tab");
            }
            assert_eq!(desk.app.tab(), Tab::Lab);
        }
    }
}

#[test]
fn what_explains_the_order_never_leaves_a_narrow_terminal() {
    for (tab, sort) in [("", "CPU%▽"), ("Tab", "DISK/s▽"), ("Tab Tab", "RES▽"), ("Tab Tab Tab", "CPU%▽")]
    {
        for width in [40, 60, 80, 100] {
            let mut desk = desk((width, 24));
            desk.press(tab);
            let picture = desk.picture();
            let header = picture.lines().find(|line| line.contains(" PID ")).unwrap_or_default();
            assert!(header.contains(sort) || width < 60, "{width}: {header}");
            assert!(header.contains("Command") || width < 60, "{width}: {header}");
        }
    }
}

#[test]
fn set_up() {
    for (size, name) in [(SMALL, "80x24"), (MIDDLE, "120x40")] {
        let mut desk = desk(size);
        desk.press("F2 Down Down Space Right Down Down");
        insta::assert_snapshot!(format!("setup_meters_{name}"), desk.picture());
        desk.press("2 Down Right Down");
        insta::assert_snapshot!(format!("setup_screens_{name}"), desk.picture());
        desk.press("3 Down");
        insta::assert_snapshot!(format!("setup_colours_{name}"), desk.picture());
        desk.press("4 Enter x");
        insta::assert_snapshot!(format!("setup_options_{name}"), desk.picture());
        desk.press("Esc Esc");
        insta::assert_snapshot!(format!("setup_question_{name}"), desk.picture());
    }
}

#[test]
fn a_narrow_set_up_keeps_its_names() {
    let mut desk = desk((44, 20));
    desk.press("F2 2");
    let picture = desk.picture();
    let dialog: Vec<&str> = picture.lines().skip_while(|line| !line.contains("Set up")).take(12).collect();
    for name in ["I/O", "Memory", "Columns", "To add"] {
        assert!(dialog.iter().any(|line| line.contains(name)), "{name}: {picture}");
    }
    // However small the terminal is, nothing breaks.
    for size in [(40, 10), (14, 5), (3, 3), (1, 1)] {
        let mut desk = self::desk(size);
        desk.press("F2 2 3 4 Enter x");
        let _ = desk.picture();
    }
}

#[test]
fn a_click_in_the_set_up_takes_what_stands_there() {
    for size in [SMALL, MIDDLE, LARGE, (60, 20)] {
        let mut desk = desk(size);
        desk.press("F2");
        let click = |desk: &mut Desk, what: &str| {
            let picture = desk.picture();
            let found = picture.lines().take(usize::from(size.1)).enumerate().find_map(|(y, line)| {
                let at = line.find(what)?;
                Some((line[..at].chars().count() as u16, y as u16))
            });
            let (x, y) = found.unwrap_or_else(|| panic!("no {what}: {picture}"));
            desk.click(x, y);
        };
        click(&mut desk, "two_50_50");
        click(&mut desk, "two_50_50");
        assert_eq!(desk.app.header.columns.len(), 2, "{size:?}");
        click(&mut desk, "4 Options");
        click(&mut desk, "unicode");
        let Some(Layer::Setup(setup)) = &desk.app.layer else { panic!("it is open") };
        assert_eq!((setup.page, setup.at(0)), (SetupPage::Options, 3), "{size:?}");
        click(&mut desk, "Space change");
        assert!(!desk.app.settings_now().options.unicode, "{size:?}");
    }
}
