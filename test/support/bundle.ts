import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { NODE_ARGUMENTS, PROGRAMS } from './programs.js';

/** What these packages load themselves is found from where they stand only: they are imported from there. */
const APART = /\bimport\((?='@electric-sql\/)/g;
const IMPORTS = 'imports';

const SHARED = {
  bundle: true,
  write: false,
  metafile: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // Nest, TypeORM and logs go by the names of classes.
  keepNames: true,
  minifyWhitespace: true,
  legalComments: 'none',
  supported: { 'dynamic-import': false },
  logLevel: 'silent',
  banner: { js: '(function (exports, require, module) {' },
  footer: { js: '})' },
} satisfies BuildOptions;

/**
 * Makes one file of all modules of the programs in a folder that `compile` made, and one of all packages that they use,
 * in `cache`: a process of a test starts in a third of the time that it takes to load its three thousand modules one by
 * one. Beside the former stands a file `<program>.mjs` for each program, which starts it. What they do is the same; the
 * tests of what is released start that itself.
 */
export async function bundle(compiled: string, cache: string): Promise<void> {
  const entry = Object.entries(PROGRAMS).map(([name, file]) => `${JSON.stringify(name)}: () => require('./${file}')`);
  const programs = await build({
    ...SHARED,
    stdin: { contents: `module.exports = { ${entry.join(', ')} }`, resolveDir: compiled },
    packages: 'external',
    plugins: [placed],
  });
  const inputs = Object.values(programs.metafile.inputs).flatMap(({ imports }) => imports);
  const names = [...new Set(inputs.filter(isForeign).map(({ path }) => path))]
    .filter((name) => name !== IMPORTS)
    .sort();
  const packages = await bundlePackages(names, cache);
  write(join(compiled, 'programs.cjs'), programs.outputFiles[0]!.text);
  const loader = join(import.meta.dirname, 'bundled.mjs');
  for (const name of Object.keys(PROGRAMS)) {
    const given = [join(compiled, 'programs.cjs'), packages, name].map((each) => JSON.stringify(each));
    const text = `import { start } from ${JSON.stringify(loader)};\nstart(${given.join(', ')});\n`;
    write(join(compiled, `${name}.mjs`), text);
  }
}

/** One file for each place, set of packages and their versions: it is made once. */
async function bundlePackages(names: readonly string[], cache: string): Promise<string> {
  const root = join(import.meta.dirname, '../..');
  const hash = createHash('sha256').update(JSON.stringify([names, root]));
  for (const file of [import.meta.filename, join(root, 'package-lock.json')]) hash.update(readFileSync(file));
  const file = join(cache, `packages-${hash.digest('hex').slice(0, 12)}.cjs`);
  if (existsSync(file)) return file;
  const entry = names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`);
  const { outputFiles } = await build({
    ...SHARED,
    stdin: { contents: `module.exports = { ${entry.join(', ')} }`, resolveDir: root },
    plugins: [imported, placed],
  });
  write(file, outputFiles[0]!.text);
  return file;
}

const isForeign = ({ path, external }: { path: string; external?: boolean }) =>
  external === true && path !== '<runtime>' && !isBuiltin(path);

/**
 * Packages are found as modules import them, so that there is one of each, also where others are handed to `require`.
 * What is not installed is asked for when the program runs, as it is without the file.
 */
const imported: Plugin = {
  name: 'imported',
  setup: (made) =>
    made.onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (pluginData === imported) return undefined;
      const asked = importer === '<stdin>' ? 'import-statement' : kind;
      const found = await made.resolve(path, { kind: asked, importer, resolveDir, pluginData: imported });
      return found.errors.length ? { path, external: true } : found;
    }),
};

/** Each module goes on knowing where it stands, and `createRequire` finds what is in the file. */
const placed: Plugin = {
  name: 'placed',
  setup: (made) =>
    made.onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => {
      const [file, folder] = [JSON.stringify(path), JSON.stringify(dirname(path))];
      const text = readFileSync(path, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
      const isModule = /^(?:import|export)\b/m.test(text);
      const contents = isModule
        ? text
            .replace(/^const require = createRequire\(import\.meta\.url\);$/m, '')
            .replace(APART, `require('${IMPORTS}')(`)
            .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
            .replaceAll('import.meta.dirname', folder)
            .replaceAll('import.meta.filename', file)
        : /\b__(?:dir|file)name\b/.test(text)
          ? `var __filename = ${file}, __dirname = ${folder};${text}`
          : text;
      return { contents, loader: 'js', resolveDir: dirname(path) };
    }),
};

/** As V8 reads it quickest, in ASCII, and never half of it where another does the same. Only patterns still have other letters. */
function write(file: string, text: string): void {
  const part = `${file}.${process.pid}`;
  if (/\\[^\0-\x7f]/.test(text)) throw new Error(`A letter beyond ASCII is escaped: ${file}.`);
  const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  writeFileSync(part, text.replace(/[^\0-\x7f]/g, escaped));
  renameSync(part, file);
}

/** Lets a service say what V8 made of its files, for the next ones. Without that they only start more slowly. */
export async function keepCode(compiled: string, template: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-code-'));
  try {
    cpSync(template, folder, { recursive: true });
    const { PATH = '', HOME = '' } = process.env;
    const secret = { SECRET_KEY: Buffer.alloc(32, 7).toString('base64'), STAFF_TOKEN: 's'.repeat(40) };
    const child = spawn(process.execPath, [...NODE_ARGUMENTS, join(compiled, 'main.mjs')], {
      env: { PATH, HOME, DATA_DIR: folder, HOST: '127.0.0.1', PORT: '0', TEST_KEEPS_CODE: 'true', ...secret },
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    });
    child.stdout!.on('data', (text: Buffer) => {
      if (text.includes('Listening')) child.send('keep');
    });
    await once(child, 'exit');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
