//! What the stories are told in: the real binary, a folder with photos, a web server over it, a shell.

use super::page::{ADDRESSES, Page, Story, is_shown};
use super::shelf::Shelf;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use wareroom_test_kit::{Client, Encoding, Picture, RunningBinary};

/// How long a story may take on a busy machine.
const LIMIT: Duration = Duration::from_mins(3);

/// What stands in the output between two blocks.
const MARK: &str = "== the next block ==";

/// A photo: the name of its file, what it shows, how it is written.
pub(super) type Photo = (&'static str, Picture, Encoding);

/// The photos that the page asks for.
pub(super) const PHOTOS: [Photo; 4] = [
    ("front.jpg", Picture::new(1, 640, 480), Encoding::Jpeg),
    ("side.png", Picture::new(2, 480, 640), Encoding::Png),
    ("back.webp", Picture::new(3, 900, 600), Encoding::WebP),
    ("only.jpg", Picture::new(4, 400, 300), Encoding::Jpeg),
];

/// Everything that the page asks for before it begins.
pub(super) struct House {
    folder: tempfile::TempDir,
    binary: RunningBinary,
    pub(super) client: Client,
    pub(super) shelf: Shelf,
    prelude: String,
}

impl House {
    pub(super) async fn start(page: &Page) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let photos = folder.path().join("photos");
        std::fs::create_dir(&photos).unwrap();
        for (name, picture, encoding) in PHOTOS {
            std::fs::write(photos.join(name), picture.encode(encoding)).unwrap();
        }
        let settings: Vec<&str> = page.settings.iter().map(String::as_str).collect();
        let binary = RunningBinary::start(&folder.path().join("data"), &settings).await;
        let (client, shelf) = (binary.client(), Shelf::of(&photos).await);
        Self { folder, binary, client, shelf, prelude: page.prelude.clone() }
    }

    /// Where the shell stands and the photos are.
    pub(super) fn photos(&self) -> PathBuf {
        self.folder.path().join("photos")
    }

    /// Where Wareroom keeps everything.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Pastes a story into a shell of its own, and compares what each block prints; answers what they print.
    pub(super) async fn tell(&self, story: &Story) -> Vec<String> {
        let title = &story.title;
        assert!(!story.blocks.is_empty(), "`{title}` has no block to paste");
        let blocks = story.blocks.iter().map(|block| format!("{}\necho '{MARK}'\n", block.script));
        let blocks = blocks.collect::<Vec<_>>().concat();
        let [api, photos] = [self.binary.url.as_str(), self.shelf.url.as_str()];
        let script = format!("{}\n{blocks}", self.prelude).replace(ADDRESSES[0], api).replace(ADDRESSES[1], photos);

        let output = tokio::time::timeout(LIMIT, run(script, &self.photos())).await;
        let output = output.unwrap_or_else(|_| panic!("`{title}` does not end"));
        let printed = String::from_utf8_lossy(&output.stdout).replace(api, ADDRESSES[0]).replace(photos, ADDRESSES[1]);
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{title}` ended with {}:\n{printed}\n{complaints}", output.status);
        let end = format!("{MARK}\n");
        let printed: Vec<String> = printed.split_terminator(end.as_str()).map(str::to_owned).collect();
        assert_eq!(printed.len(), story.blocks.len(), "`{title}`: {printed:#?}");
        for (block, printed) in story.blocks.iter().zip(&printed) {
            if let Some(shown) = &block.shown {
                assert!(
                    is_shown(printed, shown),
                    "`{title}` prints\n{printed}\nand the page shows\n{shown}\n{complaints}"
                );
            }
        }
        printed
    }

    /// The products whose name contains that.
    pub(super) async fn products(&self, name: &str) -> Vec<Value> {
        let answer = self.client.get(&format!("/products?product_name={name}")).await.unwrap().expect(200);
        answer["data"].as_array().unwrap().clone()
    }

    /// The one product whose name contains that.
    pub(super) async fn product(&self, name: &str) -> Value {
        let mut products = self.products(name).await;
        assert_eq!(products.len(), 1, "{products:#?}");
        products.remove(0)
    }

    /// What is at a URL that must lead to something.
    pub(super) async fn bytes(&self, url: &str) -> bytes::Bytes {
        let (status, bytes) = self.client.bytes(url).await.unwrap();
        assert_eq!(status, 200, "{url}");
        bytes
    }

    /// Ends the process; answers whether it ended well.
    pub(super) async fn stop(self) -> bool {
        self.binary.stop().await
    }
}

/// Runs a script that ends with the first command that fails. Nothing of the surroundings gets in but where programs are.
async fn run(script: String, folder: &Path) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the programs that a story needs are where those of the test are")]
    let programs = std::env::var_os("PATH").unwrap_or_default();
    let mut shell = Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-s"])
        .current_dir(folder)
        .env_clear()
        .env("PATH", programs)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut pasted = shell.stdin.take().unwrap();
    // Beside its output, or both could wait for each other.
    let pasting = tokio::spawn(async move { pasted.write_all(script.as_bytes()).await });
    let output = shell.wait_with_output().await.unwrap();
    // A shell that failed early did not read to the end; its status tells.
    let _ = pasting.await.unwrap();
    output
}
