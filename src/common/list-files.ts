import { Injectable } from '@nestjs/common';
import { InvalidFieldsError } from './app.error.js';
import { type CommandOf, commandOf } from './command.js';
import type { PageOrFile, RowsFile } from './csv.js';
import type { Page } from './page.js';
import { ChoicesFilter } from './validation/query-fields.js';

const SHEET_FORMATS = ['csv', 'xlsx'] as const;
export type SheetFormat = (typeof SHEET_FORMATS)[number];

const FORMATS = ['json', ...SHEET_FORMATS] as const;

export type ListFormat = (typeof FORMATS)[number];

/** `format` of a list whose rows also come as a file. */
export const ListFormatFilter = () =>
  ChoicesFilter(FORMATS, { description: 'csv, xlsx: all rows as a file that can be imported again' });

/** Makes a file of everything that a filter of the list leaves. */
export type MakeFile = (filter: never, format: SheetFormat) => RowsFile;

/** Lists that also come as files. Whoever knows how files are made says so; without, there are none. */
@Injectable()
export class ListFiles {
  private readonly makers = new Map<string, MakeFile>();

  /** `kind`: what the rows of the list are called in files. */
  register(kind: string, make: MakeFile): void {
    this.makers.set(kind, make);
  }

  /** The page that a query asks for, or the file. Throws what `page` throws, `InvalidFieldsError` (format). */
  async pageOrFile<Query extends { format?: ListFormat[] }, Answer>(
    kind: string,
    query: Query,
    page: (filter: CommandOf<Query>) => Promise<Page<Answer>>,
  ): PageOrFile<Answer> {
    const format = SHEET_FORMATS.find((each) => query.format?.includes(each));
    const filter = commandOf(query);
    if (!format) return page(filter);
    const make = this.makers.get(kind);
    if (!make) throw new InvalidFieldsError({ format: ['This service makes no files.'] });
    return make(filter as never, format);
  }
}
