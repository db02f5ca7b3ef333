// What the page keeps in the browser: its keys, its login, and who it is. The login lies in IndexedDB only, written with
// strict durability, because localStorage may be lost when a browser is killed. Without it the page must be scanned again.
'use strict';

__d('WASimulatorStorage', (require, exports) => {
  const NAME = 'wawc';
  const TABLE = 'user';
  let opened = null;

  // A browser that cannot write (a full volume) closes the database; it opens again when there is room.
  function reopen() { opened = null; }

  function open() {
    opened = opened || new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
      request.onsuccess = () => {
        request.result.onclose = reopen;
        resolve(request.result);
      };
      request.onerror = () => reject(request.error);
    });
    opened.catch(reopen);
    return opened;
  }

  async function transact(mode, work, durability = 'strict') {
    const database = await open();
    return new Promise((resolve, reject) => {
      let transaction;
      try {
        transaction = database.transaction(TABLE, mode, { durability });
      } catch (error) {
        reopen();
        throw error;
      }
      const request = work(transaction.objectStore(TABLE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
  }

  exports.read = (key) => transact('readonly', (table) => table.get(key));
  exports.write = (key, value, durability) => transact('readwrite', (table) => table.put(value, key), durability);
  exports.remove = (key) => transact('readwrite', (table) => table.delete(key), 'relaxed');
  exports.all = (prefix) => transact('readonly', (table) => table.getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`)));
  exports.wipe = async () => {
    await transact('readwrite', (table) => table.clear());
    localStorage.clear();
  };
});

// The keys that a QR code shows. They are made once and kept until logout, as the real ones.
__d('WASimulatorKeys', (require, exports) => {
  const Storage = require('WASimulatorStorage');
  const random = () => crypto.getRandomValues(new Uint8Array(32)).buffer;
  const pair = () => ({ pubKey: random(), privKey: random() });
  let keys = null;

  exports.load = async () => {
    keys = await Storage.read('keys');
    if (!keys) {
      keys = { noise: pair(), identity: pair(), adv: random(), registrationId: Math.floor(Math.random() * 16380) + 1 };
      await Storage.write('keys', keys);
    }
  };
  exports.current = () => {
    if (!keys) {
      throw new Error('keys: not loaded yet');
    }
    return keys;
  };
});

__d('WAWebUserPrefsInfoStore', (require, exports) => {
  exports.waNoiseInfo = {
    get: async () => ({ staticKeyPair: require('WASimulatorKeys').current().noise }),
  };
});

__d('WAWebSignalStoreApi', (require, exports) => {
  exports.waSignalStore = {
    getRegistrationInfo: async () => {
      const { identity, registrationId } = require('WASimulatorKeys').current();
      return { identityKeyPair: identity, registrationId };
    },
  };
});

__d('WAWebUserPrefsMultiDevice', (require, exports) => {
  const { encodeB64 } = require('WABase64');
  exports.getADVSecretKey = () => encodeB64(require('WASimulatorKeys').current().adv);
  exports.setADVSignedIdentity = async () => {};
  exports.isRegistered = () => require('WASimulatorLogin').current() !== null;
});

__d('WAWebCompanionRegClientUtils', (require, exports) => {
  exports.DEVICE_PLATFORM = '1';
});

// The login that a scan gave: {device, secret, wid, lid, pushname, platform}, or null.
__d('WASimulatorLogin', (require, exports) => {
  const Storage = require('WASimulatorStorage');
  let login = null;

  function remember(value) {
    login = value;
    localStorage.setItem('last-wid-md', JSON.stringify(value.wid));
    localStorage.setItem('WALid', JSON.stringify(value.lid));
    localStorage.setItem('me-display-name', JSON.stringify(value.pushname));
  }

  exports.load = async () => {
    const kept = await Storage.read('login');
    if (kept) {
      remember(kept);
    }
  };
  exports.keep = async (value) => {
    await Storage.write('login', value);
    remember(value);
  };
  exports.forget = async () => {
    await Storage.wipe();
    login = null;
  };
  exports.current = () => login;
});

__d('WAWebUserPrefsMeUser', (require, exports) => {
  const { createWid, toUserWidOrThrow } = require('WAWebWidFactory');
  const login = () => require('WASimulatorLogin').current();
  const orThrow = (value) => {
    if (!value) {
      throw new Error('me: not logged in');
    }
    return value;
  };

  exports.getMaybeMeDevicePn = () => (login() ? createWid(login().wid) : undefined);
  exports.getMaybeMePnUser = () => (login() ? toUserWidOrThrow(exports.getMaybeMeDevicePn()) : undefined);
  exports.getMaybeMeUser = exports.getMaybeMePnUser;
  exports.getMaybeMeLidUser = () => (login() ? createWid(login().lid) : undefined);
  exports.getMaybeMeDeviceLid = exports.getMaybeMeLidUser;
  exports.getMaybeMeDisplayName = () => (login() ? login().pushname : undefined);
  exports.getMeDevicePnOrThrow = () => orThrow(exports.getMaybeMeDevicePn());
  exports.getMePnUserOrThrow = () => orThrow(exports.getMaybeMePnUser());
  exports.getMeLidUserOrThrow = () => orThrow(exports.getMaybeMeLidUser());
  exports.getMeDeviceLidOrThrow = exports.getMeLidUserOrThrow;
  exports.getMeDisplayNameOrThrow = () => orThrow(exports.getMaybeMeDisplayName());
  exports.getMePNandLIDWids = () => [exports.getMaybeMeDevicePn(), exports.getMaybeMeLidUser()];
  exports.getMe = exports.getMaybeMeDevicePn;
  exports.isMeDevice = (wid) => String(wid) === String(exports.getMaybeMeDevicePn());
  exports.isMePrimary = (wid) => String(wid) === String(exports.getMaybeMePnUser());
  exports.isMeAccount = (wid) => Boolean(login()) && Boolean(wid) &&
    [exports.getMaybeMePnUser().user, exports.getMaybeMeLidUser().user].includes(wid.user);
  exports.isMeUser = exports.isMeAccount;
  exports.isSerializedWidMe = (text) => exports.isMeAccount(createWid(text));
});

__d('WAWebUserPrefsGeneral', (require, exports) => {
  const settings = { Photos: true, Audio: true, Videos: true, Documents: true };
  for (const kind of Object.keys(settings)) {
    exports[`getAutoDownload${kind}`] = () => settings[kind];
    exports[`setAutoDownload${kind}`] = (value) => { settings[kind] = value; };
  }
  exports.getPushname = () => require('WAWebConnModel').Conn.pushname;
  exports.setBrowserId = () => {};
  exports.getUserPrivacySettings = () => ({ last: 'all', online: 'all', profile: 'all', status: 'contacts' });
  exports.getTheme = () => localStorage.getItem('theme') || 'light';
  exports.setTheme = (theme) => localStorage.setItem('theme', theme);
});

__d('WAWebIsLoggedIn', (require, exports) => {
  exports.isLoggedIn = () => require('WASimulatorLogin').current() !== null;
});
