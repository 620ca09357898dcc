//! What a newcomer sees first: where everything is, and how to stop. Programs that read the log get the same as a line of it.

use wareroom_bootstrap::DataDirectory;

pub(crate) fn show(url: &str, data: Option<&DataDirectory>, for_people: bool) {
    let version = env!("CARGO_PKG_VERSION");
    let data = data.map_or_else(
        || "in memory, gone when it stops".to_owned(),
        |directory| {
            let path = directory.path();
            path.canonicalize().unwrap_or_else(|_| path.to_owned()).display().to_string()
        },
    );
    if for_people {
        eprintln!(
            "\nWareroom {version}\n\n  API      {url}\n  Spec     {url}/openapi.json\n  Health   {url}/healthz/ready\n  \
             Data     {data}\n\nCtrl-C stops it.\n"
        );
    } else {
        tracing::info!(version, url, data, "serving");
    }
}
