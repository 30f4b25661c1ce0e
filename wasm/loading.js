// Trunk's initializer: what the page says until the game draws.

const panel = document.getElementById("loading");
const text = document.getElementById("loading-text");
const bar = document.getElementById("loading-bar");
const detail = document.getElementById("loading-detail");

function fail(what, why) {
  panel.hidden = false;
  panel.classList.add("failed");
  text.textContent = what;
  detail.textContent = why;
}

function hasWebGl2() {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

// A panic in the game reaches the page as an uncaught trap.
addEventListener("error", (event) => {
  if (event.error instanceof WebAssembly.RuntimeError) {
    fail("The game has stopped.", "Load the page again to go on.");
  }
});

export default function initializer() {
  return {
    onStart: () => {
      if (!hasWebGl2()) {
        fail(
          "This browser cannot draw the game.",
          "It has no WebGL 2. Update it, or switch hardware acceleration on in its settings.",
        );
        throw new Error("WebGL 2 is missing");
      }
      text.textContent = "Downloading the game";
    },
    onProgress: ({ current, total }) => {
      bar.max = total;
      bar.value = current;
      detail.textContent = `${megabytes(current)} of ${megabytes(total)} MB`;
      if (current >= total) {
        text.textContent = "Starting";
      }
    },
    onComplete: () => {},
    onSuccess: () => {
      panel.hidden = true;
      document.getElementById("fogline").focus();
    },
    onFailure: (error) => {
      // Bevy leaves its main function this way when the browser takes over its loop.
      if (String(error).includes("Using exceptions for control flow")) {
        panel.hidden = true;
        return;
      }
      fail("The game could not be loaded.", `${error}. Load the page again to retry.`);
    },
  };
}
