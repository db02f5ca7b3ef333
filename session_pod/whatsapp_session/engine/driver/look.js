// How the page is: what `watch.py` judges, and the calls of a login.
const account = () => {
  const me = WPP.conn.getMyUserId();
  if (!me) return null;
  const device = attempt(() => WPP.whatsapp.UserPrefs.getMaybeMeDevicePn(), null) || me;
  return {
    phone: text(me.user),
    platform: text(attempt(() => WPP.conn.getPlatform(), null)),
    pushName: text(attempt(() => WPP.whatsapp.Conn.pushname, null)),
    userId: String(device).replace(/@c\.us$/, "@s.whatsapp.net"),
  };
};
const detail = () => {
  const modules = attempt(() => Object.keys(self.require("__debug").modulesMap).length, 0);
  const stream = attempt(() => `stream ${WPP.whatsapp.Stream.mode}`, "no stream");
  return `page ${document.readyState}, ${modules} modules, wa-js ${WPP.isInjected ? stream : "not injected"}`;
};
// WhatsApp says itself when a pairing code counts no more, often before its time.
let pairingOver = false;
WPP.on("loader.injected", () => {
  for (const name of ["refresh_alt_linking_code", "force_manual_refresh", "error_alt_linking"]) {
    attempt(() => WPP.whatsapp.LinkDeviceEvents.on(`link_device_events:${name}`, () => {
      pairingOver = true;
      ring();
    }));
  }
});
const look = async () => {
  // Not isReady: on some releases of the page it never becomes true (wa-js issue 3618).
  const ready = attempt(() => WPP.isInjected && !!WPP.whatsapp.Stream.mode, false);
  if (!ready) {
    return {
      ready: false, authenticated: false, mainLoaded: false, mode: null, info: null, online: true,
      code: null, idle: false, pairingOver: false, account: null, detail: detail(),
    };
  }
  const authenticated = attempt(() => !!WPP.conn.isAuthenticated(), false);
  const code = authenticated ? null : await within(3000, () => WPP.conn.getAuthCode(), null);
  return {
    ready: true,
    authenticated,
    mainLoaded: attempt(() => !!WPP.conn.isMainLoaded(), false),
    mode: text(attempt(() => WPP.conn.getStreamData().mode, null)),
    info: text(attempt(() => WPP.conn.getStreamData().info, null)),
    online: attempt(() => WPP.conn.isOnline() !== false, true),
    code: code ? text(code.fullCode) : null,
    idle: !authenticated && attempt(() => !!WPP.conn.isIdle(), false),
    pairingOver,
    account: authenticated ? attempt(account, null) : null,
    detail: detail(),
  };
};

methods.refresh = async () => {
  await within(5000, () => WPP.conn.refreshQR(), null);
  return true;
};
serve("pair", async (number) => {
  const code = await WPP.conn.genLinkDeviceCodeForPhoneNumber(number);
  pairingOver = false;
  return text(code);
});
methods.logout = async () => {
  await WPP.conn.logout();
  return true;
};
