//! Files that are part of the hub's binary.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

const DAY: &str = "public, max-age=86400";
const FRESH: &str = "no-cache";

pub async fn style() -> Response {
    file("text/css; charset=utf-8", FRESH, include_bytes!("../../static/style.css"))
}

pub async fn building_script() -> Response {
    file("text/javascript; charset=utf-8", FRESH, include_bytes!("../../static/building.js"))
}

pub async fn scene() -> Response {
    file("image/svg+xml", FRESH, include_bytes!("../../static/scene.svg"))
}

pub async fn mark() -> Response {
    file("image/svg+xml", DAY, include_bytes!("../../static/mark.svg"))
}

pub async fn barlow_regular() -> Response {
    font(include_bytes!("../../../assets/fonts/Barlow-Regular.ttf"))
}

pub async fn barlow_semibold() -> Response {
    font(include_bytes!("../../../assets/fonts/Barlow-SemiBold.ttf"))
}

pub async fn barlow_condensed_semibold() -> Response {
    font(include_bytes!("../../../assets/fonts/BarlowCondensed-SemiBold.ttf"))
}

fn font(bytes: &'static [u8]) -> Response {
    file("font/ttf", DAY, bytes)
}

fn file(kind: &'static str, caching: &'static str, bytes: &'static [u8]) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, caching)], bytes).into_response()
}
