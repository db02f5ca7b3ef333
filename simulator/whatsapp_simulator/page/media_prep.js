// What a file is before it is sent: its kind, length and size, a sticker's form. Bytes stay as they are, but for a picture
// that becomes a sticker (the real page makes pictures smaller too).
'use strict';

// Thumbnails and lengths. Without a codec (the tests' Chromium has none for MP4) the browser says so, as a real one does.
__d('WAWebGenerateVideoThumbsAndDuration', (require, exports) => {
  const LOAD_MS = 5000;

  exports.loaded = (tag, blob) => new Promise((resolve, reject) => {
    const element = document.createElement(tag);
    const url = URL.createObjectURL(blob);
    const end = (settle, value) => { clearTimeout(timer); URL.revokeObjectURL(url); settle(value); };
    const timer = setTimeout(() => end(reject, new Error(`${tag}: nothing loaded in ${LOAD_MS} ms`)), LOAD_MS);
    element.onloadedmetadata = () => end(resolve, element);
    element.onerror = () => end(reject, new Error('MEDIA_ERR_SRC_NOT_SUPPORTED'));
    element.preload = 'metadata';
    element.src = url;
  });

  exports.generateVideoThumbsAndDuration = async ({ file, maxDimensions }) => {
    const { duration, videoWidth, videoHeight } = await exports.loaded('video', file);
    return { duration: Math.round(duration), thumbs: maxDimensions.map(() => ({ url: '', width: videoWidth,
      height: videoHeight, fullWidth: videoWidth, fullHeight: videoHeight })) };
  };
});

__d('WAWebIsAnimatedWebp', (require, exports) => {
  exports.isAnimatedWebp = (buffer) => String.fromCharCode(...new Uint8Array(buffer).slice(0, 64)).includes('ANIM');
});

// A sticker is a WebP of 512 x 512: other pictures are drawn into one.
__d('WAWebProcessRawSticker', (require, exports) => {
  const OpaqueData = require('WAWebMediaOpaqueData').default;
  const SIDE = 512;

  exports.processRawSticker = async (data) => {
    const done = (mediaBlob) =>
      ({ type: 'sticker', mediaBlob, mimetype: 'image/webp', fullWidth: SIDE, fullHeight: SIDE });
    if (data.type() === 'image/webp') {
      return done(data);
    }
    const picture = await createImageBitmap(data.forceToBlob());
    const scale = SIDE / Math.max(picture.width, picture.height);
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = SIDE;
    const [width, height] = [picture.width * scale, picture.height * scale];
    canvas.getContext('2d').drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/webp'); });
    return done(await OpaqueData.createFromData(blob, 'image/webp'));
  };
});

__d('WAWebProcessRawAudioVideo', (require, exports) => {
  const Thumbs = require('WAWebGenerateVideoThumbsAndDuration');

  exports.processRawAudioVideo = async (mediaBlob, isPtt, precomputedFields, asGif, _, type) => {
    const file = mediaBlob.forceToBlob();
    const done = { type, mediaBlob, mimetype: mediaBlob.type(), isGif: Boolean(asGif) };
    try {
      if (type === 'video') {
        const { duration, thumbs: [thumb] } = await Thumbs.generateVideoThumbsAndDuration({ file, maxDimensions: [100],
          debugHint: 'simulator', throwOnBlack: false });
        return { ...done, duration, fullWidth: thumb.fullWidth, fullHeight: thumb.fullHeight };
      }
      const duration = precomputedFields ? precomputedFields.duration
        : Math.round((await Thumbs.loaded('audio', file)).duration);
      return { ...done, duration: Number.isFinite(duration) ? duration : 0, waveform: (precomputedFields || {}).waveform };
    } catch (error) {
      console.warn(`media: length unknown: ${error.message}`);
      return { ...done, duration: 0 };
    }
  };
});

__d('WAWebProcessRawMedia', (require, exports) => {
  exports.processRawMedia = async (data, { isPtt, asDocument, asGif, asSticker, precomputedFields } = {}) => {
    const kind = data.type().split('/')[0];
    if (asSticker) {
      return require('WAWebProcessRawSticker').processRawSticker(data);
    }
    if (!asDocument && (kind === 'video' || kind === 'audio')) {
      const type = kind === 'audio' && isPtt ? 'ptt' : kind;
      return require('WAWebProcessRawAudioVideo').processRawAudioVideo(data, isPtt, precomputedFields, asGif, null, type);
    }
    if (!asDocument && kind === 'image') {
      const { width, height } = await createImageBitmap(data.forceToBlob());
      return { type: 'image', mediaBlob: data, mimetype: data.type(), fullWidth: width, fullHeight: height };
    }
    return { type: 'document', mediaBlob: data, mimetype: data.type() || 'application/octet-stream' };
  };
});

__d('WAWebMediaPrep', (require, exports) => {
  const MediaData = require('WAWebMediaDataModel').default;

  class MediaPrep {
    constructor(type, prepared) {
      this.type = type;
      this._mediaData = null;
      this._prepared = prepared.then((values) => {
        const { mediaBlob } = values;
        this._mediaData = new MediaData({ ...values, size: mediaBlob.size(), mediaStage: 'PREPARED' });
        return this._mediaData;
      });
      this._prepared.catch(() => {});
    }

    waitForPrep() { return this._prepared; }

    // Shown at once, uploaded, sent; the promise tells the outcome.
    async sendToChat({ chat, options = {} }) {
      const data = await this.waitForPrep();
      const given = options.productMsgOptions || {};
      const values = await require('WASimulatorMedia').message(chat, data, options);
      return require('WASimulatorMedia').send(chat, { ...values, ...given, type: values.type }, data);
    }
  }
  exports.MediaPrep = MediaPrep;
  exports.prepRawMedia = (data, options) =>
    new MediaPrep(options.asDocument ? 'document' : 'media', require('WAWebProcessRawMedia').processRawMedia(data, options));
  exports.uploadProductImage = async () => { throw new Error('product images: not simulated'); };
});

__d('WAWebPrepRawMedia', (require, exports) => {
  exports.prepRawMedia = (...args) => require('WAWebMediaPrep').prepRawMedia(...args);
});
