/** `npm run docs:routes`: writes docs/routes.md from the controllers, and docs/filters.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { AppModule } from '../../src/app.module.js';
import { readEnv } from '../../src/config/env.js';
import { filterTable } from '../support/filter-table.js';
import { controllersOf, routesOf, routeTable } from '../support/routes.js';

mkdirSync('docs', { recursive: true });
writeFileSync('docs/routes.md', routeTable(controllersOf(AppModule.forRoot(readEnv({}))).flatMap(routesOf)));
writeFileSync('docs/filters.md', filterTable());
