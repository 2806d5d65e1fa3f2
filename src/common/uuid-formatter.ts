import { DASHED, type UuidFormat } from './uuid.js';

/** Which part of a field is a UUID of ours, by its name. Others may hold texts of people that look like one. */
const FIELDS: readonly (readonly [name: RegExp, uuid: RegExp])[] = [
  [
    /(^|_)uuid$|^(customer|waldur_customer|project|offering|plan|settings|job_id|paused|resumed|postings|charges|passed_over|scope|idempotency_key)$/,
    new RegExp(`^${DASHED}(?=/|$)`),
  ],
  // A licence stands before the organisation.
  [/^charge_key$/, new RegExp(`${DASHED}(?=/[^/]*$)`)],
  [/^what_to_do$/, new RegExp(DASHED, 'g')],
];

/** What is passed on as ArrowSphere sent it, under its own names. */
const UPSTREAM = /^(raw|data)$/;

const ANY = new RegExp(`\\b${DASHED}\\b`, 'g');
const withoutDashes = (uuid: string) => uuid.replaceAll('-', '');

/** A text of an answer that has UUIDs of ours besides what others wrote. */
export class Sentence extends String {
  constructor(
    text: string,
    readonly uuids: readonly string[],
  ) {
    super(text);
  }
}

/** One in which `uuids` are ours, declared as the text that it is in the answer. */
export const sentence = (text: string, uuids: readonly string[]): string =>
  new Sentence(text, uuids) as unknown as string;

/** How one application writes UUIDs in all that it sends (`UUID_FORMAT`); within it they have dashes. */
export class UuidFormatter {
  constructor(private readonly format: UuidFormat) {}

  /** A UUID, or a text in which there are no others than ours. */
  text(text: string): string {
    return this.format === 'dashed' ? text : text.replace(ANY, withoutDashes);
  }

  /** An answer, or the value of one field; a copy, where anything differs. */
  answer<T>(answer: T, field = ''): T {
    return this.format === 'dashed' ? answer : (copy(answer, field) as T);
  }

  /** A row of a file. */
  row<Cell>(header: readonly string[], row: readonly Cell[]): readonly Cell[] {
    return this.format === 'dashed' ? row : row.map((cell, at) => this.answer(cell, header[at]));
  }

  /** Sentences, in whatever they stand, which name `uuids`. */
  sentences<T>(said: T, uuids: readonly string[]): T {
    if (this.format === 'dashed' || uuids.length === 0) return said;
    const json = uuids.reduce((text, uuid) => text.replaceAll(uuid, withoutDashes(uuid)), JSON.stringify(said));
    return JSON.parse(json) as T;
  }
}

function copy(value: unknown, field: string): unknown {
  if (typeof value === 'string') {
    const uuid = FIELDS.find(([name]) => name.test(field))?.[1];
    return uuid ? value.replace(uuid, withoutDashes) : value;
  }
  if (typeof value !== 'object' || value === null || 'toJSON' in value || UPSTREAM.test(field)) return value;
  if (Array.isArray(value)) return value.map((item) => copy(item, field));
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, copy(below, name)]));
}
