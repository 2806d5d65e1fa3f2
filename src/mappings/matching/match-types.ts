/** An ArrowSphere customer, as far as it bears on matching. Empty text counts as not given. */
export interface ArrowParty {
  /** Whatever the caller knows it by; unique among the Arrow customers. */
  key: string;
  name: string;
  /** ArrowSphere's own reference of the customer. */
  reference?: string;
  ref?: string;
  internalReference?: string;
  email?: string;
  /** Domains known to be the customer's, beside that of its e-mail address. */
  domains?: string[];
  /** ISO 3166, two letters. */
  countryCode?: string;
  registrationNumber?: string;
  taxNumber?: string;
}

/** A Waldur organisation, as far as it bears on matching. Empty text counts as not given. */
export interface WaldurParty {
  /** Whatever the caller knows it by; unique among the organisations. */
  key: string;
  name: string;
  nativeName?: string;
  abbreviation?: string;
  backendId?: string;
  email?: string;
  countryCode?: string;
  registrationCode?: string;
  /** It is mapped under the same settings already, so it is probably somebody else. */
  alreadyMapped?: boolean;
}

/** One reason for or against a suggestion. */
export interface Evidence {
  /**
   * `name`, `native_name`, `abbreviation`: the words that agree. `name_difference`: the words that do not.
   * `legal_form`: forms that differ. `internal_reference`, `ref`, `reference`, `registration_number`, `tax_number`: an
   * identifier that is equal, or a registration number that is not. `email_domain`, `country`: equal or contradicting.
   * `no_identifier`: what is taken off because names and the like never make certain. `already_mapped`: what is taken
   * off because the organisation has a customer under the same settings.
   */
  kind: string;
  arrow: string;
  waldur: string;
  /** By how much it moved the confidence, -1…1; 0 for what is told without having counted. All add up to it. */
  weight: number;
}

export interface Suggestion {
  arrowKey: string;
  waldurKey: string;
  /** 0…1: 1 by an equal identifier, 0.9 and more nearly always right, 0.5 worth a look. */
  confidence: number;
  /** Another pairing is as good, or nearly: a person must choose. */
  ambiguous: boolean;
  /** The next best organisation for the same Arrow customer, where there is one near enough to think of. */
  runnerUp?: { waldurKey: string; confidence: number };
  evidence: Evidence[];
  note?: string;
}

export interface MatchOptions {
  /** Suggestions below it are left out; 0.5 if not given. */
  minConfidence?: number;
}
