import { describeOnce, startApp, type TestApp } from '../support/app.js';

interface Operation {
  operationId: string;
  summary?: string;
  tags?: string[];
  parameters?: { in: string; name: string; example?: unknown; schema?: { example?: unknown } }[];
}

describeOnce('Our document, as people see it in Swagger UI', () => {
  let app: TestApp;
  let operations: Operation[];
  let tags: { name: string; description: string }[];

  beforeAll(async () => {
    app = await startApp();
    const { body } = await app.api.get('/docs/openapi.json');
    operations = Object.values<Record<string, Operation>>(body.paths).flatMap((item) => Object.values(item));
    ({ tags } = body);
  });
  afterAll(() => app?.stop());

  it('has its operations under headings that say what they are for, in an order of our own', () => {
    const used = new Set(operations.flatMap((operation) => operation.tags ?? []));
    expect(tags.map(({ name }) => name).sort()).toEqual([...used].sort());
    for (const { description } of tags) expect(description).toMatch(/\.$/);
    expect(operations.filter(({ summary }) => !summary).map(({ operationId }) => operationId)).toEqual([]);
  });

  it('fills nothing into filters: a list that is tried out shows what there is', () => {
    const filled = operations.flatMap(({ operationId, parameters = [] }) =>
      parameters
        .filter((each) => each.in === 'query' && (each.example ?? each.schema?.example) !== undefined)
        .map(({ name }) => `${operationId} ${name}`),
    );
    expect(filled).toEqual([]);
  });

  it('opens at the bare address', async () => {
    const answer = await fetch(`${app.url}/`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs']);
  });
});
