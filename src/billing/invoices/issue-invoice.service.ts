import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidFieldsError } from '../../common/app.error.js';
import { Clock } from '../../common/clock.js';
import { dateIn, plusDays } from '../../common/date-time.js';
import { parseUuid } from '../../common/uuid.js';
import { Customer } from '../../directory/customer.entity.js';
import { amountsOf } from './invoice-amounts.js';
import type { Invoice, IssuedDocument } from './invoice.entity.js';
import { InvoiceRepository } from './invoice.repository.js';
import { InvoiceNotFoundError, InvoiceStateError } from './invoices.errors.js';

const DAYS_TO_PAY = 30;

/** Turns a draft into an invoice: from now on nothing is posted on it, and it says for ever what it says now. */
@Injectable()
export class IssueInvoiceService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly invoices: InvoiceRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Issuing an issued one changes nothing. `dueDate` is `YYYY-MM-DD`; 30 days after the invoice date by default.
   * Throws `InvoiceNotFoundError`, `InvoiceStateError`, `InvalidFieldsError` for a due date before the invoice date.
   */
  async issue(uuid: string, by: string, dueDate?: string): Promise<void> {
    const known = parseUuid(uuid);
    await this.dataSource.transaction(async (manager) => {
      const invoice = known && (await this.invoices.lockForChange(manager, known));
      if (!invoice) throw new InvoiceNotFoundError();
      if (invoice.state === 'created') return;
      if (invoice.state !== 'pending') throw new InvoiceStateError(invoice.state, 'issued');
      await this.execute(manager, invoice, by, dueDate);
    });
  }

  private async execute(manager: EntityManager, invoice: Invoice, by: string, dueDate?: string): Promise<void> {
    const now = this.clock.now();
    const { number, timeZone } = await this.invoices.nextNumber(manager, invoice.accountUuid);
    const invoiceDate = dateIn(timeZone, now);
    const due = dueDate ?? plusDays(invoiceDate, DAYS_TO_PAY);
    if (due < invoiceDate)
      throw new InvalidFieldsError({ due_date: [`Choose the invoice date, ${invoiceDate}, or a later day.`] });
    await this.invoices.update(manager, invoice.uuid, {
      state: 'created',
      number,
      invoiceDate,
      dueDate: due,
      issuedAt: now,
      changedBy: by,
      modified: now,
      document: await this.documentOf(manager, invoice),
    });
  }

  private async documentOf(manager: EntityManager, invoice: Invoice): Promise<IssuedDocument> {
    const rates = await this.invoices.rates([invoice.uuid], manager);
    const customer = await manager.findOneByOrFail(Customer, { uuid: invoice.customerUuid });
    const { name, nativeName, abbreviation, registrationCode, country, email } = customer;
    return {
      customer: { name, nativeName, abbreviation, registrationCode, country, email },
      ...amountsOf(rates.get(invoice.uuid) ?? [], invoice.currency),
    };
  }
}
