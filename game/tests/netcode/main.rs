//! The netcode, without sockets and without waiting: one room and its clients, each an app of its
//! own, joined by lightyear's in-process link and stepped one tick at a time under a stepped clock.

mod beginning;
mod bot;
mod doors;
mod fog;
mod guard;
mod join;
mod life;
mod line;
mod newcomer;
mod prediction;
mod reset;
mod smoke;
mod stall;
mod support;
