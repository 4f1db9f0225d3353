//! Saved views: queries with a name, which stand in other queries as `@name`.

use super::error::{QueryError, spelt};
use super::expr::{Expr, Saved};
use super::field::slips;
use super::word::is_name;
use super::{Form, Query};

/// How deep views may stand in each other.
const DEEPEST: usize = 8;
/// How many of them a query may come to in all: each of a few that name each other twice doubles it.
const MOST: usize = 256;
/// A name so many slips away is no guess any more.
const NEAR: usize = 2;

/// A query with a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// The query as it was written.
    pub text: String,
}

/// Queries with a name, in the order in which they are listed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Views(Vec<View>);

impl View {
    /// Whether `@name` can stand for it in a query.
    pub fn is_callable(&self) -> bool {
        is_name(&self.name)
    }
}

impl Views {
    /// Views by name and query. A query that is wrong is found out by who asks for it; of two with the same name the
    /// first counts.
    pub fn new(list: impl IntoIterator<Item = (String, String)>) -> Views {
        Views(list.into_iter().map(|(name, text)| View { name, text }).collect())
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &View> {
        self.0.iter()
    }

    /// The one with this name.
    pub fn get(&self, name: &str) -> Option<&View> {
        self.0.iter().find(|view| view.name == name)
    }

    /// The name that is nearest to `name`, if one is near.
    fn nearest(&self, name: &str) -> Option<&str> {
        let far = |view: &&View| slips(name, &view.name);
        self.0.iter().filter(|view| far(view) <= NEAR).min_by_key(far).map(|view| &*view.name)
    }
}

/// The views while a query is read.
pub(super) struct Shelf<'a> {
    views: &'a Views,
    /// Those that are being read, the outermost first.
    open: Vec<&'a str>,
    /// How many more may be read.
    left: usize,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(views: &'a Views) -> Shelf<'a> {
        Shelf { views, open: Vec::new(), left: MOST }
    }

    /// What `@name` says, which stands from `at` to `end`.
    pub(super) fn read(&mut self, name: &str, at: usize, end: usize) -> Result<Expr, QueryError> {
        let error = |what: String| QueryError::new(at, end, what);
        let Some(view) = self.views.get(name) else {
            let error = error(format!("there is no saved view '@{}'", spelt(name)));
            return Err(match self.views.nearest(name) {
                Some(near) => error.hint(format!("did you mean @{near}? As plain text it needs quotes")),
                None => error.hint("as plain text it needs quotes"),
            });
        };
        if self.open.contains(&&*view.name) {
            return Err(error(format!("the saved view '@{name}' leads back to itself")));
        }
        if self.open.len() == DEEPEST || self.left == 0 {
            return Err(error("there are too many saved views within each other".to_owned()));
        }
        self.left -= 1;
        self.open.push(&view.name);
        let read = Query::read(&view.text, self);
        self.open.pop();
        let expr = match read {
            Ok(Query(Form::Plain(piece))) => Expr::Piece(piece),
            Ok(Query(Form::Asked(expr))) => expr,
            Err(inner) => {
                let error = error(format!("in the saved view '@{name}': {}", inner.what));
                return Err(inner.hint.into_iter().fold(error, QueryError::hint));
            }
        };
        Ok(Expr::Saved(Saved { name: name.to_owned(), expr: Box::new(expr) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Needs, Pid};

    fn views(list: &[(&str, &str)]) -> Views {
        Views::new(list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
    }

    #[track_caller]
    fn wrong(text: &str, views: &Views) -> (usize, usize, String) {
        let error = Query::parse_with(text, views).unwrap_err();
        (error.at, error.len, error.to_string())
    }

    #[test]
    fn a_view_stands_for_its_query_and_is_written_by_its_name() {
        let views =
            views(&[("busy", "cpu>50 or D-bus"), ("mine", "user=ann and @busy"), ("make", "make|cc1")]);
        for text in ["@mine", "@mine and not @busy", "(@make or pid=7) and cpu>1%", "x or @busy"] {
            let query = Query::parse_with(text, &views).unwrap();
            assert_eq!((query.to_string().as_str(), query.is_plain()), (text, false));
            assert_eq!(Query::parse_with(&query.to_string(), &views).as_ref(), Ok(&query));
        }
        let mine = Query::parse_with("@mine", &views).unwrap();
        assert!(mine.needs().has(Needs::USER | Needs::COMMAND) && mine.needs_rates());
        assert_eq!(Query::parse_with("@make", &views).unwrap().find(b"x cc1"), Some(2..5));
        // Whom a name stands for nobody has named.
        let numbers = self::views(&[("one", "pid:1")]);
        assert!(!Query::parse_with("@one", &numbers).unwrap().names(Pid::INIT));
    }

    #[test]
    fn what_is_wrong_with_a_view_is_pointed_at_where_it_is_named() {
        let views = views(&[
            ("busy", "cpu>50"),
            ("a", "@b"),
            ("b", "cpu>1 and @a"),
            ("bad", "cpuu>5"),
            ("far", "x and @bad"),
        ]);
        let cases = [
            ("cpu>1 and @bsuy", 10, 5, "there is no saved view '@bsuy'; did you mean @busy? As plain text"),
            ("@nothing", 0, 8, "there is no saved view '@nothing'; as plain text"),
            ("@a", 0, 2, "in the saved view '@a': in the saved view '@b': the saved view '@a' leads back to"),
            ("x or @bad", 5, 4, "in the saved view '@bad': there is no field 'cpuu'; did you mean cpu"),
            ("@far", 0, 4, "in the saved view '@far': in the saved view '@bad': there is no field"),
        ];
        for (text, at, len, what) in cases {
            let error = wrong(text, &views);
            assert_eq!((error.0, error.1), (at, len), "{text}");
            assert!(error.2.starts_with(what), "{}", error.2);
        }
    }

    #[test]
    fn only_a_name_behind_the_sign_is_a_view() {
        for text in ["ann@pts/0", "@", "node @babel/core", "@x.y", "a@b"] {
            assert!(Query::parse(text).unwrap().is_plain(), "{text}");
        }
        assert!(!Query::parse("\"@mine\"").unwrap().is_plain(), "in quotes it is text");
    }

    #[test]
    fn views_that_name_each_other_over_and_over_are_refused() {
        let name = |n: u32| format!("v{n}");
        let twice = |n: u32| (name(n), format!("@{0} or @{0}", name(n + 1)));
        let few = Views::new((0..6).map(twice).chain([(name(6), "cpu>1".to_owned())]));
        assert!(Query::parse_with("@v0", &few).is_ok());
        let many = Views::new((0..40).map(twice));
        assert!(wrong("@v0", &many).2.contains("too many saved views"));
        let wide = vec!["@x"; 300].join(" or ");
        assert!(wrong(&wide, &views(&[("x", "cpu>1")])).2.contains("too many saved views"));
    }
}
