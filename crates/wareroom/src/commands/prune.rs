//! Removes what was kept long enough, now instead of when `serve` would; works beside it.

use super::Ended;
use crate::{command_line, logging};
use clap::ArgMatches;
use std::io::Write;
use wareroom_application::Pruned;
use wareroom_bootstrap::{Config, Sources, wire_beside};

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let config = Config::from_sources(&Sources::of_process(command_line::given(arguments))?)?;
    logging::start(&config, arguments)?;
    if !config.is_durable() {
        return Err("database_url is memory:, of which nothing is there to be removed".into());
    }
    let dry_run = arguments.get_flag(command_line::DRY_RUN);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let pruned = runtime
        .block_on(async { Ok::<_, Box<dyn std::error::Error>>(wire_beside(&config).await?.prune(dry_run).await?) })?;
    show(&pruned, dry_run)?;
    Ok(())
}

fn show(pruned: &Pruned, dry_run: bool) -> std::io::Result<()> {
    let Pruned { idempotency_keys, events, dead_letters, leftovers, blobs } = *pruned;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", if dry_run { "Would be removed:" } else { "Removed:" })?;
    for (count, what) in [
        (idempotency_keys, "idempotency keys"),
        (events, "events"),
        (dead_letters, "dead letters"),
        (leftovers, "files of uploads that never ended"),
        (blobs, "image files that nothing names"),
    ] {
        writeln!(out, "{count:>8}  {what}")?;
    }
    out.flush()
}
