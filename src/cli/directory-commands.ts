import { accessSync, constants } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { writeNewFile } from '../database/new-file.js';
import { SHEET_KINDS } from '../spreadsheets/sheet-kind-names.js';
import type { Arguments } from './operator-socket.js';
import type { Outcome } from './outcomes.js';

/** How commands are made, and how they do something. */
export interface Commands {
  readonly leaf: (parent: Command, name: string, description: string) => Command;
  /** A command that ends in an outcome. */
  readonly ends: <A extends unknown[]>(command: Command, work: (...given: A) => Promise<Outcome>) => Command;
  /** `use`: what is done with the answer while that which gives it is there, and can be asked for more. */
  readonly operate: (
    name: string,
    args: Arguments,
    use?: (answer: unknown, next: (name: string, args: Arguments) => Promise<unknown>) => unknown,
  ) => Promise<unknown>;
}

/** `waldur-arrow directory`: files that bring organisations and the like. */
export function addDirectoryCommands(program: Command, { leaf, ends, operate }: Commands): void {
  const directory = program
    .command('directory')
    .description('Organisations, projects, offerings, resources and mappings as files.');
  const kinds = `one of ${SHEET_KINDS.join(', ')}`;
  const applied = (command: Command) =>
    command.option('--skip-bad', 'leave refused rows out; otherwise it is all or nothing');
  ends(
    applied(
      leaf(directory, 'import', 'Say what a CSV or XLSX file would do; with --apply, do it.')
        .argument('<file>', 'such as organisations.csv; its name says what it brings')
        .addOption(new Option('--kind <kind>', 'what it brings, where its name does not say').choices(SHEET_KINDS))
        .option('--apply', 'do what the preview says'),
    ),
    async (file: string, options: Arguments) => {
      const kind = options.kind ?? SHEET_KINDS.find((each) => basename(file).startsWith(each));
      if (!kind) throw new InvalidArgumentError(`The name of the file does not say what it brings: --kind, ${kinds}.`);
      accessSync(file, constants.R_OK);
      const found = (await operate('directory import', { file: resolve(file), kind })) as SheetImport;
      if (options.apply !== true) return outcomeOfImport(found);
      const { uuid } = found;
      return outcomeOfImport((await operate('directory apply', { uuid, skipBad: options.skipBad })) as SheetImport);
    },
  );
  ends(
    applied(leaf(directory, 'apply', 'Do exactly what a preview said, or nothing where the data moved.')).argument(
      '<uuid>',
      'as import prints it',
    ),
    async (uuid: string, options: Arguments) =>
      outcomeOfImport((await operate('directory apply', { ...options, uuid })) as SheetImport),
  );
  ends(
    leaf(directory, 'refused', 'Write the refused rows of an import to a CSV, to be mended and imported again.')
      .argument('<uuid>', 'as import prints it')
      .requiredOption('--to <file>', 'a new file; it must not be there yet'),
    async (uuid: string, { to }: { to: string }) => {
      await operate('directory refused', { uuid }, (rows) => writeNewFile(rows as AsyncIterable<Buffer>, to));
      return { value: { file: resolve(to) }, lines: [`The refused rows are in ${resolve(to)}.`] };
    },
  );
  for (const [direction, does] of [
    ['in', 'Say which rows that are kept here would become Waldur’s; with --apply, do it.'],
    ['out', 'Say which copies of Waldur’s rows would become ours, once there is no Waldur; with --apply, do it.'],
  ] as const)
    ends(
      leaf(directory, `move-${direction}`, does).option('--apply', 'do what the preview says'),
      async ({ apply }: Arguments) => {
        const found = (await operate('directory move', { direction })) as DirectoryMove;
        if (apply !== true) return outcomeOfMove(found);
        return outcomeOfMove((await operate('directory apply-move', { uuid: found.uuid })) as DirectoryMove);
      },
    );
  ends(
    leaf(directory, 'apply-move', 'Do exactly what a preview of move-in or move-out said, or nothing.').argument(
      '<uuid>',
      'as move-in and move-out print it',
    ),
    async (uuid: string) => outcomeOfMove((await operate('directory apply-move', { uuid })) as DirectoryMove),
  );
  ends(
    leaf(directory, 'template', 'Print a CSV to fill in.').addArgument(
      new Argument('<kind>', 'what it is for').choices(SHEET_KINDS),
    ),
    async (kind: string) => {
      const { text } = (await operate('directory template', { kind })) as { text: string };
      return { value: { text }, lines: [text.trimEnd()] };
    },
  );
}

/** As `wireOfImport` makes it. */
interface SheetImport {
  readonly uuid: string;
  readonly kind: string;
  readonly state: string;
  readonly encoding: string;
  readonly ignored_columns: readonly string[];
  readonly rows_created: number;
  readonly rows_changed: number;
  readonly rows_unchanged: number;
  readonly rows_refused: number;
  readonly rows: readonly {
    readonly row: number;
    readonly outcome: string;
    readonly changes: readonly { readonly column: string; readonly old: unknown; readonly new: unknown }[];
    readonly faults: readonly { readonly column: string; readonly sentence: string }[];
  }[];
}

/** As `shownMove` makes it. */
interface DirectoryMove {
  readonly uuid: string;
  readonly state: string;
  readonly counts: Readonly<
    Record<string, { readonly moves: number; readonly stays: number; readonly conflict: number }>
  >;
  readonly conflicts: readonly {
    readonly kind: string;
    readonly name: string;
    readonly uuid: string;
    readonly reason: string;
  }[];
}

function outcomeOfMove(found: DirectoryMove): Outcome {
  const { uuid, state, counts, conflicts } = found;
  const isApplied = state === 'applied';
  const [moves, stays] = isApplied ? ['moved', 'stayed'] : ['would move', 'stay'];
  return {
    value: found,
    lines: [
      ...Object.entries(counts).map(
        ([kind, each]) => `${kind}: ${each.moves} ${moves}, ${each.stays} ${stays}, ${each.conflict} in conflict.`,
      ),
      ...conflicts.map((each) => `  ${each.kind} ${each.name} (${each.uuid}): ${each.reason}`),
      isApplied ? 'It is done.' : `Nothing is changed yet. waldur-arrow directory apply-move ${uuid} does it.`,
    ],
  };
}

function outcomeOfImport(found: SheetImport): Outcome {
  const { uuid, kind, state, encoding, ignored_columns: ignored, rows_refused: refused } = found;
  const counts = `${found.rows_created} new, ${found.rows_changed} changed, ${found.rows_unchanged} unchanged`;
  const next =
    state === 'applied'
      ? 'It is done.'
      : `Nothing is changed yet. waldur-arrow directory apply ${uuid}${refused ? ' --skip-bad' : ''} does it.`;
  return {
    value: found,
    lines: [
      `${kind}, read as ${encoding}: ${counts}, ${refused} refused.`,
      ...(ignored.length ? [`Columns that mean nothing here: ${ignored.join(', ')}.`] : []),
      ...found.rows.flatMap(({ row, outcome, changes, faults }) => [
        ...changes.map(
          (each) =>
            `  row ${row}, ${outcome}: ${each.column} ${JSON.stringify(each.old)} -> ${JSON.stringify(each.new)}`,
        ),
        ...faults.map(({ column, sentence }) => `  row ${row}, refused: ${column && `${column}: `}${sentence}`),
      ]),
      next,
    ],
    isGood: state === 'applied' || !refused,
  };
}
