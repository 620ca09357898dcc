//! A problem as it is written. Knows nothing of how it came about.

use crate::faults::MOST_FAULTS;
use crate::problem::ProblemCode;
use poem_openapi::Object;
use serde::Serialize;
use wareroom_application::Fault;

/// The most characters of a detail, and of a pointer, as the document has it.
const LONGEST_DETAIL: usize = 4096;
const LONGEST_POINTER: usize = 1024;

/// An error. `code` says which, for programs; `detail` says what to do, for people.
#[derive(Object, Serialize)]
#[oai(rename = "Problem")]
pub(crate) struct Document {
    /// What kind of error this is: the path, on this server, of the page that explains it.
    #[oai(rename = "type", validator(max_length = 2048, pattern = "^(/[!-~]+)?/problems/[a-z_]+$"))]
    #[serde(rename = "type")]
    kind: String,
    /// The kind, in words.
    #[oai(validator(max_length = 64))]
    title: String,
    /// The HTTP status.
    #[oai(validator(minimum(value = "400"), maximum(value = "599")))]
    status: u16,
    /// What happened and what can be done about it.
    #[oai(validator(max_length = 4096))]
    detail: String,
    /// The kind, for programs.
    code: ProblemCode,
    /// Names the request in logs.
    #[oai(validator(max_length = 128, pattern = "^[!-~]+$"))]
    request_id: String,
    /// Every field that is wrong; of more than 100 the first 100, and `detail` says how many there are.
    #[oai(validator(max_items = 100))]
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldError>>,
}

impl Document {
    /// Keeps within its own schema, whatever it is told. `base` is the path of the public URL: `/shop`, or nothing.
    pub(crate) fn new(base: &str, code: ProblemCode, detail: String, request_id: &str, faults: Vec<Fault>) -> Self {
        let (name, status, title) = code.row();
        Self {
            kind: format!("{base}/problems/{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: cut(detail, LONGEST_DETAIL),
            code,
            request_id: request_id.to_owned(),
            errors: (!faults.is_empty()).then(|| faults.into_iter().take(MOST_FAULTS).map(FieldError::from).collect()),
        }
    }

    /// What is said of a request that could not even be parsed: it never got an id, nor to where the base is known.
    pub(crate) fn unparsed(code: ProblemCode, detail: &str) -> Self {
        Self::new("", code, detail.to_owned(), "none", vec![])
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A field that is wrong.
#[derive(Object, Serialize)]
struct FieldError {
    /// Where, as a JSON pointer into the body; files of a form are `/file/0`, `/file/1` ...
    #[oai(validator(max_length = 1024, pattern = "^(/[^/]*)*$"))]
    pointer: String,
    /// What is allowed.
    #[oai(validator(max_length = 4096))]
    detail: String,
}

impl From<Fault> for FieldError {
    fn from(Fault { pointer, detail }: Fault) -> Self {
        Self { pointer: cut(pointer, LONGEST_POINTER), detail: cut(detail, LONGEST_DETAIL) }
    }
}

/// The first so many characters.
fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_keeps_within_its_own_schema() {
        let fault = || Fault { pointer: format!("/{}", "ü".repeat(5000)), detail: "ü".repeat(5000) };
        let faults = (0..150).map(|_| fault()).collect();
        let body = Document::new("", ProblemCode::ValidationFailed, "ü".repeat(5000), "r-1", faults).to_json();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let length = |text: &serde_json::Value| text.as_str().unwrap().chars().count();
        let first = &problem["errors"][0];
        let lengths = (length(&problem["detail"]), length(&first["pointer"]), length(&first["detail"]));
        assert_eq!(lengths, (4096, 1024, 4096));
        assert_eq!(problem["errors"].as_array().unwrap().len(), 100);
    }
}
