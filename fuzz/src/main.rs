//! LibFuzzer's way in: it hands its inputs to the target that `FOGLINE_FUZZ` names.

#![no_main]

use std::{env, sync::LazyLock};

use fuzz::{Target, target};

static CHOSEN: LazyLock<&Target> = LazyLock::new(|| {
    let name = env::var("FOGLINE_FUZZ").expect("FOGLINE_FUZZ should name a target");
    target(&name).unwrap_or_else(|| panic!("there is no target `{name}`"))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (CHOSEN.body)(bytes);
});
