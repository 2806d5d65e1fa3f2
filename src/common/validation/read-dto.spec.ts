import 'reflect-metadata';
import { LinkResourcesDto } from '../../licenses/license-linking.dto.js';
import { BooleanField, ChoiceField, DateField, PartialDto, TextField } from './body-fields.js';
import { readDto } from './read-dto.js';

class Order {
  @TextField({ required: true, max: 10 })
  name: string;

  @BooleanField()
  paid?: boolean;

  @ChoiceField(['draft', 'sent'])
  state?: string;

  @DateField()
  due?: string;
}

class PatchedOrder extends PartialDto(Order) {}

const reading = { pathPrefix: '' };
const errorsIn = (sent: unknown) => readDto(PatchedOrder, sent, reading).errors;
const errorsInLists = (sent: unknown) => readDto(LinkResourcesDto, sent, reading).errors;

describe('readDto', () => {
  const link = { resource_uuid: '08f0ed93-d85d-404e-a3b7-9a6877edaeea', license_reference: 'XSP1' };

  it.each(['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'then'])(
    'ignores the unknown key %s, in the object and in its items',
    (key) => {
      const withKey = (object: object) => `{"${key}": "2024-13", ${JSON.stringify(object).slice(1)}`;
      const sent = withKey({ items: ['*'] }).replace('"*"', withKey(link));
      const { value, errors } = readDto(LinkResourcesDto, JSON.parse(sent), reading);
      expect(errors).toBeUndefined();
      expect({ ...value, items: value.items.map((item) => ({ ...item })) }).toEqual({ items: [link] });
    },
  );

  it('names all wrong fields', () => {
    expect(errorsIn({ name: ' ', paid: 'perhaps', due: '2023-02-29' })).toEqual({
      name: ['This field may not be blank.'],
      paid: ['Must be a valid boolean.'],
      due: ['Enter a day that exists, as YYYY-MM-DD.'],
    });
  });

  it('answers for a list one entry per item', () => {
    const { resource_uuid } = link;
    const items = [link, { resource_uuid }, { ...link, license_reference: null }, null, 5, []];
    expect(errorsInLists({ items })).toEqual({
      items: [
        {},
        { license_reference: ['This field is required.'] },
        { license_reference: ['This field may not be null.'] },
        { non_field_errors: ['No data provided'] },
        { non_field_errors: ['Invalid data. Expected a dictionary, but got int.'] },
        { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] },
      ],
    });
  });

  it('tells what is no list from a list that is too long', () => {
    expect(errorsInLists({ items: null })).toEqual({ items: ['This field may not be null.'] });
    expect(errorsInLists({ items: {} })).toEqual({
      items: { non_field_errors: ['Expected a list of items but got type "dict".'] },
    });
    expect(errorsInLists({ items: Array(501).fill({}) })).toEqual({
      items: ['Ensure this field has no more than 500 elements.'],
    });
  });

  it('requires in PATCH nothing, and otherwise what is required', () => {
    expect(errorsIn({})).toBeUndefined();
    expect(readDto(Order, {}, reading).errors).toEqual({ name: ['This field is required.'] });
  });

  it.each(['$value', '$property', '$target', '$constraint1'])('repeats %s as it was sent', (text) => {
    expect(errorsIn({ state: text })).toEqual({ state: [`"${text}" is not a valid choice.`] });
  });

  it('counts characters as PostgreSQL does, variation selectors too', () => {
    expect(errorsIn({ name: '❤️'.repeat(5) })).toBeUndefined();
    expect(errorsIn({ name: '🚀'.repeat(10) })).toBeUndefined();
    expect(errorsIn({ name: '❤️'.repeat(6) })).toEqual({ name: ['Ensure this field has no more than 10 characters.'] });
  });

  it('takes days of the first century, as Python’s smallest date', () => {
    expect(errorsIn({ due: '0001-01-01' })).toBeUndefined();
    expect(errorsIn({ due: '0000-01-01' })).toBeDefined();
  });

  it('never makes text of an object that says it cannot be made one', () => {
    const hostile = { toString: 1, valueOf: 1 };
    const errors = errorsIn({ name: hostile, paid: hostile, state: hostile, due: hostile });
    expect(Object.keys(errors!)).toEqual(['name', 'paid', 'state', 'due']);
  });
});
