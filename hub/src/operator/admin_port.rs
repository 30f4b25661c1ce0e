//! The admin port as the commands call it.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        Method, Request, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, HOST},
    },
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use protocol::{http::Problem, id::AccountId};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{net::TcpStream, time::timeout};

use crate::{
    admin::token,
    config::{
        address_file,
        flags::{AdminBind, Settings},
    },
};

/// Longest wait for an answer of the hub on this machine.
const PATIENCE: Duration = Duration::from_secs(5);

const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Where a running hub takes orders.
pub struct AdminPort {
    given: Option<SocketAddr>,
    addr_file: Option<PathBuf>,
    bind: AdminBind,
    token_file: PathBuf,
}

/// Why a call came to nothing.
pub enum Failure {
    /// No hub took the order.
    Unreached(anyhow::Error),
    /// The hub did, and said no.
    Refused(String),
}

impl AdminPort {
    pub fn new(given: Option<SocketAddr>, settings: &Settings) -> Self {
        Self {
            given,
            addr_file: settings.admin_addr_file.clone(),
            bind: settings.admin_bind,
            token_file: settings.admin_token_file(),
        }
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        read(&self.call(Method::GET, path, Bytes::new()).await?)
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, order: &impl Serialize) -> Result<T, Failure> {
        let order = serde_json::to_vec(order).map_err(|error| Failure::Unreached(error.into()))?;
        read(&self.call(Method::POST, path, order.into()).await?)
    }

    /// Has a running hub look at the account again, and says whether one did.
    pub async fn refresh(&self, account: AccountId) -> String {
        match self.call(Method::POST, &format!("/accounts/{account}/refresh"), Bytes::new()).await {
            Ok(_) => "the running hub knows and has closed the account's connections".to_owned(),
            Err(failure) => format!(
                "no running hub was told ({failure}); if one runs, name its admin port with `--admin` and do \
                 this again, or its open connections stay"
            ),
        }
    }

    /// The body of a successful answer.
    async fn call(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes, Failure> {
        let (status, answer) = match timeout(PATIENCE, self.exchange(method, path, body)).await {
            Ok(exchanged) => exchanged.map_err(Failure::Unreached)?,
            Err(_) => return Err(Failure::Unreached(anyhow!("no answer within {} s", PATIENCE.as_secs()))),
        };
        if status.is_success() {
            return Ok(answer);
        }
        let problem = serde_json::from_slice::<Problem>(&answer).map(|problem| problem.error);
        Err(Failure::Refused(problem.unwrap_or_else(|_| format!("the hub answered {status}"))))
    }

    async fn exchange(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<(StatusCode, Bytes)> {
        let address = self.address()?;
        let token = token::read(&self.token_file)?;
        let stream =
            TcpStream::connect(address).await.with_context(|| format!("nothing answers at `{address}`"))?;
        let (mut line, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, address.to_string())
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body))?;
        let exchange = async {
            let (head, body) = line.send_request(request).await?.into_parts();
            anyhow::Ok((head.status, to_bytes(Body::new(body), ANSWER_BYTES).await?))
        };
        tokio::pin!(exchange);
        tokio::select! {
            answer = &mut exchange => answer,
            ended = connection => {
                ended.context("the connection failed")?;
                exchange.await
            }
        }
    }

    fn address(&self) -> anyhow::Result<SocketAddr> {
        if let Some(address) = self.given {
            return Ok(address);
        }
        if let Some(file) = &self.addr_file {
            return address_file::read(file)
                .with_context(|| format!("no address of a running hub in `{}`", file.display()));
        }
        match self.bind {
            AdminBind::At(address) if address.port() != 0 => Ok(address),
            AdminBind::At(_) => bail!("`admin-bind` has port 0 and `admin-addr-file` is not set"),
            AdminBind::Off => bail!("`admin-bind` is `none`"),
        }
    }
}

fn read<T: DeserializeOwned>(answer: &Bytes) -> Result<T, Failure> {
    serde_json::from_slice(answer)
        .context("the answer could not be read; is the hub of another version?")
        .map_err(Failure::Unreached)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreached(error) => write!(f, "{error:#}"),
            Self::Refused(why) => f.write_str(why),
        }
    }
}
