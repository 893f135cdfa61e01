// The bootstrap is the part of the loader that every page view gets with its
// answer: it leaves a queue, and fetches the loader once the page has loaded.
// loader.js takes the queue over: what is pushed goes to it then. Each byte counts
// here.
export default (
  options,
  w = self, d = document, script = d.currentScript,
  name = 'maicontact', key = Symbol.for(name), queue = w[key], state = 'waiting',
) => {
  try {
    if (queue) return queue.push([options, script]);
    queue = w[key] = [[options, script]];
    // An object of the page is kept; an element of that id is none.
    if (w[name] + '' != {}) w[name] = {}; // compares text: {} is '[object Object]'
    w[name].status = () => ({ state });
    ['open', 'refresh'].map((call) => w[name][call] = () => new Promise((done) => queue.push([call, done])));
    // The clicks of the page: the loader knows which of them open the chat, and
    // may be yet to come, or never.
    addEventListener('click', (event) => queue.push([event]) > 99 && queue.pop(), true);

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
