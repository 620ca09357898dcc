//! Seconds of CPU that other programs took, as the system counts them for the children that ended.

use crate::Outcome;
use tokio::process::Command;

/// How many ticks of `/proc/self/stat` a second has: the same on every Linux that people run.
const TICKS: f64 = 100.0;

/// Runs a program to its end and answers how much CPU it took, its own and the system's for it, in seconds. Not to be
/// called while other children may end.
pub(crate) async fn seconds_of(command: &mut Command) -> Outcome<f64> {
    let before = of_children()?;
    let output = command.kill_on_drop(true).output().await?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok((of_children()? - before) / TICKS)
}

fn of_children() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    Ok(ticks(&stat).ok_or("the system does not say how much CPU its processes took")?)
}

/// The sixteenth and seventeenth field; the second, a name in brackets, may hold spaces.
fn ticks(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(13);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_counted_behind_the_name() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 5 6 7 8 9 10 110 12 20 0 1 0 99";
        assert_eq!(ticks(stat), Some(122.0));
        assert_eq!(ticks("7 (a) S 1"), None);
    }
}
