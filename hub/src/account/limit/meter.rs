//! A rate for each address.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};

use crate::{account::address::Address, error::ApiError};

/// Addresses that have been quiet long enough are forgotten once in so many calls.
const FORGET_EVERY: u32 = 1024;

pub struct Meter {
    limiter: DefaultKeyedRateLimiter<Address>,
    calls: AtomicU32,
}

impl Meter {
    /// `count` in each `period`, `burst` of them at once; both at least 1.
    pub fn new(count: u32, period: Duration, burst: u32) -> Self {
        let interval = (period / count.max(1)).max(Duration::from_nanos(1));
        let quota = Quota::with_period(interval)
            .expect("the interval should be longer than nothing")
            .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN));
        Self { limiter: RateLimiter::keyed(quota), calls: AtomicU32::new(0) }
    }

    pub fn take(&self, address: Address) -> Result<(), ApiError> {
        if self.calls.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&address).map_err(|too_soon| {
            let retry_after = too_soon.wait_time_from(self.limiter.clock().now());
            ApiError::TooMany { retry_after }
        })
    }
}
