//! Two sides, measured in turns: what else the machine does meets both alike, and a ratio is of two runs side by side.

use crate::Outcome;
use crate::figures::Spread;

/// What the pairs gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared {
    /// Ours by theirs, of each pair.
    pub(crate) ratio: Spread,
    pub(crate) ours: Spread,
    pub(crate) theirs: Spread,
}

/// Measures both sides so many times, never at once. Who is first changes from pair to pair.
pub(crate) async fn alternate(
    pairs: u16,
    mut ours: impl AsyncFnMut() -> Outcome<f64>,
    mut theirs: impl AsyncFnMut() -> Outcome<f64>,
) -> Outcome<Compared> {
    let mut measured = Vec::new();
    for pair in 0..pairs {
        let both = if pair % 2 == 0 {
            let theirs = theirs().await?;
            (ours().await?, theirs)
        } else {
            (ours().await?, theirs().await?)
        };
        eprintln!("  pair {}: {:.1} against {:.1}, {:.3}", pair + 1, both.0, both.1, both.0 / both.1);
        measured.push(both);
    }
    let spread = |of: fn(&(f64, f64)) -> f64| Spread::of(&measured.iter().map(of).collect::<Vec<_>>());
    Ok(Compared {
        ratio: spread(|(ours, theirs)| ours / theirs),
        ours: spread(|(ours, _)| *ours),
        theirs: spread(|(_, theirs)| *theirs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_sides_take_turns_and_ratios_are_of_pairs() {
        let order = std::cell::RefCell::new(String::new());
        let mut speed = 0.0;
        let ours = async || {
            order.borrow_mut().push('o');
            speed += 1.0;
            Ok(speed)
        };
        let theirs = async || {
            order.borrow_mut().push('t');
            Ok(2.0)
        };
        let compared = alternate(3, ours, theirs).await.unwrap();
        assert_eq!(*order.borrow(), "toottoo".split_at(6).0);
        assert_eq!(compared.ratio, Spread { median: 1.0, least: 0.5, greatest: 1.5 });
    }
}
