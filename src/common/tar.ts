/** What an archive says of one of its entries. */
export interface TarEntry {
  /** At most 100 characters, parts joined by `/`. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Bytes; 0 for a folder. */
  readonly size: number;
}

/** An entry as it is read: `body` has to be read to its end before the next one comes. */
export interface ReadTarEntry extends TarEntry {
  readonly body: AsyncIterable<Buffer>;
}

/** The bytes are no tar archive, or not a whole one. */
export class TarError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TarError';
  }
}

const BLOCK = 512;
const CHECKSUM = { at: 148, end: 156 };
const FOLDER = '5';

/** Two empty blocks end an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** The block before an entry's bytes, as POSIX has it (ustar). The owner alone may read what comes out. */
export function tarHeader({ path, isFolder, size }: TarEntry, modified: Date): Buffer {
  if (Buffer.byteLength(path) > 100) throw new TarError(`${path} is too long for an archive.`);
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0);
  header.write(octal(isFolder ? 0o700 : 0o600, 8), 100);
  header.write(octal(0, 8) + octal(0, 8), 108);
  header.write(octal(size, 12) + octal(Math.floor(modified.getTime() / 1000), 12), 124);
  header.write(isFolder ? FOLDER : '0', 156);
  header.write('ustar\x0000', 257);
  header.write(checksumOf(header), CHECKSUM.at);
  return header;
}

/** What fills the last block of an entry. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The entries of an archive of {@link tarHeader}, to {@link TAR_END} and no byte more. Throws {@link TarError}. */
export async function* tarEntries(chunks: AsyncIterable<Buffer>): AsyncGenerator<ReadTarEntry> {
  const bytes = new Bytes(chunks);
  for (;;) {
    const header = await bytes.take(BLOCK);
    if (isEmpty(header)) {
      if (isEmpty(await bytes.take(BLOCK)) && !(await bytes.more())) return;
      throw new TarError('It goes on after its end.');
    }
    const size = parseInt(header.toString('latin1', 124, 136), 8);
    // As text: other spellings of the same number would be damage that goes unseen.
    if (!header.subarray(CHECKSUM.at, CHECKSUM.end).equals(Buffer.from(checksumOf(header))) || !(size >= 0))
      throw new TarError('It is no archive.');
    const path = header.toString('utf8', 0, 100).replace(/\0.*$/s, '');
    yield { path, size, isFolder: header.toString('latin1', 156, 157) === FOLDER, body: bytes.pieces(size) };
    if (!isEmpty(await bytes.take(tarPadding(size).length))) throw new TarError('It is no archive.');
  }
}

const isEmpty = (bytes: Buffer) => bytes.every((byte) => byte === 0);

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;

/** The sum of a header's bytes, where its own checksum counts as spaces, as it stands in a header. */
function checksumOf(header: Buffer): string {
  const own = (at: number) => at >= CHECKSUM.at && at < CHECKSUM.end;
  const sum = header.reduce((total, byte, at) => total + (own(at) ? 0x20 : byte), 0);
  return `${octal(sum, 7)} `;
}

/** Bytes of a stream, in the portions that are asked for. */
class Bytes {
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.chunks = chunks[Symbol.asyncIterator]();
  }

  async take(size: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces(size)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *pieces(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0;) {
      if (!(await this.more())) throw new TarError('It ends too early.');
      const piece = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Whether there is another byte. */
  async more(): Promise<boolean> {
    while (!this.rest.length) {
      const next = await this.chunks.next();
      if (next.done) return false;
      this.rest = next.value;
    }
    return true;
  }
}
