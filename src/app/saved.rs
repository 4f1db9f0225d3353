//! Queries that the configuration keeps: views that are called by their names, and how rows look that match.

use crate::config::{Complaint, RowRule, RuleLook, SavedFilter, Word};
use crate::model::{Kind, Needs, Proc, Snapshot};
use crate::query::{Filter, QueryError, Views};

use super::table::Table;

/// The queries that the configuration keeps.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// Those with a name.
    pub views: Views,
    /// How rows look that match.
    pub looks: RowLooks,
    /// What all views together need.
    needs: Needs,
}

/// How rows look that match one of some queries; the first that matches counts.
#[derive(Clone, Debug, Default)]
pub struct RowLooks(Vec<RowLook>);

/// How rows look that match a query.
#[derive(Clone, Debug)]
pub struct RowLook {
    /// The look of the whole row, where nothing matters more.
    pub look: RuleLook,
    /// A character of one cell before the name, for whoever sees no colours.
    pub mark: Option<char>,
    filter: Filter,
}

impl Saved {
    /// What `filters` and `rules` of a configuration say, and what is wrong with them. A view that is wrong stays in the
    /// list and says so when it is asked for; a rule that is wrong is left out.
    pub fn of(filters: &[SavedFilter], rules: &[RowRule]) -> (Saved, Vec<Complaint>) {
        let complaint = |word: &Word, error: &QueryError| {
            Complaint::of_line(word.line, format!("in the query '{}': {error}", word.shown()))
        };
        let views = Saved::views(filters);
        let (mut complaints, mut needs) = (Vec::new(), Needs::NOTHING);
        for filter in filters {
            let parsed = Filter::parse_with(&filter.query.text, &views);
            needs |= parsed.needs();
            complaints.extend(parsed.error().map(|error| complaint(&filter.query, error)));
        }
        let mut looks = Vec::new();
        for rule in rules {
            let filter = Filter::parse_with(&rule.query.text, &views);
            match filter.error() {
                Some(error) => complaints.push(complaint(&rule.query, error)),
                None => looks.push(RowLook { look: rule.look, mark: rule.mark, filter }),
            }
        }
        (Saved { views, looks: RowLooks(looks), needs }, complaints)
    }

    /// The views alone.
    pub fn views(filters: &[SavedFilter]) -> Views {
        Views::new(filters.iter().map(|filter| (filter.name.clone(), filter.query.text.clone())))
    }

    /// What has to be read so that the matches of all views can be counted.
    pub(super) fn views_need(&self) -> Needs {
        self.needs
    }
}

impl RowLooks {
    /// Brings up to date what the queries have to know: to be called once for each look.
    pub(super) fn look(&mut self, snapshot: &Snapshot) {
        for look in &mut self.0 {
            look.filter.look(snapshot);
        }
    }

    /// What has to be read of the rows on screen.
    pub(super) fn needs(&self) -> Needs {
        let needs = self.0.iter().fold(Needs::NOTHING, |sum, look| sum | look.filter.needs());
        // Nobody asks for those who are not on screen, and these are fresh anyway; nor do threads become rows.
        needs.only(Needs::MEMORY | Needs::USER | Needs::COMMAND | Needs::DETAILS)
    }

    /// How the row of `proc` looks. Allocates nothing.
    pub fn of(&self, proc: &Proc) -> Option<&RowLook> {
        self.0.iter().find(|look| look.filter.matches(proc))
    }
}

/// How many processes a view would show.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Count {
    /// Those who match.
    pub(super) matching: usize,
    /// Those of whom that is not known.
    pub(super) unknown: usize,
}

impl Count {
    /// Counts among those that `table` would show without its filter.
    pub(super) fn of(filter: &Filter, table: &Table, snapshot: &Snapshot) -> Count {
        let mut count = Count::default();
        for proc in &snapshot.procs {
            let task = &proc.task;
            let kind = task.kind == Kind::Process || (table.kernel && task.kind == Kind::Kernel);
            let user = table.user.as_ref().is_none_or(|(uid, _)| task.uid.known() == Some(uid));
            let pid = table.pids.is_empty() || table.pids.contains(&task.id.pid);
            if kind && user && pid {
                count.matching += usize::from(filter.matches(proc));
                count.unknown += usize::from(filter.is_unsure(proc));
            }
        }
        count
    }
}
