//! The command line, as `scripts/bench` and this program itself use it.

use crate::report::Report;
use crate::rows::{EMBEDDED, SERVERS, measure};
use crate::stand::Stand;
use crate::{Outcome, bare, origin, renditions};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::path::PathBuf;
use std::process::ExitCode;

fn command() -> Command {
    let path = |name: &'static str| Arg::new(name).long(name).value_parser(value_parser!(PathBuf));
    let listen = || Arg::new("listen").long("listen").required(true);
    let url = |name: &'static str| Arg::new(name).long(name);
    let rows: Vec<&str> = [&EMBEDDED[..], &SERVERS].concat();
    let files = Arg::new("file").value_parser(value_parser!(PathBuf)).num_args(1..).required(true);
    Command::new("bench")
        .subcommand_required(true)
        .subcommand(
            Command::new("run")
                .about("Measure rows of the table, all of them when none is named")
                .arg(Arg::new("row").num_args(0..).value_parser(rows))
                .arg(
                    Arg::new("seconds").long("seconds").value_parser(value_parser!(u64).range(1..)).default_value("10"),
                )
                .arg(Arg::new("pairs").long("pairs").value_parser(value_parser!(u16).range(1..)).default_value("5"))
                .arg(Arg::new("check").long("check").action(ArgAction::SetTrue))
                .args([path("binary").required(true), path("folder").required(true), path("wrk").required(true)])
                .args([path("photos"), path("assembler"), path("about"), path("output")])
                .args([url("postgres").requires("redis"), url("redis").requires("postgres"), url("rabbitmq")])
                .arg(Arg::new("products").long("products").value_parser(value_parser!(u32).range(20_000..))),
        )
        .subcommands(bare::commands())
        .subcommand(
            Command::new("origin")
                .args([listen(), path("body").required(true)])
                .arg(Arg::new("numbered").long("numbered").action(ArgAction::SetTrue)),
        )
        .subcommand(Command::new("renditions").arg(path("into").required(true)).arg(files))
}

pub(crate) async fn run() -> Outcome<ExitCode> {
    let matches = command().get_matches();
    let Some((name, arguments)) = matches.subcommand() else { return Ok(ExitCode::FAILURE) };
    let path = |name: &str| arguments.get_one::<PathBuf>(name).cloned().unwrap_or_default();
    let listen = || arguments.get_one::<String>("listen").cloned().unwrap_or_default();
    match name {
        bare if bare.starts_with("bare-") => bare::run(bare, arguments).await?,
        "origin" => origin::serve(&listen(), &path("body"), arguments.get_flag("numbered")).await?,
        "renditions" => {
            let files: Vec<PathBuf> = arguments.get_many("file").into_iter().flatten().cloned().collect();
            renditions::make(&files, &path("into")).await?;
        }
        _ => return measure_rows(arguments).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Measures, tells of each row as soon as it is known, and writes the table when all of it was measured.
async fn measure_rows(arguments: &ArgMatches) -> Outcome<ExitCode> {
    let named: Vec<&str> = arguments.get_many::<String>("row").into_iter().flatten().map(String::as_str).collect();
    let rows = if named.is_empty() { [&EMBEDDED[..], &SERVERS].concat() } else { named };
    let stand = Stand::of(arguments)?;
    if let Some(servers) = &stand.servers {
        servers.clear().await?;
    }
    let mut report = Report::new(&stand, arguments.get_one::<PathBuf>("about")).await?;
    for row in rows {
        eprintln!("=== {row}");
        for line in measure(row, &stand).await? {
            println!("{line}");
            report.add(row, line);
        }
    }
    if let Some(output) = arguments.get_one::<PathBuf>("output") {
        std::fs::write(output, report.to_string())?;
    }
    let missed = report.missed();
    if missed > 0 {
        eprintln!("{missed} below the aim");
    }
    Ok(if missed > 0 && arguments.get_flag("check") { ExitCode::from(3) } else { ExitCode::SUCCESS })
}
