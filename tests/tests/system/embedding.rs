//! What somebody who embeds Wareroom gets, and what they do not have to build.

use std::path::Path;
use std::process::Command;

fn cargo(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_example_compiles_no_driver_and_no_http() {
    let edges = ["--edges", "normal", "--prefix", "none", "--no-default-features", "--offline"];
    let tree = cargo(&[&["tree", "--package", "wareroom-examples"], &edges[..]].concat());
    let crates: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains(&"wareroom-application"), "{tree}");
    for driver in [
        "poem",
        "hyper",
        "rusqlite",
        "tokio-postgres",
        "fred",
        "object_store",
        "image",
        "mozjpeg",
        "webp",
        "reqwest",
        "clap",
    ] {
        assert!(!crates.contains(&driver), "{driver} is compiled:\n{tree}");
    }
}

#[test]
fn the_example_has_under_forty_lines_of_its_own() {
    let text = example("embed.rs");
    let own = text.lines().filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("//") && !line.starts_with("use ")
    });
    let own = own.count();
    assert!(own < 40, "{own} lines");
}

#[test]
fn the_example_runs_and_its_image_is_ready() {
    let shown = run("embed");
    assert!(shown.contains("Ready") && shown.contains("thumb"), "{shown}");
}

#[test]
fn the_blob_store_of_an_example_serves_what_one_of_its_stores_lost() {
    let shown = run("own_blob_store");
    for rendition in ["thumb", "medium", "main"] {
        assert!(shown.contains(&format!("{rendition} is lost on the disk")), "{shown}");
    }
}

/// What an example that needs no framework prints.
fn run(example: &str) -> String {
    let package = ["run", "--quiet", "--package", "wareroom-examples", "--no-default-features", "--offline"];
    cargo(&[&package, &["--example", example][..]].concat())
}

#[test]
fn a_blob_store_of_ones_own_takes_under_150_lines_with_its_proof() {
    let text = example("own_blob_store.rs");
    assert!(text.contains("blobs_suite!(Fixture)") && text.contains("#[tokio::main]"), "{text}");
    let lines = text.lines().count();
    assert!(lines < 150, "{lines} lines");
}

#[test]
fn every_example_says_first_what_it_shows_and_how_it_is_run() {
    let manifest = example("Cargo.toml");
    let listed: Vec<&str> = manifest.lines().filter_map(|line| line.strip_prefix("path = \"")).collect();
    let examples: Vec<&str> =
        listed.iter().map(|path| path.trim_end_matches('"')).filter(|path| *path != "lib.rs").collect();
    assert!(examples.contains(&"embed.rs"), "{manifest}");
    for path in examples {
        let head: String = example(path).lines().take_while(|line| line.starts_with("//!")).collect();
        let name = path.trim_end_matches(".rs");
        assert!(head.contains("cargo run -p wareroom-examples"), "{path} does not say how to run it");
        assert!(head.contains(&format!("--example {name}")), "{path} names another example");
    }
}

/// A file of the examples.
fn example(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path)).unwrap()
}
