//! What the header needs follows what it shows, and what it follows stands still with it.

use super::*;
use crate::config;
use crate::model::SlowNeeds;

fn effects(desk: &mut Desk, msg: Msg) -> Vec<SlowNeeds> {
    let effects = desk.app.update(Nanos(desk.app.now.0 + 1), msg);
    let wanted = effects.into_iter().filter_map(|effect| match effect {
        Effect::Wants(change) => Some(change.0.slow),
        _ => None,
    });
    wanted.collect()
}

#[test]
fn what_the_header_shows_is_read_and_nothing_else() {
    let mut desk = Desk::new();
    desk.look(MACHINE);
    effects(&mut desk, Msg::Size(80, 24));
    let narrow = desk.app.wants().slow;
    assert!(!narrow.has(SlowNeeds::DISKS) && !narrow.has(SlowNeeds::BATTERY));
    let wide = effects(&mut desk, Msg::Size(200, 50));
    assert!(wide.first().is_some_and(|wide| wide.has(SlowNeeds::DISKS)), "{wide:?}");
    assert_eq!(effects(&mut desk, Msg::Size(201, 50)), []);
    desk.press("#");
    assert_eq!(desk.app.wants().slow, SlowNeeds::NOTHING);
    desk.press("#");
    let text = "[header]\nmeters = [[\"battery\"]]\n";
    desk.app.header = Header::resolve(&config::Header::parse(text).0).0;
    assert_eq!(effects(&mut desk, Msg::Tick), [SlowNeeds::BATTERY]);
}

#[test]
fn a_frozen_header_stands_still_and_misses_nothing() {
    let mut desk = Desk::new();
    desk.look(MACHINE);
    let followed = |desk: &Desk| desk.app.history.trail("memory").map_or(0, |trail| trail.levels().count());
    let before = followed(&desk);
    assert!(before > 0);
    desk.press("Z");
    desk.look(MACHINE);
    desk.look(MACHINE);
    assert_eq!(followed(&desk), before);
    desk.press("Z");
    assert_eq!(followed(&desk), before + 2);
}
