import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

const description = `
Maps ArrowSphere customers to Waldur organisations, finds and imports their licences, and makes what Arrow bills tie out
with what the customer is charged. The paths and answers are those of Waldur's own Arrow administration API.

Press **Authorize** and enter \`Token <your staff token>\` under *tokenAuth* to try the operations.
Lists take \`page\` and \`page_size\` and answer \`X-Result-Count\` and \`Link\`. UUIDs are taken with and without dashes.
`;

/** Swagger UI at /docs, the document at /docs/openapi.json and /docs/openapi.yaml. */
export function setUpSwagger(app: NestFastifyApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Waldur-compatible admin API for ArrowSphere')
    .setDescription(description)
    .setVersion('0.1.0')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'Authorization', description: '`Token <key>`' }, 'tokenAuth')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The same key' }, 'waldurOIDCAuth')
    .build();
  SwaggerModule.setup('docs', app, () => withTrailingSlashes(SwaggerModule.createDocument(app, config)), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    swaggerOptions: { persistAuthorization: true, docExpansion: 'none', tagsSorter: 'alpha' },
    customSiteTitle: 'ArrowSphere admin API',
  });
}

/** Waldur's paths end in a slash, and its clients send it. */
function withTrailingSlashes(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => [
    path.startsWith('/api/') ? `${path.replace(/\/$/, '')}/` : path,
    item,
  ]);
  return { ...document, paths: Object.fromEntries(paths) as OpenAPIObject['paths'] };
}
