//! From the command line to a configuration.

use crate::flags::{self, Defaults, QUIET};
use crate::logging::{self, Lines, Log};
use clap::ArgMatches;
use std::error::Error;
use tokio::runtime::Runtime;
use wareroom_bootstrap::{Config, Sources};

/// What file, environment and flags say, and where they say nothing, the defaults of this program.
pub fn sources(arguments: &ArgMatches, defaults: Defaults) -> Sources {
    let said = Sources::of_process(flags::given(arguments));
    let own = defaults.iter().filter(|(key, _)| said.origin(key).is_none());
    let own: Vec<_> = own.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    said.with_flags(own)
}

/// The configuration of a program that is all of Wareroom, with its log begun. The log ends when it is dropped.
pub fn of_server(arguments: &ArgMatches) -> Result<(Config, Log), Box<dyn Error>> {
    logged(arguments, Config::from_sources(&sources(arguments, &[]))?)
}

/// The same of a program that is one of several: refused unless everything that they must share can be shared.
pub fn of_one_of_several(arguments: &ArgMatches, defaults: Defaults) -> Result<(Config, Log), Box<dyn Error>> {
    logged(arguments, Config::of_several(&sources(arguments, defaults))?)
}

fn logged(arguments: &ArgMatches, config: Config) -> Result<(Config, Log), Box<dyn Error>> {
    let log = logging::start(&config, arguments, Lines::HandedOver)?;
    Ok((config, log))
}

/// The configuration of a command that does its work and ends, with its log begun.
pub fn of_command(arguments: &ArgMatches) -> Result<Config, Box<dyn Error>> {
    let sources = sources(arguments, &[]);
    let mut config = Config::from_sources(&sources)?;
    if sources.origin("log").is_none() {
        QUIET.clone_into(&mut config.log);
    }
    // Without a thread of its own there is nothing to wait for at the end.
    let _log = logging::start(&config, arguments, Lines::AtOnce)?;
    Ok(config)
}

/// What a program that serves runs on: every core.
pub fn server_runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// One thread is enough for a command: what is heavy has threads of its own.
pub fn command_runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
