//! What migrations ask the program for because SQLite does not know it. Registered while they run; no other statement may
//! use them, so that the file never needs more than SQLite to be read and written.

use rusqlite::{
    Connection, Result,
    functions::{Context, FunctionFlags},
};
use wareroom_domain::{ImageUrl, folded};

/// A text as searches and orders compare it.
fn fold(context: &Context<'_>) -> Result<String> {
    Ok(folded(context.get_raw(0).as_str().map_err(|error| rusqlite::Error::UserFunctionError(Box::new(error)))?))
}

/// The host of an image's URL, in lower case.
fn url_host(context: &Context<'_>) -> Result<Option<String>> {
    let url: Option<String> = context.get(0)?;
    let url = url.and_then(|url| ImageUrl::new(&url).ok());
    Ok(url.and_then(|url| url.as_url().host_str().map(str::to_owned)))
}

/// Does something with the functions at hand.
pub(crate) fn with_functions<T, E: From<rusqlite::Error>>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> std::result::Result<T, E>,
) -> std::result::Result<T, E> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("folded", 1, flags, fold)?;
    connection.create_scalar_function("url_host", 1, flags, url_host)?;
    let result = work(connection);
    connection.remove_function("folded", 1)?;
    connection.remove_function("url_host", 1)?;
    result
}
