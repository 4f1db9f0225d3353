use proptest::prelude::*;

use super::*;

/// What is said of a text.
fn said(text: &str) -> Vec<String> {
    Settings::parse(text).1.iter().map(ToString::to_string).collect()
}

/// Everything that settings hold, as text.
fn all(settings: &Settings) -> String {
    format!("{settings:?}")
}

#[test]
fn the_default_says_everything_and_nothing_wrong() {
    let mut settings = Settings::blank();
    assert_eq!(settings.lay_over(DEFAULT_CONFIG), []);
    assert_eq!(all(&settings), all(&Settings::default()));
    let document = Document::parse(DEFAULT_CONFIG).expect("a test reads it");
    let options = document.get("options").and_then(Item::as_table).expect("there are options");
    let named: Vec<&str> = options.iter().map(|(name, _)| name).collect();
    assert_eq!(named, OPTIONS.iter().map(|row| row.id).collect::<Vec<_>>(), "each option has its default");
    for screen in &settings.screens {
        let ids = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
        assert!(ids(&screen.drop).iter().all(|id| ids(&screen.columns).contains(id)), "{}", screen.id);
    }
    let ids: Vec<&str> = settings.screens.iter().map(|screen| screen.id.as_str()).collect();
    assert_eq!(ids, ["processes", "io", "memory", "scheduling"]);
}

#[test]
fn the_default_laid_over_itself_changes_nothing() {
    let (settings, complaints) = Settings::parse(DEFAULT_CONFIG);
    assert_eq!(complaints, []);
    assert_eq!(all(&settings), all(&Settings::default()));
    assert_eq!(all(&Settings::parse("").0), all(&Settings::default()));
}

#[test]
fn what_is_said_is_laid_over_what_is_not() {
    let text = "[options]\ndelay = 2\ntheme = \"ash\"\ncommand = \"full\"\nfold_rules = [\"name=x\"]\n\
                [[screen]]\nid = \"memory\"\nsort = \"pss\"\n\
                [[screen]]\nid = \"mine\"\ncolumns = [\"pid\", \"command\"]\ntree = true\ndescending = false\nsort = \"pid\"\n\
                [[screen]]\nid = \"io\"\nhide = true\n[[screen]]\nid = \"lab\"\nhide = true\n\
                [header]\nlayout = \"auto\"\n[keys.processes]\nx = \"tree\"\n";
    let (settings, complaints) = Settings::parse(text);
    assert_eq!(complaints, []);
    let Options { delay, theme, command, mouse, .. } = &settings.options;
    assert_eq!((*delay, theme.as_str(), *command, *mouse), (2.0, "ash", CommandForm::Full, true));
    assert_eq!(settings.options.fold_rules, [Word { text: "name=x".into(), line: Some(5) }]);
    let ids: Vec<&str> = settings.screens.iter().map(|screen| screen.id.as_str()).collect();
    assert_eq!(ids, ["processes", "memory", "scheduling", "mine"]);
    let memory = settings.screen("memory").expect("it is there");
    let theirs = Settings::default();
    assert_eq!(memory.columns, theirs.screen("memory").expect("it is there").columns);
    assert_eq!(memory.sort, Some(Word { text: "pss".into(), line: Some(8) }));
    let mine = settings.screen("mine").expect("it is there");
    assert_eq!((mine.title.as_str(), mine.tree, mine.descending), ("mine", true, Some(false)));
    assert!(!settings.lab && settings.header.columns.is_empty());
    assert_eq!((settings.keys.len(), settings.keys[0].line), (1, Some(24)));
}

#[test]
fn filters_and_rules_of_ones_own_come_first() {
    let mut settings = Settings::blank();
    settings.lay_over(
        "[[filter]]\nname = \"busy\"\nquery = \"cpu>50\"\n[[rule]]\nquery = \"cpu>90\"\nlook = \"bad\"\n",
    );
    let own = "[[filter]]\nname = \"big\"\nquery = \"res>1G\"\n[[filter]]\nname = \"busy\"\nquery = \"cpu>9\"\n\
               [[rule]]\nquery = \"user=root\"\nlook = \"#ff8800\"\nmark = \"!\"\n";
    assert_eq!(settings.lay_over(own), []);
    let filters: Vec<_> = settings.filters.iter().map(|f| (f.name.as_str(), f.query.text.as_str())).collect();
    assert_eq!(filters, [("big", "res>1G"), ("busy", "cpu>9")]);
    let rules: Vec<_> = settings.rules.iter().map(|rule| (rule.look, rule.mark)).collect();
    assert_eq!(
        rules,
        [
            (RuleLook::Colour(crate::config::Rgb::new(255, 136, 0)), Some('!')),
            (RuleLook::Role(crate::model::Role::Bad), None)
        ]
    );
    assert_eq!(settings.lay_over("[[filter]]\nname = \"busy\"\nhide = true\n"), []);
    assert_eq!(settings.filters.len(), 1);
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_the_nearest_name() {
    let cases = [
        ("delay = 2\n", "line 1: there is no section 'delay'; it is an option: write it below [options]"),
        ("\n[optons]\n", "line 2: there is no section 'optons'; did you mean 'options'?"),
        ("[options]\ndealy = 2\n", "line 2: there is no option 'dealy'; did you mean 'delay'?"),
        ("[options]\ndelay = 0\n", "line 2: 'delay' is a number of seconds from 0.1 to 3600"),
        ("[options]\ndelay = nan\n", "line 2: 'delay' is a number of seconds from 0.1 to 3600"),
        ("[options]\nmouse = 1\n", "line 2: 'mouse' is true or false"),
        ("[options]\ntheme = 1\n", "line 2: 'theme' is a text in quotation marks"),
        (
            "[options]\ncommand = \"ful\"\n",
            "line 2: 'command' is one of command, full, name, merged, not 'ful'; did you mean 'full'?",
        ),
        ("[options]\nfold_rules = 3\n", "line 2: 'fold_rules' is a list of texts: [\"one\", \"two\"]"),
        ("[options]\nfold_rules = [\n1]\n", "line 3: 'fold_rules' is a list of texts in quotation marks"),
        ("options = 3\n", "line 1: options stand in a table: [options]"),
        ("[screen]\nid = \"x\"\n", "line 1: there may be several: write [[screen]], in double brackets"),
        ("[[screen]]\ntitle = \"x\"\n", "line 2: a screen needs an id: id = \"mine\""),
        ("[[screen]]\nid = \"a b\"\n", "line 2: 'a b' is no id: write up to 32 letters, digits, - and _"),
        ("[[screen]]\nid = \"io\"\nsrt = \"x\"\n", "line 3: a screen has no 'srt'; did you mean 'sort'?"),
        (
            "[[screen]]\nid = \"memry\"\nhide = true\n",
            "line 2: there is no screen 'memry'; did you mean 'memory'?",
        ),
        ("[[screen]]\nid = \"lab\"\nsort = \"cpu\"\n", "line 3: the lab is no table and has no 'sort'"),
        ("[[screen]]\nid = \"io\"\ntitle = \"\"\n", "line 3: a tab needs a word on it"),
        ("[[filter]]\nquery = \"x\"\n", "line 2: a filter needs a name: name = \"mine\""),
        ("[[filter]]\nname = \"x\"\n", "line 2: a filter needs a query: query = \"cpu>50\""),
        ("[[rule]]\nquery = \"x\"\n", "line 2: a rule needs a look: query = \"cpu>50\", look = \"warn\""),
        (
            "[[rule]]\nquery = \"x\"\nlook = \"wran\"\n",
            "line 3: there is no role 'wran'; did you mean 'warn'?",
        ),
        ("[[rule]]\nquery = \"x\"\nlook = \"#12\"\n", "line 3: '#12' is no colour: write #rrggbb"),
        (
            "[[rule]]\nquery = \"x\"\nlook = \"bad\"\nmark = \"\\u001b\"\n",
            "line 4: a mark is one character that takes one cell",
        ),
        ("header = 1\n", "line 1: the meters stand in a table: [header]"),
        ("keys = 1\n", "line 1: keys stand in tables such as [keys.processes]"),
        (
            "[keys.processes]\n\"Hyper-x\" = \"tree\"\n",
            "line 2: 'Hyper-x' is no key: write F5, Ctrl-U, Shift-Tab, Space or the character itself",
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(said(text), [wanted], "{text}");
        let settings = Settings::parse(text).0;
        assert_eq!(settings.options, Settings::default().options, "{text}");
    }
}

#[test]
fn broken_toml_is_one_complaint_and_changes_nothing() {
    for text in ["[", "[options]\ndelay = 2\nx = \n", "\0\0\0", "a = \"\u{7}\""] {
        let (settings, complaints) = Settings::parse(text);
        assert_eq!(complaints.len(), 1, "{text:?}");
        assert!(!complaints[0].text.contains('\n'), "{complaints:?}");
        assert_eq!(all(&settings), all(&Settings::default()));
    }
}

#[test]
fn one_screen_stays() {
    let hide = |id: &str| format!("[[screen]]\nid = \"{id}\"\nhide = true\n");
    let text: String = ["processes", "io", "memory", "scheduling"].map(hide).concat();
    let (settings, complaints) = Settings::parse(&text);
    assert_eq!(settings.screens.len(), 1);
    assert_eq!(complaints.len(), 1);
}

#[test]
fn nothing_that_a_terminal_obeys_comes_out_of_a_file() {
    let text = "\"\\u001b[31m\" = 1\n[options]\n\"\\u009b2J\" = 1\ncommand = \"\\u001bc\"\n\
                [[screen]]\nid = \"\\u001b\"\n[[screen]]\nid = \"x\"\ntitle = \"a\\u001b[31m\\u202eb\"\n\"\\u0007\" = 1\n\
                [[rule]]\nquery = \"a\"\nlook = \"#\\u001b\"\n[keys.processes]\n\"\\u001b\\u001b\" = \"x\"\n";
    let (settings, complaints) = Settings::parse(text);
    let quiet = |text: &str| !text.chars().any(|c| c.is_control() || c == '\u{202e}');
    assert!(settings.screens.iter().all(|screen| quiet(&screen.title)), "{:?}", settings.screens);
    assert_eq!(complaints.len(), 7);
    assert!(complaints.iter().all(|complaint| quiet(&complaint.text)), "{complaints:?}");
}

proptest! {
    #[test]
    fn any_text_gives_settings(
        text in "\\PC{0,80}|(\\[|\\]|\\[\\[|\\]\\]|options|screen|filter|rule|header|keys|id|name|query|look|delay|theme|command|=|\\{|\\}|\"|#|\n|,|true|1|x| ){0,60}"
    ) {
        let (settings, _) = Settings::parse(&text);
        prop_assert!(!settings.screens.is_empty());
        prop_assert!((0.1..=3600.0).contains(&settings.options.delay));
    }

    #[test]
    fn any_values_give_settings(
        section in prop::sample::select(vec!["options", "[screen", "[filter", "[rule", "header", "keys.processes", "keys"]),
        keys in prop::collection::vec((prop::sample::select(vec![
            "delay", "theme", "mouse", "command", "fold_rules", "id", "title", "columns", "drop", "sort", "descending",
            "tree", "filter", "group", "hide", "name", "query", "look", "mark", "F1",
        ]), prop::sample::select(vec![
            "1", "-0.5", "inf", "true", "\"\"", "\"io\"", "\"lab\"", "\"x\"", "[]", "[\"pid\"]", "[1]", "{}", "1979-05-27",
            "\"\\u0000\"", "'a b'", "[[1]]", "\"#ffffff\"", "\"bad\"",
        ])), 0..6)
    ) {
        let close = if section.starts_with('[') { "]]" } else { "]" };
        let mut text = format!("[{section}{close}\n");
        text.extend(keys.iter().map(|(key, value)| format!("{key} = {value}\n")));
        let (settings, complaints) = Settings::parse(&text);
        prop_assert!(!settings.screens.is_empty());
        prop_assert!(complaints.iter().all(|complaint| !complaint.text.contains('\n')));
    }
}

#[test]
fn what_is_saved_is_what_is_read_and_nothing_else_changes() {
    let text = "# mine\n\n[options] # of mine\ndelay = 2 # slow\nodd = \"kept\"\n\n[[screen]] # big\nid = \"memory\"\n\
                sort = \"pss\" # shares\n\n[moon]\nx = 1\n";
    let mut settings = Settings::parse(text).0;
    assert_eq!(settings.saved(text).as_deref(), Ok(text), "nothing differs");
    settings.options.delay = 0.5;
    settings.options.command = CommandForm::Full;
    settings.options.fold_rules = vec![Word::new("name=\"x\"")];
    for screen in &mut settings.screens {
        match screen.id.as_str() {
            "memory" => (screen.sort, screen.descending) = (Some(Word::new("res")), Some(false)),
            "io" => screen.columns = vec![Word::new("pid"), Word::new("command")],
            _ => {}
        }
    }
    let saved = settings.saved(text).expect("it is TOML");
    let wanted = "# mine\n\n[options] # of mine\ndelay = 0.5 # slow\nodd = \"kept\"\ncommand = \"full\"\n\
                  fold_rules = ['name=\"x\"']\n\n[[screen]] # big\nid = \"memory\"\nsort = \"res\" # shares\n\
                  descending = false\n\n[[screen]]\nid = \"io\"\ncolumns = [\"pid\", \"command\"]\n\n[moon]\nx = 1\n";
    assert_eq!(saved, wanted);
    assert_eq!(settings.saved(&saved).as_deref(), Ok(saved.as_str()), "once is enough");
}

#[test]
fn odd_shapes_are_saved_to_or_refused() {
    let mut settings = Settings::default();
    settings.options.delay = 3.0;
    settings.screens[1].tree = true;
    for text in [
        "",
        "options = {}\nscreen = []\n",
        "options.mouse = false\nscreen = [{ id = \"io\" }]\n",
        "[keys.x]\n",
    ] {
        let saved = settings.saved(text).expect("it is TOML");
        let back = Settings::parse(&saved).0;
        assert!(back.options.delay == 3.0 && back.screens[1].tree, "{text}: {saved}");
    }
    for text in ["options = 3\n", "screen = 3\n", "[screen]\n", "[", "screen = [1]\n[options"] {
        assert!(settings.saved(text).is_err(), "{text}");
    }
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let columns = prop::sample::subsequence(vec!["pid", "user", "cpu", "res", "command"], 1..5);
    let screen = (0usize..5, columns, any::<bool>(), any::<Option<bool>>(), "[a-z\"\\\\ ]{0,6}");
    let options = (1u32..36_000, any::<bool>(), prop::collection::vec("\\PC{0,8}", 0..3), "\\PC{0,8}");
    (options, prop::collection::vec(screen, 0..4)).prop_map(|((tenths, mouse, folds, theme), screens)| {
        let mut settings = Settings::default();
        let Options { delay, mouse: takes, fold_rules, theme: name, .. } = &mut settings.options;
        (*delay, *takes, *name) = (f64::from(tenths) / 10.0, mouse, theme);
        *fold_rules = folds.iter().map(|text| Word::new(text)).collect();
        for (at, columns, tree, descending, filter) in screens {
            let own =
                ScreenSetting { id: format!("own{at}"), title: format!("own{at}"), ..Default::default() };
            if at >= settings.screens.len() {
                settings.screens.push(own);
            }
            let at = at.min(settings.screens.len() - 1);
            let screen = &mut settings.screens[at];
            screen.columns = columns.into_iter().map(Word::new).collect();
            (screen.tree, screen.sort, screen.descending) = (tree, Some(Word::new("pid")), descending);
            screen.tree_sort = tree.then(|| Word::new("res"));
            screen.tree_descending = descending.filter(|_| tree);
            screen.filter = Some(filter).filter(|text| !text.trim().is_empty()).map(|text| Word::new(&text));
        }
        settings
    })
}

/// The same with screens that are gone or stand elsewhere, the lab away, and meters.
fn any_set_up() -> impl Strategy<Value = Settings> {
    let meter = ("[a-z\"\\\\]{1,6}", any::<bool>(), prop::option::of(1u16..256));
    let columns = prop::collection::vec((1u16..100, prop::collection::vec(meter, 1..4)), 0..4);
    let gone = prop::collection::vec(0usize..8, 0..6);
    (any_settings(), gone, 0usize..8, any::<bool>(), any::<bool>(), columns).prop_map(
        |(mut settings, gone, turn, lab, peaks, columns)| {
            for at in gone {
                if settings.screens.len() > 1 && at < settings.screens.len() {
                    settings.screens.remove(at);
                }
            }
            let turn = turn % settings.screens.len();
            settings.screens.rotate_left(turn);
            settings.lab = lab;
            let meter = |(id, bar, columns): (String, bool, Option<u16>)| crate::config::HeaderMeter {
                meter: id,
                style: bar.then(|| "bar".to_owned()),
                columns,
                number: columns.map(u32::from),
                line: None,
            };
            let column = |(width, meters): (u16, Vec<_>)| crate::config::HeaderColumn {
                width,
                meters: meters.into_iter().map(meter).collect(),
            };
            settings.header = Header { columns: columns.into_iter().map(column).collect(), peaks };
            settings
        },
    )
}

/// What is said, whatever line it stands in.
fn without_lines(settings: &Settings) -> String {
    let text = all(settings);
    let mut parts = text.split("line: ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |sum, part| sum + part.split_once('}').map_or(part, |(_, rest)| rest))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn saved_settings_read_back(settings in any_set_up(), before in any_set_up()) {
        let text = before.saved("# a comment\n").expect("it is TOML");
        let saved = settings.saved(&text).expect("it is TOML");
        let back = Settings::parse(&saved).0;
        let mut back = back;
        // How they came to stand so is the file's own affair.
        back.options.tabs.clear();
        back.header.columns.iter_mut().flat_map(|one| &mut one.meters).for_each(|meter| meter.line = None);
        prop_assert_eq!(&back.header, &settings.header, "{}", &saved);
        back.header = settings.header.clone();
        prop_assert_eq!(without_lines(&back), without_lines(&settings), "{}", saved);
        let again = settings.saved(&saved);
        prop_assert_eq!(again.as_deref(), Ok(saved.as_str()), "once is enough");
        prop_assert!(saved.starts_with("# a comment\n") || saved.contains("\n# a comment\n"));
    }
}
