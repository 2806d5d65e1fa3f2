/** An ArrowSphere emulator with the Arrow half of the generated lists: `arrow.ts SIZE`. Prints its address and key. */
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { arrowCustomer } from '../../emulator/data.js';
import { generateParties } from './generate.js';

const customers = generateParties(Number(process.argv[2])).arrow.map(({ key, name }, at) =>
  arrowCustomer({ Reference: `XSP${key}`, CompanyName: name, Ref: `${100_000 + at}`, InternalReference: '' }),
);
const { url, apiKey } = await ArrowEmulator.start({ data: { customers } });
console.log(JSON.stringify({ url, apiKey }));
