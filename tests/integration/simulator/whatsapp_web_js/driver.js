// whatsapp-web.js as anybody would use it, driven by lines of JSON: orders on stdin, events on stdout.
'use strict';

const readline = require('node:readline');
const { Client, LocalAuth } = require('whatsapp-web.js');

const [, , dataPath, executablePath, port] = process.argv;
const tell = (event, value = {}) => process.stdout.write(`${JSON.stringify({ event, ...value })}\n`);

const client = new Client({
  authStrategy: new LocalAuth({ dataPath }),
  webVersionCache: { type: 'none' },
  puppeteer: {
    executablePath,
    headless: 'shell',
    args: ['--no-sandbox', '--ignore-certificate-errors', `--host-resolver-rules=MAP web.whatsapp.com 127.0.0.1:${port}`],
  },
});

const about = (message) => ({ id: message.id._serialized, from: message.from, to: message.to, body: message.body,
  type: message.type, fromMe: message.fromMe, hasMedia: message.hasMedia });

client.on('qr', (code) => tell('qr', { code }));
client.on('code', (code) => tell('code', { code }));
client.on('authenticated', () => tell('authenticated'));
client.on('ready', () => tell('ready', { me: client.info.wid._serialized, name: client.info.pushname }));
client.on('message', (message) => tell('message', about(message)));
client.on('message_ack', (message, ack) => tell('ack', { id: message.id._serialized, ack }));
client.on('message_reaction', (reaction) => tell('reaction', { emoji: reaction.reaction, of: reaction.msgId._serialized }));
client.on('disconnected', (reason) => tell('disconnected', { reason }));

const orders = {
  send: async ({ to, text }) => about(await client.sendMessage(to, text)),
  pair: async ({ phone }) => ({ code: await client.requestPairingCode(phone) }),
  chats: async () => ({ chats: (await client.getChats()).map((chat) => [chat.id._serialized, chat.name]) }),
  history: async ({ chat }) => ({ bodies: (await (await client.getChatById(chat)).fetchMessages({ limit: 20 }))
    .map((message) => message.body) }),
  number: async ({ number }) => ({ id: await client.getNumberId(number) }),
  media: async ({ id }) => {
    const { mimetype, data } = await (await client.getMessageById(id)).downloadMedia();
    return { mimetype, size: Buffer.from(data, 'base64').length };
  },
  logout: async () => { await client.logout(); return {}; },
  stop: async () => { await client.destroy(); return {}; },
};

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const { order, ...options } = JSON.parse(line);
  try {
    tell('done', { order, ...(await orders[order](options)) });
  } catch (error) {
    tell('failed', { order, message: String((error && error.stack) || error) });
  }
  if (order === 'stop') {
    process.exit(0);
  }
});

process.on('unhandledRejection', (error) => tell('failed', { order: 'any', message: String((error && error.stack) || error) }));
client.initialize().catch((error) => tell('failed', { order: 'initialize', message: String((error && error.stack) || error) }));
