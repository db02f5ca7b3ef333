// Contacts and the two identities of each: phone number (…@c.us) and LID (…@lid).
'use strict';

__d('WAWebContactModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');

  class Contact extends BaseModel {
    static defaults() { return { type: 'in', isBusiness: false, isEnterprise: false, isContactBlocked: false }; }
    getCollection() { return require('WAWebContactCollection').ContactCollection; }
    isBlocked() { return this.isContactBlocked; }
  }
  exports.Contact = defineModel('contact', ['id', 'name', 'shortName', 'pushname', 'type', 'verifiedName', 'isBusiness',
    'isEnterprise', 'verifiedLevel', 'privacyMode', 'statusMute', 'labels', 'disappearingModeDuration',
    'disappearingModeSettingTimestamp', 'username', 'isContactBlocked', 'profilePicThumb', 'businessProfile',
    'syncToAddressbook'], Contact);
  Contact.idClass = require('WAWebWid').default;
});

__d('WAWebContactCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');
  const { createWid } = require('WAWebWidFactory');
  const { lidPnCache } = require('WAWebLidPnCache');

  class ContactCollectionImpl extends BaseCollection {
    // A contact as the server tells it: {wid, name, lid}.
    learn({ wid, name, lid }) {
      const id = createWid(wid);
      if (lid) {
        lidPnCache.add(createWid(lid), { lid: createWid(lid), phoneNumber: id, phoneNumberCreatedAt: Date.now() });
      }
      const contact = this.gadd(id);
      if (name) {
        contact.set({ pushname: name });
      }
      return contact;
    }
    getMeContact() { return this.get(require('WAWebUserPrefsMeUser').getMaybeMePnUser()); }
    getFilteredContacts() { return this.getModelsArray(); }
    gadd(id, values = {}) { return super.gadd(createWid(id), values); }
  }
  ContactCollectionImpl.model = require('WAWebContactModel').Contact;
  exports.ContactCollectionImpl = ContactCollectionImpl;
  exports.ContactCollection = new ContactCollectionImpl();
});

__d('WAWebLidPnCache', (require, exports) => {
  const byLid = new Map();
  const byPhone = new Map();
  exports.lidPnCache = {
    add(lid, entry) {
      byLid.set(String(lid), entry);
      byPhone.set(String(entry.phoneNumber), entry);
    },
    getLidEntry: (lid) => byLid.get(String(lid)),
    getPhoneNumber: (lid) => (byLid.get(String(lid)) || {}).phoneNumber,
    getCurrentLid: (phone) => (byPhone.get(String(phone)) || {}).lid,
    getAllLids: () => [...byLid.values()].map((entry) => entry.lid),
    remove(lid) { byLid.delete(String(lid)); },
    clear() { byLid.clear(); byPhone.clear(); },
  };
});

__d('WAWebApiContact', (require, exports) => {
  const { lidPnCache } = require('WAWebLidPnCache');
  exports.getCurrentLid = (wid) => lidPnCache.getCurrentLid(wid);
  exports.getLatestLid = exports.getCurrentLid;
  exports.getPhoneNumber = (lid) => lidPnCache.getPhoneNumber(lid);
  exports.getAlternateUserWid = (wid) => (wid.isLid() ? exports.getPhoneNumber(wid) : exports.getCurrentLid(wid));
  exports.getAllLidContacts = () => lidPnCache.getAllLids();
  exports.hasLidMapping = (wid) => Boolean(exports.getAlternateUserWid(wid));
  exports.getContactRecord = async (wid) => {
    const contact = require('WAWebContactCollection').ContactCollection.get(wid);
    return contact && contact.serialize();
  };
});

__d('WAWebDBCreateLidPnMappings', (require, exports) => {
  const { lidPnCache } = require('WAWebLidPnCache');
  exports.createLidPnMappings = async ({ mappings }) => {
    for (const { lid, pn } of mappings) {
      lidPnCache.add(lid, { lid, phoneNumber: pn, phoneNumberCreatedAt: Date.now() });
    }
  };
});

// Whether a number has WhatsApp: only the server knows.
__d('WAWebQueryExistsJob', (require, exports) => {
  const { createWid } = require('WAWebWidFactory');
  const { lidPnCache } = require('WAWebLidPnCache');

  exports.queryWidExists = async (wid) => {
    if (!wid.isUser()) {
      return null;
    }
    const { contact } = await require('WASimulatorTransport').ask({ type: 'exists', wid: String(wid) });
    if (!contact) {
      return null;
    }
    const found = createWid(contact.wid);
    if (contact.lid) {
      const lid = createWid(contact.lid);
      lidPnCache.add(lid, { lid, phoneNumber: found, phoneNumberCreatedAt: Date.now() });
    }
    return { wid: found, biz: false, bizInfo: undefined, disappearingMode: undefined, username: undefined };
  };
  exports.queryPhoneExists = (phone) =>
    exports.queryWidExists(createWid(`${String(phone).replace(/\D/g, '')}@c.us`));
});

__d('WAWebContactGetters', (require, exports) => {
  const me = () => require('WAWebUserPrefsMeUser');
  exports.getNotifyName = (contact) => contact.pushname;
  exports.getPremiumMessageName = () => undefined;
  exports.getUserid = (contact) => contact.id.user;
  exports.getUserhash = (contact) => require('WASimulatorHmac').sha256Hex(contact.id.user).slice(0, 32);
  exports.getIsMe = (contact) => me().isMeAccount(contact.id);
  exports.getIsUser = (contact) => contact.id.isUser();
  exports.getIsGroup = (contact) => contact.id.isGroup();
  exports.getIsBroadcast = (contact) => contact.id.isBroadcast();
  exports.getIsNewsletter = (contact) => contact.id.isNewsletter();
  exports.getIsPSA = (contact) => contact.id.isPSA();
  exports.getIsIAS = () => false;
  exports.getIsSupportAccount = () => false;
  exports.getIsWAContact = (contact) => contact.id.isUser();
  exports.getIsBusiness = (contact) => contact.isBusiness;
  exports.getIsEnterprise = (contact) => contact.isEnterprise;
  exports.getCanRequestPhoneNumber = () => false;
  exports.getShowBusinessCheckmarkAsPrimary = () => false;
  exports.getShowBusinessCheckmarkAsSecondary = () => false;
  exports.getShowBusinessCheckmarkInChatlist = () => false;
  exports.getIsDisplayNameApproved = () => true;
  exports.getShouldForceBusinessUpdate = () => false;
  exports.getStatusMute = (contact) => Boolean(contact.statusMute);
  exports.getName = (contact) => contact.name;
  exports.getPushname = (contact) => contact.pushname;
  exports.getShortName = (contact) => contact.shortName;
});

__d('WAWebFrontendContactGetters', (require, exports) => {
  const phone = (contact) => `+${contact.id.user}`;
  exports.getPhoneNumber = (contact) =>
    (contact.id.isLid() ? require('WAWebLidPnCache').lidPnCache.getPhoneNumber(contact.id) : contact.id);
  exports.getTextStatusString = () => '';
  exports.getPnForLid = (contact) => (contact.id.isLid() ? exports.getPhoneNumber(contact) : undefined);
  exports.getIsMyContact = (contact) => Boolean(contact.name);
  exports.getDisplayName = (contact) => contact.name || contact.pushname || phone(contact);
  exports.getDisplayNameOrPnForLid = exports.getDisplayName;
  exports.getUserDisplayNameForLid = exports.getDisplayName;
  exports.getFormattedPhone = phone;
  exports.getFormattedUsernameOrPhone = phone;
  exports.getFormattedName = exports.getDisplayName;
  exports.getFormattedShortName = exports.getDisplayName;
  exports.getFormattedShortNameWithNonBreakingSpaces = (contact) =>
    exports.getDisplayName(contact).replace(/ /g, '\u00a0');
  exports.getFormattedUser = phone;
  exports.getMentionName = exports.getDisplayName;
  exports.getSearchName = (contact) => exports.getDisplayName(contact).toLowerCase();
  exports.getSearchVerifiedName = (contact) => (contact.verifiedName || '').toLowerCase();
  exports.getHeader = (contact) => exports.getDisplayName(contact).charAt(0).toUpperCase();
});

__d('WAWebVCard', (require, exports) => {
  exports.vcardFromContactModel = (contact) => {
    const name = contact.formattedName || require('WAWebFrontendContactGetters').getDisplayName(contact);
    const phone = require('WAWebFrontendContactGetters').getPhoneNumber(contact);
    const tel = phone ? `\nTEL;type=CELL;waid=${phone.user}:+${phone.user}` : '';
    return { displayName: name, vcard: `BEGIN:VCARD\nVERSION:3.0\nN:;${name};;;\nFN:${name}${tel}\nEND:VCARD`,
      isMultiVcard: false };
  };
  exports.mergeVcards = (vcards) => vcards[0];
});
