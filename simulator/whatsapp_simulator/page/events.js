// Events, models and collections: the small framework under everything that clients observe.
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

__d('WAWebCollection', (require, exports) => {
  const EventEmitter = require('WAWebEventEmitter').default;

  const idOf = (value) => {
    if (value === undefined || value === null) {
      return undefined;
    }
    if (typeof value === 'object' && value.id !== undefined && value._serialized === undefined) {
      return String(value.id);
    }
    return String(typeof value === 'object' && value._serialized ? value._serialized : value);
  };

  class Collection extends EventEmitter {
    constructor(models = [], options = {}) {
      super();
      if (!this.constructor.model) {
        throw new Error('Collection initialized without model');
      }
      this.modelClass = this.constructor.model;
      this.parent = options.parent;
      Object.defineProperty(this, '_index', { value: new Map() });
      Object.defineProperty(this, '_models', { value: [], enumerable: false });
      // Kept, so that a model's events are those of its collections too.
      Object.defineProperty(this, '_forward', {
        value: (event, ...args) => { if (event.startsWith('change')) { this.trigger(event, ...args); } },
      });
      this.add(models);
    }

    get length() { return this._models.length; }

    add(values, options = {}) {
      const added = [].concat(values).map((value) => this._addOne(value, options));
      return Array.isArray(values) ? added : added[0];
    }

    _addOne(value, options) {
      const known = this.get(value);
      if (known) {
        if (options.merge && known !== value) {
          known.set(value.attributes || value);
        }
        return known;
      }
      const model = value instanceof this.modelClass ? value : new this.modelClass(value, { collection: this });
      if (!model.collection) {
        model.collection = this;
      }
      this._index.set(idOf(model), model);
      this._models.push(model);
      model.on('all', this._forward);
      this.sort({ silent: true });
      if (!options.silent) {
        this.trigger('add', model, this, options);
      }
      return model;
    }

    remove(values, options = {}) {
      return [].concat(values).map((value) => {
        const model = this.get(value);
        if (model) {
          this._index.delete(idOf(model));
          this._models.splice(this._models.indexOf(model), 1);
          model.off('all', this._forward);
          if (!options.silent) {
            this.trigger('remove', model, this, options);
          }
        }
        return model;
      });
    }

    reset() {
      for (const model of this._models.splice(0)) {
        model.off('all', this._forward);
      }
      this._index.clear();
      this.trigger('reset', this);
    }

    sort(options = {}) {
      if (this.constructor.comparator) {
        this._models.sort(this.constructor.comparator);
      }
      if (!options.silent) {
        this.trigger('sort', this);
      }
      return this;
    }

    get(id) { return this._index.get(idOf(id)); }

    assertGet(id) {
      const model = this.get(id);
      if (!model) {
        throw new Error(`Collection: no model with id ${idOf(id)}`);
      }
      return model;
    }

    at(position) { return this._models[position]; }
    getModelsArray() { return this._models.slice(); }
    toArray() { return this._models.slice(); }
    head() { return this._models[0]; }
    last() { return this._models[this._models.length - 1]; }
    isModel(value) { return value instanceof this.modelClass; }
    includes(model) { return this._models.includes(model); }
    findFirst(test) { return this._models.find(test); }
    where(test) { return this._models.filter(test); }
    serialize() { return this._models.map((model) => model.serialize()); }
    toJSON() { return this.serialize(); }
  }

  for (const name of ['indexOf', 'lastIndexOf', 'every', 'some', 'forEach', 'map', 'filter', 'reduce', 'slice']) {
    Collection.prototype[name] = function (...args) { return this._models[name](...args); };
  }
  exports.default = Collection;
});

__d('WAWebBaseCollection', (require, exports) => {
  const Collection = require('WAWebCollection').default;

  class BaseCollection extends Collection {
    gadd(id, values = {}) { return this.get(id) || this.add({ id, ...values }); }

    // What the collection does not have, it asks for; without an answer the model is made from its id.
    async find(id) { return this.get(id) || (await this.findQuery(id)) || this.gadd(id); }
    async findQuery() { return undefined; }
    async update(id) { return this.find(id); }
    isStateStale() { return false; }
    initializeFromCache(values) { this.add(values, { silent: true }); }
    saveToCache() {}
    delete() { this.reset(); }
  }
  exports.BaseCollection = BaseCollection;
});
