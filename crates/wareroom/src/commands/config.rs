//! Shows what every setting comes to and where that came from, and writes what is made of the table of settings for readers.

use crate::command_line::{every_setting, with_examples};
use crate::ended::Ended;
use crate::output::{columns, json_flag, show, write};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;
use wareroom_bootstrap::settings::THEMES;
use wareroom_bootstrap::{Config, Origin, Settled, documentation};
use wareroom_process::{configuration, logging};

const EXAMPLES: &str = "\
Examples:
  wareroom config                         what every setting comes to, and where it came from
  wareroom config --listen 0.0.0.0:80     whether `serve` would start with that
  wareroom config --example > wareroom.toml";

const EXAMPLE: &str = "example";
const PAGE: &str = "page";

pub(crate) fn define(command: Command) -> Command {
    let made = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).conflicts_with_all(["json"]).help(help)
    };
    with_examples(
        command.about("Show what every setting comes to and where that came from; secrets are hidden"),
        EXAMPLES,
    )
    .arg(json_flag())
    .arg(made(EXAMPLE, "Write an example of wareroom.toml instead: every setting with its default, commented out"))
    .arg(made(PAGE, "Write the page about every setting instead, in Markdown").conflicts_with(EXAMPLE))
    .args(every_setting(&[]))
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    if arguments.get_flag(EXAMPLE) {
        return write(documentation::example().as_bytes());
    }
    if arguments.get_flag(PAGE) {
        return write(documentation::page().as_bytes());
    }
    let sources = configuration::sources(arguments, &[]);
    logging::filter(&Config::from_sources(&sources)?)?;
    let settled = Config::explain(&sources)?;
    let list = List { data: settled.iter().map(Row::of).collect() };
    show(arguments, &list, || text(&settled))
}

#[derive(Serialize)]
struct List {
    data: Vec<Row>,
}

/// A setting as programs read it.
#[derive(Serialize)]
struct Row {
    key: &'static str,
    variable: String,
    flag: String,
    /// Null when there is none.
    value: Option<String>,
    /// `default`, `file`, `environment` or `flag`.
    origin: &'static str,
    /// The file, the variable or the flag; null for a default.
    name: Option<String>,
    /// The line in the file.
    line: Option<usize>,
}

impl Row {
    fn of(settled: &Settled) -> Self {
        let (origin, name, line) = match &settled.origin {
            Origin::Default => ("default", None, None),
            Origin::File(path, line) => ("file", Some(path.display().to_string()), Some(*line)),
            Origin::Environment(name) => ("environment", Some(name.clone()), None),
            Origin::Flag(name) => ("flag", Some(name.clone()), None),
        };
        let setting = settled.setting;
        Self {
            key: setting.key,
            variable: setting.variable(),
            flag: format!("--{}", setting.flag()),
            value: (!settled.value.is_empty()).then(|| settled.value.clone()),
            origin,
            name,
            line,
        }
    }
}

/// The same for people, by theme.
fn text(settled: &[Settled]) -> String {
    let row = |settled: &Settled| {
        let value = if settled.value.is_empty() { "not set" } else { &settled.value };
        vec![format!("  {}", settled.setting.key), value.to_owned(), settled.origin.to_string()]
    };
    let lines = columns(&settled.iter().map(row).collect::<Vec<_>>());
    let mut lines = lines.lines();
    let mut text = String::new();
    for (index, theme) in THEMES.iter().enumerate() {
        text += if index == 0 { "" } else { "\n" };
        text += theme.title;
        text += "\n";
        for line in lines.by_ref().take(theme.settings.len()) {
            text += line;
            text += "\n";
        }
    }
    text
}
