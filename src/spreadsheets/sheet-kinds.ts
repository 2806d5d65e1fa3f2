import { OmitType } from '@nestjs/swagger';
import type { Type } from '@nestjs/common';
import type { Addressable } from '../common/links.js';
import { PartialDto } from '../common/validation/body-fields.js';
import { CreateCustomerDto } from '../directory/customer.dto.js';
import { Customer } from '../directory/customer.entity.js';
import { CreateOfferingDto } from '../directory/offering.dto.js';
import { Offering } from '../directory/offering.entity.js';
import { CreatePlanDto } from '../directory/plan.dto.js';
import { Plan } from '../directory/plan.entity.js';
import { CreateProjectDto } from '../directory/project.dto.js';
import { Project } from '../directory/project.entity.js';
import { CreateResourceDto } from '../directory/resource.dto.js';
import { CreateCustomerMappingDto } from '../mappings/customer-mapping.dto.js';
import { CreateVendorOfferingMappingDto } from '../mappings/vendor-offering-mapping.dto.js';
import { Settings } from '../settings/settings.entity.js';
import type { SheetKindName } from './sheet-kind-names.js';

/** Another object that a cell names. */
export interface SheetReference {
  /** In sentences, with its article. */
  readonly what: string;
  readonly entity: Type<object> & Addressable & { readonly aliases?: readonly string[] };
  readonly table: string;
  /** Columns of the database by which it may be named, besides its UUID or hyperlink. */
  readonly keys: readonly string[];
  /** Which part of the same file may bring it. */
  readonly part?: number;
  /** It has to belong to the offering that this column of the row names. */
  readonly withinOffering?: string;
}

/** A column of a file. */
export interface SheetField {
  /** Its header: what the API calls the field. */
  readonly header: string;
  /** Its column in the database. */
  readonly column: string;
  readonly refersTo?: SheetReference;
  readonly required?: boolean;
  /** The API does not change it once the object is there. */
  readonly fixed?: boolean;
  /** A blank cell says nothing: otherwise it empties the field. */
  readonly blankSaysNothing?: boolean;
  /** What a new object has where the file does not say. */
  readonly usual?: string | boolean | null;
}

/** What may be in the database once only. */
export interface SheetUnique {
  readonly columns: readonly string[];
  /** Of a row as JSON; where it does not hold, the row counts for nothing. */
  readonly where?: (row: string) => string;
  readonly header: string;
  readonly sentence: string;
}

/** Objects of one table that a file brings. */
export interface SheetPart {
  /** In sentences. */
  readonly what: string;
  readonly table: string;
  /** Says which values the API takes; references are looked up here. */
  readonly dto: Type<object>;
  readonly fields: readonly SheetField[];
  /** By what an object is found where the row has no `uuid`: the first of these that the row gives. */
  readonly keys: readonly (readonly string[])[];
  /** Columns that keep a row without any key from being made twice. */
  readonly names?: readonly string[];
  readonly unique?: readonly SheetUnique[];
}

/** What a file can bring. */
export interface SheetKind {
  readonly name: SheetKindName;
  readonly parts: readonly SheetPart[];
  /** Which part a row is of. */
  readonly partOf: (cells: Readonly<Record<string, string>>) => number;
  /** A row for the template. */
  readonly example: Readonly<Record<string, string>>;
}

const text = (header: string, more: Partial<SheetField> = {}): SheetField => ({
  header,
  column: header,
  usual: '',
  ...more,
});
const NAME = text('name', { required: true, usual: null });
const BACKEND_ID = text('backend_id');
const word = (header: string, usual: string | boolean): SheetField => text(header, { usual, blankSaysNothing: true });
const reference = (header: string, column: string, refersTo: SheetReference, more: Partial<SheetField> = {}) => ({
  header,
  column,
  refersTo,
  usual: null,
  blankSaysNothing: more.required,
  ...more,
});

const organisation = {
  what: 'organisation',
  entity: Customer,
  table: 'customer',
  keys: ['backend_id', 'registration_code'],
};
const project = { what: 'project', entity: Project, table: 'project', keys: ['backend_id'] };
const offering = { what: 'offering', entity: Offering, table: 'offering', keys: ['backend_id'] };
const planOf = (withinOffering: string) => ({ what: 'plan', entity: Plan, table: 'plan', keys: [], withinOffering });
const account = { what: 'account', entity: Settings, table: 'arrow_settings', keys: [] };

const ofOnePart = (name: SheetKindName, part: SheetPart, example: SheetKind['example']): SheetKind => ({
  name,
  parts: [part],
  partOf: () => 0,
  example,
});

const organisations = ofOnePart(
  'organisations',
  {
    what: 'organisation',
    table: 'customer',
    dto: PartialDto(CreateCustomerDto),
    fields: [
      BACKEND_ID,
      NAME,
      text('abbreviation'),
      text('native_name'),
      text('email'),
      text('registration_code'),
      text('country'),
    ],
    keys: [['backend_id'], ['registration_code']],
    names: ['name'],
  },
  { backend_id: 'C-1001', name: 'Põhjala Tehnika OÜ', registration_code: '12345678', country: 'EE' },
);

const projects = ofOnePart(
  'projects',
  {
    what: 'project',
    table: 'project',
    dto: PartialDto(OmitType(CreateProjectDto, ['customer'])),
    fields: [BACKEND_ID, NAME, reference('customer', 'customer_uuid', organisation, { required: true })],
    keys: [['backend_id']],
    names: ['name', 'customer_uuid'],
  },
  { backend_id: 'P-1', name: 'Cloud', customer: 'C-1001' },
);

const offerings: SheetKind = {
  name: 'offerings',
  partOf: (cells) => (cells.offering?.trim() ? 1 : 0),
  parts: [
    {
      what: 'offering',
      table: 'offering',
      dto: PartialDto(OmitType(CreateOfferingDto, ['customer'])),
      fields: [
        BACKEND_ID,
        NAME,
        word('type', 'Marketplace.Basic'),
        word('state', 'Active'),
        reference('customer', 'customer_uuid', organisation),
      ],
      keys: [['backend_id']],
      names: ['name'],
    },
    {
      what: 'plan',
      table: 'plan',
      dto: PartialDto(OmitType(CreatePlanDto, ['offering'])),
      fields: [
        NAME,
        reference('offering', 'offering_uuid', { ...offering, part: 0 }, { required: true, fixed: true }),
        word('unit', 'month'),
      ],
      keys: [['offering_uuid', 'name']],
      names: ['name', 'offering_uuid'],
    },
  ],
  example: { backend_id: 'AZURE', name: 'Microsoft Azure', type: 'Marketplace.Basic', state: 'Active' },
};

const resources = ofOnePart(
  'resources',
  {
    what: 'resource',
    table: 'resource',
    dto: PartialDto(OmitType(CreateResourceDto, ['project', 'offering', 'plan'])),
    fields: [
      BACKEND_ID,
      NAME,
      reference('project', 'project_uuid', project, { required: true, fixed: true }),
      reference('offering', 'offering_uuid', offering, { required: true, fixed: true }),
      reference('plan', 'plan_uuid', planOf('offering_uuid'), { fixed: true }),
      word('state', 'OK'),
    ],
    keys: [['backend_id']],
    names: ['name', 'project_uuid'],
    unique: [
      {
        columns: ['backend_id'],
        where: (row) => `${row}->>'backend_id' <> '' AND ${row}->>'state' <> 'Terminated'`,
        header: 'backend_id',
        sentence: 'Another live resource has this licence.',
      },
    ],
  },
  { backend_id: 'XSP12345', name: 'Azure plan', project: 'P-1', offering: 'AZURE', state: 'OK' },
);

const customerMappings = ofOnePart(
  'customer-mappings',
  {
    what: 'mapping',
    table: 'customer_mapping',
    dto: PartialDto(OmitType(CreateCustomerMappingDto, ['settings', 'waldur_customer'])),
    fields: [
      reference('settings', 'settings_uuid', account, { required: true }),
      text('arrow_reference', { required: true, usual: null }),
      text('arrow_company_name'),
      reference('waldur_customer', 'waldur_customer_uuid', organisation, { required: true }),
      word('is_active', true),
    ],
    keys: [['settings_uuid', 'arrow_reference']],
    unique: [
      {
        columns: ['settings_uuid', 'arrow_reference'],
        header: 'arrow_reference',
        sentence: 'The fields arrow_reference, settings must make a unique set.',
      },
    ],
  },
  { arrow_reference: 'XSP661245', arrow_company_name: 'Põhjala Tehnika OÜ', waldur_customer: 'C-1001' },
);

const vendorOfferingMappings = ofOnePart(
  'vendor-offering-mappings',
  {
    what: 'mapping',
    table: 'vendor_offering_mapping',
    dto: PartialDto(OmitType(CreateVendorOfferingMappingDto, ['settings', 'offering', 'plan'])),
    fields: [
      reference('settings', 'settings_uuid', account, { required: true }),
      text('arrow_vendor_name', { required: true, usual: null }),
      reference('offering', 'offering_uuid', offering, { required: true }),
      reference('plan', 'plan_uuid', planOf('offering_uuid')),
      word('is_active', true),
    ],
    keys: [['settings_uuid', 'arrow_vendor_name']],
    unique: [
      {
        columns: ['settings_uuid', 'arrow_vendor_name'],
        header: 'arrow_vendor_name',
        sentence: 'The fields settings, arrow_vendor_name must make a unique set.',
      },
    ],
  },
  { arrow_vendor_name: 'Microsoft', offering: 'AZURE' },
);

const KINDS = [organisations, projects, offerings, resources, customerMappings, vendorOfferingMappings];

export function sheetKind(name: SheetKindName): SheetKind {
  return KINDS.find((kind) => kind.name === name)!;
}

/** The headers of a kind, `uuid` first. */
export function headersOf({ parts }: SheetKind): string[] {
  return ['uuid', ...new Set(parts.flatMap(({ fields }) => fields.map(({ header }) => header)))];
}
