//! `?wait`: an answer that is held back until there is news, while images are pending or processing.

use super::ProductsApi;
use crate::etag;
use crate::near_cache::Kept;
use crate::problem::Problem;
use crate::query::FromQuery;
use poem_openapi::registry::MetaSchema;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use wareroom_application::Context;
use wareroom_domain::ProductId;

/// How often a waiter looks by itself: other processes may change a product without a word that arrives here.
const LOOK_EVERY: Duration = Duration::from_secs(1);

const LONGEST: u8 = 20;

/// For how many seconds an answer may be held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitSeconds(u8);

impl FromQuery for WaitSeconds {
    fn schema() -> MetaSchema {
        MetaSchema {
            minimum: Some(1.0),
            maximum: Some(f64::from(LONGEST)),
            ..MetaSchema::new_with_format("integer", "int32")
        }
    }

    fn read(text: &str) -> Result<Self, impl Display> {
        let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds));
        let plain = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        seconds.filter(|_| plain).map(Self).ok_or_else(|| format!("must be a whole number from 1 to {LONGEST}"))
    }
}

impl ProductsApi {
    /// The answer, once it differs from what the client has: from what `If-None-Match` names or, without it, from the
    /// product as it is now. At once when no image is on its way, or the server is stopping.
    pub(super) async fn find_news(
        &self,
        context: &Context,
        id: ProductId,
        if_none_match: Option<&str>,
        wait: Option<WaitSeconds>,
    ) -> Result<(Arc<Kept>, &'static str), Problem> {
        let Some(WaitSeconds(seconds)) = wait else { return self.find(context, id).await };
        let deadline = Instant::now() + Duration::from_secs(seconds.into());
        // Before the first read, or a change between the two would be missed.
        let mut waiting = self.changes.of(id);
        let (first, origin) = self.find(context, id).await?;
        let is_news = if_none_match.is_some_and(|list| !etag::none_match(Some(list), &first.etag));
        if is_news || !first.unsettled {
            return Ok((first, origin));
        }
        let (version, mut latest) = (first.version, (first, origin));
        while latest.0.version == version && Instant::now() < deadline {
            tokio::select! {
                biased;
                () = self.readiness.stopping() => break,
                () = waiting.news() => {}
                () = sleep_until(deadline.min(Instant::now() + LOOK_EVERY)) => {}
            }
            // Past the near cache, which knows no more than what was announced here.
            match self.read(context, id).await {
                Ok(read) => latest = read,
                // What was read before is still an answer.
                Err(problem) if problem.is_for_now() => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(latest)
    }
}
