//! Numbers of several runs as one: the median, and how far the others were from it.

use std::fmt;

/// What several runs gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) greatest: f64,
}

impl Spread {
    /// Of the runs in any order. All zero when there were none.
    pub(crate) fn of(values: &[f64]) -> Self {
        let at = |share| percentile(values, share);
        Self { median: at(0.5), least: at(0.0), greatest: at(1.0) }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, least, greatest } = self;
        match formatter.precision() {
            Some(places) => write!(formatter, "{median:.places$} ({least:.places$} to {greatest:.places$})"),
            None => write!(formatter, "{median:.2} ({least:.2} to {greatest:.2})"),
        }
    }
}

/// The value that this share of all is not above, from 0 to 1; between two values, a part of the way.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "a benchmark has few runs")]
    let place = last as f64 * share.clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the list")]
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle_whatever_the_order() {
        let spread = Spread::of(&[3.0, 1.0, 2.0]);
        assert_eq!(spread, Spread { median: 2.0, least: 1.0, greatest: 3.0 });
        assert_eq!(spread.to_string(), "2.00 (1.00 to 3.00)");
        assert_eq!(format!("{:.0}", Spread::of(&[4.0, 1.0])), "2 (1 to 4)");
        assert_eq!(Spread::of(&[]), Spread { median: 0.0, least: 0.0, greatest: 0.0 });
    }

    #[test]
    fn a_percentile_of_one_value_is_that_value() {
        assert_eq!(percentile(&[7.0], 0.99).to_string(), "7");
        assert_eq!(percentile(&[0.0, 10.0], 0.99).to_string(), "9.9");
    }
}
