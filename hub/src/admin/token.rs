//! The admin token: who has it, may act. It is made at start and read from its file by the commands.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, ensure};
use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{admin::Refused, secret};

const HEX_DIGITS: usize = 64;

#[derive(Clone)]
pub struct Token(Arc<str>);

impl Token {
    /// The token in `file`, which is made, for its owner only, if it is missing.
    pub fn load_or_make(file: &Path) -> anyhow::Result<Self> {
        if !file.exists() {
            make(file).with_context(|| {
                format!("setting `admin-token-file`: unable to write `{}`", file.display())
            })?;
        }
        let mode = fs::metadata(file).map_or(0, |metadata| metadata.permissions().mode());
        if mode & 0o077 != 0 {
            tracing::warn!("the admin token in `{}` can be read by others; `chmod 600` it", file.display());
        }
        read(file).map(|token| Self(token.into()))
    }
}

/// The token in `file`.
pub fn read(file: &Path) -> anyhow::Result<String> {
    let token = fs::read_to_string(file)
        .with_context(|| format!("unable to read the admin token in `{}`", file.display()))?;
    let token = token.trim().to_owned();
    ensure!(
        token.len() == HEX_DIGITS && token.chars().all(|c| c.is_ascii_hexdigit()),
        "the admin token in `{}` should have {HEX_DIGITS} hex digits; delete the file and restart the hub",
        file.display()
    );
    Ok(token)
}

/// Lets a request with the token through.
pub async fn required(State(token): State<Token>, request: Request, next: Next) -> Response {
    if bearer(request.headers()).is_some_and(|given| secret::same(given, &token.0)) {
        return next.run(request).await;
    }
    let refused = Refused {
        status: StatusCode::UNAUTHORIZED,
        error: "this needs the admin token: `Authorization: Bearer TOKEN`".to_owned(),
    };
    ([(WWW_AUTHENTICATE, "Bearer")], refused).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Put into place when it is whole.
fn make(file: &Path) -> std::io::Result<()> {
    let draft = file.with_extension("draft");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let hex = secret::random().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(written, "{hex}")?;
    written.sync_all()?;
    fs::rename(draft, file)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn token_is_made_once_for_its_owner_only() {
        let file = std::env::temp_dir().join(format!("fogline-{}.admin-token", Uuid::now_v7()));
        let first = Token::load_or_make(&file).expect("a token should be made");
        let again = Token::load_or_make(&file).expect("the token should be read");
        let mode = fs::metadata(&file).expect("the file should exist").permissions().mode();
        fs::write(&file, "short").expect("the file should be written");
        let damaged = read(&file);
        fs::remove_file(&file).expect("the file should go");

        assert_eq!(first.0, again.0);
        assert_eq!(mode & 0o777, 0o600);
        assert!(damaged.is_err(), "what is no token should be refused");
    }
}
