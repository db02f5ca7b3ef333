// Parts of WhatsApp Web that clients look for or hook into, and that hold nothing here yet: empty collections, switches
// that are off, and rules that answer what they would for a plain text account.
'use strict';

(function () {
  function emptyCollection(id, modelId, proxyName, names, more = {}) {
    __d(modelId, (require, exports) => {
      const { BaseModel, defineModel } = require('WAWebBaseModel');
      exports.default = defineModel(proxyName, ['id', ...names], class extends BaseModel {});
    });
    __d(id, (require, exports) => {
      const { BaseCollection } = require('WAWebBaseCollection');
      class Impl extends BaseCollection {}
      Impl.model = require(modelId).default;
      Object.assign(Impl.prototype, more);
      const name = id.replace(/^WAWeb/, '');
      exports[`${name}Impl`] = Impl;
      exports[name] = new Impl();
    });
  }

  emptyCollection('WAWebBlocklistCollection', 'WAWebBlocklistModel', 'blocklist', []);
  emptyCollection('WAWebStatusV3Collection', 'WAWebStatusV3Model', 'statusV3', ['unreadCount'], {
    getMyStatus() { return undefined; },
  });
  emptyCollection('WAWebLabelCollection', 'WAWebLabelModel', 'label', ['name', 'colorIndex']);
  emptyCollection('WAWebBusinessProfileCollection', 'WAWebBusinessProfileModel', 'businessProfile', ['description'], {
    async fetchBizProfile() { return undefined; },
  });
  emptyCollection('WAWebQuickReplyCollection', 'WAWebQuickReplyModel', 'quickReply', ['shortcut', 'message']);
})();

__d('WAWebTextStatusCollection', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');
  const { BaseCollection } = require('WAWebBaseCollection');
  class TextStatus extends BaseModel {}
  defineModel('textStatus', ['id', 'status'], TextStatus);
  class TextStatusCollection extends BaseCollection {}
  TextStatusCollection.model = TextStatus;
  exports.TextStatusCollection = new TextStatusCollection();
});

__d('WAWebNewsletterCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');
  class NewsletterCollectionImpl extends BaseCollection {}
  NewsletterCollectionImpl.model = require('WAWebChatModel').Chat;
  exports.default = new NewsletterCollectionImpl();
});

__d('WAWebABProps', (require, exports) => {
  exports.getABPropConfigValue = () => false;
});

__d('WAWebPrimaryFeatures', (require, exports) => {
  exports.primaryFeatureEnabled = () => false;
});

__d('WAWebLidMigrationUtils', (require, exports) => {
  exports.Lid1X1MigrationUtils = { isLidMigrated: () => false };
});

__d('WAWebIsOfficialClient', (require, exports) => {
  exports.isOfficialClient = true;
});

__d('WAWebPinnedChats', (require, exports) => {
  exports.getNumChatsPinned = () =>
    require('WAWebChatCollection').ChatCollection.filter((chat) => chat.pin > 0).length;
});

__d('WAWebUpdateLabelCollection', (require, exports) => {
  exports.addToLabelCollection = async () => {};
  exports.removeLabelFromCollection = async () => {};
});

__d('WAWebFindCommonGroupsContactAction', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');
  class CommonGroups extends BaseCollection {}
  CommonGroups.model = require('WAWebChatModel').Chat;
  exports.findCommonGroups = async () => new CommonGroups();
});

// The same stores under one roof, as clients that resolve modules by name expect. Last, so that a client which searches
// by shape finds each store's own module first.
__d('WAWebCollections', (require, exports) => {
  exports.Chat = require('WAWebChatCollection').ChatCollection;
  exports.Msg = require('WAWebMsgCollection').MsgCollection;
  exports.Contact = require('WAWebContactCollection').ContactCollection;
  exports.Blocklist = require('WAWebBlocklistCollection').BlocklistCollection;
  exports.Label = require('WAWebLabelCollection').LabelCollection;
  exports.Call = require('WAWebCallCollection').default;
  exports.GroupMetadata = require('WAWebGroupMetadataCollection').default;
  exports.ProfilePicThumb = require('WAWebProfilePicThumbCollection').ProfilePicThumbCollection;
});
