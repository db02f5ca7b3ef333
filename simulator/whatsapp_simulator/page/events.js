// Events and models: the small framework under everything that clients observe; collections are in collections.js.
'use strict';

__d('WAWebEventEmitter', (require, exports) => {
  class EventEmitter {
    _of(name) {
      if (!this._listeners) {
        Object.defineProperty(this, '_listeners', { value: new Map() });
      }
      if (!this._listeners.has(name)) {
        this._listeners.set(name, []);
      }
      return this._listeners.get(name);
    }

    on(names, listener, context) {
      if (typeof listener !== 'function') {
        throw new TypeError('Callback parameter passed is not a function');
      }
      for (const name of String(names).split(/\s+/)) {
        this._of(name).push({ listener, context, original: listener });
      }
      return this;
    }

    once(name, listener, context) {
      const wrapped = (...args) => {
        this.off(name, wrapped);
        listener.apply(context || this, args);
      };
      this._of(name).push({ listener: wrapped, context, original: listener });
      return this;
    }

    off(name, listener, context) {
      if (!this._listeners) {
        return this;
      }
      for (const [event, entries] of this._listeners) {
        if (name && event !== name) {
          continue;
        }
        const kept = entries.filter((entry) =>
          (listener && entry.listener !== listener && entry.original !== listener) ||
          (context && entry.context !== context));
        entries.splice(0, entries.length, ...kept);
      }
      return this;
    }

    trigger(name, ...args) {
      if (!this._listeners) {
        return this;
      }
      for (const { listener, context } of [...(this._listeners.get(name) || [])]) {
        this._run(listener, context, args);
      }
      for (const { listener, context } of [...(this._listeners.get('all') || [])]) {
        this._run(listener, context, [name, ...args]);
      }
      return this;
    }

    // One broken listener must not keep the others from hearing.
    _run(listener, context, args) {
      try {
        listener.apply(context || this, args);
      } catch (error) {
        setTimeout(() => { throw error; });
      }
    }

    listenTo(other, name, listener) { other.on(name, listener, this); return this; }
    listenToOnce(other, name, listener) { other.once(name, listener, this); return this; }
    listenToAndRun(other, name, listener) { other.on(name, listener, this); listener.call(this); return this; }
    stopListening(other, name, listener) { if (other) { other.off(name, listener, this); } return this; }
    isListening(name) { return this._of(name).length > 0; }
    removeAllListeners() { return this.off(); }
    bind(...args) { return this.on(...args); }
    unbind(...args) { return this.off(...args); }
    removeListener(...args) { return this.off(...args); }
    emit(...args) { return this.trigger(...args); }
  }
  exports.default = EventEmitter;
});

__d('WAWebBaseModel', (require, exports) => {
  const EventEmitter = require('WAWebEventEmitter').default;

  class BaseModel extends EventEmitter {
    constructor(values = {}, options = {}) {
      super();
      Object.defineProperty(this, '_values', { value: {} });
      Object.defineProperty(this, 'collection', { value: options.collection, writable: true, configurable: true });
      Object.assign(this._values, this.constructor.defaults ? this.constructor.defaults() : {});
      this.set(values, { silent: true });
      this.initialize();
    }

    initialize() {}

    get attributes() { return { ...this._values }; }
    get(name) { return this[name]; }

    // Every change fires `change:<name>` with (model, value, before), then one `change`.
    set(names, value, options = {}) {
      const values = typeof names === 'object' ? names : { [names]: value };
      const silent = (typeof names === 'object' ? value || options : options).silent;
      const changed = [];
      for (const name of Object.keys(values)) {
        const before = this._values[name];
        if (!(name in this)) {
          defineProperty(this, name);
        }
        if (before === values[name]) {
          continue;
        }
        this._values[name] = values[name];
        changed.push([name, before]);
      }
      if (!silent) {
        for (const [name, before] of changed) {
          this.trigger(`change:${name}`, this, this._values[name], before);
        }
        if (changed.length) {
          this.trigger('change', this);
        }
      }
      return this;
    }

    unset(names) {
      for (const name of [].concat(names)) {
        this.set(name, undefined);
      }
    }

    serialize() { return { ...this._values }; }
    toJSON() { return this.serialize(); }
    delete() { this.trigger('delete', this); }
  }

  function defineProperty(target, name) {
    Object.defineProperty(target, name, {
      configurable: true,
      enumerable: true,
      get() { return this._values ? this._values[name] : undefined; },
      set(value) { this.set(name, value); },
    });
  }

  // `proxyName` is how clients recognise a model's class.
  function defineModel(proxyName, names, modelClass) {
    modelClass.prototype.proxyName = proxyName;
    for (const name of names) {
      defineProperty(modelClass.prototype, name);
    }
    return modelClass;
  }

  exports.BaseModel = BaseModel;
  exports.defineModel = defineModel;
});
