//! Lists dead letters, the newest first, page after page until the limit.

use super::filter::{filter, flags, reasons};
use super::letter::{Letter, or_none};
use crate::command_line::{settings, with_examples};
use crate::configuration::{BESIDE, Beside};
use crate::ended::{EXIT_CODES, Ended};
use crate::output::{columns, json_flag, message, show};
use clap::{Arg, ArgMatches, Command, value_parser};
use serde::Serialize;
use wareroom_application::{Application, Context, Error, ListDeadLetters};
use wareroom_ports::DeadLetterFilter;

const EXAMPLES: &str = "\
Examples:
  wareroom dead-letters list
  wareroom dead-letters list --host images.example --reason unreachable
  wareroom dead-letters list --limit 1000 --json | jq -r '.data[].id'";

const LIMIT: &str = "limit";

/// How many are read at once.
const PAGE: usize = 100;

pub(super) fn define(command: Command) -> Command {
    let limit = Arg::new(LIMIT).long(LIMIT).value_name("NUMBER").default_value("50");
    let limit = limit.value_parser(value_parser!(u64).range(1..)).help("How many at most");
    with_examples(command.about("List dead letters, the newest first"), EXAMPLES)
        .after_long_help(format!("{}\n\n{EXIT_CODES}", reasons()))
        .args(flags())
        .args([limit, json_flag()])
        .args(settings(&BESIDE))
}

/// A list, for programs.
#[derive(Serialize)]
struct List {
    data: Vec<Letter>,
    /// Whether there are more than the limit.
    more: bool,
}

pub(super) fn run(arguments: &ArgMatches) -> Ended {
    let filter = filter(arguments)?;
    let limit = arguments.get_one::<u64>(LIMIT).and_then(|limit| usize::try_from(*limit).ok()).unwrap_or(usize::MAX);
    let Beside { runtime, application } = Beside::open(arguments)?;
    let list = runtime.block_on(read(&application, filter, limit))?;
    if list.data.is_empty() {
        message("no dead letters");
    }
    show(arguments, &list, || text(&list))?;
    if list.more {
        message(&format!("there are more than {limit}; --limit shows them"));
    }
    Ok(())
}

async fn read(application: &Application, filter: DeadLetterFilter, limit: usize) -> Result<List, Error> {
    let (mut data, mut after) = (vec![], None);
    loop {
        let page = PAGE.min(limit - data.len());
        let command = ListDeadLetters { filter: filter.clone(), after, limit: page };
        let listed = application.list_dead_letters(&Context::operator(), command).await?;
        data.extend(listed.items.into_iter().map(Letter::from));
        after = listed.next;
        if after.is_none() || data.len() >= limit {
            return Ok(List { data, more: after.is_some() });
        }
    }
}

fn text(list: &List) -> String {
    if list.data.is_empty() {
        return String::new();
    }
    let mut rows = vec![["ID", "GIVEN UP", "REASON", "ATTEMPTS", "PRODUCT", "HOST"].map(str::to_owned).to_vec()];
    rows.extend(list.data.iter().map(|letter| {
        let Letter { id, at, reason, attempts, product_id, host, .. } = letter;
        let (product, host) = (or_none(*product_id), or_none(host.as_ref()));
        vec![id.clone(), at.clone(), (*reason).to_owned(), attempts.to_string(), product, host]
    }));
    columns(&rows)
}
