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
    let tree = cargo(&["tree", "--package", "wareroom-examples", "--edges", "normal", "--prefix", "none", "--offline"]);
    let crates: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains(&"wareroom-application"), "{tree}");
    for driver in ["poem", "hyper", "rusqlite", "object_store", "image", "mozjpeg", "webp", "reqwest", "clap"] {
        assert!(!crates.contains(&driver), "{driver} is compiled:\n{tree}");
    }
}

#[test]
fn the_example_has_under_forty_lines_of_its_own() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/embed.rs")).unwrap();
    let own = text.lines().filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("//") && !line.starts_with("use ")
    });
    let own = own.count();
    assert!(own < 40, "{own} lines");
}

#[test]
fn the_example_runs_and_its_image_is_ready() {
    let shown = cargo(&["run", "--quiet", "--package", "wareroom-examples", "--example", "embed", "--offline"]);
    assert!(shown.contains("Ready") && shown.contains("thumb"), "{shown}");
}
