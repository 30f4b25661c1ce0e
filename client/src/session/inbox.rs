//! News on its way to the app.
//!
//! A page's app stands still while the page is hidden, for hours if need be, and the hub goes on
//! talking. So nobody waits for the app here: what is said anew takes the place of what was said
//! before, and of the chat only the last lines are kept.

use std::{
    collections::VecDeque,
    mem::{Discriminant, discriminant, take},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use game::protocol::hub::FromHub;

use crate::session::News;

const CHAT_LINES: usize = 100;

#[derive(Clone, Default)]
pub(super) struct Inbox(Arc<Mutex<VecDeque<News>>>);

impl Inbox {
    pub(super) fn put(&self, news: News) {
        let mut waiting = self.waiting();
        if !stays(&news) {
            let kind = kind(&news);
            waiting.retain(|older| self::kind(older) != kind);
        }
        waiting.push_back(news);
        if waiting.iter().filter(|news| is_chat(news)).count() > CHAT_LINES
            && let Some(oldest) = waiting.iter().position(is_chat)
        {
            waiting.remove(oldest);
        }
    }

    /// Everything since the last time, the oldest first.
    pub(super) fn empty(&self) -> VecDeque<News> {
        take(&mut *self.waiting())
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<News>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the news is worth telling after another one of its kind.
fn stays(news: &News) -> bool {
    matches!(
        news,
        News::Heard(
            FromHub::Chatted { .. }
                | FromHub::MatchEnded { .. }
                | FromHub::MatchVoid { .. }
                | FromHub::Declined { .. }
        )
    )
}

fn kind(news: &News) -> (Discriminant<News>, Option<Discriminant<FromHub>>) {
    let heard = match news {
        News::Heard(message) => Some(discriminant(message)),
        _ => None,
    };
    (discriminant(news), heard)
}

fn is_chat(news: &News) -> bool {
    matches!(news, News::Heard(FromHub::Chatted { .. }))
}

#[cfg(test)]
mod tests {
    use game::protocol::{
        hub::LeftQueue,
        text::{ChatText, PlayerName},
    };

    use super::*;

    fn here(total: u32) -> News {
        News::Heard(FromHub::Here { names: Vec::new(), total })
    }

    fn chatted(line: usize) -> News {
        News::Heard(FromHub::Chatted {
            from: PlayerName::new("ann").expect("the name should be good"),
            text: ChatText::new(&line.to_string()).expect("the line should be good"),
        })
    }

    #[test]
    fn what_is_said_anew_takes_the_place_of_the_old() {
        let inbox = Inbox::default();
        let left = News::Heard(FromHub::LeftQueue { why: LeftQueue::NotReady });
        for news in [here(1), left.clone(), here(2), here(3)] {
            inbox.put(news);
        }
        assert_eq!(inbox.empty(), [left, here(3)]);
        assert!(inbox.empty().is_empty());
    }

    #[test]
    fn chat_nobody_takes_keeps_its_last_lines() {
        let inbox = Inbox::default();
        for line in 0..CHAT_LINES + 5 {
            inbox.put(chatted(line));
        }
        let kept = inbox.empty();
        assert_eq!((kept.len(), kept.front()), (CHAT_LINES, Some(&chatted(5))));
    }
}
