import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformFile } from '@swc/core';

const FOLDERS = ['src', 'emulator', 'demo', 'test/jobs/support'];

/**
 * Compiles what the tests run into a new folder below `cache`, and answers it: loading a module of this costs half of
 * what loading its TypeScript does, and each process of a test loads some hundred.
 */
export async function compile(root: string, cache: string): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const compiled = mkdtempSync(join(cache, 'compiled-'));
  copyFileSync(join(root, 'package.json'), join(compiled, 'package.json'));
  const files = FOLDERS.flatMap((folder) => sourcesIn(root, folder));
  await Promise.all(
    files.map(async (source) => {
      const { code } = await transformFile(join(root, source), { cwd: root, sourceMaps: 'inline' });
      const file = join(compiled, nameOf(source));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, code);
    }),
  );
  return compiled;
}

/** The program alone, without what only people read: code by file, `package.json` among them. */
export async function compileProgram(root: string): Promise<Record<string, string>> {
  const files = await Promise.all(
    sourcesIn(root, 'src').map(async (source) => {
      const { code } = await transformFile(join(root, source), { cwd: root, sourceMaps: false, minify: true });
      return [nameOf(source), code] as const;
    }),
  );
  const { name, version, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  return Object.fromEntries([['package.json', JSON.stringify({ name, version, type })], ...files.sort()]);
}

const nameOf = (source: string) => source.replace(/\.ts$/, '.js');

function sourcesIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
}
