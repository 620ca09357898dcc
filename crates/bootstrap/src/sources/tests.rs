//! Which source wins, and what is told of one that cannot be used.

use super::*;

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn text<'a>(sources: &'a Sources, key: &str) -> Option<(&'a str, &'a Origin)> {
    let given = sources.given(key)?;
    match &given.form {
        Form::Text(text) => Some((text, &given.origin)),
        Form::File(_) => None,
    }
}

fn faults(sources: &Sources) -> String {
    sources.faults.iter().fold(String::new(), |text, fault| text + &fault.to_string() + "\n")
}

/// A folder with a file of settings in it.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

#[test]
fn flags_win_over_the_environment_which_wins_over_the_file() {
    let (_folder, file) = file("listen = \"127.0.0.1:1\"\nlog = \"warn\"\nworker_concurrency = 3\n");
    let environment = [pair("WAREROOM_LISTEN", "127.0.0.1:2"), pair("PATH", "/bin"), pair("WAREROOM_LOG", "debug")];
    let sources = Sources::of(environment, [pair("listen", "127.0.0.1:3")], &file);
    assert_eq!(text(&sources, "listen"), Some(("127.0.0.1:3", &Origin::Flag("--listen".to_owned()))));
    assert_eq!(text(&sources, "log"), Some(("debug", &Origin::Environment("WAREROOM_LOG".to_owned()))));
    assert_eq!(text(&sources, "worker_concurrency"), Some(("3", &Origin::File(file, 3))));
    assert_eq!(text(&sources, "drain"), None);
    assert_eq!(faults(&sources), "");
}

#[test]
fn a_file_that_is_named_is_read_instead_and_must_be_there() {
    let (_usual_folder, usual) = file("log = \"warn\"");
    let (_named_folder, named) = file("log = \"debug\"");
    let (_other_folder, other) = file("log = \"trace\"");
    let by = |path: &Path| path.display().to_string();
    let log = |sources: &Sources| text(sources, "log").map(|(log, _)| log.to_owned());
    let variable = [pair("WAREROOM_CONFIG", &by(&named))];
    assert_eq!(log(&Sources::of(variable.clone(), [], &usual)).as_deref(), Some("debug"));
    assert_eq!(log(&Sources::of(variable, [pair("config", &by(&other))], &usual)).as_deref(), Some("trace"));
    assert_eq!(
        log(&Sources::of([pair("WAREROOM_CONFIG", "")], [], &usual)).as_deref(),
        Some("warn"),
        "an empty name is none"
    );
    let missing = usual.with_extension("gone");
    assert_eq!(faults(&Sources::of([], [], &missing)), "", "the usual file may be missing");
    let gone = faults(&Sources::of([], [pair("config", &by(&missing))], &usual));
    assert!(gone.contains(&by(&missing)) && gone.contains("cannot be read"), "{gone}");
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_one_as_it_is_written_in_that_place() {
    let (_folder, file) = file("log = \"info\"\nlistn = \"x\"");
    let sources = Sources::of(
        [pair("WAREROOM_DATABASE_URL_FIL", "x"), pair("WAREROOM_CONFG", "x")],
        [pair("data_dri", "x"), pair("quite_another", "x")],
        &file,
    );
    assert_eq!(
        faults(&sources),
        format!(
            "{}, line 2: there is no setting \"listn\"; did you mean \"listen\"?\n\
             environment: there is no setting \"WAREROOM_CONFG\"; did you mean \"WAREROOM_CONFIG\"?\n\
             environment: there is no setting \"WAREROOM_DATABASE_URL_FIL\"; did you mean \"WAREROOM_DATABASE_URL_FILE\"?\n\
             command line: there is no setting \"--data-dri\"; did you mean \"--data-dir\"?\n\
             command line: there is no setting \"--quite-another\"\n",
            file.display()
        )
    );
}

#[test]
fn a_broken_file_is_told_with_its_line() {
    for (text, expected) in [
        ("log = \"info\"\nlisten =", ", line 2: "),
        ("[listen]\na = 1", ", line 1: listen is neither text nor number but table; allowed: an address and a port"),
        ("listen = [\"a\", \"b\"]", ", line 1: listen is a list; allowed: an address and a port"),
    ] {
        let (_folder, file) = file(text);
        let found = faults(&Sources::new().with_file(&file));
        assert!(found.contains(&format!("{}{expected}", file.display())), "{found}");
    }
}

#[test]
fn a_list_is_what_commas_are() {
    let (_folder, file) = file("back_off = [\"1s\", \"2s\"]\ncors_origins = []");
    let sources = Sources::new().with_file(&file);
    assert_eq!(text(&sources, "back_off").map(|(text, _)| text), Some("1s,2s"));
    assert_eq!(text(&sources, "cors_origins").map(|(text, _)| text), Some(""));
}

#[test]
fn a_value_and_a_file_with_it_are_one_too_many_in_one_place_only() {
    let both = [pair("WAREROOM_DATABASE_URL", "memory:"), pair("WAREROOM_DATABASE_URL_FILE", "/run/secrets/url")];
    let found = faults(&Sources::new().with_environment(both.clone()));
    assert!(found.contains("both database_url and database_url_file"), "{found}");
    let [plain, in_file] = both;
    let sources = Sources::new().with_environment([in_file]).with_flags([pair("database_url", "memory:")]);
    assert_eq!(text(&sources, "database_url").map(|(text, _)| text), Some("memory:"), "the later source wins");
    let sources = Sources::new().with_environment([plain]).with_flags([pair("database_url_file", "/run/secrets/url")]);
    assert!(matches!(&sources.given("database_url").unwrap().form, Form::File(path) if path.ends_with("url")));
    assert_eq!(faults(&sources), "");
}

#[test]
fn what_is_no_secret_has_no_file() {
    let sources = Sources::new().with_environment([pair("WAREROOM_LISTEN_FILE", "x")]);
    assert!(matches!(sources.faults.as_slice(), [Fault::UnknownKey { .. }]));
}

#[test]
fn a_value_is_not_written_with_its_source() {
    let sources = Sources::new().with_flags([pair("database_url", "postgres://wareroom:hunter2@db.example")]);
    assert!(!format!("{sources:?}").contains("hunter2"));
}

#[test]
fn what_tells_tests_where_servers_are_is_no_setting() {
    let sources = Sources::new().with_environment([pair("WAREROOM_TEST_POSTGRES", "postgres://a/b")]);
    assert_eq!(faults(&sources), "");
}
