// The button of a chat that was not opened yet. The page's style sheets reach
// what stands in the page, so the button is slotted into a shadow root whose own
// sheet wins: there, what is important outweighs the page's. It needs no style
// attribute, no image and nothing else that a policy may forbid.

const texts = {
  label: 'Open the chat',
  opening: 'The chat is opening',
  failed: 'The chat could not be opened. Please try again.',
};

const icon = 'M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z';

const usable = (property, value) => !!value && !/[;{}!]/.test(value) && CSS.supports(property, value);

function sheetOf(look) {
  const size = Math.min(120, Math.max(32, parseInt(look.size, 10) || 48));
  const color = usable('color', look.color) ? look.color : '#3854d8';
  const radius = usable('border-radius', look.radius) ? look.radius : '50%';
  return `\
:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483647!important;color-scheme:light dark!important;\
right:calc(20px + env(safe-area-inset-right,0px))!important;bottom:calc(20px + env(safe-area-inset-bottom,0px))!important;width:${size}px!important;height:${size}px!important}\
::slotted(button){all:initial!important;display:block!important;box-sizing:border-box!important;width:100%!important;height:100%!important;cursor:pointer!important;\
border-radius:${radius}!important;background:${color}!important;box-shadow:0 4px 14px rgba(0,0,0,.35)!important}\
::slotted(button:focus-visible){outline:3px solid #fff!important;outline-offset:0!important;box-shadow:0 0 0 6px #14181f!important}\
svg{position:absolute;inset:0;margin:auto;width:50%;height:50%;fill:#fff;stroke:rgba(0,0,0,.6);stroke-width:.8;paint-order:stroke;pointer-events:none}\
i{display:none;position:absolute;inset:3px;border:3px solid #fff;border-top-color:rgba(0,0,0,.6);border-radius:50%;pointer-events:none;animation:turn 1s linear infinite}\
:host([data-state=opening]) i{display:block}\
p{position:absolute;right:calc(100% + 12px);bottom:0;box-sizing:border-box;width:max-content;max-width:min(260px,100vw - ${size + 60}px);margin:0;padding:10px 14px;\
border:1px solid;border-radius:10px;background:Canvas;color:CanvasText;font:14px/1.4 system-ui,sans-serif;text-align:start;overflow-wrap:anywhere}\
:host(:not([data-state=failed])) p{transform:scale(0)}\
@keyframes turn{to{transform:rotate(1turn)}}\
@media(prefers-reduced-motion:reduce){i{animation:none}}\
@media(forced-colors:active){::slotted(button){border:2px solid ButtonText!important;background:ButtonFace!important}svg{fill:ButtonText;stroke:none}i{border-color:ButtonText;border-top-color:ButtonFace}}\
@media print{:host{display:none!important}}`;
}

// makeButton puts the button for a look into the page. It opens nothing
// by itself: the page's listener for data-maicontact does.
export function makeButton(look, nonce) {
  const make = (name) => document.createElement(name);
  const draw = (name) => document.createElementNS('http://www.w3.org/2000/svg', name);
  const host = make('div');
  const button = make('button');
  const root = host.attachShadow({ mode: 'open' });
  const svg = draw('svg');
  const path = draw('path');
  const said = make('p');
  const say = (name) => look[name] || texts[name];

  host.setAttribute('data-turbo-temporary', '');
  button.type = 'button';
  button.setAttribute('data-maicontact', 'open');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', icon);
  said.setAttribute('role', 'status');
  said.dir = 'auto';
  svg.append(path);
  root.append(make('slot'), svg, make('i'), said);
  host.append(button);
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(sheetOf(look));
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = make('style'); // an older browser
    style.nonce = nonce;
    style.textContent = sheetOf(look);
    root.append(style);
  }

  let places = 0; // in this body
  let body = null;
  const watcher = new MutationObserver(() => {
    if (!host.isConnected && (places < 5 || body !== document.body)) place();
  });

  // place puts it into the page, and again where the page takes it away. A page that
  // does that time and again has it its way, but each new body gets the button:
  // Turbo makes one for each page.
  function place() {
    if (body !== document.body) places = 0;
    body = document.body;
    if (!body) return;
    places++;
    body.append(host);
    watcher.observe(document.documentElement, { childList: true });
    watcher.observe(body, { childList: true });
  }

  place();

  return {
    host,
    button,
    show(state) {
      host.setAttribute('data-state', state);
      button.setAttribute('aria-label', say('label'));
      button.title = say('label');
      said.textContent = state === 'closed' ? '' : say(state);
    },
    remove() {
      watcher.disconnect();
      host.remove();
    },
  };
}
