//! The play page: the wasm client when it is built, and how far that is until then.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use askama::Template;
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::{
    error::ApiError,
    secret,
    site::{
        pages::{PageError, Viewer, rendered},
        security,
    },
    state::AppState,
};

/// What Trunk's `create_nonce` leaves in the page for its server to fill in.
const NONCE_PLACEHOLDER: &str = "{{__TRUNK NONCE__}}";

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const NO_CACHE: &str = "no-cache";

/// Longest path below `/play`, in bytes: what a file system takes for one name. It refuses a longer
/// one with an error that would count as ours.
const LONGEST_PATH: usize = 255;

#[derive(Template)]
#[template(path = "building.html")]
struct Building {
    viewer: Viewer,
}

/// How far the browser client is, as the build writes it beside the web root.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    ready: bool,
    step: Option<String>,
    done: Option<u64>,
    total: Option<u64>,
    seconds: Option<f64>,
    error: Option<String>,
}

pub async fn page(
    State(state): State<AppState>,
    viewer: Viewer,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let Some(index) = read(index_file(&state.config.web_root)).await? else {
        return rendered(&Building { viewer });
    };
    let nonce = STANDARD.encode(secret::random());
    let policy = security::play_policy(
        &nonce,
        security::own_socket(&headers, state.config.public_url.as_deref()).as_deref(),
        &state.lobby.overview().origins,
        state.config.tls(),
    );
    let policy = HeaderValue::from_str(&policy)
        .map_err(|error| ApiError::Internal(format!("the policy is no header: {error}")))?;
    let page = Html(index.replace(NONCE_PLACEHOLDER, &nonce));
    let mut response = page.into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(NO_CACHE));
    Ok(response)
}

pub async fn progress(State(state): State<AppState>) -> Result<Json<Progress>, ApiError> {
    if read(index_file(&state.config.web_root)).await?.is_some() {
        return Ok(Json(Progress { ready: true, ..Progress::default() }));
    }
    let told = read(progress_file(&state.config.web_root)).await?;
    let progress = told.and_then(|text| serde_json::from_str::<Progress>(&text).ok());
    Ok(Json(Progress { ready: false, ..progress.unwrap_or_default() }))
}

/// A file with a hash in its name never changes; of any other the browser asks again.
pub async fn cached(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.len() > LONGEST_PATH {
        return StatusCode::NOT_FOUND.into_response();
    }
    let caching = if is_hashed(path) { IMMUTABLE } else { NO_CACHE };
    let mut response = next.run(request).await;
    if response.status().is_success() {
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(caching));
    }
    response
}

/// Trunk names files `NAME-HASH.EXT` and `NAME-HASH_bg.wasm`, the hash being 16 hex digits or so.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-')
        .is_some_and(|(_, hash)| hash.len() >= 12 && hash.chars().all(|c| c.is_ascii_hexdigit()))
}

fn index_file(web_root: &Path) -> PathBuf {
    web_root.join("index.html")
}

fn progress_file(web_root: &Path) -> PathBuf {
    let mut name = OsString::from(web_root.components().collect::<PathBuf>());
    name.push(".progress.json");
    PathBuf::from(name)
}

/// `None` when there is no such file.
async fn read(path: PathBuf) -> Result<Option<String>, ApiError> {
    let read = tokio::task::spawn_blocking(move || match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ApiError::Internal(format!("unable to read {path:?}: {error}"))),
    });
    read.await.map_err(|error| ApiError::Internal(error.to_string()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_good() {
        assert!(is_hashed("/client-1a2b3c4d5e6f7890_bg.wasm"));
        assert!(is_hashed("/client-1a2b3c4d5e6f7890.js"));
        assert!(!is_hashed("/index.html"));
        assert!(!is_hashed("/assets/tank-long.png"));
    }

    #[test]
    fn progress_lies_beside_the_web_root() {
        let file = progress_file(Path::new("/srv/web/"));
        assert_eq!(file, Path::new("/srv/web.progress.json"));
    }
}
