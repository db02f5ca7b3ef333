// Own messages that the server has not confirmed, kept in the browser before they are handed in: after a crash the page
// shows them again and hands them in again, with the same ids. A browser that cannot store sends all the same.
'use strict';

__d('WASimulatorPending', (require, exports) => {
  const Storage = require('WASimulatorStorage');
  const PREFIX = 'pending:';
  const key = (id) => PREFIX + id;
  let writing = 0;
  let last = 0;

  exports.keep = async (frame, msg) => {
    writing += 1;
    last = Math.max(last + 1, Date.now());
    try {
      const shown = msg ? JSON.stringify(msg.attributes) : null;
      await Storage.write(key(frame.id), { frame, shown, at: last }, 'relaxed');
    } catch (error) {
      console.warn(`pending: ${frame.id} is not kept: ${error}`);
    } finally {
      writing -= 1;
    }
  };

  // Whether everything is in the browser's storage.
  exports.settled = () => writing === 0;

  exports.forget = (id) => Storage.remove(key(id)).catch((error) => console.warn(`pending: ${id} stays: ${error}`));

  // After a login, when everything that the server has is here: the rest, as it was shown before.
  let restored = false;
  exports.restore = async () => {
    if (restored) {
      return;
    }
    restored = true;
    const MsgKey = require('WAWebMsgKey').default;
    const { MsgCollection } = require('WAWebMsgCollection');
    const { createWid } = require('WAWebWidFactory');
    const kept = await Storage.all(PREFIX);
    for (const { frame, shown } of kept.sort((one, other) => one.at - other.at)) {
      if (!shown) {
        require('WAWebSendMsgJob').sendAgain(frame);
        continue;
      }
      const { mediaData, ...values } = JSON.parse(shown);
      const id = new MsgKey({ fromMe: true, remote: values.id.remote, id: frame.id, participant: values.id.participant });
      const known = MsgCollection.get(id);
      if (known && known.ack > 0) {
        exports.forget(frame.id);
        continue;
      }
      const msg = known || (await MsgCollection.processMultipleMessages(id.remote, [{ ...values, id, isNewMsg: false,
        from: createWid(values.from), to: createWid(values.to), author: values.author && createWid(values.author) }]))[0];
      require('WAWebSendMsgJob').sendAgain(frame, msg);
    }
  };
});
