// Groups: who is in them, and what this account may do there. Members are known by their LIDs, as at WhatsApp.
'use strict';

__d('WAWebParticipantModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');
  class Participant extends BaseModel {
    static defaults() { return { isAdmin: false, isSuperAdmin: false }; }
    get contact() { return require('WAWebContactCollection').ContactCollection.gadd(this.id); }
  }
  exports.default = defineModel('participant', ['id', 'isAdmin', 'isSuperAdmin', 'phoneNumber'], Participant);
});

__d('WAWebParticipantCollection', (require, exports) => {
  const Collection = require('WAWebCollection').default;
  const isMe = ({ id }) => require('WAWebUserPrefsMeUser').isMeAccount(id);

  class ParticipantCollection extends Collection {
    _me() { return this.findFirst(isMe); }
    iAmMember() { return Boolean(this._me()); }
    iAmAdmin() { return Boolean(this._me()) && this._me().isAdmin; }
    iAmSuperAdmin() { return Boolean(this._me()) && this._me().isSuperAdmin; }
    iAmRestrictedMember() { return false; }
    canAdd() { return this.iAmAdmin(); }
    canRemove(participant) { return this.iAmAdmin() && !isMe(participant) && !participant.isSuperAdmin; }
    canPromote(participant) { return this.iAmAdmin() && !participant.isAdmin; }
    canDemote(participant) { return this.iAmAdmin() && participant.isAdmin && !participant.isSuperAdmin; }
    canVerifyIdentity() { return true; }
    getAdmins() { return this.where(({ isAdmin }) => isAdmin); }
    getSuperAdmin() { return this.findFirst(({ isSuperAdmin }) => isSuperAdmin); }
  }
  ParticipantCollection.model = require('WAWebParticipantModel').default;
  exports.default = ParticipantCollection;
});

__d('WAWebGroupMetadataModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');

  class GroupMetadata extends BaseModel {
    static defaults() { return { groupType: 'DEFAULT', isLidAddressingMode: true, announce: false, restrict: false }; }
    initialize() {
      const ParticipantCollection = require('WAWebParticipantCollection').default;
      Object.defineProperty(this, 'participants', { value: new ParticipantCollection([], { parent: this }) });
    }
    serialize() { return { ...super.serialize(), participants: this.participants.serialize() }; }
  }
  exports.default = defineModel('groupMetadata', ['id', 'subject', 'creation', 'owner', 'desc', 'size', 'groupType', 'announce',
    'restrict', 'isLidAddressingMode', 'isParentGroup', 'stale'], GroupMetadata);
});

__d('WAWebGroupMetadataCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');
  const { createWid } = require('WAWebWidFactory');

  class GroupMetadataCollectionImpl extends BaseCollection {
    gadd(id, values = {}) { return super.gadd(createWid(id), values); }
    async findQuery(id) { return require('WASimulatorGroups').refresh(createWid(id)); }
    async update(id) { return (await this.findQuery(id)) || this.gadd(id); }
    _handleParentGroupChange() {}
  }
  GroupMetadataCollectionImpl.model = require('WAWebGroupMetadataModel').default;
  exports.default = new GroupMetadataCollectionImpl();
});

__d('WAWebGroupQueryJob', (require, exports) => {
  const Groups = () => require('WASimulatorGroups');
  exports.queryAllGroups = async () => {
    const { groups } = await require('WASimulatorTransport').ask({ type: 'groups' });
    return groups.map((group) => Groups().learn(group));
  };
  exports.queryAndUpdateGroupMetadataById = async ({ id }) => Groups().refresh(require('WAWebWidFactory').createWid(id));
});

// Clients wrap this function to hear who joined and left, and whose rights changed.
__d('WAWebUpdateDBForGroupAction', (require, exports) => {
  exports.updateDBForGroupAction = async () => {};
});

__d('WASimulatorGroups', (require, exports) => {
  const { createWid } = require('WAWebWidFactory');
  const Metadata = require('WAWebGroupMetadataCollection').default;
  const { ChatCollection } = require('WAWebChatCollection');
  const { ContactCollection } = require('WAWebContactCollection');
  // What clients are told of, in WhatsApp's words: who leaves is removed by himself, who joins is added by an invitation.
  const ACTIONS = { add: 'add', remove: 'remove', promote: 'promote', demote: 'demote', leave: 'remove', join: 'add' };

  exports.learn = ({ id, name, owner, t, members }) => {
    const group = Metadata.gadd(id);
    group.set({ subject: name, owner: createWid(owner), creation: t, size: members.length });
    members.forEach(({ contact }) => ContactCollection.learn(contact));
    const wids = members.map(({ wid }) => wid);
    group.participants.remove(group.participants.where((one) => !wids.includes(String(one.id))));
    for (const { wid, admin, owner: isSuperAdmin } of members) {
      group.participants.add({ id: createWid(wid), isAdmin: admin, isSuperAdmin }, { merge: true });
    }
    ChatCollection.gadd(id).set({ name, groupMetadata: group, isReadOnly: !group.participants.iAmMember() });
    return group;
  };

  // From the server; undefined for a group that this account is not in (any more).
  exports.refresh = async (id) => {
    const { group } = await require('WASimulatorTransport').ask({ type: 'group', id: String(id) });
    if (group) {
      return exports.learn(group);
    }
    const known = Metadata.get(id);
    if (known) {
      const { isMeAccount } = require('WAWebUserPrefsMeUser');
      known.participants.remove(known.participants.where((one) => isMeAccount(one.id)));
      ChatCollection.gadd(id).set({ isReadOnly: true });
    }
    return known;
  };

  // A notice: somebody was added, removed …
  exports.notice = async (message, pushname) => {
    const chatId = createWid(message.chat);
    await exports.refresh(chatId).catch((error) => console.warn(`groups: ${error.message}`));
    await require('WAWebHandleSingleMsg').handleSingleMsg(chatId, require('WASimulatorWire').values(message, true, pushname));
    const actionType = ACTIONS[message.content.action];
    if (actionType) {
      const isAdmin = message.content.action === 'promote';
      const action = { action: actionType, actionType, isInvite: message.content.action === 'join', reason: null,
        isLidAddressingMode: true, participants: message.content.members.map((wid) =>
          ({ id: createWid(wid), isAdmin, isSuperAdmin: false })) };
      await require('WAWebUpdateDBForGroupAction').updateDBForGroupAction({ actions: [action], chatId, pushname,
        author: createWid(message.content.by), externalId: message.id, offline: null, ts: message.t }, action);
    }
  };
});

__d('WAWebProfilePicThumbModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');
  exports.default = defineModel('profilePicThumb', ['id', 'img', 'imgFull', 'eurl'], class extends BaseModel {});
});

__d('WAWebProfilePicThumbCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');
  const { createWid } = require('WAWebWidFactory');

  class ProfilePicThumbCollectionImpl extends BaseCollection {
    gadd(id, values = {}) { return super.gadd(createWid(id), values); }
    async findQuery(id) {
      const { url } = await require('WASimulatorTransport').ask({ type: 'picture', wid: String(id) });
      const eurl = url ? location.origin + url : undefined;
      return this.gadd(id, { eurl, img: eurl, imgFull: eurl });
    }
  }
  ProfilePicThumbCollectionImpl.model = require('WAWebProfilePicThumbModel').default;
  exports.ProfilePicThumbCollectionImpl = ProfilePicThumbCollectionImpl;
  exports.ProfilePicThumbCollection = new ProfilePicThumbCollectionImpl();
});
