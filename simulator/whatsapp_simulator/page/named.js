// Modules that clients take by name, without which they do not start or send: whatsapp-web.js is the one that the tests
// hold up to this page.
'use strict';

__d('WAWebSyncGatingUtils', (require, exports) => {
  exports.isPlaceholderMessageResendEnabled = () => false;
});

__d('WAWebNonMessageDataRequestPlaceholderMessageResendUtils', (require, exports) => {
  exports.handlePlaceholderMsgsSeen = async () => {};
});
