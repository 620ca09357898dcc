//! The rules, as tables. To allow something new, change a row here and say why in the same commit.

/// Where the adapters are: whatever stands below this folder is held to the adapters' rule.
pub(crate) const ADAPTERS: &str = "crates/adapters/";

/// Which crates a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The crate in this folder.
    Folder(&'static str),
    /// Every crate below [`ADAPTERS`] that has no row of its own.
    EveryAdapter,
}

/// Which of ours a crate may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ours {
    /// These, by package name.
    Only(&'static [&'static str]),
    /// These, and every adapter.
    AndAdapters(&'static [&'static str]),
    /// Whatever it needs: nothing that ships is made of it.
    Everything,
}

/// What crates of one place may import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) scope: Scope,
    /// Below 4 nothing may see the HTTP framework, dev-dependencies included. What stands beside the rings
    /// counts as 4.
    pub(crate) ring: u8,
    pub(crate) ours: Ours,
    /// Allowed as an optional dependency only: for a thin binary behind `required-features`.
    pub(crate) ours_optionally: &'static [&'static str],
    /// Must not be among the normal dependencies, directly or through others.
    pub(crate) never: &'static [&'static [&'static str]],
    /// Must not be a direct dependency; it may come along with another crate's features.
    pub(crate) never_directly: &'static [&'static str],
}

const DOMAIN: &str = "wareroom-domain";
const PORTS: &str = "wareroom-ports";
const APPLICATION: &str = "wareroom-application";
const BOOTSTRAP: &str = "wareroom-bootstrap";
const PROCESS: &str = "wareroom-process";
const APP_API: &str = "wareroom-app-api";
const APP_WORKER: &str = "wareroom-app-worker";

/// The HTTP framework: two crates that are one choice.
pub(crate) const POEM: &[&str] = &["poem", "poem-openapi"];
const JSON: &[&str] = &["serde_json"];
const RUNTIME: &[&str] = &["tokio"];
/// What is counted is counted at the edges and around ports: use cases do not know of it.
const FIGURES: &[&str] = &["metrics", "metrics-exporter-prometheus"];

const fn rule(scope: Scope, ring: u8, ours: Ours, never: &'static [&'static [&'static str]]) -> Rule {
    Rule { scope, ring, ours, ours_optionally: &[], never, never_directly: &[] }
}

/// The table: the workspace's import rules, one row a place.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        never_directly: &["serde", "async-trait", "futures", "tracing"],
        ..rule(Scope::Folder("crates/domain"), 0, Ours::Only(&[]), &[DRIVERS_AS_NAMES, JSON, RUNTIME, FIGURES])
    },
    rule(Scope::Folder("crates/ports"), 1, Ours::Only(&[DOMAIN]), &[DRIVERS_AS_NAMES, JSON, FIGURES]),
    rule(Scope::Folder("crates/application"), 2, Ours::Only(&[DOMAIN, PORTS]), &[DRIVERS_AS_NAMES, FIGURES]),
    rule(Scope::EveryAdapter, 3, Ours::Only(&[DOMAIN, PORTS]), &[POEM]),
    rule(Scope::Folder("crates/adapters/decorators"), 3, Ours::Only(&[DOMAIN, PORTS]), &[DRIVERS_AS_NAMES]),
    rule(Scope::Folder("crates/bootstrap"), 4, Ours::AndAdapters(&[DOMAIN, PORTS, APPLICATION]), &[POEM]),
    rule(Scope::Folder("crates/process"), 4, Ours::Only(&[DOMAIN, PORTS, APPLICATION, BOOTSTRAP]), &[POEM]),
    Rule {
        // The steps that follow a commit come along with the worker's crate.
        ours_optionally: &[BOOTSTRAP, PROCESS, APP_WORKER],
        ..rule(Scope::Folder("crates/app-api"), 4, Ours::Only(&[DOMAIN, PORTS, APPLICATION]), &[])
    },
    Rule {
        ours_optionally: &[BOOTSTRAP, PROCESS],
        ..rule(Scope::Folder("crates/app-worker"), 4, Ours::Only(&[DOMAIN, PORTS, APPLICATION]), &[POEM])
    },
    rule(
        Scope::Folder("crates/wareroom"),
        4,
        Ours::Only(&[DOMAIN, PORTS, APPLICATION, BOOTSTRAP, PROCESS, APP_API, APP_WORKER]),
        &[],
    ),
    rule(Scope::Folder("crates/port-contracts"), 3, Ours::Only(&[DOMAIN, PORTS]), &[DRIVERS_AS_NAMES]),
    rule(Scope::Folder("crates/test-kit"), 4, Ours::Everything, &[]),
    rule(Scope::Folder("crates/test-s3"), 4, Ours::Everything, &[]),
    rule(Scope::Folder("tests"), 4, Ours::Everything, &[]),
    rule(Scope::Folder("benches"), 4, Ours::Everything, &[]),
    rule(Scope::Folder("examples"), 4, Ours::Everything, &[]),
];

/// A technology's crate, and the crates of ours that may depend on it directly: one, or its row says why there are more. What
/// never ships is exempt.
pub(crate) const DRIVERS: &[(&str, &[&str])] = &[
    ("poem", &["wareroom-app-api"]),
    ("poem-openapi", &["wareroom-app-api"]),
    // The operator's listener is in processes that have no API, and must not bring the framework there.
    ("hyper", &["wareroom-app-api", "wareroom-process"]),
    ("hyper-util", &["wareroom-app-api", "wareroom-process"]),
    ("metrics-exporter-prometheus", &["wareroom-process"]),
    ("rusqlite", &["wareroom-sqlite"]),
    ("tokio-postgres", &["wareroom-postgres"]),
    ("deadpool-postgres", &["wareroom-postgres"]),
    ("fred", &["wareroom-redis"]),
    ("amqprs", &["wareroom-rabbitmq"]),
    ("rdkafka", &["wareroom-kafka"]),
    ("object_store", &["wareroom-object-store"]),
    ("reqwest", &["wareroom-download"]),
    ("argon2", &["wareroom-crypto"]),
    ("aws-lc-rs", &["wareroom-crypto"]),
    ("jsonwebtoken", &["wareroom-crypto"]),
    ("image", &["wareroom-imaging"]),
    ("fast_image_resize", &["wareroom-imaging"]),
    ("mozjpeg", &["wareroom-imaging"]),
    ("webp", &["wareroom-imaging"]),
];

/// The names of [`DRIVERS`], for the `never` column.
const DRIVERS_AS_NAMES: &[&str] = &{
    let mut names = [""; DRIVERS.len()];
    let mut index = 0;
    while index < DRIVERS.len() {
        names[index] = DRIVERS[index].0;
        index += 1;
    }
    names
};

/// The most direct dependencies that the domain may have: whatever it takes in, every ring takes in.
pub(crate) const DOMAIN_DEPENDENCIES: usize = 5;

/// The most lines that a file may have.
pub(crate) const LINES: usize = 400;

/// The most lines that the binary's `main.rs` may have.
pub(crate) const MAIN: (&str, usize) = ("crates/wareroom/src/main.rs", 59);

/// Files that may be longer, each with its reason.
pub(crate) const LONG_FILES: &[(&str, &str)] = &[];

/// What the files of an adapter must not be called, and what they are called instead.
pub(crate) const FILE_NAMES: &[(&str, &str)] = &[
    ("settings.rs", "config.rs"),
    ("options.rs", "config.rs"),
    ("configuration.rs", "config.rs"),
    ("errors.rs", "error.rs"),
    ("failure.rs", "error.rs"),
];

/// The files that every adapter has. The suites of its ports are in the last, from whose name `scripts/test` counts them.
pub(crate) const EVERY_ADAPTER: &[&str] = &["src/lib.rs", "tests/it/main.rs", "tests/it/contract.rs"];

/// Names that tell nothing about what is inside.
pub(crate) const DRAWERS: &[&str] =
    &["util", "utils", "utilities", "common", "helper", "helpers", "misc", "manager", "types"];
