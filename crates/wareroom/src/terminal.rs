//! What is only for people at a terminal: questions, and signs of life while something takes long.

use crate::ended::Usage;
use clap::{Arg, ArgAction, ArgMatches};
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, interval_at};

const YES: &str = "yes";

/// The flag of every command that destroys what cannot be had again.
pub(crate) fn yes_flag() -> Arg {
    Arg::new(YES).long(YES).short('y').action(ArgAction::SetTrue).help("Do it without asking")
}

/// Whether it may be done: `--yes` says so, or whoever sits at the terminal. Without either nothing is done.
pub(crate) fn confirmed(arguments: &ArgMatches, question: &str) -> Result<bool, Box<dyn Error>> {
    if arguments.get_flag(YES) {
        return Ok(true);
    }
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(Usage(format!("{question} Say --yes; there is no terminal to ask at")).into());
    }
    let mut stderr = std::io::stderr().lock();
    write!(stderr, "{question} [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Waits for something whose length nobody knows. On a terminal the seconds are counted after the first one.
pub(crate) async fn waiting<T>(what: &str, work: impl Future<Output = T>) -> T {
    const SECOND: Duration = Duration::from_secs(1);
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    let mut work = pin!(work);
    let mut clock = interval_at(Instant::now() + SECOND, SECOND);
    let mut seconds = 0_u64;
    loop {
        tokio::select! {
            biased;
            done = &mut work => {
                if seconds > 0 {
                    say("\r\x1b[2K");
                }
                return done;
            }
            _ = clock.tick() => {
                seconds += 1;
                say(&format!("\r{what}: {seconds} s "));
            }
        }
    }
}

fn say(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
