//! The side of the thread: who has the connection, and who stands in line for it.

use super::{Last, Place, Sees, Task};
use crate::group::{Group, perform};
use std::{collections::VecDeque, sync::mpsc, time::Duration};
use wareroom_ports::StoreError;

/// What the thread knows.
pub(super) struct Desk {
    group: Group,
    /// How long to wait for another process's lock of the file.
    busy_wait: Duration,
    line: VecDeque<Place>,
    /// Whether a unit has the connection.
    open: bool,
}

impl Desk {
    pub(super) const fn of(group: Group, busy_wait: Duration) -> Self {
        Self { group, busy_wait, line: VecDeque::new(), open: false }
    }

    /// Until nobody can send anything any more.
    pub(super) fn run(mut self, received: &mpsc::Receiver<Task>) {
        while let Ok(task) = received.recv() {
            self.receive(task);
            loop {
                // Whoever came meanwhile stands in line before it is asked whether anybody does.
                for task in received.try_iter() {
                    self.receive(task);
                }
                if self.open || !self.advance() {
                    break;
                }
            }
        }
    }

    fn receive(&mut self, task: Task) {
        match task {
            Task::Stand(place) => self.line.push_back(place),
            Task::Part(sees, work) => {
                let ready = if sees == Sees::Stored { self.group.see_what_is_stored() } else { Ok(()) };
                perform(|| work(ready.map(|()| self.group.connection())));
            }
            Task::End(work) => {
                self.open = false;
                self.finish(work);
            }
            Task::GiveUp => {
                self.open = false;
                self.group.expel();
            }
        }
    }

    /// Lets the next in line have its turn. When there is none, what was done is stored, and the answer is no.
    fn advance(&mut self) -> bool {
        if self.group.is_full() {
            self.group.commit();
        }
        match self.line.pop_front() {
            // Nobody waits for it any more.
            Some(Place::Unit { reply, .. }) if reply.is_closed() => {}
            Some(Place::Unit { mut turn, asked, at_most, reply }) => {
                let begun = self.group.join(at_most.saturating_sub(asked.elapsed()));
                self.open = begun.is_ok();
                turn.has_come = self.open;
                // A turn that nobody takes gives itself up.
                drop(reply.send(begun.map(|()| turn).map_err(StoreError::from)));
            }
            Some(Place::Write(work)) => match self.group.join(self.busy_wait) {
                Ok(()) => self.finish(work),
                Err(fault) => drop(perform(|| work(Err(fault)))),
            },
            Some(Place::Alone(work)) => {
                self.group.commit();
                perform(|| work(Ok(self.group.connection())));
            }
            None => {
                self.group.commit();
                return false;
            }
        }
        true
    }

    /// Does what the member that has the connection ends with.
    fn finish(&mut self, work: Last) {
        match perform(|| work(Ok(self.group.connection()))).flatten() {
            Some(tell) => self.group.leave(tell),
            None => self.group.expel(),
        }
    }
}
