// Calls that come in: they ring, are refused or end; nobody talks here.
'use strict';

__d('WAWebCallEnums', (require, exports) => {
  exports.CALL_STATES = { None: 0, Calling: 1, PreacceptReceived: 2, ReceivedCall: 3, AcceptSent: 4, AcceptReceived: 5,
    CallActive: 6, CallActiveElseWhere: 7, ReceivedCallWithoutOffer: 8, Rejoining: 9, CallStateEnding: 13 };
});

__d('WAWebCallModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');
  const { CALL_STATES } = require('WAWebCallEnums');
  class CallModel extends BaseModel {
    static defaults() { return { state: CALL_STATES.None, isGroup: false, isVideo: false, outgoing: false }; }
    getState() { return this.state; }
    setState(state) { this.state = state; }
    getCollection() { return require('WAWebCallCollection').default; }
  }
  exports.default = defineModel('call', ['id', 'peerJid', 'isVideo', 'isGroup', 'outgoing', 'offerTime', 'state',
    'canHandleLocally', 'webClientShouldHandle'], CallModel);
});

__d('WAWebCallCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');
  class CallCollectionImpl extends BaseCollection {
    constructor(...args) {
      super(...args);
      this.activeCall = null;
    }
    processIncomingCall(call) { return this.add(call); }
    setActiveCall(call) { this.activeCall = call; }
  }
  CallCollectionImpl.model = require('WAWebCallModel').default;
  exports.CallCollectionImpl = CallCollectionImpl;
  exports.default = new CallCollectionImpl();
});

__d('WAWebVoipStackInterface', (require, exports) => {
  exports.getVoipStackInterface = async () => ({
    async rejectCall() {
      const Calls = require('WAWebCallCollection').default;
      if (Calls.activeCall) {
        Calls.activeCall.setState(require('WAWebCallEnums').CALL_STATES.CallStateEnding);
        Calls.setActiveCall(null);
      }
    },
  });
});

__d('WASimulatorCalls', (require, exports) => {
  exports.told = ({ id, peer, video, t }) => {
    const Calls = require('WAWebCallCollection').default;
    const Call = require('WAWebCallModel').default;
    const call = new Call({ id, peerJid: require('WAWebWidFactory').createWid(peer), isVideo: video, offerTime: t,
      state: require('WAWebCallEnums').CALL_STATES.ReceivedCall, canHandleLocally: true, webClientShouldHandle: true });
    Calls.add(call);
    Calls.setActiveCall(call);
  };
});
