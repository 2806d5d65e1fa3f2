const HEX = /^[0-9a-f]{32}$/;

/**
 * Reads a UUID in any form Waldur's clients send: dashed, 32 hex digits, `urn:uuid:…`, in braces, any letter case.
 * Answers it dashed and in lower case, or `undefined`.
 */
export function parseUuid(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 47) return undefined;
  if (HEX.test(text)) return dashed(text);
  const bare = text
    .trim()
    .toLowerCase()
    .replace(/^urn:uuid:/, '')
    .replace(/^\{(.*)\}$/, '$1');
  const hex = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(bare)
    ? bare.replaceAll('-', '')
    : bare;
  return HEX.test(hex) ? dashed(hex) : undefined;
}

/** Joined, which makes one text: a template would be put together again by whoever looks it up in a set. */
function dashed(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export const UUID_FORMATS = ['dashed', 'hex'] as const;
export type UuidFormat = (typeof UUID_FORMATS)[number];

/** A UUID with dashes, as part of a pattern. */
export const DASHED = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** A text with dashes in its UUIDs, as it is kept. */
export function readUuidsIn(text: string): string {
  return text.replace(/\b[0-9a-f]{32}\b/gi, (hex) => parseUuid(hex)!);
}

/** Never that of an object: in a filter it stands for one that is not there. */
export const NO_MATCH_UUID = '00000000-0000-0000-0000-000000000000';
