//! Holds the workspace to its own map: who may import whom, which driver lives where, how files are laid out, and whether
//! the documents still name what is there.
//!
//! The rules are tables in [`rules`]; everything else turns the workspace into plain values and compares. Each checker
//! answers with complaints, and each is proven beside itself: a wrong edge, file or link goes in, a complaint must come
//! out.

mod documents;
mod imports;
mod rules;
mod sources;
mod workspace;

use workspace::Workspace;

#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} complaints:\n  {}", complaints.len(), complaints.join("\n  "));
}

#[test]
fn dependencies_point_inwards_only() {
    assert_none(&imports::complaints(&Workspace::read()));
}

#[test]
fn every_driver_is_at_home_in_one_crate() {
    assert_none(&imports::drivers_away_from_home(&Workspace::read()));
}

#[test]
fn members_are_listed_one_by_one() {
    let workspace = Workspace::read();
    let manifest = workspace.text("Cargo.toml");
    assert_none(&sources::members_not_listed(&manifest, &workspace.folders()));
}

#[test]
fn a_library_root_only_lists_its_modules() {
    let workspace = Workspace::read();
    let roots = workspace.rust_files().into_iter().filter(|file| file.path.ends_with("src/lib.rs"));
    assert_none(&roots.flat_map(|file| sources::more_than_a_list(&file)).collect::<Vec<_>>());
}

#[test]
fn adapters_use_the_same_file_names() {
    let workspace = Workspace::read();
    let files: Vec<String> = workspace.rust_files().into_iter().map(|file| file.path).collect();
    let adapters = workspace.folders().into_iter().filter(|folder| folder.starts_with(rules::ADAPTERS));
    assert_none(&adapters.flat_map(|folder| sources::odd_file_names(&folder, &files)).collect::<Vec<_>>());
}

#[test]
fn no_file_is_a_drawer_for_odds_and_ends() {
    let files = Workspace::read().rust_files();
    assert_none(&files.iter().filter_map(|file| sources::drawer(&file.path)).collect::<Vec<_>>());
}

#[test]
fn files_stay_short() {
    let mut files = Workspace::read().rust_files();
    files.sort_by_key(|file| std::cmp::Reverse(file.lines()));
    let longest: Vec<String> = files.iter().take(5).map(|file| format!("{} {}", file.path, file.lines())).collect();
    let median = files.get(files.len() / 2).map_or(0, sources::SourceFile::lines);
    wareroom_test_kit::report(&format!(
        "{} files, median {median} lines, longest: {}",
        files.len(),
        longest.join(", ")
    ));
    assert_none(&sources::too_long(&files, rules::LONG_FILES));
}

#[test]
fn the_map_names_every_crate_and_no_other() {
    let workspace = Workspace::read();
    assert_none(&documents::map_and_workspace_differ(&workspace.text("ARCHITECTURE.md"), &workspace.folders()));
}

#[test]
fn every_decision_is_listed() {
    let workspace = Workspace::read();
    let records = workspace.files_under("docs/adr", "md");
    let index = workspace.text("ARCHITECTURE.md") + &workspace.text("docs/adr/README.md");
    assert_none(&documents::unlisted(&records, &index));
}

#[test]
fn documents_name_only_files_that_are_there() {
    let workspace = Workspace::read();
    let documents = workspace.documents();
    let there = |path: &str| workspace.root.join(path).exists();
    let complaints = documents.iter().flat_map(|(path, text)| documents::dead_ends(path, text, there));
    assert_none(&complaints.collect::<Vec<_>>());
}

#[test]
fn the_readme_shows_the_figures_that_were_measured() {
    let workspace = Workspace::read();
    assert_none(&documents::figures_differ(&workspace.text("README.md"), &workspace.text("benches/RESULTS.md")));
}
