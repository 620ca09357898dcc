//! `--help` of every command.

use super::Place;

/// Every command, those that have commands of their own with these, as the help lists them.
fn every_command() -> Vec<Vec<String>> {
    let mut found = vec![vec![]];
    let mut next = 0;
    while let Some(command) = found.get(next).cloned() {
        let help = help(&command);
        let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default().lines();
        for line in listed.take_while(|line| !line.is_empty()) {
            let name = line.strip_prefix("  ").and_then(|line| line.split(' ').next()).unwrap_or_default();
            if !name.is_empty() && name != "help" {
                found.push([&command[..], &[name.to_owned()]].concat());
            }
        }
        next += 1;
    }
    found
}

fn help(command: &[String]) -> String {
    said(command, "--help")
}

/// What a command says to a flag, on stdout and nowhere else.
fn said(command: &[String], flag: &str) -> String {
    let arguments: Vec<&str> = command.iter().map(String::as_str).chain([flag]).collect();
    let ran = Place::new().run(&arguments);
    assert_eq!(ran.stderr, "", "{command:?}");
    ran.expect(0).to_owned()
}

#[test]
fn every_command_says_what_it_is_then_shows_examples_then_its_usage() {
    let commands = every_command();
    for name in ["serve", "migrate", "dead-letters", "prune", "healthcheck", "openapi", "completions", "version"] {
        assert!(commands.contains(&vec![name.to_owned()]), "{name} is not listed");
    }
    for name in ["list", "show", "retry", "discard"] {
        assert!(commands.contains(&vec!["dead-letters".to_owned(), name.to_owned()]), "{name} is not listed");
    }
    for command in commands {
        let help = help(&command);
        let (before, usage) = help.split_once("\nUsage: wareroom").unwrap_or_else(|| panic!("{command:?}: {help}"));
        let (about, examples) = before.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{command:?}: {help}"));
        assert!(about.lines().count() == 1 && about.len() < 120, "{command:?}: {about}");
        let examples: Vec<&str> = examples.lines().take_while(|line| line.starts_with("  ")).collect();
        let own = ["wareroom".to_owned()].into_iter().chain(command.clone()).collect::<Vec<_>>().join(" ");
        assert!(examples.iter().any(|example| example.contains(&own)), "{command:?}: {examples:?}");
        assert!(usage.contains("Exit codes: 0 "), "{command:?} does not say how it ends");
    }
}

#[test]
fn what_examples_name_exists() {
    let commands = every_command();
    for command in &commands {
        let text = help(command);
        let (before, _) = text.split_once("\nUsage: ").unwrap();
        for example in before.lines().filter_map(|line| line.trim_start().split_once("wareroom ")).map(|(_, rest)| rest)
        {
            // What follows two blanks explains, what follows a sign goes elsewhere.
            let example = example.split("  ").next().unwrap().split(['>', '|']).next().unwrap();
            let words: Vec<String> = example.split(' ').map(|word| word.replace(['"', '`', ','], "")).collect();
            let called = (0..=2).rev().map(|count| words.iter().take(count).cloned().collect::<Vec<_>>());
            let called = called.into_iter().find(|words| commands.contains(words)).unwrap();
            let flags = if called.is_empty() { help(&["serve".to_owned()]) } else { help(&called) };
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                assert!(
                    flags.contains(&format!("{flag} ")) || flags.contains(&format!("{flag}\n")),
                    "{example}: {flag}"
                );
            }
        }
    }
}

#[test]
fn the_short_help_is_shorter_and_help_is_a_command_too() {
    for command in every_command() {
        let (long, short) = (help(&command), said(&command, "-h"));
        assert!(short.lines().count() < long.lines().count(), "{command:?}");
        assert!(short.lines().count() <= 40, "{command:?}: {short}");
        let words: Vec<&str> = ["help"].into_iter().chain(command.iter().map(String::as_str)).collect();
        assert_eq!(Place::new().run(&words).expect(0), long, "{command:?}");
    }
}

#[test]
fn every_setting_is_a_flag_of_serve_and_of_no_command_at_all() {
    let (serve, alone) = (help(&["serve".to_owned()]), help(&[]));
    let settings: Vec<_> = wareroom_bootstrap::settings::all().collect();
    assert!(settings.len() > 40);
    for setting in settings {
        assert!(serve.contains(&format!("--{} <VALUE>\n", setting.flag())), "{}", setting.key);
        assert!(!alone.contains(&format!("--{} <", setting.flag())), "{}", setting.key);
    }
}

#[test]
fn what_people_read_is_as_it_was_read_aloud() {
    // Those that list every setting are as the table of settings is.
    let with_every_setting = |command: &[String]| command == ["serve"] || command == ["config"];
    for command in every_command().into_iter().filter(|command| !with_every_setting(command)) {
        let name = if command.is_empty() { "wareroom".to_owned() } else { command.join("_") };
        insta::assert_snapshot!(name, help(&command));
    }
}
