// Collections of models: found by id, kept in order, telling what is added, removed and changed in them.
'use strict';

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
      Object.defineProperty(this, '_index', { value: new Map(), enumerable: true });
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
