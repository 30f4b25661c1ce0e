//! The hub's HTTP API, as far as a player needs it before the socket.

use std::time::Duration;

use game::protocol::http::{Problem, SignedIn, SocketTicket};
use reqwest::{Client, RequestBuilder, Response};

use crate::{platform, settings::SignIn};

const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Api {
    client: Client,
    hub: String,
    /// The session's secret, where no cookie keeps it.
    bearer: Option<String>,
}

/// Why a request came to nothing, in words for the player.
#[derive(Debug)]
pub(super) enum Failure {
    /// The hub said no.
    Refused { status: u16, text: String },
    /// The hub did not answer, or not well.
    Unwell(String),
}

impl Api {
    pub(super) fn new(hub: &str) -> Self {
        Self { client: platform::http_client(), hub: hub.to_owned(), bearer: None }
    }

    pub(super) async fn sign_in(&mut self, how: &SignIn) -> Result<(), Failure> {
        let request = match how {
            SignIn::Guest => self.post("guest"),
            SignIn::Register(credentials) => self.post("register").json(credentials),
            SignIn::LogIn(credentials) => self.post("login").json(credentials),
        };
        let signed_in: SignedIn = read(self.send(request).await?).await?;
        self.bearer = (!platform::COOKIES).then_some(signed_in.bearer);
        Ok(())
    }

    pub(super) async fn socket_token(&self) -> Result<String, Failure> {
        let mut request = self.post("socket-token");
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        let ticket: SocketTicket = read(self.send(request).await?).await?;
        Ok(ticket.token)
    }

    fn post(&self, call: &str) -> RequestBuilder {
        self.client.post(format!("{}/api/v1/{call}", self.hub)).timeout(PATIENCE)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request
            .send()
            .await
            .map_err(|_| Failure::Unwell(format!("The hub at {} cannot be reached.", self.hub)))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = match response.json::<Problem>().await {
            Ok(problem) => problem.error,
            Err(_) => format!("The hub answered with status {}.", status.as_u16()),
        };
        if status.is_client_error() {
            Err(Failure::Refused { status: status.as_u16(), text })
        } else {
            Err(Failure::Unwell(text))
        }
    }
}

async fn read<T: serde::de::DeserializeOwned>(response: Response) -> Result<T, Failure> {
    response.json().await.map_err(|_| Failure::Unwell("The hub's answer could not be read.".into()))
}
