//! A disk that fills up and is freed again: uploads are refused while there is little room, and nothing else suffers; when there
//! is none at all, what is in flight waits; afterwards all goes on, and nothing that was acknowledged is lost.
//!
//! The disk is one of 64 MB in memory. Only root may mount it.

use bytes::{Bytes, BytesMut};
use serde_json::json;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};
use wareroom_test_kit::{Answer, Client, Encoding, Picture, RunningBinary, report};

/// One image at a time is processed, so that many are in flight when the disk is full.
const FLAGS: [&str; 4] = ["--min-free-space", "8MB", "--worker-concurrency", "1"];

/// What each file has in bytes, most of it behind the picture.
const FILE: usize = 1_000_000;

/// How soon all must go on when there is room again.
const GOES_ON: Duration = Duration::from_secs(10);

/// How long anything else may take on a busy machine.
const LIMIT: Duration = Duration::from_mins(2);

/// A disk in memory, in a mount namespace of its own. It is gone with the process that keeps the namespace, and that ends with
/// the test, however the test ends.
struct SmallDisk {
    folder: TempDir,
    keeper: Child,
}

impl SmallDisk {
    async fn of_64_megabytes() -> Self {
        assert!(
            rustix::process::geteuid().is_root(),
            "this test mounts a disk of its own, so it has to be run by root"
        );
        let folder = tempfile::tempdir().unwrap();
        let mut keeper = Command::new("unshare")
            .args(["--mount", "sh", "-c", "mount -t tmpfs -o size=64m tmpfs \"$0\" && echo mounted && exec cat"])
            .arg(folder.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut said = [0; 8];
        let read = keeper.stdout.as_mut().unwrap().read_exact(&mut said).await;
        assert!(
            read.is_ok() && said == *b"mounted\n",
            "a disk in memory cannot be mounted here, although this is root"
        );
        Self { folder, keeper }
    }

    /// Starts the binary with its data on this disk.
    async fn serve(&self) -> RunningBinary {
        let mut inside = Command::new("nsenter");
        inside.args(["--target", &self.keeper.id().unwrap().to_string(), "--mount"]);
        RunningBinary::start_behind(inside, &self.folder.path().join("data"), &FLAGS).await
    }

    /// A file of somebody else's on this disk, as it is seen from outside.
    fn file(&self, name: &str) -> PathBuf {
        let root = Path::new("/proc").join(self.keeper.id().unwrap().to_string()).join("root");
        root.join(self.folder.path().strip_prefix("/").unwrap()).join(name)
    }

    /// Writes a file of so many bytes, or as many as there is room for; answers to how many.
    fn fill(&self, name: &str, bytes: usize) -> usize {
        const PIECE: usize = 4096;
        let mut file = File::create(self.file(name)).unwrap();
        let mut written = 0;
        while written < bytes {
            match file.write(&[7; PIECE]) {
                Ok(more) if more > 0 => written += more,
                _ => break,
            }
        }
        written
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.file(name)).unwrap();
    }
}

/// The clients' side: a product after the other, with two files each.
struct Shop {
    client: Client,
    user: i64,
    /// What the files show: a few pictures that take their time.
    pictures: Vec<(Picture, Bytes)>,
    /// The products whose files were acknowledged.
    acknowledged: Vec<i64>,
}

impl Shop {
    async fn open(binary: &RunningBinary) -> Self {
        let client = binary.client();
        let user = client.user().await.unwrap();
        let pictures = [1, 2, 3, 4].map(|seed| Picture::new(seed, 3000, 2000));
        let pictures = pictures.into_iter().map(|picture| (picture, picture.encode(Encoding::Jpeg))).collect();
        Self { client, user, pictures, acknowledged: vec![] }
    }

    /// Uploads two files to a product of their own.
    async fn upload(&mut self) -> Answer {
        let product = self.client.product(self.user, "camera").await.unwrap();
        let answer = self.upload_to(product).await;
        if answer.status == 201 {
            self.acknowledged.push(product);
        }
        answer
    }

    async fn upload_to(&self, product: i64) -> Answer {
        let answer = self.client.upload(product, self.files(product)).await.unwrap();
        assert!(matches!(answer.status, 201 | 507), "{}: {:#}", answer.status, answer.json);
        answer
    }

    /// The files of a product. No two are alike, and decoders do not look at what comes behind the end.
    fn files(&self, product: i64) -> Vec<(String, Bytes)> {
        let file = |number: i64| {
            let name = product * 2 + number;
            let mut file = BytesMut::from(&self.shows(name).1[..]);
            file.extend_from_slice(&name.to_le_bytes());
            file.resize(FILE, 0);
            (format!("{name}.jpg"), file.freeze())
        };
        vec![file(0), file(1)]
    }

    /// What the file of that name shows.
    fn shows(&self, name: i64) -> &(Picture, Bytes) {
        &self.pictures[usize::try_from(name).unwrap() % self.pictures.len()]
    }

    /// The process lives, and everything that was acknowledged is there. Answers to how many images are not ready.
    async fn check_reads(&self) -> usize {
        self.client.get("/healthz/live").await.unwrap().expect(200);
        let mut in_flight = 0;
        for &product in &self.acknowledged {
            let shown = self.client.get(&format!("/products/{product}")).await.unwrap().expect(200);
            let images = shown["data"]["images"].as_array().unwrap();
            let names = [0, 1].map(|number| format!("{}.jpg", product * 2 + number));
            assert!(images.iter().map(|image| &image["source"]["filename"]).eq(&names), "{shown:#}");
            for image in images {
                assert_ne!(image["status"], "failed", "{shown:#}");
                in_flight += usize::from(image["status"] != "ready");
                if let Some(rendition) = image["renditions"].get(0) {
                    let (status, bytes) = self.client.bytes(rendition["url"].as_str().unwrap()).await.unwrap();
                    assert_eq!((status, rendition["bytes"].as_u64()), (200, Some(bytes.len() as u64)), "{rendition:#}");
                }
            }
        }
        in_flight
    }

    /// Every acknowledged image ends ready and shows what was uploaded, at its first attempt: a full disk is not its fault.
    async fn check_all_ready(&self) {
        for &product in &self.acknowledged {
            let settled = self.client.settled(product, LIMIT).await;
            for (image, number) in settled["images"].as_array().unwrap().iter().zip(0..) {
                assert_eq!((&image["status"], &image["attempts"]), (&"ready".into(), &1.into()), "{settled:#}");
                for rendition in image["renditions"].as_array().unwrap() {
                    let (status, bytes) = self.client.bytes(rendition["url"].as_str().unwrap()).await.unwrap();
                    let picture = self.shows(product * 2 + number).0;
                    assert_eq!((status, picture.differs_from(&bytes)), (200, None), "{rendition:#}");
                }
            }
        }
        assert_eq!(self.check_reads().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_and_is_freed_again_costs_nothing_that_was_acknowledged() {
    let disk = SmallDisk::of_64_megabytes().await;
    let filled = disk.fill("of somebody else", 30_000_000);
    let binary = disk.serve().await;
    let mut shop = Shop::open(&binary).await;
    shop.upload().await.expect(201);
    shop.check_all_ready().await;

    // Little room: uploads are refused, and that is all.
    let refused = loop {
        let answer = shop.upload().await;
        if answer.status == 507 {
            break answer;
        }
    };
    assert_eq!(refused.json["code"], "storage_full", "{:#}", refused.json);
    let accepted = shop.acknowledged.len() * 2;
    assert!(accepted > 10, "only {accepted} images were accepted before the disk was full");

    // No room at all: what is in flight waits.
    let filled = filled + disk.fill("more of it", usize::MAX);
    let in_flight = shop.check_reads().await;
    assert!(in_flight > 0, "nothing was in flight when the disk was full, which proves nothing");
    let product = shop.acknowledged[0];
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        shop.upload_to(product).await.expect(507);
        let answer = shop.client.post("/users", &json!({"first_name": "Ada", "last_name": "Lovelace"})).await.unwrap();
        assert!(matches!(answer.status, 201 | 507), "{}: {:#}", answer.status, answer.json);
        shop.check_reads().await;
    }

    // Room again.
    disk.remove("of somebody else");
    disk.remove("more of it");
    let freed = Instant::now();
    while shop.upload().await.status != 201 {
        assert!(freed.elapsed() < GOES_ON, "uploads are still refused");
        sleep(Duration::from_millis(100)).await;
    }
    // The new ones come on top of these.
    while shop.check_reads().await >= in_flight {
        assert!(freed.elapsed() < GOES_ON, "what was in flight still waits");
        sleep(Duration::from_millis(100)).await;
    }
    let went_on = freed.elapsed();
    shop.check_all_ready().await;
    shop.client.get("/healthz/ready").await.unwrap().expect(200);

    // All of it is on the disk, and not only in the process.
    binary.kill().await;
    let binary = disk.serve().await;
    shop.client = binary.client();
    shop.check_all_ready().await;
    assert!(binary.stop().await, "the binary did not end well");
    report(&format!(
        "full disk: {accepted} images of 1 MB accepted on 64 MB beside {filled} bytes of others', {in_flight} of them in flight without any \
         room, went on {} ms after it was freed; 0 lost, 0 failed",
        went_on.as_millis()
    ));
}
