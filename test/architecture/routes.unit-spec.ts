import { readFileSync } from 'node:fs';
import { Controller, Get, Module } from '@nestjs/common';
import { AppModule } from '../../src/app.module.js';
import { Public, StaffOnly } from '../../src/auth/access.js';
import { readEnv } from '../../src/config/env.js';
import { controllersOf, routesOf, routeTable } from '../support/routes.js';

const routes = controllersOf(AppModule.forRoot(readEnv({}))).flatMap(routesOf);

describe('Routes', () => {
  it('each state who may use them', () => {
    expect(routes.length).toBeGreaterThan(50);
    expect(routes.filter(({ access }) => !access).map(({ handler }) => handler)).toEqual([]);
  });

  it('are open to everybody, or to every user, where that is meant and nowhere else', () => {
    const open = routes
      .filter(({ access }) => access !== 'staff')
      .map(({ method, path, access }) => `${method} ${path} ${access}`);
    expect(open.sort()).toEqual([
      'GET /api/admin/arrow/ any-user',
      'GET /api/users/me/ any-user',
      'GET /health/live public',
      'GET /health/ready public',
      'POST /api-auth/password/ token-optional',
    ]);
  });

  it('are each at an address of their own, and say what they do', () => {
    const addresses = routes.map(({ method, path }) => `${method} ${path}`);
    expect(addresses.filter((address, i) => addresses.indexOf(address) !== i)).toEqual([]);
    expect(routes.filter(({ summary }) => !summary).map(({ handler }) => handler)).toEqual([]);
  });

  it('are all in docs/routes.md (npm run docs:routes writes it)', () => {
    expect(readFileSync('docs/routes.md', 'utf8')).toBe(routeTable(routes));
  });

  it('that forget to state a rule are found, inherited and imported ones too', () => {
    @Controller('careful')
    @StaffOnly()
    class Careful {
      @Get() list() {}
      @Get('open') @Public() open() {}
    }

    class Base {
      @Get(':uuid') one() {}
    }

    @Controller('api/careless')
    class Careless extends Base {
      @Get() list() {}
    }

    @Module({ controllers: [Careless] })
    class Inner {}

    @Module({ imports: [{ module: Inner, controllers: [Careful] }] })
    class Outer {}

    const found = controllersOf(Outer).flatMap(routesOf);
    expect(found.map(({ path, access }) => [path, access])).toEqual([
      ['/api/careless/', undefined],
      ['/api/careless/{uuid}/', undefined],
      ['/careful', 'staff'],
      ['/careful/open', 'public'],
    ]);
  });
});
