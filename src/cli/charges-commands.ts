import type { Command } from 'commander';
import type { Commands } from './directory-commands.js';
import type { Arguments } from './operator-socket.js';
import { type Job, outcomeOfJob } from './outcomes.js';

/** As `PushedComparisonRow` has it, of what commands show. */
interface Compared {
  readonly customer_name: string;
  readonly month: string;
  readonly currency: string;
  readonly charged: string;
  readonly at_waldur: string;
  readonly waiting: string;
  readonly refused: string;
  readonly not_sent: string;
  readonly missing: string;
}

/** `waldur-arrow charges`: charges on invoices of the Waldur beside. */
export function addChargesCommands(
  program: Command,
  { leaf, ends, operate }: Commands,
  parseMonth: (text: string) => string,
): void {
  const charges = program.command('charges').description('Charges on invoices of the Waldur beside.');
  ends(
    leaf(charges, 'push', 'Queue a run that puts charges of closed months there; the service runs it.')
      .option('--check', 'look at everything that was sent')
      .option('--retry-refused', 'try again what Waldur refused')
      .option('--retry-missing', 'send again what was sent and is not there any more')
      .option('--wait', 'until the job has ended; exit code 1 where it has not succeeded'),
    async (options: Arguments) => outcomeOfJob((await operate('charges push', options)) as Job, options.wait === true),
  );
  ends(
    leaf(charges, 'compare', 'Months in which what is charged here is not what Waldur shows.')
      .option('--from <month>', 'YYYY-MM; by default the first that is pushed', parseMonth)
      .option('--to <month>', 'YYYY-MM; by default the running one', parseMonth),
    async (options: Arguments) => {
      const rows = (await operate('charges compare', options)) as Compared[];
      const lines = rows.map(
        (row) =>
          `${row.month}  ${row.customer_name}: ${row.charged} ${row.currency} here, ${row.at_waldur} at Waldur ` +
          `(waiting ${row.waiting}, refused ${row.refused}, not sent ${row.not_sent}, missing ${row.missing})`,
      );
      return { value: rows, lines: lines.length ? lines : ['Both sides are the same.'] };
    },
  );
}
