import { answerOf, answerFieldsOf, Shown, ShownOrNull, wireOf } from './answer.js';

class Thing {
  @Shown('uuid') owner_uuid: string;
  @Shown('date-time') created: string;
  @ShownOrNull('date-time') last_seen_at: string | null;
  @Shown() full_name: string;
  @Shown({ required: false }) note?: string;
}

const CREATED = new Date('2026-01-02T03:04:05Z');
const thing = { ownerUuid: 'u', created: CREATED, lastSeenAt: null, name: 'A', secret: 's' };

describe('the wire form of an object', () => {
  test('has what its class declares, and nothing else', () => {
    expect(answerFieldsOf(Thing)).toEqual(['owner_uuid', 'created', 'last_seen_at', 'full_name', 'note']);
    const wire = { owner_uuid: 'u', created: '2026-01-02T03:04:05+00:00', last_seen_at: null, full_name: 'A' };
    expect(answerOf(Thing, thing, { full_name: thing.name })).toEqual(wire);
    expect(Object.keys(answerOf(Thing, thing, { full_name: 'A', note: undefined }))).not.toContain('note');
  });

  test('takes what is given for a field before what the object has', () => {
    expect(answerOf(Thing, thing, { full_name: 'B', note: 'n', owner_uuid: 'v' })).toMatchObject({
      full_name: 'B',
      note: 'n',
      owner_uuid: 'v',
    });
  });

  test('goes down to the leaves where no class declares it', () => {
    const report = { tieOut: [{ chargesAway: 0, organisations: [{ customerUuid: null }] }], appliedAt: CREATED };
    expect(wireOf(report)).toEqual({
      tie_out: [{ charges_away: 0, organisations: [{ customer_uuid: null }] }],
      applied_at: '2026-01-02T03:04:05+00:00',
    });
  });
});
