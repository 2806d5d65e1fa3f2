import { AsyncResource } from 'node:async_hooks';
import { type DynamicModule, Global, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { arrowCustomer } from '../../emulator/data.js';
import { createApp } from '../../src/configure-app.js';
import {
  AppModule,
  ArrowGateway,
  ArrowGatewayModule,
  BillingJobsService,
  BillingModule,
  CoreModule,
  CustomerMappingsService,
  CustomersService,
  DirectoryModule,
  JobsModule,
  JobsService,
  LicenseLinksService,
  LicensesModule,
  MappingsModule,
  readEnv,
  SettingsModule,
  SettingsService,
  SyncFromArrowService,
  UsersService,
} from '../../src/index.js';
import { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, startApp } from '../support/app.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';
const quiet = { logger: false, abortOnError: false } as const;

/** What another Nest application might do with ours: no HTTP, only injected services. */
@Injectable()
class Onboarding {
  constructor(
    private readonly settings: SettingsService,
    private readonly customers: CustomersService,
    private readonly mappings: CustomerMappingsService,
    private readonly sync: SyncFromArrowService,
  ) {}

  async connect(apiUrl: string, apiKey: string): Promise<string> {
    const { settings } = await this.settings.create({ apiUrl, apiKey });
    return settings.partnerName;
  }

  async map(reference: string, organisation: string): Promise<string> {
    const customer = await this.customers.create({ name: organisation });
    const { uuid } = await this.settings.getActive();
    const mapping = await this.mappings.create({
      settingsUuid: uuid,
      arrowReference: reference,
      waldurCustomerUuid: customer.uuid,
    });
    await this.sync.run();
    return `${mapping.waldurCustomer.name} is ${(await this.mappings.get(mapping.uuid)).arrowCompanyName}`;
  }
}

describe('Another Nest application', () => {
  let arrow: ArrowEmulator;
  let database: TestDatabase;

  beforeEach(async () => {
    [database, arrow] = await Promise.all([createDatabase(TEST_DATABASE), ArrowEmulator.start()]);
    arrow.data.customers = [arrowCustomer({ Reference: 'XSP1', CompanyName: 'Põhjala Tehnika OÜ' })];
  });
  afterEach(async () => {
    await arrow.stop();
    await database.drop();
  });

  const env = () => readEnv({ STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true', ...database.variables });

  async function onboards(imports: (Type<object> | DynamicModule)[]): Promise<void> {
    @Module({ imports, providers: [Onboarding] })
    class HostModule {}

    const host = await NestFactory.createApplicationContext(HostModule, quiet);
    const onboarding = host.get(Onboarding);
    expect(await onboarding.connect(arrow.url, arrow.apiKey)).toBe('Põhjala Cloud OÜ');
    expect(await onboarding.map('XSP1', 'Pohjala')).toBe('Pohjala is Põhjala Tehnika OÜ');
    await expect(onboarding.map('XSP1', 'Again')).rejects.toMatchObject({ code: 'arrow_customer_already_mapped' });
    await host.close();
  }

  it('injects our services after importing one module, without any HTTP', () => onboards([AppModule.forRoot(env())]));

  it('imports only the features that it uses', () =>
    onboards([CoreModule.forRoot(env()), DirectoryModule, SettingsModule, MappingsModule]));

  it('gets our configuration from providers of its own, and keeps its own database', async () => {
    class HostConfig {
      readonly arrowsphere = { ...database.variables, STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true' };
    }

    @Module({ providers: [HostConfig], exports: [HostConfig] })
    class HostConfigModule {}

    @Global()
    @Module({ providers: [{ provide: DataSource, useValue: "the host's own" }], exports: [DataSource] })
    class HostDatabaseModule {}

    const core = CoreModule.forRootAsync({
      imports: [HostConfigModule],
      inject: [HostConfig],
      useFactory: ({ arrowsphere }: HostConfig) => readEnv(arrowsphere),
    });
    await onboards([HostDatabaseModule, core, DirectoryModule, SettingsModule, MappingsModule]);
  });

  const alone: [Type<object>, Type<object> | typeof ArrowGateway, (service: never) => Promise<unknown>, unknown][] = [
    [DirectoryModule, CustomersService, async (service: CustomersService) => (await service.list({})).total, 0],
    [JobsModule, JobsService, async (service: JobsService) => (await service.list({})).total, 0],
    [SettingsModule, SettingsService, async (service: SettingsService) => (await service.list({})).total, 0],
    [MappingsModule, CustomerMappingsService, async (it: CustomerMappingsService) => (await it.list({})).total, 0],
    [LicensesModule, LicenseLinksService, async (service: LicenseLinksService) => (await service.list({})).total, 0],
    [
      BillingModule,
      BillingJobsService,
      (service: BillingJobsService) =>
        service
          .trigger('billing-sync', { month: undefined as never }, 'host')
          .catch(({ code }: { code: string }) => code),
      'settings_missing',
    ],
    [
      ArrowGatewayModule,
      ArrowGateway,
      async (service: ArrowGateway) => (await service.whoAmI({ apiUrl: arrow.url, apiKey: arrow.apiKey })).companyName,
      'Põhjala Cloud OÜ',
    ],
  ];

  it.each(alone)('imports %p alone', async (feature, token, use, answer) => {
    @Module({ imports: [CoreModule.forRoot(env()), feature] })
    class HostModule {}

    const host = await NestFactory.createApplicationContext(HostModule, quiet);
    expect(await use(host.get(token as Type<never>))).toEqual(answer);
    await host.close();
  });

  it('makes no staff token where it serves nothing', async () => {
    @Module({ imports: [CoreModule.forRoot(env()), DirectoryModule] })
    class HostModule {}

    const host = await NestFactory.createApplicationContext(HostModule, quiet);
    expect(await host.get(UsersService).hasUsers()).toBe(false);
    await host.close();
  });
});

describe('An application that was closed', () => {
  it('leaves nothing behind that each promise of its host would carry on', async () => {
    const carried = () => Object.getOwnPropertySymbols(new AsyncResource('of the host'));
    const before = carried();
    const app = await startApp();
    expect((await app.api.post('/api/customers/', { name: 'One' })).status).toBe(201);
    await app.stop();
    expect(carried()).toEqual(before);
  });
});

describe('Two applications in one process', () => {
  it('each write and read hyperlinks of their own', async () => {
    const addresses = ['https://one.example', 'https://two.example/arrow', undefined];
    const databases = await Promise.all(addresses.map(() => createDatabase(TEST_DATABASE)));
    const apps = [];
    for (const [i, PUBLIC_URL] of addresses.entries()) {
      const variables = {
        ...databases[i]!.variables,
        STAFF_TOKEN,
        LOG_LEVEL: 'fatal',
        ...(PUBLIC_URL && { PUBLIC_URL }),
      };
      const app = await createApp(readEnv(variables));
      await app.listen(0, '127.0.0.1');
      const api = new ApiClient((await app.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
      apps.push({ app, api, base: PUBLIC_URL ?? api.baseUrl });
    }
    await Promise.all(
      apps.map(async ({ api, base }) => {
        const { body: customer, headers } = await api.post('/api/customers/', { name: base });
        expect(customer.url).toBe(`${base}/api/customers/${customer.uuid}/`);
        expect(headers.get('location')).toBe(customer.url);
        expect((await api.get('/api/customers/')).headers.get('link')).toContain(
          `<${base}/api/customers/>; rel="first"`,
        );
        const root = await api.get('/api/admin/arrow/');
        expect(root.body.settings).toBe(`${base}/api/admin/arrow/settings/`);
        const offering = await api.post('/api/marketplace-provider-offerings/', {
          name: 'Cloud',
          customer: customer.url,
        });
        expect(offering.body.customer).toBe(customer.url);
        const link = encodeURIComponent(`/arrow/api/customers/${customer.uuid}/`);
        const found = await api.get(`/api/marketplace-provider-offerings/?customer=${link}`);
        expect(found.body).toHaveLength(base === addresses[1] ? 1 : 0);
      }),
    );
    for (const { app } of apps) await app.close();
    await Promise.all(databases.map((database) => database.drop()));
  });
});
