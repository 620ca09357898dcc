//! The page of stories, taken apart: its settings, what every story begins with, and the stories.

use std::path::Path;

/// Where the page has Wareroom and the web server with the photos.
pub(super) const ADDRESSES: [&str; 2] = ["http://127.0.0.1:8080", "http://127.0.0.1:8000"];

/// How the command line that starts Wareroom begins.
const START: &str = "cargo run --release --bin wareroom -- ";

/// The page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The arguments that Wareroom is started with.
    pub(super) settings: Vec<String>,
    /// What each story's shell runs first.
    pub(super) prelude: String,
    /// The stories, in order.
    pub(super) stories: Vec<Story>,
}

/// A story.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Story {
    /// Its heading, number included.
    pub(super) title: String,
    /// What is pasted, in order.
    pub(super) blocks: Vec<Block>,
}

/// What is pasted at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) script: String,
    /// What it prints, where the page shows it.
    pub(super) shown: Option<String>,
}

impl Page {
    /// The page of this checkout.
    pub(super) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/stories.md");
        Self::of(&std::fs::read_to_string(path).unwrap())
    }

    fn of(text: &str) -> Self {
        let mut sections = text.split("\n## ").skip(1).map(Story::of);
        let preparations = sections.next().unwrap_or_default();
        let scripts: Vec<String> = preparations.blocks.into_iter().map(|block| block.script).collect();
        let find = |start: &str| {
            let found = scripts.iter().find(|script| script.starts_with(start));
            found.unwrap_or_else(|| panic!("no block of `{}` begins with `{start}`", preparations.title)).clone()
        };
        let settings = find(START)[START.len()..].replace('\\', " ");
        Self {
            settings: settings.split_whitespace().map(str::to_owned).collect(),
            prelude: find("api="),
            stories: sections.collect(),
        }
    }
}

impl Story {
    fn of(section: &str) -> Self {
        let (title, text) = section.split_once('\n').unwrap_or((section, ""));
        let mut story = Self { title: title.to_owned(), blocks: vec![] };
        // Every second part lies within a fence.
        for fenced in text.split("\n```").skip(1).step_by(2) {
            match fenced.split_once('\n') {
                Some(("sh", script)) => story.blocks.push(Block { script: script.to_owned(), shown: None }),
                Some(("text", shown)) => {
                    let block = story.blocks.last_mut().filter(|block| block.shown.is_none());
                    let block = block.unwrap_or_else(|| panic!("{title}: a text stands behind no block:\n{shown}"));
                    block.shown = Some(shown.to_owned());
                }
                other => panic!("{title}: a fence is neither sh nor text: {other:?}"),
            }
        }
        story
    }
}

/// Whether what was printed is what the page shows: line by line, `...` standing for anything within its line.
pub(super) fn is_shown(printed: &str, shown: &str) -> bool {
    let (mut printed, mut shown) = (printed.trim_end().lines(), shown.trim_end().lines());
    loop {
        match (printed.next(), shown.next()) {
            (None, None) => return true,
            (Some(printed), Some(shown)) if is_line(printed.trim_end(), shown.trim_end()) => {}
            _ => return false,
        }
    }
}

fn is_line(printed: &str, shown: &str) -> bool {
    let Some((start, rest)) = shown.split_once("...") else { return printed == shown };
    let Some(printed) = printed.strip_prefix(start) else { return false };
    (0..=printed.len()).any(|end| printed.get(end..).is_some_and(|printed| is_line(printed, rest)))
}

#[test]
fn a_page_is_taken_apart() {
    let text = "# Title\n\n## Before\n\n```sh\ncargo run --release --bin wareroom -- \\\n  --listen a \\\n  --drain 1s\n```\n\n\
                ```sh\napi=x\n```\n\n## 1. One\n\nText\n\n```sh\na\nb\n```\n\n```text\nc\n```\n\n```sh\nd\n```\n\n## 2. Two\n";
    let block =
        |script: &str, shown: Option<&str>| Block { script: script.to_owned(), shown: shown.map(str::to_owned) };
    let expected = Page {
        settings: ["--listen", "a", "--drain", "1s"].map(str::to_owned).to_vec(),
        prelude: "api=x".to_owned(),
        stories: vec![
            Story { title: "1. One".to_owned(), blocks: vec![block("a\nb", Some("c")), block("d", None)] },
            Story { title: "2. Two".to_owned(), blocks: vec![] },
        ],
    };
    assert_eq!(Page::of(text), expected);
}

#[test]
fn what_is_shown_is_compared_line_by_line() {
    for (printed, shown) in
        [("a\nb\n", "a\nb"), ("a 17 b", "a ... b"), ("a 1 b 2\r\nc", "a ... b ...\nc"), ("", ""), ("ab", "a...b")]
    {
        assert!(is_shown(printed, shown), "{printed} is {shown}");
    }
    for (printed, shown) in
        [("a\nb", "a"), ("a", "a\nb"), ("a 17 c", "a ... b"), ("a\nb", "..."), ("", "a"), ("xa", "a")]
    {
        assert!(!is_shown(printed, shown), "{printed} is not {shown}");
    }
}
