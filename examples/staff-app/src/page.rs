//! The page: plain files of this program, without a build step and without anything from elsewhere.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// (path, content type, content)
const FILES: &[(&str, &str, &str)] = &[
    ("/", "text/html; charset=utf-8", include_str!("../page/index.html")),
    ("/style.css", "text/css; charset=utf-8", include_str!("../page/style.css")),
    ("/app.js", JAVASCRIPT, include_str!("../page/app.js")),
    ("/board.js", JAVASCRIPT, include_str!("../page/board.js")),
    ("/card.js", JAVASCRIPT, include_str!("../page/card.js")),
    ("/dialogs.js", JAVASCRIPT, include_str!("../page/dialogs.js")),
    ("/answers.js", JAVASCRIPT, include_str!("../page/answers.js")),
    ("/words.js", JAVASCRIPT, include_str!("../page/words.js")),
    ("/dom.js", JAVASCRIPT, include_str!("../page/dom.js")),
    ("/icon.svg", "image/svg+xml", include_str!("../page/icon.svg")),
];

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

pub fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(path, ..)| *path)
}

pub fn file(path: &str) -> Option<Response> {
    let (_, content_type, content) = FILES.iter().find(|(known, ..)| *known == path)?;
    // a new version must not meet old modules
    Some(([(CONTENT_TYPE, *content_type), (CACHE_CONTROL, "no-cache")], *content).into_response())
}
