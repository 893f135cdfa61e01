// Says on the page why there is no chat, and nothing while there is one.
(function () {
  'use strict';

  const line = document.getElementById('chat-line');
  const promise = document.getElementById('chat-promise');
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

  function look() {
    const status = window.maicontact && window.maicontact.status ? window.maicontact.status() : null;
    since = status && status.state === 'loading' ? since || Date.now() : 0;
    promise.hidden = !status || !['started', 'closed'].includes(status.state);
    const text = sentence(status);
    if (line.textContent !== text) line.textContent = text; // screen readers hear each change
  }

  look();
  window.addEventListener('load', look);
  setInterval(look, 250);
})();
