//! Money: a whole number of hundredths, so nothing is ever rounded.

use std::{fmt, str::FromStr};

/// A price from 0 to 99,999,999.99 with at most two decimal places, exact. Prices compare as amounts; the currency is the
/// catalogue's own affair.
///
/// ```
/// use wareroom_domain::{Price, PriceError};
///
/// let price: Price = "18.9".parse()?;
/// assert_eq!((price.hundredths(), price.to_string()), (1890, "18.90".to_owned()));
/// assert!(price < Price::MAX);
/// assert_eq!("0.005".parse::<Price>(), Err(PriceError::TooPrecise));
/// assert_eq!("-1".parse::<Price>(), Err(PriceError::OutOfRange));
/// # Ok::<(), PriceError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Price(u64);

/// Why a price was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Not a plain decimal number.
    #[error("must be a decimal number")]
    NotANumber,
    /// More than two places after the point, counted by value: `18.990` has two.
    #[error("must have at most two decimal places")]
    TooPrecise,
    /// Below 0 or above 99999999.99.
    #[error("must be from 0 to 99999999.99")]
    OutOfRange,
}

impl Price {
    /// The highest price: 99,999,999.99, all that `numeric(10,2)` holds.
    pub const MAX: Self = Self(9_999_999_999);

    /// A price from its hundredths, 0 to 9,999,999,999; beyond that [`PriceError::OutOfRange`].
    pub const fn from_hundredths(hundredths: u64) -> Result<Self, PriceError> {
        if hundredths <= Self::MAX.0 { Ok(Self(hundredths)) } else { Err(PriceError::OutOfRange) }
    }

    /// The price in hundredths: 18.99 is 1899.
    pub const fn hundredths(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Price {
    /// Always two places: `18.90`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl FromStr for Price {
    type Err = PriceError;

    /// Reads a plain decimal number without exponent: `18`, `18.9`, `18.990`, `-0`. Nothing is rounded: what does not fit is an
    /// error, the range being judged before the places.
    fn from_str(text: &str) -> Result<Self, PriceError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return Err(PriceError::NotANumber);
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        if negative && !(whole.is_empty() && fraction.is_empty()) {
            return Err(PriceError::OutOfRange);
        }
        if whole.len() > 8 {
            return Err(PriceError::OutOfRange);
        }
        if fraction.len() > 2 {
            return Err(PriceError::TooPrecise);
        }
        format!("{whole}{fraction:0<2}").parse().map_err(|_| PriceError::NotANumber).and_then(Self::from_hundredths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trailing_zeros_do_not_count_as_places() {
        for text in ["18.99", "18.990", "018.99000"] {
            assert_eq!(text.parse(), Price::from_hundredths(1899), "{text}");
        }
        assert_eq!("0".parse(), Price::from_hundredths(0));
        assert_eq!("-0.00".parse(), Price::from_hundredths(0));
    }

    #[test]
    fn what_is_no_price_says_why() {
        use PriceError::{NotANumber, OutOfRange, TooPrecise};
        for (text, why) in [
            ("1.005", TooPrecise),
            ("-1", OutOfRange),
            ("-0.01", OutOfRange),
            ("100000000", OutOfRange),
            ("1000000000000000000000000000000", OutOfRange),
            ("abc", NotANumber),
            ("", NotANumber),
            (".5", NotANumber),
            ("5.", NotANumber),
            ("1e3", NotANumber),
            ("+1", NotANumber),
            ("NaN", NotANumber),
            ("1,5", NotANumber),
        ] {
            assert_eq!(text.parse::<Price>(), Err(why), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_price_survives_its_text(hundredths in 0..=Price::MAX.0) {
            let price = Price::from_hundredths(hundredths).unwrap();
            prop_assert_eq!(price.to_string().parse(), Ok(price));
        }

        /// JSON numbers reach us as floats: the shortest form that names the float must lead back to the same price.
        #[test]
        fn every_price_survives_a_float_in_shortest_form(hundredths in 0..=Price::MAX.0) {
            let price = Price::from_hundredths(hundredths).unwrap();
            let float: f64 = price.to_string().parse().unwrap();
            prop_assert_eq!(float.to_string().parse(), Ok(price));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Price>();
        }
    }
}
