import type { DemoContext } from '../context.js';

/** What this reseller sells already; the names are near those of two ArrowSphere customers. */
const ORGANISATIONS = ['Hameen Sahko Oyj', 'Saaremaa Ölletehas'];

/** From an API key to an account that bills, through the set-up's own endpoints; then a new key for the same account. */
export async function wizardStep({ arrow, call, directory, made, say, title }: DemoContext): Promise<void> {
  title('Connect an ArrowSphere account');
  const settings = '/api/admin/arrow/settings/';
  for (const name of ORGANISATIONS) made.set(`organisation:${name}`, await directory.organisation(name));
  await directory.read();
  const wrong = { api_url: arrow.url, api_key: 'not-a-key' };
  const refused = await call('POST', `${settings}discover_customers/`, wrong, 400);
  say(`a wrong key is refused: ${refused.body.error}`);

  const credentials = { api_url: arrow.url, api_key: arrow.apiKey };
  const { body: found } = await call('POST', `${settings}discover_customers/`, credentials);
  say(
    `the key belongs to ${found.partner_name} (${found.partner_reference}): ${found.arrow_customers.length} customers`,
  );
  for (const { name, best, compatible, missing_required_fields: missing } of found.export_types) {
    const verdict = best ? 'the one to bill by' : compatible ? 'can be billed by' : `lacks ${missing.join(', ')}`;
    say(`  export type ${name.padEnd(16)} ${verdict}`);
  }

  const suggested = found.suggestions.filter(
    (entry: { suggested_waldur_customer?: object; ambiguous: boolean }) =>
      entry.suggested_waldur_customer && !entry.ambiguous,
  );
  const customer_mappings = [];
  for (const { arrow_customer, suggested_waldur_customer, confidence } of suggested) {
    const { reference, companyName } = arrow_customer;
    say(`  ${reference} ${companyName} → ${suggested_waldur_customer.name}  ${confidence.toFixed(2)}`);
    customer_mappings.push({ arrow_reference: reference, waldur_customer_uuid: suggested_waldur_customer.uuid });
  }
  const { body: preview } = await call('POST', `${settings}preview_settings/`, credentials);
  const { export_type_reference: exportType, classification_filter: classification } = preview;
  say(`saving would bill ${classification} lines by ${exportType}, at ${preview.invoice_price_source} prices`);
  const { body: saved } = await call('POST', `${settings}save_settings/`, { ...credentials, customer_mappings });
  made.set('settings', saved.settings_uuid);
  for (const row of saved.mappings) made.set(`mapping:${row.arrow_reference}`, row.mapping_uuid);
  say(saved.message);

  arrow.data.partners.push({ ...arrow.data.partners[0]!, apiKey: 'emulator-rotated-key' });
  const rotated = await call('POST', `${settings}save_settings/`, { ...credentials, api_key: 'emulator-rotated-key' });
  say(`a new key: ${rotated.body.message} Same account: ${rotated.body.settings_uuid === saved.settings_uuid}`);

  const vendors = await call('GET', '/api/admin/arrow/vendor-offering-mappings/vendor_choices/');
  say(`vendors to choose from: ${vendors.body.map(({ label }: { label: string }) => label).join(', ')}`);
  const offering = await directory.offering('Microsoft cloud');
  const plan = await directory.plan('Pay as you go', offering);
  await directory.read();
  const vendor = { settings: saved.settings_uuid, arrow_vendor_name: 'Microsoft', offering, plan };
  const { body: mapped } = await call('POST', '/api/admin/arrow/vendor-offering-mappings/', vendor);
  made.set('offering:Microsoft cloud', offering);
  made.set('plan:Pay as you go', plan);
  say(`${mapped.arrow_vendor_name} licences become ${mapped.offering_name}, plan ${mapped.plan_name}`);

  const { body: health } = await call('GET', `${settings}${saved.settings_uuid}/health/`);
  say(`health: ${health.verdict}`);
  for (const [check, { verdict, message }] of Object.entries<{ verdict: string; message: string }>(health.checks)) {
    say(`  ${check.padEnd(20)} ${verdict.padEnd(8)} ${message}`);
  }
}
