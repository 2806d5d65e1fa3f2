import { UnreadableSheetError } from './spreadsheets.errors.js';

export type SheetEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'xlsx';

const startsWith = (bytes: Buffer, ...start: number[]) => start.every((byte, at) => bytes[at] === byte);

/** Says what a file is as its bytes go by, without keeping them. */
export class SheetFileType {
  private readonly utf8 = new TextDecoder('utf-8', { fatal: true });
  private isUtf8 = true;
  private hasNulls = false;
  private first: SheetEncoding | 'old-excel' | undefined;
  private isEmpty = true;

  look(chunk: Buffer): void {
    if (!chunk.length) return;
    if (this.isEmpty) this.first = beginsAs(chunk);
    this.isEmpty = false;
    if (this.first) return;
    this.hasNulls ||= chunk.includes(0);
    if (!this.isUtf8) return;
    try {
      this.utf8.decode(chunk, { stream: true });
    } catch {
      this.isUtf8 = false;
    }
  }

  get isPacked(): boolean {
    return this.first === 'xlsx';
  }

  /** Windows-1252 is taken for what is no UTF-8. Throws `UnreadableSheetError`. */
  end(): SheetEncoding {
    if (this.isEmpty) throw new UnreadableSheetError('The file is empty.');
    if (this.first === 'old-excel')
      throw new UnreadableSheetError('This is a file of an old Excel (.xls): save it as .xlsx or as CSV.');
    if (this.first) return this.first;
    if (this.hasNulls) throw new UnreadableSheetError('This is neither a CSV nor an XLSX file.');
    try {
      this.utf8.decode();
    } catch {
      this.isUtf8 = false;
    }
    return this.isUtf8 ? 'utf-8' : 'windows-1252';
  }
}

function beginsAs(chunk: Buffer): SheetEncoding | 'old-excel' | undefined {
  if (startsWith(chunk, 0x50, 0x4b, 0x03, 0x04)) return 'xlsx';
  if (startsWith(chunk, 0xd0, 0xcf, 0x11, 0xe0)) return 'old-excel';
  if (startsWith(chunk, 0xff, 0xfe)) return 'utf-16le';
  if (startsWith(chunk, 0xfe, 0xff)) return 'utf-16be';
  return undefined;
}
