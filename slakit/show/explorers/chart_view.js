// Draws the chart that the kernel sends, and hands files over to the browser. Needs no network: the libraries that
// draw are the same as those of static charts (`renderer.py`); where no chart has brought them yet, the kernel does.

const OPTIONS = { mode: "vega-lite", renderer: "svg", actions: false };
const PATIENCE = 100; // [ms] between two looks whether there is room to draw in

function page() {
  return (window.slakit ??= { charts: [] });
}

// A page that is busy lets anywidget turn deaf: what does not load within two seconds hears no message ever after. So
// the chart and all messages are those of another model, a plain one.
function sourceOf(model) {
  return model.widget_manager.get_model(model.get("source").replace("IPY_MODEL_", ""));
}

function libraries(source) {
  if (page().embed) return Promise.resolve(page().embed);
  return new Promise((resolve) => {
    source.on("msg:custom", function take(message, buffers) {
      if (message.type !== "libraries") return;
      source.off("msg:custom", take);
      if (!page().embed) {
        const script = document.createElement("script");
        script.textContent = `(function(){${new TextDecoder().decode(buffers[0])}})()`;
        document.head.append(script);
      }
      resolve(page().embed);
    });
    source.send({ type: "libraries" });
  });
}

function download(name, type, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function print(page) {
  document.querySelector("iframe.slakit-print")?.remove();
  const frame = document.createElement("iframe");
  frame.className = "slakit-print";
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.style.cssText = "position:fixed;width:0;height:0;border:0";
  frame.onload = () => frame.contentWindow.print();
  frame.srcdoc = page;
  document.body.append(frame);
}

function copy(text, source) {
  navigator.clipboard?.writeText(text).then(() => source.send({ type: "copied" }), () => {});
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

// The ✕ of a chip is drawn for a mouse only; fields without a label take that of their control.
function nameChips(root) {
  for (const close of root.querySelectorAll(".slakit-control .jupyter-widget-tag-close:not([role])")) {
    close.tabIndex = 0;
    close.setAttribute("role", "button");
    close.setAttribute("aria-label", `Remove ${close.parentElement.textContent.trim()}`);
    close.addEventListener("keydown", (event) => {
      if (!["Enter", " ", "Delete", "Backspace"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      const control = close.closest(".slakit-control");
      close.dispatchEvent(new MouseEvent("mousedown", { bubbles: true }));
      setTimeout(() => control.querySelector(".jupyter-widget-tag-close, input")?.focus());
    });
  }
  for (const field of root.querySelectorAll(".slakit-control :is(input, select, textarea):not([aria-label])")) {
    const labels = [...(field.labels ?? [])].map((label) => label.textContent.trim());
    const own = field.closest(".slakit-control").querySelector(".slakit-label .widget-html-content")?.innerText.trim();
    const name = own?.split("\n").pop().split(": ")[0];
    if (!labels.some(Boolean) && name) field.setAttribute("aria-label", name);
  }
}

function watchHandles(el) {
  const root = el.closest(".slakit-explorer");
  if (!root) return () => {};
  const name = () => (nameHandles(root), nameChips(root));
  const watcher = new MutationObserver(name);
  const options = { subtree: true, childList: true, characterData: true, attributes: true };
  watcher.observe(root, { ...options, attributeFilter: ["aria-valuetext"] });
  name();
  return () => watcher.disconnect();
}

async function room(el) {
  while (el.isConnected && !el.clientWidth) await new Promise((resolve) => setTimeout(resolve, PATIENCE));
}

async function initialize({ model }) {
  const source = await sourceOf(model);
  function obey(message, buffers) {
    if (message.type === "save") download(message.name, message.mime, buffers[0]);
    if (message.type === "print") print(message.page);
    if (message.type === "copy") copy(message.text, source);
  }
  source.on("msg:custom", obey);
  return () => source.off("msg:custom", obey);
}

async function render({ model, el }) {
  const source = await sourceOf(model);
  let turn = 0;
  let shown = null; // what `embed` gave for the picture that is on the stage
  el.setAttribute("role", "figure");
  el.style.position = "relative";
  const words = document.createElement("p");
  el.append(words);

  async function draw() {
    const mine = ++turn;
    const text = source.get("text");
    el.setAttribute("aria-label", text);
    words.textContent = shown ? "" : text; // until the picture is there, and where it never comes
    if (!source.get("spec")) return;
    const embed = await libraries(source);
    await room(el);
    if (mine !== turn || !el.isConnected) return;
    const next = document.createElement("div");
    next.style.cssText = "width:100%;min-width:26rem;visibility:hidden;position:absolute;top:0;left:0";
    el.append(next);
    try {
      const drawn = await embed(next, JSON.parse(source.get("spec")), OPTIONS);
      if (mine !== turn) {
        drawn.finalize();
        next.remove();
        return;
      }
      shown?.drawn.finalize();
      shown?.box.remove();
      shown = { drawn, box: next };
      next.style.cssText = "width:100%;min-width:26rem"; // narrower, it cannot be read: it scrolls
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
  source.on("change:spec", draw);
  draw();
  let unwatch = () => {};
  room(el).then(() => (unwatch = watchHandles(el)));
  return () => {
    turn += 1;
    watcher.disconnect();
    unwatch();
    source.off("change:spec", draw);
    shown?.drawn.finalize();
  };
}

export default { initialize, render };
