//! Reads settings one by one from where they were set, and notes what each comes to and what is wrong. After a fault it goes on
//! with the default, so that one run tells all of them.

use crate::settings::{self, Preset, Secrecy, Setting};
use crate::sources::{Form, Given};
use crate::{BucketVariables, Fault, Origin, Settled, Sources, secrets};

pub(crate) struct Reader<'s> {
    sources: &'s Sources,
    faults: Vec<Fault>,
    settled: Vec<Settled>,
}

/// What was set, ready to be read.
struct Found {
    text: String,
    /// As anybody may see it.
    shown: String,
    origin: Origin,
    /// Where it stands, for messages.
    place: String,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(sources: &'s Sources) -> Self {
        Self { sources, faults: sources.faults.clone(), settled: vec![] }
    }

    /// A setting's value, or its default in the table.
    pub(crate) fn read<T>(&mut self, key: &str, parse: impl Fn(&str) -> Option<T>) -> T {
        let setting = setting(key);
        let found = self.found(setting);
        if let Some((value, found)) = found.and_then(|found| self.parsed(setting, found, &parse)) {
            self.settle(setting, found.shown, found.origin);
            return value;
        }
        self.settle(setting, setting.default.words().to_owned(), Origin::Default);
        default(setting, parse)
    }

    /// A setting's value, or a default that depends on others. `show` is how either is written; an empty text asks for the
    /// default.
    pub(crate) fn read_or<T>(
        &mut self,
        key: &str,
        default: T,
        parse: impl Fn(&str) -> Option<T>,
        show: impl Fn(&T) -> String,
    ) -> T {
        let setting = setting(key);
        let found = self.found(setting).filter(|found| !found.text.is_empty());
        if let Some((value, found)) = found.and_then(|found| self.parsed(setting, found, &parse)) {
            let hidden = setting.secrecy != Secrecy::Open && found.shown != found.text;
            let shown = if hidden { found.shown } else { show(&value) };
            self.settle(setting, shown, found.origin);
            return value;
        }
        self.settle(setting, show(&default), Origin::Default);
        default
    }

    /// Whether somebody set it.
    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.sources.given(key).is_some()
    }

    /// The variables by which buckets are reached.
    pub(crate) fn bucket_variables(&self) -> BucketVariables {
        self.sources.bucket_variables.clone()
    }

    /// What was wrong, or what everything came to, in the order of the table.
    pub(crate) fn end(self) -> Result<Vec<Settled>, Vec<Fault>> {
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let mut settled = self.settled;
        settled.sort_by_key(|settled| settings::all().position(|row| row.key == settled.setting.key));
        Ok(settled)
    }

    fn settle(&mut self, setting: &'static Setting, value: String, origin: Origin) {
        self.settled.push(Settled { setting, value, origin });
    }

    fn parsed<T>(
        &mut self,
        setting: &'static Setting,
        found: Found,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<(T, Found)> {
        if let Some(value) = parse(&found.text) {
            return Some((value, found));
        }
        let (value, allowed) = (format!("{:?}", found.shown), setting.allowed.to_owned());
        self.faults.push(Fault::BadValue { place: found.place, key: setting.key, value, allowed });
        None
    }

    fn found(&mut self, setting: &'static Setting) -> Option<Found> {
        let Given { form, origin } = self.sources.given(setting.key)?.clone();
        let path = match form {
            Form::Text(text) => {
                let (shown, place) = (secrets::shown(setting.secrecy, &text), origin.to_string());
                return Some(Found { text, shown, origin, place });
            }
            Form::File(path) => path,
        };
        match secrets::read(&path) {
            Ok(text) => {
                let place = format!("{origin}, {}", path.display());
                Some(Found { text, shown: secrets::HIDDEN.to_owned(), origin, place })
            }
            Err(error) => {
                let (place, reason) = (origin.to_string(), error.to_string());
                self.faults.push(Fault::ValueFile { place, key: setting.key, path, reason });
                None
            }
        }
    }
}

#[expect(clippy::expect_used, reason = "the keys stand in config.rs, and a test reads every one")]
fn setting(key: &str) -> &'static Setting {
    Setting::find(key).expect("every key that is read is a row of the table")
}

#[expect(clippy::expect_used, reason = "the defaults stand in the table, and a test reads every one")]
fn default<T>(setting: &Setting, parse: impl Fn(&str) -> Option<T>) -> T {
    let Preset::Value(text) = setting.default else { panic!("{} has no default to be read", setting.key) };
    parse(text).expect("a default is what its setting takes")
}
