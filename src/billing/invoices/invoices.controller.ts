import { Body, Get, Head, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { Audited } from '../../audit/audited.js';
import { Actor, StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import { ApiFound, ApiListed, Operation } from '../../common/api-answers.js';
import { commandOf } from '../../common/command.js';
import { FileQuery, type PageOrFile } from '../../common/csv.js';
import type { Count, Page } from '../../common/page.js';
import { Existing } from '../../database/refusal.interceptor.js';
import { InvoiceItemResponse, InvoiceResponse, IssueInvoiceDto, ListInvoicesQuery } from './invoice.dto.js';
import { Invoice } from './invoice.entity.js';
import { InvoiceNotFoundError } from './invoices.errors.js';
import { InvoicesService } from './invoices.service.js';

@ApiTags('Invoices')
@ApiController('api/invoices')
@StaffOnly()
@Existing(() => Invoice, InvoiceNotFoundError)
export class InvoicesController {
  constructor(private readonly invoices: InvoicesService) {}

  @Head()
  @Operation('invoices_count', 'Count invoices')
  count(@Query() query: ListInvoicesQuery): Promise<Count> {
    return this.invoices.count(commandOf(query));
  }

  @Get()
  @Operation('invoices_list', 'List invoices, newest month first', 'With at most 100 items each.')
  @ApiListed(InvoiceResponse)
  async list(@Query() query: ListInvoicesQuery): Promise<Page<InvoiceResponse>> {
    return (await this.invoices.list(commandOf(query))).map(InvoiceResponse.from);
  }

  @Get(':uuid')
  @Operation('invoices_retrieve', 'One invoice with its items')
  @ApiFound(InvoiceResponse)
  async get(@Param('uuid') uuid: string): Promise<InvoiceResponse> {
    return InvoiceResponse.from(await this.invoices.get(uuid));
  }

  @Get(':uuid/items')
  @Operation('invoices_items_list', 'Items of an invoice, by name')
  @ApiProduces('application/json', 'text/csv')
  @ApiListed(InvoiceItemResponse)
  items(@Param('uuid') uuid: string, @Query() query: FileQuery): PageOrFile<InvoiceItemResponse> {
    return this.invoices.items(uuid, query);
  }

  @Post(':uuid/issue')
  @Audited('invoice.issue')
  @HttpCode(200)
  @Operation('invoices_issue', 'Issue a draft: later corrections go to the next draft')
  @ApiFound(InvoiceResponse)
  async issue(
    @Param('uuid') uuid: string,
    @Body() dto: IssueInvoiceDto,
    @Actor() by: string,
  ): Promise<InvoiceResponse> {
    return InvoiceResponse.from(await this.invoices.issue(uuid, by, dto.due_date));
  }

  @Post(':uuid/paid')
  @Audited('invoice.paid')
  @HttpCode(200)
  @Operation('invoices_paid', 'Mark an issued invoice as paid')
  @ApiFound(InvoiceResponse)
  async paid(@Param('uuid') uuid: string, @Actor() by: string): Promise<InvoiceResponse> {
    return InvoiceResponse.from(await this.invoices.paid(uuid, by));
  }
}
