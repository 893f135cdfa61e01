// Says on the page why there is no chat, and nothing while there is one, and
// keeps what the panel shows in step with the chat.
(function () {
  'use strict';

  const line = document.getElementById('chat-line');
  const promise = document.getElementById('chat-promise');
  const away = document.getElementById('chat-away');
  const patience = 4000; // ms until a chat that still loads is worth a word
  let since = 0; // when it began to load; 0: it does not

  const reasons = {
    'cookie refused': 'The chat needs a cookie, and your browser keeps none of this shop.',
    'declined': 'There is no chat for this account.',
    'suspended': 'Your account is suspended, so there is no chat.',
    'erased': 'Your contact was erased at your wish, so there is no chat.',
    'rejected': 'MaiAgent refused what it was told of you. Change your profile, and the chat comes back.',
    'permission pending': 'The chat comes when MaiAgent has confirmed your plan.',
    'configuration': 'The shop has not set up its chat well. Nothing is wrong with you.',
    'embed did not load': 'The chat could not be loaded. An ad blocker or the network may keep it away.',
    'embed failed': 'The chat could not start.',
    'identity keeps changing': 'The chat has stopped, because who is logged in keeps changing. Load this page again later.',
  };

  function sentence(status) {
    if (!status) return document.readyState === 'complete' ? 'The chat could not be loaded. Something keeps its script away.' : '';
    switch (status.state) {
      case 'started':
      case 'changed':
      case 'closed': // the button says it
      case 'opening':
        return '';
      case 'loading':
        return Date.now() - since > patience ? 'The chat is slow today; it starts when it is there.' : '';
      case 'waiting':
        if (!status.reason) return ''; // the answer is on its way
        return reasons[status.reason] || 'There is no chat right now. This page tries again by itself.';
      case 'failed':
        return reasons[status.reason] || ''; // the button says it
      default:
        return reasons[status.reason] || 'There is no chat on this page.';
    }
  }

  // What a visitor's panel says of the contact. The id itself is not for the page.
  const contact = document.getElementById('contact');
  const contacts = {
    closed: 'None yet: it is made when you open the chat',
    opening: 'Being made now',
    failed: 'None: it could not be made just now',
    loading: 'Made: yours alone, and of this browser',
    started: 'Made: yours alone, and of this browser',
  };

  // What the server shows in these parts is fetched again when the chat has come
  // or failed, and while the server says that a change is on its way.
  const parts = ['seen', 'calls-list'];
  let state = '';
  let opened = false; // by the visitor, since the server was last asked
  let delay = 1000;
  let due = 0; // when to look again; 0: not at all

  function follow(now) {
    if (now !== state) {
      opened = opened || ['closed', 'opening', 'failed'].includes(state);
      const settled = ['started', 'failed', 'waiting', 'absent'].includes(now);
      if (settled && (opened || pending())) {
        delay = 1000;
        due = Date.now() + 1;
      }
      state = now;
    }
    if (!due || Date.now() < due || document.hidden) return;
    due = 0;
    opened = false;
    again();
  }

  // Opening may take less time than there is between two looks.
  document.addEventListener('click', (event) => {
    if (event.target.closest && event.target.closest('[data-maicontact=open]')) opened = true;
  });

  function pending() {
    return document.getElementById('seen').hasAttribute('data-pending');
  }

  async function again() {
    try {
      const reply = await fetch('/', { headers: { Accept: 'text/html' } });
      const page = new DOMParser().parseFromString(await reply.text(), 'text/html');
      for (const id of parts) {
        const fresh = page.getElementById(id);
        // A person who has changed meanwhile has another page.
        if (!fresh || page.getElementById('who').textContent !== document.getElementById('who').textContent) break;
        if (id === 'seen' && contact) continue; // a visitor's is the script's
        document.getElementById(id).replaceWith(document.adoptNode(fresh));
      }
    } catch (e) {
      // The shop does not answer: what is shown stays.
    }
    if (pending()) {
      due = Date.now() + delay;
      delay = Math.min(delay * 2, 30000);
    }
  }

  function look() {
    const status = window.maicontact && window.maicontact.status ? window.maicontact.status() : null;
    since = status && status.state === 'loading' ? since || Date.now() : 0;
    if (contact && status && contacts[status.state] && contact.textContent !== contacts[status.state]) contact.textContent = contacts[status.state];
    if (status) follow(status.state);
    const text = sentence(status);
    promise.hidden = !status || !['started', 'closed', 'opening'].includes(status.state);
    away.hidden = !(status && status.state === 'failed') && (!text || Boolean(status && status.state === 'loading'));
    if (line.textContent !== text) line.textContent = text; // screen readers hear each change
  }

  look();
  window.addEventListener('load', look);
  setInterval(look, 250);
})();
