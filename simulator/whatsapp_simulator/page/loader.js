// The module loader of the page, in the form that clients of WhatsApp Web expect: `__d` defines, `require` and
// `importNamespace` run a factory once, `require('__debug').modulesMap` lists everything.
// Exports stay plain mutable objects: clients wrap a function by assigning to its module, so the page itself must
// always call through the module (`Send.addAndSendMsgToChat(…)`), never through a kept reference.
'use strict';

(function () {
  const modules = {};
  // Clients take the list of modules as complete once it stands still, so it is shown only when the last script
  // (boot.js) has run; `page_routes.SCRIPTS` says in which order the server puts them together.
  let modulesMap = {};

  function define(id, factory) {
    modules[id] = { id, factory, exports: {}, started: false };
  }

  function publish() {
    modulesMap = modules;
  }

  function load(id) {
    if (id === '__debug') {
      return { modulesMap, publish };
    }
    const module = modules[id];
    if (!module) {
      throw new Error(`Requiring unknown module "${id}"`);
    }
    if (!module.started) {
      module.started = true;
      module.factory(load, module.exports);
    }
    return module.exports;
  }

  window.ErrorGuard = { skipGuardGlobal() {} };
  window.__d = define;
  window.importNamespace = load;
  // Outside of modules `require` gives a default export itself, as clients expect: `new (require('WAWebMsgKey'))(…)`.
  window.require = (id) => {
    const exports = load(id);
    return exports.default === undefined ? exports : exports.default;
  };
})();

__d('WAWebBuildConstants', (require, exports) => {
  exports.VERSION_STR = '2.3000.1043126001';
  exports.SANITIZED_VERSION_STR = '2.3000.1043126001';
});
