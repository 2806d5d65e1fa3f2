import { type DecimalString, round } from '../common/money.js';

/** The currency of a line: a code of ISO 4217, or what else stood in the cell. */
export interface LineCurrency {
  /** Upper case where it is known; else the text as sent, shortened to 10 characters; `''` where nothing says it. */
  readonly code: string;
  /** False: nothing may be charged in it. */
  readonly known: boolean;
}

/**
 * Minor units of ISO 4217 where they are not two, and where `Intl` does not know the currency, or not in every release of its
 * data. Its digits do not serve: they are those that people write (a forint and a rupiah have none there, with two in the
 * standard), and other ones in another release.
 */
const MINOR_UNITS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: 'BOV CHE CHW COU MXV USN VED XAD XCG ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const DIGITS: ReadonlyMap<string, number> = new Map(
  Object.entries(MINOR_UNITS).flatMap(([digits, codes]) => codes.split(' ').map((code) => [code, Number(digits)])),
);

/** The currencies this runtime or the table above knows, each as the one object that all of its lines share. */
const KNOWN: ReadonlyMap<string, LineCurrency> = new Map(
  [...Intl.supportedValuesOf('currency'), ...DIGITS.keys()]
    // "No currency" and the code for tests.
    .filter((code) => code !== 'XXX' && code !== 'XTS')
    .map((code) => [code, { code, known: true }]),
);

/** The currency that a text names, letter case ignored. `€`, `EURO` and `978` name none. */
export function currencyOf(text: string): LineCurrency {
  return KNOWN.get(text) ?? KNOWN.get(text.toUpperCase()) ?? { code: text.slice(0, 10), known: false };
}

/** Decimals of an amount that is charged in this currency, as ISO 4217 says: JPY 0, EUR 2, KWD 3; 2 for what is none. */
export function currencyDigits(code: string): number {
  return DIGITS.get(code) ?? 2;
}

/** An amount in the digits of its currency, as it is charged. */
export function inCurrency(amount: DecimalString, code: string): DecimalString {
  return round(amount, currencyDigits(code));
}
