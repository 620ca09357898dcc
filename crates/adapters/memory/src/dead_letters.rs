//! Dead letters within a unit of work.

use crate::filters;
use crate::state::{Staged, State};
use crate::tables::LetterRow;
use crate::unit::MemoryUnit;
use async_trait::async_trait;
use wareroom_domain::{DeadLetterId, ImageId};
use wareroom_ports::{DeadLetter, DeadLetterFilter, DeadLetters, StoreError};

fn row<'a>(staged: &'a Staged, state: &'a State, id: DeadLetterId) -> Option<&'a LetterRow> {
    staged.dead_letters.get(&id, state.dead_letters.get(id))
}

/// Those that are committed and that the unit did not touch, and those that it wrote and that are meant.
fn as_seen<'a>(
    staged: &'a Staged,
    committed: impl Iterator<Item = &'a DeadLetter>,
    meant: impl Fn(&LetterRow) -> bool,
) -> Vec<&'a DeadLetter> {
    let committed = committed.filter(|letter| !staged.dead_letters.covers(&letter.id));
    let written = staged.dead_letters.written().map(|(_, row)| row).filter(|row| meant(row)).map(|row| &row.letter);
    let mut letters: Vec<&DeadLetter> = committed.chain(written).collect();
    letters.sort_by_key(|letter| (letter.at, letter.id));
    letters
}

fn of_image<'a>(staged: &'a Staged, state: &'a State, image: ImageId) -> Vec<&'a DeadLetter> {
    as_seen(staged, state.dead_letters.of_image(image), |row| row.letter.image == image)
}

fn fitting<'a>(staged: &'a Staged, state: &'a State, filter: &DeadLetterFilter) -> Vec<&'a DeadLetter> {
    let committed = state.dead_letters.all().filter(|letter| filters::dead_letter(filter, letter));
    as_seen(staged, committed, |row| filters::dead_letter(filter, &row.letter))
}

fn ids(letters: Vec<&DeadLetter>) -> Vec<DeadLetterId> {
    letters.into_iter().map(|letter| letter.id).collect()
}

fn remove_all(staged: &mut Staged, letters: Vec<DeadLetterId>) -> u64 {
    let removed = letters.len() as u64;
    for id in letters {
        staged.dead_letters.remove(id);
    }
    removed
}

#[async_trait]
impl DeadLetters for MemoryUnit {
    async fn add(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.run(|staged, state| {
            if row(staged, state, letter.id).is_some() {
                return Err(StoreError::Backend("a dead letter of this id is stored already".into()));
            }
            staged.dead_letters.put(letter.id, LetterRow { letter: letter.clone(), marked: false });
            Ok(())
        })
    }

    async fn load(&mut self, id: DeadLetterId) -> Result<Option<DeadLetter>, StoreError> {
        self.run(|staged, state| Ok(row(staged, state, id).map(|row| row.letter.clone())))
    }

    async fn of_image(&mut self, image: ImageId) -> Result<Vec<DeadLetter>, StoreError> {
        self.run(|staged, state| Ok(of_image(staged, state, image).into_iter().cloned().collect()))
    }

    async fn remove(&mut self, id: DeadLetterId) -> Result<bool, StoreError> {
        self.run(|staged, state| {
            let there = row(staged, state, id).is_some();
            if there {
                staged.dead_letters.remove(id);
            }
            Ok(there)
        })
    }

    async fn remove_of_image(&mut self, image: ImageId) -> Result<u64, StoreError> {
        self.run(|staged, state| {
            let letters = ids(of_image(staged, state, image));
            Ok(remove_all(staged, letters))
        })
    }

    async fn discard(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
        self.run(|staged, state| {
            let letters = ids(fitting(staged, state, filter));
            Ok(remove_all(staged, letters))
        })
    }

    async fn mark(&mut self, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
        self.run(|staged, state| {
            let letters: Vec<DeadLetter> = fitting(staged, state, filter).into_iter().cloned().collect();
            let marked = letters.len() as u64;
            for letter in letters {
                staged.dead_letters.put(letter.id, LetterRow { letter, marked: true });
            }
            Ok(marked)
        })
    }

    async fn marked(&mut self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.run(|staged, state| {
            let marked = as_seen(staged, state.dead_letters.marked(), |row| row.marked);
            Ok(marked.into_iter().take(limit).cloned().collect())
        })
    }
}
