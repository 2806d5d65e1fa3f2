import { type ChargeFacts, planCharge, type PlanRules } from './plan-charge.js';

const aCharge = (given: Partial<ChargeFacts> = {}): ChargeFacts => ({
  currency: 'EUR',
  lines: '0',
  consumption: null,
  isConsumptionKnown: given.consumption !== undefined,
  isTakenBack: false,
  isClosed: false,
  isIssued: false,
  heldBecause: null,
  posted: '0',
  revision: given.posted === undefined ? 0 : 1,
  target: given.posted ?? '0',
  rounded: given.posted ?? '0',
  basis: 'lines',
  pending: null,
  draftAtOtherRates: [],
  ...given,
});
const rules = (given: Partial<PlanRules> = {}): PlanRules => ({
  chargeMode: 'provisional_then_final',
  force: false,
  ...given,
});

describe('the plan of a charge', () => {
  test('follows its lines on a draft, up and down', () => {
    expect(planCharge(aCharge({ lines: '12.345' }), rules())).toMatchObject({
      target: '12.345',
      rounded: '12.35',
      entries: [{ kind: 'charge', amount: '12.35' }],
    });
    expect(planCharge(aCharge({ lines: '10', posted: '12.35' }), rules())).toMatchObject({
      entries: [{ kind: 'charge', amount: '-2.35' }],
    });
  });

  test('is what was consumed while more lines may come, whatever lines there are', () => {
    const early = aCharge({ consumption: '40.00', lines: '5.00' });
    expect(planCharge(early, rules())).toMatchObject({ target: '40.00', basis: 'consumption' });
    expect(planCharge({ ...early, consumption: null }, rules())).toMatchObject({ target: '0', basis: 'waiting' });
    expect(planCharge(early, rules({ chargeMode: 'final_only' }))).toMatchObject({ target: '5.00', basis: 'lines' });
  });

  test('credits a provisional charge when its statement closes without a line', () => {
    const closed = aCharge({ consumption: '100.00', posted: '100.00', isClosed: true });
    expect(planCharge(closed, rules())).toMatchObject({
      target: '0',
      entries: [{ kind: 'compensation', amount: '-100' }],
    });
  });

  test('of an issued invoice waits until it is closed, or somebody forces it', () => {
    const issued = aCharge({ lines: '90.00', posted: '100.00', isIssued: true });
    expect(planCharge(issued, rules())).toMatchObject({
      entries: [],
      pending: { amount: '-10', reason: 'invoice_issued' },
    });
    for (const [charge, rule] of [
      [{ ...issued, isClosed: true }, rules()],
      [issued, rules({ force: true })],
    ] as const)
      expect(planCharge(charge, rule)).toMatchObject({
        pending: null,
        entries: [{ kind: 'compensation', amount: '-10' }],
      });
  });

  test('stands at what was posted while it is held, closed or not', () => {
    for (const isClosed of [false, true]) {
      const held = aCharge({ lines: '0', posted: '40.00', target: '40.001', isClosed, heldBecause: 'lines_gone' });
      expect(planCharge(held, rules())).toMatchObject({ target: '40.001', basis: 'held', entries: [], pending: null });
    }
  });

  test('stands at nothing while it is held before anything was posted', () => {
    const fresh = aCharge({ lines: '12.50', target: '12.50', rounded: '12.50', heldBecause: 'amount_unreadable' });
    expect(planCharge(fresh, rules())).toMatchObject({ target: '0', basis: 'held', entries: [], pending: null });
  });

  test('is 0 once it was reversed, until the close', () => {
    const taken = aCharge({ consumption: '150.00', lines: '145.00', posted: '150.00', isTakenBack: true });
    expect(planCharge(taken, rules())).toMatchObject({ entries: [{ kind: 'reversal', amount: '-150' }] });
    expect(planCharge({ ...taken, isClosed: true }, rules())).toMatchObject({ target: '145.00' });
    const finalOnly = rules({ chargeMode: 'final_only' });
    expect(planCharge({ ...taken, basis: 'consumption' }, finalOnly)).toMatchObject({ basis: 'taken_back' });
    expect(planCharge({ ...taken, basis: 'taken_back' }, finalOnly)).toMatchObject({ target: '145.00' });
  });

  test.each([
    ['JPY', '2234.8', '2235'],
    ['KWD', '30.5555', '30.556'],
    ['CLF', '1.00005', '1.0001'],
    ['EUR', '-1.005', '-1.01'],
  ])('is rounded to the digits of %s, halves away from zero', (currency, lines, rounded) => {
    expect(planCharge(aCharge({ currency, lines }), rules())).toMatchObject({ rounded });
  });

  test('takes what stands at another tax rate off the draft and puts it on again', () => {
    const charge = aCharge({
      lines: '110.00',
      posted: '100.00',
      draftAtOtherRates: [{ taxPercent: '22.00', amount: '100.00' }],
    });
    expect(planCharge(charge, rules()).entries).toEqual([
      { kind: 'charge', amount: '-100', taxPercent: '22.00' },
      { kind: 'charge', amount: '110', taxPercent: null },
    ]);
  });
});
