//! The places of a product's images. Plain rules over values: no store, no time.

use std::collections::{HashMap, HashSet, VecDeque};
use wareroom_domain::{Image, ImageId, ImageUrl};

/// What becomes of a product's images when a list of URLs takes the place of those that came by URL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arrangement {
    /// Those that stay, at their new places.
    pub(crate) stay: Vec<Image>,
    /// Those of `stay` whose place is another than before.
    pub(crate) moved: HashSet<ImageId>,
    /// Those that come, with their places.
    pub(crate) come: Vec<(ImageUrl, u32)>,
    /// Those that go.
    pub(crate) go: Vec<Image>,
}

/// Makes the images that came by URL equal to a list. The first mention of a URL is the first image that has it, the second
/// the second, and so on; a repeated one that no image is left for does not count. So the list as it is changes nothing, and
/// no URL is fetched for two new images. They stand in the order of the list, at the places that images had which came by
/// URL, further ones behind everything. The others are not touched.
///
/// `images` are in the order of their positions.
pub(crate) fn arranged(images: Vec<Image>, urls: &[ImageUrl]) -> Arrangement {
    let behind = images.iter().map(|image| image.position.saturating_add(1)).max().unwrap_or_default();
    let places: Vec<u32> =
        images.iter().filter(|image| image.source.url().is_some()).map(|image| image.position).collect();
    let (mut stay, mut moved, mut come, mut go) = (vec![], HashSet::new(), vec![], vec![]);
    let mut by_url: HashMap<ImageUrl, VecDeque<Image>> = HashMap::new();
    for image in images {
        match image.source.url().cloned() {
            None => stay.push(image),
            Some(url) => by_url.entry(url).or_default().push_back(image),
        }
    }
    let mut seen = HashSet::new();
    let counted = urls.iter().filter_map(|url| {
        let (first, image) = (seen.insert(url), by_url.get_mut(url).and_then(VecDeque::pop_front));
        (first || image.is_some()).then_some((url, image))
    });
    for ((url, image), place) in counted.zip(places.into_iter().chain(behind..)) {
        match image {
            Some(mut image) => {
                if image.position != place {
                    image.position = place;
                    moved.insert(image.id);
                }
                stay.push(image);
            }
            None => come.push((url.clone(), place)),
        }
    }
    go.extend(by_url.into_values().flatten());
    go.sort_by_key(|image| (image.position, image.id));
    stay.sort_by_key(|image| (image.position, image.id));
    Arrangement { stay, moved, come, go }
}

/// Moves the image at `from` to `to`, or to the end when that is beyond it, and numbers all of them from 0.
pub(crate) fn moved(images: &mut Vec<Image>, from: usize, to: usize) {
    if from < images.len() {
        let image = images.remove(from);
        images.insert(to.min(images.len()), image);
    }
    for (image, position) in images.iter_mut().zip(0..) {
        image.position = position;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use uuid::Uuid;
    use wareroom_domain::{Content, ImageDraft, ImageOwner, ProductId, Sha256, Source, Via};

    fn url(number: u8) -> ImageUrl {
        ImageUrl::new(&format!("http://a.example/{number}")).unwrap()
    }

    /// An image with that number: by URL, or uploaded.
    fn image(number: u8, position: u32, by_url: Option<u8>) -> Image {
        let content = Content { content_type: "image/png".to_owned(), bytes: 1, sha256: Sha256([number; 32]) };
        let source = match by_url {
            Some(number) => Source::Url { url: url(number), content: None },
            None => Source::Upload { via: Via::Form, filename: None, content },
        };
        let (id, owner) = (ImageId(Uuid::from_u128(number.into())), ImageOwner::Product(ProductId::new(1).unwrap()));
        Image::accept(ImageDraft { id, owner, position, source, created_at: Timestamp::UNIX_EPOCH }).image
    }

    /// Images at growing positions with gaps; `None` was uploaded.
    fn images() -> impl Strategy<Value = Vec<Image>> {
        proptest::collection::vec((proptest::option::of(0_u8..8), 1_u32..4), 0..10).prop_map(|sources| {
            let mut position = 0;
            let numbered = (0..).zip(sources);
            numbered
                .map(|(number, (by_url, gap))| {
                    position += gap;
                    image(number, position, by_url)
                })
                .collect()
        })
    }

    fn urls_of(images: &[Image]) -> Vec<ImageUrl> {
        images.iter().filter_map(|image| image.source.url().cloned()).collect()
    }

    /// All images after the list took effect, by position.
    fn after(arranged: &Arrangement) -> Vec<Image> {
        let come = arranged.come.iter().zip(100..).map(|((url, place), number)| {
            let source = Source::Url { url: url.clone(), content: None };
            Image { source, ..image(number, *place, None) }
        });
        let mut images: Vec<Image> = arranged.stay.iter().cloned().chain(come).collect();
        images.sort_by_key(|image| image.position);
        images
    }

    #[test]
    fn images_by_url_swap_places_around_an_upload() {
        let images = vec![image(1, 0, Some(1)), image(2, 1, None), image(3, 2, Some(3))];
        let arranged = arranged(images, &[url(3), url(4), url(1), url(3)]);
        let places: Vec<_> = arranged.stay.iter().map(|image| (image.id.0.as_u128(), image.position)).collect();
        assert_eq!(places, [(3, 0), (2, 1), (1, 3)]);
        assert_eq!(arranged.come, [(url(4), 2)]);
        assert!(arranged.go.is_empty());
    }

    #[test]
    fn a_repeated_url_is_as_many_images_as_have_it_and_one_when_none_has() {
        let two = || vec![image(1, 0, Some(1)), image(2, 3, Some(2)), image(3, 5, Some(1))];
        for (list, stay, come, go) in [
            (&[1, 1][..], &[(1, 0), (3, 3)][..], &[][..], &[2][..]),
            (&[1, 2, 1, 1], &[(1, 0), (2, 3), (3, 5)], &[], &[]),
            (&[1, 2], &[(1, 0), (2, 3)], &[], &[3]),
            (&[4, 4, 1, 4], &[(1, 3)], &[(4, 0)], &[2, 3]),
        ] {
            let urls: Vec<ImageUrl> = list.iter().copied().map(url).collect();
            let arranged = arranged(two(), &urls);
            let stayed: Vec<_> = arranged.stay.iter().map(|image| (image.id.0.as_u128(), image.position)).collect();
            let gone: Vec<_> = arranged.go.iter().map(|image| image.id.0.as_u128()).collect();
            assert_eq!((&stayed[..], &gone[..]), (stay, go), "{list:?}");
            let new: Vec<_> = come.iter().map(|(number, place)| (url(*number), *place)).collect();
            assert_eq!(arranged.come, new, "{list:?}");
        }
    }

    proptest! {
        #[test]
        fn after_a_list_the_urls_are_what_counts_of_it_and_uploads_have_not_moved(
            images in images(),
            list in proptest::collection::vec(0_u8..12, 0..12),
        ) {
            let list: Vec<ImageUrl> = list.into_iter().map(url).collect();
            let arranged = arranged(images.clone(), &list);
            let after = after(&arranged);
            let before = urls_of(&images);
            let times = |url: &ImageUrl, urls: &[ImageUrl]| urls.iter().filter(|other| *other == url).count();
            let counts = |(place, url): &(usize, &ImageUrl)| times(url, &list[..*place]) < times(url, &before).max(1);
            let counted: Vec<ImageUrl> = list.iter().enumerate().filter(counts).map(|(_, url)| url.clone()).collect();
            prop_assert_eq!(urls_of(&after), counted);
            let uploads = |images: &[Image]| {
                images.iter().filter(|image| image.source.url().is_none()).cloned().collect::<Vec<_>>()
            };
            prop_assert_eq!(uploads(&arranged.stay), uploads(&images));
            prop_assert!(after.windows(2).all(|pair| pair[0].position < pair[1].position), "two at one place");
            for image in &arranged.stay {
                let before = images.iter().find(|before| before.id == image.id).unwrap();
                prop_assert_eq!(arranged.moved.contains(&image.id), before.position != image.position);
                prop_assert_eq!(&Image { position: before.position, ..image.clone() }, before, "more than the place");
            }
            let gone = arranged.go.len() + arranged.stay.len();
            prop_assert_eq!(gone, images.len(), "an image is neither here nor gone");
        }

        #[test]
        fn a_list_that_is_given_twice_changes_nothing_the_second_time(
            images in images(),
            list in proptest::collection::vec(0_u8..12, 0..12),
        ) {
            let list: Vec<ImageUrl> = list.into_iter().map(url).collect();
            let first = after(&arranged(images, &list));
            let second = arranged(first.clone(), &list);
            prop_assert_eq!(second, Arrangement { stay: first, moved: HashSet::new(), come: vec![], go: vec![] });
        }

        #[test]
        fn the_list_as_it_was_read_changes_nothing(images in images()) {
            let read = arranged(images.clone(), &urls_of(&images));
            prop_assert_eq!(read, Arrangement { stay: images, moved: HashSet::new(), come: vec![], go: vec![] });
        }

        #[test]
        fn an_image_that_is_moved_to_where_it_is_changes_no_order(images in images()) {
            let order = |images: &[Image]| images.iter().map(|image| image.id).collect::<Vec<_>>();
            for place in 0..images.len() {
                let mut after = images.clone();
                moved(&mut after, place, place);
                prop_assert_eq!(order(&after), order(&images));
            }
        }

        #[test]
        fn a_moved_image_is_at_its_place_and_the_others_keep_their_order(
            images in images(),
            from in 0_usize..12,
            to in 0_usize..12,
        ) {
            let mut after = images.clone();
            moved(&mut after, from, to);
            let positions: Vec<u32> = after.iter().map(|image| image.position).collect();
            prop_assert!(positions.iter().copied().eq(0..u32::try_from(images.len()).unwrap()));
            let ids = |images: &[Image]| images.iter().map(|image| image.id).collect::<Vec<_>>();
            let (mut before, mut then) = (ids(&images), ids(&after));
            if from < images.len() {
                let place = to.min(images.len() - 1);
                prop_assert_eq!(then[place], before[from]);
                then.remove(place);
                before.remove(from);
            }
            prop_assert_eq!(then, before);
        }
    }
}
