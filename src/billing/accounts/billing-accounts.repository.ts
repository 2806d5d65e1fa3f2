import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { naming, RelatedObjectGoneError } from '../../database/constraint.js';
import { BillingAccount, BillingSwitch } from './billing-account.entity.js';
import { BillingRule } from './billing-rule.entity.js';

/** What of a rule may be changed. */
export type RuleFields = Pick<
  BillingRule,
  'chargeMode' | 'priceSource' | 'classificationFilter' | 'numberLocale' | 'defaultCurrency' | 'taxPercent'
>;

/** A month that the account has begun. */
export interface BegunMonth {
  /** First day. */
  readonly month: string;
  /** It has a closed statement or an issued invoice. */
  readonly isFixed: boolean;
}

const BEGUN_MONTHS = `
  WITH begun AS (
    SELECT month FROM billing_month WHERE account_uuid = $1
    UNION SELECT month FROM charge WHERE account_uuid = $1
    UNION SELECT month FROM invoice WHERE account_uuid = $1
  )
  SELECT
    begun.month,
    EXISTS (
      SELECT
      FROM billing_sync statement
      WHERE statement.account_uuid = $1
        AND statement.month = begun.month
        AND statement.state = 4
    )
    OR EXISTS (
      SELECT
      FROM invoice
      WHERE invoice.account_uuid = $1
        AND invoice.month = begun.month
        AND invoice.state <> 'pending'
    ) AS "isFixed"
  FROM begun
  ORDER BY begun.month`;

/** Accounts, the rules that they are billed by, and the switches of the whole service. */
@Injectable()
export class BillingAccountsRepository {
  constructor(
    @InjectRepository(BillingAccount) private readonly accounts: Repository<BillingAccount>,
    @InjectRepository(BillingRule) private readonly rules: Repository<BillingRule>,
    @InjectRepository(BillingSwitch) private readonly switches: Repository<BillingSwitch>,
  ) {}

  /** Of these settings, or of their partner. */
  findOf(settingsUuid: string, partner: string | null): Promise<BillingAccount[]> {
    return this.accounts.find({ where: [{ settingsUuid }, ...(partner ? [{ partnerReference: partner }] : [])] });
  }

  /** Throws `RelatedObjectGoneError`. */
  async get(uuid: string): Promise<BillingAccount> {
    return notGone(await this.accounts.findOneBy({ uuid }));
  }

  /** Made unless it is there already. Throws `RelatedObjectGoneError`. */
  async create(settingsUuid: string, partnerReference: string | null): Promise<BillingAccount> {
    const insert = this.accounts.createQueryBuilder().insert().values({ settingsUuid, partnerReference }).orIgnore();
    await naming({}, () => insert.execute());
    return notGone(await this.accounts.findOne({ where: partnerReference ? { partnerReference } : { settingsUuid } }));
  }

  async update(manager: EntityManager, uuid: string, columns: Partial<BillingAccount>): Promise<void> {
    if (Object.keys(columns).length) await manager.update(BillingAccount, { uuid }, columns);
  }

  /** Runs work while nobody else changes the account or its rules. Throws `RelatedObjectGoneError`. */
  locked<T>(uuid: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.accounts.manager.transaction(async (manager) => {
      notGone(await manager.findOne(BillingAccount, { where: { uuid }, lock: { mode: 'pessimistic_write' } }));
      return work(manager);
    });
  }

  /** Oldest first. */
  rulesOf(accountUuid: string, manager: EntityManager = this.rules.manager): Promise<BillingRule[]> {
    return manager.find(BillingRule, { where: { accountUuid }, order: { validFrom: 'ASC' } });
  }

  async addRule(manager: EntityManager, rule: Partial<BillingRule>): Promise<void> {
    await manager.insert(BillingRule, rule);
  }

  async changeRules(
    manager: EntityManager,
    uuids: readonly string[],
    fields: Partial<RuleFields> & Pick<BillingRule, 'modified' | 'changedBy'>,
  ): Promise<void> {
    for (const uuid of uuids) await manager.update(BillingRule, { uuid }, fields);
  }

  /** The months of the account, oldest first. */
  begunMonths(manager: EntityManager, accountUuid: string): Promise<BegunMonth[]> {
    return manager.query(BEGUN_MONTHS, [accountUuid]);
  }

  findSwitch(name: string): Promise<BillingSwitch | null> {
    return this.switches.findOneBy({ name });
  }

  async setSwitch(manager: EntityManager, row: BillingSwitch): Promise<void> {
    await manager.upsert(BillingSwitch, row, ['name']);
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.accounts.manager.transaction(work);
  }
}

/** An account goes with its settings, as long as it has billed nothing. */
function notGone(account: BillingAccount | null): BillingAccount {
  if (!account) throw new RelatedObjectGoneError();
  return account;
}
