import 'reflect-metadata';
import { ListField, TextField } from './body-fields.js';
import { readDto } from './read-dto.js';

class Item {
  @TextField({ required: true })
  name: string;
}

class Order {
  @ListField(Item, { required: true, max: 10 })
  items: Item[];
}

describe('readDto', () => {
  it.each(['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'then'])(
    'ignores the unknown key %s, in the object and in its items',
    (key) => {
      const raw = JSON.parse(`{"${key}": "2024-13", "items": [{"name": "a", "${key}": "2024-13"}]}`) as unknown;
      const { value, errors } = readDto(Order, raw);
      expect(errors).toBeUndefined();
      expect({ ...value, items: value.items.map((item) => ({ ...item })) }).toEqual({ items: [{ name: 'a' }] });
    },
  );
});
