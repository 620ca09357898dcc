//! `/`: what a newcomer sees first. The newest products with their images turning ready, and a form to add one. A page
//! by hand, of `assets/home/`, that asks the API like any other client.

use super::page::Page;
use poem::http::Uri;

/// Where everything that the page loads is.
pub(super) const FOLDER: &str = "/home/";

const HTML: &str = include_str!("../../assets/home/home.html");

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What the page loads, each with its media type.
const ASSETS: [(&str, &str, &[u8]); 9] = [
    ("home.css", "text/css; charset=utf-8", include_bytes!("../../assets/home/home.css")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../assets/home/icon.svg")),
    ("main.js", SCRIPT, include_bytes!("../../assets/home/main.js")),
    ("api.js", SCRIPT, include_bytes!("../../assets/home/api.js")),
    ("card.js", SCRIPT, include_bytes!("../../assets/home/card.js")),
    ("form.js", SCRIPT, include_bytes!("../../assets/home/form.js")),
    ("list.js", SCRIPT, include_bytes!("../../assets/home/list.js")),
    ("watch.js", SCRIPT, include_bytes!("../../assets/home/watch.js")),
    ("words.js", SCRIPT, include_bytes!("../../assets/home/words.js")),
];

/// The page and its assets, each with its path. Renditions are shown from below this base, and from the origin where it
/// sends browsers to.
pub(super) fn pages(media_url: &str, elsewhere: Option<&str>) -> impl Iterator<Item = (String, Page)> {
    let html = HTML.replace("{version}", env!("CARGO_PKG_VERSION"));
    let assets = ASSETS.map(|(name, media_type, bytes)| (format!("{FOLDER}{name}"), Page::asset(media_type, bytes)));
    [("/".to_owned(), Page::html(html, policy(media_url, elsewhere)))].into_iter().chain(assets)
}

/// Nothing inline, and nothing from anywhere but this server and the places where renditions are.
fn policy(media_url: &str, elsewhere: Option<&str>) -> String {
    let media = media_source(media_url, "/media/").into_iter().chain(elsewhere.and_then(|url| media_source(url, "")));
    let media = media.fold(String::new(), |all, source| all + " " + &source);
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{media}; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The place of renditions as a policy can name it. A path that a policy cannot spell is left out, and so is a host that
/// it cannot: such a one is allowed as the page's own, or not at all.
fn media_source(base: &str, below: &str) -> Option<String> {
    let url: Uri = base.parse().ok()?;
    let scheme = url.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let plain = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let host = url.host().filter(|host| plain(host, "-."))?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = format!("{}{below}", url.path().trim_end_matches('/'));
    let path = if plain(&path, "-._~/%") { &path } else { "" };
    Some(format!("{scheme}://{host}{port}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_renditions_is_named_as_far_as_a_policy_can() {
        for (url, source) in [
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080/media/")),
            ("https://cdn.example/", Some("https://cdn.example/media/")),
            ("https://cdn.example/a/b%20c", Some("https://cdn.example/a/b%20c/media/")),
            ("https://cdn.example/a;b", Some("https://cdn.example")),
            ("https://cdn.example/a,b", Some("https://cdn.example")),
            ("https://user:word@cdn.example:8443", Some("https://cdn.example:8443/media/")),
            ("http://[::1]:8080", None),
            ("https://*", None),
            ("https://a'b", None),
            ("cdn.example", None),
            ("data:image/png", None),
            ("", None),
        ] {
            assert_eq!(media_source(url, "/media/").as_deref(), source, "{url}");
        }
    }

    #[test]
    fn every_asset_is_named_and_every_named_asset_is_there() {
        let scripts = ASSETS.iter().filter_map(|(_, _, bytes)| std::str::from_utf8(bytes).ok());
        let text: String = std::iter::once(HTML).chain(scripts).collect();
        for (name, ..) in ASSETS {
            assert!(text.contains(&format!("\"home/{name}\"")), "{name}");
        }
        let named = text.split('"').filter_map(|part| part.strip_prefix("home/").or_else(|| part.strip_prefix("./")));
        for name in named {
            assert!(ASSETS.iter().any(|(there, ..)| *there == name), "{name}");
        }
    }
}
