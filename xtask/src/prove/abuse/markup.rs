//! T22: text that wants to be markup, in every place of the website that shows what somebody typed.

use anyhow::{Result, ensure};
use serde_json::json;

use super::stage::Stage;
use crate::prove::report::Figures;

/// What a piece of markup has to break out of first.
const CONTEXTS: &[&str] = &["", "\">", "'>", "</title>", "</textarea>", "-->"];

/// Each runs `alert` by itself when a browser takes it for markup.
const MARKUP: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<body onpageshow=alert(1)>",
    "<style>@keyframes x{}</style><b style=animation-name:x onanimationstart=alert(1)>b</b>",
    "<math><mtext><img src=x onerror=alert(1)></mtext></math>",
    "<video><source onerror=alert(1)></video>",
    "javascript:alert(1)",
];

/// Where text comes back: the script leads there with the text in `text`.
const PLACES: &[&str] = &[
    "location.href = '/profile/' + encodeURIComponent(text)",
    "location.href = '/matches/' + encodeURIComponent(text)",
    "location.href = '/join/' + encodeURIComponent(text)",
    "location.href = '/' + encodeURIComponent(text)",
    "location.href = '/login?next=' + encodeURIComponent(text)",
    "send('/register', { name: text, password: 'correct horse battery' })",
    "send('/login', { name: text, password: text })",
    "send('/reset', { name: text, code: text, password: text })",
];

/// Counts what runs, in place of showing it.
const HOOK: &str = "window.ran = 0;
    for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => { window.ran += 1; };
    window.send = (action, fields) => {
        const form = document.createElement('form');
        form.method = 'post';
        form.action = action;
        for (const [name, value] of Object.entries(fields)) {
            const input = document.createElement('input');
            input.name = name;
            input.value = value;
            form.append(input);
        }
        document.documentElement.append(form);
        form.submit();
    };";

/// What of [`MARKUP`] has become part of the page, whether or not it was let run.
const FOREIGN: &str = "Array.from(document.querySelectorAll('*')).filter((element) =>
    ['IFRAME', 'MATH', 'VIDEO', 'DETAILS'].includes(element.nodeName)
    || /alert/.test(element.nodeName === 'SCRIPT' ? element.textContent : '')
    || Array.from(element.attributes).some((attribute) => attribute.name.startsWith('on'))).length";

pub fn run(stage: &mut Stage<'_>, figures: &mut Figures) -> Result<()> {
    let browser = stage.browser()?;
    let page = browser.page()?;
    page.begin_with(HOOK)?;
    let front = format!("http://{}/", stage.address());
    page.open(&front)?;
    ensure!(page.evaluate("alert(1); window.ran")? == 1, "the hook should count what runs");

    let contexts = stage.count(CONTEXTS.len(), 1);
    let texts =
        CONTEXTS[..contexts].iter().flat_map(|context| MARKUP.iter().map(move |markup| (context, markup)));
    let (mut shown, mut ran, mut foreign) = (0, 0, 0);
    for (context, markup) in texts {
        let text = json!(format!("{context}{markup}"));
        for place in PLACES {
            page.follow(&format!("const text = {text}; {place}"))?;
            ran += page.evaluate("window.ran")?.as_u64().unwrap_or(1);
            foreign += page.evaluate(FOREIGN)?.as_u64().unwrap_or(1);
            shown += 1;
        }
    }
    figures.note("pages_with_hostile_text", shown);
    figures.note("scripts_run", ran);
    figures.note("texts_taken_for_markup", foreign);
    ensure!(ran + foreign == 0, "{ran} scripts ran, {foreign} texts became markup");
    Ok(())
}
