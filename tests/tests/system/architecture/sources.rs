//! How manifests and source files are laid out.

use super::rules::{DRAWERS, EVERY_ADAPTER, FILE_NAMES, LINES, MAIN};
use std::path::Path;

/// A Rust file.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    /// From the workspace's root.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    pub(crate) fn lines(&self) -> usize {
        self.text.lines().count()
    }
}

/// Members that the root manifest does not list by name, patterns, and entries that are no member.
pub(crate) fn members_not_listed(manifest: &str, folders: &[String]) -> Vec<String> {
    let list =
        manifest.split_once("\nmembers = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    let lines = list.lines().filter(|line| !line.trim_start().starts_with('#'));
    let entries: Vec<&str> = lines.flat_map(|line| line.split('"').skip(1).step_by(2)).collect();
    let unlisted = folders.iter().filter(|folder| !entries.contains(&folder.as_str()));
    let no_member = entries.iter().filter(|entry| !folders.iter().any(|folder| folder == *entry));
    unlisted
        .map(|folder| format!("{folder} is a member and not listed by its name"))
        .chain(no_member.map(|entry| format!("{entry:?} in the list of members names no crate")))
        .collect()
}

/// Whatever a library's root holds besides documentation, modules and re-exports. A type alias is let through: it names,
/// it does nothing.
pub(crate) fn more_than_a_list(file: &SourceFile) -> Vec<String> {
    const ITEMS: [&str; 6] = ["mod ", "pub mod ", "pub(crate) mod ", "pub use ", "pub(crate) use ", "pub type "];
    let mut complaints = vec![];
    if !file.text.starts_with("//!") {
        complaints.push(format!("{} does not begin with its documentation", file.path));
    }
    for item in items(&file.text) {
        let listed = ITEMS.iter().any(|start| item.starts_with(start));
        let inline = item.contains("mod ") && item.contains('{') && !item.contains("use ");
        if !listed || inline {
            let first = item.lines().next().unwrap_or_default();
            complaints.push(format!("{} holds more than a list: {first}", file.path));
        }
    }
    complaints
}

/// The items of a file without comments and attributes, each up to its semicolon or closing brace.
fn items(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let (mut items, mut item, mut depth, mut quoted, mut before) = (vec![], String::new(), 0_i32, false, ' ');
    for character in code.join("\n").chars() {
        item.push(character);
        quoted ^= character == '"' && before != '\\';
        before = character;
        if quoted {
            continue;
        }
        depth += i32::from("([{".contains(character)) - i32::from(")]}".contains(character));
        let attribute = item.trim_start().starts_with('#');
        let ended = match character {
            ']' => attribute,
            ';' => true,
            '}' => !item.contains("use "),
            _ => false,
        };
        if ended && depth == 0 {
            let whole = std::mem::take(&mut item);
            if !attribute {
                items.push(whole.trim().to_owned());
            }
        }
    }
    items.push(item.trim().to_owned());
    items.retain(|item| !item.is_empty());
    items
}

/// Files of an adapter whose role has another name everywhere else, and those that every adapter has and this one lacks.
pub(crate) fn odd_file_names(adapter: &str, files: &[String]) -> Vec<String> {
    let source = format!("{adapter}/src/");
    let names: Vec<&str> = files.iter().filter_map(|file| file.strip_prefix(&source)).collect();
    let odd = FILE_NAMES.iter().filter(|(odd, _)| names.contains(odd));
    let missing = EVERY_ADAPTER.iter().filter(|file| !files.contains(&format!("{adapter}/{file}")));
    let missing = missing.map(|file| format!("{adapter} has no {file}"));
    odd.map(|(odd, usual)| format!("{source}{odd} is called {usual} in every other adapter")).chain(missing).collect()
}

/// A file or folder whose name does not say what is inside.
pub(crate) fn drawer(path: &str) -> Option<String> {
    let parts = Path::new(path).iter().filter_map(|part| Path::new(part).file_stem());
    let mut odd = parts.filter(|part| DRAWERS.iter().any(|drawer| part == drawer));
    odd.next().map(|_| format!("{path} has a name that does not say what is inside"))
}

/// Files that are too long, and exceptions that are needed no more.
pub(crate) fn too_long(files: &[SourceFile], exceptions: &[(&str, &str)]) -> Vec<String> {
    let excused = |path: &str| exceptions.iter().any(|(excused, _)| *excused == path);
    let limit = |path: &str| if path == MAIN.0 { MAIN.1 } else { LINES };
    let long = |file: &&SourceFile| file.lines() > limit(&file.path);
    let mut complaints: Vec<String> = files
        .iter()
        .filter(|file| long(file) && !excused(&file.path))
        .map(|file| format!("{} has {} lines, at most {} are allowed", file.path, file.lines(), limit(&file.path)))
        .collect();
    for (path, _) in exceptions {
        if !files.iter().filter(long).any(|file| file.path == *path) {
            complaints.push(format!("{path} is excused for its length and needs no excuse"));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    fn owned(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn a_pattern_among_the_members_is_found() {
        let folders = owned(&["crates/domain", "crates/adapters/memory"]);
        let good = "[workspace]\nmembers = [\n  # ring 0, \"not this\"\n  \"crates/domain\",\n\
                    \"crates/adapters/memory\",\n]\n";
        assert_eq!(members_not_listed(good, &folders), Vec::<String>::new());
        let glob = good.replace("crates/adapters/memory", "crates/adapters/*");
        assert_eq!(members_not_listed(&glob, &folders).len(), 2, "the pattern, and the member it hides");
    }

    #[test]
    fn a_root_that_lists_passes() {
        let text = "//! What it is.\n#![expect(missing_docs, reason = \"a ; b [\")]\n\nmod one;\n#[cfg(test)]\n\
                    mod tests;\n\
                    pub use one::{\n    First,\n    Second,\n};\n/// An alias.\npub type Error = Box<dyn Send>;\n";
        assert_eq!(more_than_a_list(&file("a/src/lib.rs", text)), Vec::<String>::new());
    }

    #[test]
    fn a_root_that_does_more_is_found() {
        let found = |text: &str| more_than_a_list(&file("a/src/lib.rs", text)).len();
        assert_eq!(found("mod one;\n"), 1, "no documentation");
        assert_eq!(found("//! Doc.\nfn work() { one(); two(); }\n"), 1);
        assert_eq!(found("//! Doc.\nmod one { fn work() {} }\n"), 1);
        assert_eq!(found("//! Doc.\npub struct Open;\nmod one;\npub enum Kind { A, B }\n"), 2);
        assert_eq!(found("//! Doc.\nuse std::sync::Arc;\n"), 1);
        assert_eq!(found("//! Doc.\nimpl One {\n    fn two(&self) {}\n}\n"), 1);
    }

    #[test]
    fn an_adapter_that_invents_names_is_found() {
        let mut files: Vec<String> = EVERY_ADAPTER.iter().map(|file| format!("crates/adapters/x/{file}")).collect();
        assert_eq!(odd_file_names("crates/adapters/x", &files), Vec::<String>::new());
        files.push("crates/adapters/x/src/settings.rs".to_owned());
        assert_eq!(odd_file_names("crates/adapters/x", &files).len(), 1);
        assert_eq!(odd_file_names("crates/adapters/y", &files).len(), EVERY_ADAPTER.len());
        files.retain(|file| !file.ends_with("contract.rs"));
        let complaints = odd_file_names("crates/adapters/x", &files);
        assert!(complaints.contains(&"crates/adapters/x has no tests/it/contract.rs".to_owned()), "{complaints:?}");
    }

    #[test]
    fn a_drawer_is_found() {
        assert!(drawer("crates/x/src/utils.rs").is_some());
        assert!(drawer("crates/x/src/common/mod.rs").is_some());
        assert!(drawer("crates/x/src/commons_licence.rs").is_none());
    }

    #[test]
    fn long_files_and_needless_excuses_are_found() {
        let files = [file("long.rs", &"x\n".repeat(401)), file("short.rs", &"x\n".repeat(400))];
        assert_eq!(too_long(&files, &[]), ["long.rs has 401 lines, at most 400 are allowed"]);
        assert_eq!(too_long(&files, &[("long.rs", "a table")]), Vec::<String>::new());
        assert_eq!(too_long(&files, &[("long.rs", "a table"), ("short.rs", "it was long")]).len(), 1);
        assert_eq!(too_long(&[file(MAIN.0, &"x\n".repeat(60))], &[]).len(), 1);
    }
}
