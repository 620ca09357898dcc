//! The table: what was measured, what was hoped for, what came out.

use crate::Outcome;
use crate::figures::Spread;
use crate::notes::notes;
use crate::pairs::Compared;
use crate::rows::SERVERS;
use crate::stand::Stand;
use std::fmt;
use std::path::PathBuf;

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Aim {
    /// The ratio, or more.
    AtLeast(f64),
    /// Less than this.
    Below(f64),
    /// Nothing: it is told.
    Told,
}

/// A line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    what: String,
    against: String,
    aim: Aim,
    found: f64,
    text: String,
    details: String,
}

impl Line {
    /// Two sides, compared.
    pub(crate) fn compared(what: &str, against: &str, aim: Aim, compared: &Compared, unit: &str) -> Self {
        let Compared { ratio, ours, theirs } = compared;
        let places = if ours.median.max(theirs.median) < 100.0 { 2 } else { 0 };
        Self {
            what: what.to_owned(),
            against: against.to_owned(),
            aim,
            found: ratio.median,
            text: ratio.to_string(),
            details: format!("{ours:.places$} {unit} against {theirs:.places$}"),
        }
    }

    /// One figure by itself.
    pub(crate) fn single(what: &str, aim: Aim, found: &Spread, unit: &str, details: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            against: String::new(),
            aim,
            found: found.median,
            text: format!("{found:.1} {unit}"),
            details: details.into(),
        }
    }

    fn met(&self) -> bool {
        match self.aim {
            Aim::AtLeast(least) => self.found >= least,
            Aim::Below(limit) => self.found < limit,
            Aim::Told => true,
        }
    }

    fn aim(&self) -> String {
        match self.aim {
            Aim::AtLeast(least) => format!("at least {least:.2}"),
            Aim::Below(limit) => format!("under {limit:.0}"),
            Aim::Told => String::new(),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, against, text, details, .. } = self;
        let missed = if self.met() { "" } else { " **missed**" };
        write!(formatter, "| {what} | {against} | {} | {text}{missed} | {details} |", self.aim())
    }
}

/// Everything that was measured, as a page.
pub(crate) struct Report {
    about: String,
    notes: String,
    /// What the servers of the second table are.
    servers: String,
    /// Of one process with its own files.
    embedded: Vec<Line>,
    /// Of Wareroom on servers.
    on_servers: Vec<Line>,
}

impl Report {
    /// `about` is a file with lines about the machine, the commit and the command, for the page's beginning.
    pub(crate) async fn new(stand: &Stand, about: Option<&PathBuf>) -> Outcome<Self> {
        let about = about.map(std::fs::read_to_string).transpose()?.unwrap_or_default();
        let servers = stand.servers.as_ref().map_or("", |servers| servers.names()).to_owned();
        Ok(Self { about, notes: notes(stand).await?, servers, embedded: vec![], on_servers: vec![] })
    }

    /// A line of this row.
    pub(crate) fn add(&mut self, row: &str, line: Line) {
        if SERVERS.contains(&row) { self.on_servers.push(line) } else { self.embedded.push(line) }
    }

    /// How many lines are not what was hoped for.
    pub(crate) fn missed(&self) -> usize {
        self.embedded.iter().chain(&self.on_servers).filter(|line| !line.met()).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "# Figures\n\nWritten by `scripts/bench`; not to be edited.\n\n{}", self.about)?;
        let tables = [("One process with its own files", &self.embedded), (self.servers.as_str(), &self.on_servers)];
        for (heading, lines) in tables.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            writeln!(
                formatter,
                "{heading}\n\n| what | against | aim | median (least to greatest) | in figures |\n|---|---|---|---|---|"
            )?;
            for line in lines {
                writeln!(formatter, "{line}")?;
            }
            writeln!(formatter)?;
        }
        write!(formatter, "{}", self.notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_misses_its_aim_says_so() {
        let one = Spread { median: 0.5, least: 0.4, greatest: 0.6 };
        let many = Spread { median: 1000.0, least: 900.0, greatest: 1100.0 };
        let compared = Compared { ratio: one, ours: many, theirs: many };
        let line = |aim| Line::compared("GET", "bare", aim, &compared, "a second").to_string();
        assert_eq!(
            line(Aim::AtLeast(0.6)),
            "| GET | bare | at least 0.60 | 0.50 (0.40 to 0.60) **missed** | 1000 (900 to 1100) a second against 1000 (900 to \
             1100) |"
        );
        assert!(!line(Aim::AtLeast(0.5)).contains("missed"));
        assert!(!line(Aim::Told).contains("missed"));
        assert!(Line::single("memory", Aim::Below(0.5), &one, "MB", "").to_string().contains("missed"));
    }
}
