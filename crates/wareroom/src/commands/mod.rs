//! The commands, one file each: what its command line is, and what it does.

mod backup;
mod blobs;
mod completions;
mod config;
mod copy;
mod dead_letters;
mod doctor;
mod healthcheck;
mod import_demo;
mod migrate;
mod openapi;
mod progress;
mod prune;
mod restore;
mod serve;
mod topology;
mod version;

use crate::ended::Ended;
use clap::{ArgMatches, Command};

/// A command.
pub(crate) struct Entry {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Adds its help, flags and arguments.
    pub(crate) define: fn(Command) -> Command,
    /// Does it.
    pub(crate) run: fn(&ArgMatches) -> Ended,
}

const fn entry(name: &'static str, define: fn(Command) -> Command, run: fn(&ArgMatches) -> Ended) -> Entry {
    Entry { name, define, run }
}

/// Every command, in the order of `--help`.
pub(crate) const COMMANDS: &[Entry] = &[
    entry("serve", serve::define, serve::run),
    entry("migrate", migrate::define, migrate::run),
    entry("import-demo", import_demo::define, import_demo::run),
    entry("dead-letters", dead_letters::define, dead_letters::run),
    entry("prune", prune::define, prune::run),
    entry("backup", backup::define, backup::run),
    entry("restore", restore::define, restore::run),
    entry("copy", copy::define, copy::run),
    entry("blobs", blobs::define, blobs::run),
    entry("config", config::define, config::run),
    entry("doctor", doctor::define, doctor::run),
    entry("topology", topology::define, topology::run),
    entry("healthcheck", healthcheck::define, healthcheck::run),
    entry("openapi", openapi::define, openapi::run),
    entry("completions", completions::define, completions::run),
    entry("version", version::define, version::run),
];

/// Runs the command that was asked for, and `serve` when none was.
pub(crate) fn run(matches: &ArgMatches) -> Ended {
    let asked = matches.subcommand();
    let found =
        asked.and_then(|(name, arguments)| Some((COMMANDS.iter().find(|entry| entry.name == name)?, arguments)));
    found.map_or_else(|| serve::run(matches), |(entry, arguments)| (entry.run)(arguments))
}
