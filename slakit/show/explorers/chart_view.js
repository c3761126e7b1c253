// Draws the chart that the kernel sends, and hands files over to the browser. Needs no network: the libraries that
// draw are the same as those of static charts (`renderer.py`); where no chart has brought them yet, the kernel does.

const OPTIONS = { mode: "vega-lite", renderer: "svg", actions: false };
const PATIENCE = 100; // [ms] between two looks whether there is room to draw in

function page() {
  return (window.slakit ??= { charts: [] });
}

function libraries(model) {
  if (page().embed) return Promise.resolve(page().embed);
  return new Promise((resolve) => {
    model.on("msg:custom", function take(message, buffers) {
      if (message.type !== "libraries") return;
      model.off("msg:custom", take);
      if (!page().embed) {
        const script = document.createElement("script");
        script.textContent = `(function(){${new TextDecoder().decode(buffers[0])}})()`;
        document.head.append(script);
      }
      resolve(page().embed);
    });
    model.send({ type: "libraries" });
  });
}

function download(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function copy(text, model) {
  navigator.clipboard?.writeText(text).then(() => model.send({ type: "copied" }), () => {});
}

// Sliders of ipywidgets have no name and speak the number of their step: the label above says what they mean.
function nameHandles(root) {
  root.querySelector(".slakit-figure")?.setAttribute("aria-live", "polite");
  for (const handle of root.querySelectorAll(".slakit-control .noUi-handle")) {
    const label = handle.closest(".slakit-control").querySelector(".slakit-label .widget-html-content");
    const line = label?.innerText.trim().split("\n").pop() ?? "";
    const [name, ...said] = line.split(": ");
    const twin = handle.closest(".noUi-base").querySelectorAll(".noUi-handle").length > 1;
    const edge = twin ? (handle.dataset.handle === "0" ? ", start" : ", end") : "";
    const spoken = { "aria-label": name + edge, "aria-valuetext": said.join(": ") };
    for (const [key, value] of Object.entries(spoken)) {
      if (value && handle.getAttribute(key) !== value) handle.setAttribute(key, value);
    }
  }
}

function watchHandles(el) {
  const root = el.closest(".slakit-explorer");
  if (!root) return () => {};
  const watcher = new MutationObserver(() => nameHandles(root));
  const options = { subtree: true, childList: true, characterData: true, attributes: true };
  watcher.observe(root, { ...options, attributeFilter: ["aria-valuetext"] });
  nameHandles(root);
  return () => watcher.disconnect();
}

async function room(el) {
  while (el.isConnected && !el.clientWidth) await new Promise((resolve) => setTimeout(resolve, PATIENCE));
}

function initialize({ model }) {
  model.on("msg:custom", (message, buffers) => {
    if (message.type === "save") download(message.name, message.mime, buffers[0]);
    if (message.type === "copy") copy(message.text, model);
  });
}

function render({ model, el }) {
  let turn = 0;
  let shown = null; // what `embed` gave for the picture that is on the stage
  el.setAttribute("role", "figure");
  el.style.position = "relative";
  const words = document.createElement("p");
  el.append(words);

  async function draw() {
    const mine = ++turn;
    const text = model.get("text");
    el.setAttribute("aria-label", text);
    words.textContent = shown ? "" : text; // until the picture is there, and where it never comes
    if (!model.get("spec")) return;
    const embed = await libraries(model);
    await room(el);
    if (mine !== turn || !el.isConnected) return;
    const next = document.createElement("div");
    next.style.cssText = "width:100%;visibility:hidden;position:absolute;top:0;left:0";
    el.append(next);
    try {
      const drawn = await embed(next, JSON.parse(model.get("spec")), OPTIONS);
      if (mine !== turn) {
        drawn.finalize();
        next.remove();
        return;
      }
      shown?.drawn.finalize();
      shown?.box.remove();
      shown = { drawn, box: next };
      next.style.cssText = "width:100%";
      words.textContent = "";
    } catch (error) {
      next.remove();
      words.textContent = `This chart cannot be drawn: ${error.message}. ${text}`;
    }
  }

  // Vega watches the window; a side bar that is closed makes room as well.
  let width = 0;
  const watcher = new ResizeObserver(() => {
    const now = el.clientWidth;
    if (shown && now && Math.abs(now - width) > 8) draw();
    width = now;
  });
  watcher.observe(el);
  model.on("change:spec", draw);
  draw();
  let unwatch = () => {};
  room(el).then(() => (unwatch = watchHandles(el)));
  return () => {
    turn += 1;
    watcher.disconnect();
    unwatch();
    model.off("change:spec", draw);
    shown?.drawn.finalize();
  };
}

export default { initialize, render };
