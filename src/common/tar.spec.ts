import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { TAR_END, TarError, tarEntries, tarHeader, tarPadding } from './tar.js';

const BODY = Buffer.from('what is kept');
const WHOLE = Buffer.concat([
  tarHeader({ path: 'a/file', isFolder: false, size: BODY.length }, new Date('2026-10-01T00:00:00Z')),
  BODY,
  tarPadding(BODY.length),
  TAR_END,
]);

async function read(bytes: Buffer): Promise<[path: string, body: string][]> {
  const entries: [string, string][] = [];
  for await (const { path, body } of tarEntries(Readable.from([bytes])))
    entries.push([path, (await buffer(body)).toString()]);
  return entries;
}

describe('An archive', () => {
  it('gives the entries that it was made of', async () => {
    expect(await read(WHOLE)).toEqual([['a/file', BODY.toString()]]);
  });

  it('is refused with any one bit changed outside of the bytes of its entries, that of its checksum included', async () => {
    const unseen: string[] = [];
    for (let bit = 0; bit < WHOLE.length * 8; bit += 1) {
      const at = bit >> 3;
      if (at >= 512 && at < 512 + BODY.length) continue;
      const damaged = Buffer.from(WHOLE);
      damaged[at]! ^= 1 << (bit & 7);
      const error = await read(damaged).catch((thrown: unknown) => thrown);
      if (!(error instanceof TarError)) unseen.push(`bit ${bit & 7} of byte ${at}`);
    }
    expect(unseen).toEqual([]);
  });
});
