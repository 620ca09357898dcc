//! Acknowledged means on disk: the order of system calls during an upload.
//!
//! The binary runs behind `strace`. Before the answer to an upload is sent, the source's bytes must have been synced, then its
//! name's folder, then the write-ahead log that names it; and no rendition may be named before it was synced.

use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;
use wareroom_test_kit::{Encoding, Picture, RunningBinary};

/// One system call that matters here, in the order of their ends.
#[derive(Debug, PartialEq)]
enum Call {
    /// A file of the blob store was synced.
    SyncBlob(String),
    /// A file got its final name.
    Name(String),
    /// A folder of the blob store was synced.
    SyncFolder(String),
    /// A page with the rows of renditions of these names was written to the database's log.
    LogRows(Vec<&'static str>),
    /// The database's log was synced.
    SyncLog,
    /// Bytes that begin like an answer with this status were sent.
    Answer(u16),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blob_and_its_folder_and_the_row_are_synced_in_this_order_before_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (data, trace) = (folder.path().join("data"), folder.path().join("trace"));
    let mut strace = Command::new("strace");
    strace.args([
        "-f",
        "-y",
        "-s",
        "5000",
        "-e",
        "trace=fsync,fdatasync,pwrite64,rename,renameat,renameat2,link,linkat,write,writev,sendto,sendmsg",
    ]);
    strace.arg("-o").arg(&trace);
    let binary = RunningBinary::start_behind(strace, &data, &[]).await;
    let client = binary.client();
    let product = client.product(client.user().await.unwrap(), "camera").await.unwrap();
    let file = Picture::new(4, 640, 480).encode(Encoding::Png);
    let added = client.upload(product, vec![("photo.png".to_owned(), file)]).await.unwrap().expect(201);
    let source = added["data"]["images"][0]["source"]["sha256"].as_str().unwrap().to_owned();
    let settled = client.settled(product, Duration::from_mins(1)).await;
    end(binary).await;

    let calls = &calls(&trace, &data);
    // The last thing that was created. What was answered before it may be in the trace only after its client has read it.
    let answered = calls.iter().rposition(|call| *call == Call::Answer(201)).unwrap();
    let named = name_of(calls, &source);
    assert!(named.1 < answered, "the source was named after the answer");
    assert_durable(calls, &source, named, answered);
    for rendition in settled["images"][0]["renditions"].as_array().unwrap() {
        let (key, name) = (key_of(rendition), rendition["name"].as_str().unwrap());
        let named = name_of(calls, &key);
        let row = position(calls, 0, |call| matches!(call, Call::LogRows(written) if written.contains(&name)));
        assert_synced(calls, &key, named, row);
        position(calls, row, |call| *call == Call::SyncLog);
    }
}

/// From the sync of a blob's bytes to the sync of the log that names it, in order, before `end`.
fn assert_durable(calls: &[Call], key: &str, named: (String, usize), end: usize) {
    let folder = assert_synced(calls, key, named, end);
    let log = position(calls, folder, |call| *call == Call::SyncLog);
    assert!(log < end, "{key}: folder at {folder}, log at {log}, end at {end}: {calls:#?}");
}

/// The sync of a blob's bytes, its name, the sync of its folder, in order, before `end`; answers where the last one was.
fn assert_synced(calls: &[Call], key: &str, (from, named): (String, usize), end: usize) -> usize {
    let bytes = calls[..named].iter().rposition(|call| *call == Call::SyncBlob(from.clone()));
    assert!(bytes.is_some(), "the bytes of {key} were not synced before they got their name: {calls:#?}");
    let folder = position(calls, named, |call| matches!(call, Call::SyncFolder(_)));
    assert!(folder < end, "{key}: folder at {folder}, end at {end}: {calls:#?}");
    folder
}

fn position(calls: &[Call], from: usize, wanted: impl Fn(&Call) -> bool) -> usize {
    let found = calls[from..].iter().position(wanted);
    from + found.unwrap_or_else(|| panic!("not found after {from}: {calls:#?}"))
}

/// The temporary name that a blob's bytes had, and where they got their own.
fn name_of(calls: &[Call], key: &str) -> (String, usize) {
    let named = calls.iter().enumerate().find_map(|(index, call)| match call {
        Call::Name(paths) if paths.ends_with(key) => Some((paths.split(" -> ").next()?.to_owned(), index)),
        _ => None,
    });
    named.unwrap_or_else(|| panic!("{key} was never named: {calls:#?}"))
}

fn key_of(rendition: &Value) -> String {
    rendition["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// What the trace tells, each call at its end.
fn calls(trace: &Path, data: &Path) -> Vec<Call> {
    let blobs = data.join("blobs").canonicalize().unwrap();
    let text = String::from_utf8_lossy(&std::fs::read(trace).unwrap()).into_owned();
    let mut begun = std::collections::HashMap::new();
    let mut calls = vec![];
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(unfinished) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, unfinished.to_owned());
        } else if call.starts_with("<... ") {
            let Some(start) = begun.remove(thread) else { continue };
            let end = call.split_once("resumed>").map_or("", |(_, end)| end);
            calls.extend(read(&format!("{start}{end}"), &blobs));
        } else {
            calls.extend(read(call, &blobs));
        }
    }
    calls
}

fn read(call: &str, blobs: &Path) -> Option<Call> {
    let (name, rest) = call.split_once('(')?;
    let succeeded = !rest.contains(" = -1 ");
    let path = || rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path.to_owned());
    match name {
        "fsync" | "fdatasync" if succeeded => {
            let path = path()?;
            if path.ends_with("-wal") {
                return Some(Call::SyncLog);
            }
            let inside = Path::new(&path).starts_with(blobs);
            inside.then(|| if Path::new(&path).is_dir() { Call::SyncFolder(path) } else { Call::SyncBlob(path) })
        }
        "pwrite64" if path()?.ends_with("-wal") => {
            // A row's texts stand side by side: the name, then the format.
            let rows = [("thumb", "thumbwebp"), ("medium", "mediumwebp"), ("main", "mainjpeg")];
            let written: Vec<_> =
                rows.into_iter().filter(|(_, row)| rest.contains(row)).map(|(name, _)| name).collect();
            (!written.is_empty()).then_some(Call::LogRows(written))
        }
        "rename" | "renameat" | "renameat2" | "link" | "linkat" if succeeded => {
            let names: Vec<&str> = rest.split('"').skip(1).step_by(2).collect();
            Some(Call::Name(format!("{} -> {}", names.first()?, names.get(1)?)))
        }
        "write" | "writev" | "sendto" | "sendmsg" => {
            let (_, status) = rest.split_once("\"HTTP/1.1 ")?;
            Some(Call::Answer(status.get(..3)?.parse().ok()?))
        }
        _ => None,
    }
}

/// Ends the traced binary, and with it the tracer.
async fn end(binary: RunningBinary) {
    let tracer = binary.id();
    let children = std::fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap();
    let child: i32 = children.split_whitespace().next().unwrap().parse().unwrap();
    let child = rustix::process::Pid::from_raw(child).unwrap();
    rustix::process::kill_process(child, rustix::process::Signal::TERM).unwrap();
    binary.ended().await;
}
