import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';
import { type Span, TraceCollector } from '../support/trace-collector.js';

const STAFF_TOKEN = 'staff-token-of-traces-0123456789abcdefghij';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const traceparent = `00-${TRACE}-${PARENT}-01`;

describe('Traces', () => {
  const processes = new ServiceProcesses();
  let arrow: ArrowEmulator;
  let collector: TraceCollector;
  let service: ServiceProcess;

  const variables = (more: Record<string, string> = {}) => ({
    DATA_DIR: processes.dataDir(),
    STAFF_TOKEN,
    ARROW_ALLOW_PRIVATE_HOSTS: 'true',
    ...more,
  });
  const attribute = (span: Span, key: string) =>
    Object.values(span.attributes.find((each) => each.key === key)?.value ?? {})[0];

  beforeAll(async () => {
    arrow = await ArrowEmulator.start();
    arrow.data.partners[0]!.apiKey = 'a-secret-api-key-of-arrowsphere';
    collector = await TraceCollector.start();
  });
  afterAll(async () => {
    await processes.end();
    await arrow.stop();
    collector.stop();
  });

  it('of a request go on from its caller, down to ArrowSphere and the database, and hold no secret', async () => {
    const headers = join(processes.dataDir(), 'headers');
    writeFileSync(headers, 'x-collector-key=for%20the-collector\n');
    service = processes.start(
      variables({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS_FILE: headers,
        OTEL_SERVICE_NAME: 'arrow-of-a-reseller',
      }),
    );
    const api = await service.api(STAFF_TOKEN);
    const { status } = await api.post(
      '/api/admin/arrow/settings/save_settings/?page=1',
      { api_url: arrow.url, api_key: 'a-secret-api-key-of-arrowsphere', is_active: true },
      { traceparent, 'X-Request-Id': 'from-the-proxy-17' },
    );
    expect(status).toBeLessThan(300);
    const refused = await api.as('wrong-token-'.repeat(4)).get('/api/customers/', { traceparent });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    // The last spans are sent before the process ends.
    expect(await service.exit('SIGTERM')).toBe(0);

    const { spans } = collector;
    const ofCaller = spans.filter(({ parentSpanId }) => parentSpanId === PARENT);
    const names = ['POST /api/admin/arrow/settings/save_settings', 'GET /api/customers'];
    expect(ofCaller.map(({ name }) => name.replace(/\/$/, ''))).toEqual(names);
    const [saved, denied] = ofCaller as [Span, Span];
    expect(attribute(saved, 'waldur_arrow.request_id')).toBe('from-the-proxy-17');
    expect(attribute(saved, 'waldur_arrow.caller')).toMatch(/^[\da-f-]{36}$/);
    expect(attribute(denied, 'http.response.status_code')).toBe(401);
    expect(attribute(denied, 'waldur_arrow.caller')).toBeUndefined();

    const isBelow = (span: Span | undefined): boolean =>
      !!span && (span === saved || isBelow(spans.find(({ spanId }) => spanId === span.parentSpanId)));
    const below = spans.filter((span) => span !== saved && isBelow(span));
    expect(below.map(({ name }) => name)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^arrow /), 'INSERT', 'SELECT']),
    );
    expect(new Set(below.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    const statements = below.map((span) => attribute(span, 'db.query.text')).filter((text) => text !== undefined);
    expect(statements).toContainEqual(expect.stringMatching(/^SELECT \.\.\. FROM auth_token .* WHERE /));

    expect(new Set(collector.headers)).toEqual(new Set(['POST /v1/traces for the-collector']));
    const sent = collector.bodies.join('\n');
    expect(sent).toContain('arrow-of-a-reseller');
    expect([sent, service.output].join('\n')).not.toMatch(
      /a-secret-api-key|wrong-token-|for the-collector|for%20the-collector/,
    );
    expect(sent).not.toContain(STAFF_TOKEN);
  });

  it('are named in the log, beside the id of the request and its caller', () => {
    const lines = service.output.split('\n').filter((line) => line.includes('save_settings'));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        request_id: 'from-the-proxy-17',
        trace_id: TRACE,
        caller: expect.stringMatching(/^[\da-f-]{36}$/),
      }),
    ]);
  });

  it('of a job stand under the job', async () => {
    service = processes.start(variables({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` }));
    const api = await service.api(STAFF_TOKEN);
    collector.bodies.length = 0;
    const settings = await api.post('/api/admin/arrow/settings/', {
      api_url: arrow.url,
      api_key: 'a-secret-api-key-of-arrowsphere',
      export_type_reference: 'ET1',
    });
    expect(settings.status).toBe(201);
    const month = { year: 2026, month: 9, settings_uuid: settings.body.uuid };
    const started = await api.post('/api/admin/arrow/billing-syncs/reconcile/', month);
    expect(started).toMatchObject({ status: 202, body: { job_url: expect.any(String) } });
    await service.says(/"event":"job_ended"/);
    expect(await service.exit('SIGTERM')).toBe(0);
    const job = collector.spans.find(({ name }) => name.startsWith('job '))!;
    expect(collector.spans.filter(({ parentSpanId }) => parentSpanId === job.spanId).length).toBeGreaterThan(0);
    expect(attribute(job, 'waldur_arrow.job')).toBe(/"job":"([\da-f-]{36})"/.exec(service.output)![1]);
  });

  it.each([
    ['where nobody is told', {}],
    ['where they are switched off', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' }],
  ])('are not collected %s, and no id of a trace stands in the log', async (_, given: Record<string, string>) => {
    service = processes.start(variables(given));
    const api = await service.api(STAFF_TOKEN);
    await api.get('/api/customers/', { traceparent });
    expect(await service.exit('SIGTERM')).toBe(0);
    expect(service.output).toMatch(/"request_id":/);
    expect(service.output).not.toMatch(/trace_id|Traces/);
  });

  it('that nobody takes delay no end, and the log says why they are lost', async () => {
    const given = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    };
    service = processes.start(variables(given));
    const api = await service.api(STAFF_TOKEN);
    expect((await api.get('/api/customers/')).status).toBe(200);
    await service.says(/"context":"Traces"/);
    expect(await service.exit('SIGTERM')).toBe(0);
  });
});
