import type { DemoContext } from '../context.js';

const ORGANISATIONS = [
  'Pohjataht Logistika',
  'Tallinna Andmekeskus',
  'Virumaa Metall',
  'Koffie en Meer BV',
  'Fjord Data AS',
];

/** Offers ArrowSphere customers, maps them, renames one at ArrowSphere, and unmaps one. */
export async function mappingsStep({ arrow, call, made, say, title }: DemoContext): Promise<void> {
  title('Map ArrowSphere customers to organisations');
  for (const name of ORGANISATIONS) {
    const { body } = await call('POST', '/api/customers/', { name });
    made.set(`organisation:${name}`, body.uuid);
  }
  say(`${ORGANISATIONS.length} organisations created`);

  const available = await call('GET', '/api/admin/arrow/customer-mappings/available_customers/');
  const { arrow_customers, suggestions } = available.body;
  say(`ArrowSphere offers ${arrow_customers.length} customers; suggestions:`);
  const suggested = suggestions.filter(
    (entry: { suggested_waldur_customer?: object }) => entry.suggested_waldur_customer,
  );
  for (const { arrow_customer, suggested_waldur_customer, confidence } of suggested) {
    const names = `${arrow_customer.companyName} (${arrow_customer.reference})`;
    say(`  ${names.padEnd(46)} → ${suggested_waldur_customer.name}  ${confidence.toFixed(2)}`);
  }

  const chosen = suggested.filter(({ confidence }: { confidence: number }) => confidence >= 0.7).slice(0, 3);
  for (const { arrow_customer, suggested_waldur_customer } of chosen) {
    const { body } = await call('POST', '/api/admin/arrow/customer-mappings/', {
      settings: made.get('settings'),
      arrow_reference: arrow_customer.reference,
      arrow_company_name: arrow_customer.companyName,
      waldur_customer: suggested_waldur_customer.uuid,
    });
    made.set(`mapping:${body.arrow_reference}`, body.uuid);
    say(`mapped ${body.arrow_reference} to ${body.waldur_customer_name}`);
  }
  const twice = { ...chosen[0], settings: made.get('settings') };
  const refused = await call(
    'POST',
    '/api/admin/arrow/customer-mappings/',
    {
      settings: twice.settings,
      arrow_reference: twice.arrow_customer.reference,
      waldur_customer: twice.suggested_waldur_customer.uuid,
    },
    400,
  );
  say(`mapping it twice is refused: ${refused.body.non_field_errors[0]}`);

  const renamed = arrow.data.customers.find(({ Reference }) => Reference === twice.arrow_customer.reference)!;
  renamed.CompanyName = `${renamed.CompanyName} Grupp`;
  const synced = await call('POST', '/api/admin/arrow/customer-mappings/sync_from_arrow/', {});
  for (const { from, to } of synced.body.renamed) say(`ArrowSphere renamed "${from}" to "${to}": taken over`);

  const last = chosen.at(-1).arrow_customer.reference;
  await call('DELETE', `/api/admin/arrow/customer-mappings/${made.get(`mapping:${last}`)}/`, undefined, 204);
  made.delete(`mapping:${last}`);
  say(`unmapped ${last} again`);
  const left = await call('HEAD', '/api/admin/arrow/customer-mappings/');
  say(`${left.headers.get('x-result-count')} mappings stand`);
}
