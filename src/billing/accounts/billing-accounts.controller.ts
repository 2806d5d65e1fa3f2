import { Body, Get, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../../audit/audited.js';
import { Actor, StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import { ApiFound, ApiUpdated, Operation } from '../../common/api-answers.js';
import { BillingAccountResponse, PatchBillingAccountDto } from './billing-account.dto.js';
import { BillingAccountsService } from './billing-accounts.service.js';

@ApiTags('Arrow billing accounts')
@ApiController('api/admin/arrow/billing-accounts')
@StaffOnly()
export class BillingAccountsController {
  constructor(private readonly accounts: BillingAccountsService) {}

  @Get(':uuid')
  @Operation('admin_arrow_billing_accounts_retrieve', 'Billing rules of the account')
  @ApiFound(BillingAccountResponse)
  async get(@Param('uuid') settingsUuid: string): Promise<BillingAccountResponse> {
    return BillingAccountResponse.from(await this.accounts.view(settingsUuid));
  }

  @Patch(':uuid')
  @Audited('billing_account.update')
  @Operation('admin_arrow_billing_accounts_partial_update', 'Change the billing rules of the account')
  @ApiUpdated(BillingAccountResponse)
  async update(
    @Param('uuid') settingsUuid: string,
    @Body() dto: PatchBillingAccountDto,
    @Actor() by: string,
  ): Promise<BillingAccountResponse> {
    return BillingAccountResponse.from(await this.accounts.change(settingsUuid, dto.toCommand(), by));
  }
}
