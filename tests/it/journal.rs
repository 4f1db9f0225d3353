//! The log of acts on the screen.

use std::sync::Arc;

use glowtop::app::{App, DEFAULT_KEYMAP, Input, Keymap, MouseEvent, Msg, Start};
use glowtop::config::{self, BUILTIN_THEMES, Chord};
use glowtop::model::{
    Act, Change, ControlNews, Happened, Host, Nanos, Outcome, Owner, Pid, ProcId, Respawn, Setting, Signal,
    Snapshot, System, Target, Verdict, WhyAlive,
};
use glowtop::view::{self, Depth, Theme, picture};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SECOND: u64 = 1_000_000_000;

struct Desk {
    app: App,
    size: (u16, u16),
    at: u64,
}

impl Desk {
    fn new(size: (u16, u16)) -> Desk {
        let themes = BUILTIN_THEMES.iter().map(|(name, _)| (*name).to_owned()).collect();
        let start = Start { keymap: Keymap::parse(DEFAULT_KEYMAP).0, themes, delay: 1.0, ..Start::default() };
        let mut desk = Desk { app: App::new(start), size, at: SECOND };
        let host = Host { name: "web-3".into(), utc_offset_s: Some(3600), ..Host::default() };
        desk.tell(Msg::Size(size.0, size.1));
        desk.tell(Msg::Snapshot(Arc::new(Snapshot {
            number: 1,
            taken: Nanos(SECOND),
            wall: 1_800_000_000 * SECOND,
            system: System { host: Arc::new(host), ..System::default() },
            ..Snapshot::default()
        })));
        desk
    }

    fn tell(&mut self, msg: Msg) {
        self.app.update(Nanos(self.at), msg);
    }

    fn news(&mut self, pid: u32, name: &str, act: Act, what: Happened) {
        let owner = Some(Owner { uid: 1000, name: Arc::new("ann".into()) });
        let target = Target { id: ProcId::new(pid, 5).unwrap(), name: name.into(), owner };
        self.at += SECOND;
        self.tell(Msg::Control(Box::new(ControlNews { session: 1, target, act: Some(act), what })));
    }

    fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.tell(Msg::Input(Input::Key(key.parse::<Chord>().unwrap())));
        }
    }

    fn picture(&self) -> String {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let mut buf = Buffer::empty(area);
        let (_, text) = BUILTIN_THEMES[0];
        let theme = Theme::new(&config::Theme::parse(text).0, Depth::True, true);
        view::draw(&self.app, &theme, area, &mut buf);
        picture::text(&buf)
    }

    fn busy(size: (u16, u16)) -> Desk {
        let mut desk = Desk::new(size);
        let (term, kill) = (Act::Signal(Signal::TERM), Act::Signal(Signal::KILL));
        let delivered = || Happened::Outcome(Outcome::Delivered);
        let change = |from, to| {
            let (from, to) = (Setting::Nice(from), Setting::Nice(to));
            Happened::Outcome(Outcome::Changed(Box::new(Change { from, to, threads: 3 })))
        };
        desk.news(811, "nginx", term, delivered());
        desk.news(811, "nginx", term, Happened::Verdict(Verdict::Killed { by: Signal::TERM, after: 0.2 }));
        let back = Respawn {
            by: ProcId::new(4242, 90).unwrap(),
            after: 0.5,
            parent: Pid::new(1),
            parent_name: "systemd".into(),
            unit: Some("nginx.service".into()),
        };
        desk.news(811, "nginx", term, Happened::Respawned(Box::new(back)));
        desk.news(1311, "cc1plus", Act::Renice(5), change(0, 5));
        desk.news(1, "systemd", term, Happened::Outcome(Outcome::Denied { owner: Some(0) }));
        desk.news(1501, "a name that is longer than its place", term, delivered());
        let alive = Verdict::StillAlive { after: 5.0, why: WhyAlive::Ignores };
        desk.news(1501, "a name that is longer than its place", term, Happened::Verdict(alive));
        desk.news(1503, "x\u{1b}[2J漢字漢字漢字漢字", Act::Set(Setting::OomScoreAdj(500)), change(0, 5));
        desk.news(4_194_304, "python3", kill, delivered());
        desk
    }
}

#[test]
fn each_act_is_a_line() {
    for (size, name) in [((80, 24), "journal_80x24"), ((120, 40), "journal_120x40")] {
        let mut desk = Desk::busy(size);
        desk.press("J Down Down");
        insta::assert_snapshot!(name, desk.picture());
    }
    let mut desk = Desk::new((80, 24));
    desk.press("J");
    insta::assert_snapshot!("journal_empty_80x24", desk.picture());
}

#[test]
fn a_click_chooses_and_every_size_is_drawn() {
    let mut desk = Desk::busy((80, 24));
    desk.press("J");
    let area = Rect::new(0, 0, 80, 24);
    // The box has a frame and a header above the first entry.
    let hit = view::hit(&desk.app, area, 10, 4);
    desk.tell(Msg::Mouse(MouseEvent::Left, hit));
    let shown = desk.picture();
    assert!(shown.contains("1501 a name that is longer t… of ann, SIGTERM: ignores SIGTERM"), "{shown}");
    for size in [(1, 1), (3, 2), (9, 5), (30, 8), (40, 12), (300, 3)] {
        desk.size = size;
        for keys in ["Home", "End", "Up"] {
            desk.press(keys);
            desk.picture();
        }
    }
}

#[test]
fn nothing_is_cut_without_a_mark() {
    let mut desk = Desk::busy((80, 24));
    desk.press("J");
    let shown = desk.picture();
    let line = |start: &str| shown.lines().find(|line| line.contains(start)).unwrap().to_owned();
    assert!(line("a name that").contains("a name that is…"), "{shown}");
    assert!(line("a name that").contains("ignores SIGTERM, still alive…"), "{shown}");
    assert!(line("  811 ").contains("killed by SIGTERM after 0.2…"), "{shown}");
}
