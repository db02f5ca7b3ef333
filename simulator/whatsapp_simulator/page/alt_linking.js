// Linking by a code instead of a picture: the page makes the code and shows it, the person types it on the phone. The server
// says when it is over; whoever asked for it then asks for a new one.
'use strict';

__d('WAWebAltDeviceLinkingApi', (require, exports) => {
  const Transport = require('WASimulatorTransport');
  const { WAWebLinkDeviceEvents } = require('WAWebLinkDeviceEvents');
  // As WhatsApp's: 0, I, O and U are mistaken for others.
  const LETTERS = '123456789ABCDEFGHJKLMNPQRSTVWXYZ';
  const LENGTH = 8;
  const QR_CODE = 'QR_CODE';
  const ALT_DEVICE_LINKING = 'ALT_DEVICE_LINKING';
  let pairingType = QR_CODE;

  function show(code) {
    const place = document.getElementById('link-code');
    place.hidden = !code;
    place.textContent = code ? `${code.slice(0, 4)}-${code.slice(4)}` : '';
  }

  exports.PAIRING_TYPE = { QR_CODE, ALT_DEVICE_LINKING };
  exports.setPairingType = (type) => { pairingType = type; };
  exports.getPairingType = () => pairingType;
  exports.initializeAltDeviceLinking = async () => { pairingType = ALT_DEVICE_LINKING; };
  exports.initializeQRLinking = async () => {
    pairingType = QR_CODE;
    show(null);
  };

  exports.genLinkDeviceCodeForPhoneNumber = async (phone) => {
    const code = [...crypto.getRandomValues(new Uint8Array(LENGTH))].map((byte) => LETTERS[byte % LETTERS.length]).join('');
    const answer = await Transport.ask({ type: 'link_code', phone: String(phone), code });
    if (answer.error) {
      throw Object.assign(new Error(answer.message), { code: answer.error });
    }
    show(code);
    return code;
  };
  exports.startAltLinkingFlow = (phone, pushNotification) =>
    exports.genLinkDeviceCodeForPhoneNumber(phone, pushNotification);

  exports.expired = () => {
    show(null);
    WAWebLinkDeviceEvents.trigger('link_device_events:refresh_alt_linking_code');
  };
  exports.typed = () => WAWebLinkDeviceEvents.trigger('link_device_events:primary_hello_received');
});

__d('WAWebAdvSignatureApi', (require, exports) => {
  exports.verifyDeviceIdentityAccountSignature = () => true;
  exports.generateDeviceSignature = async () => new Uint8Array(64).buffer;
});
