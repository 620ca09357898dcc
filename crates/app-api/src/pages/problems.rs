//! `/problems`: what each code means and what to do, for problems and for images that failed.

use super::page::Page;
use crate::problem::ProblemCode;
use poem_openapi::registry::Registry;
use poem_openapi::types::{ParseFromJSON, Type};
use std::collections::BTreeMap;
use std::fmt::Write;
use wareroom_domain::Reason;

/// Nothing is loaded; the style stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The colours are those of the page at `/`.
const STYLE: &str = ":root{color-scheme:light dark;background:#f5f4f0;color:#1e2225}a{color:#0b6b5d}\
    @media(prefers-color-scheme:dark){:root{background:#131618;color:#e9e7e2}a{color:#6fd3c0}}\
    body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}\
    code{font-family:ui-monospace,monospace}dt{margin-top:1rem}dd{margin:0}h2{font-size:1.1rem;margin-top:2rem}";

/// What a code stands for. A few are both: the same limit met by a request, or by a download later.
#[derive(Default)]
struct Entry {
    problem: Option<ProblemCode>,
    reason: Option<Reason>,
}

/// Every page with its path.
pub(super) fn pages() -> Vec<(String, Page)> {
    let mut entries: BTreeMap<&str, Entry> = BTreeMap::new();
    for code in codes() {
        entries.entry(code.row().0).or_default().problem = Some(code);
    }
    for reason in Reason::ALL {
        entries.entry(reason.code()).or_default().reason = Some(reason);
    }
    let list = ("/problems".to_owned(), Page::html(list(&entries), POLICY));
    let page = |(code, entry): (&&str, &Entry)| (format!("/problems/{code}"), Page::html(single(code, entry), POLICY));
    entries.iter().map(page).chain([list]).collect()
}

/// Every code of a problem, as the document lists them.
fn codes() -> Vec<ProblemCode> {
    let mut registry = Registry::new();
    ProblemCode::register(&mut registry);
    let described = registry.schemas.into_values().flat_map(|schema| schema.enum_items);
    described.filter_map(|name| ProblemCode::parse_from_json(Some(name)).ok()).collect()
}

fn list(entries: &BTreeMap<&str, Entry>) -> String {
    let mut body = String::from(
        "<h1>Problems</h1>\n<p>The <code>code</code> of every error of the API, and below of every image that failed. \
         The <a href=\"docs\">API reference</a> says where they occur.</p>\n<h2>Of requests</h2>\n<dl>\n",
    );
    for (code, entry) in entries {
        if let Some(problem) = entry.problem {
            let (_, status, title) = problem.row();
            item(&mut body, code, &format!("{}: {title}", status.as_u16()));
        }
    }
    body.push_str("</dl>\n<h2>Of images</h2>\n<dl>\n");
    for (code, entry) in entries {
        if let Some(reason) = entry.reason {
            item(&mut body, code, what_and_advice(reason).0);
        }
    }
    body.push_str("</dl>\n");
    html("Problems", &body)
}

fn item(body: &mut String, code: &str, text: &str) {
    let text = escaped(text);
    let _ = writeln!(body, "<dt><a href=\"problems/{code}\"><code>{code}</code></a></dt><dd>{text}</dd>");
}

fn single(code: &str, entry: &Entry) -> String {
    let mut body = format!("<h1><code>{code}</code></h1>\n");
    if let Some(problem) = entry.problem {
        let ((_, status, title), text) = (problem.row(), problem.text());
        section(
            &mut body,
            &format!("A request: {title}"),
            &[("Status", status.as_str()), ("What it means", text.meaning), ("What to do", text.advice)],
        );
    }
    if let Some(reason) = entry.reason {
        let (what, advice) = what_and_advice(reason);
        let again = match (reason.transient(), reason.retryable()) {
            (true, _) => {
                "Wareroom tried several times, with growing waits, before it gave up. It can be asked for again."
            }
            (false, true) => "It can be asked for again, though nothing says that it will end better.",
            (false, false) => "Asking again does not help while the file or its URL stays the same.",
        };
        section(
            &mut body,
            "An image",
            &[
                ("Status", "None: the product is answered as ever, and the image in it is failed."),
                ("What it means", what),
                ("What to do", advice),
                ("Another attempt", again),
            ],
        );
    }
    body.push_str("<p><a href=\"../problems\">All problems</a></p>\n");
    html(code, &body)
}

/// The two parts of a reason's words.
fn what_and_advice(reason: Reason) -> (&'static str, &'static str) {
    reason.detail().split_once("; ").unwrap_or((reason.detail(), ""))
}

fn section(body: &mut String, title: &str, facts: &[(&str, &str)]) {
    let _ = writeln!(body, "<h2>{}</h2>\n<dl>", escaped(title));
    for (name, text) in facts {
        let _ = writeln!(body, "<dt><b>{name}</b></dt><dd>{}</dd>", sentence(text));
    }
    body.push_str("</dl>\n");
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let text = escaped(text);
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    let end = if text.ends_with('.') || text.parse::<u16>().is_ok() { "" } else { "." };
    format!("{}{rest}{end}", first.to_uppercase())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn html(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} - Wareroom</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use wareroom_application::ErrorCode;

    #[test]
    fn every_code_and_every_reason_has_a_page() {
        let pages: BTreeMap<String, Page> = pages().into_iter().collect();
        assert!(codes().len() > ErrorCode::ALL.len(), "the codes cannot be read from the document");
        for code in codes() {
            assert!(pages.contains_key(&format!("/problems/{}", code.row().0)), "{code:?}");
            let text = code.text();
            assert!(text.meaning.ends_with('.') && text.advice.ends_with('.'), "{code:?}");
        }
        for reason in Reason::ALL {
            assert!(pages.contains_key(&format!("/problems/{}", reason.code())), "{reason:?}");
        }
    }

    #[test]
    fn a_code_of_both_is_explained_twice() {
        let both = Entry { problem: Some(ProblemCode::TooManyPixels), reason: Some(Reason::TooManyPixels) };
        let html = single("too_many_pixels", &both);
        assert!(html.contains("<dd>422</dd>") && html.contains("A request: Too many pixels"), "{html}");
        assert!(html.contains("An image</h2>") && html.contains("Give a smaller version."), "{html}");
    }
}
