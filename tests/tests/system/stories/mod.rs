//! The stories of `docs/stories.md` are true: each is pasted into a shell against the real binary, prints what the page
//! shows, and leaves behind what it promises.

mod house;
mod page;
mod promises;
mod shelf;

use house::House;
use page::Page;
use promises::{PROMISES, Told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_story_can_be_pasted_and_keeps_its_promise() {
    let page = Page::read();
    let titles: Vec<&str> = page.stories.iter().map(|story| story.title.as_str()).collect();
    assert_eq!(titles, PROMISES.map(|(title, _)| title), "a story without a promise, or a promise without a story");
    let house = House::start(&page).await;
    for (story, (_, promise)) in page.stories.iter().zip(PROMISES) {
        let before = house.shelf.counts();
        let printed = house.tell(story).await;
        promise(Told { house: &house, printed: &printed, before: &before }).await;
    }
    assert!(house.stop().await, "the binary did not end well");
}
