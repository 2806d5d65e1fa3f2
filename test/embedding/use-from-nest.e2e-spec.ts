import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { arrowCustomer } from '../../emulator/data.js';
import { AppModule } from '../../src/app.module.js';
import { Public, StaffOnly } from '../../src/auth/access.js';
import { readEnv } from '../../src/config/env.js';
import { adapterFor, configureApp } from '../../src/configure-app.js';
import { CustomersService } from '../../src/directory/customers.service.js';
import { CustomerMappingsService } from '../../src/mappings/customer-mappings.service.js';
import { SyncFromArrowService } from '../../src/mappings/sync-from-arrow.service.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { ApiClient } from '../support/api-client.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';
const STAFF_TOKEN = 'staff-token-for-tests-0123456789abcdefghij';

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

@Controller('shop')
class ShopController {
  constructor(private readonly mappings: CustomerMappingsService) {}

  @Get('open')
  @Public()
  open() {
    return { open: true };
  }

  @Get('mapped')
  @StaffOnly()
  async mapped() {
    return { mapped: (await this.mappings.list({})).total };
  }

  @Get('forgotten')
  forgotten() {
    return { never: 'answered' };
  }
}

describe('Another Nest application', () => {
  let arrow: ArrowEmulator;
  let database: TestDatabase;

  beforeEach(async () => {
    [database, arrow] = await Promise.all([createDatabase(TEST_DATABASE), ArrowEmulator.start()]);
  });
  afterEach(async () => {
    await arrow.stop();
    await database.drop();
  });

  const env = () =>
    readEnv({ STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true', LOG_LEVEL: 'fatal', ...database.variables });

  it('injects our services after importing one module, without any HTTP', async () => {
    arrow.data.customers = [arrowCustomer({ Reference: 'XSP1', CompanyName: 'Põhjala Tehnika OÜ' })];

    @Module({ imports: [AppModule.forRoot(env())], providers: [Onboarding] })
    class HostModule {}

    const host = await NestFactory.createApplicationContext(HostModule, { logger: false, abortOnError: false });
    const onboarding = host.get(Onboarding);
    expect(await onboarding.connect(arrow.url, arrow.apiKey)).toBe('Põhjala Cloud OÜ');
    expect(await onboarding.map('XSP1', 'Pohjala')).toBe('Pohjala is Põhjala Tehnika OÜ');
    await expect(onboarding.map('XSP1', 'Again')).rejects.toMatchObject({ code: 'arrow_customer_already_mapped' });
    await host.close();
  });

  it('serves its own routes beside ours, under the same rules of access', async () => {
    @Module({ imports: [AppModule.forRoot(env())], controllers: [ShopController] })
    class HostModule {}

    const host = await NestFactory.create<NestFastifyApplication>(HostModule, adapterFor(env()), {
      logger: false,
      abortOnError: false,
      bodyParser: false,
    });
    configureApp(host, env());
    await host.listen(0, '127.0.0.1');
    const api = new ApiClient((await host.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
    expect((await api.as(undefined).get('/shop/open')).body).toEqual({ open: true });
    expect((await api.as(undefined).get('/shop/mapped')).status).toBe(401);
    expect((await api.get('/shop/mapped')).body).toEqual({ mapped: 0 });
    expect((await api.get('/shop/forgotten')).status).toBe(403);
    expect((await api.get('/api/admin/arrow/customer-mappings/')).body).toEqual([]);
    await host.close();
  });

  it('keeps our routes closed even where it brings its own HTTP', async () => {
    @Module({ imports: [AppModule.forRoot(env())] })
    class HostModule {}

    const host = await NestFactory.create<NestFastifyApplication>(HostModule, new FastifyAdapter(), {
      logger: false,
      abortOnError: false,
    });
    await host.listen(0, '127.0.0.1');
    const api = new ApiClient((await host.getUrl()).replace(/\/$/, ''));
    expect((await api.get('/api/customers')).status).toBe(401);
    expect((await api.post('/api/customers', {})).status).toBe(401);
    expect((await api.as(STAFF_TOKEN).get('/api/customers')).body).toEqual([]);
    await host.close();
  });
});
