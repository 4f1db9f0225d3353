//! Resource limits, and how near the process is to them.

use super::words::fill_role;
use super::{Block, Col, Exact, Line, Sheet, listed};
use crate::catalog::Cell;
use crate::model::inspect::{Limit, LimitKind, Limits};
use crate::model::{Role, units};

const COLS: &[Col] = &[
    Col::text("limit", "LIMIT", 18),
    Col::figure("used", "USED", 9),
    Col::figure("soft", "SOFT", 9),
    Col::figure("hard", "HARD", 9),
    Col::text("fill", "OF SOFT", 20).leaves(1),
    Col::figure("percent", "USED%", 5),
    Col::rest("name", "NAME IN getrlimit(2)", 17),
];

pub(super) fn sheet(page: &Limits) -> Sheet<'_> {
    Sheet::new([listed(&page.limits, |limits| Block::of("limits", "limits", COLS, limits, row))])
}

fn row(limit: &Limit, line: &mut Line) {
    line.say(Role::Text, limit.kind.words());
    match limit.used {
        Some(used) => amount(line, Some(used), limit.kind, limit.fill().map_or(Role::Text, fill_role)),
        None => _ = line.unknown(),
    }
    amount(line, limit.soft, limit.kind, Role::Text);
    amount(line, limit.hard, limit.kind, Role::Text);
    match limit.fill() {
        Some(fill) => {
            line.bar([(if fill >= 0.7 { fill_role(fill) } else { Role::MemUsed }, fill.min(1.0))], 1.0);
            let role = fill_role(fill);
            line.cell(
                || Exact::Float(fill * 100.0),
                |cell| cell.push_with(role, |out| units::percent(Some(fill * 100.0), out)),
            );
        }
        None => _ = line.nothing().nothing(),
    }
    line.say(Role::Dim, limit.kind.name());
}

fn amount(line: &mut Line, amount: Option<u64>, kind: LimitKind, role: Role) {
    let Some(amount) = amount else {
        line.cell(|| Exact::Text(b"unlimited".to_vec()), |cell| cell.push(Role::Dim, "no limit"));
        return;
    };
    let write = |cell: &mut Cell| match kind.unit() {
        "bytes" => cell.push_with(role, |out| units::bytes(amount, out)),
        "" => cell.push_fmt(role, format_args!("{amount}")),
        unit => cell.push_fmt(role, format_args!("{amount} {unit}")),
    };
    line.cell(|| Exact::Int(amount.into()), write);
}
