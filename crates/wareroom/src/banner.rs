//! What a newcomer sees first: where everything is, and how to stop.

use wareroom_bootstrap::DataDirectory;

pub(crate) fn show(url: &str, data: Option<&DataDirectory>) {
    let version = env!("CARGO_PKG_VERSION");
    let data = data.map_or_else(
        || "in memory, gone when it stops".to_owned(),
        |directory| {
            let path = directory.path();
            path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
        },
    );
    eprintln!(
        "Wareroom {version}\n\n  API      {url}\n  Spec     {url}/openapi.json\n  Health   {url}/healthz/ready\n  \
         Data     {data}\n\nCtrl-C stops it.\n"
    );
}
