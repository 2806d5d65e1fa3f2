import * as fc from 'fast-check';
import type { ExportLine } from '../../emulator/model.js';
import { BillingAccountsService } from '../../src/billing/accounts/billing-accounts.service.js';
import { ConsumptionSyncService } from '../../src/billing/consumption/consumption-sync.service.js';
import { StatementSyncService } from '../../src/billing/statement/statement-sync.service.js';
import { AppError } from '../../src/common/app.error.js';
import { round, sum } from '../../src/common/money.js';
import { YearMonth } from '../../src/common/year-month.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { BillingWorld, type Linked } from './billing-world.js';

/** A line of the model: keys are few, so that they collide; prices have fractions of cents. */
const line = fc.record({
  key: fc.constantFrom('A', 'B', 'C', 'D'),
  license: fc.constantFrom(0, 1),
  price: fc
    .integer({ min: -50_000, max: 500_000 })
    .map((n) => `${n < 0 ? '-' : ''}${Math.floor(Math.abs(n) / 1000)}.${String(Math.abs(n) % 1000).padStart(3, '0')}`),
  statement: fc.constantFrom('H1', 'H2', null),
});
type Line = typeof line extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('export' as const),
      lines: fc.array(line, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('shuffle' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('sync' as const, 'reconcile' as const, 'both' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('consumption' as const),
      license: fc.constantFrom(0, 1),
      amount: fc.integer({ min: 0, max: 300 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('issue' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('in whatever order exports, syncs, reconciliations, consumption and retries come', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.stop());

  /** The service without HTTP and queue in between: what is tried here is the ledger. */
  class Books {
    lines: Line[] = [];
    seen = new Set<number>();
    consumed = new Map<number, number>();

    private constructor(
      readonly w: BillingWorld,
      readonly licenses: readonly [Linked, Linked],
    ) {}

    static async open(): Promise<Books> {
      const w = await new BillingWorld(app).start();
      const party = await w.party();
      return new Books(w, [await w.linked(party), await w.linked(party)]);
    }

    async take(given: Step): Promise<void> {
      if (given.kind === 'export') this.publish(given.lines);
      if (given.kind === 'shuffle') this.publish(this.lines.toReversed());
      if (given.kind === 'consumption') await this.consume(given.license, given.amount);
      if (given.kind === 'issue') await this.issue();
      if (!this.lines.length) return;
      if (given.kind === 'sync') await this.run(false);
      if (given.kind === 'reconcile') await this.run(true);
      if (given.kind === 'both') await Promise.all([this.run(false), this.run(true), this.run(false)]);
    }

    publish(lines: Line[]): void {
      this.lines = lines;
      this.w.export(
        lines.map(({ key, license, price, statement }): ExportLine =>
          this.w.line(this.licenses[license].license, price, {
            sequence: key,
            values: { 'statement-reference': statement },
          }),
        ),
      );
    }

    async run(settle: boolean): Promise<number> {
      const options = { settle, force: settle, dryRun: false, acceptShrinkage: true, onlyLicense: null };
      try {
        const report = await app.app.get(StatementSyncService).run(await this.context(), options, control);
        for (const { license } of this.lines) this.seen.add(license);
        expect(report.tie_out.map((entry) => [entry.currency, entry.difference])).toEqual([['EUR', '0']]);
        return report.postings;
      } catch (error) {
        // Of runs at the same time an older one may find itself overtaken: it has changed nothing.
        if (!(error instanceof AppError && error.code === 'export_superseded')) throw error;
        return 0;
      }
    }

    async consume(license: 0 | 1, amount: number): Promise<void> {
      const { license: arrow } = this.licenses[license];
      this.w.consumes(arrow, [[amount, amount]]);
      await app.app.get(ConsumptionSyncService).run(await this.context(), [arrow.licenseId], control);
      this.consumed.set(license, amount);
    }

    async issue(): Promise<void> {
      await app.database.query(
        `UPDATE invoice SET state = 'issued' WHERE customer_uuid = $1 AND month = '2026-01-01'`,
        [this.licenses[0].customer],
      );
    }

    /** What ArrowSphere states: the lines, and consumption of licences of which no line was ever seen. */
    get stated(): string {
      const provisional = [...this.consumed]
        .filter(([license]) => !this.seen.has(license))
        .map(([, amount]) => String(amount));
      return round(sum([...this.lines.map((one) => one.price), ...provisional]), 2);
    }

    charged = () => this.w.charged(this.licenses[0].customer);

    private async context() {
      const settings = await app.app.get(SettingsService).get(this.w.settings);
      return app.app.get(BillingAccountsService).context(settings, YearMonth.from('2026-01'), 'test', null);
    }
  }
  const control = { signal: new AbortController().signal, progress: () => Promise.resolve() };

  test('what is posted is what the last complete statement says, and once more changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 10 }),
        fc.array(line, { minLength: 1, maxLength: 6 }),
        async (steps, last) => {
          const books = await Books.open();
          for (const one of steps) await books.take(one);
          books.publish(last);
          await books.run(true);
          expect(await books.charged()).toBe(books.stated);
          expect(await books.run(true)).toBe(0);
          expect(await books.run(false)).toBe(0);
          expect(await books.charged()).toBe(books.stated);
        },
      ),
      { numRuns: 15 },
    );
  }, 240_000);
});
