//! The multipart form that images are uploaded with.

use super::memory::{Share, UploadMemory};
use super::portions::{LONGEST_HEAD, Reading, in_portions};
use crate::faults::{Faults, pointer};
use crate::payload::is_media_type;
use crate::problem::{Problem, ProblemCode};
use poem::web::{Field, Multipart};
use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::impl_apirequest_for_payload;
use poem_openapi::payload::{ParsePayload, Payload};
use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use std::io;
use std::pin::pin;
use tokio::io::{AsyncRead, AsyncReadExt, copy, sink};
use wareroom_application::UploadedFile;
use wareroom_domain::FileName;

const SCHEMA: &str = "ImagesInput";

/// The one field that a form has.
const FILE: &str = "file";

/// The room that a file is given at first, in bytes.
const FIRST_ROOM: usize = 64 * 1024;

/// How much of a form is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FormLimits {
    /// The most bytes that one file may have.
    pub(crate) file_bytes: u64,
    /// How many files.
    pub(crate) files: FileCount,
}

/// How many files a form may bring.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileCount {
    /// No more than a product may have images.
    AtMost(usize),
    /// One, for the place of another.
    One,
}

impl FileCount {
    const fn most(self) -> usize {
        match self {
            Self::AtMost(most) => most,
            Self::One => 1,
        }
    }
}

/// A form with images that is still on its way.
pub(crate) struct ImagesForm {
    parts: Multipart,
    reading: Reading,
}

/// The files of a form, and the memory that they take for as long as this lives.
pub(crate) struct ReadFiles {
    pub(crate) files: Vec<UploadedFile>,
    pub(crate) memory: Share,
}

impl Payload for ImagesForm {
    const CONTENT_TYPE: &'static str = "multipart/form-data";

    fn check_content_type(content_type: &str) -> bool {
        is_media_type(content_type, Self::CONTENT_TYPE)
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(SCHEMA.to_owned())
    }

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(SCHEMA.to_owned(), |_| {
            let inline = |schema| MetaSchemaRef::Inline(Box::new(schema));
            let file = MetaSchema { max_length: Some(20_000_000), ..MetaSchema::new_with_format("string", "binary") };
            let files = MetaSchema {
                description: Some("The images: JPEG, PNG, WebP or GIF. Repeat the part for each."),
                items: Some(Box::new(inline(file))),
                min_items: Some(1),
                max_items: Some(20),
                ..MetaSchema::new("array")
            };
            MetaSchema {
                description: Some("Images to be added to a product."),
                required: vec![FILE],
                properties: vec![(FILE, inline(files))],
                ..MetaSchema::new("object")
            }
        });
    }
}

impl ParsePayload for ImagesForm {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> Result<Self> {
        let (portions, reading) = in_portions(body.take()?);
        let parts = Multipart::from_request(request, &mut RequestBody::new(portions)).await;
        Ok(Self { parts: parts.map_err(|error| unreadable(&error))?, reading })
    }
}

impl_apirequest_for_payload!(ImagesForm);

impl ImagesForm {
    /// Reads every file into memory, one byte beyond the limit at most: a file that is too large is refused by the use
    /// case, together with the faults of the others. What is wrong with the form itself is told here, all at once.
    pub(crate) async fn read(mut self, limits: FormLimits, memory: &UploadMemory) -> Result<ReadFiles, Problem> {
        let (mut files, mut faults, mut memory) = (vec![], Faults::default(), memory.share());
        let mut too_many = false;
        while let Some(field) = self.next().await? {
            let Some(name) = field.name().map(str::to_owned) else {
                let detail = format!("a part of the form has no name and cannot be read; files are sent as `{FILE}`");
                return Err(Problem::new(ProblemCode::InvalidRequest, detail));
            };
            if name == FILE && files.len() == limits.files.most() {
                too_many = true;
                break;
            }
            if name == FILE {
                let file = read_file(field, limits.file_bytes, &mut memory, held(&files)).await?;
                files.push(file);
                memory.resize(held(&files)).await?;
            } else {
                faults.add(|| pointer(&name), format_args!("there is no such field; files are sent as `{FILE}`"));
                if faults.is_full() {
                    break;
                }
                skip(&mut pin!(field.into_async_read())).await?;
            }
        }
        if faults.is_empty() && !too_many {
            return Ok(ReadFiles { files, memory });
        }
        Err(refused(limits, &files, faults, too_many))
    }

    /// The next part; whatever it holds may be read after that.
    async fn next(&mut self) -> Result<Option<Field>, Problem> {
        self.reading.head();
        let field = self.parts.next_field().await.map_err(|error| {
            if self.reading.is_used_up() {
                let detail =
                    format!("a part of the form, or the first one, does not begin within {LONGEST_HEAD} bytes");
                Problem::new(ProblemCode::InvalidRequest, detail)
            } else {
                unreadable(&error)
            }
        });
        self.reading.file();
        field
    }
}

/// The bytes that these files take.
fn held(files: &[UploadedFile]) -> usize {
    files.iter().map(|file| file.bytes.len()).sum()
}

async fn read_file(field: Field, limit: u64, memory: &mut Share, held: usize) -> Result<UploadedFile, Problem> {
    let filename = field.file_name().and_then(file_name);
    let most = usize::try_from(limit.saturating_add(1)).unwrap_or(usize::MAX);
    let mut bytes: Vec<u8> = vec![];
    let mut reader = pin!(field.into_async_read());
    while bytes.len() < most {
        if bytes.len() == bytes.capacity() {
            let room = bytes.capacity().saturating_mul(2).clamp(FIRST_ROOM.min(most), most);
            memory.resize(held.saturating_add(room)).await?;
            bytes.reserve_exact(room - bytes.len());
        }
        let room = bytes.capacity().min(most) - bytes.len();
        if (&mut reader).take(room as u64).read_buf(&mut bytes).await.map_err(|error| unreadable(&error))? == 0 {
            break;
        }
    }
    skip(&mut reader).await?;
    bytes.shrink_to_fit();
    Ok(UploadedFile { filename, bytes: bytes.into() })
}

/// Reads the rest of a part, so that what is read while the next one is looked for is nothing but its head.
async fn skip(reader: &mut (impl AsyncRead + Unpin)) -> Result<(), Problem> {
    copy(reader, &mut sink()).await.map(drop).map_err(|error: io::Error| unreadable(&error))
}

/// What is wrong with a form, and with those of its files that need no closer look.
fn refused(limits: FormLimits, files: &[UploadedFile], mut faults: Faults, too_many: bool) -> Problem {
    let known_fields_only = faults.is_empty();
    for (index, _) in files.iter().enumerate().filter(|(_, file)| file.bytes.len() as u64 > limits.file_bytes) {
        faults.add(|| format!("/{FILE}/{index}"), format_args!("at most {} bytes are allowed", limits.file_bytes));
    }
    let detail = match limits.files {
        FileCount::AtMost(most) => format!("at most {most} files are accepted at once"),
        FileCount::One => "exactly one file is expected".to_owned(),
    };
    if too_many {
        faults.add(|| format!("/{FILE}/{}", limits.files.most()), &detail);
    }
    match limits.files {
        FileCount::AtMost(_) if known_fields_only => {
            Problem::new(ProblemCode::TooManyImages, detail).with_faults(faults.listed)
        }
        FileCount::AtMost(_) | FileCount::One => Problem::invalid(faults),
    }
}

/// The last part of what the client calls the file: some send whole paths.
fn file_name(text: &str) -> Option<FileName> {
    FileName::new(text.rsplit(['/', '\\']).next().unwrap_or_default()).ok()
}

fn unreadable(error: &dyn std::error::Error) -> Problem {
    tracing::debug!(%error, "a form could not be read");
    Problem::new(ProblemCode::InvalidRequest, "the form is not complete multipart/form-data with a boundary")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use poem::Body;

    #[test]
    fn of_a_path_only_the_last_part_is_the_name() {
        let name = |text| file_name(text).map(|name| name.to_string());
        assert_eq!(name("kettle.jpg").as_deref(), Some("kettle.jpg"));
        assert_eq!(name("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(name("C:\\photos\\kettle.jpg").as_deref(), Some("kettle.jpg"));
        for nameless in ["", "photos/", "a\0b", &"x".repeat(256)] {
            assert_eq!(name(nameless), None);
        }
    }

    /// Reads a form whose body comes in pieces of this length.
    async fn read(form: Vec<u8>, piece: usize, limits: FormLimits) -> Result<Vec<UploadedFile>, Problem> {
        let pieces: Vec<_> =
            form.chunks(piece).map(|piece| Ok::<_, io::Error>(Bytes::copy_from_slice(piece))).collect();
        let body = Body::from_bytes_stream(futures::stream::iter(pieces));
        let request = Request::builder().content_type("multipart/form-data; boundary=frontier").body(body);
        let (request, mut body) = request.split();
        let form = <ImagesForm as ParsePayload>::from_request(&request, &mut body).await.unwrap();
        let memory = UploadMemory::new(1 << 20);
        let read = form.read(limits, &memory).await?;
        assert_eq!(read.memory.units(), read.files.iter().map(|file| file.bytes.len()).sum::<usize>().div_ceil(1024));
        Ok(read.files)
    }

    #[tokio::test]
    async fn files_arrive_as_they_were_in_whatever_pieces() {
        // Full of what looks like the beginning of a boundary.
        let file = |length| {
            (0_usize..).map(|n| b"\r\n--frontie\r\r\n-x"[(n ^ (n / 5)) % 16]).take(length).collect::<Vec<u8>>()
        };
        let files = [file(0), file(1), file(70_000), file(300_000), file(131_072)];
        let mut form = b"a preamble\r\n".to_vec();
        for file in &files {
            form.extend_from_slice(b"--frontier\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n");
            form.extend_from_slice(file);
            form.extend_from_slice(b"\r\n");
        }
        form.extend_from_slice(b"--frontier--\r\nan epilogue");
        let at_most_five = FileCount::AtMost(5);
        for piece in [1, 7, 1000, 4096, 100_000, 1 << 20] {
            let read =
                read(form.clone(), piece, FormLimits { file_bytes: 300_000, files: at_most_five }).await.unwrap();
            assert!(read.iter().map(|file| &file.bytes).eq(&files), "in pieces of {piece}");
        }
        let cut = read(form, 1000, FormLimits { file_bytes: 100_000, files: at_most_five }).await.unwrap();
        assert_eq!(cut.iter().map(|file| file.bytes.len()).collect::<Vec<_>>(), [0, 1, 70_000, 100_001, 100_001]);
    }
}
