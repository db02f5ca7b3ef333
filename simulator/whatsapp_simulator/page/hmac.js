// HMAC-SHA256 without crypto.subtle, which browsers hide on plain http pages (a cluster opens this page by service name).
'use strict';

__d('WASimulatorHmac', (require, exports) => {
  // The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4).
  const K = [];
  const START = [];
  for (let candidate = 2; K.length < 64; candidate++) {
    let prime = true;
    for (let factor = 2; factor * factor <= candidate; factor++) {
      prime = prime && candidate % factor !== 0;
    }
    if (prime) {
      if (START.length < 8) {
        START.push((Math.sqrt(candidate) % 1) * 2 ** 32 | 0);
      }
      K.push((Math.cbrt(candidate) % 1) * 2 ** 32 | 0);
    }
  }
  const turn = (word, bits) => (word >>> bits) | (word << (32 - bits));

  function sha256(bytes) {
    const length = (bytes.length + 72) & ~63;
    const padded = new Uint8Array(length);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(length - 4, bytes.length * 8);
    const state = START.slice();
    const w = new Int32Array(64);
    for (let block = 0; block < length; block += 64) {
      for (let i = 0; i < 64; i++) {
        if (i < 16) {
          w[i] = view.getInt32(block + i * 4);
          continue;
        }
        const s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
        const s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i++) {
        const t1 = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const t2 = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((word, i) => { state[i] = (state[i] + word) | 0; });
    }
    const digest = new DataView(new ArrayBuffer(32));
    state.forEach((word, i) => digest.setInt32(i * 4, word));
    return new Uint8Array(digest.buffer);
  }

  const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const fromHex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));

  // `secret` in hex (at most 64 bytes), `text` as UTF-8; the answer in hex.
  exports.hmac = (secret, text) => {
    const key = new Uint8Array(64);
    key.set(fromHex(secret));
    const inner = sha256(join(key.map((byte) => byte ^ 0x36), new TextEncoder().encode(text)));
    return hex(sha256(join(key.map((byte) => byte ^ 0x5c), inner)));
  };
  exports.sha256 = sha256;
  exports.sha256Hex = (text) => hex(sha256(new TextEncoder().encode(text)));
});
