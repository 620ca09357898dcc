//! `/dead-letters`: what gave up, to be seen, processed again or put aside.

mod input;
mod output;
mod query;

use crate::context::{Asked, NO_STORE};
use crate::cursor::Cursor;
use crate::idempotency::Replayable;
use crate::payload::{JsonObject, RawJson};
use crate::query::{HostName, Limit, Parameter};
use crate::refusal::{Acting, Listing, Refusal, Removing, Writing};
use crate::schema::{Tag, path_parameter};
use input::DeadLettersInput;
use jiff::Timestamp;
use output::{AffectedAnswer, DeadLetterList, DeadLetterSummary};
use poem_openapi::registry::MetaSchema;
use poem_openapi::{ApiResponse, OpenApi, param::Path};
use query::LetterQuery;
use std::sync::Arc;
use wareroom_application::{Answered, Application};
use wareroom_domain::{DeadLetterId, ProductId, Reason, UserId};

path_parameter! {
    /// The id of a dead letter in a path.
    DeadLetterIdParameter(DeadLetterId): MetaSchema {
        max_length: Some(36),
        ..MetaSchema::new_with_format("string", "uuid")
    },
    read_id
}

/// The one spelling with dashes: others have another length.
fn read_id(text: &str) -> Result<DeadLetterId, &'static str> {
    let id = if text.len() == 36 { text.parse().ok() } else { None };
    id.ok_or("must be a UUID")
}

pub(crate) struct DeadLettersApi {
    pub(crate) application: Arc<Application>,
}

#[derive(ApiResponse)]
pub(crate) enum ListedDeadLetters {
    /// The dead letters that fit, the newest first, and where the list goes on.
    #[oai(status = 200)]
    Listed(
        RawJson<DeadLetterList>,
        /// Nobody may keep the answer.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum SummarisedDeadLetters {
    /// The dead letters that fit, counted.
    #[oai(status = 200)]
    Summarised(
        RawJson<DeadLetterSummary>,
        /// Nobody may keep the answer.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[derive(ApiResponse)]
pub(crate) enum DiscardedDeadLetter {
    /// The dead letter is gone.
    #[oai(status = 204)]
    Discarded,
}

#[derive(ApiResponse)]
pub(crate) enum AffectedDeadLetters {
    /// How many it is done to.
    #[oai(status = 202)]
    Accepted(RawJson<AffectedAnswer>),
}

/// The answer to what came of a request.
fn affected(answered: Answered<u64>, message: impl FnOnce(u64) -> &'static str) -> Replayable<AffectedDeadLetters> {
    Replayable::of(answered, |count| {
        AffectedDeadLetters::Accepted(RawJson::of(&AffectedAnswer::new(count, message(count))))
    })
}

#[OpenApi(tag = "Tag::DeadLetters")]
impl DeadLettersApi {
    /// List dead letters
    ///
    /// The newest first.
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    #[oai(path = "/dead-letters", method = "get", operation_id = "list_dead_letters")]
    async fn list_dead_letters(
        &self,
        asked: Asked,
        /// Those of this product's images.
        product_id: Parameter<ProductId>,
        /// Those of this user's products.
        user_id: Parameter<UserId>,
        /// Those whose image was to come from this host.
        host: Parameter<HostName>,
        /// Those that were given up for this.
        reason: Parameter<Reason>,
        /// Those that were given up then or later.
        from: Parameter<Timestamp>,
        /// Those that were given up before.
        to: Parameter<Timestamp>,
        /// How many at most; above 100 counts as 100.
        limit: Parameter<Limit>,
        /// Where to go on: the `next_cursor` of the list with the same filter.
        cursor: Parameter<Cursor>,
    ) -> Result<ListedDeadLetters, Refusal<Listing>> {
        let query = LetterQuery { product: product_id, owner: user_id, host, reason, from, to };
        let (command, binding) = query.command(&limit, cursor)?;
        let listed = self.application.list_dead_letters(&asked.0, command).await?;
        let answer = DeadLetterList::new(listed, &binding);
        Ok(ListedDeadLetters::Listed(RawJson::of(&answer), NO_STORE.to_owned()))
    }

    /// Count dead letters
    ///
    /// By reason and host, the most first.
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    #[oai(path = "/dead-letters/summary", method = "get", operation_id = "summarise_dead_letters")]
    async fn summarise_dead_letters(
        &self,
        asked: Asked,
        /// Those of this product's images.
        product_id: Parameter<ProductId>,
        /// Those of this user's products.
        user_id: Parameter<UserId>,
        /// Those whose image was to come from this host.
        host: Parameter<HostName>,
        /// Those that were given up for this.
        reason: Parameter<Reason>,
        /// Those that were given up then or later.
        from: Parameter<Timestamp>,
        /// Those that were given up before.
        to: Parameter<Timestamp>,
    ) -> Result<SummarisedDeadLetters, Refusal<Listing>> {
        let query = LetterQuery { product: product_id, owner: user_id, host, reason, from, to };
        let counts = self.application.summarise_dead_letters(&asked.0, &query.filter()?).await?;
        let answer = DeadLetterSummary::from(counts);
        Ok(SummarisedDeadLetters::Summarised(RawJson::of(&answer), NO_STORE.to_owned()))
    }

    /// Retry a dead letter
    ///
    /// Its image starts again without attempts, and the dead letter is gone. One whose image is gone, or has not failed, is
    /// just removed.
    #[oai(path = "/dead-letters/:id/retry", method = "post", operation_id = "retry_dead_letter")]
    async fn retry_dead_letter(
        &self,
        asked: Asked,
        id: Path<DeadLetterIdParameter>,
    ) -> Result<Replayable<AffectedDeadLetters>, Refusal<Acting>> {
        let retried = self.application.retry_dead_letter(&asked.0, id.0.0).await?;
        Ok(affected(retried, |count| match count {
            0 => "The image is gone or has not failed; the dead letter was removed",
            _ => "The image is processed again",
        }))
    }

    /// Discard a dead letter
    ///
    /// Its image stays as it is.
    #[oai(path = "/dead-letters/:id", method = "delete", operation_id = "discard_dead_letter")]
    async fn discard_dead_letter(
        &self,
        asked: Asked,
        id: Path<DeadLetterIdParameter>,
    ) -> Result<DiscardedDeadLetter, Refusal<Removing>> {
        self.application.discard_dead_letter(&asked.0, id.0.0).await?;
        Ok(DiscardedDeadLetter::Discarded)
    }

    /// Retry dead letters
    ///
    /// All that fit the filter now, one after the other: some dozens a second, so that they do not come over the servers of
    /// their images at once. Each is gone from the list when its turn has come.
    #[oai(path = "/dead-letters/retry", method = "post", operation_id = "retry_dead_letters")]
    async fn retry_dead_letters(
        &self,
        asked: Asked,
        body: JsonObject<DeadLettersInput>,
    ) -> Result<Replayable<AffectedDeadLetters>, Refusal<Writing>> {
        let marked = self.application.retry_dead_letters(&asked.0, &input::filter(body)?).await?;
        Ok(affected(marked, |_| "Dead letters will be retried"))
    }

    /// Discard dead letters
    ///
    /// All that fit the filter now. Their images stay as they are.
    #[oai(path = "/dead-letters/discard", method = "post", operation_id = "discard_dead_letters")]
    async fn discard_dead_letters(
        &self,
        asked: Asked,
        body: JsonObject<DeadLettersInput>,
    ) -> Result<Replayable<AffectedDeadLetters>, Refusal<Writing>> {
        let discarded = self.application.discard_dead_letters(&asked.0, &input::filter(body)?).await?;
        Ok(affected(discarded, |_| "Dead letters discarded"))
    }
}
