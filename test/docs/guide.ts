import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../support/databases.js';

/**
 * How a guide is written, so that its reader can replay it and a test can hold it to what the service says:
 *
 * - A ```sh block is what the reader types. All blocks of a guide run in order in one bash, in the project's folder.
 *   The first one is `. docs/start.sh`, which starts service and emulator, unless API, TOKEN, ARROW_URL and MONTH name
 *   running ones.
 * - A ```json or ```text block is all that the sh block before it prints, errors too. A sh block that none follows
 *   prints nothing. No command may fail.
 * - Blocks in any other language (js, ts, mermaid) are for reading only.
 *
 * Compared is the text itself, but for what differs between any two runs: see {@link withoutChance}.
 */
export interface Step {
  readonly commands: string;
  /** What the guide says it prints. */
  readonly printed: string;
  /** Where that stands in the guide; undefined where it says that nothing is printed. */
  readonly from?: number;
}

const BLOCK = /^```(\w*)\n([^]*?)^```$/gm;

/** The steps of a guide. Throws where output stands before any command. */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  for (const { 1: language, 2: text, index } of markdown.matchAll(BLOCK)) {
    if (language === 'sh') steps.push({ commands: text!, printed: '' });
    if (language !== 'json' && language !== 'text') continue;
    const last = steps.pop();
    if (!last || last.from !== undefined) throw new Error(`There is no command before this output:\n${text}`);
    steps.push({ ...last, printed: text!, from: index + 4 + language.length });
  }
  return steps;
}

/** What each of the steps printed. Throws when a command of one failed. */
export async function run(steps: readonly Step[], variables: Record<string, string>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-guide-'));
  try {
    const script = join(folder, 'guide.sh');
    const mark = `printf '\\x1e'`;
    const failed = `trap 'echo "This failed: $BASH_COMMAND"; exit 1' ERR`;
    const parts = steps.map(({ commands }) => `${commands}${mark}\n`);
    writeFileSync(script, `set -E -o pipefail\nexec 2>&1\n${failed}\n${parts.join('')}`);
    const bash = spawn('bash', [script], { cwd: root, env: { ...process.env, ...variables } });
    let output = '';
    bash.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
    await new Promise((resolve) => bash.once('close', resolve));
    const printed = output.split('\x1e');
    const rest = printed.pop();
    if (rest) throw new Error(`${steps[printed.length]?.commands}printed\n${rest}`);
    return printed;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The text with numbered placeholders for UUIDs and tokens, the same one for the same, and one for any time. */
export function withoutChance(text: string): string {
  const numbered = (kind: string) => {
    const seen = new Map<string, string>();
    return (found: string) => {
      if (!seen.has(found)) seen.set(found, `<${kind} ${seen.size + 1}>`);
      return seen.get(found)!;
    };
  };
  return text
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, numbered('uuid'))
    .replaceAll(/\b[0-9a-f]{40}\b/g, numbered('token'))
    .replaceAll(/\barrow-[0-9a-f]{12}\b/g, numbered('item'))
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<time>');
}

/** The guide with what was printed in place of what it said. */
export function withOutput(markdown: string, steps: readonly Step[], printed: readonly string[]): string {
  let written = markdown;
  for (const [index, { from, printed: said }] of [...steps.entries()].reverse()) {
    if (from !== undefined) written = written.slice(0, from) + printed[index] + written.slice(from + said.length);
  }
  return written;
}
