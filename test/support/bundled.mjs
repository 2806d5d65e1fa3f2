import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { Script } from 'node:vm';

const require = createRequire(import.meta.url);

/** Starts one of the programs that `bundle` put into a file. */
export function start(programsFile, packagesFile, name) {
  const kept = [];
  /** Runs a file, from what V8 made of it before where that is kept. */
  const run = (file, requires) => {
    const codeFile = `${file}.${process.version}`;
    const cachedData = existsSync(codeFile) ? readFileSync(codeFile) : undefined;
    const script = new Script(readFileSync(file, 'latin1'), { filename: file, cachedData });
    kept.push(() => {
      writeFileSync(`${codeFile}.${process.pid}`, script.createCachedData());
      renameSync(`${codeFile}.${process.pid}`, codeFile);
    });
    const made = { exports: {} };
    script.runInThisContext()(made.exports, requires, made);
    return made.exports;
  };
  const packages = run(packagesFile, (wanted) => {
    if (isBuiltin(wanted)) return require(wanted);
    // Throws for what is not installed, which packages can do without.
    require.resolve(wanted);
    // A package that is loaded twice is two packages: that has to be seen at once.
    process.stderr.write(`${wanted} is not in the file of packages: see test/support/bundle.ts.\n`);
    process.exit(70);
  });
  const programs = run(programsFile, (wanted) => {
    if (wanted === 'imports') return (name) => import(name);
    return isBuiltin(wanted) ? require(wanted) : packages[wanted]();
  });
  if (process.env.TEST_KEEPS_CODE)
    process.once('message', () => {
      packages.pg();
      for (const keep of kept) keep();
      process.exit();
    });
  programs[name]();
}
