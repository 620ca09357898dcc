//! Whether the documents still tell the truth about what is where.

use std::path::{Component, Path, PathBuf};

/// Where a path in backticks is taken for one of the workspace's own.
const OURS: [&str; 8] = ["crates/", "docs/", "tests/", "scripts/", "openapi/", "examples/", "benches/", ".ci/"];

/// Crates that the code map of `ARCHITECTURE.md` leaves out, and headings of it that are no crate.
pub(crate) fn map_and_workspace_differ(architecture: &str, folders: &[String]) -> Vec<String> {
    let map = architecture.split_once("\n## Code map").map_or("", |(_, rest)| rest);
    let map = map.split_once("\n## ").map_or(map, |(map, _)| map);
    let named: Vec<&str> =
        map.lines().filter_map(|line| line.strip_prefix("### `")?.split_once('`')).map(|(folder, _)| folder).collect();
    let unnamed = folders.iter().filter(|folder| !named.contains(&folder.as_str()));
    let unknown = named.iter().filter(|named| !folders.iter().any(|folder| folder == *named));
    unnamed
        .map(|folder| format!("the code map does not name {folder}"))
        .chain(unknown.map(|named| format!("the code map names {named}, which is no crate")))
        .collect()
}

/// Records that no index links to.
pub(crate) fn unlisted(records: &[String], index: &str) -> Vec<String> {
    let name = |path: &str| Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let records = records.iter().filter(|path| name(path) != "README.md");
    let missing = records.filter(|path| !targets(index).iter().any(|target| name(target) == name(path)));
    missing.map(|path| format!("{path} is linked from no index")).collect()
}

/// Links and paths of a document that lead nowhere. Paths with a placeholder, such as `<name>`, are passed over.
pub(crate) fn dead_ends(document: &str, text: &str, there: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = Path::new(document).parent().unwrap_or(Path::new(""));
    let outside = |target: &str| target.contains("://") || target.starts_with("mailto:");
    let links = targets(text).into_iter().filter(|target| !outside(target) && !target.starts_with('#'));
    let links = links.map(|target| plain(&folder.join(target.split('#').next().unwrap_or_default())));
    let paths = quoted(text).into_iter().filter(|path| OURS.iter().any(|start| path.starts_with(start)));
    let paths = paths.filter(|path| !path.contains(['<', '*', ' ', '{'])).map(PathBuf::from);
    let all = links.chain(paths).map(|path| path.to_string_lossy().into_owned());
    all.filter(|path| !there(path)).map(|path| format!("{document} names {path}, which is not there")).collect()
}

/// Lines of the README's table of figures that are not lines of the table that was measured, its last column left out, and
/// a commit that is another one.
pub(crate) fn figures_differ(readme: &str, results: &str) -> Vec<String> {
    let section = readme.split_once("\n## Figures").map_or("", |(_, rest)| rest);
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let shown: Vec<&str> = section.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    let commit = results.lines().find_map(|line| line.strip_prefix("- Commit: ")).unwrap_or("none");
    let short = commit.get(..7).unwrap_or(commit);
    let other = shown.iter().filter(|line| !results.lines().any(|measured| measured.starts_with(**line)));
    let other = other.map(|line| format!("README.md shows {line}, which was not measured"));
    let nothing = shown.is_empty().then(|| "README.md shows no figures".to_owned());
    let stale = (!section.contains(short)).then(|| format!("README.md does not say that its figures are of {short}"));
    other.chain(nothing).chain(stale).collect()
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// The targets of `[text](target)`.
fn targets(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect()
}

/// What stands in single backticks, code blocks left out.
fn quoted(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|prose| prose.split('`').skip(1).step_by(2)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_that_lags_behind_is_found() {
        let map = "# A\n\n## Code map\n\n### `crates/domain`: rules\n\n### `crates/gone`: what was\n\n\
                   ## Next\n\n### `tests`\n";
        let folders = ["crates/domain".to_owned(), "tests".to_owned()];
        assert_eq!(
            map_and_workspace_differ(map, &folders),
            ["the code map does not name tests", "the code map names crates/gone, which is no crate"]
        );
    }

    #[test]
    fn a_record_that_nobody_links_to_is_found() {
        let records = ["docs/adr/README.md", "docs/adr/0001-a.md", "docs/adr/0002-b.md"].map(str::to_owned);
        assert_eq!(unlisted(&records, "- [one](0001-a.md)\n"), ["docs/adr/0002-b.md is linked from no index"]);
        assert_eq!(unlisted(&records, "[one](docs/adr/0001-a.md) [two](0002-b.md)"), Vec::<String>::new());
    }

    #[test]
    fn a_dead_end_is_found() {
        let text = "[up](../README.md#top) [out](https://example.com/x) [here](#x) `crates/x/<name>.rs`\n\
                    `crates/gone.rs` `examples/gone.rs`\n\
                    ```text\n`crates/not/read`\n```\n[lost](lost.md) `cargo test` `tests/`";
        let there = |path: &str| ["README.md", "tests/"].contains(&path);
        assert_eq!(
            dead_ends("docs/page.md", text, there),
            [
                "docs/page.md names docs/lost.md, which is not there",
                "docs/page.md names crates/gone.rs, which is not there",
                "docs/page.md names examples/gone.rs, which is not there"
            ]
        );
    }

    #[test]
    fn a_figure_that_was_not_measured_is_found() {
        let results = "- Commit: 0123456789\n\n| GET | bare | at least 0.60 | 0.70 (0.60 to 0.80) | 70 against 100 |\n";
        let readme = |commit: &str, ratio: &str| {
            format!(
                "# A\n\n## Figures\n\nOf {commit}.\n\n| what |\n|---|\n| GET | bare | at least 0.60 | {ratio} |\n\n## B\n"
            )
        };
        assert_eq!(figures_differ(&readme("0123456", "0.70 (0.60 to 0.80)"), results), Vec::<String>::new());
        assert_eq!(figures_differ(&readme("0123456", "0.95 (0.60 to 0.80)"), results).len(), 1);
        assert_eq!(figures_differ(&readme("9999999", "0.70 (0.60 to 0.80)"), results).len(), 1);
        assert_eq!(figures_differ("# A\n", results).len(), 2);
    }
}
