import type { DemoContext } from '../context.js';

const ORGANISATIONS = [
  'Pohjataht Logistika',
  'Tallinna Andmekeskus',
  'Virumaa Metall',
  'Koffie en Meer BV',
  'Fjord Data AS',
];

/** Offers ArrowSphere customers, maps those beyond doubt, renames one at ArrowSphere, and unmaps one. */
export async function mappingsStep({ arrow, call, directory, made, say, title }: DemoContext): Promise<void> {
  title('Map ArrowSphere customers to organisations');
  for (const name of ORGANISATIONS) made.set(`organisation:${name}`, await directory.organisation(name));
  await directory.read();
  say(`${ORGANISATIONS.length} organisations created`);

  const available = await call('GET', '/api/admin/arrow/customer-mappings/available_customers/');
  const { arrow_customers, suggestions } = available.body;
  say(`ArrowSphere offers ${arrow_customers.length} customers; suggestions:`);
  const suggested = suggestions.filter(
    (entry: { suggested_waldur_customer?: object }) => entry.suggested_waldur_customer,
  );
  for (const { arrow_customer, suggested_waldur_customer, confidence, ambiguous } of suggested) {
    const names = `${arrow_customer.companyName} (${arrow_customer.reference})`;
    const doubt = ambiguous ? '  a person has to decide' : '';
    say(`  ${names.padEnd(46)} → ${suggested_waldur_customer.name}  ${confidence.toFixed(2)}${doubt}`);
  }

  const autoMap = '/api/admin/arrow/customer-mappings/auto_map/';
  const { body: plan } = await call('POST', autoMap, {});
  say(`auto_map plans ${plan.planned.length} mappings, and leaves to a person:`);
  const left = plan.skipped.filter(({ reason }: { reason: string }) => reason !== 'no_match');
  for (const { arrow_company_name, detail, waldur_customer, runner_up, note = '' } of left) {
    const rival = runner_up ? ` (or ${runner_up.name})` : '';
    say(`  ${arrow_company_name} → ${waldur_customer.name}${rival}: ${detail} ${note}`);
  }
  const { body: applied } = await call('POST', autoMap, { dry_run: false });
  for (const { uuid, arrow_reference, waldur_customer_name } of applied.created) {
    made.set(`mapping:${arrow_reference}`, uuid);
    say(`mapped ${arrow_reference} to ${waldur_customer_name}`);
  }
  const { body: again } = await call('POST', autoMap, { dry_run: false });
  say(`run once more, it creates ${again.created.length}`);

  const [twice] = applied.created;
  const refused = await call(
    'POST',
    '/api/admin/arrow/customer-mappings/',
    {
      settings: made.get('settings'),
      arrow_reference: twice.arrow_reference,
      waldur_customer: twice.waldur_customer_uuid,
    },
    400,
  );
  say(`mapping it twice is refused: ${refused.body.non_field_errors[0]}`);

  const renamed = arrow.data.customers.find(({ Reference }) => Reference === twice.arrow_reference)!;
  renamed.CompanyName = `${renamed.CompanyName} Grupp`;
  const synced = await call('POST', '/api/admin/arrow/customer-mappings/sync_from_arrow/', {});
  for (const { from, to } of synced.body.renamed) say(`ArrowSphere renamed "${from}" to "${to}": taken over`);

  const last = applied.created.at(-1).arrow_reference;
  await call('DELETE', `/api/admin/arrow/customer-mappings/${made.get(`mapping:${last}`)}/`, undefined, 204);
  made.delete(`mapping:${last}`);
  say(`unmapped ${last} again`);
  const count = await call('HEAD', '/api/admin/arrow/customer-mappings/');
  say(`${count.headers.get('x-result-count')} mappings stand`);
}
