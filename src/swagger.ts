import { readFileSync } from 'node:fs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { belowOwnPath } from './common/links.js';
import { isApiPath } from './common/route-table.js';
import type { Env } from './config/env.js';
import { completeExamples } from './swagger-examples.js';

const description = `
Maps ArrowSphere customers to Waldur organisations, finds and imports their licences, and makes what Arrow bills tie out
with what the customer is charged. The paths and answers are those of Waldur's own Arrow administration API.

Press **Authorize** and enter \`Token <your staff token>\` under *tokenAuth* to try the operations. Long work answers 202
and a \`job_url\` to look at.
Lists take \`page\` and \`page_size\` and answer \`X-Result-Count\` and \`Link\`. UUIDs are taken with and without dashes.
`;

/** In the order an operator meets them. */
const TAGS = [
  ['Arrow settings', 'Connect an ArrowSphere account: the wizard, its key, and how it is doing.'],
  ['Arrow customer mappings', 'Which ArrowSphere customer is which organisation.'],
  ['Arrow vendor offering mappings', "Which vendor's licences become resources of which offering."],
  ['Arrow customer mappings: licences', 'Discover, link and import the licences of a mapped customer; live figures.'],
  ['Arrow licence links', 'The ledger of who linked and imported what, and how to revert it.'],
  ['Arrow billing syncs', 'Bill a month, reconcile it, ask for consumption, and see what was done and why.'],
  ['Arrow billing sync items', 'The lines of the statements.'],
  ['Arrow consumption records', 'What licences consumed in a month, and whether that is final.'],
  ['Arrow billing accounts', 'The billing rules of accounts.'],
  ['Arrow: jobs', 'Long work: how far it is, how it ended, and how to stop it.'],
  ['Arrow: audit trail', 'Who changed what, when and by which token; read only.'],
  ['Invoices', 'What organisations are charged.'],
  [
    'Arrow: charges on invoices of Waldur',
    'What of it was put on invoices of the Waldur beside, and how both compare.',
  ],
  ['Directory: import and export', 'All of the following as CSV and XLSX, previewed before anything is changed.'],
  ['Directory: customers', "Waldur's organisations."],
  ['Directory: projects', 'Their projects.'],
  ['Directory: offerings', 'What is sold.'],
  ['Directory: plans', 'And under which plans.'],
  ['Directory: resources', 'What was bought: licences are linked to them.'],
  ['Directory: orders', 'How resources came to be.'],
  ['Directory: copy of Waldur', 'How fresh the copy of the Waldur beside is, and reading it now.'],
  ['Directory: moving to Waldur and back', 'What is kept here becomes Waldur’s, or ours again; previewed first.'],
  ['Directory: users', 'Who may call this API, and with which token or password.'],
  ['Directory: tokens', 'Personal access tokens: with a name and a scope, for scripts and other services.'],
  ['Log in', 'A token for a user name and a password.'],
  ['Start', "What Waldur's web application and clients ask for first."],
  ['Arrow', 'Where the collections are.'],
  ['Health', 'For whoever watches over the service.'],
] as const;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Swagger UI at /docs, the document at /docs/openapi.json and /docs/openapi.yaml. */
export function setUpSwagger(
  app: NestFastifyApplication,
  { PUBLIC_URL, WALDUR_URL }: Pick<Env, 'PUBLIC_URL' | 'WALDUR_URL'>,
): void {
  const config = new DocumentBuilder()
    .setTitle('Waldur-compatible admin API for ArrowSphere')
    .setDescription(description)
    .setVersion(version)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer(PUBLIC_URL ?? '/')
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'Authorization', description: 'The word `Token`, a space, then the key.' },
      'tokenAuth',
    )
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        description: 'The same key alone, without any word before it. One of the two is enough.',
      },
      'waldurOIDCAuth',
    )
    .build();
  config.tags = TAGS.map(([name, about]) => ({ name, description: about }));
  SwaggerModule.setup(
    'docs',
    app,
    () => {
      const document = toWaldurSchema(SwaggerModule.createDocument(app, config, { autoTagControllers: false }));
      return WALDUR_URL ? belowOneAddress(document) : document;
    },
    {
      jsonDocumentUrl: 'docs/openapi.json',
      yamlDocumentUrl: 'docs/openapi.yaml',
      swaggerOptions: { persistAuthorization: false, docExpansion: 'none', filter: true },
      // HEAD counts what GET lists: for clients, not for somebody who looks around. The document has it.
      customCss: '.swagger-ui .opblock-head { display: none }',
      customSiteTitle: 'ArrowSphere admin API',
    },
  );
}

/** Refused before the route was reached: the same sentence under three keys, a code, and when it may be tried again. */
const refusedFor = (description: string, code: string) => ({
  description,
  headers: { 'Retry-After': { description: 'Seconds after which it will do', schema: { type: 'integer' as const } } },
  content: {
    'application/json': {
      schema: {
        type: 'object' as const,
        required: ['detail', 'error', 'message', 'code'],
        properties: {
          detail: { type: 'string' as const },
          error: { type: 'string' as const },
          message: { type: 'string' as const },
          code: { type: 'string' as const, example: code },
        },
      },
    },
  },
});
const TooManyRequests = refusedFor(
  'Too many requests, or failed attempts, of this token or address',
  'requests_limited',
);
const Overloaded = refusedFor('The service or its database cannot do it at the moment', 'overloaded');

/** Where the other paths lead to a Waldur, ours are those that its proxy sends here. */
function belowOneAddress(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => [belowOwnPath(path), item]);
  return { ...document, paths: Object.fromEntries(paths) as OpenAPIObject['paths'] };
}

/** What holds for every operation, so that no controller has to say it. */
function toWaldurSchema(document: OpenAPIObject): OpenAPIObject {
  document.components ??= {};
  document.components.responses = { ...document.components.responses, TooManyRequests, Overloaded };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item) as Operation[]) {
      if (isApiPath(path)) {
        operation.responses['429'] ??= { $ref: '#/components/responses/TooManyRequests' };
        operation.responses['503'] ??= { $ref: '#/components/responses/Overloaded' };
      }
      for (const parameter of operation.parameters ?? []) {
        if (parameter.in !== 'path' || parameter.name !== 'uuid') continue;
        parameter.schema = { type: 'string', format: 'uuid' };
        parameter.description = 'UUID of the object, with or without dashes; lists answer it as `uuid`.';
      }
      // Said of each operation, as it is of those that ask for a token.
      operation.security ??= [];
      if (operation.summary) operation.description ??= `${operation.summary}.`;
      if (operation.requestBody) operation.requestBody.required = needsBody(document, operation.requestBody);
    }
  }
  // Nest calls the values of every numeric choice numbers.
  for (const schema of Object.values(document.components?.schemas ?? {}) as Choice[]) {
    if (schema.type === 'number' && schema.enum?.every(Number.isInteger)) schema.type = 'integer';
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      // It puts a schema that is named into an `allOf` of one, also where nothing else is said beside it.
      const [only, ...others] = property.allOf ?? [];
      if (only && !others.length && Object.keys(property).length === 1) schema.properties![name] = only;
    }
  }
  completeExamples(document);
  return withTrailingSlashes(document);
}

/** The part of an operation that is changed here; Swagger's own types allow much that is never made. */
interface Operation {
  responses: Record<string, object>;
  parameters?: { in: string; name: string; schema?: object; description?: string }[];
  security?: object[];
  summary?: string;
  description?: string;
  requestBody?: Body;
}
interface Choice {
  type?: string;
  enum?: unknown[];
  properties?: Record<string, { allOf?: object[] }>;
}
interface Body {
  required?: boolean;
  content?: Record<string, { schema?: { $ref?: string; required?: string[] } }>;
}

/** A body whose keys are all optional may be left out. */
function needsBody(document: OpenAPIObject, { content = {} }: Body): boolean {
  const schema = content['application/json']?.schema;
  const name = schema?.$ref?.replace('#/components/schemas/', '');
  const named = name ? (document.components?.schemas?.[name] as { required?: string[] }) : schema;
  return Boolean(named?.required?.length);
}

/** Waldur's paths end in a slash, and its clients send it. */
function withTrailingSlashes(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => [
    isApiPath(path) ? `${path.replace(/\/$/, '')}/` : path,
    item,
  ]);
  return { ...document, paths: Object.fromEntries(paths) as OpenAPIObject['paths'] };
}
