//! Which dead letters are meant: by ids, by the filter that `GET /dead-letters` has, or all.

use crate::ended::Usage;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use wareroom_domain::{DeadLetterId, ProductId, Reason, UserId};
use wareroom_ports::DeadLetterFilter;

const PRODUCT: &str = "product-id";
const USER: &str = "user-id";
const HOST: &str = "host";
const REASON: &str = "reason";
const FROM: &str = "from";
const TO: &str = "to";
const FILTER: [&str; 6] = [PRODUCT, USER, HOST, REASON, FROM, TO];
const ALL: &str = "all";
const IDS: &str = "ids";

/// The flags of the filter. What is left out does not matter.
pub(super) fn flags() -> [Arg; 6] {
    let flag = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).help_heading("Filter")
    };
    let reasons = PossibleValuesParser::new(Reason::ALL.map(Reason::code));
    [
        flag(PRODUCT, "ID", "Those of this product's images").value_parser(str::parse::<ProductId>),
        flag(USER, "ID", "Those of this user's products").value_parser(str::parse::<UserId>),
        flag(HOST, "HOST", "Those whose image was to come from this host").value_parser(host),
        flag(REASON, "REASON", "Those that were given up for this").value_parser(reasons).hide_possible_values(true),
        flag(FROM, "INSTANT", "Those that were given up then or later, such as 2026-01-31T12:00:00Z")
            .value_parser(instant),
        flag(TO, "INSTANT", "Those that were given up before").value_parser(instant),
    ]
}

/// The reasons, for the end of a help.
pub(super) fn reasons() -> String {
    let codes = Reason::ALL.map(Reason::code);
    let lines: Vec<String> = codes.chunks(6).map(|codes| format!("  {}", codes.join(", "))).collect();
    format!("Reasons:\n{}", lines.join(",\n"))
}

/// Ids, a filter, or `--all`: one of the three must be there.
pub(super) fn which(command: Command) -> Command {
    let id = Arg::new(IDS).value_name("ID").num_args(0..).value_parser(id).conflicts_with_all(FILTER);
    let all = Arg::new(ALL).long(ALL).action(ArgAction::SetTrue).conflicts_with_all(FILTER).conflicts_with(IDS);
    let group = ArgGroup::new("which").args([IDS, ALL]).args(FILTER).multiple(true).required(true);
    let called = format!("wareroom dead-letters {}", command.get_name());
    command
        .override_usage(format!(
            "{called} [OPTIONS] <ID>...\n       {called} [OPTIONS] <FILTER>\n       {called} [OPTIONS] --all"
        ))
        .args([id.help("Those with these ids"), all.help("Every one that there is")])
        .args(flags())
        .group(group)
}

/// The id of a dead letter as an argument.
pub(super) fn id(text: &str) -> Result<DeadLetterId, &'static str> {
    text.parse().map_err(|_| "an id is a UUID such as `wareroom dead-letters list` shows")
}

/// The ids that were given; none when a filter or `--all` was.
pub(super) fn ids(arguments: &ArgMatches) -> Vec<DeadLetterId> {
    arguments.get_many(IDS).into_iter().flatten().copied().collect()
}

/// The filter that was given.
pub(super) fn filter(arguments: &ArgMatches) -> Result<DeadLetterFilter, Usage> {
    let (from, to) = (arguments.get_one(FROM).copied(), arguments.get_one(TO).copied());
    if from.zip(to).is_some_and(|(from, to): (Timestamp, Timestamp)| from > to) {
        return Err(Usage("--from must not be later than --to".to_owned()));
    }
    Ok(DeadLetterFilter {
        product: arguments.get_one(PRODUCT).copied(),
        owner: arguments.get_one(USER).copied(),
        host: arguments.get_one(HOST).cloned(),
        reason: arguments.get_one::<String>(REASON).and_then(|code| Reason::from_code(code)),
        from,
        to,
    })
}

/// Hosts are kept in lower case.
fn host(text: &str) -> Result<String, &'static str> {
    if text.is_empty() { Err("a host is such as images.example") } else { Ok(text.to_lowercase()) }
}

/// Instants are kept to the microsecond. Rounded up, either end of a range takes in and leaves out what it says.
fn instant(text: &str) -> Result<Timestamp, &'static str> {
    let whole = TimestampRound::new().smallest(Unit::Microsecond).mode(RoundMode::Ceil);
    let read = text.parse::<Timestamp>().ok();
    read.and_then(|read| read.round(whole).ok()).ok_or("an instant is such as 2026-01-31T12:00:00Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str]) -> Result<ArgMatches, clap::Error> {
        which(Command::new("retry").no_binary_name(true)).try_get_matches_from(line)
    }

    #[test]
    fn ids_a_filter_or_all_are_spelled_out_and_never_mixed() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        for good in [&[id, id][..], &["--all"], &["--host", "a.example", "--reason", "dns"]] {
            assert!(read(good).is_ok(), "{good:?}");
        }
        for bad in
            [&[][..], &[id, "--all"], &[id, "--host", "a"], &["--all", "--reason", "dns"], &["7"], &["--host", ""]]
        {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn each_part_of_the_filter_is_read() {
        let line = ["--product-id", "7", "--user-id", "3", "--host", "A.Example", "--reason", "dns"];
        let range = ["--from", "2026-01-31T12:00:00.0000001Z", "--to", "2026-01-31T12:00:00.000001Z"];
        let filter = filter(&read(&[&line[..], &range].concat()).unwrap()).unwrap();
        let expected = DeadLetterFilter {
            product: ProductId::new(7).ok(),
            owner: UserId::new(3).ok(),
            host: Some("a.example".to_owned()),
            reason: Some(Reason::Dns),
            from: filter.to,
            to: "2026-01-31T12:00:00.000001Z".parse().ok(),
        };
        assert_eq!(filter, expected);
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_refused() {
        let line = ["--from", "2026-02-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z"];
        assert!(filter(&read(&line).unwrap()).is_err());
    }
}
