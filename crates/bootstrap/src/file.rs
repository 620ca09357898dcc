//! Reads `wareroom.toml`: keys with their values and lines. Which keys there are is not known here.

use toml::de::{DeTable, DeValue};

/// A key with its value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) value: Value,
    /// Where it stands, from 1.
    pub(crate) line: usize,
}

/// What a key may have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// One value: a text, or a number or a boolean as text.
    One(String),
    /// A list of them.
    List(Vec<String>),
    /// Something that no setting takes, by its name.
    Other(&'static str),
}

/// What is not TOML. Holds nothing of the text: a secret may stand in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotToml {
    pub(crate) line: Option<usize>,
    pub(crate) reason: String,
}

/// The entries of a file, in the order in which they stand there.
pub(crate) fn entries(text: &str) -> Result<Vec<Entry>, NotToml> {
    let line = |place: usize| text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| NotToml {
        line: error.span().map(|span| line(span.start)),
        reason: error.message().to_owned(),
    })?;
    let entry = |(key, value): (&toml::Spanned<std::borrow::Cow<'_, str>>, &toml::Spanned<DeValue<'_>>)| Entry {
        key: key.get_ref().to_string(),
        value: read(value.get_ref()),
        line: line(key.span().start),
    };
    let mut entries: Vec<Entry> = table.get_ref().iter().map(entry).collect();
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

fn read(value: &DeValue<'_>) -> Value {
    let DeValue::Array(values) = value else { return one(value).map_or(Value::Other(value.type_str()), Value::One) };
    let texts: Option<Vec<String>> = values.iter().map(|value| one(value.get_ref())).collect();
    texts.map_or(Value::Other("a list of other things than texts"), Value::List)
}

fn one(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(whether) => Some(whether.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Value> {
        entries(text).unwrap().into_iter().map(|entry| entry.value).collect()
    }

    #[test]
    fn texts_numbers_and_lists_of_them_are_read_with_their_lines() {
        let read = entries("# first\nb = \"x\"\n\na = 1_000\n").unwrap();
        let entry =
            |key: &str, value: &str, line| Entry { key: key.to_owned(), value: Value::One(value.to_owned()), line };
        assert_eq!(read, [entry("b", "x", 2), entry("a", "1000", 4)]);
        let list = |texts: &[&str]| Value::List(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(
            values("a = ['x', 2]\nb = []\nc = 0x10"),
            [list(&["x", "2"]), list(&[]), Value::One("16".to_owned())]
        );
    }

    #[test]
    fn what_no_setting_takes_is_named() {
        let other = values("a = 2020-01-01\nb = [[1]]\n[c]\nd = 1");
        assert_eq!(
            other,
            [Value::Other("datetime"), Value::Other("a list of other things than texts"), Value::Other("table")]
        );
    }

    #[test]
    fn what_is_not_toml_is_told_by_its_line_and_not_repeated() {
        for text in
            ["a = 1\nb = \"hunter2", "a = 1\nb = postgres://u:hunter2@host", "a = 1\nhunter2", "a = 1\na = 'hunter2'"]
        {
            let error = entries(text).unwrap_err();
            assert_eq!(error.line, Some(2), "{error:?}");
            assert!(!error.reason.contains("hunter2"), "{error:?}");
        }
    }
}
