import type { DemoContext } from '../context.js';

/** Põhjatäht Logistika OÜ: two Azure plans, and seats of Microsoft 365 and Acronis. */
const CUSTOMER = 'XSP200001';

interface License {
  license_reference: string;
  offer_name: string;
  friendly_name: string;
}

/** Finds a customer's licences, imports two, links one, is refused a second link, goes back, and shows live figures. */
export async function licensesStep({ call, directory, made, say, title }: DemoContext): Promise<void> {
  title('From customer to resources');
  const mapping = `/api/admin/arrow/customer-mappings/${made.get(`mapping:${CUSTOMER}`)}`;
  const { body: mapped } = await call('GET', `${mapping}/`);
  const organisation = made.get(`organisation:${mapped.waldur_customer_name}`)!;
  const project = await directory.project('Cloud', organisation);
  const azure = made.get('offering:Microsoft cloud');
  const seats = await directory.offering('Microsoft 365');
  const office = await directory.resource('Microsoft 365 Business Premium (office)', project, seats);
  await directory.read();

  const { body: found } = await call('GET', `${mapping}/discover_licenses/`);
  say(`${CUSTOMER} has ${found.arrow_licenses.length} licences in ArrowSphere:`);
  for (const { license_reference, offer_name, friendly_name } of found.arrow_licenses as License[]) {
    say(`  ${license_reference}  ${offer_name}${friendly_name ? ` – ${friendly_name}` : ''}`);
  }
  const [suggestion] = found.suggestions;
  say(`"${suggestion.resource_name}" looks like ${suggestion.license_reference}, ${suggestion.confidence.toFixed(2)}:`);
  for (const { kind, arrow, weight } of suggestion.evidence) say(`  ${kind}: "${arrow}" (${weight.toFixed(2)})`);

  const wanted = (found.arrow_licenses as License[]).filter(({ offer_name }) => offer_name.includes('Azure'));
  const items = wanted.slice(0, 2).map(({ license_reference, friendly_name }) => ({
    license_reference,
    license_name: friendly_name || `Azure ${license_reference}`,
    offering_uuid: azure,
    project_uuid: project,
  }));
  const dry = await call('POST', `${mapping}/import_licenses/`, { items, dry_run: true });
  say(`importing ${items.length} licences: a dry run says ${dry.body.done} would be done`);
  const imported = await call('POST', `${mapping}/import_licenses/`, { items, dry_run: false });
  for (const { resource_uuid, resource_name, license_reference } of imported.body.results) {
    const { body: resource } = await call('GET', `/api/marketplace-resources/${resource_uuid}/`);
    say(`  imported ${license_reference} as "${resource_name}", plan ${resource.plan_name}`);
  }

  const linked = await call('POST', `${mapping}/link_resource/`, {
    resource_uuid: suggestion.resource_uuid,
    license_reference: suggestion.license_reference,
  });
  say(`linked ${linked.body.license_reference} to "${linked.body.resource_name}", verified: ${linked.body.verified}`);
  const twice = await call(
    'POST',
    `${mapping}/link_resource/`,
    { resource_uuid: imported.body.results[0].resource_uuid, license_reference: suggestion.license_reference },
    400,
  );
  say(`a second link is refused: ${twice.body.error}`);
  const ledger = await call('GET', `/api/admin/arrow/license-links/?resource_uuid=${office}`);
  const reverted = await call('POST', `/api/admin/arrow/license-links/${ledger.body[0].uuid}/revert/`);
  const { previous_license_reference, license_reference } = reverted.body;
  say(`reverted: the licence ${previous_license_reference} → ${license_reference || 'none'}`);

  const { body: data } = await call('GET', `${mapping}/fetch_arrow_data/?period=${lastMonth()}`);
  say(`live figures of ${data.waldur_customer_name} for ${data.period}:`);
  for (const line of data.consumption_lines) {
    say(`  ${line.license_reference}  ${line.resource_name.padEnd(24)} consumed ${line.sell_price} ${line.currency}`);
  }
  say(`  consumption sells for ${data.consumption_total_sell}, costs ${data.consumption_total_buy}`);
  say(
    `  ${data.billing_lines.length} billing lines sell for ${data.billing_total_sell}, cost ${data.billing_total_buy}`,
  );
}

function lastMonth(): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
}
