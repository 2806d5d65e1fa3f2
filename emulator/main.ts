import { ArrowEmulator } from './arrow-emulator.js';
import { exportType } from './data.js';
import { manyCustomers, manyExportLines, manyLicenses } from './large-data.js';
import type { EmulatorData } from './model.js';
import { sampleData, SAMPLE_STORY } from './sample-data.js';

const DEFAULT_PORT = 4010;

function numberFrom(name: string, fallback: number): number {
  const text = process.env[name];
  const number = text === undefined || text === '' ? fallback : Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error(`${name} must be a whole number, not "${text}"`);
  return number;
}

function largeWorld(): Partial<EmulatorData> {
  const customers = manyCustomers(numberFrom('EMULATOR_CUSTOMERS', 10_000));
  const licenses = manyLicenses(numberFrom('EMULATOR_LICENSES', 20_000), customers);
  const exportLines = manyExportLines(numberFrom('EMULATOR_EXPORT_LINES', 1_000_000), licenses);
  const { compatible } = SAMPLE_STORY.exportTypes;
  return { customers, licenses, exportLines, exportTypes: [exportType({ reference: compatible })] };
}

const world = process.env.EMULATOR_WORLD ?? 'sample';
if (world !== 'sample' && world !== 'large') throw new Error(`EMULATOR_WORLD must be sample or large, not "${world}"`);

const emulator = await ArrowEmulator.start({
  port: numberFrom('EMULATOR_PORT', DEFAULT_PORT),
  host: process.env.EMULATOR_HOST ?? '127.0.0.1',
  latencyMs: numberFrom('EMULATOR_LATENCY_MS', 0),
  data: world === 'sample' ? sampleData() : largeWorld(),
}).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  console.error("Another process listens on the emulator's port already: stop it, or set EMULATOR_PORT.");
  process.exit(1);
});
const { url, apiKey, origin, data } = emulator;

console.log(`
ArrowSphere emulator: ${data.customers.length} customers, ${data.licenses.length} licences (${world} world)

  API URL  ${url}
  API key  ${apiKey}

Try:

  curl -H 'apiKey: ${apiKey}' '${url}whoami'

  curl -H 'apiKey: ${apiKey}' '${url}customers?per_page=5&page=2'

  curl -H 'apiKey: ${apiKey}' -H 'Content-Type: application/json' '${url}licenses/v2/find?per_page=100' \\
    -d '{"filters": {"license.customer_ref": "${data.customers[0]?.Reference}"}, "sort": {"license.id": "asc"}}'

Make it fail (and GET, DELETE the same address to see and end it):

  curl '${origin}/__emulator/faults' -d '{"path": "^customers", "action": {"kind": "status", "status": 503}}'

Stop with Ctrl-C.
`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.stop());
