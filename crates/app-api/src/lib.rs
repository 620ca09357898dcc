//! The REST edge: requests become commands of the application, results and errors become answers.
//!
//! | module | holds |
//! |---|---|
//! | `api`, `settings` | the whole stack, and what can be set about it |
//! | `users`, `products`, `images`, `media`, `dead_letters`, `health` | the operations, with their requests and answers |
//! | `problem`, `problem_document`, `problem_text`, `refusal` | every error, from one table |
//! | `content`, `payload`, `merge_patch`, `fields`, `faults`, `schema` | bodies in and out, their faults and descriptions |
//! | `query`, `cursor` | the parameters of lists, and where lists go on |
//! | `routes`, `cors`, `request_id`, `request_log`, `counted_body`, `context`, `idempotency` | what happens to every request |
//! | `figures` | what is counted and timed |
//! | `configured` | settings from the configuration, for our own binaries |
//! | `near_cache`, `changes`, `etag`, `if_match` | rendered answers, kept, waited for and compared |
//! | `pages` | what people read in a browser: `/docs`, `/problems` |
//! | `spec`, `spec_examples`, `spec_texts`, `spec_rust` | the OpenAPI document, from the code alone |
//! | [`server`] | the sockets |
//! | [`probe`] | the one question that a command asks a running server |
//!
//! It knows the application, the values of ports and domain, and HTTP. It must not know an adapter: whoever starts it
//! brings an [`Application`](wareroom_application::Application) along.

mod api;
mod changes;
#[cfg(feature = "configured")]
mod configured;
mod content;
mod context;
mod cors;
mod counted_body;
mod cursor;
mod dead_letters;
mod etag;
mod faults;
mod fields;
mod figures;
mod health;
mod idempotency;
mod if_match;
mod images;
mod links;
mod media;
mod merge_patch;
mod near_cache;
mod pages;
mod payload;
pub mod probe;
mod problem;
mod problem_document;
mod problem_text;
mod products;
mod query;
mod refusal;
mod request_id;
mod request_log;
mod routes;
mod schema;
pub mod server;
mod settings;
mod spec;
mod spec_examples;
mod spec_rust;
mod spec_texts;
mod users;

pub use api::Api;
#[cfg(feature = "configured")]
pub use configured::{api_settings, server_settings, watch_health};
pub use health::{LostPart, Readiness};
pub use problem::status_of;
pub use settings::ApiSettings;
pub use spec::openapi;
pub use spec_rust::openapi_for_rust;
