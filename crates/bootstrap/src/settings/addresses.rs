//! Where Wareroom is found, by whom, and what its links begin with.

use super::{HTTP_URL, Preset, Theme, preset, row};

pub(super) const THEME: Theme = Theme {
    title: "Addresses and access",
    about: "Where the API listens, who may use it, and what its links begin with.",
    settings: &[
        row("listen", "127.0.0.1:8080", "an address and a port", "where the API listens")
            .when("other machines are to reach it, as with 0.0.0.0:8080, which needs auth and public_url; port 0 is any free port"),
        preset(
            "auth",
            Preset::Nothing,
            "the word none",
            "lets everybody do everything; needed to listen beyond this machine while there are no accounts",
        )
        .when("everybody whose machine can reach the address may change everything"),
        preset(
            "public_url",
            Preset::Derived("http:// and the address that the API listens on"),
            HTTP_URL,
            "what clients see in links",
        )
        .when("a proxy stands in front, or listen names no address that clients can reach"),
        preset(
            "media_url",
            Preset::Derived("public_url"),
            HTTP_URL,
            "what stands before /media in links to renditions",
        )
        .when("a content delivery network stands in front of the images"),
        preset(
            "cors_origins",
            Preset::Nothing,
            "origins with commas between, such as https://shop.example,http://localhost:3000, or *",
            "the origins whose pages browsers let call the API; * for all",
        )
        .list(),
        row(
            "admin_listen",
            "127.0.0.1:9090",
            "an address and a port, or off",
            "where this process answers its operators: /metrics and health; unless it was asked for, a port that is taken is \
             done without",
        )
        .when("Prometheus runs elsewhere; it is for a network that only operators reach, since it asks nobody who they are"),
    ],
};
