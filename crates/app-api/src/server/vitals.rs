//! What one connection is doing, and until when it may go on doing that.
//!
//! Socket, exchange and bodies report what happens; the connection's driver asks for the deadline after each step. All
//! of them run in the connection's own task (a request's body may be dropped elsewhere), so the lock is never fought
//! over. Must not know sockets or HTTP types.

use super::settings::{FOREVER, ServerSettings};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long a closing connection reads on, so that the client gets our last answer (see [`Vitals::closing`]).
const LINGER: Duration = Duration::from_secs(2);

/// One connection's state and its time limits.
pub(super) struct Vitals {
    header: Duration,
    idle: Duration,
    stall: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Since when the client has not taken a byte that is ready for it.
    blocked: Option<Instant>,
    /// The body of the current request was dropped before its end.
    unread: bool,
    /// Nothing has arrived that the last answer did not answer.
    settled: bool,
    /// Bytes of an answer may be on their way.
    answers_due: bool,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// A new connection, nothing received.
    New(Instant),
    /// Between two requests.
    Idle(Instant),
    /// A request's head is arriving.
    Head(Instant),
    /// A request is answered.
    Busy,
    /// Answered and half closed; what still arrives is thrown away.
    Lingering(Instant),
}

/// Why a connection was ended by its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The request's head took too long.
    Head,
    /// No next request came.
    Idle,
    /// The client stopped reading the answer.
    Stalled,
    /// The client kept its side open after the last answer.
    Lingered,
}

impl Vitals {
    pub(super) fn new(settings: &ServerSettings) -> Self {
        let state = State {
            phase: Phase::New(Instant::now()),
            blocked: None,
            unread: false,
            settled: true,
            answers_due: false,
        };
        Self {
            header: settings.header_timeout.min(FOREVER),
            idle: settings.idle_timeout.min(FOREVER),
            stall: settings.body_idle_timeout.min(FOREVER),
            state: Mutex::new(state),
        }
    }

    /// Bytes came from the client.
    pub(super) fn received(&self) {
        let mut state = self.state();
        state.settled = false;
        if let Phase::New(_) | Phase::Idle(_) = state.phase {
            state.phase = Phase::Head(Instant::now());
        }
    }

    /// The client's window is full.
    pub(super) fn blocked(&self) {
        self.state().blocked.get_or_insert_with(Instant::now);
    }

    /// The client took bytes.
    pub(super) fn sent(&self) {
        let mut state = self.state();
        state.blocked = None;
        // The end of an answer may leave long after it was handed over: only then does the client owe a request.
        if let Phase::Idle(since) = &mut state.phase {
            *since = Instant::now();
        }
    }

    /// Everything that was written has left.
    pub(super) fn flushed(&self) {
        let mut state = self.state();
        state.answers_due &= matches!(state.phase, Phase::Busy);
    }

    /// Whether what is written now may belong to an answer. If not, it is about a request that nobody was handed.
    pub(super) fn answers_due(&self) -> bool {
        self.state().answers_due
    }

    /// A request's head is complete.
    pub(super) fn called(&self) {
        let mut state = self.state();
        state.phase = Phase::Busy;
        state.unread = false;
        state.answers_due = true;
    }

    /// The current request's body was dropped before its end.
    pub(super) fn left_unread(&self) {
        self.state().unread = true;
    }

    /// The answer to the current request is known; tells whether its body was left unread.
    pub(super) fn answering(&self) -> bool {
        let mut state = self.state();
        state.settled = !state.unread;
        state.unread
    }

    /// The answer was handed over to its last byte.
    pub(super) fn answered(&self) {
        self.state().phase = Phase::Idle(Instant::now());
    }

    /// The connection is being closed; tells whether to read on for a while. Closing a socket on which bytes are unread
    /// resets the connection, and a client that is still sending then loses the very answer that refuses its request.
    pub(super) fn closing(&self) -> bool {
        let mut state = self.state();
        if !state.settled && !matches!(state.phase, Phase::Lingering(_)) {
            state.phase = Phase::Lingering(Instant::now());
        }
        !state.settled
    }

    /// When the connection is to be ended, and why, if nothing changes until then.
    pub(super) fn deadline(&self) -> Option<(Instant, Overdue)> {
        let state = self.state();
        if let Some(since) = state.blocked {
            return Some((since + self.stall, Overdue::Stalled));
        }
        match state.phase {
            Phase::New(since) | Phase::Head(since) => Some((since + self.header, Overdue::Head)),
            Phase::Idle(since) => Some((since + self.idle, Overdue::Idle)),
            Phase::Lingering(since) => Some((since + LINGER, Overdue::Lingered)),
            Phase::Busy => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const SECOND: Duration = Duration::from_secs(1);

    /// Seconds from now to the deadline.
    fn left(vitals: &Vitals) -> Option<(u64, Overdue)> {
        vitals.deadline().map(|(at, why)| ((at - Instant::now()).as_secs(), why))
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_from_the_first_byte_and_more_bytes_win_none() {
        let vitals = Vitals::new(&ServerSettings::default());
        assert_eq!(left(&vitals), Some((10, Overdue::Head)));
        advance(3 * SECOND).await;
        vitals.received();
        advance(4 * SECOND).await;
        vitals.received();
        assert_eq!(left(&vitals), Some((6, Overdue::Head)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_has_no_deadline_and_the_pause_after_it_has_its_own() {
        let vitals = Vitals::new(&ServerSettings::default());
        vitals.received();
        vitals.called();
        advance(500 * SECOND).await;
        assert_eq!(left(&vitals), None);
        vitals.answering();
        vitals.answered();
        assert_eq!(left(&vitals), Some((75, Overdue::Idle)));
        advance(60 * SECOND).await;
        vitals.received();
        assert_eq!(left(&vitals), Some((10, Overdue::Head)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_slowly_is_given_time_as_long_as_it_reads() {
        let vitals = Vitals::new(&ServerSettings::default());
        vitals.called();
        vitals.answering();
        for _ in 0..10 {
            vitals.blocked();
            advance(20 * SECOND).await;
            assert_eq!(left(&vitals), Some((10, Overdue::Stalled)));
            vitals.sent();
        }
        vitals.answered();
        vitals.blocked();
        advance(20 * SECOND).await;
        vitals.sent();
        assert_eq!(left(&vitals), Some((75, Overdue::Idle)));
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_connection_with_something_unread_lingers() {
        let vitals = Vitals::new(&ServerSettings::default());
        assert!(!vitals.closing(), "nothing was received");
        vitals.received();
        vitals.called();
        assert!(!vitals.answering());
        vitals.answered();
        assert!(!vitals.closing(), "everything was answered");
        vitals.received();
        vitals.called();
        vitals.left_unread();
        assert!(vitals.answering());
        vitals.answered();
        assert!(vitals.closing());
        advance(SECOND).await;
        assert!(vitals.closing());
        assert_eq!(left(&vitals), Some((1, Overdue::Lingered)));
    }

    #[test]
    fn answers_are_due_until_the_last_of_them_has_left() {
        let vitals = Vitals::new(&ServerSettings::default());
        assert!(!vitals.answers_due());
        vitals.called();
        vitals.flushed();
        assert!(vitals.answers_due(), "a part of the answer has left");
        vitals.answered();
        assert!(vitals.answers_due(), "its end is still to be written");
        vitals.flushed();
        assert!(!vitals.answers_due());
    }

    #[test]
    fn endless_time_outs_do_not_overflow() {
        let settings = ServerSettings { header_timeout: Duration::MAX, ..ServerSettings::default() };
        assert!(Vitals::new(&settings).deadline().is_some());
    }
}
