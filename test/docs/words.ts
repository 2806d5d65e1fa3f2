/** A word that the glossary replaces by another one, so that there is one word for one thing (docs/glossary.md). */
export interface AvoidedWord {
  /** Matched against comments, texts and prose; upper and lower case are the same. */
  readonly sentences?: RegExp;
  /** Matched against whole identifiers. */
  readonly identifiers?: RegExp;
  readonly instead: string;
  /** Where it is right: a part of the sentence or identifier, and why. One that is found nowhere fails. */
  readonly allowed?: readonly (readonly [text: RegExp, because: string])[];
}

/** An identifier with this word in it: `word`, `wordOf`, `otherWord`, `word_uuid`, `WORD`. */
const withWord = (...words: string[]) => {
  const either = words.join('|');
  const capital = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('|');
  return new RegExp(`^(${either})(?![a-z])|(${capital})(?![a-z])|(^|_)(${either}|${either.toUpperCase()})(_|$)`);
};

export const AVOIDED: readonly AvoidedWord[] = [
  {
    sentences: /\b(hang(s|ing)?|hung) (on|off|by|from)\b|\bhang on nothing\b/,
    instead: 'is linked to, is in use by, depends on',
  },
  {
    sentences: /\bloose(ly)?\b/,
    identifiers: withWord('loose'),
    instead: 'unlinked, unmatched',
    allowed: [[/^loose$/, "class-validator's name for any version of UUID, and Zod's for unknown keys"]],
  },
  {
    sentences: /(?<!\bbill-to )\bpart(y|ies)\b/,
    identifiers: /^\w*Party$/,
    instead: 'bill-to party, BillTo',
    allowed: [[/^(Arrow|Waldur|arrow|waldur)Party$/, 'the two sides of a match of names']],
  },
  { sentences: /\bbetter known\b/, instead: 'provisional, final' },
  {
    sentences: /\bsettl(e|es|ed|ing)\b/,
    identifiers: withWord('settle', 'settles', 'settling'),
    instead: 'close (a statement), reconcile (a month), execute (a change), decide',
  },
  {
    sentences: /\blet(s|ting)? (\w+ )?go\b|\bfinish what is closed\b/,
    identifiers: /^(letGo|LET_GO|let_go)$/,
    instead: 'close, release, drop',
  },
  { sentences: /\bwhose (it|they) (is|are|was|were)\b/, instead: 'owner, bill-to party' },
  { sentences: /\bdropped for a newer\b/, instead: 'superseded' },
  {
    sentences: /\borganizations?\b/,
    identifiers: withWord('organization', 'organizations'),
    instead: 'organisation',
    allowed: [
      [
        /^organization_(groups|mapped)$|^organizationUnitId$|^Organization Unit$/,
        "a key or column of Waldur's or ArrowSphere's",
      ],
      [
        /^(is_call_managing_organization|organization|organization_(group_name|group_uuid|roles)|ORGANIZATION_SUBNETS_VISIBLE)$/,
        "a parameter or a setting of Waldur's",
      ],
      [/^organisation=organization /, 'the American spelling, which names are read with'],
    ],
  },
  { sentences: /\beuros? travels?\b/, instead: 'from export line to invoice' },
  { sentences: /\bwish(es|ed)?\b/, identifiers: withWord('wish', 'wishes'), instead: 'command' },
  { identifiers: withWord('ground', 'grounds'), instead: '…Facts' },
  { sentences: /\brehears/, identifiers: withWord('rehearse', 'rehearsal', 'rehearses'), instead: 'dryRun, dry run' },
  {
    sentences: /\b(take[sn]?|taking|took)( \w+){0,2} back\b/,
    identifiers: /^takeBack$/,
    instead: 'reverse',
  },
  { identifiers: /^naming$/, instead: 'translateConstraintErrors' },
  { identifiers: /^removing$/, instead: 'deleteOrThrowInUse' },
  { identifiers: /^updateGiven$/, instead: 'updateDefined' },
  { identifiers: /^Unreadable$/, instead: 'ParseFailure' },
  { identifiers: /^NOWHERE$/, instead: 'NO_MATCH_UUID' },
  { identifiers: /^storable$/, instead: 'sanitizeText' },
  { identifiers: /^givenName$/, instead: 'displayName' },
  { identifiers: /^gotInTheWay$/, sentences: /\bg[eo]t(ting)? in the way\b/, instead: 'isConcurrencyConflict' },
  { identifiers: /^news$/, instead: 'wakeUp, changes' },
  { identifiers: /^(aroundEveryRequest|letBrowsersIn)$/, instead: 'registerRequestHooks, enableCors' },
  { identifiers: /^(whatToDoAbout|mendable)$/, instead: 'startupErrorMessage' },
  { identifiers: /^nobodysHash$/, instead: 'dummyHash' },
  { identifiers: /^asWaldurDescribesIt$/, instead: 'toWaldurSchema' },
  { identifiers: /^WHOLE_SETS$/, instead: 'DISABLE_NESTED_LOOPS' },
  { sentences: /\bnobody does jobs\b/, instead: 'No handler is registered for jobs of kind …' },
  { sentences: /\bis no sell amount\b/, instead: 'is not a valid sell amount' },
  { sentences: /\bothers are changing the same\b/, instead: 'are being changed by another request' },
  { sentences: /\bby what rules\b/, instead: 'billing rules of …' },
  { sentences: /\bwhat is on, and how much is waiting\b/, instead: 'status of …' },
];
