//! Everything that Wareroom does.

use crate::{
    AddImageByUrl, AddImages, AddedImages, Answered, AttemptBegun, Context, CreateProduct, DeleteImage, DeleteProduct,
    EditImage, EditProduct, Error, ErrorCode, FoundImage, FoundProduct, ImageAttempt, ListDeadLetters, ListProducts,
    ListUsers, Listed, Outcome, Pruned, RegisterUser, ReplaceImage, RetryImage, Settings, Sourced, catalogue,
    dead_letters, delivery, images, pressure::Pressure, upkeep, users,
};
use jiff::Timestamp;
use std::{ops::Range, sync::Arc};
use wareroom_domain::{BlobKey, DeadLetterId, EventPosition, ImageId, Job, ProductId, Stamped, User, UserId};
use wareroom_ports::{
    Blob, BlobStore, Clock, DeadLetter, DeadLetterCount, DeadLetterFilter, DeadLetterQueries, EventLog, Ids,
    ImageCodec, ImageSource, Invalidations, MediaLink, MediaLinks, OutboxRelay, ProductPlace, ProductQueries,
    ProductView, Queue, Retention, Space, Store, UserQueries,
};

/// The adapters that an application is built on. Whoever brings an adapter of their own puts it in the place of another:
/// `Ports { blobs: mine, ..application.ports().clone() }`.
#[derive(Clone)]
pub struct Ports {
    /// Products, images, users and what is written with them.
    pub store: Arc<dyn Store>,
    /// Reads outside a unit of work, usually behind a cache.
    pub products: Arc<dyn ProductQueries>,
    /// Users, read outside a unit of work.
    pub users: Arc<dyn UserQueries>,
    /// Dead letters, read outside a unit of work.
    pub dead_letters: Arc<dyn DeadLetterQueries>,
    /// The store's outbox, when its jobs are relayed to a queue; `None` when the store is its own queue.
    pub outbox: Option<Arc<dyn OutboxRelay>>,
    /// The store's outbox, whoever takes jobs from it: it tells how many wait.
    pub jobs: Arc<dyn OutboxRelay>,
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
    /// Sends clients to where renditions are kept; `None` when this application hands them out itself.
    pub media_links: Option<Arc<dyn MediaLinks>>,
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
///
/// Its errors say by their [`ErrorCode`] what a caller can do. [`Unavailable`](ErrorCode::Unavailable) and
/// [`StorageFull`](ErrorCode::StorageFull) may come of every call that asks a store, [`Conflict`](ErrorCode::Conflict) of every
/// write, once it was tried several times; with an idempotency key, of every call that answers [`Answered`],
/// [`InProgress`](ErrorCode::InProgress) and [`KeyReused`](ErrorCode::KeyReused) too. Calls with a precondition answer
/// [`PreconditionFailed`](ErrorCode::PreconditionFailed) unless it holds, calls that bring image work
/// [`TooMuchWaiting`](ErrorCode::TooMuchWaiting) while so much waits that no more is accepted. Every other kind is named at its calls. A call that is
/// dropped half-way has done all of its write, or nothing.
pub struct Application {
    pub(crate) ports: Ports,
    pub(crate) settings: Settings,
    pub(crate) pressure: Pressure,
}

impl Application {
    /// An application over these adapters.
    pub fn new(ports: Ports, settings: Settings) -> Self {
        Self { ports, settings, pressure: Pressure::default() }
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
    pub async fn register_user(&self, context: &Context, command: RegisterUser) -> Result<Answered<User>, Error> {
        users::register_user::execute(self, context, command).await
    }

    /// A user; else `NotFound`.
    pub async fn get_user(&self, context: &Context, id: UserId) -> Result<User, Error> {
        users::get_user::execute(self, context, id).await
    }

    /// A part of the list of users, by id; empty behind its end.
    pub async fn list_users(&self, context: &Context, command: ListUsers) -> Result<Listed<User, UserId>, Error> {
        users::list_users::execute(self, context, command).await
    }

    // ---- the catalogue

    /// Accepts a product, with the URLs of its first images: their jobs are stored with it. `UnknownUser` when its owner is not
    /// there, `TooManyImages` beyond what a product may have.
    pub async fn create_product(
        &self,
        context: &Context,
        command: CreateProduct,
    ) -> Result<Answered<ProductView>, Error> {
        catalogue::create_product::execute(self, context, command).await
    }

    /// A product with its images; else `NotFound`.
    pub async fn get_product(&self, context: &Context, id: ProductId) -> Result<FoundProduct, Error> {
        catalogue::get_product::execute(self, context, id).await
    }

    /// A part of the list of products, each with its images; empty behind its end.
    pub async fn list_products(
        &self,
        context: &Context,
        command: ListProducts,
    ) -> Result<Listed<ProductView, ProductPlace>, Error> {
        catalogue::list_products::execute(self, context, command).await
    }

    /// Changes what a product is, all of it or a part, and which images it has from URLs. `NotFound`, `TooManyImages`, and
    /// `Invalid` when it would become another user's.
    pub async fn edit_product(&self, context: &Context, command: EditProduct) -> Result<ProductView, Error> {
        catalogue::edit_product::execute(self, context, command).await
    }

    /// Deletes a product and its images; else `NotFound`. Blobs that nobody else uses go with a later [`prune`](Self::prune).
    pub async fn delete_product(&self, context: &Context, command: DeleteProduct) -> Result<(), Error> {
        catalogue::delete_product::execute(self, context, command).await
    }

    /// Whether the caller may see the products of this owner, `NotFound` if not: asked for every answer that comes from a cache
    /// above the application.
    pub fn may_read_product(&self, context: &Context, owner: UserId) -> Result<(), Error> {
        catalogue::get_product::authorise(context, owner)
    }

    // ---- images

    /// Accepts uploaded images of a product, all of them or none: when it answers, they are on disk. `NotFound`,
    /// `TooManyImages`, and what can be told from their first bytes, with a fault for each file: `TooLarge`,
    /// `UnsupportedImage`, `TooManyPixels`, `Invalid` when there is none.
    pub async fn add_images(&self, context: &Context, command: AddImages) -> Result<Answered<AddedImages>, Error> {
        images::add_images::execute(self, context, command).await
    }

    /// Accepts an image of a product that is to be fetched from a URL. `NotFound`, `TooManyImages`.
    pub async fn add_image_by_url(
        &self,
        context: &Context,
        command: AddImageByUrl,
    ) -> Result<Answered<AddedImages>, Error> {
        images::add_image_by_url::execute(self, context, command).await
    }

    /// One image of a product; else `NotFound`.
    pub async fn get_image(&self, context: &Context, product: ProductId, id: ImageId) -> Result<FoundImage, Error> {
        images::get_image::execute(self, context, product, id).await
    }

    /// Gives an image another source; it keeps its id, its place and what is said about it. `NotFound`, and for a file what
    /// [`add_images`](Self::add_images) says of one.
    pub async fn replace_image(&self, context: &Context, command: ReplaceImage) -> Result<ProductView, Error> {
        images::replace_image::execute(self, context, command).await
    }

    /// Changes what is said about an image, or its place among the product's images; else `NotFound`.
    pub async fn edit_image(&self, context: &Context, command: EditImage) -> Result<ProductView, Error> {
        images::edit_image::execute(self, context, command).await
    }

    /// Removes an image of a product; else `NotFound`.
    pub async fn delete_image(&self, context: &Context, command: DeleteImage) -> Result<(), Error> {
        images::delete_image::execute(self, context, command).await
    }

    /// Asks again for an image that failed: its attempts start from none. `NotFound`, and `WrongState` unless it failed.
    pub async fn retry_image(&self, context: &Context, command: RetryImage) -> Result<Answered<ProductView>, Error> {
        images::retry_image::execute(self, context, command).await
    }

    /// A rendition's bytes, or the part of them within `range`, in bytes from 0; else `NotFound`, as for every source.
    pub async fn get_rendition(&self, key: BlobKey, range: Option<Range<u64>>) -> Result<Blob, Error> {
        images::get_rendition::execute(self, key, range).await
    }

    /// Where a client gets a rendition's bytes itself; `None` when this application hands them out. `NotFound` when there is no
    /// such rendition, as for every source.
    pub async fn link_to_rendition(&self, key: BlobKey) -> Result<Option<MediaLink>, Error> {
        images::get_rendition::link(self, key).await
    }

    /// Gets hold of the bytes of the image that a job names when they are elsewhere, before an attempt begins. Takes a
    /// socket, hardly any processor: many may run side by side.
    pub async fn fetch_source(&self, job: &Stamped<Job>) -> Result<Sourced, Error> {
        images::attempt::fetch(self, job).await
    }

    /// Begins an attempt at the image that a job names; `sourced` is what [`fetch_source`](Self::fetch_source) gave.
    pub async fn begin_attempt(&self, job: &Stamped<Job>, sourced: &Sourced) -> Result<AttemptBegun, Error> {
        images::attempt::begin(self, job, sourced).await
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

    // ---- dead letters

    /// A part of the list of dead letters, the newest first; empty behind its end.
    pub async fn list_dead_letters(
        &self,
        context: &Context,
        command: ListDeadLetters,
    ) -> Result<Listed<DeadLetter, (Timestamp, DeadLetterId)>, Error> {
        dead_letters::list_dead_letters::execute(self, context, command).await
    }

    /// A dead letter; else `NotFound`.
    pub async fn get_dead_letter(&self, context: &Context, id: DeadLetterId) -> Result<DeadLetter, Error> {
        dead_letters::get_dead_letter::execute(self, context, id).await
    }

    /// The dead letters that fit, counted by reason and host, the most first.
    pub async fn summarise_dead_letters(
        &self,
        context: &Context,
        filter: &DeadLetterFilter,
    ) -> Result<Vec<DeadLetterCount>, Error> {
        dead_letters::summarise_dead_letters::execute(self, context, filter).await
    }

    /// Does again what a dead letter asks for: its image starts with no attempts. The letter is gone then. Answers to how
    /// many images are processed again: none when its own is gone or has not failed. `NotFound` when the letter is gone.
    pub async fn retry_dead_letter(&self, context: &Context, id: DeadLetterId) -> Result<Answered<u64>, Error> {
        dead_letters::retry_dead_letter::execute(self, context, id).await
    }

    /// Asks for all dead letters that fit to be replayed, by and by; answers to how many.
    pub async fn retry_dead_letters(
        &self,
        context: &Context,
        filter: &DeadLetterFilter,
    ) -> Result<Answered<u64>, Error> {
        dead_letters::retry_dead_letters::execute(self, context, filter).await
    }

    /// Removes a dead letter; else `NotFound`. Its image stays as it is.
    pub async fn discard_dead_letter(&self, context: &Context, id: DeadLetterId) -> Result<(), Error> {
        dead_letters::discard_dead_letter::execute(self, context, id).await
    }

    /// Removes all dead letters that fit; answers to how many. Their images stay as they are.
    pub async fn discard_dead_letters(
        &self,
        context: &Context,
        filter: &DeadLetterFilter,
    ) -> Result<Answered<u64>, Error> {
        dead_letters::discard_dead_letters::execute(self, context, filter).await
    }

    /// Replays a batch of the dead letters that are to be replayed; answers to how many, 0 when there is none.
    pub async fn replay_dead_letters(&self) -> Result<usize, Error> {
        dead_letters::replay_dead_letters::execute(self).await
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

    /// Whether the stores can be used now: those of rows and of blobs.
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
        send(app.begin_attempt(job, &Sourced::Kept));
        send(app.rescue_images());
        send(app.replay_dead_letters());
        send(app.prune(false));
        send(app.relay_outbox());
        send(async { app.add_images(&Context::operator(), AddImages::new(ProductId::new(1).unwrap(), vec![])).await });
    }

    /// The same, of those that write to what is there.
    #[expect(dead_code, reason = "it is enough that it compiles")]
    fn edits_can_be_spawned(
        app: &Application,
        context: &Context,
        (edit_product, edit_image): (EditProduct, EditImage),
        (delete_product, delete_image): (DeleteProduct, DeleteImage),
        (add, replace, retry): (AddImageByUrl, ReplaceImage, RetryImage),
    ) {
        fn send(_: impl Send) {}
        send(app.edit_product(context, edit_product));
        send(app.edit_image(context, edit_image));
        send(app.delete_product(context, delete_product));
        send(app.delete_image(context, delete_image));
        send(app.add_image_by_url(context, add));
        send(app.replace_image(context, replace));
        send(app.retry_image(context, retry));
    }
}
