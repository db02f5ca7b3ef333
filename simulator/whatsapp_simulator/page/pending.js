// Own messages that the server has not confirmed, kept in the browser before they are handed in: after a crash the page
// shows them again and hands them in again, with the same ids. A browser that cannot store sends all the same.
'use strict';

__d('WASimulatorPending', (require, exports) => {
  const Storage = require('WASimulatorStorage');
  const PREFIX = 'pending:';
  // A browser on a full volume may not even say that it cannot write.
  const LONGEST_WRITE_MS = 3000;
  const key = (id) => PREFIX + id;
  let writing = 0;
  let last = 0;

  exports.keep = async (frame, msg) => {
    writing += 1;
    last = Math.max(last + 1, Date.now());
    try {
      const shown = msg ? JSON.stringify(msg.attributes) : null;
      const late = new Promise((_, reject) => {
        setTimeout(() => reject(new Error(`not written within ${LONGEST_WRITE_MS} ms`)), LONGEST_WRITE_MS);
      });
      await Promise.race([Storage.write(key(frame.id), { frame, shown, at: last }, 'relaxed'), late]);
    } catch (error) {
      console.warn(`pending: ${frame.id} is not kept: ${error}`);
    } finally {
      writing -= 1;
    }
  };

  // Whether everything is in the browser's storage.
  exports.settled = () => writing === 0;

  exports.forget = (id) => Storage.remove(key(id)).catch((error) => console.warn(`pending: ${id} stays: ${error}`));

  async function showAgain(frame, shown) {
    const MsgKey = require('WAWebMsgKey').default;
    const { MsgCollection } = require('WAWebMsgCollection');
    const { createWid } = require('WAWebWidFactory');
    const { mediaData, ...values } = JSON.parse(shown);
    const { remote, participant } = values.id;
    const id = new MsgKey({ fromMe: true, remote, id: frame.id, participant });
    const [msg] = await MsgCollection.processMultipleMessages(id.remote, [{ ...values, id, isNewMsg: false,
      from: createWid(values.from), to: createWid(values.to), author: values.author && createWid(values.author) }]);
    return msg;
  }

  // After a login, when everything that the server has is here: the rest, as it was shown before. What cannot be shown
  // goes out all the same.
  let restored = false;
  exports.restore = async () => {
    if (restored) {
      return;
    }
    restored = true;
    const kept = await Storage.all(PREFIX);
    for (const { frame, shown } of kept.sort((one, other) => one.at - other.at)) {
      const msg = shown ? await showAgain(frame, shown).catch((error) => console.warn(`pending: ${frame.id}: ${error}`))
        : undefined;
      if (msg && msg.ack > 0) {
        exports.forget(frame.id);
      } else {
        require('WAWebSendMsgJob').sendAgain(frame, msg);
      }
    }
  };
});
