//! Accounts and sessions: who somebody is, and how they prove it.
//!
//! A guest is an account without a password. One session token serves as cookie and as bearer. What
//! may be done with an account is decided in the functions named here; routes translate, `store`
//! queries.

pub mod address;
pub mod ban;
pub mod caller;
pub mod limit;
pub mod name;
mod ownership;
pub mod password;
pub mod reset;
mod revocation;
pub mod routes;
pub mod session;
mod sign_in;
pub mod socket_token;
pub mod store;

pub use self::{
    ownership::{change_password, claim, delete},
    revocation::{end_session, log_out, log_out_everywhere, shut_out},
    sign_in::{admit_socket, has_ended, login, play_as_guest, register},
};
