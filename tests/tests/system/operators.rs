//! What operators do with commands on servers: look whether all is well, grow out of one file and come back, keep a copy.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;
use wareroom_test_kit::{Encoding, Picture, RunningBinary, Stack, binary_under_test};

/// How long anything may take on a busy machine.
const LIMIT: Duration = Duration::from_mins(2);

/// A machine of an operator: some data directories, and servers.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command over the embedded stack of a data directory, with what `variables` add to it.
    async fn run(&self, arguments: &[&str], variables: &[(&str, String)]) -> Output {
        let mut command = Command::new(binary_under_test());
        command.args(arguments).env_clear().current_dir(self.folder.path());
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.kill_on_drop(true);
        let ended = tokio::time::timeout(LIMIT, command.output()).await;
        ended.unwrap_or_else(|_| panic!("{arguments:?} does not end")).unwrap()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A setting's value among variables.
fn value(variables: &[(&str, String)], name: &str) -> String {
    variables.iter().find(|(variable, _)| *variable == name).unwrap().1.clone()
}

/// Without the one of that name.
fn without<'a>(variables: &[(&'a str, String)], names: &[&str]) -> Vec<(&'a str, String)> {
    variables.iter().filter(|(name, _)| !names.contains(name)).cloned().collect()
}

/// Products with a ready picture each, and one that has none; answers what every GET of them says.
async fn fill(binary: &RunningBinary) -> Vec<Value> {
    let client = binary.client();
    let user = client.user().await.unwrap();
    for seed in 1..=3 {
        let product = client.product(user, &format!("product {seed}")).await.unwrap();
        let picture = Picture::new(seed, 320, 240).encode(Encoding::Jpeg);
        client.upload(product, vec![(format!("{seed}.jpg"), picture)]).await.unwrap().expect(201);
        client.settled(product, LIMIT).await;
    }
    client.product(user, "without a picture").await.unwrap();
    told(binary).await
}

/// What every GET says, but for the hosts in links.
async fn told(binary: &RunningBinary) -> Vec<Value> {
    let mut products = vec![];
    for id in 1..=4 {
        let product = binary.client().get(&format!("/products/{id}")).await.unwrap().expect(200);
        let text = product.to_string().replace(&binary.url, "");
        products.push(serde_json::from_str(&text).unwrap());
    }
    products
}

fn doubts(output: &Output) -> Vec<(String, String)> {
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = found["data"].as_array().unwrap().iter().filter(|finding| finding["health"] != "good");
    found
        .map(|each| (each["check"].as_str().unwrap().to_owned(), each["detail"].as_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_finds_nothing_wrong_with_servers_in_order_and_names_what_is() {
    let (place, stack) = (Place::new(), Stack::Servers);
    let variables = stack.settings(&place.path("data")).await;
    let well = place.run(&["doctor", "--json"], &variables).await;
    assert_eq!((well.status.code(), doubts(&well)), (Some(0), vec![]), "{}", text(&well));
    for part in ["database_url", "queue_url", "cache_url", "blob_url"] {
        assert!(text(&well).contains(part), "{part}: {}", text(&well));
    }

    // Somebody else's password, a port where nobody is, a bucket that is not there.
    let database = value(&variables, "WAREROOM_DATABASE_URL");
    let wrong = [
        ("WAREROOM_DATABASE_URL", database.replacen("wareroom:wareroom@", "wareroom:hunter2@", 1)),
        ("WAREROOM_CACHE_URL", "redis://:hunter2@127.0.0.1:1".to_owned()),
        ("WAREROOM_QUEUE_URL", "amqp://wareroom:hunter2@127.0.0.1:1".to_owned()),
        ("WAREROOM_BLOB_URL", "s3://no-such-bucket".to_owned()),
    ];
    for (name, url) in wrong {
        let mut others = without(&variables, &[name]);
        others.push((name, url));
        let ill = place.run(&["doctor", "--json"], &others).await;
        let found = doubts(&ill);
        assert!(
            ill.status.code() == Some(1) && found.len() == 1 && found[0].0 == "reachable",
            "{name}: {}",
            text(&ill)
        );
        assert!(!text(&ill).contains("hunter2"), "{}", text(&ill));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_server_ends_the_start_with_its_setting_and_without_its_password() {
    let (place, stack) = (Place::new(), Stack::Servers);
    let variables = stack.settings(&place.path("data")).await;
    let database = value(&variables, "WAREROOM_DATABASE_URL");
    let wrong = [
        ("WAREROOM_DATABASE_URL", database.replacen("wareroom:wareroom@", "wareroom:hunter2@", 1), "database_url"),
        ("WAREROOM_BLOB_URL", "s3://no-such-bucket".to_owned(), "blob_url"),
        ("WAREROOM_CACHE_URL", "memcached://:hunter2@127.0.0.1".to_owned(), "cache_url"),
        (
            "WAREROOM_QUEUE_URL",
            value(&variables, "WAREROOM_QUEUE_URL").replacen(":wareroom@", ":hunter2@", 1),
            "queue_url",
        ),
    ];
    for (name, url, setting) in wrong {
        let mut others = without(&variables, &[name]);
        others.push((name, url));
        let refused =
            tokio::time::timeout(Duration::from_secs(10), place.run(&["serve", "--listen", "127.0.0.1:0"], &others));
        let refused = refused.await.unwrap_or_else(|_| panic!("{setting} was waited for"));
        let said = text(&refused);
        assert!(!refused.status.success() && said.contains(setting) && !said.contains("hunter2"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_moves_to_servers_and_back_and_is_told_as_before() {
    let place = Place::new();
    let (small, back) = (place.path("small"), place.path("back"));
    let embedded = ["--database-url", "sqlite:", "--blob-url", "file:"];
    let local = [("WAREROOM_ADMIN_LISTEN", "off".to_owned())];
    let binary = RunningBinary::start_with(&local, &small, &embedded).await;
    let before = fill(&binary).await;
    let refused =
        place.run(&["copy", "--data-dir", "small", "--to-database", "sqlite:x", "--to-blob", "file:y"], &local).await;
    assert!(!refused.status.success() && text(&refused).contains("serve"), "it is served from: {}", text(&refused));
    assert!(binary.stop().await);

    let grown = Stack::Servers.settings_of_empty(&place.path("grown")).await;
    let (database, bucket) = (value(&grown, "WAREROOM_DATABASE_URL"), value(&grown, "WAREROOM_BLOB_URL"));
    let keys =
        without(&grown, &["WAREROOM_DATABASE_URL", "WAREROOM_BLOB_URL", "WAREROOM_CACHE_URL", "WAREROOM_QUEUE_URL"]);
    let copied =
        place.run(&["copy", "--data-dir", "small", "--to-database", &database, "--to-blob", &bucket], &keys).await;
    assert!(copied.status.success(), "{}", text(&copied));
    let binary = RunningBinary::start_with(&grown, &place.path("grown"), &[]).await;
    assert_eq!(told(&binary).await, before);
    let pictures = before[0]["data"]["images"][0]["renditions"].as_array().unwrap().len();
    assert_eq!(pictures, 3, "{:#}", before[0]);
    assert!(binary.stop().await);

    let to = (
        format!("sqlite:{}", back.join("wareroom.sqlite").display()),
        format!("file:{}", back.join("blobs").display()),
    );
    let mut from = keys.clone();
    from.extend([("WAREROOM_DATABASE_URL", database), ("WAREROOM_BLOB_URL", bucket)]);
    let copied = place.run(&["copy", "--to-database", &to.0, "--to-blob", &to.1], &from).await;
    assert!(copied.status.success(), "{}", text(&copied));
    let binary = RunningBinary::start_with(&local, &back, &embedded).await;
    assert_eq!(told(&binary).await, before);
    // Ids go on where they were.
    let client = binary.client();
    assert_eq!(client.product(client.user().await.unwrap(), "the next").await.unwrap(), 5);
    assert!(binary.stop().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_while_serving_is_restored_with_every_picture() {
    let place = Place::new();
    let local = [("WAREROOM_ADMIN_LISTEN", "off".to_owned())];
    let embedded = ["--database-url", "sqlite:", "--blob-url", "file:"];
    let binary = RunningBinary::start_with(&local, &place.path("small"), &embedded).await;
    let before = fill(&binary).await;
    let made = place.run(&["backup", "kept", "--data-dir", "small"], &local).await;
    assert!(made.status.success() && is_there(&place.path("kept/manifest.json")), "{}", text(&made));
    assert!(binary.stop().await);

    let restored = place.run(&["restore", "kept", "--data-dir", "again"], &local).await;
    assert!(restored.status.success(), "{}", text(&restored));
    let twice = place.run(&["restore", "kept", "--data-dir", "again"], &local).await;
    assert!(!twice.status.success(), "there is a database already: {}", text(&twice));
    let verified = place.run(&["blobs", "verify", "--data-dir", "again", "--json"], &local).await;
    assert!(verified.status.success(), "{}", text(&verified));
    let binary = RunningBinary::start_with(&local, &place.path("again"), &embedded).await;
    assert_eq!(told(&binary).await, before);
    assert!(binary.stop().await);

    // A picture that is damaged and one that is gone are found, by their names.
    let media = std::fs::read_dir(place.path("again/blobs/media")).unwrap();
    let mut media: Vec<PathBuf> = media.map(|entry| entry.unwrap().path()).collect();
    media.sort();
    std::fs::write(&media[0], b"damaged").unwrap();
    std::fs::remove_file(&media[1]).unwrap();
    let verified = place.run(&["blobs", "verify", "--data-dir", "again", "--json"], &local).await;
    assert_eq!(verified.status.code(), Some(1), "{}", text(&verified));
    for file in &media[..2] {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(text(&verified).contains(name), "{name}: {}", text(&verified));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_serves_from_the_target_of_a_copy_that_was_broken_off() {
    let place = Place::new();
    let local = [("WAREROOM_ADMIN_LISTEN", "off".to_owned())];
    let made = place.run(&["migrate", "up", "--data-dir", "half"], &local).await;
    assert!(made.status.success(), "{}", text(&made));
    // What a copy leaves behind that was killed.
    let database = rusqlite::Connection::open(place.path("half/wareroom.sqlite")).unwrap();
    database.execute_batch("CREATE TABLE unfinished_copy (form INTEGER NOT NULL) STRICT").unwrap();
    drop(database);
    let refused = place.run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "half"], &local).await;
    assert!(!refused.status.success() && text(&refused).contains("wareroom copy"), "{}", text(&refused));
}

fn is_there(path: &Path) -> bool {
    std::fs::read_to_string(path)
        .is_ok_and(|text| serde_json::from_str::<Value>(&text).is_ok_and(|value| value != json!(null)))
}
