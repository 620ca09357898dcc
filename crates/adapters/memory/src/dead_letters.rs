//! Dead letters within a unit of work.

use crate::unit::MemoryUnit;
use async_trait::async_trait;
use wareroom_domain::{DeadLetterId, ImageId};
use wareroom_ports::{DeadLetter, DeadLetters, StoreError};

#[async_trait]
impl DeadLetters for MemoryUnit {
    async fn add(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.run(|staged, state| {
            if staged.dead_letters.get(&letter.id, state.dead_letters.get(letter.id)).is_some() {
                return Err(StoreError::Backend("a dead letter of this id is stored already".into()));
            }
            staged.dead_letters.put(letter.id, letter.clone());
            Ok(())
        })
    }

    async fn load(&mut self, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError> {
        self.run(|staged, state| Ok(staged.dead_letters.get(&id, state.dead_letters.get(id)).cloned()))
    }

    async fn of_image(&mut self, image: ImageId) -> Result<Vec<DeadLetter>, StoreError> {
        self.run(|staged, state| {
            let committed = state.dead_letters.of_image(image).filter(|letter| !staged.dead_letters.covers(&letter.id));
            let written = staged.dead_letters.written().map(|(_, letter)| letter).filter(|l| l.image == image);
            let mut letters: Vec<DeadLetter> = committed.chain(written).cloned().collect();
            letters.sort_by_key(|letter| (letter.at, letter.id));
            Ok(letters)
        })
    }

    async fn remove(&mut self, id: DeadLetterId) -> Result<bool, StoreError> {
        self.run(|staged, state| {
            let there = staged.dead_letters.get(&id, state.dead_letters.get(id)).is_some();
            if there {
                staged.dead_letters.remove(id);
            }
            Ok(there)
        })
    }
}
