import type { Type } from '@nestjs/common';
import { takenBy, type UnkeptParameters } from '../../src/common/validation/unkept-filters.js';
import { fieldsOf } from '../../src/common/validation/field.js';
import { ListInvoicesQuery } from '../../src/billing/invoices/invoice.dto.js';
import { ListCustomersQuery } from '../../src/directory/customer.dto.js';
import { ListOfferingsQuery } from '../../src/directory/offering.dto.js';
import { ListOrdersQuery } from '../../src/directory/order.dto.js';
import { ListPlansQuery } from '../../src/directory/plan.dto.js';
import { ListProjectsQuery } from '../../src/directory/project.dto.js';
import { ListResourcesQuery } from '../../src/directory/resource.dto.js';
import { UNKEPT } from '../../src/directory/unkept-filters.js';
import { ListUsersQuery } from '../../src/directory/users/user.dto.js';
import { VendorChoicesQuery } from '../../src/mappings/vendor-choices.dto.js';

interface FilteredList {
  readonly paths: readonly string[];
  readonly query: Type<object>;
  readonly unkept: UnkeptParameters;
}

/** Lists whose every filter of Waldur's is honoured or refused. */
export const FILTERED_LISTS: readonly FilteredList[] = [
  { paths: ['customers'], query: ListCustomersQuery, unkept: UNKEPT.customers },
  { paths: ['projects'], query: ListProjectsQuery, unkept: UNKEPT.projects },
  {
    paths: ['marketplace-provider-offerings', 'marketplace-public-offerings'],
    query: ListOfferingsQuery,
    unkept: UNKEPT.offerings,
  },
  {
    paths: ['marketplace-resources', 'marketplace-provider-resources'],
    query: ListResourcesQuery,
    unkept: UNKEPT.resources,
  },
  { paths: ['marketplace-orders'], query: ListOrdersQuery, unkept: UNKEPT.orders },
  { paths: ['marketplace-plans'], query: ListPlansQuery, unkept: UNKEPT.plans },
  { paths: ['invoices'], query: ListInvoicesQuery, unkept: UNKEPT.invoices },
  { paths: ['users'], query: ListUsersQuery, unkept: UNKEPT.users },
];

/** Names and no rows, which are looked at by themselves. */
const VENDOR_CHOICES: FilteredList = {
  paths: ['admin/arrow/vendor-offering-mappings/vendor_choices'],
  query: VendorChoicesQuery,
  unkept: UNKEPT.vendorChoices,
};

const NO_FILTERS = ['page', 'page_size', 'field', 'o', 'format'];

/** The filters that a list honours. */
export const honouredBy = ({ query }: FilteredList): string[] =>
  [...fieldsOf(query).keys()].filter((name) => !NO_FILTERS.includes(name)).sort();

const codes = (names: readonly string[]) =>
  names.length
    ? [...names]
        .sort()
        .map((name) => `\`${name}\``)
        .join(', ')
    : '–';

/** docs/filters.md */
export function filterTable(): string {
  const sections = [...FILTERED_LISTS, VENDOR_CHOICES].map((list) => {
    const { filters, orders = [] } = list.unkept;
    const ofCopies = takenBy(list.unkept, true);
    const takenOfCopies = Object.keys(ofCopies).filter((name) => ofCopies[name] !== 'none');
    const answeredHere = Object.keys(ofCopies).filter((name) => !(name in filters));
    const taking = (value: string) => codes(Object.keys(filters).filter((name) => filters[name] === value));
    return [
      `## ${list.paths.map((path) => `\`/api/${path}/\``).join(' and ')}`,
      '',
      '| What happens | Parameters |',
      '| --- | --- |',
      `| honoured | ${codes(honouredBy(list))} |`,
      `| \`true\` is taken and narrows nothing, all else is refused | ${taking('true')} |`,
      `| \`false\` is taken and narrows nothing, all else is refused | ${taking('false')} |`,
      `| any value is taken and narrows nothing | ${taking('any')} |`,
      `| refused | ${taking('none')} |`,
      `| taken [beside a Waldur](beside-waldur.md) too, of these | ${codes(takenOfCopies.map((name) => `${name}=${ofCopies[name]}`))} |`,
      `| refused beside a Waldur, and honoured without one | ${codes(answeredHere)} |`,
      `| refused in \`o\` | ${codes(orders)} |`,
    ].join('\n');
  });
  return [
    '# Filters',
    '',
    'Written by `npm run docs:routes`; a test fails when it is out of date.',
    '',
    'Every parameter that the description of Waldur’s API of August 2026 has for these lists, and a few of this',
    'service’s own. One that would need data that is not kept is refused with 400 where it would narrow the list:',
    '`{"slug": ["This service does not keep what `slug` asks for, …"]}`. One without a value counts as left out. Names',
    'that Waldur does not know either are ignored, as it ignores them. So are keys asked for with `field` that rows do',
    'not have; where no row has any of them, all keys come.',
    '',
    'Beside a Waldur rows are copies, and Waldur has more of them than is copied: what narrows nothing of our own rows may',
    'narrow those, and is refused but for the values that are said.',
    '',
    sections.join('\n\n'),
    '',
  ]
    .join('\n')
    .replaceAll('’', "'");
}
