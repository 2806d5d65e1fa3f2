import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { root, run } from './checks.js';

/** What has become of a stage. */
export interface Stage {
  /** Stands for its `/`. */
  readonly folder: string;
  readonly workdir: string;
  readonly healthcheck: readonly string[];
  readonly command: readonly string[];
}

/**
 * Does by hand, below `folder`, what Docker does with our Dockerfile, in the words that ours uses. Answers the last
 * stage. Throws what a step says that fails.
 */
export function runDockerfile(folder: string): Stage {
  const text = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8');
  const instructions = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .trim()
    .split(/\n+/)
    .map((line) => /^(\S+)\s+(.*)$/.exec(line)!.slice(1) as [string, string]);
  const context = new Set(allowedInContext());
  const stages = new Map<string, Stage>();
  let stage!: { -readonly [Key in keyof Stage]: Stage[Key] };
  for (const [instruction, rest] of instructions) {
    const at = (path: string) => join(stage.folder, resolve(stage.workdir, path));
    if (instruction === 'FROM') {
      const name = / AS (\S+)$/.exec(rest)?.[1] ?? 'last';
      stage = { folder: join(folder, name), workdir: '/', healthcheck: [], command: [] };
      stages.set(name, stage);
    } else if (instruction === 'WORKDIR') {
      stage.workdir = rest;
      mkdirSync(at('.'), { recursive: true });
    } else if (instruction === 'COPY') {
      const words = rest.split(/\s+/);
      const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
      const sources = words.filter((word) => !word.startsWith('--'));
      const to = sources.pop()!;
      for (const source of sources) {
        if (!from && !context.delete(source)) throw new Error(`Dockerfile.dockerignore keeps ${source} out.`);
        const here = join(from ? stages.get(from)!.folder : root, source);
        cpSync(here, at(to.endsWith('/') ? join(to, basename(source)) : to), { recursive: true });
      }
    } else if (instruction === 'RUN') {
      run('sh', ['-c', rest], {}, at('.'));
    } else if (instruction === 'HEALTHCHECK') {
      stage.healthcheck = JSON.parse(rest.replace(/^.*? CMD /, '')) as string[];
    } else if (instruction === 'CMD') {
      stage.command = JSON.parse(rest) as string[];
    } else if (!['ENV', 'USER', 'EXPOSE'].includes(instruction)) {
      throw new Error(`${instruction} is not known here.`);
    }
  }
  if (context.size) throw new Error(`Dockerfile.dockerignore lets in what nothing copies: ${[...context].join(', ')}.`);
  return stage;
}

function allowedInContext(): string[] {
  const [first, ...others] = readFileSync(join(root, 'deploy/Dockerfile.dockerignore'), 'utf8').trim().split('\n');
  if (first !== '*' || others.some((line) => !line.startsWith('!')))
    throw new Error('Dockerfile.dockerignore is no list of what may come in.');
  return others.map((line) => line.slice(1));
}
