import { Body, Delete, Get, Head, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { StaffOnly } from '../auth/access.js';
import { ApiCreated, ApiDeleted, ApiFound, ApiListed, ApiUpdated, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import type { PageOrFile } from '../common/csv.js';
import { ListFiles } from '../common/list-files.js';
import { ApiController } from '../auth/api-controller.js';
import { type Count, FieldsQuery } from '../common/page.js';
import { pick } from '../common/answer.interceptor.js';
import { Existing } from '../database/refusal.interceptor.js';
import {
  CreateCustomerDto,
  CustomerResponse,
  ListCustomersQuery,
  ReplaceCustomerDto,
  UpdateCustomerDto,
} from './customer.dto.js';
import { Customer } from './customer.entity.js';
import { CustomersService } from './customers.service.js';
import { CustomerNotFoundError } from './directory.errors.js';

@ApiTags('Directory: customers')
@ApiController('api/customers')
@StaffOnly()
@Existing(() => Customer, CustomerNotFoundError)
export class CustomersController {
  constructor(
    private readonly customers: CustomersService,
    private readonly files: ListFiles,
  ) {}

  @Head()
  @Operation('customers_count', 'Count organisations')
  count(@Query() query: ListCustomersQuery): Promise<Count> {
    return this.customers.count(commandOf(query));
  }

  @Get()
  @Operation('customers_list', 'List organisations')
  @ApiListed(CustomerResponse)
  list(@Query() query: ListCustomersQuery): PageOrFile<CustomerResponse> {
    return this.files.pageOrFile('organisations', query, async (filter) =>
      (await this.customers.list(filter)).map(CustomerResponse.from),
    );
  }

  @Post()
  @Audited('customer.create')
  @Operation('customers_create', 'Create an organisation')
  @ApiCreated(CustomerResponse)
  async create(@Body() dto: CreateCustomerDto): Promise<CustomerResponse> {
    return CustomerResponse.from(await this.customers.create(commandOf(dto)));
  }

  @Get(':uuid')
  @Operation('customers_retrieve', 'One organisation')
  @ApiFound(CustomerResponse)
  async get(@Param('uuid') uuid: string, @Query() query: FieldsQuery): Promise<Partial<CustomerResponse>> {
    return pick(CustomerResponse.from(await this.customers.get(uuid)), query.field);
  }

  @Put(':uuid')
  @Audited('customer.update')
  @Operation('customers_update', 'Change an organisation; what is left out stays')
  @ApiUpdated(CustomerResponse)
  async replace(@Param('uuid') uuid: string, @Body() dto: ReplaceCustomerDto): Promise<CustomerResponse> {
    return CustomerResponse.from(await this.customers.update(uuid, commandOf(dto)));
  }

  @Patch(':uuid')
  @Audited('customer.update')
  @Operation('customers_partial_update', 'Change parts of an organisation')
  @ApiUpdated(CustomerResponse)
  async update(@Param('uuid') uuid: string, @Body() dto: UpdateCustomerDto): Promise<CustomerResponse> {
    return CustomerResponse.from(await this.customers.update(uuid, commandOf(dto)));
  }

  @Delete(':uuid')
  @Audited('customer.delete')
  @HttpCode(204)
  @Operation('customers_destroy', 'Delete an organisation that is not in use')
  @ApiDeleted()
  remove(@Param('uuid') uuid: string): Promise<void> {
    return this.customers.remove(uuid);
  }
}
