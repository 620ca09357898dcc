//! Results on stdout, messages on stderr. Neither panics when nobody reads it.

use crate::ended::{Ended, Unread};
use clap::{Arg, ArgAction, ArgMatches};
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Whether the result is wanted as JSON.
const JSON: &str = "json";

/// The flag of every command that shows something.
pub fn json_flag() -> Arg {
    Arg::new(JSON).long(JSON).action(ArgAction::SetTrue).help("Write the result as one JSON document")
}

/// Writes a result: for programs when they ask for it, else for people. A list is `{"data": [...]}`.
pub fn show(arguments: &ArgMatches, value: &impl Serialize, text: impl FnOnce() -> String) -> Ended {
    if !arguments.get_flag(JSON) {
        return write(text().as_bytes());
    }
    let mut document = serde_json::to_vec_pretty(value)?;
    document.push(b'\n');
    write(&document)
}

/// Writes a result as it is.
pub fn write(bytes: &[u8]) -> Ended {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Unread.into()),
        written => Ok(written?),
    }
}

/// Says something to whoever watches. Nothing depends on its being read.
pub fn message(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// A number with its noun: `1 dead letter`, `2 dead letters`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Rows of equal length as columns, each as wide as its longest cell. The last may be as long as it wants.
pub fn columns(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(column, cell)| format!("{cell:<w$}", w = width(column).unwrap_or(0)));
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let rows = [["a", "größer", "x"], ["bcd", "", "y z"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows), "a    größer  x\nbcd          y z\n");
    }

    #[test]
    fn one_is_told_from_many() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "file")), ["0 files", "1 file", "2 files"]);
    }
}
