// What htmx does not do: dialogs, questions, copying, times of here, and looking again where nothing is live.
"use strict";

(() => {
  const body = document.body;
  const find = (selector, inside = document) => Array.from(inside.querySelectorAll(selector));

  // --- times: UTC in the page, the reader's own here
  const language = document.documentElement.lang;
  const moments = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const localTimes = (inside) => {
    for (const time of find("time[data-local]", inside)) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.textContent = moments.format(at);
      time.title = time.dateTime;
      time.removeAttribute("data-local");
    }
  };
  const countDown = () => {
    for (const time of find("[data-until]")) {
      const left = Math.max(0, Math.round((Date.parse(time.dataset.until) - Date.now() + skew) / 1000));
      time.textContent = time.dataset.says.replace("{seconds}", left);
      time.hidden = false;
    }
  };
  // The page says what time it was there when it was made: clocks differ.
  const made = document.querySelector("meta[name=server-time]");
  const skew = made ? Date.now() - Date.parse(made.content) : 0;
  setInterval(countDown, 1000);

  // --- notices
  const notices = document.getElementById("notices");
  const armed = new WeakSet();
  const arm = () => {
    for (const notice of find(".notice", notices)) {
      if (armed.has(notice)) continue;
      armed.add(notice);
      const close = document.createElement("button");
      close.type = "button";
      close.textContent = "×";
      close.setAttribute("aria-label", body.dataset.close);
      close.addEventListener("click", () => notice.remove());
      notice.append(close);
      if (!notice.classList.contains("notice-bad")) setTimeout(() => notice.remove(), 8000);
    }
    if (!notices.showPopover) return;
    notices.popover = "manual"; // above an open dialog
    if (notices.matches(":popover-open")) notices.hidePopover();
    if (notices.querySelector(".notice")) notices.showPopover();
  };
  const tell = (text, kind) => {
    const notice = document.createElement("p");
    notice.className = `notice notice-${kind}`;
    notice.textContent = text;
    notices.append(notice);
  };
  new MutationObserver(arm).observe(notices, { childList: true });

  // --- dialogs
  const modal = document.getElementById("modal");
  const open = (dialog) => {
    if (dialog.open) return;
    dialog.showModal();
    const first = dialog.querySelector("[autofocus], input:not([type=hidden]), select, textarea, .button");
    if (first) first.focus();
  };
  document.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-close-dialog]");
    if (closer && closer.closest("dialog")) {
      event.preventDefault();
      closer.closest("dialog").close();
    }
    const opener = event.target.closest("[data-dialog]");
    if (opener) open(document.getElementById(opener.dataset.dialog));
    if (event.target.matches("dialog.modal") && event.target.open && outside(event)) event.target.close();
  });
  const outside = (event) => {
    const box = event.target.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  };
  modal.addEventListener("close", () => document.getElementById("modal-body").replaceChildren());

  // --- a question before a form is sent: htmx asks here, a plain form by itself
  const ask = (text, go) => {
    const place = document.getElementById("modal-body");
    const question = document.createElement("p");
    question.textContent = text;
    const row = document.createElement("div");
    row.className = "modal-actions";
    const button = (label, kind, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = `button button-${kind}`;
      made.textContent = label;
      made.addEventListener("click", () => { modal.close(); act(); });
      row.append(made);
    };
    button(body.dataset.cancel, "plain", () => {});
    button(body.dataset.yes, "primary", go);
    place.replaceChildren(question, row);
    open(modal);
  };
  body.addEventListener("htmx:confirm", (event) => {
    const form = event.detail.elt.closest("[data-ask]");
    if (!form || event.detail.elt !== form) return;
    event.preventDefault();
    ask(form.dataset.ask, () => event.detail.issueRequest(true));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-ask]");
    if (!form || form.hasAttribute("hx-post") || form.dataset.asked) return;
    event.preventDefault();
    ask(form.dataset.ask, () => { form.dataset.asked = "1"; form.requestSubmit(event.submitter); });
  });

  // --- copying
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      tell(body.dataset.copied, "good");
    } catch {
      const code = button.parentElement.querySelector("code");
      if (code) getSelection().selectAllChildren(code);
    }
  });

  // --- htmx
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr && (xhr.status === 422 || xhr.getResponseHeader("HX-Reswap"))) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  body.addEventListener("htmx:responseError", (event) => {
    if (!event.detail.xhr.getResponseHeader("HX-Reswap")) tell(body.dataset.failed, "bad");
  });
  for (const kind of ["htmx:sendError", "htmx:timeout"]) {
    body.addEventListener(kind, (event) => {
      if (event.detail.elt && !event.detail.elt.hasAttribute("data-quiet")) tell(body.dataset.failed, "bad");
    });
  }
  body.addEventListener("htmx:afterSwap", (event) => {
    const { target } = event.detail; // a live swap has none
    if (target && target.id === "modal-body" && target.childElementCount) open(modal);
  });
  body.addEventListener("htmx:load", (event) => {
    localTimes(event.target);
    countDown();
  });

  // --- a page that nobody looks at needs no stream: a browser opens only six to one server
  if (window.htmx) {
    const sources = new Set();
    htmx.createEventSource = (url) => {
      const source = new EventSource(url);
      sources.add(source);
      return source;
    };
    let resting = 0;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(resting);
      if (document.hidden) {
        resting = setTimeout(() => sources.forEach((source) => source.close()), 10000);
        return;
      }
      for (const source of sources) {
        if (source.readyState !== EventSource.CLOSED) continue;
        sources.delete(source);
        if (source.onerror) source.onerror(new Event("error")); // the extension opens another
      }
    });
  }

  // --- live: while the stream is away, whatever listens to `fresh` looks again every 10 seconds
  let live = true;
  const streams = find("[sse-connect]").length > 0;
  const shown = (on) => {
    live = on;
    for (const each of find("[data-fresh]")) {
      each.hidden = false;
      each.classList.toggle("off", !on);
    }
  };
  body.addEventListener("htmx:sseOpen", () => {
    if (!live) body.dispatchEvent(new CustomEvent("fresh"));
    shown(true);
  });
  body.addEventListener("htmx:sseError", () => shown(false));
  if (streams) {
    setInterval(() => { if (!live) body.dispatchEvent(new CustomEvent("fresh")); }, 10000);
  }

  localTimes(document);
  countDown();
  arm();
})();
