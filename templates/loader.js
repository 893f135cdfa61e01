import { makeButton } from './button.js';

load();

function load() {
  // The first loader on a page keeps the state, and takes over what waits in the
  // queue that the bootstrap left. Later answers, from a second tag, from a body
  // that replaced the former, or to ask(), are handed to it by theirs, and the
  // page's clicks by the first.
  const key = Symbol.for('maicontact');
  const queue = window[key];
  if (!Array.isArray(queue)) return;

  const slot = 'maiagentChatbotConfig'; // the vendor's global
  const final = ['declined', 'erased', 'rejected', 'suspended']; // end a chat that runs

  let state = 'waiting'; // waiting, closed, opening, failed, loading, started, blocked, absent or changed
  let reason = '';
  let attempts = 0; // times asked again
  let epoch = ''; // names who is there; empty: not known
  let again = ''; // address of the chat script
  let json = ''; // address of the JSON, when the static script came first
  let name = ''; // of this chat, on a host that may have several
  let retry = false;
  let nonce = '';
  let config; // what the chat may find in the vendor's global
  let executed = false; // the embed ran, and must not run twice
  let stale = false; // the chat was that of somebody else
  let cancel = null; // keeps an embed that is still coming from running

  const guard = (f) => (arg) => {
    try {
      f(arg);
    } catch (e) {
      // A failure of the chat is never the page's problem.
    }
  };
  const settle = (s, r) => {
    state = s;
    reason = r;
    guard(paint)();
  };
  const status = () => ({ state, reason, attempts, epoch });
  const idle = () => !executed && !stale && state !== 'loading';
  // Without cookies each answer is to somebody new, and nobody can log in.
  const forgetful = () => foreign || !navigator.cookieEnabled;
  const own = (target, name) => Object.getOwnPropertyDescriptor(target, name);

  function insert(src, end, parent) {
    const script = document.createElement('script');
    script.nonce = nonce;
    // Old browsers, plain http and pages of listed origins tell our server nothing else.
    if (!parent) script.referrerPolicy = 'origin';
    script.onload = guard(() => end(true));
    script.onerror = guard(() => end(false));
    try {
      // Not relative to <base>. Throws where trusted types are enforced.
      script.src = new URL(src, location.href).href;
      (parent || document.body || document.head).appendChild(script);
    } catch (e) {
      Promise.resolve(false).then(guard(end));
    }
    return script;
  }

  // A frame leaves the chat to a page of its own origin above it that has a
  // loader. Below a page of another, browsers withhold cookies.

  const above = []; // windows, from the inside out
  let foreign = false; // one of them is of another origin

  function lookAbove() {
    try {
      for (let w = window; w !== window.top; above.push(w)) {
        w = w.parent;
        if (!w.document || w === window || above.includes(w)) throw new Error();
      }
    } catch (e) {
      foreign = true;
    }
  }

  const leader = () => above.find((w) => w[key]);

  function standBack(given = {}) {
    clearTimeout(timer);
    due = false;
    if (!executed) {
      if (config !== undefined || given.embed) {
        config = undefined;
        restore();
      }
      settle('absent', 'framed');
    } else if (given.embed) {
      restore();
    }
  }

  // nameOf names a chat by its address, without the ending: the chat script and
  // the JSON are two forms of one chat.
  function nameOf(given) {
    const address = given.again || given.json;
    return address ? 'maicontact ' + String(address).replace(/(\.\w+)?(\?.*)?$/, '') : '';
  }

  // complete adds what the scripts leave out to be short: with a contact, the
  // address of the embed, which stands beside what it frames.
  function complete(given) {
    if (given.json === true) return { v: given.v, json: given.again };
    if (!given.again || given.embed || given.reason !== undefined) return given;
    const base = String((window[slot] || {}).baseUrl || '');
    return { ...given, embed: base && base.replace(/\/web-chats$/, '/js/embed.min.js') };
  }

  // What an answer means.

  function accept(given, script) {
    if (given.v > 1) {
      // The server is newer than this loader, and its options may mean something
      // else: nothing is started by it.
      if (idle()) {
        config = undefined;
        restore();
        settle('absent', 'version');
      } else if (given.embed) restore();
      return;
    }
    name = name || nameOf(given);
    if (!asks.has(script) && (nameOf(given) || name) !== name) {
      if (given.embed) restore(); // a second chat on the page
      return;
    }
    if (script && script.nonce) nonce = script.nonce;
    if (leader()) {
      standBack(given);
      return;
    }
    if (given.json) {
      fetchFrom(given.json);
      return;
    }
    if (state === 'changed' || (asks.has(script) && script !== latest)) {
      if (given.embed) restore();
      return;
    }
    if (!json) again = given.again || again;
    answered = true;
    answeredAt = Date.now();
    const named = typeof given.epoch === 'string' ? given.epoch : '';
    if (named) doubtful = false;
    if (idle()) take(given, named);
    else compare(given, named);
  }

  function take(given, named) {
    clearTimeout(timer);
    due = false;
    tell(named);
    if (given.embed) {
      if (given.config) window[slot] = given.config;
      keep();
      source = given.embed;
      settle('loading', '');
      start(source);
      return;
    }
    if (config !== undefined) {
      config = undefined;
      restore();
    }
    if (given.open && typeof given.open === 'object') {
      if (state === 'opening') return; // the answer to that is newer
      look = given.open;
      settle(foreign ? 'absent' : 'closed', foreign ? 'framed' : String(given.reason || ''));
      if (foreign) look = null;
      else if (wish) begin();
      return;
    }
    look = null;
    retry = !!given.retry;
    reason = String(given.reason || '');
    plan();
  }

  // compare is for a chat that runs, or is about to: it goes on, or the page is
  // loaded anew, but nothing starts a second time.
  function compare(given, named) {
    const foreign = stale || (!!epoch && named !== epoch);
    const ended = !given.embed && final.includes(given.reason);
    if (named && (foreign || ended)) {
      change(foreign ? 'identity changed' : given.reason);
      return;
    }
    if (named) tell(named);
    if (given.embed && !given.config) {
      if (named) keep();
      else restore();
    }
    if (doubtful && given.retry) later();
  }

  // keep remembers the configuration that an accepted answer left, and restore
  // puts it in the place of one from an answer that does not count.
  function keep() {
    config = (own(window, slot) || {}).value;
  }

  function restore() {
    if (config !== undefined) window[slot] = config;
    else if (!Reflect.deleteProperty(window, slot)) window[slot] = undefined;
  }

  // change ends the chat of a former person. An embed that has run cannot be
  // stopped, only taken away with its page.
  function change(why) {
    if (forgetful()) {
      if (config !== undefined) restore();
      return;
    }
    stale = true;
    clearTimeout(timer);
    due = false;
    config = undefined;
    restore();
    if (cancel) cancel();
    for (const part of [...parts, ...beside]) part.remove();
    parts.clear();
    beside.clear();
    sweep(''); // again on the next page: until then the embed may write more
    if (!mayReload()) {
      settle('blocked', 'identity keeps changing');
      return;
    }
    settle('changed', why);
    reload();
  }

  // reload asks for the page with GET, whatever made it: to send a form again
  // may be to order again. Only an address without a fragment loads a page.
  const pageOf = (address) => address.replace(/#.*/, '');

  function reload() {
    guard(() => sessionStorage.setItem(name + ' place', location.href))();
    location.replace(pageOf(location.href));
  }

  function returnToPlace() {
    const kept = sessionStorage.getItem(name + ' place');
    if (!kept) return;
    sessionStorage.removeItem(name + ' place');
    if (kept !== location.href && pageOf(kept) === location.href) location.replace(kept);
  }

  // mayReload allows three reloads in a minute, and none that cannot be counted.
  function mayReload() {
    const times = name + ' reloads';
    const now = Date.now();
    try {
      const former = JSON.parse(sessionStorage.getItem(times) || '[]').filter((t) => Math.abs(now - t) < 60000);
      if (former.length >= 3) return false;
      sessionStorage.setItem(times, JSON.stringify([...former, now]));
      return true;
    } catch (e) {
      return false;
    }
  }

  // When to ask, and how.

  const asks = new WeakSet(); // script elements
  let latest = null; // the newest ask while it is under way: only its answer counts
  let asker = null; // the body when it began
  let abort = { abort() {} };
  let answered = false; // since the latest ask
  let answeredAt = Date.now(); // a machine that sleeps may stop performance.now()
  let doubtful = false; // somebody else may be there by now
  let timer = 0;
  let tries = 0; // in a row by the timer
  let due = false; // time to ask, once somebody looks at the page
  let waiters = []; // for the end of the newest ask

  // plan decides whether to ask again: after 2 s, 4 s and so on to 60 s, give
  // or take a half; for a page not shown yet, when it is.
  function plan() {
    clearTimeout(timer);
    settle(retry && !foreign && (again || json) ? 'waiting' : 'absent', reason);
    if (state === 'absent') {
      granted();
      return;
    }
    due = !!document.prerendering;
    if (!due) later();
  }

  function later() {
    clearTimeout(timer);
    const delay = Math.min(2000 * 2 ** tries, 60000) * (0.5 + Math.random());
    timer = setTimeout(guard(() => {
      tries++;
      due = true;
      askIfDue();
    }), delay);
  }

  function askIfDue() {
    if (due && (doubtful || (idle() && !document.hidden))) ask();
  }

  function askNow() {
    tries = 0;
    ask();
  }

  // A page that comes back may be older than what happened elsewhere.
  function shown() {
    if (document.hidden || latest || Math.abs(Date.now() - answeredAt) <= 60000) askIfDue();
    else askNow();
  }

  function fetchFrom(address) {
    if (again) return; // the chat script was here first
    if (foreign) {
      standBack();
      return;
    }
    const late = above.find(unloaded);
    if (late) { // its loader may be yet to come
      late.addEventListener('load', guard(() => accept({ json: address })), { once: true });
      return;
    }
    const first = !json;
    json = address;
    if (latest && asker === document.body) return; // a second static script
    ask(first);
  }

  function ask(first) {
    clearTimeout(timer);
    if (leader()) standBack();
    due = !!document.prerendering;
    if (due || foreign || leader() || (forgetful() && !idle()) || !(again || json)) {
      finish();
      return;
    }
    answered = false;
    asker = document.body;
    if (!first) attempts++;
    if (json) askJSON();
    else askScript();
  }

  function askScript() {
    // Browsers give one address that is asked for twice at once one answer.
    const address = again + (again.includes('?') ? '&' : '?') + 'ask=' + attempts;
    const script = insert(address, () => {
      script.remove();
      end(script);
    });
    asks.add(script);
    latest = script;
  }

  function askJSON() {
    abort.abort();
    abort = stopper();
    const token = {};
    latest = token;
    request(json, abort, { mode: 'same-origin', redirect: 'error', referrerPolicy: 'origin' })
      .catch(() => null).then(guard((given) => end(token, given)));
  }

  const request = async (address, stop, more) => {
    const response = await fetch(new URL(address, location.href).href, {
      credentials: 'include',
      cache: 'no-store',
      headers: { Accept: 'application/json' },
      signal: stop.signal,
      ...more,
    });
    return response.ok || response.status === 403 ? read(await response.json()) : null;
  };

  const stopper = () => (typeof AbortController === 'function' ? new AbortController() : { abort() {} });

  // read returns what the JSON says, if it is an answer. Where to ask is not for it
  // to say.
  function read(given) {
    const { config, embed, reason, hint } = given;
    if (hint) console.warn(hint); // for developers, on localhost; scripts say it themselves
    const contact = config && typeof config === 'object' && !Array.isArray(config) && embed && typeof embed === 'string';
    const none = config === undefined && embed === undefined && typeof reason === 'string';
    return contact || none ? { ...given, again: '', json: '' } : null;
  }

  // end ends an ask. It failed when nothing was answered meanwhile.
  function end(token, given) {
    if (token !== latest) return;
    try {
      if (given) accept(given, null);
      if (!answered) fail();
    } finally {
      latest = null;
      finish();
    }
  }

  function fail() {
    if (idle()) {
      retry = true;
      reason = 'unreachable';
      plan();
    } else if (doubtful) {
      later();
    }
  }

  function finish() {
    const all = waiters;
    waiters = [];
    for (const done of all) done(status());
  }

  // refresh asks who is there now, for a login or logout without a page load.
  const refresh = () => new Promise((resolve) => {
    waiters.push(resolve);
    try {
      const page = leader();
      if (page) page.maicontact.refresh().finally(finish);
      else askNow();
    } catch (e) {
      finish();
    }
  });

  // Opening. That somebody wants the chat is noted once, and granted when it is
  // open; a second click takes nothing back.

  let look = null; // of the button; null: none belongs here
  let button = null;
  let source = ''; // of the embed
  let wish = false;
  let recalled = false; // the wish is that of the page before this one
  let revealing = false;
  let holding = false; // theirs is open, and ours still lies above it
  let openers = []; // for the end of opening
  const wished = () => name + ' wish';

  // open opens the chat, and gives a promise of the status when that has come to
  // an end.
  const open = () => new Promise((done) => {
    openers.push(done);
    guard(want)();
  });

  function want() {
    const page = leader();
    if (page) {
      page.maicontact.open().finally(granted);
      return;
    }
    wish = !holding;
    if (holding) granted();
    else if (state === 'closed' || state === 'failed' && !executed) begin();
    else if (state === 'blocked' && source && !executed) {
      settle('loading', '');
      start(source);
    } else if (executed && !stale) {
      if (state === 'failed') settle('started', '');
      else paint();
      reveal();
    } else if (state === 'absent' || state === 'changed' || state === 'blocked') granted();
  }

  // granted ends a wish, one way or the other.
  function granted() {
    wish = false;
    guard(() => sessionStorage.removeItem(wished()))();
    const all = openers;
    openers = [];
    for (const done of all) done(status());
  }

  function failed(why) {
    settle('failed', why);
    granted();
  }

  // A wish outlives one loading of the page, if that comes soon.
  function recall() {
    const kept = Number(sessionStorage.getItem(wished()));
    sessionStorage.removeItem(wished());
    wish = recalled = Math.abs(Date.now() - kept) < 60000;
  }

  // begin asks for the contact, and fetches the embed beside that. Tabs that open
  // at once take turns, so that the second finds the cookie of the first.
  function begin() {
    if (state === 'opening' || whenShown(begin)) return;
    if (!recalled) guard(() => sessionStorage.setItem(wished(), String(Date.now())))();
    settle('opening', '');
    hint('preload');
    const turn = navigator.locks ? (f) => navigator.locks.request(name + ' open', f) : (f) => f();
    Promise.resolve().then(() => turn(() => post(2))).catch(() => null).then(guard((given) => {
      if (state !== 'opening') return; // another answer came first
      if (!given || !given.embed) failed(given && !given.open && given.reason || 'unreachable');
      else if (!given.opened && epoch && given.epoch !== epoch) change('identity changed');
      else accept(given, null);
    }));
  }

  // hint tells the browser of the embed: that it will be needed, or with
  // 'preconnect' no more than that its host may be.
  const hint = guard((rel) => {
    if (!look || !look.embed) return;
    const link = document.createElement('link');
    link.rel = rel;
    link.as = 'script';
    link.nonce = nonce;
    link.href = look.embed;
    document.head.append(link);
  });

  // post opens the chat at the server, and again a few times while it says that
  // the contact is still to come.
  async function post(more) {
    const stop = stopper();
    const late = setTimeout(() => stop.abort(), 20000);
    // Origin is sent in this mode, whatever the referrer policy.
    const given = await request(json || again, stop, { method: 'POST', mode: 'cors' });
    clearTimeout(late);
    if (!given || !given.retry || !more || state !== 'opening') return given;
    await new Promise((done) => setTimeout(done, 1500));
    return post(more - 1);
  }

  // paint draws the button as the state has it, after the page has loaded.
  function paint() {
    if (!look || look.button === false || window.maicontact.button === false || ['waiting', 'absent', 'changed'].includes(state)) {
      if (button) button.remove();
      button = null;
      return;
    }
    if (unloaded(window)) {
      addEventListener('load', guard(paint), { once: true });
      return;
    }
    if (!button) {
      button = makeButton(look, nonce);
      button.button.addEventListener('pointerenter', () => hint('preconnect'), { once: true });
    }
    button.show(state === 'failed' || state === 'blocked' ? 'failed' : wish || state === 'opening' ? 'opening' : 'closed');
  }

  // reveal waits for the vendor's chat to be there, opens it when that is wanted,
  // and takes our button away.
  function reveal() {
    if (revealing) return;
    revealing = true;
    const begun = performance.now();
    let calls = 0;
    let called = -Infinity;
    const timer = setInterval(guard(() => {
      const now = performance.now();
      const control = (window.MaiAgent || {}).control || {};
      const tells = typeof control.isOpen === 'function';
      const opens = typeof control.open === 'function';
      const isThere = () => (wish && tells ? control.isOpen() === true : theirs());
      if (wish && opens && (!tells || !isThere()) && calls < (tells ? 2 : 1) && now - called >= 1500) {
        calls++;
        called = now;
        guard(() => control.open())();
      }
      // Its functions may be yet to come.
      const there = isThere() && (!wish || tells || calls || now - begun > 1500);
      const over = now - begun > 15000;
      if (!there && !over && !stale) return;
      clearInterval(timer);
      revealing = false;
      if (stale) return;
      if (there) arrive();
      else if (wish) failed('chat did not appear');
      else if (button) paint();
    }), 50);
  }

  // arrive hands over to theirs. Ours stays on top for a moment, so that a second
  // click does not close what the first has opened.
  function arrive() {
    const clicked = wish && button;
    const end = guard(() => {
      holding = false;
      if (stale) return;
      const active = document.activeElement;
      if (button && (active === button.button || clicked && (!active || active === document.body))) focusTheirs();
      look = null;
      paint();
    });
    granted();
    if (clicked) {
      holding = true;
      button.show('opening');
      setTimeout(end, 600);
    } else end();
  }

  function focusTheirs() {
    const part = theirs();
    if (!part) return;
    const inner = within(part, 'input,textarea,iframe,button,[tabindex]').find(shows);
    if (!inner) part.tabIndex = -1;
    (inner || part).focus();
  }

  const shows = (node) => {
    const { width, height } = node.getBoundingClientRect();
    return width > 0 && height > 0 && getComputedStyle(node).visibility === 'visible';
  };

  const within = (part, what) => [...(part.shadowRoot || part).querySelectorAll(what)];

  // theirs returns a part of the vendor's chat that can be seen. A part may be
  // without size and hold what is not, also where nobody can look into it.
  function theirs() {
    for (const part of [...parts, ...beside]) {
      if (!part.isConnected) continue;
      if (shows(part) || within(part, '*').some(shows)) return part;
      const places = [0.05, 0.5, 0.85, 0.93, 0.97];
      if (places.some((x) => places.some((y) => document.elementsFromPoint(x * innerWidth, y * innerHeight).includes(part)))) return part;
    }
    return null;
  }

  // An element that is marked so opens the chat: our button, and those of the page.
  function clicked(event) {
    const element = event.target.closest('[data-maicontact="open"]');
    if (!element) return;
    if (element.nodeName === 'A') event.preventDefault();
    want();
  }

  // The vendor's script keeps things in the page's storage, by names of its own.
  // Beside them stands whose they are, for all chats of the origin: another person,
  // and nobody, begins without.
  const sweep = (named) => guard(() => {
    [localStorage, sessionStorage].forEach(guard((kept) => {
      if (kept.maicontact === named) return;
      for (const item of Object.keys(kept)) if (/^maiagent/i.test(item)) kept.removeItem(item);
      kept.maicontact = named;
    }));
  })();

  // Other tabs: each says whom it was told of. What is heard is only a reason
  // to ask.

  let channel = null;
  let news = ''; // the last epoch heard or told
  let told = '';
  let repeats = 0;
  let soon = 0; // timer

  function listen() {
    if (channel || foreign || leader()) return;
    channel = new BroadcastChannel(name); // throws where there is none: those who call are guarded
    channel.onmessage = guard((event) => hear(event.data.epoch));
  }

  function hear(heard) {
    if (!heard || typeof heard !== 'string' || forgetful() || leader()) return;
    news = heard;
    if (heard === epoch || soon) return;
    soon = setTimeout(guard(() => {
      soon = 0;
      doubtful = true;
      askNow();
    }), 100 + Math.random() * 300);
  }

  // tell takes the epoch of an accepted answer as that of this page. Tabs that
  // are answered differently for good must not keep each other asking.
  function tell(named) {
    if (!named) return;
    epoch = named;
    sweep(named);
    if (named === news) return;
    repeats = named === told ? repeats + 1 : 0;
    if (repeats > 3) return;
    news = named;
    told = named;
    if (channel && !leader()) guard(() => channel.postMessage({ epoch: named }))();
  }

  // An open channel may keep a page out of the back-forward cache.
  function leave() {
    if (channel) channel.close();
    channel = null;
    clearTimeout(soon);
    soon = 0;
  }

  // Starting the chat.

  const unloaded = (w) => w.document.readyState !== 'complete';

  // whenShown puts something off, on a page that is rendered in advance.
  function whenShown(next) {
    if (document.prerendering) document.addEventListener('prerenderingchange', guard(next), { once: true });
    return document.prerendering;
  }

  // start waits for the page, and for those it is in: a chat host that hangs
  // must not delay their load event.
  function start(src) {
    const next = guard(() => start(src));
    if (state !== 'loading' || whenShown(next)) return;
    const late = [window, ...above].find(unloaded);
    if (late) late.addEventListener('load', next, { once: true });
    else if (leader()) standBack();
    else embed(src);
  }

  // embed loads the vendor's script, which puts its start function into the
  // page's onload slot and expects the load event still to come.
  function embed(src) {
    let threw = false;
    let over = false;
    const watch = () => {
      if (document.currentScript === script) threw = true;
    };
    const stop = () => {
      over = true;
      cancel = null;
      clearTimeout(late);
      removeEventListener('error', watch);
      return release();
    };
    const end = (loaded) => {
      if (over) return;
      const handlers = stop();
      executed = loaded;
      if (loaded) run(handlers);
      else {
        settle('blocked', 'embed did not load');
        granted();
      }
      follow(loaded ? performance.now() + 2000 : 0);
    };
    const script = insert(src, end, document.head); // a body may be copied and its scripts run again
    // A script that has changed its document does not run.
    const discard = () => document.implementation.createHTMLDocument('').adoptNode(script);
    const release = trap(script);
    addEventListener('error', watch);
    follow(Infinity, script);
    cancel = () => {
      stop();
      discard();
    };
    // Who waits for a chat host that hangs is told, and may try again.
    const late = setTimeout(guard(() => {
      if (!wish) return;
      discard();
      end(false);
    }), 20000);

    function run(handlers) {
      follow(Infinity);
      try {
        for (const handler of handlers) handler.call(window, new Event('load'));
        threw = threw && !handlers.length;
      } catch (e) {
        threw = true;
      }
      settle(threw ? 'blocked' : 'started', threw ? 'embed failed' : '');
      if (threw) granted();
      else if (look || wish) reveal();
    }
  }

  // trap keeps what the script wants to be called on load apart from what the
  // page has there. The function it returns ends that and gives the former.
  function trap(script) {
    const before = document.body.onload;
    const mine = () => document.currentScript === script;
    const undo = [];
    const listeners = [];
    let handler = null;
    const replace = (target, name, property) => {
      const old = own(target, name);
      Object.defineProperty(target, name, { ...property, enumerable: true, configurable: true });
      undo.push(() => {
        const now = own(target, name) || {};
        if (now.get !== property.get || now.value !== property.value) return; // replaced by the page
        if (old) Object.defineProperty(target, name, old);
        else delete target[name];
      });
    };
    for (const target of [window, document.body]) {
      guard(() => {
        let found = own(target, 'onload');
        for (let o = target; !found; found = own(o, 'onload')) o = Object.getPrototypeOf(o);
        if (!found.set) return; // declared as a function by the page
        replace(target, 'onload', {
          get: () => (mine() ? handler : found.get.call(target)),
          set: (value) => {
            if (mine()) handler = value;
            else found.set.call(target, value);
          },
        });
      })();
    }
    const trapped = undo.length === 2;
    guard(() => {
      const add = window.addEventListener;
      replace(window, 'addEventListener', {
        value: function (type, listener) {
          if (mine() && type === 'load' && typeof listener === 'function') listeners.push(listener);
          else add.apply(this, arguments);
        },
        writable: true,
      });
    })();
    return () => {
      undo.forEach((f) => guard(f)());
      const after = document.body.onload;
      if (!trapped && !handler && after !== before) {
        // Not trapped: the newcomer is taken for the script's.
        document.body.onload = before;
        handler = after;
      }
      return typeof handler === 'function' ? [...listeners, handler] : listeners;
    };
  }

  // A page whose body is replaced keeps its chat: what the embed put into the
  // former body moves on into the new one.

  const mark = 'data-maicontact-part';
  const parts = new Set();
  const beside = new Set(); // what it put beside the body
  let body = null;
  let until = 0; // its additions are taken; the clock may be set meanwhile
  let runs = null; // its script, until it has run
  let watcher = null;
  let mover = null;

  const follow = (time, script) => guard(() => {
    if (!watcher) {
      watcher = new MutationObserver(guard(collect));
      mover = new MutationObserver(guard(move));
      mover.observe(document, { childList: true });
      mover.observe(document.documentElement, { childList: true });
    }
    collect(watcher.takeRecords());
    until = time;
    runs = script || null;
    body = document.body;
    watcher.observe(body, { childList: true });
    watcher.observe(document.documentElement, { childList: true });
  })();

  function collect(records) {
    if (performance.now() > until) watcher.disconnect();
    else if (!runs || document.currentScript === runs) {
      for (const record of records) record.addedNodes.forEach(add);
    }
  }

  function add(node) {
    if (node.nodeType !== 1 || node.nodeName === 'SCRIPT' || node.nodeName === 'BODY' || button && node === button.host) return;
    if (node.parentNode === document.documentElement && node.nodeName !== 'HEAD') beside.add(node);
    if (node.parentNode !== body) return;
    parts.add(node);
    node.setAttribute(mark, '');
  }

  function move() {
    const next = document.body;
    mover.observe(document.documentElement, { childList: true });
    if (!next || next === body) return;
    for (const child of [...next.children]) {
      if (child.hasAttribute(mark) && !parts.has(child)) child.remove(); // a copy
    }
    for (const part of parts) {
      if (part.parentNode !== body) continue;
      const taken = part.id && [...next.children].some((child) => child.id === part.id);
      if (taken) parts.delete(part); // it was the page's
      else next.appendChild(part);
    }
    body = next;
    if (performance.now() <= until) watcher.observe(body, { childList: true });
  }

  guard(() => {
    const push = ([given, more]) => guard(() => {
      if (typeof given === 'string') window.maicontact[given]().then(more); // a call
      else if (given.type) clicked(given); // an event
      else accept(complete(given), more); // an answer, and its script
    })();
    Object.defineProperty(window, key, { value: { push }, writable: false, configurable: false, enumerable: false });
    document.addEventListener('visibilitychange', guard(shown));
    document.addEventListener('prerenderingchange', guard(shown));
    addEventListener('pagehide', guard(leave));
    addEventListener('pageshow', guard((event) => {
      guard(listen)();
      if (!event.persisted) return;
      doubtful = true;
      askNow();
    }));
    name = nameOf(queue[0][0]);
    lookAbove();
    guard(listen)();
    guard(returnToPlace)();
    guard(recall)();
    Object.assign(window.maicontact, { status, open, refresh });
    queue.push = push; // clicks come by it, and calls of functions that a page has kept
    queue.forEach(push);
  })();
}
