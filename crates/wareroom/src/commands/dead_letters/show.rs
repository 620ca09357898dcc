//! Shows one dead letter with what is known of its image now: what is needed to understand it.

use super::filter;
use super::letter::{Letter, or_none};
use crate::command_line::{settings, with_examples};
use crate::configuration::{BESIDE, Beside};
use crate::ended::Ended;
use crate::output::{self, columns, counted, json_flag};
use clap::{Arg, ArgMatches, Command};
use serde::Serialize;
use wareroom_application::{Application, Context, Error, ErrorCode};
use wareroom_domain::{DeadLetterId, Reason, Source};
use wareroom_ports::DeadLetter;

const EXAMPLES: &str = "\
Examples:
  wareroom dead-letters show 01890a5d-ac96-774b-bcce-b302099a8057
  wareroom dead-letters show 01890a5d-ac96-774b-bcce-b302099a8057 --json";

const ID: &str = "id";

pub(super) fn define(command: Command) -> Command {
    let id = Arg::new(ID).value_name("ID").required(true).value_parser(filter::id);
    with_examples(command.about("Show a dead letter: what failed, why, and how its image is now"), EXAMPLES)
        .args([id.help("Which one"), json_flag()])
        .args(settings(&BESIDE))
}

/// A dead letter and its image, for programs.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    letter: Letter,
    traceparent: Option<String>,
    /// Whether asking again makes sense, URL or file being the same.
    retryable: bool,
    /// The image as it is now; null when it is gone.
    image: Option<ShownImage>,
}

#[derive(Serialize)]
struct ShownImage {
    product_name: String,
    status: &'static str,
    attempts: u32,
    /// Where it is to come from, if it came by URL.
    url: Option<String>,
    /// The file's name on the client's side, if it was uploaded with one.
    filename: Option<String>,
}

pub(super) fn run(arguments: &ArgMatches) -> Ended {
    let Some(id) = arguments.get_one::<DeadLetterId>(ID).copied() else { return Ok(()) };
    let Beside { runtime, application } = Beside::open(arguments)?;
    let shown = runtime.block_on(read(&application, id))?;
    output::show(arguments, &shown, || text(&shown))
}

async fn read(application: &Application, id: DeadLetterId) -> Result<Shown, Error> {
    let letter = application.get_dead_letter(&Context::operator(), id).await?;
    let image = image(application, &letter).await?;
    let (retryable, traceparent) = (letter.failure.reason.retryable(), letter.trace.traceparent.clone());
    Ok(Shown { letter: letter.into(), traceparent, retryable, image })
}

async fn image(application: &Application, letter: &DeadLetter) -> Result<Option<ShownImage>, Error> {
    let Some(product) = letter.product else { return Ok(None) };
    let found = match application.get_image(&Context::operator(), product, letter.image).await {
        Err(error) if error.code == ErrorCode::NotFound => return Ok(None),
        found => found?,
    };
    let (url, filename) = match &found.image.source {
        Source::Url { url, .. } => (Some(url.as_str().to_owned()), None),
        Source::Upload { filename, .. } => (None, filename.as_ref().map(|name| name.as_str().to_owned())),
    };
    let product_name = found.view.product.name.as_str().to_owned();
    let (status, attempts) = (found.image.state.as_str(), found.image.attempts.0);
    Ok(Some(ShownImage { product_name, status, attempts, url, filename }))
}

fn text(shown: &Shown) -> String {
    let Shown { letter, image, .. } = shown;
    let hint = if Reason::from_code(letter.reason).is_some_and(Reason::retryable) {
        format!("wareroom dead-letters retry {}", letter.id)
    } else {
        "a retry will hardly end better, unless what is wrong was mended".to_owned()
    };
    let attempts = counted(u64::from(letter.attempts), "attempt");
    let (product, image, source) = match image {
        None => (or_none(letter.product_id), format!("{}, gone", letter.image_id), "-".to_owned()),
        Some(image) => (
            format!("{}, {:?}", or_none(letter.product_id), image.product_name),
            format!("{}, {} now", letter.image_id, image.status),
            image
                .url
                .clone()
                .or_else(|| image.filename.clone())
                .unwrap_or_else(|| "an upload without a name".to_owned()),
        ),
    };
    let rows = [
        ("Dead letter", letter.id.clone()),
        ("Given up", format!("{}, after {attempts}", letter.at)),
        ("Reason", letter.reason.to_owned()),
        ("", letter.detail.clone()),
        ("Image", image),
        ("Source", source),
        ("Product", product),
        ("User", or_none(letter.user_id)),
        ("Request", or_none(letter.request_id.as_ref())),
        ("Retry", hint),
    ];
    columns(&rows.map(|(name, value)| vec![name.to_owned(), value]))
}
