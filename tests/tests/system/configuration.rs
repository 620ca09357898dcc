//! Settings as operators meet them: the real binary's words about where each came from, and about those it cannot use.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wareroom_test_kit::{RunningBinary, binary_under_test};

/// What a run of the binary wrote, and how it ended.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A folder to start it in, with the `wareroom.toml` that is in it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn with(settings: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.file("wareroom.toml", settings);
        place
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let run = Command::new(binary_under_test())
            .args(arguments)
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: run.status.code(), out: text(run.stdout), err: text(run.stderr) }
    }

    /// What `wareroom config --json` says of a setting.
    fn setting(&self, key: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Value {
        let run = self.run(&[&["config", "--json"], arguments].concat(), variables);
        assert_eq!(run.code, Some(0), "{}", run.err);
        let document: Value = serde_json::from_str(&run.out).unwrap();
        document["data"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap().clone()
    }

    /// What `config` says of settings that cannot be used, which is what `serve` says.
    fn refused(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let [shown, served] = ["config", "serve"].map(|command| self.run(&[&[command], arguments].concat(), variables));
        assert_eq!((shown.code, served.code), (Some(2), Some(2)), "{}{}", shown.err, served.err);
        assert_eq!(shown.err, served.err);
        assert_eq!(shown.out + &served.out, "", "results only");
        shown.err
    }
}

#[test]
fn the_committed_page_and_example_are_what_the_table_makes() {
    for (file, flag) in [("configuration.md", "--page"), ("wareroom.toml", "--example")] {
        let written = Place::with("listen = 1").run(&["config", flag], &[]);
        assert_eq!(written.code, Some(0), "{}", written.err);
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(file);
        let committed = fs::read_to_string(committed).unwrap_or_default();
        assert!(committed == written.out, "docs/{file} is out of date: run scripts/configuration-docs");
    }
}

#[test]
fn every_value_is_shown_with_the_place_that_it_came_from() {
    let place = Place::with("# ours\ndrain = \"10s\"\nlog = \"warn\"\nback_off = [\"1s\", \"2s\"]\n");
    let (flags, variables) = (["--job-deadline", "10min"], [("WAREROOM_LOG", "debug")]);
    let setting = |key: &str| place.setting(key, &flags, &variables);
    assert_eq!(
        setting("drain"),
        json!({
            "key": "drain", "variable": "WAREROOM_DRAIN", "flag": "--drain",
            "value": "10s", "origin": "file", "name": "wareroom.toml", "line": 2
        })
    );
    assert_eq!(setting("back_off")["value"], "1s,2s");
    let log = setting("log");
    assert_eq!(
        (&log["value"], &log["origin"], &log["name"]),
        (&json!("debug"), &json!("environment"), &json!("WAREROOM_LOG"))
    );
    let deadline = setting("job_deadline");
    assert_eq!((&deadline["origin"], &deadline["name"]), (&json!("flag"), &json!("--job-deadline")));
    let lease = setting("job_lease");
    assert_eq!((&lease["value"], &lease["origin"], &lease["name"]), (&json!("11min"), &json!("default"), &Value::Null));
    assert_eq!(setting("cors_origins")["value"], Value::Null);

    let table = place.run(&[&["config"], &flags[..]].concat(), &variables);
    let line = |key: &str| {
        let line = table.out.lines().find(|line| line.trim_start().starts_with(&format!("{key} "))).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("drain"), "drain 10s wareroom.toml, line 2");
    assert_eq!(line("log"), "log debug WAREROOM_LOG");
    assert_eq!(line("job_deadline"), "job_deadline 10min --job-deadline");
    assert_eq!(line("job_lease"), "job_lease 11min default");
    assert_eq!(line("auth"), "auth not set default");
    assert_eq!(table.err, "");
    let files: Vec<_> = fs::read_dir(place.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["wareroom.toml"], "nothing was made");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place_and_what_is_allowed() {
    let place = Place::with("log = \"info\"\nlistn = \"127.0.0.1:80\"\ndrain = \"soon\"\n");
    let told = place.refused(&["--job-lease", "ever"], &[("WAREROOM_DATA_DRI", "x"), ("WAREROOM_NEAR_CACHE", "-1")]);
    for part in [
        "5 things are wrong",
        "wareroom.toml, line 2: there is no setting \"listn\"; did you mean \"listen\"?",
        "wareroom.toml, line 3: drain is \"soon\"; allowed: a number and ms, s, min, h or d, such as 30s",
        "environment: there is no setting \"WAREROOM_DATA_DRI\"; did you mean \"WAREROOM_DATA_DIR\"?",
        "WAREROOM_NEAR_CACHE: near_cache is \"-1\"; allowed: a number, 0 for none",
        "--job-lease: job_lease is \"ever\"",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

#[test]
fn an_unknown_flag_suggests_the_nearest_one() {
    let run = Place::with("").run(&["serve", "--listn", "127.0.0.1:80"], &[]);
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.err.contains("--listn") && run.err.contains("'--listen'"), "{}", run.err);
}

#[test]
fn what_only_the_log_understands_is_refused_in_the_same_way() {
    let told = Place::with("").refused(&["--log", "info,,[=x"], &[]);
    assert!(told.contains("log is \"info,,[=x\""), "{told}");
}

#[test]
fn listening_beyond_this_machine_is_spelled_out() {
    let place = Place::with("");
    let told = place.refused(&["--listen", "0.0.0.0:8080", "--public-url", "http://shop.example"], &[]);
    assert!(told.contains("WAREROOM_AUTH=none"), "{told}");
    let open = [("WAREROOM_AUTH", "none")];
    let listen = place.setting("listen", &["--listen", "0.0.0.0:8080", "--public-url", "http://shop.example"], &open);
    assert_eq!(listen["value"], "0.0.0.0:8080");
}

#[test]
fn a_file_that_is_named_takes_the_place_of_the_usual_one_and_must_be_there() {
    let place = Place::with("drain = \"1s\"");
    place.file("other.toml", "drain = \"2s\"");
    place.file("third.toml", "drain = \"3s\"");
    let variable = [("WAREROOM_CONFIG", "other.toml")];
    assert_eq!(place.setting("drain", &[], &variable)["value"], "2s");
    assert_eq!(place.setting("drain", &["--config", "third.toml"], &variable)["value"], "3s");
    let told = place.refused(&["--config", "gone.toml"], &[]);
    assert!(told.contains("gone.toml: cannot be read"), "{told}");
    place.file("broken.toml", "log = \"info\"\ndrain = ");
    let told = place.refused(&["--config", "broken.toml"], &[]);
    assert!(told.contains("broken.toml, line 2: "), "{told}");
}

#[test]
fn a_secret_is_read_from_its_file_and_never_told() {
    let place = Place::with("");
    place.file("url", "memory:\n");
    place.file("other", "mysql://wareroom:hunter2@db.example/shop\n");
    let database = place.setting("database_url", &[], &[("WAREROOM_DATABASE_URL_FILE", "url")]);
    assert_eq!((&database["value"], &database["name"]), (&json!("***"), &json!("WAREROOM_DATABASE_URL_FILE")));
    assert_eq!(place.setting("blob_url", &["--database-url-file", "url"], &[])["value"], "memory:", "it was read");
    place.file("wareroom.toml", "database_url_file = \"url\"");
    assert_eq!(place.setting("database_url", &[], &[])["line"], 1);

    let told = [
        place.refused(&["--database-url-file", "other"], &[]),
        place.refused(&["--database-url", "mysql://wareroom:hunter2@db.example/shop"], &[]),
        place.refused(&[], &[("WAREROOM_BLOB_URL", "s3://key:hunter2@bucket"), ("WAREROOM_BLOB_URL_FILE", "url")]),
        place.refused(&["--queue-url-file", "gone"], &[]),
    ];
    assert!(told.iter().all(|told| !told.contains("hunter2")), "{told:#?}");
    assert!(told[0].contains("--database-url-file, other: database_url is \"***\""), "{}", told[0]);
    assert!(told[1].contains("\"mysql://***@db.example/shop\""), "{}", told[1]);
    assert!(told[2].contains("both blob_url and blob_url_file are given"), "{}", told[2]);
    assert!(told[3].contains("queue_url cannot be read from gone"), "{}", told[3]);
    place.file("wareroom.toml", "log = \"info\"\ndatabase_url = \"postgres://wareroom:hunter2@db.example\n");
    let told = place.refused(&[], &[]);
    assert!(told.contains("wareroom.toml, line 2") && !told.contains("hunter2"), "{told}");
}

#[tokio::test]
async fn limits_hold_in_the_process_that_serves() {
    let folder = tempfile::tempdir().unwrap();
    let limits = ["--json-max-bytes", "1KiB", "--header-max-bytes", "4KiB", "--image-max-per-product", "1"];
    let binary = RunningBinary::start(&folder.path().join("data"), &limits).await;
    let client = binary.client();
    let user = client.user().await.unwrap();
    let mut product = json!({"user_id": user, "product_name": "Kettle", "product_price": 1});
    client.post("/products", &product).await.unwrap().expect(201);
    product["product_description"] = json!("x".repeat(1024));
    let refused = client.post("/products", &product).await.unwrap().expect(413);
    assert_eq!(refused["status"], 413);
    let long = format!("/products?product_name={}", "x".repeat(5000));
    client.get(&long).await.unwrap().expect(431);
    assert!(binary.stop().await);
}
