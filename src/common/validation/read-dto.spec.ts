import 'reflect-metadata';
import { BooleanField, ChoiceField, DateField, ListField, PartialDto, TextField } from './body-fields.js';
import { readDto } from './read-dto.js';

class Item {
  @TextField({ required: true, max: 10 })
  name: string;
}

class Order {
  @ListField(Item, { required: true, max: 10 })
  items: Item[];

  @BooleanField()
  paid?: boolean;

  @ChoiceField(['draft', 'sent'])
  state?: string;

  @DateField()
  due?: string;
}

class PatchedOrder extends PartialDto(Order) {}

const errorsIn = (sent: unknown) => readDto(PatchedOrder, sent).errors;

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

  it('names all wrong fields, and of lists one entry per item', () => {
    const items = [{ name: 'a' }, {}, { name: null }, null, 5, [], { name: ' ' }];
    expect(errorsIn({ items, paid: 'perhaps', due: '2023-02-29' })).toEqual({
      items: [
        {},
        { name: ['This field is required.'] },
        { name: ['This field may not be null.'] },
        { non_field_errors: ['No data provided'] },
        { non_field_errors: ['Invalid data. Expected a dictionary, but got int.'] },
        { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] },
        { name: ['This field may not be blank.'] },
      ],
      paid: ['Must be a valid boolean.'],
      due: ['Enter a day that exists, as YYYY-MM-DD.'],
    });
  });

  it('tells what is no list from a list that is too long', () => {
    expect(errorsIn({ items: null })).toEqual({ items: ['This field may not be null.'] });
    expect(errorsIn({ items: {} })).toEqual({
      items: { non_field_errors: ['Expected a list of items but got type "dict".'] },
    });
    expect(errorsIn({ items: Array(11).fill({}) })).toEqual({
      items: ['Ensure this field has no more than 10 elements.'],
    });
  });

  it('requires in PATCH nothing, and otherwise what is required', () => {
    expect(errorsIn({})).toBeUndefined();
    expect(readDto(Order, {}).errors).toEqual({ items: ['This field is required.'] });
  });

  it.each(['$value', '$property', '$target', '$constraint1'])('repeats %s as it was sent', (text) => {
    expect(errorsIn({ state: text })).toEqual({ state: [`"${text}" is not a valid choice.`] });
  });

  it('counts characters as PostgreSQL does, variation selectors too', () => {
    expect(errorsIn({ items: [{ name: '❤️'.repeat(5) }, { name: '🚀'.repeat(10) }] })).toBeUndefined();
    expect(errorsIn({ items: [{ name: '❤️'.repeat(6) }] })).toEqual({
      items: [{ name: ['Ensure this field has no more than 10 characters.'] }],
    });
  });

  it('takes days of the first century, as Python’s smallest date', () => {
    expect(errorsIn({ due: '0001-01-01' })).toBeUndefined();
    expect(errorsIn({ due: '0000-01-01' })).toBeDefined();
  });

  it('never makes text of an object that says it cannot be made one', () => {
    const hostile = { toString: 1, valueOf: 1 };
    expect(Object.keys(errorsIn({ items: [{ name: hostile }], paid: hostile, state: hostile, due: hostile })!)).toEqual(
      ['items', 'paid', 'state', 'due'],
    );
  });
});
