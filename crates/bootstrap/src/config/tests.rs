//! What settings come to, and how a wrong one is refused.

use super::*;
use crate::settings::{self, Preset};
use crate::{Fault, Origin};

fn sources(set: &[(&str, &str)]) -> Sources {
    Sources::new().with_flags(set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
}

fn config(set: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_sources(&sources(set))
}

fn value(set: &[(&str, &str)], key: &str) -> String {
    let settled = Config::explain(&sources(set)).unwrap();
    settled.into_iter().find(|settled| settled.setting.key == key).unwrap().value
}

#[test]
fn the_defaults_are_the_embedded_stack() {
    let config = config(&[]).unwrap();
    assert_eq!(config.database, DatabaseUrl::Sqlite(PathBuf::from("./wareroom-data/wareroom.sqlite")));
    assert_eq!(config.blobs, BlobUrl::Files(PathBuf::from("./wareroom-data/blobs")));
    assert_eq!(config.back_off.len(), 5);
    assert_eq!((config.job_lease, config.rescue_after), (Duration::from_mins(6), Duration::from_mins(12)));
}

#[test]
fn every_row_of_the_table_is_read_once_and_in_its_order() {
    let read: Vec<&str> = Config::explain(&Sources::new()).unwrap().iter().map(|settled| settled.setting.key).collect();
    assert_eq!(read, settings::all().map(|setting| setting.key).collect::<Vec<_>>());
}

#[test]
fn a_bad_value_names_the_key_the_value_what_is_allowed_and_where_it_stands() {
    // Any text will do for these.
    let texts = ["data_dir", "log", "download_user_agent", "cache_prefix"];
    for setting in settings::all().filter(|setting| !texts.contains(&setting.key)) {
        let error = config(&[(setting.key, "!?")]).unwrap_err().to_string();
        let expected = format!("--{}: {} is \"!?\"; allowed: {}", setting.flag(), setting.key, setting.allowed);
        // The two marks are a query, which is hidden.
        let hidden = expected.replace("\"!?\"", "\"!?***\"");
        assert!(error == expected || setting.secrecy == settings::Secrecy::Url && error == hidden, "{error}");
    }
    assert!(config(&[("download_user_agent", "a\nb")]).is_err());
    assert!(config(&[("cache_prefix", "{shop}:")]).is_err());
}

#[test]
fn an_empty_text_is_the_default_where_that_depends_on_others_and_a_fault_elsewhere() {
    for setting in settings::all() {
        let found = config(&[(setting.key, "")]);
        assert_eq!(found.is_ok(), !matches!(setting.default, Preset::Value(_)), "{}", setting.key);
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let sources = sources(&[("listen", "here"), ("drain", "soon"), ("codec_timeout", "3min"), ("no_such_key", "x")]);
    let error = Config::from_sources(&sources).unwrap_err();
    assert_eq!(error.faults.len(), 3, "what goes together is looked at when each is right: {error}");
    let text = error.to_string();
    for part in ["3 things are wrong", "\"here\"", "\"soon\"", "--no-such-key"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn what_depends_on_others_is_shown_as_what_it_comes_to() {
    assert_eq!(value(&[], "job_lease"), "6min");
    assert_eq!(value(&[("job_deadline", "10min")], "job_lease"), "11min");
    assert_eq!(value(&[("job_deadline", "10min")], "rescue_after"), "22min");
    assert_eq!(value(&[("job_deadline", "10min"), ("job_lease", "12min")], "rescue_after"), "24min");
    assert_eq!(value(&[("data_dir", "/srv/shop")], "database_url"), "sqlite:/srv/shop/wareroom.sqlite");
    assert_eq!(value(&[("data_dir", "/srv/shop"), ("blob_url", "file:")], "blob_url"), "file:/srv/shop/blobs");
    assert_eq!(value(&[("database_url", "memory:")], "blob_url"), "memory:");
    assert_eq!(value(&[("public_url", "https://shop.example/")], "media_url"), "https://shop.example");
    assert_eq!(value(&[("listen", "127.0.0.1:9000")], "media_url"), "http://127.0.0.1:9000");
    assert_eq!(value(&[], "worker_concurrency"), cores().to_string());
    assert_eq!(value(&[("cache_ttl", "90s")], "cache_ttl"), "90s");
}

#[test]
fn a_value_may_stand_in_a_file_which_is_then_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, "memory:\n").unwrap();
    let path = file.display().to_string();
    let sources = sources(&[("database_url_file", &path)]);
    assert_eq!(Config::from_sources(&sources).unwrap().database, DatabaseUrl::Memory);
    let settled = Config::explain(&sources).unwrap();
    let database = settled.iter().find(|settled| settled.setting.key == "database_url").unwrap();
    assert_eq!(database.value, "***");
    assert_eq!(database.origin, Origin::Flag("--database-url-file".to_owned()));

    std::fs::write(&file, "hunter2://shop").unwrap();
    let error = Config::from_sources(&sources).unwrap_err().to_string();
    assert!(error.contains("database_url") && error.contains(&path) && !error.contains("hunter2"), "{error}");
    std::fs::remove_file(&file).unwrap();
    let error = Config::from_sources(&sources).unwrap_err();
    assert!(matches!(error.faults.as_slice(), [Fault::ValueFile { key: "database_url", .. }]), "{error}");
    assert!(error.to_string().contains(&path), "{error}");
}

#[test]
fn a_password_is_in_no_message() {
    for url in ["mysql://wareroom:hunter2@db.example/x", "sqlit:wareroom:hunter2@x", "http://x/?password=hunter2"] {
        for key in ["database_url", "queue_url", "cache_url", "blob_url"] {
            let error = config(&[(key, url)]).unwrap_err().to_string();
            assert!(error.contains("***") && !error.contains("hunter2"), "{error}");
        }
    }
    for (key, url) in
        [("database_url", "postgres://wareroom:hunter2@db.example/x"), ("cache_url", "redis://:hunter2@cache.example")]
    {
        let config = config(&[("cache_url", "none:"), (key, url)]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!value(&[("cache_url", "none:"), (key, url)], key).contains("hunter2"));
    }
}

#[test]
fn ranges_are_read_with_commas_between() {
    let config = config(&[("image_source_allow", "127.0.0.1/32, fd00::/8")]).unwrap();
    assert_eq!(config.image_source_allow, ["127.0.0.1/32", "fd00::/8"]);
}

#[test]
fn sizes_that_the_description_of_the_api_bounds_are_bounded() {
    assert_eq!(config(&[("multipart_max_bytes", "100MiB")]).unwrap().multipart_max_bytes, 100 << 20);
    for (key, value) in [("multipart_max_bytes", "101MiB"), ("base64_max_bytes", "29MiB"), ("header_max_bytes", "1KiB")]
    {
        assert!(config(&[(key, value)]).is_err(), "{key} {value}");
    }
}
