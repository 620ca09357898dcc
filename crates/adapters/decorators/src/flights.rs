//! Readers of one product that come together share a read. Knows neither the cache nor the store.
//!
//! ```text
//! the first reader    boards a flight that departs at once: the store is read
//! whoever comes now   boards the next one, which departs when that one has landed: one read for them all
//! ```
//!
//! So at most one read of a product is under way at a time, and nobody is given what was read before they came: a write that
//! was acknowledged by then is in their answer, whichever process made it. Whoever is at the head of a flight reads for all of
//! it; should they go away, the next of its passengers reads anew.

use crate::shared_error;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::OnceCell;
use wareroom_domain::ProductId;
use wareroom_ports::StoreError;

/// The flights of every product that is being read.
pub(crate) struct Flights<T> {
    gates: Mutex<HashMap<ProductId, Gate<T>>>,
}

/// Where the readers of one product meet. It is there as long as one of them is.
struct Gate<T> {
    /// Held while a read is under way.
    runway: Arc<tokio::sync::Mutex<()>>,
    /// The flight that has not departed yet.
    boarding: Option<Arc<Flight<T>>>,
    readers: usize,
}

/// What a read gives all who waited for it.
struct Flight<T>(OnceCell<Result<T, Arc<StoreError>>>);

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self { gates: Mutex::default() }
    }
}

impl<T: Clone> Flights<T> {
    /// What a read gives that begins after this was called. `read` is told whether another read had to end first.
    pub(crate) async fn share<Answer>(
        &self,
        product: ProductId,
        read: impl FnOnce(bool) -> Answer,
    ) -> Result<T, StoreError>
    where
        Answer: Future<Output = Result<T, StoreError>>,
    {
        let seat = self.board(product);
        let fly = async || {
            let free = seat.runway.try_lock();
            let waited = free.is_err();
            let _runway = match free {
                Ok(runway) => runway,
                Err(_) => seat.runway.lock().await,
            };
            self.depart(product, &seat.flight);
            read(waited).await.map_err(Arc::new)
        };
        let landed = seat.flight.0.get_or_init(fly).await;
        landed.as_ref().map_err(shared_error::of).cloned()
    }

    fn gates(&self) -> MutexGuard<'_, HashMap<ProductId, Gate<T>>> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn board(&self, product: ProductId) -> Seat<'_, T> {
        let mut gates = self.gates();
        let gate = gates.entry(product).or_insert_with(|| Gate { runway: Arc::default(), boarding: None, readers: 0 });
        gate.readers += 1;
        let flight = gate.boarding.get_or_insert_with(|| Arc::new(Flight(OnceCell::new())));
        Seat { flights: self, product, flight: Arc::clone(flight), runway: Arc::clone(&gate.runway) }
    }

    /// Nobody boards from here on: the read is about to begin.
    fn depart(&self, product: ProductId, flight: &Arc<Flight<T>>) {
        if let Some(gate) = self.gates().get_mut(&product) {
            gate.boarding.take_if(|boarding| Arc::ptr_eq(boarding, flight));
        }
    }
}

/// A reader's place in a flight, and at its gate.
struct Seat<'a, T> {
    flights: &'a Flights<T>,
    product: ProductId,
    flight: Arc<Flight<T>>,
    runway: Arc<tokio::sync::Mutex<()>>,
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut gates = self.flights.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut gate) = gates.entry(self.product) {
            gate.get_mut().readers -= 1;
            if gate.get().readers == 0 {
                gate.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests;
