//! Writes the API's description. Made from the code: needs no service, no configuration and no data.

use crate::command_line::with_examples;
use crate::ended::Ended;
use crate::output::write;
use clap::{Arg, ArgMatches, Command};

const EXAMPLES: &str = "\
Examples:
  wareroom openapi > openapi.json
  wareroom openapi --profile rust        for generators of Rust clients";

const PROFILE: &str = "profile";

pub(crate) fn define(command: Command) -> Command {
    let about = "Write the API's OpenAPI description; needs nothing running";
    let profile = Arg::new(PROFILE)
        .long(PROFILE)
        .value_name("PROFILE")
        .value_parser(["whole", "rust"])
        .default_value("whole")
        .help("All of it, or what generators of Rust clients can read");
    with_examples(command.about(about), EXAMPLES).arg(profile)
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let document = match arguments.get_one::<String>(PROFILE).map(String::as_str) {
        Some("rust") => wareroom_app_api::openapi_for_rust(),
        _ => wareroom_app_api::openapi(),
    };
    write(document.as_bytes())
}
