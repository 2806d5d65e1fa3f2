import { createClient } from '@hey-api/openapi-ts';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Writes a TypeScript client for a published document into `client/generated/`. */
export async function generateClient(document: object): Promise<void> {
  await createClient({
    input: document as never,
    output: { path: here('./client/generated'), clean: true },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'silent', file: false },
  });
}

/** What the compiler has to say, in strict mode, about the generated client and the tour; empty when nothing. */
export async function compileClient(): Promise<string> {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  try {
    await promisify(execFile)(process.execPath, [compiler, '--pretty', 'false', '-p', here('./client/tsconfig.json')]);
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
