import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { camelCase } from '../common/command.js';
import { csvLine } from '../common/csv.js';
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

export const SHEET_FORMATS = ['csv', 'xlsx'] as const;
export type SheetFormat = (typeof SHEET_FORMATS)[number];

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** A file that is made while it is sent. */
export interface SheetFile {
  /** With its ending. */
  readonly name: string;
  readonly type: string;
  readonly content: Readable;
}

type FilterOf<Service extends { each(filter: never): unknown }> = Parameters<Service['each']>[0];

/** Everything that a filter leaves, as a file that can be imported again. */
@Injectable()
export class ExportsService {
  constructor(
    private readonly customers: CustomersService,
    private readonly projectRows: ProjectsService,
    private readonly offeringRows: OfferingsService,
    private readonly resourceRows: ResourcesService,
    private readonly mappings: CustomerMappingsService,
    private readonly vendorMappings: VendorOfferingMappingsService,
  ) {}

  organisations(filter: FilterOf<CustomersService>, format: SheetFormat): SheetFile {
    return fileOf('organisations', format, this.customers.each(filter));
  }

  projects(filter: FilterOf<ProjectsService>, format: SheetFormat): SheetFile {
    return fileOf('projects', format, this.projectRows.each(filter));
  }

  /** Each is followed by its plans. */
  offerings(filter: FilterOf<OfferingsService>, format: SheetFormat): SheetFile {
    return fileOf('offerings', format, withPlans(this.offeringRows.each(filter)));
  }

  resources(filter: FilterOf<ResourcesService>, format: SheetFormat): SheetFile {
    return fileOf('resources', format, this.resourceRows.each(filter));
  }

  customerMappings(filter: FilterOf<CustomerMappingsService>, format: SheetFormat): SheetFile {
    return fileOf('customer-mappings', format, this.mappings.each(filter));
  }

  vendorOfferingMappings(filter: FilterOf<VendorOfferingMappingsService>, format: SheetFormat): SheetFile {
    return fileOf('vendor-offering-mappings', format, this.vendorMappings.each(filter));
  }
}

class PlanRow {
  constructor(readonly plan: object) {}
}

async function* withPlans(offerings: AsyncIterable<Offering>): AsyncGenerator<object> {
  for await (const offering of offerings) {
    yield offering;
    for (const plan of offering.plans) yield new PlanRow({ ...plan, offeringUuid: offering.uuid });
  }
}

function fileOf(kind: SheetKindName, format: SheetFormat, objects: AsyncIterable<object>): SheetFile {
  const { parts } = sheetKind(kind);
  const headers = headersOf(sheetKind(kind));
  async function* rows() {
    yield headers;
    for await (const object of objects)
      yield object instanceof PlanRow ? cellsOf(headers, parts[1]!, object.plan) : cellsOf(headers, parts[0]!, object);
  }
  const name = `${kind}.${format}`;
  return format === 'xlsx'
    ? { name, type: XLSX, content: writeXlsx(rows()) }
    : { name, type: 'text/csv; charset=utf-8; header=present', content: Readable.from(linesOf(rows())) };
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
