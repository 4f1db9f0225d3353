//! With `--readonly` there is no way to an act, by whatever keys and clicks.

use proptest::prelude::*;

use super::*;
use crate::config::Key;

fn readonly() -> Desk {
    let mut desk = Desk::new();
    desk.app.readonly = true;
    desk
}

fn changes(effect: &Effect) -> bool {
    matches!(effect, Effect::Control(_) | Effect::Lab(_))
}

#[test]
fn each_act_is_refused_in_words_and_nothing_else_is() {
    for action in Action::ALL {
        for screen in Screen::ALL {
            let mut desk = readonly();
            desk.app.screen = screen;
            let press = || Msg::Mouse(MouseEvent::Left, Hit::Key(*action));
            desk.tell(press());
            let refused = desk.said() == "glowtop runs with --readonly: it changes nothing";
            assert_eq!(refused, action.is_act(), "{action:?}");
            assert!(!desk.effects.iter().any(changes), "{action:?}: {:?}", desk.effects);
            assert_eq!(desk.app.offers(*action), !action.is_act());
            // What leads to an act is one: without --readonly, nothing else orders anything or asks whom.
            let mut free = Desk::new();
            free.app.screen = screen;
            free.tell(press());
            let asks = matches!(&free.app.layer, Some(Layer::Signal(_) | Layer::Tame(_)))
                || matches!(&free.app.layer, Some(Layer::Menu(Menu { purpose: MenuPurpose::Act, .. })))
                || matches!(&free.app.layer, Some(Layer::Line(LineInput { purpose: Purpose::Thaw, .. })));
            assert!(action.is_act() || !(asks || free.effects.iter().any(changes)), "{action:?} is an act");
        }
    }
}

#[test]
fn the_sentence_comes_with_the_key() {
    let mut desk = readonly();
    for key in ["F9", "k", "F7", "]", "z", "!", "i", "B", "Ctrl-U", "o"] {
        desk.app.notices = Notices::default();
        desk.press(key);
        assert_eq!(desk.said(), "glowtop runs with --readonly: it changes nothing", "{key}");
        assert!(desk.app.layer.is_none(), "{key}");
    }
    desk.press("L Enter");
    assert!(!desk.effects.iter().any(changes) && !desk.app.lab.running);
    desk.press("Esc J");
    assert!(matches!(desk.app.layer, Some(Layer::Journal(0))), "reading is no act");
}

#[derive(Clone, Debug)]
enum Step {
    Key(Chord),
    Mouse(MouseEvent, Hit),
}

fn any_step() -> impl Strategy<Value = Step> {
    let bound: Vec<Chord> = Keymap::parse(DEFAULT_KEYMAP).0.all().map(|(_, chord, _)| chord).collect();
    let key = prop_oneof![
        4 => prop::sample::select(bound),
        1 => prop::char::range(' ', '~').prop_map(Chord::char),
        1 => prop::sample::select(vec![Key::Enter, Key::Esc, Key::Up, Key::Down]).prop_map(Chord::plain),
    ];
    let hit = prop_oneof![
        prop::sample::select(Action::ALL).prop_map(Hit::Key),
        (0usize..12).prop_map(Hit::Item),
        (0usize..12).prop_map(Hit::Line),
        prop::sample::select(vec![Tab::Table(0), Tab::Table(2), Tab::Table(9), Tab::Lab]).prop_map(Hit::Tab),
        key.clone().prop_map(Hit::Press),
        Just(Hit::Layer),
        Just(Hit::Nothing),
    ];
    let mouse = prop::sample::select(vec![MouseEvent::Left, MouseEvent::Right, MouseEvent::WheelUp]);
    prop_oneof![2 => key.prop_map(Step::Key), 1 => (mouse, hit).prop_map(|(what, hit)| Step::Mouse(what, hit))]
}

proptest! {
    #[test]
    fn no_keys_and_no_clicks_ever_order_anything(steps in prop::collection::vec(any_step(), 1..40)) {
        let mut desk = readonly();
        for step in steps {
            match step {
                Step::Key(chord) => desk.tell(Msg::Input(Input::Key(chord))),
                Step::Mouse(what, hit) => desk.tell(Msg::Mouse(what, hit)),
            }
            prop_assert!(!desk.effects.iter().any(changes), "{:?}", desk.effects);
            // Not only stopped at the door: nothing that would order something is ever open.
            prop_assert!(!matches!(desk.app.layer, Some(Layer::Signal(_) | Layer::Tame(_))));
            // The X-ray only looks.
            prop_assert!(!desk.app.lab.running || desk.app.lab.show.xray.is_some());
        }
    }
}
