//! The whole stack: what happens to a request, from the outside in.
//!
//! ```text
//! request_id -> count -> request_log -> cors -> at_hand -> time -> refusal::render -> CatchPanic -> routes -> pages -> body limits -> the operation
//! ```

use crate::changes::Changes;
use crate::content::BodyKind;
use crate::cors::{self, Cors};
use crate::dead_letters::DeadLettersApi;
use crate::figures::{self, Requests};
use crate::health::{HealthApi, Readiness};
use crate::images::{ImagesApi, UploadMemory};
use crate::links::Links;
use crate::media::MediaApi;
use crate::near_cache::NearCache;
use crate::pages::{self, Pages};
use crate::products::{AtHand, ProductsApi, answer_at_hand};
use crate::routes::Routes;
use crate::server::{BodyLimits, BodyLimitsEndpoint};
use crate::settings::ApiSettings;
use crate::users::UsersApi;
use crate::{refusal, request_id, request_log, routes, spec};
use bytes::Bytes;
use poem::endpoint::{BoxEndpoint, EndpointExt};
use poem::middleware::CatchPanic;
use poem::{Endpoint, IntoEndpoint, IntoResponse, Middleware, Request, Response, Result};
use poem_openapi::OpenApiService;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use wareroom_application::Application;
use wareroom_ports::MediaLinks;

/// Every operation there is.
pub(crate) type Operations = (UsersApi, ProductsApi, ImagesApi, MediaApi, DeadLettersApi, HealthApi);

/// The REST edge over an application.
pub struct Api {
    application: Arc<Application>,
    settings: ApiSettings,
    near: Arc<NearCache>,
    changes: Arc<Changes>,
    uploads: UploadMemory,
    readiness: Readiness,
}

impl Api {
    /// The edge over this application. From here on it listens to what the application announces.
    pub fn new(application: Arc<Application>, settings: ApiSettings) -> Self {
        let near = Arc::new(NearCache::new(settings.near_cache_entries, settings.near_cache_ttl));
        let changes = Arc::new(Changes::default());
        let (forgetting, telling) = (Arc::clone(&near), Arc::clone(&changes));
        application.ports().invalidations.subscribe(Arc::new(move |change| {
            // In this order: who is told reads at once.
            forgetting.forget(change);
            telling.tell(change);
        }));
        let uploads = UploadMemory::new(settings.upload_memory_bytes);
        Self { application, settings, near, changes, uploads, readiness: Readiness::default() }
    }

    /// The handle to say that this process is stopping.
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Everything that answers requests. It answers errors too: its own result is always `Ok`.
    pub fn endpoint(&self) -> BoxEndpoint<'static, Response> {
        let routes = Arc::new(Routes::of::<Operations>().with_pages(&pages::PATHS));
        let (cors_routes, log_routes) = (Arc::clone(&routes), Arc::clone(&routes));
        let requests = Arc::new(Requests::new(Arc::clone(&routes)));
        let timed = Arc::clone(&requests);
        let ports = self.application.ports();
        let elsewhere = ports.media_links.as_deref().map(MediaLinks::origin);
        let (pages, ids) = (Arc::new(Pages::new(&self.settings, elsewhere)), Arc::clone(&ports.ids));
        let cors = Arc::new(Cors::new(&self.settings.cors_origins));
        let at_hand = Arc::new(AtHand { application: Arc::clone(&self.application), near: Arc::clone(&self.near) });
        let base: Arc<str> = Links::new(&self.settings).public_path().into();
        Limited::new(OpenApiService::new(self.operations(), "Wareroom", "").into_endpoint(), &self.settings)
            .around(move |next, request| pages::serve(Arc::clone(&pages), next, request))
            .around(move |next, request| routes::admit(Arc::clone(&routes), next, request))
            // Calls are moved when they are made, with all that they call within them: boxes keep them small (ADR 14).
            .boxed()
            .with(CatchPanic::new().with_handler(refusal::panicked))
            .around(move |next, request| refusal::render(Arc::clone(&base), next, request))
            .around(move |next, request| figures::time(Arc::clone(&timed), next, request))
            .boxed()
            .around(move |next, request| answer_at_hand(Arc::clone(&at_hand), next, request))
            .around(move |next, request| cors::share(Arc::clone(&cors), Arc::clone(&cors_routes), next, request))
            .around(move |next, request| request_log::log(Arc::clone(&log_routes), next, request))
            .around(move |next, request| figures::count(Arc::clone(&requests), next, request))
            .around(move |next, request| request_id::identify(Arc::clone(&ids), next, request))
            .boxed()
    }

    fn operations(&self) -> Operations {
        let application = || Arc::clone(&self.application);
        let links = Arc::new(Links::new(&self.settings));
        let document = Bytes::from(spec::openapi_at(links.public(), &links.public_path()));
        let document_etag = format!("\"{}\"", wareroom_domain::Sha256(Sha256::digest(&document).into()));
        (
            UsersApi { application: application(), links: Arc::clone(&links) },
            ProductsApi {
                application: application(),
                near: Arc::clone(&self.near),
                changes: Arc::clone(&self.changes),
                readiness: self.readiness(),
                links: Arc::clone(&links),
            },
            ImagesApi { application: application(), links, memory: self.uploads.clone() },
            MediaApi { application: application() },
            DeadLettersApi { application: application() },
            HealthApi { application: application(), readiness: self.readiness(), document, document_etag },
        )
    }
}

/// Bounds bodies by what the operation takes: files, images in JSON, or plain JSON. A body that is not asked for is never read.
struct Limited<E> {
    inner: Arc<E>,
    json: BodyLimitsEndpoint<Arc<E>>,
    images: BodyLimitsEndpoint<Arc<E>>,
    files: BodyLimitsEndpoint<Arc<E>>,
}

impl<E: Endpoint> Limited<E> {
    fn new(inner: E, settings: &ApiSettings) -> Self {
        let inner = Arc::new(inner);
        let limits = |max_bytes| BodyLimits { max_bytes, idle_timeout: settings.body_idle_timeout };
        Self {
            json: limits(settings.json_max_bytes).transform(Arc::clone(&inner)),
            images: limits(settings.base64_max_bytes).transform(Arc::clone(&inner)),
            files: limits(settings.multipart_max_bytes).transform(Arc::clone(&inner)),
            inner,
        }
    }
}

impl<E: Endpoint> Endpoint for Limited<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        match request.data::<BodyKind>() {
            Some(BodyKind::Form) => self.files.call(request).await,
            Some(BodyKind::Image) => self.images.call(request).await,
            Some(BodyKind::Json | BodyKind::MergePatch) => self.json.call(request).await,
            None => self.inner.call(request).await.map(IntoResponse::into_response),
        }
    }
}
