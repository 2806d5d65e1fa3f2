import { Body, Delete, Get, Head, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { ApiCreated, ApiDeleted, ApiFound, ApiListed, ApiUpdated } from '../common/api-answers.js';
import { type Count, FieldsQuery, type Page } from '../common/page.js';
import { pick } from '../common/answer.interceptor.js';
import { Existing } from '../database/refusal.interceptor.js';
import { CreateCustomerDto, CustomerResponse, ListCustomersQuery, UpdateCustomerDto } from './customer.dto.js';
import { Customer } from './customer.entity.js';
import { CustomersService } from './customers.service.js';
import { CustomerNotFoundError } from './directory.errors.js';

@ApiTags('Directory: customers')
@ApiController('api/customers')
@StaffOnly()
@Existing(() => Customer, CustomerNotFoundError)
export class CustomersController {
  constructor(private readonly customers: CustomersService) {}

  @Head()
  @ApiOperation({ operationId: 'customers_count', summary: 'Count organisations' })
  count(@Query() query: ListCustomersQuery): Promise<Count> {
    return this.customers.count(query);
  }

  @Get()
  @ApiOperation({ operationId: 'customers_list', summary: 'List organisations' })
  @ApiListed(CustomerResponse)
  async list(@Query() query: ListCustomersQuery): Promise<Page<CustomerResponse>> {
    return (await this.customers.list(query)).map(CustomerResponse.from);
  }

  @Post()
  @ApiOperation({ operationId: 'customers_create', summary: 'Create an organisation' })
  @ApiCreated(CustomerResponse)
  async create(@Body() dto: CreateCustomerDto): Promise<CustomerResponse> {
    return CustomerResponse.from(await this.customers.create(dto));
  }

  @Get(':uuid')
  @ApiOperation({ operationId: 'customers_retrieve', summary: 'One organisation' })
  @ApiFound(CustomerResponse)
  async get(@Param('uuid') uuid: string, @Query() query: FieldsQuery): Promise<Partial<CustomerResponse>> {
    return pick(CustomerResponse.from(await this.customers.get(uuid)), query.field);
  }

  @Patch(':uuid')
  @ApiOperation({ operationId: 'customers_partial_update', summary: 'Change an organisation' })
  @ApiUpdated(CustomerResponse)
  async update(@Param('uuid') uuid: string, @Body() dto: UpdateCustomerDto): Promise<CustomerResponse> {
    return CustomerResponse.from(await this.customers.update(uuid, dto));
  }

  @Delete(':uuid')
  @HttpCode(204)
  @ApiOperation({ operationId: 'customers_destroy', summary: 'Delete an organisation that nothing hangs on' })
  @ApiDeleted()
  remove(@Param('uuid') uuid: string): Promise<void> {
    return this.customers.remove(uuid);
  }
}
