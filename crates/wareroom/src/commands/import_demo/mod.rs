//! Fills a catalogue with a small shop, so that a first look needs neither photos nor a network. Beside `serve`, whose worker
//! makes the pictures ready, or before it.

mod drawing;
mod import;
mod products;

use crate::command_line::{settings, with_examples};
use crate::configuration::{BESIDE, durable, of_command, runtime};
use crate::ended::Ended;
use crate::output::{columns, counted, json_flag, message, show};
use crate::terminal::waiting;
use clap::{ArgMatches, Command};
use import::Imported;
use serde::Serialize;
use std::sync::Arc;
use wareroom_application::Application;
use wareroom_bootstrap::{Config, StartError, migrate, schema, wire_beside};

const EXAMPLES: &str = "\
Examples:
  wareroom import-demo                   into ./wareroom-data, which is made if need be
  wareroom import-demo --data-dir /tmp/look

Adds only what is missing of the demo: it can be run again.";

pub(crate) fn define(command: Command) -> Command {
    let about = "Add a few demo products with generated pictures; works beside `serve`";
    with_examples(command.about(about), EXAMPLES).arg(json_flag()).args(settings(&BESIDE))
}

/// The demo as it is there now, for programs.
#[derive(Serialize)]
struct Demo {
    user_id: i64,
    data: Vec<DemoProduct>,
}

#[derive(Serialize)]
struct DemoProduct {
    id: i64,
    product_name: String,
    images: usize,
    /// Whether the product was not there before.
    added: bool,
    /// How many of its images were not there before.
    added_images: usize,
}

impl From<Imported> for Demo {
    fn from(imported: Imported) -> Self {
        let product = |product: import::ImportedProduct| DemoProduct {
            id: product.view.product.id.get(),
            product_name: product.view.product.name.to_string(),
            images: product.view.images.len(),
            added: product.added,
            added_images: product.added_images,
        };
        Self { user_id: imported.user.get(), data: imported.products.into_iter().map(product).collect() }
    }
}

pub(crate) fn run(arguments: &ArgMatches) -> Ended {
    let config = of_command(arguments)?;
    durable(&config)?;
    let demo: Demo = runtime()?
        .block_on(waiting("drawing the demo's pictures", async {
            let application = open(&config).await?;
            import::import(&application).await
        }))?
        .into();
    show(arguments, &demo, || text(&demo))?;
    message(&next_step(&demo, &config));
    Ok(())
}

/// As every command beside `serve` does. But where there is no database yet, or none of its tables, this is the first look,
/// and one is made.
async fn open(config: &Config) -> Result<Arc<Application>, StartError> {
    let opened = wire_beside(config).await;
    let is_new = match &opened {
        Err(StartError::NoDatabase(_)) => true,
        // Another process makes it at this moment.
        Err(StartError::OldSchema { .. }) => schema(config).await?.iter().all(|step| step.applied_at.is_none()),
        _ => false,
    };
    if !is_new {
        return opened;
    }
    migrate(config).await?;
    wire_beside(config).await
}

fn text(demo: &Demo) -> String {
    let row = |product: &DemoProduct| {
        let state = match (product.added, product.added_images) {
            (true, _) => "added".to_owned(),
            (false, 0) => "there already".to_owned(),
            (false, _) => "completed".to_owned(),
        };
        let images = counted(product.images as u64, "picture");
        vec![product.id.to_string(), product.product_name.clone(), images, state]
    };
    columns(&demo.data.iter().map(row).collect::<Vec<_>>())
}

/// What to do now, for people.
fn next_step(demo: &Demo, config: &Config) -> String {
    if demo.data.iter().all(|product| !product.added && product.added_images == 0) {
        return "the demo is there already; nothing was added".to_owned();
    }
    let page = match &config.public_url {
        Some(url) => format!(" at {url}/"),
        None if config.listen.port() == 0 => String::new(),
        None => format!(" at http://{}/", config.listen),
    };
    format!(
        "`wareroom serve` makes the pictures ready and shows them{page}; start it with the same settings, unless it runs"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo(products: &[(bool, usize)]) -> Demo {
        let product = |(added, added_images)| DemoProduct {
            id: 1,
            product_name: "Kettle".to_owned(),
            images: 3,
            added,
            added_images,
        };
        Demo { user_id: 1, data: products.iter().copied().map(product).collect() }
    }

    #[test]
    fn each_product_tells_what_became_of_it() {
        let text = text(&demo(&[(true, 3), (false, 0), (false, 1)]));
        let ends: Vec<&str> = text.lines().map(|line| line.split_once("pictures  ").unwrap().1).collect();
        assert_eq!(ends, ["added", "there already", "completed"]);
    }
}
