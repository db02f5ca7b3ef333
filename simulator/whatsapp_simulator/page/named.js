// Modules that clients take by name, without which they do not start or send: whatsapp-web.js is the one that the tests
// hold up to this page.
'use strict';

__d('WAWebSyncGatingUtils', (require, exports) => {
  exports.isPlaceholderMessageResendEnabled = () => false;
});

__d('WAWebNonMessageDataRequestPlaceholderMessageResendUtils', (require, exports) => {
  exports.handlePlaceholderMsgsSeen = async () => {};
});

__d('WAWebDownloadManager', (require, exports) => {
  // Files are not encrypted here: what is fetched is the file.
  exports.downloadManager = {
    async downloadAndMaybeDecrypt({ directPath, signal }) {
      const answer = await fetch(require('WASimulatorMedia').withDevice(directPath), { signal });
      if (!answer.ok) {
        throw Object.assign(new Error(`media: ${answer.status}`), { status: answer.status });
      }
      return answer.arrayBuffer();
    },
  };
});
