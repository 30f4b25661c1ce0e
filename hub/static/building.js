"use strict";

const step = document.getElementById("step");
const bar = document.getElementById("progress");
const time = document.getElementById("time");

function show(progress) {
  if (progress.error) {
    step.textContent = "The build failed: " + progress.error;
    step.className = "error";
    bar.hidden = true;
    time.textContent = "The terminal that runs it says more.";
    return;
  }
  step.className = "";
  bar.hidden = false;
  if (progress.step) {
    step.textContent = progress.step;
  }
  if (progress.total > 0) {
    bar.max = progress.total;
    bar.value = Math.min(progress.done ?? 0, progress.total);
    step.textContent += " (" + (progress.done ?? 0) + " of " + progress.total + ")";
  } else {
    bar.removeAttribute("value");
  }
  time.textContent = progress.seconds == null ? "" : "Running for " + Math.round(progress.seconds) + " s";
}

async function poll() {
  try {
    const answer = await fetch("/play/progress", { cache: "no-store" });
    const progress = await answer.json();
    if (progress.ready) {
      location.reload();
      return;
    }
    show(progress);
  } catch {
    time.textContent = "The hub does not answer. Trying again.";
  }
  setTimeout(poll, 1000);
}

poll();
