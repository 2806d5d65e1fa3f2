import { Body, Controller, Get, Head, HttpCode, Param, Post, Query, type StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { CurrentUser, StaffOnly } from '../../auth/access.js';
import { actorOf, type Caller } from '../../auth/caller.js';
import { ApiFound, ApiListed } from '../../common/api-answers.js';
import type { Count, Page } from '../../common/page.js';
import { Existing } from '../../database/existing-object.guard.js';
import {
  InvoiceItemResponse,
  InvoiceResponse,
  IssueInvoiceDto,
  ListInvoiceItemsQuery,
  ListInvoicesQuery,
} from './invoice.dto.js';
import { Invoice } from './invoice.entity.js';
import { InvoiceNotFoundError } from './invoices.errors.js';
import { InvoicesService } from './invoices.service.js';
import { IssueInvoiceService } from './issue-invoice.service.js';

@ApiTags('Invoices')
@Controller('api/invoices')
@StaffOnly()
@Existing(() => Invoice, InvoiceNotFoundError)
export class InvoicesController {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly issuing: IssueInvoiceService,
  ) {}

  @Head()
  @ApiOperation({ operationId: 'invoices_count', summary: 'Count invoices' })
  count(@Query() query: ListInvoicesQuery): Promise<Count> {
    return this.invoices.count(query);
  }

  @Get()
  @ApiOperation({
    operationId: 'invoices_list',
    summary: 'List invoices, newest month first',
    description: 'With at most 100 items each.',
  })
  @ApiListed(InvoiceResponse)
  async list(@Query() query: ListInvoicesQuery): Promise<Page<InvoiceResponse>> {
    return (await this.invoices.list(query)).map((view) => InvoiceResponse.from(view));
  }

  @Get(':uuid')
  @ApiOperation({ operationId: 'invoices_retrieve', summary: 'One invoice with its items' })
  @ApiFound(InvoiceResponse)
  async get(@Param('uuid') uuid: string): Promise<InvoiceResponse> {
    return InvoiceResponse.from(await this.invoices.get(uuid));
  }

  @Get(':uuid/items')
  @ApiOperation({ operationId: 'invoices_items_list', summary: 'Items of an invoice, by name' })
  @ApiProduces('application/json', 'text/csv')
  @ApiListed(InvoiceItemResponse)
  items(
    @Param('uuid') uuid: string,
    @Query() query: ListInvoiceItemsQuery,
  ): Promise<Page<InvoiceItemResponse> | StreamableFile> {
    return this.invoices.items(uuid, query);
  }

  @Post(':uuid/issue')
  @HttpCode(200)
  @ApiOperation({ operationId: 'invoices_issue', summary: 'Issue a draft: later corrections go to the next draft' })
  @ApiFound(InvoiceResponse)
  async issue(
    @Param('uuid') uuid: string,
    @Body() dto: IssueInvoiceDto,
    @CurrentUser() caller: Caller,
  ): Promise<InvoiceResponse> {
    await this.issuing.issue(uuid, actorOf(caller), dto.due_date);
    return InvoiceResponse.from(await this.invoices.get(uuid));
  }

  @Post(':uuid/paid')
  @HttpCode(200)
  @ApiOperation({ operationId: 'invoices_paid', summary: 'Mark an issued invoice as paid' })
  @ApiFound(InvoiceResponse)
  async paid(@Param('uuid') uuid: string, @CurrentUser() caller: Caller): Promise<InvoiceResponse> {
    return InvoiceResponse.from(await this.invoices.paid(uuid, actorOf(caller)));
  }
}
