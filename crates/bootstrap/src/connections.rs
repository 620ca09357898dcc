//! What is known of connections to servers that nothing asks a question over just to know.

/// What a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// The shared cache, or the news between caches.
    ToCache,
    /// The queue.
    ToQueue,
}

/// A connection that is opened anew whenever it is lost.
pub struct Connection {
    /// Where it leads.
    pub leads: Leads,
    /// Whether it is there at this moment, as far as is known. Asks nobody.
    pub is_up: Box<dyn Fn() -> bool + Send + Sync>,
}

#[cfg(any(feature = "redis", feature = "rabbitmq"))]
impl Connection {
    pub(crate) fn new(leads: Leads, is_up: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { leads, is_up: Box::new(is_up) }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("leads", &self.leads).finish_non_exhaustive()
    }
}
