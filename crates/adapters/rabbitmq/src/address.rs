//! A broker's URL, read: where it is, and how to be let in. What is said of a wrong one never repeats what may be a password.

use crate::config::RabbitConfig;
use crate::error::OpenError;
use crate::tls;
use amqprs::connection::OpenConnectionArguments;
use amqprs::security::SecurityCredentials;
use percent_encoding::percent_decode_str;
use url::Url;

const PLAIN_PORT: u16 = 5672;
const TLS_PORT: u16 = 5671;
/// In seconds. The driver knows nothing shorter than seconds, and sends one every half of it.
const HEARTBEATS: std::ops::RangeInclusive<u16> = 10..=3600;
/// Names of the protocol have up to 255 bytes; what comes after the prefix is shorter than the rest.
const LONGEST_PREFIX: usize = 100;

/// The driver's arguments to open connections with.
#[derive(Clone)]
pub(crate) struct Address(OpenConnectionArguments);

impl Address {
    pub(crate) fn of(config: &RabbitConfig) -> Result<Self, OpenError> {
        let sound = |letter: char| letter.is_ascii_alphanumeric() || ".-_:".contains(letter);
        if config.prefix.is_empty() || config.prefix.len() > LONGEST_PREFIX || !config.prefix.chars().all(sound) {
            return Err(wrong(
                "the prefix of names has 1 to 100 letters, digits, dots, dashes, underscores and colons",
            ));
        }
        let url = Url::parse(&config.url).map_err(|_| wrong("it is none"))?;
        let secure = match url.scheme() {
            "amqp" => false,
            "amqps" => true,
            _ => return Err(wrong("it begins with amqp:// or amqps://")),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it needs a host"))?;
        let port = url.port().unwrap_or(if secure { TLS_PORT } else { PLAIN_PORT });
        let user = if url.username().is_empty() { "guest".to_owned() } else { decoded(url.username(), "user")? };
        let password =
            url.password().map_or_else(|| Ok("guest".to_owned()), |password| decoded(password, "password"))?;
        let parameters = Parameters::of(&url)?;
        let mut arguments = OpenConnectionArguments::default();
        arguments
            .host(host)
            .port(port)
            .credentials(SecurityCredentials::new_plain(&user, &password))
            .virtual_host(&vhost(&url)?)
            .heartbeat(parameters.heartbeat);
        if secure {
            let name = host.trim_start_matches('[').trim_end_matches(']');
            arguments.tls_adaptor(tls::adaptor(name, parameters.roots.as_deref())?);
        } else if parameters.roots.is_some() {
            return Err(wrong("cacertfile is for amqps://"));
        }
        Ok(Self(arguments))
    }

    /// To open one that the broker lists by this name.
    pub(crate) fn named(&self, name: &str) -> OpenConnectionArguments {
        self.0.clone().connection_name(name).finish()
    }
}

/// `/` where none is named; one with a slash in it has it percent-encoded.
fn vhost(url: &Url) -> Result<String, OpenError> {
    match url.path().strip_prefix('/').unwrap_or_default() {
        "" => Ok("/".to_owned()),
        path if path.contains('/') => Err(wrong("a slash within the vhost is written as %2F")),
        path => decoded(path, "vhost"),
    }
}

struct Parameters {
    heartbeat: u16,
    roots: Option<String>,
}

impl Parameters {
    fn of(url: &Url) -> Result<Self, OpenError> {
        let mut parameters = Self { heartbeat: *HEARTBEATS.start(), roots: None };
        for (name, value) in url.query_pairs() {
            match &*name {
                "heartbeat" => {
                    let seconds = value.parse().ok().filter(|seconds| HEARTBEATS.contains(seconds));
                    parameters.heartbeat =
                        seconds.ok_or_else(|| wrong("a heartbeat is a whole number of seconds from 10 to 3600"))?;
                }
                "cacertfile" => parameters.roots = Some(value.into_owned()),
                _ => return Err(OpenError::Url(format!("the parameter {name:?} is not known"))),
            }
        }
        Ok(parameters)
    }
}

/// As the protocol takes it, which is up to 255 bytes.
fn decoded(text: &str, what: &str) -> Result<String, OpenError> {
    let decoded = percent_decode_str(text).decode_utf8().ok().filter(|decoded| decoded.len() <= 255);
    decoded.map(Into::into).ok_or_else(|| OpenError::Url(format!("the {what} is not UTF-8, or is too long")))
}

fn wrong(why: &str) -> OpenError {
    OpenError::Url(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<OpenConnectionArguments, OpenError> {
        Address::of(&RabbitConfig::at(url)).map(|address| address.named("a test"))
    }

    #[test]
    fn every_part_is_read_and_decoded() {
        let arguments = read("amqp://u%40x:p%2Fw%3A@host:1234/%2Fshop%20a?heartbeat=30").unwrap();
        assert_eq!((arguments.get_host(), arguments.get_port()), ("host", 1234));
        assert_eq!((arguments.get_virtual_host(), arguments.get_heartbeat()), ("/shop a", 30));
        assert!(*arguments.get_credentials() == SecurityCredentials::new_plain("u@x", "p/w:"));
    }

    #[test]
    fn what_is_missing_is_as_brokers_have_it() {
        for url in ["amqp://host", "amqp://host/", "amqp://host/%2F"] {
            let arguments = read(url).unwrap();
            assert_eq!(
                (arguments.get_port(), arguments.get_virtual_host(), arguments.get_heartbeat()),
                (5672, "/", 10)
            );
            assert!(*arguments.get_credentials() == SecurityCredentials::new_plain("guest", "guest"));
        }
        assert_eq!(read("amqp://[::1]").unwrap().get_host(), "[::1]");
        let secure = read("amqps://host").unwrap();
        assert!(secure.get_port() == 5671 && secure.get_tls_adaptor().is_some());
    }

    #[test]
    fn wrong_ones_are_refused_without_repeating_a_password() {
        let urls = [
            "",
            "host",
            "http://u:secret@host",
            "amqp://",
            "amqp://u:secret@",
            "amqp://u:secret@host:x",
            "amqp://u:secret%FF@host",
            "amqp://u:secret@host/a/b",
            "amqp://u:secret@host?heartbeat=1",
            "amqp://u:secret@host?heartbeat=soon",
            "amqp://u:secret@host?verify=1",
            "amqp://u:secret@host?cacertfile=a",
        ];
        for url in urls {
            let error = read(url).err().unwrap_or_else(|| panic!("{url} is read"));
            assert!(matches!(error, OpenError::Url(_)), "{url}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_prefix_is_short_and_plain() {
        for prefix in ["", "a b", "ü", &"x".repeat(101)] {
            let config = RabbitConfig { prefix: prefix.to_owned(), ..RabbitConfig::at("amqp://host") };
            assert!(matches!(Address::of(&config), Err(OpenError::Url(_))), "{prefix:?}");
        }
    }
}
