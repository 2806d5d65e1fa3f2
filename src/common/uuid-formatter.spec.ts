import { type Sentence, sentence, UuidFormatter } from './uuid-formatter.js';

const [ONE, OTHER] = ['6f1c2a7e-0b1d-4c56-9f0e-3a1b2c3d4e5f', '00000000-0000-4000-8000-0000000000aa'];
const [HEX_ONE, HEX_OTHER] = [ONE, OTHER].map((uuid) => uuid.replaceAll('-', ''));
const dashed = new UuidFormatter('dashed');
const hex = new UuidFormatter('hex');

describe('A formatter of UUIDs', () => {
  test('hands on the very answer where UUIDs have dashes', () => {
    const answer = { uuid: ONE, rows: [{ customer_uuid: OTHER }] };
    expect(dashed.answer(answer)).toBe(answer);
    const row = [ONE];
    expect(dashed.row(['uuid'], row)).toBe(row);
    expect([dashed.text(`/api/customers/${ONE}/`), dashed.sentences(ONE, [ONE])]).toEqual([
      `/api/customers/${ONE}/`,
      ONE,
    ]);
  });

  test.each([
    ['uuid', ONE, HEX_ONE],
    ['customer_uuid', ONE, HEX_ONE],
    ['job_id', ONE, HEX_ONE],
    ['plan', ONE, HEX_ONE],
    ['paused', ['global', ONE], ['global', HEX_ONE]],
    ['scope', `${ONE}/2026-05/${OTHER}`, `${HEX_ONE}/2026-05/${OTHER}`],
    ['idempotency_key', `${ONE}/3`, `${HEX_ONE}/3`],
    ['charge_key', `${OTHER}/${ONE}/EUR`, `${OTHER}/${HEX_ONE}/EUR`],
    ['what_to_do', `Send ${ONE}. The order ${OTHER} …`, `Send ${HEX_ONE}. The order ${HEX_OTHER} …`],
  ])('knows by the name %s what is a UUID of ours', (field, value, written) => {
    expect(hex.answer({ [field]: value })).toEqual({ [field]: written });
    expect(hex.answer([{ below: { [field]: value } }])).toEqual([{ below: { [field]: written } }]);
    expect(hex.row(['name', field], ['A', value])).toEqual(['A', written]);
  });

  test('leaves what others wrote, however it looks', () => {
    const texts = { name: ONE, backend_id: ONE, license_reference: ONE, plan_name: ONE, customer: `${ONE} Ltd` };
    const upstream = { data: [{ subscription_uuid: ONE }], raw: { uuid: ONE } };
    const answer = { ...texts, ...upstream, count: 1, none: null, at: new Date(0) };
    expect(hex.answer(answer)).toEqual(answer);
  });

  test('changes nothing in the object that it is given', () => {
    const kept = { uuid: ONE, parameters: { settings_uuid: ONE } };
    expect(hex.answer(kept)).toEqual({ uuid: HEX_ONE, parameters: { settings_uuid: HEX_ONE } });
    expect(kept).toEqual({ uuid: ONE, parameters: { settings_uuid: ONE } });
  });

  test('writes those UUIDs in a sentence that it is told of', () => {
    const said = `License ${OTHER} is already linked to the resource "${OTHER}" (${ONE}).`;
    const written = `License ${OTHER} is already linked to the resource "${OTHER}" (${HEX_ONE}).`;
    expect(hex.sentences({ backend_id: [said] }, [ONE])).toEqual({ backend_id: [written] });
    const marked = sentence(said, [ONE]) as unknown as Sentence;
    expect(JSON.stringify({ marked })).toBe(JSON.stringify({ marked: said }));
    expect(hex.sentences(marked.toString(), marked.uuids)).toBe(written);
  });
});
