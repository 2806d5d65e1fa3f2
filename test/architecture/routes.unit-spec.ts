import { readFileSync } from 'node:fs';
import { Controller, Get, Module } from '@nestjs/common';
import { AppModule } from '../../src/app.module.js';
import { Public, StaffOnly } from '../../src/auth/access.js';
import { readEnv } from '../../src/config/env.js';
import { filterTable } from '../support/filter-table.js';
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
      'GET /api/configuration/ public',
      'GET /api/roles/ public',
      'GET /api/users/me/ any-user',
      'GET /api/version/ any-user',
      'GET /health/live public',
      'GET /health/ready public',
      'HEAD /api/roles/ public',
      'POST /api-auth/password/ token-optional',
    ]);
  });

  it('need a token of scope "admin" where users, tokens and keys are changed, and nowhere else', () => {
    const admin = routes.filter(({ scope }) => scope === 'admin').map(({ method, path }) => `${method} ${path}`);
    expect(admin.sort()).toEqual([
      'DELETE /api/admin/arrow/settings/{uuid}/',
      'DELETE /api/personal-access-tokens/{uuid}/',
      'PATCH /api/admin/arrow/settings/{uuid}/',
      'PATCH /api/users/{uuid}/',
      'POST /api/admin/arrow/directory/import/',
      'POST /api/admin/arrow/directory/import/{uuid}/apply/',
      'POST /api/admin/arrow/directory/moves/',
      'POST /api/admin/arrow/directory/moves/{uuid}/apply/',
      'POST /api/admin/arrow/settings/',
      'POST /api/admin/arrow/settings/discover_customers/',
      'POST /api/admin/arrow/settings/import_from_waldur/',
      'POST /api/admin/arrow/settings/preview_settings/',
      'POST /api/admin/arrow/settings/save_settings/',
      'POST /api/admin/arrow/settings/validate_credentials/',
      'POST /api/personal-access-tokens/',
      'POST /api/personal-access-tokens/{uuid}/rotate/',
      'POST /api/users/',
      'POST /api/users/{uuid}/change_password/',
      'POST /api/users/{uuid}/refresh_token/',
      'POST /api/users/{uuid}/remove_password/',
      'PUT /api/admin/arrow/settings/{uuid}/',
    ]);
    const others = routes.filter(({ scope }) => scope && scope !== 'admin');
    expect(others.filter(({ method, scope }) => (scope === 'read') !== ['GET', 'HEAD'].includes(method))).toEqual([]);
  });

  it('state what the audit trail calls them, unless they are only read', () => {
    const isRead = ({ method }: (typeof routes)[number]) => ['GET', 'HEAD'].includes(method);
    const changing = routes.filter((route) => !isRead(route));
    expect(changing.length).toBeGreaterThan(60);
    expect(changing.filter(({ action }) => !action).map(({ handler }) => handler)).toEqual([]);
    expect(routes.filter((route) => isRead(route) && route.action).map(({ handler }) => handler)).toEqual([]);
    expect(changing.filter(({ action }) => !/^[a-z_]+\.[a-z_]+$/.test(action!))).toEqual([]);
  });

  it('are each at an address of their own, and say what they do', () => {
    const addresses = routes.map(({ method, path }) => `${method} ${path}`);
    expect(addresses.filter((address, i) => addresses.indexOf(address) !== i)).toEqual([]);
    expect(routes.filter(({ summary }) => !summary).map(({ handler }) => handler)).toEqual([]);
  });

  it('are all in docs/routes.md (npm run docs:routes writes it)', () => {
    expect(readFileSync('docs/routes.md', 'utf8')).toBe(routeTable(routes));
  });

  it('have all of their filters in docs/filters.md (npm run docs:routes writes it)', () => {
    expect(readFileSync('docs/filters.md', 'utf8')).toBe(filterTable());
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
