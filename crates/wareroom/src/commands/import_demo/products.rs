//! What the demo sells.

use super::drawing::Scene;
use super::drawing::things::{bowl, clock, kettle, lamp, mug, notebook, planter, stool};

/// A product of the demo.
pub(super) struct DemoProduct {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) price: &'static str,
    pub(super) pictures: &'static [DemoPicture],
}

/// A picture of a product.
pub(super) struct DemoPicture {
    /// The name of its file, by which it is found again.
    pub(super) file: &'static str,
    /// What it shows, for those who cannot see it.
    pub(super) alt: &'static str,
    pub(super) scene: Scene,
}

const fn picture(file: &'static str, scene: Scene, alt: &'static str) -> DemoPicture {
    DemoPicture { file, alt, scene }
}

/// Every product, the first that a list shows first.
pub(super) const PRODUCTS: &[DemoProduct] = &[
    DemoProduct {
        name: "Enamel kettle, 1.8 l",
        description: "A stove-top kettle of enamelled steel with an oak handle that stays cool.\n\
                      Fits every hob, induction included. Do not leave it to boil dry.",
        price: "64.00",
        pictures: &[
            picture(
                "demo-kettle-1.png",
                kettle::whole,
                "A sage green kettle with an oak handle in the light of a window",
            ),
            picture("demo-kettle-2.png", kettle::near, "The lid, spout and handle of the green kettle from near by"),
            picture("demo-kettle-3.png", kettle::cream, "The same kettle in cream before a blue-grey wall"),
        ],
    },
    DemoProduct {
        name: "Stoneware mug, 350 ml",
        description: "Thrown by hand and half dipped in glaze, so no two are alike.\nDishwasher and microwave safe.",
        price: "18.50",
        pictures: &[
            picture("demo-mug-1.png", mug::side, "A mug of bare clay, its upper part glazed in speckled oat white"),
            picture("demo-mug-2.png", mug::above, "The mug full of black coffee, seen from above"),
            picture("demo-mug-3.png", mug::family, "Three mugs side by side in blue, oat white and rose"),
        ],
    },
    DemoProduct {
        name: "Desk lamp \"Heron\"",
        description: "A jointed arm of brass and a shade of lacquered steel. It stays where you put it.\n\
                      Takes an E27 bulb up to 10 W, which is not included. Cable 1.8 m.",
        price: "129.00",
        pictures: &[
            picture("demo-lamp-1.png", lamp::day, "A mustard yellow desk lamp with a jointed brass arm, switched off"),
            picture("demo-lamp-2.png", lamp::evening, "The lamp in the evening, throwing a pool of warm light"),
        ],
    },
    DemoProduct {
        name: "Serving bowl, 32 cm",
        description: "A wide bowl on a foot, indigo outside and chalk white inside. Large enough for a salad for six.",
        price: "46.90",
        pictures: &[
            picture("demo-bowl-1.png", bowl::side, "An indigo bowl on a low foot, filled with four lemons"),
            picture("demo-bowl-2.png", bowl::above, "The bowl from above with three lemons and two leaves in it"),
        ],
    },
    DemoProduct {
        name: "Linen notebook, A5",
        description: "192 pages of cream paper that ink does not bleed through, sewn to lie flat.\n\
                      Bound in linen: rust, navy or moss.",
        price: "16.90",
        pictures: &[
            picture(
                "demo-notebook-1.png",
                notebook::closed,
                "A rust red notebook with an elastic band beside a pencil",
            ),
            picture("demo-notebook-2.png", notebook::fanned, "Three notebooks in rust, navy and moss, fanned out"),
        ],
    },
    DemoProduct {
        name: "Planter with saucer, 18 cm",
        description: "Terracotta that breathes, with a hole in its bottom and a saucer beneath. The plant is not included.",
        price: "24.00",
        pictures: &[
            picture("demo-planter-1.png", planter::terracotta, "A rubber plant with dark leaves in a terracotta pot"),
            picture("demo-planter-2.png", planter::chalk, "The pot in chalk white, empty, on its saucer"),
        ],
    },
    DemoProduct {
        name: "Wall clock, 30 cm",
        description: "A silent movement behind glass, a frame of ash or black steel. Runs on one AA battery for two years.",
        price: "58.00",
        pictures: &[
            picture("demo-clock-1.png", clock::ash, "A round wall clock in a frame of ash wood, showing nine past ten"),
            picture("demo-clock-2.png", clock::black, "The clock in a black frame from nearer by"),
        ],
    },
    DemoProduct {
        name: "Oak stool, 45 cm",
        description: "Three legs never wobble. Solid oak, oiled, joined without a screw. Carries 120 kg.",
        price: "149.00",
        pictures: &[picture("demo-stool-1.png", stool::whole, "A round oak stool with three legs in a sunlit room")],
    },
];

#[cfg(test)]
mod tests {
    use super::super::drawing::draw;
    use super::*;
    use std::collections::HashSet;
    use wareroom_domain::{AltText, Description, FileName, Price, ProductName};

    #[test]
    fn everything_that_is_said_is_accepted() {
        for product in PRODUCTS {
            ProductName::new(product.name).unwrap();
            Description::new(product.description).unwrap();
            assert!(product.price.parse::<Price>().unwrap() > Price::default());
            for picture in product.pictures {
                FileName::new(picture.file).unwrap();
                AltText::new(picture.alt).unwrap();
            }
        }
    }

    #[test]
    fn products_and_pictures_can_be_told_apart() {
        let names: HashSet<_> = PRODUCTS.iter().map(|product| product.name).collect();
        assert_eq!(names.len(), PRODUCTS.len());
        let files: Vec<_> = PRODUCTS.iter().flat_map(|product| product.pictures).map(|picture| picture.file).collect();
        assert_eq!(files.iter().collect::<HashSet<_>>().len(), files.len());
    }

    #[test]
    fn a_scene_is_drawn_to_the_same_bytes_each_time() {
        let [first, second] = [stool::whole, stool::whole].map(|scene| draw(scene).unwrap());
        assert!(first == second, "two drawings of one scene differ");
        assert!(first != draw(planter::chalk).unwrap(), "two scenes give the same picture");
    }
}
