//! What the binary under test keeps its products in: the same tests run over each.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

/// A stack that the binary runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// A file of SQLite's and a folder, as without any setting.
    Embedded,
    /// PostgreSQL, which is its own queue, and a folder.
    Postgres,
    /// PostgreSQL, Redis as the cache, RabbitMQ as the queue, a bucket of S3.
    Servers,
}

/// How the variable calls them.
const NAMES: [(&str, Stack); 3] =
    [("embedded", Stack::Embedded), ("postgres", Stack::Postgres), ("servers", Stack::Servers)];

/// Leases that a test can wait for, and the times that must fit into them.
const SHORT_LEASES: [(&str, &str); 4] = [
    ("WAREROOM_DOWNLOAD_TIMEOUT", "4s"),
    ("WAREROOM_CODEC_TIMEOUT", "8s"),
    ("WAREROOM_JOB_DEADLINE", "21s"),
    ("WAREROOM_JOB_LEASE", "22s"),
];

/// How the bucket is reached.
const BUCKET: [&str; 5] =
    ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ALLOW_HTTP", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// What every database of ours is called, before the process and the folder.
const DATABASES: &str = "wareroom_stack";

impl Stack {
    /// The stack that `WAREROOM_TEST_STACK` names; the embedded one unless it does.
    pub fn of_run() -> Self {
        #[expect(clippy::disallowed_methods, reason = "how scripts/test-matrix asks for another stack")]
        let Ok(name) = std::env::var("WAREROOM_TEST_STACK") else { return Self::Embedded };
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.unwrap_or_else(|| panic!("WAREROOM_TEST_STACK is {name}; there are {NAMES:?}")).1
    }

    /// The settings of whoever serves from this data directory, as variables. What is on servers is made for it when it is not
    /// there, and is found again when it starts anew.
    pub async fn settings(self, data: &Path) -> Vec<(&'static str, String)> {
        let settings = self.settings_of_empty(data).await;
        if self != Self::Embedded {
            migrate(data).await;
        }
        settings
    }

    /// The same, and what is on servers is made without a schema.
    pub async fn settings_of_empty(self, data: &Path) -> Vec<(&'static str, String)> {
        // Many run at once.
        let mut settings = vec![("WAREROOM_ADMIN_LISTEN", "off".to_owned())];
        if self != Self::Embedded {
            settings.push(("WAREROOM_DATABASE_URL", database_url(data)));
            // Nobody knows that who held a job was killed: it is given to another when its lease is over.
            settings.extend(SHORT_LEASES.map(|(variable, time)| (variable, time.to_owned())));
            provide(data).await;
        }
        if self == Self::Servers {
            settings.push(("WAREROOM_CACHE_URL", server("REDIS")));
            settings.push(("WAREROOM_CACHE_PREFIX", format!("{}:", database(data))));
            settings.push(("WAREROOM_QUEUE_URL", server("RABBITMQ")));
            settings.push(("WAREROOM_QUEUE_PREFIX", database(data)));
            settings.push(("WAREROOM_BLOB_URL", format!("{}/{}", server("S3"), database(data))));
            settings.extend(BUCKET.map(|variable| (variable, variable_of_services(variable))));
        }
        settings
    }

    /// The folder in which the blobs of whoever serves from this data directory can be looked at, as files with the names of
    /// their keys. The tests' own S3 server keeps objects as files.
    pub fn blobs(self, data: &Path) -> PathBuf {
        match self {
            Self::Embedded | Self::Postgres => data.join("blobs"),
            Self::Servers => Path::new(&server("S3_FOLDER")).join(database(data)),
        }
    }
}

/// A connection to the database of this data directory, beside whoever serves from it.
pub async fn connect_beside(data: &Path) -> Client {
    connect(&database_url(data)).await
}

/// Where a server is that `scripts/services` started.
fn server(name: &str) -> String {
    variable_of_services(&format!("WAREROOM_TEST_{name}"))
}

fn variable_of_services(variable: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "how scripts/services tells where its servers are")]
    let value = std::env::var(variable);
    let advice = "start servers with: eval \"$(scripts/services up postgres redis rabbitmq s3)\"";
    value.unwrap_or_else(|_| panic!("{variable} is not set; {advice}"))
}

/// The name of a data directory's database: the same each time it is served from, and nobody else's.
fn database(data: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    format!("{DATABASES}_{}_{:016x}", std::process::id(), hasher.finish())
}

fn database_url(data: &Path) -> String {
    let url = server("POSTGRES");
    let (before, _) = url.rsplit_once('/').expect("WAREROOM_TEST_POSTGRES names a database");
    format!("{before}/{}", database(data))
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the database's server answers");
    tokio::spawn(connection);
    client
}

/// Makes the database, unless it is there.
async fn provide(data: &Path) {
    static CLEARED: OnceCell<()> = OnceCell::const_new();
    let server = connect(&server("POSTGRES")).await;
    CLEARED.get_or_init(|| clear(&server)).await;
    let name = database(data);
    let there = server.query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name]).await.unwrap();
    if there.is_none() {
        server.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await.unwrap();
    }
}

/// Brings it to the schema of today.
async fn migrate(data: &Path) {
    let mut migrate = Command::new(crate::binary_under_test());
    migrate.args(["migrate", "up"]).env_clear().env("WAREROOM_DATABASE_URL", database_url(data));
    let migrated = migrate.output().await.unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
}

/// Drops what earlier runs left behind. One that is in use belongs to a run beside this one, and stays.
async fn clear(server: &Client) {
    let sql = "SELECT datname FROM pg_database WHERE datname LIKE $1";
    for row in server.query(sql, &[&format!("{DATABASES}\\_%")]).await.unwrap() {
        let name: &str = row.get(0);
        let _in_use = server.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await;
    }
}
