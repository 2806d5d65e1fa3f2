import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { translateConstraintErrors, RelatedObjectGoneError } from '../../database/constraint.js';
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

const CONSUMPTION = 'consumption';

const BEGUN_MONTHS = `
  SELECT begun.month, bool_or(begun.is_fixed) AS "isFixed"
  FROM (
    SELECT month, false AS is_fixed FROM billing_month WHERE account_uuid = $1
    UNION ALL SELECT month, false FROM charge WHERE account_uuid = $1
    UNION ALL SELECT month, state = 4 FROM billing_sync WHERE account_uuid = $1
    UNION ALL SELECT month, state <> 'pending' FROM invoice WHERE account_uuid = $1
  ) begun
  GROUP BY begun.month
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
    await translateConstraintErrors({}, () => insert.execute());
    return notGone(await this.accounts.findOne({ where: partnerReference ? { partnerReference } : { settingsUuid } }));
  }

  async update(
    uuid: string,
    columns: Partial<BillingAccount>,
    manager: EntityManager = this.accounts.manager,
  ): Promise<void> {
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

  /** The months of the account, oldest first. */
  begunMonths(manager: EntityManager, accountUuid: string): Promise<BegunMonth[]> {
    return manager.query(BEGUN_MONTHS, [accountUuid]);
  }

  /** The switch behind "pause everything"; null where nobody ever used it. */
  findSwitch(): Promise<BillingSwitch | null> {
    return this.switches.findOneBy({ name: CONSUMPTION });
  }

  async setSwitch(manager: EntityManager, row: Omit<BillingSwitch, 'name'>): Promise<void> {
    await manager.upsert(BillingSwitch, { ...row, name: CONSUMPTION }, ['name']);
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
