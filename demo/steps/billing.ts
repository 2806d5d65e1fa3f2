import type { DemoContext } from '../context.js';

const CUSTOMER = 'XSP200001';
const ARROW = '/api/admin/arrow';

/** Runs the month before: consumption, export, difference, compensation, reconciled, tie-out. */
export async function billingStep(context: DemoContext): Promise<void> {
  const { call, finish, made, say, title } = context;
  const month = new Date();
  month.setUTCDate(0);
  const [year, number] = [month.getUTCFullYear(), month.getUTCMonth() + 1];
  const period = `${year}-${String(number).padStart(2, '0')}`;
  title(`Bill ${period}, and see that it ties out`);
  const settings_uuid = made.get('settings');
  const mapping = (await call('GET', `${ARROW}/customer-mappings/${made.get(`mapping:${CUSTOMER}`)}/`)).body;

  const run = (action: string) => finish(`${ARROW}/billing-syncs/${action}/`, { year, month: number, settings_uuid });

  const consumed = await run('trigger_consumption_sync');
  say(`consumption sync: ${consumed.state}, ${consumed.result.changed} licences charged provisionally`);
  const synced = await run('trigger_sync');
  say(`billing sync: ${synced.state}, ${synced.result.outcome}, ${synced.result.postings} postings`);
  const reconciled = await run('reconcile');
  say(`reconciliation: ${reconciled.state}, ${reconciled.result.outcome}, ${reconciled.result.postings} postings`);
  for (const tie of reconciled.result.tie_out) {
    const { statement, provisional, currency, posted, pending, unmatched, excluded, held, carried } = tie;
    say(`  ${currency}: statement ${statement} + provisional ${provisional}`);
    say(
      `    = posted ${posted} + pending ${pending} + unmatched ${unmatched} + excluded ${excluded} + held ${held} + carried ${carried}`,
    );
    say(`  difference ${tie.difference}: ${tie.ties_out ? 'it ties out' : 'it does not tie out'}`);
  }
  const again = await run('trigger_sync');
  say(`the same sync again: ${again.result.outcome}, ${again.result.postings} postings`);

  const { body: invoices } = await call('GET', `/api/invoices/?customer_uuid=${mapping.waldur_customer_uuid}`);
  for (const invoice of invoices) {
    say(
      `invoice of ${mapping.waldur_customer_name} for ${invoice.year}-${String(invoice.month).padStart(2, '0')}, ${invoice.state}:`,
    );
    for (const { name, unit_price } of invoice.items) say(`  ${name.padEnd(62)} ${unit_price.padStart(10)}`);
    say(`  ${'total'.padEnd(62)} ${invoice.price.padStart(10)} ${invoice.currency}`);
  }
  const explained = await explainedLine(context, period, 'XSP710001');
  say('one line of XSP710001, explained:');
  for (const part of ['normalised', 'match', 'postings', 'why']) say(`  ${part}: ${JSON.stringify(explained[part])}`);
  const { body: unlinked, headers } = await call('GET', `${ARROW}/billing-syncs/unlinked_spend/?period=${period}`);
  say(`${headers.get('x-result-count')} unlinked licences are billed by Arrow; the largest:`);
  for (const { license_reference, end_customer_name, amount, currency, fix } of unlinked.slice(0, 3)) {
    say(`  ${license_reference}  ${end_customer_name.padEnd(24)} ${amount.padStart(8)} ${currency}  ${fix}`);
  }
}

/** A line of the licence, from ArrowSphere's cells to the invoice. */
async function explainedLine({ call, made }: DemoContext, period: string, license: string) {
  const mapping = made.get(`mapping:${CUSTOMER}`);
  const { body: statements } = await call(
    'GET',
    `${ARROW}/billing-syncs/?report_period=${period}&customer_mapping_uuid=${mapping}`,
  );
  const { body: lines } = await call('GET', `${ARROW}/billing-syncs/${statements[0].uuid}/explain/`);
  return lines.find(
    ({ normalised }: { normalised: { license_reference: string } }) => normalised.license_reference === license,
  );
}
