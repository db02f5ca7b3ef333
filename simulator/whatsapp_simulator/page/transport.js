// The socket to the server: opens it, keeps it open, and hands over frames one after the other. After a loss it tries
// again with growing pauses; a server that says nothing for a while counts as lost.
'use strict';

__d('WASimulatorTransport', (require, exports) => {
  const EventEmitter = require('WAWebEventEmitter').default;
  const FIRST_PAUSE_MS = 250;
  const LONGEST_PAUSE_MS = 5000;
  const PING_MS = 20000;
  const SILENCE_MS = 45000;
  const ANSWER_MS = 20000;

  const events = new EventEmitter(); // 'open', 'lost'
  const asks = new Map();
  let socket = null;
  let pause = FIRST_PAUSE_MS;
  let handler = async () => {};
  let stopped = false;
  let heard = 0;
  let nextAsk = 1;

  exports.on = (name, listener) => events.on(name, listener);
  // Which linked device this page is; asked at each connect.
  let device = () => undefined;
  exports.device = (ask) => { device = ask; };
  exports.onFrame = (listener) => { handler = listener; };
  exports.isOpen = () => Boolean(socket) && socket.readyState === WebSocket.OPEN;

  // False when there is no connection: whoever must not lose the frame sends it again after the next login.
  exports.send = (frame) => {
    if (!exports.isOpen()) {
      return false;
    }
    socket.send(JSON.stringify(frame));
    return true;
  };

  exports.ask = (frame) => new Promise((resolve, reject) => {
    const ask = nextAsk++;
    if (!exports.send({ ...frame, ask })) {
      reject(new Error(`${frame.type}: no connection to WhatsApp`));
      return;
    }
    asks.set(ask, { resolve, reject });
    setTimeout(() => fail(ask, `${frame.type}: no answer within ${ANSWER_MS} ms`), ANSWER_MS);
  });

  function fail(ask, message) {
    if (asks.has(ask)) {
      asks.get(ask).reject(new Error(message));
      asks.delete(ask);
    }
  }

  exports.connect = () => {
    stopped = false;
    const query = device() ? `?device=${encodeURIComponent(device())}` : '';
    const mine = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/ws/chat${query}`);
    let order = Promise.resolve();
    socket = mine;
    mine.onopen = () => {
      pause = FIRST_PAUSE_MS;
      heard = Date.now();
      events.trigger('open');
    };
    mine.onmessage = (event) => {
      heard = Date.now();
      const frame = JSON.parse(event.data);
      if (frame.type === 'answer') {
        if (asks.has(frame.ask)) {
          asks.get(frame.ask).resolve(frame);
          asks.delete(frame.ask);
        }
      } else if (frame.type !== 'pong') {
        order = order.then(() => handler(frame)).catch((error) => setTimeout(() => { throw error; }));
      }
    };
    mine.onclose = () => {
      for (const ask of [...asks.keys()]) {
        fail(ask, 'the connection to WhatsApp was lost');
      }
      if (socket !== mine) {
        return;
      }
      socket = null;
      events.trigger('lost');
      if (!stopped) {
        setTimeout(() => { if (!socket && !stopped) { exports.connect(); } }, pause * (0.75 + Math.random() / 2));
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    };
  };

  exports.reconnect = () => { if (socket) { socket.close(); } };

  exports.stop = () => {
    stopped = true;
    if (socket) {
      socket.close();
    }
  };

  setInterval(() => {
    if (!exports.isOpen()) {
      return;
    }
    if (Date.now() - heard > SILENCE_MS) {
      // A dead line never fires onclose by itself: leave it and start over.
      const dead = socket;
      dead.close();
      dead.onclose();
    } else {
      exports.send({ type: 'ping' });
    }
  }, PING_MS);

  window.addEventListener('online', () => { if (!socket && !stopped) { exports.connect(); } });
});
