// A phone for people: the same calls that tests make, behind a few fields.
'use strict';

(function () {
  const byId = (id) => document.getElementById(id);
  const POLL_MS = 1500;
  const PAIRING_CODE = /^\s*[a-z0-9]{4}[\s-]?[a-z0-9]{4}\s*$/i;
  let number = localStorage.getItem('phone') || '';
  let chat = '';
  let shown = '';

  function say(text, bad) {
    byId('said').textContent = text;
    byId('said').className = bad ? 'bad' : '';
  }

  async function call(method, path, body, type) {
    const options = { method, headers: {} };
    if (body !== undefined) {
      options.headers['Content-Type'] = type || 'application/json';
      options.body = type ? body : JSON.stringify(body);
    }
    const answer = await fetch(path, options);
    const json = await answer.json();
    if (!answer.ok) {
      throw new Error(json.message);
    }
    return json;
  }

  // What a person asked for: its outcome is always said.
  async function attempt(work, done) {
    try {
      const result = await work();
      say(typeof done === 'function' ? done(result) : done);
    } catch (error) {
      say(error.message, true);
    }
    await draw();
  }

  function item(text, label, action) {
    const row = document.createElement('li');
    const button = document.createElement('button');
    row.textContent = text;
    button.type = 'button';
    button.textContent = label;
    button.addEventListener('click', action);
    row.append(button);
    return row;
  }

  function openChat(other) {
    chat = other;
    byId('to').value = other;
    attempt(() => call('POST', `/phones/${number}/read`, { chat: other }), `Chat with ${other}`);
  }

  // What a message says, in one line.
  function label(message) {
    if (message.deleted) {
      return 'This message was deleted';
    }
    const { location, contacts, poll } = message;
    const parts = [message.author && !message.fromMe && `${message.author}:`, message.type !== 'text' && `[${message.type}]`,
      message.forwarded && '(forwarded)', message.text, location && `${location.latitude}, ${location.longitude}`,
      location && location.name, contacts && contacts.map(({ name }) => name).join(', '),
      poll && `${poll.name} (${poll.options.join(' / ')})`, message.edited && '(edited)'];
    return parts.filter(Boolean).join(' ');
  }

  function bubble(message) {
    const made = document.createElement('div');
    made.className = message.fromMe ? 'bubble out' : 'bubble in';
    made.textContent = label(message);
    if (message.media) {
      const file = document.createElement('a');
      file.href = `/phones/${number}/messages/${message.id}/media`;
      file.textContent = ` ${message.media.fileName || message.media.mimeType}, ${message.media.size} bytes`;
      made.append(file);
    }
    if (message.reactions.length) {
      made.append(` ${message.reactions.map(({ emoji }) => emoji).join('')}`);
    }
    const about = document.createElement('time');
    about.textContent = `${new Date(message.timestamp).toLocaleTimeString()}${message.fromMe ? ` · ack ${message.ack}` : ''}`;
    made.append(about);
    return made;
  }

  async function draw() {
    if (!number) {
      return;
    }
    const [phone, messages] = await Promise.all([
      call('GET', `/phones/${number}`), call('GET', `/phones/${number}/messages`)]);
    const now = JSON.stringify([phone, messages, chat]);
    if (now === shown) {
      return;
    }
    shown = now;
    byId('on').hidden = false;
    byId('devices').replaceChildren(...phone.devices.map((device) => item(
      `${device.name}${device.connected ? ', connected' : ', away'} (${device.id})`, 'Unlink',
      () => attempt(() => call('POST', `/phones/${number}/unlink`, { device: device.id }), `${device.name} is unlinked.`))));
    const others = [...new Set(messages.map((message) => message.chat))];
    byId('phone-chats').replaceChildren(...others.map((other) => {
      const mine = messages.filter((message) => message.chat === other);
      const unread = mine.filter((message) => !message.fromMe && message.ack < 3).length;
      return item(`${other}: ${label(mine[mine.length - 1])}${unread ? ` (${unread} unread)` : ''}`, 'Open',
        () => openChat(other));
    }));
    byId('talk').replaceChildren(...messages.filter((message) => message.chat === chat).map(bubble));
  }

  function use(wanted) {
    attempt(async () => {
      const phone = await call('POST', `/phones/${encodeURIComponent(wanted.trim())}`, {});
      number = phone.number;
      localStorage.setItem('phone', number);
      byId('number').value = number;
      return phone;
    }, (phone) => `This is ${phone.name}, ${phone.number}.`);
  }

  const scanned = (linked) => `Linked: ${linked.device.name}.`;
  const scanPicture = (file) => attempt(() => call('POST', `/phones/${number}/scan`, file, file.type), scanned);

  byId('pick').addEventListener('submit', (event) => { event.preventDefault(); use(byId('number').value); });
  byId('scan').addEventListener('submit', (event) => {
    event.preventDefault();
    const file = byId('picture').files[0];
    const code = byId('code').value.trim();
    if (code) {
      const how = PAIRING_CODE.test(code) ? 'pair' : 'scan';
      attempt(() => call('POST', `/phones/${number}/${how}`, { code }), scanned);
    } else if (file) {
      scanPicture(file);
    } else {
      say('Paste the text of a QR code, or choose a picture of it.', true);
    }
    byId('scan').reset();
  });
  byId('send').addEventListener('submit', (event) => {
    event.preventDefault();
    const to = byId('to').value.trim();
    chat = to.includes('@') ? to : to.replace(/\D/g, '');
    attempt(() => call('POST', `/phones/${number}/send`, { to: chat, text: byId('message').value }), 'Sent.');
    byId('message').value = '';
  });
  document.addEventListener('dragover', (event) => event.preventDefault());
  for (const [name, from] of [['drop', 'dataTransfer'], ['paste', 'clipboardData']]) {
    document.addEventListener(name, (event) => {
      const file = [...event[from].files].find((one) => one.type.startsWith('image/'));
      if (file && number) {
        event.preventDefault();
        scanPicture(file);
      }
    });
  }
  setInterval(() => draw().catch((error) => say(error.message, true)), POLL_MS);
  call('GET', '/phones').then((phones) => {
    byId('numbers').replaceChildren(...phones.map((phone) => new Option(phone.name, phone.number)));
    if (number) {
      use(number);
    }
  }).catch((error) => say(error.message, true));
})();
