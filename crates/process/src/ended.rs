//! How a command ends: what went wrong, and the exit code that says so to programs.

use crate::output::message;
use std::error::Error;
use std::process::ExitCode;
use wareroom_bootstrap::ConfigError;

/// What a command ends with. Any error will do; those below, and a wrong configuration, have exit codes of their own.
pub type Ended = Result<(), Box<dyn Error>>;

/// What the exit codes mean, for the end of every `--help`.
pub const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.";

/// It cannot be done as it was asked for, and nothing was done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Not all of it could be done, which was said already.
#[derive(Debug, thiserror::Error)]
#[error("not all of it could be done")]
pub struct Told;

/// Nobody reads the result any more: `wareroom ... | head` has seen enough. No error of anybody's.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the result")]
pub struct Unread;

/// Says on stderr what went wrong, if anything did, in the name of the program, and answers with the code.
pub fn exit_code(program: &str, ended: Ended) -> ExitCode {
    let Err(error) = ended else { return ExitCode::SUCCESS };
    if error.is::<Unread>() {
        return ExitCode::SUCCESS;
    }
    if !error.is::<Told>() {
        report(program, &*error);
    }
    if error.is::<Usage>() || error.is::<ConfigError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// The error and what caused it, one line each.
fn report(program: &str, error: &dyn Error) {
    message(&format!("{program}: {error}"));
    let mut cause = error.source();
    while let Some(error) = cause {
        message(&format!("  because: {error}"));
        cause = error.source();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_bootstrap::{Config, Sources};

    #[test]
    fn each_end_has_its_exit_code() {
        let wrong = |key: &str| {
            let flags = Sources::new().with_flags([(key.to_owned(), "loud".to_owned())]);
            Config::from_sources(&flags).unwrap_err()
        };
        for (ended, expected) in [
            (Ok(()), 0),
            (Err(Unread.into()), 0),
            (Err("a disk is full".into()), 1),
            (Err(Told.into()), 1),
            (Err(Usage("no id".to_owned()).into()), 2),
            (Err(wrong("log_format").into()), 2),
            (Err(wrong("listn").into()), 2),
        ] {
            let what = format!("{ended:?}");
            assert_eq!(exit_code("wareroom", ended), ExitCode::from(expected), "{what}");
        }
    }
}
