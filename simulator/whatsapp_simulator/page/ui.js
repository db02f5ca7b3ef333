// What a person sees: the QR code, then chats and messages. Drawn from the models alone, so that it shows what clients see.
'use strict';

__d('WASimulatorUi', (require, exports) => {
  const { Conn } = require('WAWebConnModel');
  const { Socket } = require('WAWebSocketModel');
  const { Stream } = require('WAWebStreamModel');
  const { Cmd } = require('WAWebCmd');
  const { ChatCollection } = require('WAWebChatCollection');
  const { MsgCollection } = require('WAWebMsgCollection');
  const Wire = require('WASimulatorWire');
  const byId = (id) => document.getElementById(id);
  const TICKS = { '-1': '⚠', 0: '🕓', 1: '✓', 2: '✓✓', 3: '✓✓' };

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text || '';
    return made;
  }

  const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

  function drawScreen() {
    const paired = require('WAWebIsLoggedIn').isLoggedIn();
    const screen = Stream.mode === 'QR' && !paired ? 'link' : Stream.mode === 'MAIN' ? 'main' : 'wait';
    for (const id of ['link', 'main', 'wait']) {
      byId(id).hidden = id !== screen;
    }
    byId('wait-text').textContent = Stream.mode === 'CONFLICT'
      ? 'WhatsApp is open in another window. Use it here to continue.' : 'Loading your chats…';
    byId('use-here').hidden = Stream.mode !== 'CONFLICT';
    byId('offline').hidden = Stream.info !== 'OFFLINE';
    byId('me').textContent = Conn.pushname || '';
    byId('reload-qr').hidden = Socket.state !== 'UNPAIRED_IDLE';
  }

  let drawing = 0;
  async function drawQr() {
    const turn = ++drawing;
    const canvas = byId('qr');
    if (!Conn.ref) {
      canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height);
      delete byId('qr-box').dataset.ref;
      return;
    }
    const { encodeB64 } = require('WABase64');
    const { noise, identity } = require('WASimulatorKeys').current();
    const code = [Conn.ref, encodeB64(noise.pubKey), encodeB64(identity.pubKey),
      require('WAWebUserPrefsMultiDevice').getADVSecretKey(), require('WAWebCompanionRegClientUtils').DEVICE_PLATFORM]
      .join(',');
    const picture = new Image();
    picture.src = `/qr.png?text=${encodeURIComponent(code)}`;
    await picture.decode().catch(() => {});
    if (turn === drawing && picture.width) {
      canvas.width = picture.width;
      canvas.height = picture.height;
      canvas.getContext('2d').drawImage(picture, 0, 0);
      byId('qr-box').dataset.ref = code;
    }
  }

  function drawChats() {
    byId('chats').replaceChildren(...ChatCollection.filter((chat) => chat.t).map((chat) => {
      const last = chat.msgs.last();
      const row = element('button', chat.active ? 'chat active' : 'chat');
      row.append(element('span', 'name', chat.formattedTitle), element('time', '', clock(chat.t)),
        element('span', 'preview', last ? Wire.label(last) : ''));
      if (chat.unreadCount > 0) {
        row.append(element('span', 'unread', String(chat.unreadCount)));
      }
      row.addEventListener('click', () => {
        Cmd.openChatBottom({ chat });
        require('WAWebUpdateUnreadChatAction').sendSeen({ chat });
      });
      return row;
    }));
  }

  function drawMessages() {
    const chat = ChatCollection.getActive();
    byId('compose').hidden = !chat;
    byId('title').textContent = chat ? chat.formattedTitle : 'Choose a chat';
    byId('messages').replaceChildren(...(chat ? chat.msgs : []).map((msg) => {
      const bubble = element('div', msg.id.fromMe ? 'bubble out' : 'bubble in');
      bubble.append(element('span', 'text', Wire.label(msg)), element('time', '', clock(msg.t)));
      if (msg.id.fromMe) {
        bubble.append(element('span', msg.ack === 3 ? 'ticks read' : 'ticks', TICKS[msg.ack] || ''));
      }
      return bubble;
    }));
    byId('messages').scrollTop = byId('messages').scrollHeight;
  }

  // Many changes in one go draw once.
  function later(draw) {
    let waiting = false;
    return () => {
      if (!waiting) {
        waiting = true;
        setTimeout(() => { waiting = false; draw(); }, 30);
      }
    };
  }

  exports.start = () => {
    const lists = later(() => { drawChats(); drawMessages(); });
    const screen = later(drawScreen);
    Stream.on('change', screen);
    Socket.on('change', screen);
    Conn.on('change', screen);
    Conn.on('change:ref', drawQr);
    ChatCollection.on('add change', lists);
    MsgCollection.on('add change', lists);
    byId('reload-qr').addEventListener('click', () => Cmd.refreshQR());
    byId('use-here').addEventListener('click', () => Socket.takeover());
    byId('logout').addEventListener('click', () => Socket.logout());
    byId('compose').addEventListener('submit', (event) => {
      event.preventDefault();
      const chat = ChatCollection.getActive();
      const text = byId('text').value.trim();
      if (chat && text) {
        require('WAWebSendMsgChatAction').sendTextMsgToChat(chat, text);
        byId('text').value = '';
      }
    });
    drawScreen();
  };
});
