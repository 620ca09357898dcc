//! The REST edge: requests become commands of the application, results and errors become answers.
//!
//! | module | holds |
//! |---|---|
//! | `api`, `settings` | the whole stack, and what can be set about it |
//! | `users`, `products`, `images`, `media`, `health` | the operations, with their requests and answers |
//! | `problem`, `problem_document`, `refusal` | every error, from one table |
//! | `content`, `payload`, `fields`, `faults`, `schema` | bodies in and out, their faults and descriptions |
//! | `routes`, `request_id`, `request_log`, `context` | what happens to every request |
//! | `near_cache`, `etag` | rendered answers, kept and compared |
//! | `spec` | the OpenAPI document, from the code alone |
//! | [`server`] | the sockets |
//!
//! It knows the application, the values of ports and domain, and HTTP. It must not know an adapter: whoever starts it
//! brings an [`Application`](wareroom_application::Application) along.

mod api;
mod content;
mod context;
mod etag;
mod faults;
mod fields;
mod health;
mod images;
mod links;
mod media;
mod near_cache;
mod payload;
mod problem;
mod problem_document;
mod products;
mod refusal;
mod request_id;
mod request_log;
mod routes;
mod schema;
pub mod server;
mod settings;
mod spec;
mod users;

pub use api::Api;
pub use health::Readiness;
pub use problem::status_of;
pub use settings::ApiSettings;
pub use spec::openapi;
