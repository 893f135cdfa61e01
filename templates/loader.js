function (options) {
  'use strict';

  // The first loader on a page keeps the state. Later ones, from a second tag
  // or from an answer to ask(), hand it what they were given.
  const key = Symbol.for('maicontact');
  const current = document.currentScript;
  if (window[key]) {
    window[key](options, current);
    return;
  }

  let state = 'waiting'; // waiting, loading, started, blocked or absent
  let reason = '';
  let attempts = 0; // times asked again
  let again = ''; // address of the chat script
  let retry = false;
  let nonce = '';
  let executed = false; // the embed ran, and must not run twice
  let answered = false; // since the latest ask
  let timer = 0;
  let due = false; // time to ask, once somebody looks at the page

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
  };
  const idle = () => !executed && state !== 'loading';

  function insert(src, end) {
    const script = document.createElement('script');
    script.nonce = nonce;
    script.addEventListener('load', guard(() => end(true)));
    script.addEventListener('error', guard(() => end(false)));
    try {
      // Not relative to <base>. Throws where trusted types are enforced.
      script.src = new URL(src, location.href).href;
      (document.body || document.head).appendChild(script);
    } catch (e) {
      Promise.resolve(false).then(guard(end));
    }
    return script;
  }

  function accept(given, script) {
    if (script && script.nonce) nonce = script.nonce;
    again = given.again || again;
    answered = true;
    if (!idle()) return;
    clearTimeout(timer);
    due = false;
    if (given.embed) {
      settle('loading', '');
      start(given.embed);
      return;
    }
    retry = !!given.retry;
    reason = String(given.reason || '');
    plan();
  }

  // plan decides whether to ask again: after 2 s, 4 s and so on to 60 s, give
  // or take a half; for a page not shown yet, when it is.
  function plan() {
    clearTimeout(timer);
    settle(retry && again ? 'waiting' : 'absent', reason);
    if (state === 'absent') return;
    due = !!document.prerendering;
    if (due) return;
    const delay = Math.min(2000 * 2 ** attempts, 60000) * (0.5 + Math.random());
    timer = setTimeout(guard(askSoon), delay);
  }

  function askSoon() {
    clearTimeout(timer);
    due = true;
    askIfDue();
  }

  function askIfDue() {
    if (!due || !idle() || document.prerendering || document.hidden) return;
    due = false;
    answered = false;
    attempts++;
    const script = insert(again, () => {
      script.remove();
      if (answered) return;
      retry = true;
      reason = 'unreachable';
      plan();
    });
  }

  function start(src) {
    const next = guard(() => start(src));
    if (document.prerendering) {
      document.addEventListener('prerenderingchange', next, { once: true });
    } else if (!document.body && document.readyState === 'loading') {
      document.addEventListener('DOMContentLoaded', next, { once: true });
    } else {
      embed(src);
    }
  }

  // embed loads the vendor's script, which puts its start function into the
  // page's onload slot and expects the load event still to come.
  function embed(src) {
    let threw = false;
    const watch = () => {
      if (document.currentScript === script) threw = true;
    };
    const script = insert(src, (loaded) => {
      window.removeEventListener('error', watch);
      const handler = release();
      executed = loaded;
      if (!loaded) settle('blocked', 'embed did not load');
      else if (document.readyState === 'complete') run(handler, new Event('load'));
      else window.addEventListener('load', (event) => run(handler, event), { once: true });
    });
    const release = trap(script);
    window.addEventListener('error', watch);

    function run(handler, event) {
      try {
        if (handler) handler.call(window, event);
        settle(handler || !threw ? 'started' : 'blocked', handler || !threw ? '' : 'embed failed');
      } catch (e) {
        settle('blocked', 'embed failed');
      }
    }
  }

  // trap keeps what the script puts into the onload slot apart from what the
  // page has there. The function it returns ends that and gives the former.
  function trap(script) {
    const before = document.body.onload;
    const mine = () => document.currentScript === script;
    const own = (target) => Object.getOwnPropertyDescriptor(target, 'onload');
    const undo = [];
    let handler = null;
    for (const target of [window, document.body]) {
      guard(() => {
        const old = own(target);
        let slot = old;
        for (let o = target; !slot; slot = own(o)) o = Object.getPrototypeOf(o);
        if (!slot.set) return; // declared as a function by the page
        const get = () => (mine() ? handler : slot.get.call(target));
        const set = (value) => {
          if (mine()) handler = value;
          else slot.set.call(target, value);
        };
        Object.defineProperty(target, 'onload', { get, set, enumerable: true, configurable: true });
        undo.push(() => {
          if ((own(target) || {}).get !== get) return; // replaced by the page
          if (old) Object.defineProperty(target, 'onload', old);
          else delete target.onload;
        });
      })();
    }
    return () => {
      undo.forEach((f) => guard(f)());
      const after = document.body.onload;
      if (undo.length < 2 && !handler && after !== before) {
        // Not trapped: the newcomer is taken for the script's.
        document.body.onload = before;
        handler = after;
      }
      return typeof handler === 'function' ? handler : null;
    };
  }

  guard(() => {
    Object.defineProperty(window, key, { value: (given, script) => guard(() => accept(given, script))() });
    document.addEventListener('visibilitychange', guard(askIfDue));
    document.addEventListener('prerenderingchange', guard(askIfDue));
    window.addEventListener('pageshow', guard((event) => {
      if (event.persisted && again && idle()) askSoon();
    }));
    window[key](options, current);
    const kept = Object.prototype.hasOwnProperty.call(window, 'maicontact') && window.maicontact;
    const api = kept && typeof kept === 'object' ? kept : {};
    Object.defineProperty(api, 'status', { value: () => ({ state, reason, attempts }), enumerable: true });
    if (api !== kept) window.maicontact = api;
  })();
}
