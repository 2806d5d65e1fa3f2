import { ApiSchema } from '@nestjs/swagger';
import { PRICE_SOURCES, type PriceSource } from '../arrow-export/columns.js';
import type { ExportTypeFit } from '../arrow-export/export-type-fit.js';
import type { ArrowAccount } from '../arrow-gateway/arrow-gateway.js';
import { normalizeArrowReference } from '../common/normalize-arrow-reference.js';
import { answerOf, Shown } from '../common/answer.js';
import {
  BodyLimit,
  BooleanField,
  ChoiceField,
  ListField,
  MANY_ROWS_BYTES,
  TextField,
  UuidField,
} from '../common/validation/body-fields.js';
import { CredentialsDto } from '../settings/settings.dto.js';
import { ArrowCustomerResponse, CustomerBrief, SuggestionResponse } from './available-customers.dto.js';
import { MAPPING_OUTCOMES, type MappingOutcome } from './customer-mappings.service.js';
import type { Discovery, PlanSetup, SavedSetup, SaveSetup, SetupPlan } from './setup.service.js';

/** Mappings that one request may bring. */
const MAX_MAPPINGS = 10_000;

@ApiSchema({ name: 'DiscoverCustomersRequestRequest' })
export class DiscoverCustomersDto extends CredentialsDto {
  toCommand(): ArrowAccount {
    return accountOf(this);
  }
}

@ApiSchema({ name: 'PreviewSettingsRequestRequest' })
export class PreviewSettingsDto extends CredentialsDto {
  @TextField({
    max: 255,
    blank: true,
    description: 'Export type that billing reads. Left out or blank: what is stored, else the one that fits best',
  })
  export_type_reference?: string;

  @TextField({ max: 50, example: 'IAAS', description: 'Left out: what is stored, else IAAS' })
  classification_filter?: string;

  @BooleanField({ description: 'Whether scheduled jobs run. Left out: what is stored, else false' })
  sync_enabled?: boolean;

  @ChoiceField(PRICE_SOURCES, { enumName: 'InvoicePriceSourceEnum', description: 'Which price invoices take' })
  invoice_price_source?: PriceSource;

  @TextField({ max: 100, blank: true, description: 'What invoice items begin with' })
  invoice_item_prefix?: string;

  toCommand(): PlanSetup {
    return {
      account: accountOf(this),
      choices: {
        exportTypeReference: this.export_type_reference,
        classificationFilter: this.classification_filter,
        syncEnabled: this.sync_enabled,
        invoicePriceSource: this.invoice_price_source,
        invoiceItemPrefix: this.invoice_item_prefix,
      },
    };
  }
}

@ApiSchema({ name: 'CustomerMappingInputRequest' })
class CustomerMappingInput {
  @TextField({ required: true, max: 255, clean: normalizeArrowReference, example: 'XSP661245' })
  arrow_reference: string;

  @UuidField({ required: true })
  waldur_customer_uuid: string;
}

@ApiSchema({ name: 'SaveSettingsRequestRequest' })
@BodyLimit(MANY_ROWS_BYTES)
export class SaveSettingsDto extends PreviewSettingsDto {
  @ListField(CustomerMappingInput, { max: MAX_MAPPINGS, description: `At most ${MAX_MAPPINGS}, each reference once` })
  customer_mappings?: CustomerMappingInput[];

  override toCommand(): SaveSetup {
    const mappings = (this.customer_mappings ?? []).map(({ arrow_reference, waldur_customer_uuid }) => ({
      arrowReference: arrow_reference,
      waldurCustomerUuid: waldur_customer_uuid,
    }));
    return { ...super.toCommand(), mappings };
  }
}

function accountOf({ api_url, api_key }: CredentialsDto): ArrowAccount {
  return { apiUrl: api_url, apiKey: api_key };
}

@ApiSchema({ name: 'ExportTypeCompatibility' })
export class ExportTypeResponse {
  @Shown() reference: string;
  @Shown({ example: 'MSP (Extended)' }) name: string;
  @Shown('integer') required_fields_total: number;
  @Shown('integer') required_fields_found: number;
  @Shown('integer') important_fields_total: number;
  @Shown('integer') important_fields_found: number;
  @Shown({ type: [String], description: 'Columns without which nothing can be billed' })
  missing_required_fields: string[];
  @Shown({ type: [String] }) missing_important_fields: string[];
  @Shown({ description: 'Billing can run on it' }) compatible: boolean;
  @Shown({ description: 'Compatible, with at least half of the important columns' }) recommended: boolean;
  @Shown({ description: 'The one to take: true of one compatible export type at most' }) best: boolean;
  @Shown({ required: false, description: 'Why its columns could not be read' }) error?: string;

  static from(this: void, fit: ExportTypeFit, best: boolean): ExportTypeResponse {
    const { required, important } = fit;
    return answerOf(ExportTypeResponse, fit, {
      required_fields_total: required.total,
      required_fields_found: required.total - required.missing.length,
      important_fields_total: important.total,
      important_fields_found: important.total - important.missing.length,
      missing_required_fields: [...required.missing],
      missing_important_fields: [...important.missing],
      best,
    });
  }
}

@ApiSchema({ name: 'DiscoverCustomersResponse' })
export class DiscoverCustomersResponse {
  @Shown({ type: [ArrowCustomerResponse] }) arrow_customers: ArrowCustomerResponse[];
  @Shown({ type: [CustomerBrief] }) waldur_customers: CustomerBrief[];
  @Shown({ type: [SuggestionResponse] }) suggestions: SuggestionResponse[];
  @Shown({ type: [ExportTypeResponse], description: 'Best first' }) export_types: ExportTypeResponse[];
  @Shown({ required: false, description: 'Why the key sees no export types' }) export_types_error?: string;
  @Shown() partner_reference: string;
  @Shown() partner_name: string;
  @Shown({ required: false, format: 'uuid', description: 'The account that saving would change' })
  settings_uuid?: string;

  static from(this: void, { partner, settings, exportTypes, ...found }: Discovery): DiscoverCustomersResponse {
    return {
      arrow_customers: found.arrowCustomers.map(ArrowCustomerResponse.from),
      waldur_customers: found.organisations.map(CustomerBrief.from),
      suggestions: found.suggestions.map(SuggestionResponse.from),
      export_types: exportTypes.fits.map((fit, i) => ExportTypeResponse.from(fit, i === 0 && fit.compatible)),
      export_types_error: exportTypes.error,
      partner_reference: partner.reference,
      partner_name: partner.companyName,
      settings_uuid: settings?.uuid,
    };
  }
}

@ApiSchema({ name: 'PreviewSettingsResponse' })
export class PreviewSettingsResponse {
  @Shown('uri') api_url: string;
  @Shown() partner_name: string;
  @Shown() partner_reference: string;
  @Shown({ description: 'Blank where no export type can be billed by' }) export_type_reference: string;
  @Shown() classification_filter: string;
  @Shown() sync_enabled: boolean;
  @Shown({ enum: PRICE_SOURCES, enumName: 'InvoicePriceSourceEnum' }) invoice_price_source: PriceSource;
  @Shown({
    required: false,
    format: 'uuid',
    description: 'The account that would be changed; left out: a new one',
  })
  settings_uuid?: string;
  @Shown({ type: [String], description: 'What would keep the account from working fully' }) warnings: string[];

  static from(this: void, plan: SetupPlan): PreviewSettingsResponse {
    const { apiUrl, partner, settings, outcome, warnings } = plan;
    return answerOf(
      PreviewSettingsResponse,
      { ...outcome, apiUrl },
      {
        partner_name: partner.companyName,
        partner_reference: partner.reference,
        settings_uuid: settings?.uuid,
        warnings: [...warnings],
      },
    );
  }
}

class SavedMapping {
  @Shown() arrow_reference: string;
  @Shown({ format: 'uuid', description: 'The organisation that the customer is mapped to now' })
  waldur_customer_uuid: string;
  @Shown('uuid') mapping_uuid: string;
  @Shown({
    enum: MAPPING_OUTCOMES,
    description: 'inactive, mapped_elsewhere: a mapping was there already and stays as it is',
  })
  outcome: MappingOutcome['outcome'];
  @Shown({ description: 'Other ArrowSphere customers are mapped to the same organisation' })
  shared_organisation: boolean;
  @Shown({ type: Boolean, nullable: true, description: 'Null: ArrowSphere could not be asked' })
  known_to_arrow: boolean | null;

  static from(
    this: void,
    { mapping, outcome, sharesOrganisation, isKnown }: SavedSetup['mappings'][number],
  ): SavedMapping {
    return {
      arrow_reference: mapping.arrowReference,
      waldur_customer_uuid: mapping.waldurCustomerUuid,
      mapping_uuid: mapping.uuid,
      outcome,
      shared_organisation: sharesOrganisation,
      known_to_arrow: isKnown,
    };
  }
}

@ApiSchema({ name: 'SaveSettingsResponse' })
export class SaveSettingsResponse {
  @Shown('uuid') settings_uuid: string;
  @Shown('integer') mappings_created: number;
  @Shown({ example: 'The account of Sample Reseller OÜ was added. 3 mappings were created.' }) message: string;
  @Shown({ description: 'False: an account of this partner was there and was changed in place' })
  created: boolean;
  @Shown() partner_reference: string;
  @Shown() partner_name: string;
  @Shown() export_type_reference: string;
  @Shown({ type: [SavedMapping], description: 'In the order given' }) mappings: SavedMapping[];
  @Shown({ type: [String], description: 'What keeps the account from working fully' }) warnings: string[];

  static from(this: void, { settings, isNew, mappings, warnings }: SavedSetup): SaveSettingsResponse {
    const created = mappings.filter(({ outcome }) => outcome === 'created').length;
    const there = mappings.length - created;
    const account = `The account of ${settings.partnerName || settings.partnerReference} was ${isNew ? 'added' : 'updated'}.`;
    const counts = `${created} ${created === 1 ? 'mapping was' : 'mappings were'} created${there ? `, ${there} there already` : ''}.`;
    return answerOf(SaveSettingsResponse, settings, {
      settings_uuid: settings.uuid,
      mappings_created: created,
      message: mappings.length ? `${account} ${counts}` : account,
      created: isNew,
      mappings: mappings.map(SavedMapping.from),
      warnings: [...warnings],
    });
  }
}
