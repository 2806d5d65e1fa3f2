import { z } from 'zod';
import { AnswerFault, checked, map, shownText, text } from './answers.js';
import type { ArrowCustomer, ArrowPartner } from './arrow-gateway.js';

const Contact = z.object({ Email: shownText, email: shownText });

const CustomerRow = z.object({
  Reference: text,
  reference: text,
  CompanyName: shownText,
  companyName: shownText,
  Ref: shownText,
  InternalReference: shownText,
  BillingId: shownText,
  EmailContact: shownText,
  emailContact: shownText,
  City: shownText,
  city: shownText,
  CountryCode: shownText,
  countryCode: shownText,
  TaxNumber: shownText,
  RegistrationNumber: shownText,
  WebsiteUrl: shownText,
  Contact: Contact.optional().catch(undefined),
  contact: Contact.optional().catch(undefined),
  Details: map.optional().catch(undefined),
  DeletedAt: z.union([text, z.boolean()]),
});

const Customers = z.object({ data: z.object({ customers: z.array(CustomerRow) }) });

const Partner = z.object({
  data: z.object({
    reference: text,
    companyName: text,
    emailContact: text,
    city: text,
    countryCode: text,
    preferredCurrency: text,
  }),
});

/** `data.customers` of the list and of the single answer alike. */
export function readCustomers(answer: unknown): ArrowCustomer[] {
  return checked(Customers, answer).data.customers.map(toCustomer);
}

/** `data` of `whoami`. */
export function readPartner(answer: unknown): ArrowPartner {
  const { data } = checked(Partner, answer);
  const reference = firstText(data.reference);
  if (reference === '') throw new AnswerFault('data.reference is empty');
  const currency = firstText(data.preferredCurrency);
  return {
    reference,
    companyName: firstText(data.companyName),
    email: firstText(data.emailContact),
    city: firstText(data.city),
    countryCode: firstText(data.countryCode),
    ...(currency === '' ? {} : { preferredCurrency: currency }),
  };
}

function toCustomer(row: z.output<typeof CustomerRow>, index: number): ArrowCustomer {
  const reference = firstText(row.Reference, row.reference);
  if (reference === '') throw new AnswerFault(`data.customers.${index} has no Reference`);
  const contact = { ...row.contact, ...row.Contact };
  const domainName = row.Details?.['DomainName'];
  return {
    reference,
    companyName: firstText(row.CompanyName, row.companyName),
    ref: firstText(row.Ref),
    internalReference: firstText(row.InternalReference),
    billingId: firstText(row.BillingId),
    email: firstText(row.EmailContact, row.emailContact, contact.Email, contact.email),
    city: firstText(row.City, row.city),
    countryCode: firstText(row.CountryCode, row.countryCode),
    taxNumber: firstText(row.TaxNumber),
    registrationNumber: firstText(row.RegistrationNumber),
    websiteUrl: firstText(row.WebsiteUrl),
    domainName: typeof domainName === 'string' ? domainName.trim() : '',
    isDeleted: row.DeletedAt === true || firstText(row.DeletedAt || null) !== '',
  };
}

/** The first that says anything, trimmed; empty text when none does. */
export function firstText(...candidates: Array<string | number | null | undefined>): string {
  for (const candidate of candidates) {
    const said = candidate === null || candidate === undefined ? '' : String(candidate).trim();
    if (said !== '') return said;
  }
  return '';
}
