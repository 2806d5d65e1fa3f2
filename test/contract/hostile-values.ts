import fc from 'fast-check';

import type { Schema } from './contract.js';

/**
 * Real things of the server under test, by kind, so that requests reach deep. Requests name them by placeholders that
 * are filled in when they are sent: what one request deletes, a later one does not miss.
 */
export class LiveObjects {
  private readonly objects = new Map<string, { uuid: string; url: string }[]>();

  /**
   * `words` are texts that mean something: licence references, months, the address of the emulator. `meant` are those
   * that a field of a certain name is meant to have.
   */
  constructor(
    readonly words: string[],
    private readonly meant: [name: RegExp, words: (string | number)[]][] = [],
  ) {}

  /** What a field of this name mostly gets. */
  wordsFor(name: string): (string | number)[] | undefined {
    return this.meant.find(([pattern]) => pattern.test(name))?.[1];
  }

  /** Takes an object in; its own link says of which kind it is. */
  add(object: { uuid: string; url: string }): void {
    const kind = kindOfPath(new URL(object.url).pathname);
    this.objects.set(kind, [...this.of(kind), object]);
  }

  of(kind: string): { uuid: string; url: string }[] {
    return this.objects.get(kind) ?? [];
  }

  /** Forgets an object, whichever way its UUID is written. */
  remove(uuid: string): void {
    const bare = (text: string) => text.toLowerCase().replaceAll('-', '');
    for (const [kind, objects] of this.objects)
      this.objects.set(
        kind,
        objects.filter((object) => bare(object.uuid) !== bare(uuid)),
      );
  }

  /** Puts living objects where their placeholders stand; `write` writes a link so that it fits its surroundings. */
  fill(text: string, write: (link: string) => string): string {
    return text.replace(/zz(\w+?)z(\d+)([hlpu]?)zz/g, (_, kind: string, number: string, form: string) => {
      const objects = this.of(kind);
      const { uuid, url } = objects[Number(number) % objects.length] ?? NOBODY;
      const forms: Record<string, string> = {
        h: uuid.replaceAll('-', ''),
        l: write(url),
        p: write(new URL(url).pathname),
        u: uuid.toUpperCase(),
      };
      return forms[form] ?? uuid;
    });
  }
}

const NOBODY = { uuid: '00000000-0000-4000-8000-000000000000', url: 'http://localhost/api/nothing/' };

/** Which kind of object a field of this name points at. */
const KINDS: [RegExp, string][] = [
  // The rules of an account stand below the UUID of its settings.
  [/billing_account/, 'settings'],
  [/job/, 'jobs'],
  [/invoice/, 'invoices'],
  [/license_link/, 'licenselinks'],
  [/order/, 'orders'],
  [/user/, 'users'],
  [/personal_access_token/, 'tokens'],
  [/settings/, 'settings'],
  [/billing_sync_item/, 'billingsyncitems'],
  [/billing_sync/, 'billingsyncs'],
  [/consumption_record/, 'consumptionrecords'],
  [/customer_mapping/, 'customermappings'],
  [/vendor/, 'vendormappings'],
  [/customer/, 'customers'],
  [/project/, 'projects'],
  [/offering/, 'offerings'],
  [/plan/, 'plans'],
  [/resource/, 'resources'],
];

/** The kind of the objects whose collection a path begins with. */
export function kindOfPath(path: string): string {
  const collection = /\/([\w-]+)\/(?:[^/]+\/)?$/.exec(path.split('{')[0]!)?.[1] ?? '';
  return KINDS.find(([pattern]) => pattern.test(collection.replaceAll('-', '_')))?.[1] ?? 'others';
}

function kindOf(name: string): fc.Arbitrary<string> {
  const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1];
  const any = fc.constantFrom(...KINDS.map(([, each]) => each));
  return kind ? fc.oneof({ weight: 9, arbitrary: fc.constant(kind) }, { weight: 1, arbitrary: any }) : any;
}

/** The placeholder of one object, written in one of the `forms`: as it is, hex, link, path, upper case. */
export function placeholder(name: string, ...forms: ('' | 'h' | 'l' | 'p' | 'u')[]): fc.Arbitrary<string> {
  return fc
    .tuple(kindOf(name), fc.nat(50), fc.constantFrom(...forms))
    .map(([kind, number, form]) => `zz${kind}z${number}${form}zz`);
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
export function likelyValue(schema: Schema, live: LiveObjects, name = ''): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const meant = live.wordsFor(name);
  if (meant) return fc.constantFrom(...meant);
  const words = fc.constantFrom('Acme', 'Contoso', 'XSP1', ...live.words);
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 50 });
    case 'number':
      return fc.double({ min: 0, max: 1, noNaN: true });
    case 'array':
      return fc.array(anyValue(schema.items ?? {}, live, name), { maxLength: 3 });
    case 'object':
      return likelyObject(schema, live);
    case undefined:
    default:
      if (schema.format === 'uuid') {
        return fc.oneof({ weight: 9, arbitrary: placeholder(name, '', 'h', 'u') }, { weight: 1, arbitrary: fc.uuid() });
      }
      if (schema.format === 'uri')
        return fc.oneof(/api_url/.test(name) ? words : placeholder(name, 'l', 'p', ''), words);
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

function likelyObject(schema: Schema, live: LiveObjects): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries(schema.properties ?? {});
  const required = new Set(schema.required);
  const model = properties.map(([key, value]) => {
    const given = anyValue(value, live, key).map((each) => [[key, each]] as [string, unknown][]);
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
export function anyValue(schema: Schema, live: LiveObjects, name = ''): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 14, arbitrary: likelyValue(schema, live, name) }, { weight: 1, arbitrary: hostileValue });
}
