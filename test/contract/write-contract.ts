/**
 * Writes contract.json anew from the description of Waldur's wire, given as the first argument:
 *
 *   node --import @swc-node/register/esm-register test/contract/write-contract.ts ../shared/contract/waldur-arrow-openapi.yaml
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

import { condense, type OpenApiDocument } from './condense.js';

const contract = condense(parse(readFileSync(process.argv[2]!, 'utf8')) as OpenApiDocument);
writeFileSync(new URL('./contract.json', import.meta.url), `${JSON.stringify(contract, null, 2)}\n`);
console.log(`${Object.keys(contract.operations).length} operations, ${Object.keys(contract.objects).length} objects.`);
