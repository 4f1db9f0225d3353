//! A page of the inspector: as text for eyes, as JSON for programs.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::json::string;
use crate::catalog::inspect::{Block, Context, Exact, Line, Place, sheet};
use crate::model::Nanos;
use crate::model::inspect::{Found, Inspection, Refused};

/// A page as text, nothing cut.
pub fn text(look: &Inspection, context: &Context) -> String {
    crate::catalog::inspect::text(&sheet(&look.found, context), &mut Line::new(context.now))
}

/// A page as a JSON object: whose it is, which page, and its blocks by name: facts as an object, tables as arrays of
/// objects. Numbers are plain, in bytes, seconds and percent of one core; what is not known is `null`, and where that was
/// refused, `refused` beside it holds the sentence that says why, under the same name. A page or list that was refused
/// as a whole has the sentence itself there. A row that is about another process has its pid as `leads_to`.
pub fn json(look: &Inspection, context: &Context) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write!(out, "{{\"pid\":{},\"page\":", look.id.pid);
    string(look.page.name().as_bytes(), &mut out);
    match &look.found {
        Found::Gone(how) => field("ended", &how.sentence(), &mut out),
        Found::Refused(why) => field("refused", &why.sentence(context.now), &mut out),
        found => {
            let mut line = Line::exact(context.now);
            for block in &sheet(found, context).blocks {
                if block.id == "refused" {
                    block.write(0, &mut line);
                    let why = line.places().iter().find_map(|place| place.why);
                    field(
                        "refused",
                        &why.map_or(Cow::Borrowed(""), |why| why.sentence(context.now)),
                        &mut out,
                    );
                    continue;
                }
                out.push_str(",\n");
                string(block.id.as_bytes(), &mut out);
                out.push(':');
                let write = if block.is_facts() { facts } else { table };
                write(block, context.now, &mut line, &mut out);
            }
        }
    }
    out.push('}');
    out
}

fn field(name: &str, value: &str, out: &mut String) {
    out.push(',');
    string(name.as_bytes(), out);
    out.push(':');
    string(value.as_bytes(), out);
}

fn facts(block: &Block<'_>, now: Nanos, line: &mut Line, out: &mut String) {
    let mut reasons = Vec::new();
    out.push('{');
    for row in 0..block.count {
        block.write(row, line);
        let (name, place) = (line.places().first(), line.places().get(1));
        let Some((name, place)) = name.zip(place) else { continue };
        out.push_str(if row == 0 { "" } else { "," });
        let key = key(name.text.text(), row);
        string(key.as_bytes(), out);
        out.push(':');
        value(place, out);
        reasons.extend(place.why.map(|why| (Cow::Owned(key), why)));
    }
    refused(&reasons, now, out);
    out.push('}');
}

/// Why there is no value, by the names of those that have none.
fn refused(reasons: &[(Cow<'_, str>, Refused)], now: Nanos, out: &mut String) {
    for (n, (name, why)) in reasons.iter().enumerate() {
        out.push_str(if n == 0 { ",\"refused\":{" } else { "," });
        string(name.as_bytes(), out);
        out.push(':');
        string(why.sentence(now).as_bytes(), out);
    }
    out.push_str(if reasons.is_empty() { "" } else { "}" });
}

/// A name as programs like it: small letters, digits and `_`.
fn key(name: &str, row: usize) -> String {
    let mut key = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => key.push(c.to_ascii_lowercase()),
            _ if key.is_empty() || key.ends_with('_') => {}
            _ => key.push('_'),
        }
    }
    key.truncate(key.trim_end_matches('_').len());
    // The rest of what stands in the row before.
    if key.is_empty() { format!("more_{row}") } else { key }
}

fn table(block: &Block<'_>, now: Nanos, line: &mut Line, out: &mut String) {
    let mut reasons = Vec::new();
    out.push('[');
    for row in 0..block.count {
        block.write(row, line);
        out.push_str(if row == 0 { "\n{" } else { ",\n{" });
        let mut first = true;
        for (col, place) in block.cols.iter().zip(line.places()).filter(|(_, place)| place.bar.is_none()) {
            out.push_str(if first { "" } else { "," });
            first = false;
            string(col.id.as_bytes(), out);
            out.push(':');
            value(place, out);
            reasons.extend(place.why.map(|why| (Cow::Borrowed(col.id), why)));
        }
        refused(&reasons, now, out);
        reasons.clear();
        if let Some(lead) = line.leads_to {
            let _ = write!(out, ",\"leads_to\":{}", lead.pid());
        }
        out.push('}');
    }
    out.push(']');
}

fn value(place: &Place, out: &mut String) {
    let _ = match &place.exact {
        Exact::Flag(yes) => write!(out, "{yes}"),
        Exact::Int(n) => write!(out, "{n}"),
        Exact::Float(n) if n.is_finite() => write!(out, "{n}"),
        Exact::Unknown | Exact::Float(_) => write!(out, "null"),
        Exact::Shown => {
            string(place.text.text().as_bytes(), out);
            Ok(())
        }
        Exact::Text(bytes) => {
            string(bytes, out);
            Ok(())
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProcId;
    use crate::model::inspect::{
        CommandLine, Ended, Environment, Limit, LimitKind, Limits, Needed, Page, Variable,
    };

    fn look(page: Page, found: Found) -> Inspection {
        Inspection { id: ProcId::new(42, 7).unwrap(), at: Nanos(1), number: 1, page, found, cost: 0.0 }
    }

    #[test]
    fn json_is_plain_and_safe() {
        let value = Some("a\u{1b}[2J\"\n".into());
        let variables =
            vec![Variable { name: "X".into(), value }, Variable { name: "bad".into(), value: None }];
        let page = Environment { variables: Ok(variables), left_out: 0, read_at: None };
        let said = json(&look(Page::Environment, Found::Environment(Box::new(page))), &Context::default());
        let read: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!((&read["pid"], &read["page"]), (&42.into(), &"environment".into()));
        assert_eq!(read["variables"][0]["value"], "a\u{1b}[2J\"\n");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }

    #[test]
    fn unknown_is_null_and_the_end_is_told() {
        let limit = Limit { kind: LimitKind::OpenFiles, soft: Some(1024), hard: None, used: None };
        let page = Limits { limits: Ok(vec![limit]) };
        let look_at = look(Page::Limits, Found::Limits(Box::new(page)));
        let read: serde_json::Value = serde_json::from_str(&json(&look_at, &Context::default())).unwrap();
        let row = &read["limits"][0];
        assert_eq!(
            (&row["soft"], &row["hard"], &row["used"]),
            (&1024.into(), &"unlimited".into(), &serde_json::Value::Null)
        );
        let text = text(&look_at, &Context::default());
        assert!(
            text.contains("open files") && text.contains("RLIMIT_NOFILE") && text.contains('–'),
            "{text}"
        );
        let gone = json(&look(Page::Limits, Found::Gone(Ended::Vanished)), &Context::default());
        assert_eq!(gone, "{\"pid\":42,\"page\":\"limits\",\"ended\":\"It has ended.\"}");
    }

    #[test]
    fn what_was_refused_says_why() {
        let why = Refused::Denied(Needed::Ptrace);
        let page = CommandLine {
            name: "sh".into(),
            exe: Err(why),
            exe_deleted: false,
            cwd: Ok("/".into()),
            arguments: Err(why),
            left_out: 0,
            read_at: None,
        };
        let said = json(&look(Page::Command, Found::Command(Box::new(page))), &Context::default());
        let read: serde_json::Value = serde_json::from_str(&said).unwrap();
        let sentence = "Denied: it needs CAP_SYS_PTRACE (root).";
        assert_eq!(read["program"]["program"], serde_json::Value::Null);
        assert_eq!(read["program"]["refused"], serde_json::json!({ "program": sentence }));
        assert_eq!(read["refused"], sentence);
    }

    #[test]
    fn names_become_keys() {
        assert_eq!(
            ["read(2) and alike", "PSS, USS", "since its start"].map(|name| key(name, 0)),
            ["read_2_and_alike", "pss_uss", "since_its_start"]
        );
    }
}
