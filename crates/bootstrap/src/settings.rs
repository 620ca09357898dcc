//! Everything that can be set, one row each, by theme. Flags, environment variables, the keys of `wareroom.toml`, the page
//! `docs/configuration.md` and the example `docs/wareroom.toml` are made from it. Knows no types: what comes of the rows is
//! [`Config`](crate::Config).

mod addresses;
mod caches;
mod downloads;
mod images;
mod keeping;
mod requests;
mod running;
mod storage;
mod work;

/// Settings that belong together.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Its heading.
    pub title: &'static str,
    /// What its settings have in common, as a sentence or two.
    pub about: &'static str,
    /// Its rows.
    pub settings: &'static [Setting],
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in `wareroom.toml`. The variable is `WAREROOM_` and the key in capitals, the flag is `--` and the key with
    /// dashes.
    pub key: &'static str,
    /// Its value unless set.
    pub default: Preset,
    /// What may stand there.
    pub allowed: &'static str,
    /// What it does.
    pub help: &'static str,
    /// When to change it, where that helps: what follows "change it when".
    pub when: Option<&'static str>,
    /// What of its value is for nobody's eyes.
    pub secrecy: Secrecy,
    /// Whether it is a list: with commas between, or a list of texts in `wareroom.toml`.
    pub list: bool,
}

/// The value of a setting that nobody set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// This text. An empty text is no value of such a setting.
    Value(&'static str),
    /// What comes of other settings or of the machine, in words. An empty text asks for it.
    Derived(&'static str),
    /// Nothing. An empty text asks for it.
    Nothing,
}

impl Preset {
    /// It in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Value(words) | Self::Derived(words) => words,
            Self::Nothing => "not set",
        }
    }
}

/// What of a setting's value is for nobody's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Nothing.
    Open,
    /// A URL in which a password may stand: whatever stands before its host, and its query.
    Url,
    /// All of it.
    Secret,
}

impl Setting {
    /// The environment variable.
    pub fn variable(&self) -> String {
        variable(self.key)
    }

    /// The flag, without its dashes in front.
    pub fn flag(&self) -> String {
        flag(self.key)
    }

    /// The key that names a file which holds the value, for what may be secret.
    pub fn file_key(&self) -> Option<String> {
        (self.secrecy != Secrecy::Open).then(|| format!("{}_file", self.key))
    }

    /// The row of that key.
    pub fn find(key: &str) -> Option<&'static Self> {
        all().find(|setting| setting.key == key)
    }

    const fn when(mut self, when: &'static str) -> Self {
        self.when = Some(when);
        self
    }

    const fn url(mut self) -> Self {
        self.secrecy = Secrecy::Url;
        self
    }

    const fn list(mut self) -> Self {
        self.list = true;
        self
    }
}

/// The environment variable of a key.
pub(crate) fn variable(key: &str) -> String {
    format!("WAREROOM_{}", key.to_ascii_uppercase())
}

/// The flag of a key, without its dashes in front.
pub(crate) fn flag(key: &str) -> String {
    key.replace('_', "-")
}

/// A row whose default is a text.
const fn row(key: &'static str, default: &'static str, allowed: &'static str, help: &'static str) -> Setting {
    preset(key, Preset::Value(default), allowed, help)
}

/// A row whose default is something else.
const fn preset(key: &'static str, default: Preset, allowed: &'static str, help: &'static str) -> Setting {
    Setting { key, default, allowed, help, when: None, secrecy: Secrecy::Open, list: false }
}

const COUNT: &str = "a number from 1";
const DURATION: &str = "a number and ms, s, min, h or d, such as 30s";
const DURATION_OR_ZERO: &str = "0s, or a number and ms, s, min, h or d, such as 30s";
const SIZE: &str = "bytes, or a number and KB, MB, GB, KiB, MiB or GiB, such as 20MB";
const HTTP_URL: &str = "an http or https URL";

/// The table.
pub const THEMES: &[Theme] = &[
    addresses::THEME,
    storage::THEME,
    caches::THEME,
    requests::THEME,
    images::THEME,
    downloads::THEME,
    work::THEME,
    keeping::THEME,
    running::THEME,
];

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Setting> + Clone {
    THEMES.iter().flat_map(|theme| theme.settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_plain() {
        for (index, setting) in all().enumerate() {
            assert!(
                setting.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{}",
                setting.key
            );
            assert!(all().take(index).all(|earlier| earlier.key != setting.key), "{}", setting.key);
            assert!(!setting.key.ends_with("_file") && setting.key != "config", "{} means something else", setting.key);
        }
    }

    #[test]
    fn texts_fit_into_sentences() {
        for setting in all() {
            let texts = [setting.default.words(), setting.allowed, setting.help];
            let texts = texts.into_iter().chain(setting.when);
            for text in texts {
                assert!(!text.ends_with('.') && !text.contains(['|', '\n', '"', '`']), "{}: {text:?}", setting.key);
            }
            assert!(!setting.help.is_empty() && !setting.allowed.is_empty(), "{}", setting.key);
            assert_ne!(setting.default, Preset::Value(""), "{}", setting.key);
        }
        for theme in THEMES {
            assert!(theme.about.ends_with('.'), "{}", theme.title);
        }
    }
}
