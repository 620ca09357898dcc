//! Reads the members of a JSON object one by one and collects everything that is wrong with them.

use crate::faults::{Faults, pointer};
use crate::problem::Problem;
use serde_json::{Map, Number, Value};
use std::fmt::Display;

/// The members of an object that have not been read, and the faults of those that have.
pub(crate) struct Fields {
    left: Map<String, Value>,
    /// Where the object is in the body: empty for the body itself.
    within: String,
    faults: Faults,
}

impl Fields {
    pub(crate) fn of(members: Map<String, Value>) -> Self {
        Self { left: members, within: String::new(), faults: Faults::default() }
    }

    /// A text that must be there. Each reader answers `None` when there is a fault, which [`finish`](Self::finish)
    /// reports.
    pub(crate) fn text<T, E: Display>(&mut self, name: &str, check: impl FnOnce(String) -> Result<T, E>) -> Option<T> {
        match self.required(name)? {
            Value::String(text) => self.checked(name, check(text)),
            _ => self.fault(|| pointer(name), "must be a string"),
        }
    }

    /// A text that is empty unless it is there.
    pub(crate) fn text_or_empty<T, E: Display>(
        &mut self,
        name: &str,
        check: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        self.left.entry(name).or_insert_with(|| Value::String(String::new()));
        self.text(name, check)
    }

    /// A whole number that must be there.
    pub(crate) fn integer<T, E: Display>(&mut self, name: &str, check: impl FnOnce(i64) -> Result<T, E>) -> Option<T> {
        match self.required(name)? {
            // A whole number too large for our type is larger than anything that is allowed, too.
            Value::Number(number) if !number.is_f64() => self.checked(name, check(number.as_i64().unwrap_or(i64::MAX))),
            _ => self.fault(|| pointer(name), "must be an integer"),
        }
    }

    /// A number that must be there, judged by the shortest decimal text that names it: `18.99`, never `1.899e1`.
    pub(crate) fn decimal<T, E: Display>(&mut self, name: &str, check: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        match self.required(name)? {
            Value::Number(number) => self.checked(name, check(&plain(&number))),
            _ => self.fault(|| pointer(name), "must be a number"),
        }
    }

    /// A list of at most so many texts, empty unless it is there.
    pub(crate) fn texts<T, E: Display>(
        &mut self,
        name: &str,
        at_most: usize,
        check: impl Fn(String) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let items = match self.left.remove(name) {
            None => return Some(vec![]),
            Some(Value::Array(items)) if items.len() <= at_most => items,
            Some(Value::Array(_)) => return self.fault(|| pointer(name), format!("must have at most {at_most} items")),
            Some(_) => return self.fault(|| pointer(name), "must be an array"),
        };
        let mut read = Some(Vec::with_capacity(items.len()));
        for (index, item) in items.into_iter().enumerate() {
            let place = || format!("{}/{index}", pointer(name));
            let item = match item {
                Value::String(text) => check(text).map_err(|error| error.to_string()),
                _ => Err("must be a string".to_owned()),
            };
            match (item, &mut read) {
                (Ok(item), Some(read)) => read.push(item),
                (Ok(_), None) => {}
                (Err(detail), _) => read = self.fault(place, detail),
            }
        }
        read
    }

    /// Reads a member if it is there; an inner `None` says that it is not.
    #[expect(clippy::option_option, reason = "the outer one is that of every reader: `None` when there is a fault")]
    pub(crate) fn if_there<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self, &str) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.left.contains_key(name) { read(self, name).map(Some) } else { Some(None) }
    }

    /// Whether a member is `null`, which is as good as read then.
    pub(crate) fn take_null(&mut self, name: &str) -> bool {
        let null = self.left.get(name).is_some_and(Value::is_null);
        if null {
            self.left.remove(name);
        }
        null
    }

    /// An object that must be there, whose members `read` reads; one that it leaves over is wrong.
    pub(crate) fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let Value::Object(members) = self.required(name)? else {
            return self.fault(|| pointer(name), "must be an object");
        };
        let outer = (std::mem::replace(&mut self.left, members), self.within.clone());
        self.within.push_str(&pointer(name));
        let mut read = read(self);
        for name in std::mem::take(&mut self.left).keys() {
            read = self.fault(|| pointer(name), "there is no such field");
        }
        (self.left, self.within) = outer;
        read
    }

    /// Notes that something is wrong.
    pub(crate) fn fault<T>(&mut self, pointer: impl FnOnce() -> String, detail: impl Display) -> Option<T> {
        let within = &self.within;
        self.faults.add(|| format!("{within}{}", pointer()), detail);
        None
    }

    /// What was read, unless something was wrong: a member that nobody asked for is, too.
    pub(crate) fn finish<T>(mut self, server_owned: &[&str], read: Option<T>) -> Result<T, Problem> {
        for name in std::mem::take(&mut self.left).keys() {
            let owned = server_owned.contains(&name.as_str());
            let detail = if owned { "is set by the server and cannot be sent" } else { "there is no such field" };
            self.faults.add(|| pointer(name), detail);
        }
        match read {
            Some(read) if self.faults.is_empty() => Ok(read),
            None if self.faults.is_empty() => Err(Problem::internal("a field was neither read nor faulted")),
            _ => Err(Problem::invalid(self.faults)),
        }
    }

    fn required(&mut self, name: &str) -> Option<Value> {
        match self.left.remove(name) {
            Some(value) => Some(value),
            None => self.fault(|| pointer(name), "is required"),
        }
    }

    fn checked<T, E: Display>(&mut self, name: &str, checked: Result<T, E>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(error) => self.fault(|| pointer(name), error),
        }
    }
}

/// A float's `Display` is its shortest decimal form and never has an exponent.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_domain::{Price, ProductName, UserId};

    fn fields(json: &str) -> Fields {
        Fields::of(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_price_is_read_from_its_shortest_form() {
        for (json, hundredths) in [
            ("18.99", 1899),
            ("18.990", 1899),
            ("18.99000000000000000000", 1899),
            ("2e1", 2000),
            ("0", 0),
            ("99999999.99", 9_999_999_999),
        ] {
            let mut fields = fields(&format!(r#"{{"price": {json}}}"#));
            let price: Option<Price> = fields.decimal("price", str::parse);
            assert_eq!(price.map(Price::hundredths), Some(hundredths), "{json}");
            assert!(fields.finish(&[], price).is_ok());
        }
    }

    #[test]
    fn what_is_no_price_is_a_fault() {
        for json in ["-1", "1.005", "\"18.99\"", "1e30", "1e-7", "true", "null", "[]", "100000000"] {
            let mut fields = fields(&format!(r#"{{"price": {json}}}"#));
            let price: Option<Price> = fields.decimal("price", str::parse);
            assert!(fields.finish(&[], price).is_err(), "{json}");
        }
    }

    #[tokio::test]
    async fn every_fault_is_told_at_once_and_names_are_escaped() {
        let mut fields = fields(r#"{"id": 1, "user_id": 1.5, "product_name": "", "a/b~c": 0}"#);
        let user = fields.integer("user_id", UserId::new);
        let name = fields.text("product_name", ProductName::new);
        let price = fields.decimal::<Price, _>("product_price", str::parse);
        let problem = fields.finish(&["id"], (|| Some((user?, name?, price?)))()).unwrap_err();
        let response = problem.into_response("r", "");
        assert_eq!(response.status(), 422);
        let body = response.into_body().into_string().await.unwrap();
        for expected in ["/user_id", "/product_name", "/product_price", "/id", "/a~1b~0c"] {
            assert!(body.contains(&format!("\"{expected}\"")), "{expected} in {body}");
        }
    }

    #[test]
    fn a_number_beyond_every_type_is_out_of_range_not_wrapped() {
        let mut fields = fields(r#"{"user_id": 18446744073709551615}"#);
        assert_eq!(fields.integer("user_id", UserId::new), None);
    }
}
