//! `/docs`: the API's description for people, shown by a copy of Scalar that we serve ourselves. How it was obtained is in
//! `assets/README.md`.

use super::page::Page;

/// Where the script is. The path names its version.
pub(super) const SCRIPT_PATH: &str = "/docs/scalar-1.72.1.js";

const SCRIPT: &[u8] = include_bytes!("../../assets/scalar-1.72.1.js.gz");

/// Nothing from anywhere else, whatever the script would like. It makes its styles itself, and its icons.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Links are relative, so that the page works below a prefix too.
const HTML: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Wareroom API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
</head>
<body>
<noscript>This page needs JavaScript. What it shows is in <a href="openapi.json">openapi.json</a>.</noscript>
<script id="api-reference" type="application/json" data-url="openapi.json" data-configuration='{"withDefaultFonts":false,"telemetry":false,"showDeveloperTools":"never","hideClientButton":true,"agent":{"disabled":true},"mcp":{"disabled":true},"proxyUrl":""}'></script>
<script src="docs/scalar-1.72.1.js"></script>
</body>
</html>
"#;

pub(super) fn page() -> Page {
    Page::html(HTML.to_owned(), POLICY)
}

pub(super) fn script() -> Page {
    Page::script(SCRIPT, SCRIPT_PATH.rsplit('/').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_its_script_and_no_other_host() {
        assert!(HTML.contains(&format!("src=\"{}\"", &SCRIPT_PATH[1..])));
        assert!(!HTML.contains("//") && !POLICY.contains("//"), "a host is named");
        assert!(!POLICY.contains("unsafe-eval") && POLICY.contains("default-src 'self'"));
    }
}
