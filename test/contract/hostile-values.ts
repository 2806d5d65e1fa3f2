import fc from 'fast-check';

import type { Schema } from './contract.js';

/** Real things of the server under test, so that some requests reach deep. Numbers in requests index into these lists. */
export interface Known {
  uuids: string[];
  links: string[];
  /** Texts that mean something: licence references, months, the address of the emulator. */
  words: string[];
}

/** Text that has broken servers before: quoting, encodings, templates, terminators, lengths, and JavaScript's own names. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\0',
      'a\0b',
      '%',
      '_',
      '\\',
      "'",
      '"',
      '`',
      'null',
      'undefined',
      'NaN',
      '-1',
      '0',
      '1e309',
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "' OR 1=1 --",
      '$1',
      '{{7*7}}',
      '${7*7}',
      '<script>alert(1)</script>',
      '../../../etc/passwd',
      '%00',
      '%2e%2e%2f',
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '\r\nX-Injected: yes',
      '%0d%0aX-Injected:%20yes',
      '\u2028',
      '\u202eevil',
      '\ufeff',
      '\ud800',
      'a\udfff',
      '\u0130',
      'ẞ',
      '👩‍👩‍👧‍👦',
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '2024-13',
      '2024-00',
      '0000-01',
      '2024-02-30',
      '9999-12',
      '2024-1',
      '+002024-01',
      '2026-08',
      '2026-07-01',
      '99999-01-01',
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'http://',
      'http://[',
      'http://127.0.0.1:1/',
      'file:///etc/passwd',
      'http://user:pass@127.0.0.1:1/',
      'https://[::1]:1/',
      '//x',
      'javascript:1',
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('a', 'ﷺ', '\\', '%', '9', '👾')
      .chain((char) => fc.constantFrom(256, 4_000).map((count) => char.repeat(count))),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
);

const hostileNumber = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 0.1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 2 ** 63, 1e21, 1e308, -1e308, 5e-324),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const nested = fc.tuple(fc.integer({ min: 2, max: 60 }), fc.boolean()).map(([depth, list]) => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = list ? [value] : { a: value };
  return value;
});

/** Anything JSON can carry, with a liking for what is not expected. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 3, arbitrary: hostileNumber },
  {
    weight: 3,
    arbitrary: fc.constantFrom(null, true, false, [], {}, [null], [[]], { $ne: null }, { toString: 1 }, ['a', 'b'], {
      length: 1e9,
    }),
  },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** A value a server should mostly take for this schema. */
export function likelyValue(schema: Schema, known: Known): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const words = fc.constantFrom('Acme', 'Contoso', 'XSP1', ...known.words);
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 50 });
    case 'number':
      return fc.double({ min: 0, max: 1, noNaN: true });
    case 'array':
      return fc.array(anyValue(schema.items ?? {}, known), { maxLength: 3 });
    case 'object':
      return likelyObject(schema, known);
    case undefined:
    default:
      if (schema.format === 'uuid')
        return fc.oneof({ weight: 5, arbitrary: uuid(known) }, { weight: 1, arbitrary: fc.uuid() });
      if (schema.format === 'uri') return fc.oneof(fc.constantFrom(...known.links), words, uuid(known));
      return fc.oneof(
        words,
        fc.string({
          unit: 'grapheme',
          minLength: schema.minLength ?? 0,
          maxLength: Math.min(schema.maxLength ?? 30, 30),
        }),
      );
  }
}

/** A known UUID in any of the forms clients write it. */
function uuid(known: Known): fc.Arbitrary<string> {
  const forms = [
    (text: string) => text,
    (text: string) => text.replaceAll('-', ''),
    (text: string) => text.toUpperCase(),
    (text: string) => `urn:uuid:${text}`,
  ];
  return fc.tuple(fc.constantFrom(...known.uuids), fc.constantFrom(...forms)).map(([text, form]) => form(text));
}

function likelyObject(schema: Schema, known: Known): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required);
  const model = properties.map(([key, value]) => {
    const given = anyValue(value, known).map((each) => [[key, each]] as [string, unknown][]);
    return fc.oneof(
      { weight: required.has(key) ? 15 : 2, arbitrary: given },
      { weight: 1, arbitrary: fc.constant([] as [string, unknown][]) },
    );
  });
  const extra = fc.oneof(
    { weight: 8, arbitrary: fc.constant([] as [string, unknown][]) },
    { weight: 1, arbitrary: fc.tuple(hostileText, hostileValue).map((entry) => [entry] as [string, unknown][]) },
  );
  // Built by JSON.parse, so that `__proto__` becomes a key of its own as it does on the wire.
  return fc.tuple(...model, extra).map((parts) => {
    const entries = parts.flat().map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value) ?? 'null'}`);
    return JSON.parse(`{${entries.join()}}`) as Record<string, unknown>;
  });
}

/** Mostly a likely value, sometimes a hostile one. */
export function anyValue(schema: Schema, known: Known): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 7, arbitrary: likelyValue(schema, known) }, { weight: 1, arbitrary: hostileValue });
}
