// The bootstrap is the part of the loader that every page view gets with its
// answer: it leaves a queue, and fetches the loader once the page has loaded.
// loader.js takes the queue over, and puts an object with another push in its
// place. Each byte counts here.
export default (options) => {
  try {
    const w = self;
    const d = document;
    const name = 'maicontact';
    const key = Symbol.for(name);
    const script = d.currentScript;
    let queue = w[key];
    if (queue) return queue.push([options, script]);
    queue = w[key] = [[options, script]];
    let state = 'waiting';
    let api = w[name];
    if (api != '[object Object]') api = w[name] = {}; // an element of that id is none
    api.status = () => ({ state });
    for (const call of ['open', 'refresh']) {
      api[call] = () => new Promise((done) => queue.push([call, done]));
    }

    // A loader that does not come within 10 s counts as failed. It is asked for
    // at one other address then, whatever version that gives.
    const load = () => {
      const s = d.createElement('script');
      const end = s.onload = s.onerror = () => {
        if (w[key] == queue) {
          if (options.sri) {
            options.sri = '';
            options.js = options.again + '?loader';
            load();
          } else state = 'blocked';
        }
      };
      setTimeout(end, 1e4);
      s.crossOrigin = '';
      s.nonce = script && script.nonce;
      s.integrity = options.sri;
      try {
        // Not relative to <base>. Throws where trusted types are enforced.
        s.src = new URL(options.js, location);
        d.head.append(s);
      } catch {
        end();
      }
    };
    if (d.readyState == 'complete') load();
    else addEventListener('load', load);
  } catch {
    // A failure of the chat is never the page's problem.
  }
};
