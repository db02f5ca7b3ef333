// Files: held, uploaded and attached to a message; downloaded when somebody asks. Bytes stay as they are (the real page
// encrypts them).
'use strict';

__d('WAWebMediaOpaqueDataBase', (require, exports) => {
  exports.default = class OpaqueDataBase {
    constructor() { this.released = false; }
    retain() {}
    autorelease() {}
    autoreleaseWhenPromiseCompletes() {}
    throwIfReleased() { if (this.released) { throw new Error('OpaqueData: released'); } }
  };
});

__d('WAWebMediaOpaqueData', (require, exports) => {
  const OpaqueDataBase = require('WAWebMediaOpaqueDataBase').default;

  class OpaqueData extends OpaqueDataBase {
    constructor(blob, type) {
      super();
      Object.defineProperty(this, '_blob', { value: blob });
      this._type = type;
    }
    static async createFromData(data, type) {
      const blob = data instanceof Blob && (!type || data.type === type) ? data : new Blob([data], { type });
      return new OpaqueData(blob, type || blob.type);
    }
    static async createFromBase64Jpeg(text) {
      return OpaqueData.createFromData(require('WABase64').decodeB64(text), 'image/jpeg');
    }
    type() { return this._type; }
    size() { return this._blob.size; }
    forceToBlob() { this.throwIfReleased(); return this._blob; }
    url() { this._url = this._url || URL.createObjectURL(this._blob); return this._url; }
    async validate() { return true; }
    formData() { return this._blob; }
  }
  exports.default = OpaqueData;
});

__d('WAWebMediaDataModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');

  class MediaData extends BaseModel {
    static defaults() { return { mediaStage: 'INIT', isGif: false, isViewOnce: false, isVcardOverMmsDocument: false }; }
    isDownloadable() { return Boolean(this.directPath); }
    isStreamable() { return false; }
    isStreamableType() { return this.type === 'video'; }
  }
  exports.default = defineModel('mediaData', ['id', 'type', 'mediaStage', 'directPath', 'mediaKey', 'encFilehash', 'filehash',
    'mimetype', 'size', 'mediaBlob', 'fullWidth', 'fullHeight', 'duration', 'isGif', 'filename', 'isViewOnce', 'preview',
    'renderableUrl', 'waveform'], MediaData);
});

// Files of this page's life by hash, the last few.
__d('WAWebLruMediaStore', (require, exports) => {
  const MOST = 16;
  const kept = new Map();
  exports.LruMediaStore = {
    async get(key) { return kept.get(key) || null; },
    async put(key, value) {
      kept.set(key, value);
      while (kept.size > MOST) {
        kept.delete(kept.keys().next().value);
      }
    },
    async del(key) { kept.delete(key); },
    async clear() { kept.clear(); },
    async count() { return kept.size; },
    async has(key) { return kept.has(key); },
  };
});

__d('WAWebMediaInMemoryBlobCache', (require, exports) => {
  class InMemoryMediaBlobCacheImpl {
    constructor() { this._blobs = new Map(); }
    get(hash) { return this._blobs.get(hash); }
    has(hash) { return this._blobs.has(hash); }
    put(hash, blob) { this._blobs.set(hash, blob); }
    clear() { this._blobs.clear(); }
    touch() {}
    increaseUsageCount() {}
    decreaseUsageCount() {}
  }
  exports.InMemoryMediaBlobCacheImpl = InMemoryMediaBlobCacheImpl;
  exports.InMemoryMediaBlobCache = new InMemoryMediaBlobCacheImpl();
});

__d('WAWebMediaGatingUtils', (require, exports) => {
  const MEGABYTE = 1024 * 1024;
  exports.getUploadLimit = (type) => ({ document: 2048 * MEGABYTE })[type] || 100 * MEGABYTE;
});

__d('WAWebMediaCalculateFilehash', (require, exports) => {
  exports.calculateFilehashFromBlob = async (blob) => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return require('WABase64').encodeB64(require('WASimulatorHmac').sha256(bytes));
  };
});

__d('WAWebUploadManager', (require, exports) => {
  const { BackendEventBus } = require('WAWebBackendEventBus');
  const { Socket } = require('WAWebSocketModel');
  const PAUSES_MS = [500, 1000, 2000, 4000, 8000];
  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

  // A line that is down must not cost a file: wait until it is back, at most as long as the next pause.
  const backOnline = (ms) => Promise.race([pause(ms), new Promise((resolve) => {
    if (!Socket.canSend) {
      BackendEventBus.once('main_stream_mode_ready', resolve);
    }
  })]);

  exports.uploadMedia = async ({ mediaBlob, mediaType, signal }) => {
    const body = mediaBlob.forceToBlob();
    for (const ms of [...PAUSES_MS, 0]) {
      try {
        const path = require('WASimulatorMedia').withDevice(`/mms/upload?type=${mediaType}`);
        const answer = await fetch(path, { method: 'POST', body, signal });
        if (answer.ok) {
          return await answer.json();
        }
        throw new Error(`upload: ${answer.status}`);
      } catch (error) {
        if (!ms) {
          throw error;
        }
        await backOnline(ms);
      }
    }
    return null;
  };
  exports.cancelUploadMedia = () => {};
});

__d('WAWebMediaUploadMmsThumbnail', (require, exports) => {
  exports.default = async () => { throw new Error('thumbnail: not simulated'); };
});

__d('WASimulatorMedia', (require, exports) => {
  const MediaData = require('WAWebMediaDataModel').default;
  const OpaqueData = require('WAWebMediaOpaqueData').default;
  const { LruMediaStore } = require('WAWebLruMediaStore');
  const MsgKey = require('WAWebMsgKey').default;

  // Files travel on lines of their own, which are cut together with the page's.
  exports.withDevice = (path) => {
    const login = require('WASimulatorLogin').current();
    return `${path}${path.includes('?') ? '&' : '?'}device=${login ? login.device : ''}`;
  };

  // The media of a message that came, or that was kept over a restart.
  exports.dataOf = ({ type, mimetype, filehash, encFilehash, mediaKey, size, filename, duration, width, height, directPath,
    isGif }) => new MediaData({ type, mimetype, filehash, encFilehash, mediaKey, size, filename, duration, fullWidth: width,
    fullHeight: height, directPath, isGif: Boolean(isGif), mediaStage: 'NEED_POKE' });

  exports.message = async (chat, data, { caption, isViewOnce, quotedMsg, mentionedJidList }) => {
    const from = require('WASimulatorWire').meIn(chat.id);
    const participant = chat.id.isGroup() ? from : undefined;
    return { id: new MsgKey({ fromMe: true, remote: chat.id, id: await MsgKey.newId(), participant }), type: data.type, from,
      to: chat.id, self: 'out', t: require('WATimeUtils').unixTime(), isNewMsg: true, ack: 0, local: true, caption,
      isCaptionByUser: Boolean(caption), isViewOnce: Boolean(isViewOnce), mentionedJidList: mentionedJidList || [],
      ...(quotedMsg ? quotedMsg.msgContextInfo(chat.id) : {}), mimetype: data.mimetype, size: data.size,
      duration: data.duration, width: data.fullWidth, height: data.fullHeight, isGif: Boolean(data.isGif),
      mediaData: data, body: '' };
  };

  exports.send = async (chat, values, data) => {
    const Send = require('WAWebSendMsgChatAction');
    const msg = await Send.show(chat, values);
    try {
      data.mediaStage = 'UPLOADING';
      const { sha256, directPath } = await require('WAWebUploadManager').uploadMedia({ mediaBlob: data.mediaBlob,
        mediaType: data.type });
      const filehash = require('WASimulatorWire').hexToB64(sha256);
      await LruMediaStore.put(filehash, await data.mediaBlob.forceToBlob().arrayBuffer());
      data.set({ filehash, encFilehash: filehash, directPath, mediaStage: 'RESOLVED' });
      msg.set({ filehash, encFilehash: filehash, directPath, mediaKey: filehash });
    } catch (error) {
      data.mediaStage = 'ERROR_UPLOADING';
      msg.updateAck(-1);
      return { messageSendResult: 'ERROR_UPLOAD', errorCode: error.message, t: null, count: null };
    }
    return Send.handIn(msg);
  };

  exports.download = async (msg) => {
    const data = msg.mediaData;
    data.mediaStage = 'FETCHING';
    const answer = await fetch(exports.withDevice(data.directPath)).catch(() => ({ ok: false, status: 0 }));
    if (!answer.ok) {
      data.mediaStage = answer.status === 410 ? 'ERROR_MISSING' : 'ERROR_NEED_UPLOAD';
      throw new Error(`media: ${answer.status || 'no connection'}`);
    }
    const bytes = await answer.arrayBuffer();
    await LruMediaStore.put(data.filehash, bytes);
    data.set({ mediaBlob: await OpaqueData.createFromData(new Blob([bytes], { type: data.mimetype }), data.mimetype),
      mediaStage: 'RESOLVED' });
    return data;
  };
});
