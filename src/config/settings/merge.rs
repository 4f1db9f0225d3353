//! Two who changed the same file: what one of them changed is laid over what the other wrote.

use super::{OPTIONS, ScreenSetting, Settings};

/// The option that orders the tabs, which the order of the screens says.
const TABS: &str = "tabs";

/// Settings that two have changed.
#[derive(Clone, PartialEq, Debug)]
pub struct Merged {
    /// What comes of it.
    pub settings: Settings,
    /// What only the others changed, in words that are safe to show.
    pub theirs: Vec<String>,
    /// What both changed, each otherwise.
    pub both: Vec<String>,
}

/// Who changed a thing.
struct Judge {
    /// Who prevails where both did.
    ours: bool,
    theirs: Vec<String>,
    both: Vec<String>,
}

impl Judge {
    /// Whether of the thing called `name` ours is taken: `same` says whether two of ours (0), base (1) and theirs (2)
    /// say the same of it.
    fn takes_ours(&mut self, name: impl FnOnce() -> String, same: impl Fn(usize, usize) -> bool) -> bool {
        let (ours_is_old, theirs_is_old) = (same(0, 1), same(1, 2));
        if same(0, 2) || theirs_is_old {
            return true;
        }
        if ours_is_old {
            self.theirs.push(name());
            return false;
        }
        self.both.push(name());
        self.ours
    }
}

impl Settings {
    /// What these settings say otherwise than `base`, laid over `theirs`, which came of `base` too; where both say
    /// otherwise, ours or theirs prevails. Filters, rules and keys are theirs: nobody changes them here.
    pub fn merged(&self, base: &Settings, theirs: &Settings, ours: bool) -> Merged {
        let mut judge = Judge { ours, theirs: Vec::new(), both: Vec::new() };
        let all = [self, base, theirs];
        let mut settings = theirs.clone();
        for row in OPTIONS.iter().filter(|row| row.id != TABS) {
            let text = all.map(|one| one.options.text(row.id));
            if judge.takes_ours(|| row.id.to_owned(), |a, b| text.get(a) == text.get(b)) {
                settings.options.take_from(row.id, &self.options);
            }
        }
        let header = all.map(|one| one.header.to_toml());
        if judge.takes_ours(|| "the meters".to_owned(), |a, b| header.get(a) == header.get(b)) {
            settings.header.clone_from(&self.header);
        }
        let lab = all.map(|one| one.lab);
        if judge.takes_ours(|| "the tab of the lab".to_owned(), |a, b| lab.get(a) == lab.get(b)) {
            settings.lab = self.lab;
        }
        settings.screens = self.merged_screens(all, &mut judge);
        Merged { settings, theirs: judge.theirs, both: judge.both }
    }

    fn merged_screens(&self, all: [&Settings; 3], judge: &mut Judge) -> Vec<ScreenSetting> {
        let [_, _, theirs] = all;
        let order = all.map(|one| one.screens.iter().map(|screen| screen.id.as_str()).collect::<Vec<_>>());
        // A screen that came or went is told by its own name.
        let common = order.clone().map(|ids| {
            let everywhere = |id: &&str| order.iter().all(|ids| ids.contains(id));
            ids.into_iter().filter(everywhere).collect::<Vec<_>>()
        });
        let name = || "the order of the screens".to_owned();
        let ours_first = judge.takes_ours(name, |a, b| common.get(a) == common.get(b));
        // Where we moved nothing, a screen that came to the others stays at its place among theirs.
        let [of_ours, of_base, _] = &order;
        let ours_first = ours_first && of_ours != of_base;
        let (first, then) = if ours_first { (self, theirs) } else { (theirs, self) };
        let others = then.screens.iter().filter(|screen| first.screen(&screen.id).is_none());
        let mut screens = Vec::new();
        for id in first.screens.iter().chain(others).map(|screen| screen.id.as_str()) {
            let of = all.map(|one| one.screen(id));
            let same = |a: usize, b: usize| match (of.get(a).copied().flatten(), of.get(b).copied().flatten())
            {
                (Some(a), Some(b)) => a.changes(Some(b)).is_empty(),
                (a, b) => a.is_none() && b.is_none(),
            };
            let name = || {
                let title = of.iter().flatten().next().map_or(id, |screen| screen.title.as_str());
                format!("the screen {}", crate::model::Untrusted::from(title).show(20))
            };
            let [ours, _, theirs] = of;
            screens.extend(if judge.takes_ours(name, same) { ours } else { theirs }.cloned());
        }
        if screens.is_empty() {
            // Each took away what the other one kept.
            judge.both.push("which screens there are".to_owned());
            screens.clone_from(if judge.ours { &self.screens } else { &theirs.screens });
        }
        screens
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Settings {
        let (settings, complaints) = Settings::parse(text);
        assert_eq!(complaints, [], "{text}");
        settings
    }

    #[test]
    fn who_changed_a_thing_says_what_it_is() {
        let base = read("[options]\ntheme = \"ash\"\ndelay = 2\n[[screen]]\nid = \"mine\"\n");
        let ours = read("[options]\ntheme = \"ash\"\ndelay = 3\n[[screen]]\nid = \"io\"\ntree = true\n");
        let theirs = read(
            "[options]\ntheme = \"nord\"\ndelay = 2\n[header]\npeaks = false\n[[screen]]\nid = \"mine\"\n\
             [[screen]]\nid = \"memory\"\ntitle = \"Mem\"\n[[filter]]\nname = \"x\"\nquery = \"cpu>1\"\n",
        );
        let merged = ours.merged(&base, &theirs, true);
        let options = &merged.settings.options;
        assert_eq!((options.theme.as_str(), options.delay), ("nord", 3.0));
        assert_eq!(merged.theirs, ["theme", "the meters", "the screen Memory"]);
        assert_eq!(merged.both, [""; 0]);
        assert!(!merged.settings.header.peaks && merged.settings.filters == theirs.filters);
        let screens = &merged.settings.screens;
        let ids: Vec<_> = screens.iter().map(|screen| screen.id.as_str()).collect();
        assert_eq!(ids, ["processes", "io", "memory", "scheduling"], "ours took theirs of before away");
        assert!(screens[1].tree && screens[2].title == "Mem");
    }

    #[test]
    fn where_both_changed_it_somebody_has_to_say_who_prevails() {
        let base = read("");
        let ours =
            read("[options]\ntheme = \"ash\"\ntabs = [\"memory\"]\n[[screen]]\nid = \"io\"\ntree = true\n");
        let theirs =
            read("[options]\ntheme = \"nord\"\ntabs = [\"io\"]\n[[screen]]\nid = \"io\"\ntitle = \"Disk\"\n");
        for prevails in [true, false] {
            let merged = ours.merged(&base, &theirs, prevails);
            assert_eq!(merged.both, ["theme", "the order of the screens", "the screen I/O"]);
            assert_eq!(merged.theirs, [""; 0]);
            let (theme, first) = if prevails { ("ash", "memory") } else { ("nord", "io") };
            assert_eq!(merged.settings.options.theme, theme);
            assert_eq!(merged.settings.screens[0].id, first);
            assert_eq!(merged.settings.screen("io").map(|io| io.tree), Some(prevails));
        }
        let agreed = ours.merged(&base, &ours, false);
        assert_eq!((agreed.both.len(), agreed.theirs.len()), (0, 0));
    }

    #[test]
    fn where_nobody_else_changed_anything_ours_is_what_comes_of_it() {
        let base = read("[[screen]]\nid = \"mine\"\n");
        let ours = read(
            "[options]\nmouse = false\ntabs = [\"io\", \"mine\"]\n[[screen]]\nid = \"lab\"\nhide = true\n[[screen]]\nid = \"mine\"\n",
        );
        let merged = ours.merged(&base, &base, false);
        let ids = |settings: &Settings| settings.screens.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&merged.settings), ids(&ours));
        assert_eq!((merged.settings.lab, merged.settings.options.mouse), (false, false));
        assert!(merged.theirs.is_empty() && merged.both.is_empty());
    }

    #[test]
    fn a_screen_is_left_though_each_took_away_what_the_other_one_kept() {
        let hidden =
            |ids: [&str; 2]| ids.map(|id| format!("[[screen]]\nid = \"{id}\"\nhide = true\n")).concat();
        let base = read("");
        let (ours, theirs) = (read(&hidden(["processes", "io"])), read(&hidden(["memory", "scheduling"])));
        for prevails in [true, false] {
            let merged = ours.merged(&base, &theirs, prevails);
            let kept = if prevails { &ours } else { &theirs };
            assert_eq!(merged.settings.screens, kept.screens);
            assert_eq!(merged.both, ["which screens there are"], "somebody is to be asked");
        }
    }

    /// Something of the settings, as text.
    type Thing = Box<dyn Fn(&Settings) -> String>;

    /// What a file may say of each thing: nothing, one thing or another.
    const SAID: [[&str; 3]; 12] = [
        ["", "delay = 2\n", "delay = 3\n"],
        ["", "theme = \"ash\"\n", "theme = \"nord\"\n"],
        ["", "mouse = false\n", "fold_rules = [\"name=x\"]\n"],
        ["", "tabs = [\"io\"]\n", "tabs = [\"mine\", \"memory\"]\n"],
        ["", "[header]\npeaks = false\n", "[header]\nleft = [\"tasks\"]\n"],
        ["", "[[screen]]\nid = \"lab\"\nhide = true\n", "[[screen]]\nid = \"lab\"\nhide = false\n"],
        [
            "",
            "[[screen]]\nid = \"processes\"\nhide = true\n",
            "[[screen]]\nid = \"processes\"\ntree = true\n",
        ],
        ["", "[[screen]]\nid = \"io\"\nhide = true\n", "[[screen]]\nid = \"io\"\ntitle = \"Disk\"\n"],
        ["", "[[screen]]\nid = \"memory\"\nhide = true\n", "[[screen]]\nid = \"memory\"\nsort = \"pid\"\n"],
        [
            "",
            "[[screen]]\nid = \"scheduling\"\nhide = true\n",
            "[[screen]]\nid = \"scheduling\"\ngroup = \"user\"\n",
        ],
        ["", "[[screen]]\nid = \"mine\"\n", "[[screen]]\nid = \"mine\"\ncolumns = [\"pid\"]\n"],
        [
            "",
            "[[filter]]\nname = \"a\"\nquery = \"cpu>1\"\n",
            "[[filter]]\nname = \"b\"\nquery = \"cpu>2\"\n",
        ],
    ];
    const IDS: [&str; 5] = ["processes", "io", "memory", "scheduling", "mine"];

    /// The text of a file that says these.
    fn file(said: &[usize]) -> String {
        let pieces = SAID.iter().zip(said).map(|(of, at)| of[*at]);
        format!("[options]\n{}", pieces.collect::<String>())
    }

    proptest! {
        /// Of three who say anything: what only one of them changed stands as he changed it, and what is written into the
        /// others' file reads as what was made of it.
        #[test]
        fn nothing_that_anybody_changed_is_lost(
            base in prop::collection::vec(0usize..3, SAID.len()),
            ours in prop::collection::vec(prop::option::of(0usize..3), SAID.len()),
            theirs in prop::collection::vec(prop::option::of(0usize..3), SAID.len()),
            prevails: bool,
        ) {
            let over = |changed: &[Option<usize>]| -> Vec<usize> {
                base.iter().zip(changed).map(|(base, changed)| changed.unwrap_or(*base)).collect()
            };
            // Who saves has not touched the filters.
            let mut ours = ours;
            ours.truncate(SAID.len() - 1);
            ours.push(None);
            let text = file(&over(&theirs));
            let [base, ours, theirs] =
                [file(&base), file(&over(&ours)), text.clone()].map(|text| Settings::parse(&text).0);
            let Merged { settings, both, .. } = ours.merged(&base, &theirs, prevails);
            let expected = |base: &String, ours: &String, theirs: &String| {
                let winner = if prevails { ours } else { theirs };
                if ours == base { theirs } else if theirs == base { ours } else { winner }.clone()
            };
            let mut things: Vec<Thing> = vec![Box::new(|of| of.header.to_toml()), Box::new(|of| of.lab.to_string())];
            for row in OPTIONS.iter().filter(|row| row.id != TABS) {
                things.push(Box::new(|of| of.options.text(row.id)));
            }
            if !both.contains(&"which screens there are".to_owned()) {
                for id in IDS {
                    things.push(Box::new(move |of| {
                        of.screen(id).map_or("none".to_owned(), |one| format!("{:?}", one.changes(None)))
                    }));
                }
            }
            for thing in &things {
                prop_assert_eq!(thing(&settings), expected(&thing(&base), &thing(&ours), &thing(&theirs)));
            }
            prop_assert!(!settings.screens.is_empty());
            prop_assert_eq!(&settings.filters, &theirs.filters);
            let ids = |of: &Settings| of.screens.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
            prop_assert_eq!(ids(&ours.merged(&base, &base, prevails).settings), ids(&ours));
            prop_assert_eq!(ids(&base.merged(&base, &theirs, prevails).settings), ids(&theirs));
            let written = settings.saved(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let read = Settings::parse(&written).0;
            for thing in &things {
                prop_assert_eq!(thing(&read), thing(&settings), "{}", written);
            }
            prop_assert_eq!(ids(&read), ids(&settings), "{}", written);
            let named = |of: &Settings| of.filters.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
            prop_assert_eq!(named(&read), named(&theirs));
        }
    }
}
