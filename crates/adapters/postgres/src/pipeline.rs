//! Statements that go to the server together and are answered together: one round trip. Knows no table.

use deadpool_postgres::ClientWrapper;
use futures::future::{BoxFuture, FutureExt, try_join_all};
use std::{
    borrow::Cow,
    fmt,
    future::poll_fn,
    task::{Context, Poll},
};
use tokio_postgres::{Error, Row, types::ToSql};

/// What is bound to a parameter.
pub(crate) type Value = Box<dyn ToSql + Sync + Send>;

/// A statement, and what is bound to its parameters.
pub(crate) struct Step {
    pub(crate) sql: Cow<'static, str>,
    values: Vec<Value>,
}

/// A statement with its values, as a `Step`.
macro_rules! step {
    ($sql:expr $(, $value:expr)* $(,)?) => {
        $crate::pipeline::Step::new($sql, vec![$(Box::new($value)),*])
    };
}
pub(crate) use step;

/// A write that must find a row; a conflict when it does not, also when nobody waits for its answer.
macro_rules! must_find {
    ($sql:expr) => {
        concat!("WITH found AS (", $sql, " RETURNING 1) SELECT stands(count(*) > 0) FROM found")
    };
}
pub(crate) use must_find;

impl Step {
    pub(crate) fn new(sql: impl Into<Cow<'static, str>>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values }
    }

    pub(crate) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| -> &(dyn ToSql + Sync) { &**value }).collect()
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.sql)
    }
}

/// Why a pipeline was not answered as it should be.
#[derive(Debug)]
pub(crate) struct Broken {
    /// What failed first; `None` when there was no answer in time.
    pub(crate) error: Option<Error>,
    /// Whether that is the answer to the last words.
    pub(crate) at_end: bool,
    /// Whether the last words may have reached the server.
    pub(crate) end_sent: bool,
}

/// Plain words before and after some statements, such as BEGIN and COMMIT, sent as one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Frame<'f> {
    pub(crate) begin: Option<&'f str>,
    pub(crate) end: Option<&'f str>,
}

/// Sends the statements, in order, within the frame; answers the rows of each. Statements that this connection has not met are
/// made known to it first, which costs a round trip once.
///
/// What comes behind a statement that could not even be sent is not sent either: COMMIT never goes alone.
pub(crate) async fn send(client: &ClientWrapper, frame: Frame<'_>, steps: &[Step]) -> Result<Vec<Vec<Row>>, Broken> {
    let prepared = try_join_all(steps.iter().map(|step| client.prepare_cached(&step.sql)));
    let prepared = prepared.await.map_err(|error| Broken { error: Some(error), at_end: false, end_sent: false })?;
    let values: Vec<_> = steps.iter().map(Step::values).collect();
    let plain = |words| client.batch_execute(words).map(|done| done.map(|()| vec![])).boxed();
    let mut answers: Vec<Answer<'_>> = Vec::with_capacity(steps.len() + 2);
    answers.extend(frame.begin.map(|words| Answer::Awaited(plain(words))));
    let skipped = answers.len();
    for (statement, values) in prepared.iter().zip(&values) {
        answers.push(Answer::Awaited(client.query(statement, values).boxed()));
    }
    answers.extend(frame.end.map(|words| Answer::Awaited(plain(words))));
    let ends = frame.end.is_some();
    let last = answers.len();
    let mut all_sent = false;
    if let Err((place, error)) = poll_fn(|context| poll_in_order(&mut answers, &mut all_sent, context)).await {
        return Err(Broken { error: Some(error), at_end: ends && place + 1 == last, end_sent: ends && all_sent });
    }
    let rows = answers.into_iter().skip(skipped).take(steps.len()).map(|answer| match answer {
        Answer::Given(rows) => rows,
        Answer::Awaited(_) => vec![],
    });
    Ok(rows.collect())
}

enum Answer<'a> {
    Awaited(BoxFuture<'a, Result<Vec<Row>, Error>>),
    Given(Vec<Row>),
}

/// Polls each in turn, which sends it the first time, until one fails: its place, and all behind it left alone.
fn poll_in_order(
    answers: &mut [Answer<'_>],
    all_sent: &mut bool,
    context: &mut Context<'_>,
) -> Poll<Result<(), (usize, Error)>> {
    let mut all_given = true;
    for (place, answer) in answers.iter_mut().enumerate() {
        let Answer::Awaited(future) = answer else { continue };
        match future.poll_unpin(context) {
            Poll::Pending => all_given = false,
            Poll::Ready(Ok(rows)) => *answer = Answer::Given(rows),
            Poll::Ready(Err(error)) => return Poll::Ready(Err((place, error))),
        }
    }
    *all_sent = true;
    if all_given { Poll::Ready(Ok(())) } else { Poll::Pending }
}
