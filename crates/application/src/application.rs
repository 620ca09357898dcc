//! Everything that Wareroom does.

use crate::{
    AddImages, AddedImages, AttemptBegun, Context, CreateProduct, Error, ErrorCode, FoundProduct, ImageAttempt,
    Outcome, Pruned, RegisterUser, Settings, Sourced, catalogue, delivery, images, upkeep, users,
};
use std::{ops::Range, sync::Arc};
use wareroom_domain::{BlobKey, EventPosition, Job, ProductId, Stamped, User, UserId};
use wareroom_ports::{
    Blob, BlobStore, Clock, EventLog, Ids, ImageCodec, ImageSource, Invalidations, OutboxRelay, ProductQueries,
    ProductView, Queue, Retention, Space, Store,
};

/// The adapters that an application is built on.
#[derive(Clone)]
pub struct Ports {
    /// Products, images, users and what is written with them.
    pub store: Arc<dyn Store>,
    /// Reads outside a unit of work, usually behind a cache.
    pub products: Arc<dyn ProductQueries>,
    /// The store's outbox, when its jobs are relayed to a queue; `None` when the store is its own queue.
    pub outbox: Option<Arc<dyn OutboxRelay>>,
    /// Where jobs wait for a worker.
    pub queue: Arc<dyn Queue>,
    /// What happened.
    pub events: Arc<dyn EventLog>,
    /// Tells caches what to forget.
    pub invalidations: Arc<dyn Invalidations>,
    /// Removes what was kept long enough.
    pub retention: Arc<dyn Retention>,
    /// Sources and renditions.
    pub blobs: Arc<dyn BlobStore>,
    /// Fetches images from URLs.
    pub image_source: Arc<dyn ImageSource>,
    /// Makes renditions.
    pub codec: Arc<dyn ImageCodec>,
    /// How much more can be kept.
    pub space: Arc<dyn Space>,
    /// The time that users see.
    pub clock: Arc<dyn Clock>,
    /// New identities.
    pub ids: Arc<dyn Ids>,
}

/// The application: cheap to share behind an `Arc`, safe to call from any number of tasks.
pub struct Application {
    pub(crate) ports: Ports,
    pub(crate) settings: Settings,
}

impl Application {
    /// An application over these adapters.
    pub fn new(ports: Ports, settings: Settings) -> Self {
        Self { ports, settings }
    }

    /// The adapters: edges consume the queue and listen to invalidations directly.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The limits and times that it works with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    // ---- users

    /// Registers a user.
    pub async fn register_user(&self, context: &Context, command: RegisterUser) -> Result<User, Error> {
        users::register_user::execute(self, context, command).await
    }

    // ---- the catalogue

    /// Accepts a product, with the URLs of its first images.
    pub async fn create_product(&self, context: &Context, command: CreateProduct) -> Result<ProductView, Error> {
        catalogue::create_product::execute(self, context, command).await
    }

    /// A product with its images.
    pub async fn get_product(&self, context: &Context, id: ProductId) -> Result<FoundProduct, Error> {
        catalogue::get_product::execute(self, context, id).await
    }

    /// Whether the caller may see the products of this owner: asked for every answer that comes from a cache above the
    /// application.
    pub fn may_read_product(&self, context: &Context, owner: UserId) -> Result<(), Error> {
        catalogue::get_product::authorise(context, owner)
    }

    // ---- images

    /// Accepts uploaded images of a product, all of them or none.
    pub async fn add_images(&self, context: &Context, command: AddImages) -> Result<AddedImages, Error> {
        images::add_images::execute(self, context, command).await
    }

    /// A rendition's bytes, or the part of them within `range`.
    pub async fn get_rendition(&self, key: BlobKey, range: Option<Range<u64>>) -> Result<Blob, Error> {
        images::get_rendition::execute(self, key, range).await
    }

    /// Gets hold of the bytes of the image that a job names when they are elsewhere, before an attempt begins. Takes a
    /// socket, hardly any processor: many may run side by side.
    pub async fn fetch_source(&self, job: &Stamped<Job>) -> Result<Sourced, Error> {
        images::attempt::fetch(self, job).await
    }

    /// Begins an attempt at the image that a job names.
    pub async fn begin_attempt(&self, job: &Stamped<Job>) -> Result<AttemptBegun, Error> {
        images::attempt::begin(self, job).await
    }

    /// Makes the attempt and stores its outcome; `sourced` is what [`fetch_source`](Self::fetch_source) gave. If it
    /// [renders](Sourced::renders), takes a processor and memory for the decoded picture. Safe to call again with the same
    /// attempt after an error.
    pub async fn make_attempt(&self, attempt: &ImageAttempt, sourced: &Sourced) -> Result<Outcome, Error> {
        images::attempt::make(self, attempt, sourced).await
    }

    /// Ends an attempt that took too long: it counts, and another is made after the back-off if one is left.
    pub async fn overrun_attempt(&self, attempt: &ImageAttempt) -> Result<Outcome, Error> {
        images::attempt::overrun(self, attempt).await
    }

    /// Gives back an attempt that cannot be made now; it does not count.
    pub async fn hand_back_attempt(&self, attempt: &ImageAttempt) -> Result<(), Error> {
        images::attempt::hand_back(self, attempt).await
    }

    /// Asks again for images whose attempt did not end for so long that its job must be gone; answers to how many.
    pub async fn rescue_images(&self) -> Result<usize, Error> {
        images::rescue_images::execute(self).await
    }

    // ---- delivery: steps that a worker repeats

    /// Publishes a batch of the outbox; answers to how many jobs, 0 when the store is its own queue.
    pub async fn relay_outbox(&self) -> Result<usize, Error> {
        delivery::relay_outbox::execute(self).await
    }

    /// Gives positions to a batch of events; answers to how many.
    pub async fn sequence_events(&self) -> Result<usize, Error> {
        delivery::sequence_events::execute(self).await
    }

    /// Announces what a batch of events after `position` invalidates; answers the position of the last one.
    pub async fn announce_events(&self, position: EventPosition) -> Result<EventPosition, Error> {
        delivery::announce_events::execute(self, position).await
    }

    // ---- upkeep

    /// Removes what was kept long enough: rows, leftovers, blobs that nobody names. A dry run only counts. Safe to run in any
    /// number of processes.
    pub async fn prune(&self, dry_run: bool) -> Result<Pruned, Error> {
        upkeep::prune::execute(self, dry_run).await
    }

    // ---- room

    /// An error when there is less room than new images need. Reads, deletes and everything else go on.
    pub(crate) fn require_space(&self) -> Result<(), Error> {
        let free = self.ports.space.free().map_err(|error| {
            Error::new(ErrorCode::Unavailable, "the free space cannot be told now; try again later").caused_by(error)
        })?;
        if free.is_some_and(|free| free < self.settings.min_free_space) {
            let detail = "there is too little space left for images; free some or ask the operator";
            return Err(Error::new(ErrorCode::StorageFull, detail));
        }
        Ok(())
    }

    // ---- health

    /// Whether the stores can be used now.
    pub async fn check(&self) -> Result<(), Error> {
        self.ports.store.check().await?;
        self.ports.blobs.check().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edges run use cases on a multi-threaded runtime.
    #[expect(dead_code, reason = "it is enough that it compiles")]
    fn use_cases_can_be_spawned(app: &Application, attempt: &ImageAttempt, job: &Stamped<Job>) {
        fn send(_: impl Send) {}
        send(app.fetch_source(job));
        send(app.make_attempt(attempt, &Sourced::Kept));
        send(app.hand_back_attempt(attempt));
        send(app.begin_attempt(job));
        send(app.rescue_images());
        send(app.prune(false));
        send(app.relay_outbox());
        send(async {
            app.add_images(&Context::operator(), AddImages { product: ProductId::new(1).unwrap(), files: vec![] }).await
        });
    }
}
