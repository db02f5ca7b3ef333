// A CRM's back end in JavaScript: log in, create a session, show its QR, wait until it is connected.
//
//   HUB_URL=http://localhost:3000 HUB_EMAIL=… HUB_PASSWORD=… HUB_API_KEY=was_… \
//     node examples/whatsapp-session-manager.mjs cliente_001
//
// Node 18 or newer; no package is needed. `--connect` asks to connect before the QR, as some CRMs do.

import { pathToFileURL } from "node:url";

export class WhatsAppSessionManager {
  constructor({ url, apiKey, email, password }) {
    this.url = url.replace(/\/+$/, "");
    this.apiKey = apiKey;
    this.email = email;
    this.password = password;
    this.accessToken = null;
  }

  async authenticate() {
    const data = await this.call("POST", "/api/auth/login", { identifier: this.email, password: this.password });
    this.accessToken = data.accessToken;
    return this.accessToken;
  }

  createSession(sessionId, { phoneNumber = null, name, description } = {}) {
    return this.call("POST", "/api/sessions", { sessionId, phoneNumber, name, description });
  }

  getQRCode(id) {
    return this.call("GET", `/api/sessions/${encodeURIComponent(id)}/qr`);
  }

  getSessionStatus(id) {
    return this.call("GET", `/api/sessions/${encodeURIComponent(id)}/status`);
  }

  async listSessions() {
    return (await this.call("GET", "/api/sessions")).sessions;
  }

  connectSession(id) {
    return this.call("POST", `/api/sessions/${encodeURIComponent(id)}/connect`);
  }

  disconnectSession(id) {
    return this.call("POST", `/api/sessions/${encodeURIComponent(id)}/disconnect`);
  }

  async call(method, path, body) {
    const headers = { "Content-Type": "application/json", "X-API-Key": this.apiKey };
    if (this.accessToken) headers.Authorization = `Bearer ${this.accessToken}`;
    const response = await fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
    const answer = await response.json();
    if (!answer.success) throw Object.assign(new Error(answer.message), { status: response.status });
    return answer.data;
  }
}

async function main([sessionId, order]) {
  const manager = new WhatsAppSessionManager({
    url: process.env.HUB_URL ?? "http://localhost:3000",
    apiKey: process.env.HUB_API_KEY,
    email: process.env.HUB_EMAIL,
    password: process.env.HUB_PASSWORD,
  });
  await manager.authenticate();
  try {
    await manager.createSession(sessionId, { name: `WhatsApp ${sessionId}` });
  } catch (error) {
    if (error.status !== 409) throw error; // it is there already: go on with it
  }
  if (order === "--connect") await manager.connectSession(sessionId);

  await manager.authenticate(); // some clients log in before every QR
  const qr = await manager.getQRCode(sessionId);
  console.log(qr.qrCodeDataURL ? `scan before ${qr.expiresAt}` : `no QR: ${qr.status}`);

  const pause = Number(process.env.POLL_SECONDS ?? 5) * 1000;
  let status;
  do {
    await new Promise((wake) => setTimeout(wake, pause));
    status = await manager.getSessionStatus(sessionId);
  } while (status.status === "pending");
  console.log(`${status.sessionId}: ${status.status} ${status.phoneNumber ?? ""}`);

  const listed = (await manager.listSessions()).find((each) => each.sessionId === sessionId);
  if (process.env.DISCONNECT_AT_END && listed.isConnected) await manager.disconnectSession(listed.id);
  return status.status === "connected" ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(process.argv.slice(2)).then(
    (code) => (process.exitCode = code),
    (error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  );
}
