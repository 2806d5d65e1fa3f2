import { Injectable, type OnModuleInit } from '@nestjs/common';
import { camelCase } from '../common/command.js';
import { CSV, type FileFormat, RowsFile, type RowsToWrite } from '../common/csv.js';
import { ListFiles, type SheetFormat } from '../common/list-files.js';
import { XLSX } from '../common/route-table.js';
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

const WORKBOOK: FileFormat = {
  extension: 'xlsx',
  type: XLSX,
  write: (...rows) => writeXlsx(textsOf(...rows)),
};

async function* textsOf<Row>(...[header, rows, cellsOf]: RowsToWrite<Row>): AsyncGenerator<readonly string[]> {
  yield header;
  for await (const row of rows) yield cellsOf(row) as string[];
}

function fileOf(kind: SheetKindName, format: SheetFormat, objects: AsyncIterable<object>): RowsFile {
  const { parts } = sheetKind(kind);
  const headers = headersOf(sheetKind(kind));
  return RowsFile.of(kind, format === 'xlsx' ? WORKBOOK : CSV, headers, objects, (object) =>
    object instanceof PlanRow ? cellsOf(headers, parts[1]!, object.plan) : cellsOf(headers, parts[0]!, object),
  );
}

function cellsOf(headers: readonly string[], { fields }: SheetPart, object: object): string[] {
  const columnOf = new Map([['uuid', 'uuid'], ...fields.map(({ header, column }) => [header, column] as const)]);
  return headers.map((header) => {
    const column = columnOf.get(header);
    const value = column && (object as Record<string, string | boolean | null | undefined>)[camelCase(column)];
    return String(value ?? '');
  });
}
