//! The workspace as plain values, read by `cargo metadata` and from disk. Knows no rule.
#![expect(clippy::unwrap_used, reason = "a workspace that cannot be read fails every test of its architecture")]

use super::sources::SourceFile;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, NodeDep, PackageId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A dependency as a manifest declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) dev: bool,
    pub(crate) optional: bool,
}

/// One of our crates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crate {
    pub(crate) name: String,
    /// Relative to the workspace's root, such as `crates/domain`.
    pub(crate) folder: String,
    pub(crate) declared: Vec<Declared>,
    /// Every package among its normal dependencies, direct or not.
    pub(crate) sees: BTreeSet<String>,
    /// The same for its dev-dependencies, without what only the tools of the tests bring along.
    pub(crate) tests_see: BTreeSet<String>,
}

/// All of ours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) crates: Vec<Crate>,
}

impl Workspace {
    pub(crate) fn read() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        // Without a platform, metadata would ask for the sources of packages that only other systems need.
        let platform = ["--filter-platform".to_owned(), host(), "--locked".to_owned()];
        let metadata = MetadataCommand::new().manifest_path(manifest).other_options(platform).exec().unwrap();
        Self { root: metadata.workspace_root.clone().into(), crates: crates(&metadata) }
    }

    pub(crate) fn folders(&self) -> Vec<String> {
        self.crates.iter().map(|member| member.folder.clone()).collect()
    }

    pub(crate) fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The files with an extension below a folder, by their paths from the root.
    pub(crate) fn files_under(&self, folder: &str, extension: &str) -> Vec<String> {
        let (mut found, mut folders) = (vec![], vec![self.root.join(folder)]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|found| found == extension) {
                    found.push(path.strip_prefix(&self.root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found.sort();
        found
    }

    /// Every Rust file of every crate.
    pub(crate) fn rust_files(&self) -> Vec<SourceFile> {
        let mut paths = BTreeSet::new();
        for member in &self.crates {
            paths.extend(self.files_under(&member.folder, "rs"));
        }
        let read = |path: String| SourceFile { text: self.text(&path), path };
        paths.into_iter().map(read).collect()
    }

    /// Every document that is about the workspace as it is now, with its text: the changelog is not.
    pub(crate) fn documents(&self) -> Vec<(String, String)> {
        let mut paths = self.files_under("docs", "md");
        for path in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
            if self.root.join(path).exists() {
                paths.push(path.to_owned());
            }
        }
        paths.into_iter().map(|path| (path.clone(), self.text(&path))).collect()
    }
}

/// The platform that this test was built for.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

fn crates(metadata: &Metadata) -> Vec<Crate> {
    let graph = Graph::of(metadata);
    let members = metadata.workspace_packages().into_iter();
    let member = members.map(|package| Crate {
        name: package.name.to_string(),
        folder: package.manifest_path.parent().unwrap().strip_prefix(&metadata.workspace_root).unwrap().to_string(),
        declared: package.dependencies.iter().map(declared).collect(),
        sees: graph.reach(&package.id, DependencyKind::Normal),
        tests_see: graph.reach(&package.id, DependencyKind::Development),
    });
    member.collect()
}

/// The resolved dependencies of every package.
struct Graph<'a> {
    nodes: BTreeMap<&'a PackageId, &'a Node>,
    names: BTreeMap<&'a PackageId, String>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        Self {
            nodes: metadata.resolve.iter().flat_map(|resolve| &resolve.nodes).map(|node| (&node.id, node)).collect(),
            names: metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect(),
        }
    }

    fn edges(&self, from: &PackageId, kind: DependencyKind) -> impl Iterator<Item = &'a PackageId> {
        let of_kind = move |dependency: &&NodeDep| dependency.dep_kinds.iter().any(|found| found.kind == kind);
        self.nodes[from].deps.iter().filter(of_kind).map(|dependency| &dependency.pkg)
    }

    /// The names of everything that the first step leads to, on from there by normal dependencies.
    fn reach(&self, from: &PackageId, first: DependencyKind) -> BTreeSet<String> {
        let mut open: Vec<&PackageId> = self.edges(from, first).collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.edges(id, DependencyKind::Normal));
            }
        }
        seen.into_iter().map(|id| self.names[id].clone()).collect()
    }
}

fn declared(dependency: &cargo_metadata::Dependency) -> Declared {
    Declared {
        name: dependency.name.clone(),
        dev: dependency.kind == DependencyKind::Development,
        optional: dependency.optional,
    }
}
