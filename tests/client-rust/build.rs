//! Writes the client, from the document that `WAREROOM_CLIENT_DOCUMENT` names.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    const DOCUMENT: &str = "WAREROOM_CLIENT_DOCUMENT";
    println!("cargo::rerun-if-env-changed={DOCUMENT}");
    let document = env::var(DOCUMENT).map_err(|_| format!("{DOCUMENT} must name the document"))?;
    println!("cargo::rerun-if-changed={document}");
    let document = serde_json::from_str(&fs::read_to_string(document)?)?;
    let client = progenitor::Generator::default().generate_tokens(&document)?;
    let client = prettyplease::unparse(&syn::parse2(client)?);
    Ok(fs::write(PathBuf::from(env::var("OUT_DIR")?).join("client.rs"), client)?)
}
