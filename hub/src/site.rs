//! The website: pages, their files, and the headers that guard them.

pub mod assets;
pub mod pages;
pub mod play;
pub mod security;
