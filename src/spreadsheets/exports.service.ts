import { Readable } from 'node:stream';
import { Injectable, type OnModuleInit, StreamableFile } from '@nestjs/common';
import { camelCase } from '../common/command.js';
import { csvLine } from '../common/csv.js';
import { ListFiles, type SheetFormat } from '../common/list-files.js';
import { XLSX } from '../common/route-table.js';
import { renderUuid } from '../common/uuid.js';
import { CustomersService } from '../directory/customers.service.js';
import type { Offering } from '../directory/offering.entity.js';
import { OfferingsService } from '../directory/offerings.service.js';
import { ProjectsService } from '../directory/projects.service.js';
import { ResourcesService } from '../directory/resources.service.js';
import { CustomerMappingsService } from '../mappings/customer-mappings.service.js';
import { VendorOfferingMappingsService } from '../mappings/vendor-offering-mappings.service.js';
import type { SheetKindName } from './sheet-kind-names.js';
import { headersOf, sheetKind, type SheetPart } from './sheet-kinds.js';
import { writeXlsx } from './write-xlsx.js';

/** Everything that a filter of a list leaves, as a file that can be imported again; made while it is sent. */
@Injectable()
export class ExportsService implements OnModuleInit {
  constructor(
    private readonly files: ListFiles,
    private readonly customers: CustomersService,
    private readonly projects: ProjectsService,
    private readonly offerings: OfferingsService,
    private readonly resources: ResourcesService,
    private readonly mappings: CustomerMappingsService,
    private readonly vendorMappings: VendorOfferingMappingsService,
  ) {}

  onModuleInit(): void {
    this.offer('organisations', (filter) => this.customers.each(filter));
    this.offer('projects', (filter) => this.projects.each(filter));
    this.offer('offerings', (filter) => withPlans(this.offerings.each(filter)));
    this.offer('resources', (filter) => this.resources.each(filter));
    this.offer('customer-mappings', (filter) => this.mappings.each(filter));
    this.offer('vendor-offering-mappings', (filter) => this.vendorMappings.each(filter));
  }

  private offer(kind: SheetKindName, each: (filter: never) => AsyncIterable<object>): void {
    this.files.register(kind, (filter, format) => fileOf(kind, format, each(filter)));
  }
}

class PlanRow {
  constructor(readonly plan: object) {}
}

/** Each is followed by its plans. */
async function* withPlans(offerings: AsyncIterable<Offering>): AsyncGenerator<object> {
  for await (const offering of offerings) {
    yield offering;
    for (const plan of offering.plans) yield new PlanRow({ ...plan, offeringUuid: offering.uuid });
  }
}

function fileOf(kind: SheetKindName, format: SheetFormat, objects: AsyncIterable<object>): StreamableFile {
  const { parts } = sheetKind(kind);
  const headers = headersOf(sheetKind(kind));
  async function* rows() {
    yield headers;
    for await (const object of objects)
      yield object instanceof PlanRow ? cellsOf(headers, parts[1]!, object.plan) : cellsOf(headers, parts[0]!, object);
  }
  const [content, type] =
    format === 'xlsx'
      ? [writeXlsx(rows()), XLSX]
      : [Readable.from(linesOf(rows())), 'text/csv; charset=utf-8; header=present'];
  return new StreamableFile(content, { type, disposition: `attachment; filename="${kind}.${format}"` });
}

async function* linesOf(rows: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  for await (const row of rows) yield csvLine(row);
}

function cellsOf(headers: readonly string[], { fields }: SheetPart, object: object): string[] {
  const columnOf = new Map([['uuid', 'uuid'], ...fields.map(({ header, column }) => [header, column] as const)]);
  return headers.map((header) => {
    const column = columnOf.get(header);
    const value = column && (object as Record<string, string | boolean | null | undefined>)[camelCase(column)];
    if (value === null || value === undefined || value === '') return '';
    return /(^|_)uuid$/.test(column!) ? renderUuid(String(value)) : String(value);
  });
}
