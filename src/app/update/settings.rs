//! The configuration: what is wrong with it is told, what was changed can be kept.

use crate::app::{App, Effect, Header, Keymap, Layer, Menu, MenuItem, MenuPurpose, Saving};
use crate::config::{Options, Settings};
use crate::model::Role;
use crate::query::Filter;

/// The answer that ours is what counts.
pub(super) const OURS: &str = "ours";
/// The answer that what stands in the file does.
const THEIRS: &str = "theirs";
/// The option whose queries have to be understood before they are taken.
const FOLD_RULES: &str = "fold_rules";

impl App {
    /// Tells what there is to say of the command line, and what is wrong with the configuration, once.
    pub(super) fn say_complaints(&mut self) {
        if let Some(remark) = self.remark.take() {
            self.notices.say(self.now, Role::Text, remark);
        }
        let complaints = std::mem::take(&mut self.complaints);
        let Some(first) = complaints.first() else { return };
        let more = match complaints.len() {
            1 => "; `glowtop print config --check`".to_owned(),
            count => format!("; and {} more: `glowtop print config --check`", count - 1),
        };
        self.notices.advise(self.now, Role::Warn, first.clone(), &more);
    }

    /// Saves everything as it is now; `ours` says whether ours counts where the file was changed otherwise.
    pub(super) fn saving(&self, ours: Option<bool>) -> Effect {
        Effect::Save(Box::new(Saving { now: self.settings_now(), base: (*self.kept).clone(), ours }))
    }

    /// Takes over what is written now.
    pub(super) fn saved(&mut self, settings: Settings) {
        self.setup_saved(&settings);
        *self.kept = settings;
    }

    /// Asks which counts, where `what` was changed here and, in another way, in the file.
    pub(super) fn ask_whose(&mut self, what: &[String]) {
        let what = what.join(", ");
        if !matches!(self.layer, None | Some(Layer::Setup(_))) {
            return self.say(Role::Warn, format!("nothing is saved: the file was changed, too: {what}"));
        }
        let item = |key: &str, label: &str, detail: String| MenuItem {
            key: key.to_owned(),
            label: label.to_owned(),
            detail,
        };
        let items = vec![
            item(THEIRS, "keep theirs", format!("as the file has it: {what}")),
            item(OURS, "write ours", format!("as it is here: {what}")),
        ];
        self.layer = Some(Layer::Menu(Menu { purpose: MenuPurpose::Clash, items, at: 0 }));
    }

    /// The configuration as it would have to be for everything to be as it is now.
    pub fn settings_now(&self) -> Settings {
        let mut settings = self.settings.clone();
        settings.screens = self.screens.settings(&self.settings, &self.table);
        settings.lab = self.screens.has_lab();
        // What is not understood there is not lost as long as nothing else is wanted.
        let header = self.header.wanted();
        if Header::resolve(&settings.header).0.wanted() != header {
            settings.header = header;
        }
        let options = &mut settings.options;
        options.delay = self.delay;
        if !self.theme_name().is_empty() {
            self.theme_name().clone_into(&mut options.theme);
        }
        options.header = !self.header_hidden;
        options.key_bar = !self.keys_hidden;
        options.mouse = self.mouse;
        options.tree_order = self.table.order;
        options.detailed_cpu = self.detailed;
        options.core_history = self.core_history;
        options.kernel_threads = self.table.kernel;
        options.threads = self.table.threads;
        options.changes = self.table.changes;
        options.short_lived = self.table.short_lived;
        options.marks = self.table.marks;
        settings
    }

    /// Makes everything as it was when it was as in `settings`.
    pub(super) fn put_back(&mut self, settings: Settings, effects: &mut Vec<Effect>) {
        self.header = Header::resolve(&settings.header).0;
        // They were in force once, so that nothing is wrong with them.
        let _ = self.apply_options(settings.options.clone(), effects);
        self.screens.put_back(&mut self.table, &settings);
        self.settings = settings;
        effects.push(Effect::Sample);
    }

    /// Makes everything as these options say; nothing is changed where one of them makes no sense.
    pub(super) fn apply_options(&mut self, new: Options, effects: &mut Vec<Effect>) -> Result<(), String> {
        let old = self.settings_now().options;
        if new.text(FOLD_RULES) != old.text(FOLD_RULES) {
            let mut rules = Vec::with_capacity(new.fold_rules.len());
            for word in &new.fold_rules {
                let rule = Filter::parse_with(&word.text, &self.saved.views);
                if let Some(error) = rule.error() {
                    return Err(format!("in the query '{}': {error}", word.shown()));
                }
                rules.push(rule);
            }
            self.table.set_fold_rules(rules);
        }
        if new.keymap != old.keymap {
            self.keymap = Keymap::laid(new.keymap.word(), [&self.settings.keys, &self.own_keys]).0;
        }
        if new.delay.to_bits() != old.delay.to_bits() {
            self.delay = new.delay;
            effects.push(Effect::Interval(new.delay));
        }
        if let Some(at) = self.themes.iter().position(|name| *name == new.theme) {
            self.theme = at;
        }
        self.header_hidden = !new.header;
        self.keys_hidden = !new.key_bar;
        if new.mouse != self.mouse {
            self.mouse = new.mouse;
            effects.push(Effect::Mouse(new.mouse));
        }
        self.detailed = new.detailed_cpu;
        self.core_history = new.core_history;
        if new.threads != old.threads {
            effects.push(Effect::Sample);
        }
        let table = &mut self.table;
        (table.kernel, table.threads) = (new.kernel_threads, new.threads);
        (table.changes, table.short_lived) = (new.changes, new.short_lived);
        table.order = new.tree_order;
        table.marks = new.marks;
        if new.command != old.command {
            self.screens.set_form(&mut self.table, new.command);
        }
        if new.changes_seconds.to_bits() != old.changes_seconds.to_bits() {
            self.linger = Some(new.changes_seconds);
        }
        self.settings.options = new;
        Ok(())
    }
}
