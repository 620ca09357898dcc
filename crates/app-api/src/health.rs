//! `/healthz`, and the document itself.

use crate::etag;
use crate::payload::RawJson;
use crate::problem::{Problem, ProblemCode};
use crate::refusal::{Plain, Probing, Refusal};
use crate::schema::{HeaderText, Tag};
use bytes::Bytes;
use futures::future::BoxFuture;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, types::Any};
use serde::Serialize;
use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;
use wareroom_application::Application;

/// What this process knows of its own state. Clones say the same.
#[derive(Clone, Default)]
pub struct Readiness(Arc<State>);

#[derive(Default)]
struct State {
    stopping: CancellationToken,
    worker_holds: OnceLock<Box<dyn Fn() -> bool + Send + Sync>>,
    lost: OnceLock<AskLost>,
}

type AskLost = Box<dyn Fn() -> BoxFuture<'static, Vec<LostPart>> + Send + Sync>;

/// A part of Wareroom that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum LostPart {
    /// Where products are kept: requests belong elsewhere.
    Store,
    /// Where images are kept: requests belong elsewhere.
    Blobs,
    /// Where jobs wait: they wait in the store meanwhile.
    Queue,
    /// What answers reads before the store does: they are slower meanwhile.
    Cache,
}

impl LostPart {
    pub(crate) const fn is_needed(self) -> bool {
        matches!(self, Self::Store | Self::Blobs)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Store => "the store",
            Self::Blobs => "the blob store",
            Self::Queue => "the queue",
            Self::Cache => "the cache",
        }
    }
}

impl Readiness {
    /// From now on `/healthz/ready` answers 503, so that whoever hands out requests looks elsewhere, and requests that
    /// wait for news are answered at once. There is no way back.
    pub fn stop(&self) {
        self.0.stopping.cancel();
    }

    /// Whether [`stop`](Self::stop) was called.
    pub fn is_stopping(&self) -> bool {
        self.0.stopping.is_cancelled()
    }

    /// Ends when [`stop`](Self::stop) is called, or was.
    pub(crate) async fn stopping(&self) {
        self.0.stopping.cancelled().await;
    }

    /// Tells `/healthz/ready` of the worker in this process: whether it holds back because of trouble with the stores.
    /// Requests are answered all the same, so it stays ready. Only the first call counts.
    pub fn watch_worker(&self, holds: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.0.worker_holds.set(Box::new(holds));
    }

    /// Tells `/healthz/ready` which parts do not answer, instead of its asking the application's stores each time. Whoever is
    /// asked may remember for a moment what was found. Only the first call counts.
    pub fn watch_parts(&self, lost: impl Fn() -> BoxFuture<'static, Vec<LostPart>> + Send + Sync + 'static) {
        let _ = self.0.lost.set(Box::new(lost));
    }

    /// The parts that do not answer and can be done without; an error when some are needed.
    async fn lost(&self, application: &Application) -> Result<Vec<LostPart>, Problem> {
        let Some(ask) = self.0.lost.get() else {
            application.check().await?;
            return Ok(vec![]);
        };
        let lost = ask().await;
        let needed: Vec<&str> = lost.iter().filter(|part| part.is_needed()).map(|part| part.name()).collect();
        match needed.as_slice() {
            [] => Ok(lost),
            [part] => Err(Problem::new(ProblemCode::Unavailable, format!("{part} does not answer; try again later"))),
            parts => {
                let detail = format!("{} do not answer; try again later", parts.join(" and "));
                Err(Problem::new(ProblemCode::Unavailable, detail))
            }
        }
    }

    fn worker(&self) -> WorkerStatus {
        match self.0.worker_holds.get() {
            None => WorkerStatus::Elsewhere,
            Some(holds) if holds() => WorkerStatus::Holding,
            Some(_) => WorkerStatus::Working,
        }
    }
}

pub(crate) struct HealthApi {
    pub(crate) application: Arc<Application>,
    pub(crate) readiness: Readiness,
    pub(crate) document: Bytes,
    pub(crate) document_etag: String,
}

/// How the service is.
#[derive(Object, Serialize)]
pub(crate) struct Health {
    status: HealthStatus,
    worker: WorkerStatus,
    /// Parts that do not answer although requests are answered.
    #[oai(validator(max_items = 4))]
    lost: Vec<LostPart>,
}

/// How the worker of the same process is, for programs.
#[derive(Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum WorkerStatus {
    /// It takes jobs.
    Working,
    /// It waits for the stores: what it has is held, nothing is lost.
    Holding,
    /// There is none in this process.
    Elsewhere,
}

/// How the service is, for programs.
#[derive(Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum HealthStatus {
    Live,
    Ready,
}

#[derive(ApiResponse)]
pub(crate) enum HealthAnswer {
    /// All is well.
    #[oai(status = 200)]
    Well(RawJson<Health>),
}

impl HealthAnswer {
    fn new(status: HealthStatus, worker: WorkerStatus, lost: Vec<LostPart>) -> Self {
        Self::Well(RawJson::of(&Health { status, worker, lost }))
    }
}

#[derive(ApiResponse)]
pub(crate) enum DocumentAnswer {
    /// The document.
    #[oai(status = 200)]
    Document(
        RawJson<Any<serde_json::Value>>,
        /// Identifies this version of the document.
        #[oai(header = "ETag")]
        String,
        /// Keep it, and ask each time whether it still holds.
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// The document is as `If-None-Match` says.
    #[oai(status = 304)]
    NotModified(
        /// Identifies this version of the document.
        #[oai(header = "ETag")]
        String,
        /// Keep it, and ask each time whether it still holds.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Service")]
impl HealthApi {
    /// Ask whether the process runs
    ///
    /// Asks nothing of the stores: a process that does not answer this is to be started anew.
    #[expect(clippy::unused_async, reason = "the framework asks for it")]
    #[oai(path = "/healthz/live", method = "get", operation_id = "get_liveness")]
    async fn live(&self) -> Result<HealthAnswer, Refusal<Plain>> {
        Ok(HealthAnswer::new(HealthStatus::Live, self.readiness.worker(), vec![]))
    }

    /// Ask whether the stores can be used
    ///
    /// 503 while they cannot, and from the moment on that the server is stopping: requests belong elsewhere then. `detail`
    /// names what does not answer; what can be done without is in `lost` of a 200.
    #[oai(path = "/healthz/ready", method = "get", operation_id = "get_readiness")]
    async fn ready(&self) -> Result<HealthAnswer, Refusal<Probing>> {
        if self.readiness.is_stopping() {
            return Err(Problem::new(ProblemCode::Unavailable, "the server is stopping").into());
        }
        let lost = self.readiness.lost(&self.application).await?;
        Ok(HealthAnswer::new(HealthStatus::Ready, self.readiness.worker(), lost))
    }

    /// Get this document
    ///
    /// The description of the API that `/docs` shows.
    #[expect(clippy::unused_async, reason = "the framework asks for it")]
    #[oai(path = "/openapi.json", method = "get", operation_id = "get_openapi")]
    async fn openapi(
        &self,
        #[oai(name = "If-None-Match")] if_none_match: HeaderText,
    ) -> Result<DocumentAnswer, Refusal<Plain>> {
        let (etag, control) = (self.document_etag.clone(), "no-cache".to_owned());
        if etag::none_match(if_none_match.0.as_deref(), &etag) {
            return Ok(DocumentAnswer::NotModified(etag, control));
        }
        Ok(DocumentAnswer::Document(RawJson::kept(self.document.clone()), etag, control))
    }
}
