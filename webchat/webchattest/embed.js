// A stand-in for the MaiAgent chat embed, for tests and for running offline.
//
// It starts the way the real one does: executing it only takes the slot
// document.body.onload, so document.body must exist by then, and a page that
// loads it after the window's load event has to call document.body.onload()
// itself. It does not guard against being started twice; neither do we know
// the real one to.
//
// For tests in a browser, the parts are marked: data-maiagent is "bubble",
// "panel", "identity", "name", "badge", "log", "message", "input", "send",
// "new" or "close"; the panel's data-state is "loading", "known", "anonymous",
// "unknown" (the chat host knows no such contact) or "failed".
(function () {
  "use strict";

  var config = window.maiagentChatbotConfig; // must be set before this runs
  var listeners = new Map();
  var view = null; // what start has drawn
  var historyLimit = 100;

  document.body.onload = start;

  window.MaiAgent = {
    control: {
      open: function () { if (view) view.open(); },
      close: function () { if (view) view.close(); },
      isOpen: function () { return Boolean(view && view.isOpen()); }
    },
    chat: {
      send: function (content) { if (view) view.send(String(content)); },
      clearHistory: function () { if (view) view.clearHistory(); },
      newConversation: function () { if (view) view.newConversation(); }
    },
    events: {
      on: function (type, callback) {
        if (!listeners.has(type)) listeners.set(type, new Set());
        listeners.get(type).add(callback);
      },
      off: function (type, callback) {
        if (listeners.has(type)) listeners.get(type).delete(callback);
      }
    }
  };

  function emit(type, data) {
    Array.from(listeners.get(type) || []).forEach(function (callback) {
      try {
        callback(data);
      } catch (error) {
        console.error("chat: a listener failed", error);
      }
    });
  }

  function start() {
    if (!config || !config.webChatId || !config.baseUrl) {
      console.error("chat: window.maiagentChatbotConfig must be set, with webChatId and baseUrl, before the script runs");
      return;
    }
    addStyles();
    view = createView(createHistory());
    identify();
  }

  // --- whom we talk as -----------------------------------------------------

  // The contact's id goes in a body: addresses end up in logs.
  function identify() {
    var drawn = view;
    drawn.showIdentity("loading", "");
    fetch(config.baseUrl + "/" + encodeURIComponent(config.webChatId) + "/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(config.contactId ? { contactId: config.contactId } : {}),
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store"
    }).then(function (response) {
      if (response.status === 404) {
        drawn.showIdentity("unknown", "");
        return null;
      }
      if (!response.ok) throw new Error("status " + response.status);
      return response.json().then(function (session) {
        drawn.showIdentity(session.anonymous ? "anonymous" : "known", session.name, session.badge);
      });
    }).catch(function (error) {
      console.error("chat: the chat host cannot be reached", error.message);
      drawn.showIdentity("failed", "");
    });
  }

  // --- history, kept in the browser by contact ------------------------------

  function createHistory() {
    var key = "maiagent-history:" + config.webChatId + ":" + (config.contactId || "visitor");
    var messages = [];
    try {
      var kept = JSON.parse(localStorage.getItem(key) || "[]");
      if (Array.isArray(kept)) {
        messages = kept.filter(function (m) { return m && typeof m.text === "string"; });
      }
    } catch (_) { /* no storage, or not ours: begin afresh */ }

    function keep() {
      try {
        localStorage.setItem(key, JSON.stringify(messages));
      } catch (_) { /* full or forbidden: the chat goes on without */ }
    }
    return {
      all: function () { return messages.slice(); },
      add: function (message) {
        messages.push(message);
        messages = messages.slice(-historyLimit);
        keep();
      },
      clear: function () {
        messages = [];
        try {
          localStorage.removeItem(key);
        } catch (_) { /* nothing was kept */ }
      }
    };
  }

  // --- the view --------------------------------------------------------------

  function createView(history) {
    var name = "";
    var conversation = 0; // replies to an older one are dropped
    var size = clamp(parseInt(config.buttonSize, 10) || 56, 32, 120);

    var root = element("div", "root");
    var bubble = element("button", "bubble");
    var panel = element("section", "panel");
    var avatar = element("span", "avatar");
    var identity = element("p", "identity");
    var nameText = element("strong", "name");
    var badge = element("span", "badge");
    var log = element("div", "log");
    var form = element("form", "form");
    var input = element("input", "input");
    var send = element("button", "send");
    var fresh = element("button", "new");
    var close = element("button", "close");

    build();
    history.all().forEach(draw);
    if (history.all().length === 0) welcome();
    document.body.appendChild(root);

    function build() {
      var header = element("header", "header");
      var title = element("div", "title");
      var heading = element("h2", "heading");
      heading.textContent = "Chat";
      title.append(heading, identity);

      button(bubble, "Open chat", icon("M4 5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-7l-5 4v-4H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z"));
      button(fresh, "Start a new conversation", icon("M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z"));
      button(close, "Close chat", icon("M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12 19 17.6 17.6 19 12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z"));
      button(send, "Send message", icon("M3 20v-6l8-2-8-2V4l19 8z"));
      send.type = "submit";

      avatar.setAttribute("aria-hidden", "true");
      bubble.setAttribute("aria-expanded", "false");
      bubble.setAttribute("aria-haspopup", "dialog");
      panel.setAttribute("role", "dialog");
      panel.setAttribute("aria-label", "Chat");
      panel.hidden = true;
      identity.setAttribute("role", "status");
      log.setAttribute("role", "log");
      log.setAttribute("aria-label", "Messages");
      log.tabIndex = 0;
      input.type = "text";
      input.placeholder = "Write a message";
      input.autocomplete = "off";
      input.maxLength = 2000;
      input.setAttribute("aria-label", "Message");

      header.append(avatar, title, fresh, close);
      form.append(input, send);
      panel.append(header, log, form);
      root.append(panel, bubble);

      colour(root);
      bubble.style.width = bubble.style.height = size + "px";
      bubble.style.borderRadius = CSS.supports("border-radius", config.buttonRadius || "") ? config.buttonRadius : "50%";
      panel.style.bottom = 20 + size + 12 + "px";
      panel.style.maxHeight = "calc(100vh - " + (20 + size + 12 + 16) + "px)";

      bubble.addEventListener("click", function () { if (panel.hidden) api.open(); else api.close(); });
      close.addEventListener("click", function () { api.close(); });
      fresh.addEventListener("click", function () { api.newConversation(); input.focus(); });
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        api.send(input.value);
        input.value = "";
        input.focus();
      });
      root.addEventListener("keydown", function (event) {
        if (event.key === "Escape" && !panel.hidden) {
          event.stopPropagation();
          api.close();
        }
      });
    }

    function draw(message) {
      var line = element("p", "message");
      line.dataset.from = message.from === "you" ? "you" : "assistant";
      line.textContent = message.text;
      log.appendChild(line);
      log.scrollTop = log.scrollHeight;
    }

    function add(from, text) {
      var message = { from: from, text: text, at: new Date().toISOString() };
      history.add(message);
      draw(message);
      return message;
    }

    function welcome() {
      draw({ from: "assistant", text: "Hello! Ask me anything. I am simulated, so do not expect too much." });
    }

    function reply(text) {
      var typing = element("p", "typing");
      var asked = conversation;
      typing.textContent = "…";
      typing.setAttribute("aria-label", "The assistant is writing");
      log.appendChild(typing);
      log.scrollTop = log.scrollHeight;
      setTimeout(function () {
        typing.remove();
        if (asked !== conversation) return;
        var who = panel.dataset.state === "known" ? ", " + name : "";
        var quoted = text.length > 120 ? text.slice(0, 120) + "…" : text;
        var message = add("assistant", "Thank you" + who + "! You wrote “" + quoted + "”. The real assistant would answer here.");
        emit("messageReply", { content: message.text, createdAt: message.at });
      }, 500);
    }

    var api = {
      isOpen: function () { return !panel.hidden; },
      open: function () {
        if (!panel.hidden) return;
        panel.hidden = false;
        bubble.setAttribute("aria-expanded", "true");
        bubble.setAttribute("aria-label", "Close chat");
        log.scrollTop = log.scrollHeight;
        input.focus();
        if (panel.dataset.state === "failed") identify();
      },
      close: function () {
        if (panel.hidden) return;
        var inside = panel.contains(document.activeElement);
        panel.hidden = true;
        bubble.setAttribute("aria-expanded", "false");
        bubble.setAttribute("aria-label", "Open chat");
        if (inside) bubble.focus();
      },
      send: function (text) {
        text = text.trim();
        if (!text) return;
        add("you", text);
        reply(text);
      },
      clearHistory: function () {
        conversation++;
        history.clear();
        log.replaceChildren();
      },
      newConversation: function () {
        api.clearHistory();
        welcome();
      },
      showIdentity: function (state, newName, newBadge) {
        name = newName;
        panel.dataset.state = state;
        nameText.textContent = nameText.title = newName;
        badge.textContent = newBadge || "";
        avatar.textContent = initials(newName);
        if (state === "known" || state === "anonymous") {
          identity.replaceChildren("You are talking as ", nameText, " ", badge);
          return;
        }
        identity.textContent = {
          loading: "Connecting…",
          unknown: "This chat does not know whom it is talking to",
          failed: "The chat cannot be reached"
        }[state];
      }
    };
    return api;
  }

  // --- small parts -------------------------------------------------------------

  function element(tag, part) {
    var e = document.createElement(tag);
    e.className = "maiagent-" + part;
    e.dataset.maiagent = part;
    return e;
  }

  function button(e, label, picture) {
    e.type = "button";
    e.setAttribute("aria-label", label);
    e.title = label;
    e.appendChild(picture);
    if (e.dataset.maiagent === "bubble") e.removeAttribute("title");
  }

  function icon(path) {
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    var shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    shape.setAttribute("d", path);
    svg.appendChild(shape);
    return svg;
  }

  function initials(name) {
    return name.trim().split(/\s+/).slice(0, 2).map(function (word) {
      return Array.from(word)[0] || "";
    }).join("").toUpperCase();
  }

  function clamp(n, low, high) { return Math.min(high, Math.max(low, n)); }

  // colour sets the theme colour, and black or white upon it, whichever is
  // easier to read.
  function colour(root) {
    var primary = CSS.supports("color", config.primaryColor || "") ? config.primaryColor : "#3854d8";
    root.style.setProperty("--maiagent-primary", primary);
    root.style.setProperty("--maiagent-on-primary", "#fff");
    var probe = document.createElement("canvas").getContext("2d");
    if (!probe) return;
    probe.fillStyle = primary; // reads back as #rrggbb, or as rgba(...)
    var hex = /^#(..)(..)(..)$/.exec(probe.fillStyle);
    if (!hex) return;
    var light = [0.2126, 0.7152, 0.0722].reduce(function (sum, weight, i) {
      var c = parseInt(hex[i + 1], 16) / 255;
      return sum + weight * (c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4));
    }, 0);
    if (1.05 / (light + 0.05) < (light + 0.05) / 0.05 && 1.05 / (light + 0.05) < 4.5) {
      root.style.setProperty("--maiagent-on-primary", "#14181f");
    }
  }

  // A style sheet that is built, unlike one that is written into the page,
  // needs no permission from a Content Security Policy.
  function addStyles() {
    var sheet = new CSSStyleSheet();
    sheet.replaceSync([
      ".maiagent-root, .maiagent-root *:not(svg, svg *) { all: revert; box-sizing: border-box; }",
      ".maiagent-root { font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; color: #1d2433; color-scheme: light; text-align: start; letter-spacing: normal; word-spacing: normal; text-transform: none; }",
      ".maiagent-root [hidden] { display: none !important; }",
      ".maiagent-root button, .maiagent-root input { font: inherit; margin: 0; border: 0; }",
      ".maiagent-root button { display: grid; place-items: center; padding: 0; cursor: pointer; background: none; color: inherit; }",
      ".maiagent-root svg { width: 20px; height: 20px; fill: currentColor; display: block; }",

      ".maiagent-root .maiagent-bubble { position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; background: var(--maiagent-primary); color: var(--maiagent-on-primary); box-shadow: 0 6px 20px rgb(20 24 31 / .28); transition: transform .15s ease; }",
      ".maiagent-root .maiagent-bubble:hover { transform: scale(1.05); }",
      ".maiagent-root .maiagent-bubble svg { width: 46%; height: 46%; }",

      ".maiagent-root .maiagent-panel { position: fixed; right: 20px; z-index: 2147483000; width: min(372px, calc(100vw - 40px)); height: 540px; display: flex; flex-direction: column; overflow: hidden; background: #fff; border-radius: 16px; box-shadow: 0 12px 48px rgb(20 24 31 / .26), 0 0 0 1px rgb(20 24 31 / .06); }",
      ".maiagent-root .maiagent-header { display: flex; align-items: center; gap: 10px; padding: 14px 12px 14px 16px; background: var(--maiagent-primary); color: var(--maiagent-on-primary); }",
      ".maiagent-root .maiagent-avatar { flex: none; width: 38px; height: 38px; border-radius: 50%; display: grid; place-items: center; background: var(--maiagent-on-primary); color: var(--maiagent-primary); font-weight: 600; font-size: 14px; }",
      ".maiagent-root .maiagent-avatar:empty { opacity: .35; }",
      ".maiagent-root .maiagent-title { flex: 1; min-width: 0; }",
      ".maiagent-root .maiagent-heading { margin: 0; font-size: 16px; line-height: 1.3; font-weight: 600; }",
      ".maiagent-root .maiagent-identity { margin: 0; font-size: 13px; line-height: 1.4; overflow-wrap: anywhere; }",
      ".maiagent-root .maiagent-name { display: inline-block; max-width: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }",
      ".maiagent-root .maiagent-badge { display: inline-block; padding: 0 6px; border: 1px solid currentColor; border-radius: 999px; font-size: 11px; line-height: 1.4; white-space: nowrap; }",
      ".maiagent-root .maiagent-header button { flex: none; width: 34px; height: 34px; border-radius: 8px; }",
      ".maiagent-root .maiagent-header button:hover { background: rgb(128 128 128 / .3); }",

      ".maiagent-root .maiagent-log { flex: 1; min-height: 0; overflow-y: auto; padding: 16px; display: flex; flex-direction: column; gap: 10px; background: #f6f7fa; }",
      ".maiagent-root .maiagent-message, .maiagent-root .maiagent-typing { margin: 0; max-width: 84%; padding: 9px 13px; border-radius: 14px; white-space: pre-wrap; overflow-wrap: anywhere; align-self: flex-start; background: #fff; border: 1px solid #e4e7ee; border-bottom-left-radius: 4px; }",
      ".maiagent-root .maiagent-message[data-from=you] { align-self: flex-end; background: var(--maiagent-primary); color: var(--maiagent-on-primary); border-color: transparent; border-radius: 14px 14px 4px 14px; }",
      ".maiagent-root .maiagent-typing { color: #596377; letter-spacing: 2px; }",

      ".maiagent-root .maiagent-form { display: flex; gap: 8px; margin: 0; padding: 12px; border-top: 1px solid #e4e7ee; }",
      ".maiagent-root .maiagent-input { flex: 1; min-width: 0; padding: 9px 14px; border: 1px solid #7d8799; border-radius: 999px; background: #fff; color: #1d2433; }",
      ".maiagent-root .maiagent-send { flex: none; width: 42px; height: 42px; border-radius: 50%; background: var(--maiagent-primary); color: var(--maiagent-on-primary); }",
      ".maiagent-root :focus-visible { outline: 2px solid #fff; outline-offset: 0; box-shadow: 0 0 0 4px #14181f; }",
      ".maiagent-root .maiagent-input:focus-visible { outline: none; border-color: #14181f; box-shadow: 0 0 0 1px #14181f; }",
      "@media (prefers-reduced-motion: reduce) { .maiagent-root .maiagent-bubble { transition: none; } }"
    ].join("\n"));
    document.adoptedStyleSheets = document.adoptedStyleSheets.concat(sheet);
  }
})();
