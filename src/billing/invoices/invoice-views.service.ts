import { Injectable, type StreamableFile } from '@nestjs/common';
import { csvFile, inPages } from '../../common/csv.js';
import type { Count, Page } from '../../common/page.js';
import { InvoiceResponse, type ListInvoicesQuery } from './invoice.dto.js';
import type { Invoice } from './invoice.entity.js';
import { InvoiceItemsService } from './invoice-items.service.js';
import { InvoicesService } from './invoices.service.js';

const SHOWN_IN_LIST = 100;
const SHOWN = 1000;
const CSV_PAGE = 1000;
const CSV_HEADERS = [
  'uuid',
  'name',
  'price',
  'start',
  'end',
  'resource_uuid',
  'project_uuid',
  'source',
  'license_reference',
  'original_period',
];

/** Invoices as they go out: with totals and items. */
@Injectable()
export class InvoiceViewsService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly items: InvoiceItemsService,
  ) {}

  /** Throws `PageNotFoundError`. */
  async list(query: ListInvoicesQuery): Promise<Page<InvoiceResponse>> {
    const page = await this.invoices.list(query);
    const views = await this.views(page.items, SHOWN_IN_LIST);
    return page.map((invoice) => views.get(invoice.uuid)!);
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListInvoicesQuery): Promise<Count> {
    return this.invoices.count(query);
  }

  /** Throws `InvoiceNotFoundError`. */
  async get(uuid: string): Promise<InvoiceResponse> {
    return this.view(await this.invoices.get(uuid));
  }

  /** Throws `InvoiceNotFoundError`, `InvoiceStateError`. */
  async issue(uuid: string, by: string, dueDate?: string): Promise<InvoiceResponse> {
    return this.view(await this.invoices.issue(uuid, by, dueDate));
  }

  /** Throws `InvoiceNotFoundError`, `InvoiceStateError`. */
  async paid(uuid: string, by: string): Promise<InvoiceResponse> {
    return this.view(await this.invoices.paid(uuid, by));
  }

  /** All items, streamed. Throws `InvoiceNotFoundError`. */
  async csv(uuid: string): Promise<StreamableFile> {
    const invoice = await this.invoices.get(uuid);
    const items = this.items;
    async function* rows() {
      for await (const item of inPages(CSV_PAGE, (offset) => items.of(invoice.uuid, CSV_PAGE, offset))) {
        const details = item.details as Record<string, string | undefined>;
        yield [
          item.uuid,
          item.name,
          item.price,
          item.start,
          item.end,
          item.resourceUuid,
          item.projectUuid,
          details.source,
          details.license_reference,
          details.original_period,
        ];
      }
    }
    return csvFile(`invoice-${invoice.number}`, CSV_HEADERS, rows());
  }

  private async view(invoice: Invoice): Promise<InvoiceResponse> {
    return (await this.views([invoice], SHOWN)).get(invoice.uuid)!;
  }

  private async views(invoices: readonly Invoice[], shown: number): Promise<Map<string, InvoiceResponse>> {
    const uuids = invoices.map((invoice) => invoice.uuid);
    const [totals, items, counts] = await Promise.all([
      this.invoices.totals(uuids),
      this.items.ofMany(uuids, shown),
      this.items.counts(uuids),
    ]);
    return new Map(
      invoices.map((invoice) => [
        invoice.uuid,
        InvoiceResponse.from(
          invoice,
          totals.get(invoice.uuid)!,
          items.get(invoice.uuid) ?? [],
          counts.get(invoice.uuid) ?? 0,
        ),
      ]),
    );
  }
}
