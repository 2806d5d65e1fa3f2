import { readFileSync } from 'node:fs';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

/**
 * What Waldur's web application reads of `/api/configuration/` from its first line to the login and the first page: from
 * `waldur/waldur-homeport` as of 25 October 2024 (fb1f48fd), `src/core/bootstrap.ts`, `src/afterBootstrap.tsx`, and
 * `src/auth`, `src/i18n`, `src/navigation`, `src/store`.
 */
const START_KEYS = {
  '': ['FEATURES', 'LANGUAGES', 'LANGUAGE_CODE'],
  WALDUR_CORE: [
    'AUTHENTICATION_METHODS',
    'BRAND_COLOR',
    'BRAND_LABEL_COLOR',
    'COMMON_FOOTER_TEXT',
    'CURRENCY_NAME',
    'DEFAULT_IDP',
    'DISABLE_DARK_THEME',
    'DOCS_URL',
    'EXTERNAL_LINKS',
    'FULL_PAGE_TITLE',
    'HERO_LINK_LABEL',
    'HERO_LINK_URL',
    'HOMEPORT_SENTRY_DSN',
    'HOMEPORT_SENTRY_ENVIRONMENT',
    'HOMEPORT_SENTRY_TRACES_SAMPLE_RATE',
    'INVITATIONS_ENABLED',
    'INVITATION_USE_WEBHOOKS',
    'LANGUAGE_CHOICES',
    'MASTERMIND_URL',
    'MATOMO_SITE_ID',
    'MATOMO_URL_BASE',
    'NATIVE_NAME_ENABLED',
    'POWERED_BY_LOGO',
    'SHORT_PAGE_TITLE',
    'SIDEBAR_LOGO',
    'SIDEBAR_LOGO_DARK',
    'SIDEBAR_LOGO_MOBILE',
    'SIDEBAR_STYLE',
    'SITE_DESCRIPTION',
    'SITE_EMAIL',
    'SITE_PHONE',
    'TRANSLATION_DOMAIN',
  ],
};
/** Sections whose keys it reads without asking whether there is a section. */
const SECTIONS = [
  'WALDUR_AUTH_SAML2',
  'WALDUR_AUTH_SOCIAL',
  'WALDUR_AUTH_VALIMO',
  'WALDUR_FREEIPA',
  'WALDUR_MARKETPLACE',
  'WALDUR_OPENSTACK',
  'WALDUR_RANCHER',
  'WALDUR_SUPPORT',
  'WALDUR_VMWARE',
];

describe('What stands beside the contract', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
  });
  afterAll(() => app?.stop());

  const open = async (path: string, method = 'GET') => {
    const answer = await fetch(`${app.url}${path}`, { method });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };

  describe('for the start of the web application', () => {
    it('the configuration needs no token and has every key that the start reads', async () => {
      const { status, text } = await open('/api/configuration/');
      expect(status).toBe(200);
      const configuration = JSON.parse(text) as Record<string, object> & { WALDUR_CORE: Record<string, unknown> };
      expect(Object.keys(configuration)).toEqual(expect.arrayContaining([...START_KEYS[''], ...SECTIONS]));
      expect(Object.keys(configuration.WALDUR_CORE)).toEqual(expect.arrayContaining(START_KEYS.WALDUR_CORE));
      expect(configuration).toMatchObject({ LANGUAGE_CODE: 'en', LANGUAGES: [['en', 'English']], FEATURES: {} });
      expect(configuration.WALDUR_CORE).toMatchObject({
        AUTHENTICATION_METHODS: ['LOCAL_SIGNIN'],
        MASTERMIND_URL: app.url,
      });
    });

    it('there are no roles, on one page, without a token', async () => {
      for (const method of ['GET', 'HEAD']) {
        const { status, headers, text } = await open('/api/roles/?page_size=200', method);
        expect([status, headers.get('x-result-count'), text]).toEqual([200, '0', method === 'GET' ? '[]' : '']);
      }
      expect((await open('/api/roles/?page=2')).status).toBe(404);
    });

    it('the version is that of the package, for every user', async () => {
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
      expect(await app.api.get('/api/version/')).toMatchObject({ status: 200, body: { version } });
      expect((await open('/api/version/')).status).toBe(401);
    });
  });

  describe('UUIDs from elsewhere', () => {
    const collections = [
      ['customers', () => ({ name: 'Own' })],
      ['projects', async () => ({ name: 'Own', customer: (await make.customer()).uuid })],
      ['marketplace-provider-offerings', () => ({ name: 'Own' })],
      ['marketplace-plans', async () => ({ name: 'Own', offering: (await make.offering()).uuid })],
      [
        'marketplace-resources',
        async () => ({ name: 'Own', project: (await make.project()).uuid, offering: (await make.offering()).uuid }),
      ],
    ] as const;

    it.each(collections)('stay those of new %s, and are refused where they are taken', async (path, valid) => {
      const url = `/api/${path}/`;
      const uuid = 'ABCDEF01-2345-4789-8abc-def012345678';
      const body = await valid();
      const created = await app.api.post(url, { ...body, uuid });
      expect([created.status, created.body.uuid]).toEqual([201, uuid.toLowerCase()]);
      const again = await app.api.post(url, { ...body, name: 'Other', uuid: created.body.uuid });
      expect([again.status, again.body]).toEqual([
        400,
        { uuid: ['An object of this kind with this UUID exists already.'] },
      ]);
      expect((await app.api.get(created.body.url)).body.name).toBe('Own');
      for (const wrong of ['mine', null, '00000000-0000-0000-0000-000000000000']) {
        const { status, body: refused } = await app.api.post(url, { ...body, uuid: wrong });
        expect([wrong, status, Object.keys(refused)]).toEqual([wrong, 400, ['uuid']]);
      }
      const other = (await app.api.post(url, await valid())).body.uuid as string;
      await app.api.patch(created.body.url, { name: 'Changed', uuid: other });
      expect((await app.api.get(created.body.url)).body).toMatchObject({ name: 'Changed', uuid: created.body.uuid });
    });
  });

  describe('PUT', () => {
    it('changes organisations and projects; it needs what is required and leaves alone what is left out', async () => {
      const customer = await make.customer({ abbreviation: 'AB', backend_id: 'b-1' });
      const project = await make.project({ customer: customer.uuid, backend_id: 'p-1' });
      const put = (url: string, body: object) => app.api.send('PUT', url, body);
      expect(await put(customer.url, { name: 'Renamed' })).toMatchObject({
        status: 200,
        body: { uuid: customer.uuid, name: 'Renamed', abbreviation: 'AB', backend_id: 'b-1' },
      });
      expect(await put(project.url, { name: 'Moved', customer: (await make.customer()).url })).toMatchObject({
        status: 200,
        body: { uuid: project.uuid, name: 'Moved', backend_id: 'p-1' },
      });
      const required = ['This field is required.'];
      expect((await put(customer.url, {})).body).toEqual({ name: required });
      expect((await put(project.url, {})).body).toEqual({ name: required, customer: required });
      expect((await put('/api/projects/00000000-0000-4000-8000-000000000000/', {})).status).toBe(404);
    });
  });

  describe('The plans of an offering', () => {
    it('come all at once, by name', async () => {
      const offering = await make.offering();
      const plans = [];
      for (const name of ['Yearly', 'Monthly']) plans.unshift(await make.plan({ offering: offering.uuid, name }));
      await make.plan();
      const url = `/api/marketplace-public-offerings/${offering.uuid}/plans/`;
      const { status, headers, body } = await app.api.get(url);
      expect([status, headers.get('x-result-count'), body]).toEqual([200, '2', plans]);
      const empty = await make.offering();
      expect((await app.api.get(`/api/marketplace-public-offerings/${empty.uuid}/plans/`)).body).toEqual([]);
      const nothing = await app.api.get(
        '/api/marketplace-public-offerings/00000000-0000-4000-8000-000000000000/plans/',
      );
      expect([nothing.status, nothing.body]).toEqual([404, { detail: 'No Offering matches the given query.' }]);
    });
  });
});
