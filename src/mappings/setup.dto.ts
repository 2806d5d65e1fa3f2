import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ArrowCustomer, ArrowPartner } from '../arrow-gateway/arrow-gateway.js';
import { normalizeArrowReference } from '../arrow-gateway/arrow-reference.js';
import {
  BodyLimit,
  BooleanField,
  ChoiceField,
  ListField,
  MANY_ROWS_BYTES,
  TextField,
  UuidField,
} from '../common/validation/body-fields.js';
import { renderUuid } from '../common/uuid.js';
import type { Customer } from '../directory/customer.entity.js';
import type { ExportTypeFit } from '../arrow-export/export-type-fit.js';
import type { ExportTypeFits } from '../settings/export-types.service.js';
import { CredentialsDto } from '../settings/settings.dto.js';
import { PRICE_SOURCES, type PriceSource } from '../arrow-export/columns.js';
import type { Settings } from '../settings/settings.entity.js';
import type { SettingsChoices } from '../settings/settings.service.js';
import {
  ArrowCustomerResponse,
  CustomerBrief,
  type CustomerMappingSuggestion,
  SuggestionResponse,
} from './available-customers.dto.js';
import { MAPPING_OUTCOMES, type MappingOutcome } from './customer-mappings.service.js';

/** Mappings that one request may bring. */
export const MAX_MAPPINGS = 10_000;

@ApiSchema({ name: 'DiscoverCustomersRequestRequest' })
export class DiscoverCustomersDto extends CredentialsDto {}

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
}

@ApiSchema({ name: 'CustomerMappingInputRequest' })
export class CustomerMappingInput {
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
}

@ApiSchema({ name: 'ExportTypeCompatibility' })
export class ExportTypeResponse {
  @ApiProperty() reference: string;
  @ApiProperty({ example: 'MSP (Extended)' }) name: string;
  @ApiProperty({ type: 'integer' }) required_fields_total: number;
  @ApiProperty({ type: 'integer' }) required_fields_found: number;
  @ApiProperty({ type: 'integer' }) important_fields_total: number;
  @ApiProperty({ type: 'integer' }) important_fields_found: number;
  @ApiProperty({ type: [String], description: 'Columns without which nothing can be billed' })
  missing_required_fields: string[];
  @ApiProperty({ type: [String] }) missing_important_fields: string[];
  @ApiProperty({ description: 'Billing can run on it' }) compatible: boolean;
  @ApiProperty({ description: 'Compatible, with at least half of the important columns' }) recommended: boolean;
  @ApiProperty({ description: 'The one to take: true of one compatible export type at most' }) best: boolean;
  @ApiProperty({ required: false, description: 'Why its columns could not be read' }) error?: string;

  static from(this: void, fit: ExportTypeFit, best: boolean): ExportTypeResponse {
    const { required, important } = fit;
    return {
      reference: fit.reference,
      name: fit.name,
      required_fields_total: required.total,
      required_fields_found: required.total - required.missing.length,
      important_fields_total: important.total,
      important_fields_found: important.total - important.missing.length,
      missing_required_fields: [...required.missing],
      missing_important_fields: [...important.missing],
      compatible: fit.compatible,
      recommended: fit.recommended,
      best,
      error: fit.error,
    };
  }
}

/** What a key gives access to, before anything is saved. */
export interface Discovery {
  readonly partner: ArrowPartner;
  /** The account of this partner that is saved already. */
  readonly settings?: Settings;
  readonly arrowCustomers: readonly ArrowCustomer[];
  readonly organisations: readonly Customer[];
  readonly suggestions: readonly CustomerMappingSuggestion[];
  readonly exportTypes: ExportTypeFits;
}

@ApiSchema({ name: 'DiscoverCustomersResponse' })
export class DiscoverCustomersResponse {
  @ApiProperty({ type: [ArrowCustomerResponse] }) arrow_customers: ArrowCustomerResponse[];
  @ApiProperty({ type: [CustomerBrief] }) waldur_customers: CustomerBrief[];
  @ApiProperty({ type: [SuggestionResponse] }) suggestions: SuggestionResponse[];
  @ApiProperty({ type: [ExportTypeResponse], description: 'Best first' }) export_types: ExportTypeResponse[];
  @ApiProperty({ required: false, description: 'Why the key sees no export types' }) export_types_error?: string;
  @ApiProperty() partner_reference: string;
  @ApiProperty() partner_name: string;
  @ApiProperty({ required: false, format: 'uuid', description: 'The account that saving would change' })
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
      settings_uuid: settings && renderUuid(settings.uuid),
    };
  }
}

/** What saving would make of the account. */
export interface SetupPlan {
  readonly partner: ArrowPartner;
  /** The account that would be changed; `undefined`: a new one would be made. */
  readonly settings?: Settings;
  /** What would be written; what is left out stays. */
  readonly choices: SettingsChoices;
  /** What would hold afterwards. */
  readonly outcome: Required<Omit<SettingsChoices, 'invoiceItemPrefix'>>;
  /** Sentences on what keeps the account from working fully. */
  readonly warnings: readonly string[];
}

@ApiSchema({ name: 'PreviewSettingsResponse' })
export class PreviewSettingsResponse {
  @ApiProperty({ format: 'uri' }) api_url: string;
  @ApiProperty() partner_name: string;
  @ApiProperty() partner_reference: string;
  @ApiProperty({ description: 'Blank where no export type can be billed by' }) export_type_reference: string;
  @ApiProperty() classification_filter: string;
  @ApiProperty() sync_enabled: boolean;
  @ApiProperty({ enum: PRICE_SOURCES, enumName: 'InvoicePriceSourceEnum' }) invoice_price_source: PriceSource;
  @ApiProperty({
    required: false,
    format: 'uuid',
    description: 'The account that would be changed; left out: a new one',
  })
  settings_uuid?: string;
  @ApiProperty({ type: [String], description: 'What would keep the account from working fully' }) warnings: string[];

  static from(this: void, dto: PreviewSettingsDto, plan: SetupPlan): PreviewSettingsResponse {
    const { partner, settings, outcome } = plan;
    return {
      api_url: dto.api_url,
      partner_name: partner.companyName,
      partner_reference: partner.reference,
      export_type_reference: outcome.exportTypeReference,
      classification_filter: outcome.classificationFilter,
      sync_enabled: outcome.syncEnabled,
      invoice_price_source: outcome.invoicePriceSource,
      settings_uuid: settings && renderUuid(settings.uuid),
      warnings: [...plan.warnings],
    };
  }
}

class SavedMapping {
  @ApiProperty() arrow_reference: string;
  @ApiProperty({ format: 'uuid', description: 'The organisation that the customer is mapped to now' })
  waldur_customer_uuid: string;
  @ApiProperty({ format: 'uuid' }) mapping_uuid: string;
  @ApiProperty({
    enum: MAPPING_OUTCOMES,
    description: 'inactive, mapped_elsewhere: a mapping was there already and stays as it is',
  })
  outcome: MappingOutcome['outcome'];
  @ApiProperty({ description: 'Other ArrowSphere customers are mapped to the same organisation' })
  shared_organisation: boolean;
  @ApiProperty({ type: Boolean, nullable: true, description: 'Null: ArrowSphere could not be asked' })
  known_to_arrow: boolean | null;

  static from(
    this: void,
    { mapping, outcome, sharesOrganisation }: MappingOutcome,
    known: boolean | null,
  ): SavedMapping {
    return {
      arrow_reference: mapping.arrowReference,
      waldur_customer_uuid: renderUuid(mapping.waldurCustomerUuid),
      mapping_uuid: renderUuid(mapping.uuid),
      outcome,
      shared_organisation: sharesOrganisation,
      known_to_arrow: known,
    };
  }
}

/** The account as it was saved. */
export interface SavedSetup {
  readonly settings: Settings;
  readonly isNew: boolean;
  readonly mappings: readonly MappingOutcome[];
  /** References that ArrowSphere has; `undefined`: it could not be asked. */
  readonly knownReferences?: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

@ApiSchema({ name: 'SaveSettingsResponse' })
export class SaveSettingsResponse {
  @ApiProperty({ format: 'uuid' }) settings_uuid: string;
  @ApiProperty({ type: 'integer' }) mappings_created: number;
  @ApiProperty({ example: 'The account of Sample Reseller OÜ was added. 3 mappings were created.' }) message: string;
  @ApiProperty({ description: 'False: an account of this partner was there and was changed in place' })
  created: boolean;
  @ApiProperty() partner_reference: string;
  @ApiProperty() partner_name: string;
  @ApiProperty() export_type_reference: string;
  @ApiProperty({ type: [SavedMapping], description: 'In the order given' }) mappings: SavedMapping[];
  @ApiProperty({ type: [String], description: 'What keeps the account from working fully' }) warnings: string[];

  static from(this: void, { settings, isNew, mappings, knownReferences, warnings }: SavedSetup): SaveSettingsResponse {
    const created = mappings.filter(({ outcome }) => outcome === 'created').length;
    const there = mappings.length - created;
    const account = `The account of ${settings.partnerName || settings.partnerReference} was ${isNew ? 'added' : 'updated'}.`;
    const counts = `${created} ${created === 1 ? 'mapping was' : 'mappings were'} created${there ? `, ${there} there already` : ''}.`;
    return {
      settings_uuid: renderUuid(settings.uuid),
      mappings_created: created,
      message: mappings.length ? `${account} ${counts}` : account,
      created: isNew,
      partner_reference: settings.partnerReference,
      partner_name: settings.partnerName,
      export_type_reference: settings.exportTypeReference,
      mappings: mappings.map((outcome) =>
        SavedMapping.from(outcome, knownReferences?.has(outcome.mapping.arrowReference) ?? null),
      ),
      warnings: [...warnings],
    };
  }
}
