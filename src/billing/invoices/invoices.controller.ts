import { Body, Controller, Get, Head, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { CurrentUser, StaffOnly } from '../../auth/access.js';
import type { Caller } from '../../auth/caller.js';
import { ApiFound, ApiListed } from '../../common/api-answers.js';
import type { Count, Page } from '../../common/page.js';
import { Existing } from '../../database/existing-object.guard.js';
import { InvoiceResponse, IssueInvoiceDto, ListInvoicesQuery } from './invoice.dto.js';
import { Invoice } from './invoice.entity.js';
import { InvoiceNotFoundError } from './invoices.errors.js';
import { InvoiceViewsService } from './invoice-views.service.js';

@ApiTags('Invoices')
@Controller('api/invoices')
@StaffOnly()
@Existing(() => Invoice, InvoiceNotFoundError)
export class InvoicesController {
  constructor(private readonly invoices: InvoiceViewsService) {}

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
  list(@Query() query: ListInvoicesQuery): Promise<Page<InvoiceResponse>> {
    return this.invoices.list(query);
  }

  @Get(':uuid')
  @ApiOperation({ operationId: 'invoices_retrieve', summary: 'One invoice with its items' })
  @ApiFound(InvoiceResponse)
  get(@Param('uuid') uuid: string): Promise<InvoiceResponse> {
    return this.invoices.get(uuid);
  }

  @Get(':uuid/items')
  @ApiOperation({ operationId: 'invoices_items_csv', summary: 'All items as CSV' })
  @ApiProduces('text/csv')
  items(@Param('uuid') uuid: string): Promise<StreamableFile> {
    return this.invoices.csv(uuid);
  }

  @Post(':uuid/issue')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'invoices_issue',
    summary: 'Close an open invoice: later corrections go to the next open month',
  })
  @ApiFound(InvoiceResponse)
  issue(
    @Param('uuid') uuid: string,
    @Body() dto: IssueInvoiceDto,
    @CurrentUser() caller: Caller,
  ): Promise<InvoiceResponse> {
    return this.invoices.issue(uuid, caller.username, dto.due_date);
  }

  @Post(':uuid/paid')
  @HttpCode(200)
  @ApiOperation({ operationId: 'invoices_paid', summary: 'Mark an issued invoice as paid' })
  @ApiFound(InvoiceResponse)
  paid(@Param('uuid') uuid: string, @CurrentUser() caller: Caller): Promise<InvoiceResponse> {
    return this.invoices.paid(uuid, caller.username);
  }
}
