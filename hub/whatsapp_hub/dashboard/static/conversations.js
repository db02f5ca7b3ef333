// A conversation: live messages, days and times of here, sending without leaving the page.
"use strict";

(() => {
  const talk = document.querySelector("[data-talk]");
  if (!talk) return;
  const language = document.documentElement.lang;
  const messages = document.getElementById("messages");
  const jump = document.getElementById("jump");
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
  const dayName = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
  const oldDayName = new Intl.DateTimeFormat(language, { dateStyle: "long" });
  const shortDay = new Intl.DateTimeFormat(language, { day: "2-digit", month: "2-digit", year: "2-digit" });
  const keyOf = (at) => `${at.getFullYear()}-${at.getMonth()}-${at.getDate()}`;
  const daysAgo = (count) => { const at = new Date(); at.setDate(at.getDate() - count); return keyOf(at); };

  // --- times
  const times = (inside) => {
    for (const time of inside.querySelectorAll("time[data-clock]")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) time.textContent = clock.format(at);
    }
    for (const time of inside.querySelectorAll("time[data-short]")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const key = keyOf(at);
      time.textContent = key === daysAgo(0) ? clock.format(at)
        : key === daysAgo(1) ? talk.dataset.yesterday : shortDay.format(at);
    }
  };
  const separate = () => {
    for (const day of messages.querySelectorAll(".day")) day.remove();
    let before = "";
    for (const bubble of messages.querySelectorAll(".bubble")) {
      const at = new Date(bubble.dataset.at);
      const key = keyOf(at);
      if (key !== before) {
        const day = document.createElement("p");
        day.className = "day";
        day.textContent = key === daysAgo(0) ? talk.dataset.today
          : key === daysAgo(1) ? talk.dataset.yesterday
          : (Date.now() - at.getTime() < 6 * 86400000 ? dayName : oldDayName).format(at);
        bubble.before(day);
      }
      before = key;
    }
  };

  // --- where the reader is
  const atEnd = () => messages.scrollHeight - messages.scrollTop - messages.clientHeight < 90;
  const toEnd = () => { messages.scrollTop = messages.scrollHeight; if (jump) jump.hidden = true; };

  // --- a message is put in once: the same one again takes its own place
  const put = (html, mine) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    const bubble = made.content.querySelector(".bubble");
    if (!bubble) return;
    times(bubble);
    const known = document.getElementById(bubble.id);
    const follow = mine || atEnd();
    if (known) {
      known.replaceWith(bubble);
    } else {
      const later = mine ? null : Array.from(messages.querySelectorAll(".bubble")).find((each) => each.dataset.at > bubble.dataset.at);
      if (later) later.before(bubble); else messages.insertBefore(bubble, messages.querySelector("[data-empty]"));
    }
    separate();
    if (follow) toEnd();
    else if (!known && jump) jump.hidden = false;
  };
  const change = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html;
    const bubble = made.content.querySelector(".bubble");
    const known = bubble && document.getElementById(bubble.id);
    if (!known) return;
    const follow = atEnd();
    times(bubble);
    known.replaceWith(bubble);
    separate();
    if (follow) toEnd();
  };

  // --- the list, when something was written somewhere
  const entries = document.getElementById("chat-entries");
  let asked = 0;
  const look = () => {
    clearTimeout(asked);
    asked = setTimeout(async () => {
      const search = document.getElementById("chat-search");
      if (search.value || entries.contains(document.activeElement)) return;
      try {
        const answer = await fetch(talk.dataset.list, { headers: { "HX-Request": "true" } });
        if (!answer.ok) return;
        const there = entries.scrollTop;
        entries.innerHTML = await answer.text();
        if (window.htmx) window.htmx.process(entries);
        times(entries);
        entries.scrollTop = there;
      } catch { /* the next message looks again */ }
    }, 400);
  };

  const listen = () => {
    const stream = new EventSource(talk.dataset.live);
    if (messages) {
      stream.addEventListener("message", (event) => put(event.data, false));
      stream.addEventListener("changed", (event) => change(event.data));
    }
    stream.addEventListener("chats", look);
    window.addEventListener("pagehide", () => stream.close());
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  };

  document.body.addEventListener("htmx:load", (event) => times(event.target));
  times(document);
  if (messages) {
    separate();
    toEnd();
    // Pictures come later and push what was read away.
    messages.addEventListener("load", () => { if (atEnd() || messages.dataset.fresh) toEnd(); }, true);
    messages.dataset.fresh = "yes";
    messages.addEventListener("wheel", () => { delete messages.dataset.fresh; }, { passive: true });
    messages.addEventListener("touchmove", () => { delete messages.dataset.fresh; }, { passive: true });
    messages.addEventListener("keydown", () => { delete messages.dataset.fresh; });
    messages.addEventListener("scroll", () => { if (atEnd() && jump) jump.hidden = true; });
    jump.addEventListener("click", () => { toEnd(); messages.focus(); });
    let height = 0;
    document.body.addEventListener("htmx:beforeSwap", (event) => {
      if (event.detail.target.id === "older") height = messages.scrollHeight - messages.scrollTop;
    });
    document.body.addEventListener("htmx:afterSettle", () => {
      if (!height) return;
      delete messages.dataset.fresh;
      separate();
      messages.scrollTop = messages.scrollHeight - height;
      height = 0;
    });
  }
  listen();

  // --- the form for a new message is sent once
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }

  // --- the composer
  const composer = document.getElementById("composer");
  if (!composer) return;
  const text = document.getElementById("composer-text");
  const file = document.getElementById("composer-file");
  const attached = document.getElementById("attached");
  const wrong = document.getElementById("send-error");
  const grow = () => { text.style.height = "auto"; text.style.height = `${text.scrollHeight + 2}px`; };
  const showFile = () => {
    attached.hidden = !file.files.length;
    attached.querySelector("bdi").textContent = file.files.length ? file.files[0].name : "";
  };
  const refuse = (words) => {
    const box = document.createElement("p");
    box.className = "wrong-box";
    box.textContent = words;
    wrong.replaceChildren(box);
  };
  text.addEventListener("input", grow);
  file.addEventListener("change", () => { showFile(); text.focus(); });
  attached.querySelector("button").addEventListener("click", () => { file.value = ""; showFile(); text.focus(); });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    file.files = event.clipboardData.files;
    showFile();
  });
  let busy = false;
  composer.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy || (!text.value.trim() && !file.files.length)) return;
    busy = true;
    const sent = text.value;
    const form = new FormData(composer);
    if (!file.files.length) form.delete("file");
    composer.classList.add("busy");
    try {
      const answer = await fetch(composer.action, { method: "POST", body: form, headers: { "HX-Request": "true" } });
      if (answer.ok) {
        wrong.replaceChildren();
        composer.elements.key.value = answer.headers.get("X-Form-Key");
        file.value = "";
        if (text.value === sent) text.value = "";
        showFile();
        grow();
        put(await answer.text(), true);
      } else if (answer.status === 401) {
        refuse(composer.dataset.ended);
      } else if (answer.status === 403) {
        refuse(composer.dataset.expired);
      } else if (answer.status === 413) {
        refuse(composer.dataset.large);
      } else {
        const said = await answer.text();
        if (said.includes("wrong-box")) wrong.innerHTML = said; else refuse(composer.dataset.lost);
      }
    } catch {
      refuse(composer.dataset.lost);
    } finally {
      busy = false;
      composer.classList.remove("busy");
      text.focus();
    }
  });
  grow();
})();
