//! The command line, one argument a row, and the environment.

use super::overview::program;
use super::{Block, Col, Exact, Facts, Sheet, listed, refusal};
use crate::model::Role;
use crate::model::inspect::{CommandLine, Environment};

const ARGUMENTS: &[Col] = &[Col::figure("n", "N", 4), Col::rest("argument", "ARGUMENT", 30)];
const VARIABLES: &[Col] = &[Col::text("name", "NAME", 28), Col::rest("value", "VALUE", 30)];

pub(super) fn command(page: &CommandLine) -> Sheet<'_> {
    let mut facts = Facts::new();
    facts.add("name", |line| _ = line.foreign(Role::Strong, page.name.bytes()));
    facts
        .add("program", |line| _ = line.datum(&page.exe, |line, path| program(line, path, page.exe_deleted)));
    facts.add("directory", |line| {
        _ = line.datum(&page.cwd, |line, path| _ = line.foreign(Role::Text, path.bytes()));
    });
    let arguments = match &page.arguments {
        Ok(arguments) => Block::table("arguments", "arguments", ARGUMENTS, arguments.len(), |at, line| {
            line.number(Role::Dim, at as u64);
            if let Some(argument) = arguments.get(at) {
                let role =
                    if argument.bytes().starts_with(b"-") && at > 0 { Role::Strong } else { Role::Text };
                if argument.is_empty() {
                    line.cell(|| Exact::Text(Vec::new()), |cell| cell.push(Role::Dim, "empty"));
                } else {
                    line.foreign(role, argument.bytes());
                }
            }
        })
        .remark(remark(arguments.len(), page.left_out)),
        Err(why) => refusal(*why),
    };
    Sheet::new([facts.block("program", ""), arguments])
}

pub(super) fn environment(page: &Environment) -> Sheet<'_> {
    let block = listed(&page.variables, |variables| {
        Block::of("variables", "environment", VARIABLES, variables, |variable, line| {
            line.foreign(Role::Strong, variable.name.bytes());
            match &variable.value {
                Some(value) => _ = line.foreign(Role::Text, value.bytes()),
                None => _ = line.say(Role::Dim, "no = in it"),
            }
        })
        .remark(remark(variables.len(), page.left_out))
    });
    Sheet::new([block])
}

fn remark(count: usize, left_out: u64) -> String {
    match left_out {
        0 => count.to_string(),
        bytes => {
            let mut size = String::new();
            crate::model::units::bytes(bytes, &mut size);
            format!("{count}, and {size} more that are not read")
        }
    }
}
