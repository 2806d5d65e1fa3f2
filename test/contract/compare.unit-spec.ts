import { compare } from './compare.js';
import type { OpenApiDocument } from './condense.js';
import type { Contract } from './contract.js';

const contract: Contract = {
  schemes: { tokenAuth: 'apiKey header Authorization', patAuth: 'http bearer', cookieAuth: 'apiKey cookie sessionid' },
  security: ['tokenAuth', 'patAuth'],
  choices: { Colour: ['red', 'blue'] },
  objects: {
    Thing: { uuid: 'uuid', 'colour?': 'Colour', 'weight?': 'decimal(12.10)|null', 'parts?': 'string[]' },
    ThingRequest: { name: 'string(1..10)', 'heavy?': 'boolean = false' },
    Detail: { detail: 'string' },
    ActionError: { error: 'string' },
  },
  operations: {
    things_list: {
      call: 'GET /things/',
      query: { 'owner_uuid?': 'uuid', 'o?': 'joined string' },
      answers: { '200': 'Thing[]', '400': 'Detail or ActionError' },
      headers: ['x-result-count'],
    },
    things_update: { call: 'PUT /things/{uuid}/', body: 'ThingRequest', answers: { '200': 'Thing' } },
    things_forge: { call: 'POST /things/forge/', open: true, answers: { '201': null } },
  },
};

/** A document that fits the contract, in a new copy each time. */
const fitting = (): OpenApiDocument => ({
  security: [{ ourToken: [] }, { ourBearer: [] }],
  paths: {
    '/things/': {
      get: {
        operationId: 'things_list',
        parameters: [
          { name: 'owner_uuid', in: 'query', schema: { type: 'string', format: 'uuid' } },
          { name: 'o', in: 'query', explode: false, schema: { type: 'array', items: { type: 'string' } } },
          { name: 'extra', in: 'query', schema: { type: 'string' } },
        ],
        responses: {
          '200': {
            headers: { 'X-Result-Count': {} },
            content: {
              'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/OurThing' } } },
            },
          },
          '400': { content: { 'application/json': { schema: { $ref: '#/components/schemas/OurError' } } } },
        },
      },
    },
    '/things/{uuid}/': {
      put: {
        operationId: 'things_update',
        parameters: [{ name: 'uuid', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['name'],
                properties: {
                  name: { type: 'string', minLength: 1, maxLength: 10 },
                  heavy: { type: 'boolean', default: false },
                },
              },
            },
          },
        },
        responses: {
          '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/OurThing' } } } },
        },
      },
    },
    '/things/forge/': { post: { operationId: 'things_forge', security: [], responses: { '201': {} } } },
  },
  components: {
    securitySchemes: {
      ourToken: { type: 'apiKey', in: 'header', name: 'Authorization' },
      ourBearer: { type: 'http', scheme: 'bearer' },
    },
    schemas: {
      OurThing: {
        type: 'object',
        required: ['uuid', 'added'],
        properties: {
          uuid: { type: 'string', format: 'uuid' },
          colour: { allOf: [{ $ref: '#/components/schemas/OurColour' }] },
          weight: { type: 'string', format: 'decimal', pattern: '^-?\\d{0,12}(?:\\.\\d{0,10})?$', nullable: true },
          parts: { type: 'array', items: { type: 'string' } },
          added: { type: 'boolean' },
        },
      },
      OurColour: { type: 'string', enum: ['blue', 'red'] },
      OurError: {
        type: 'object',
        required: ['detail', 'error'],
        properties: { detail: { type: 'string' }, error: { type: 'string' } },
      },
    },
  },
});

type AnyDocument = { paths: any; components: any; security: any }; // eslint-disable-line @typescript-eslint/no-explicit-any

const found = (change: (document: AnyDocument) => unknown) => {
  const document = fitting();
  change(document as unknown as AnyDocument);
  return compare(contract, document, []).differences.map(({ text }) => text);
};

describe('Comparing a published document with the contract', () => {
  it('finds nothing in one that fits, whatever its schemas are called and whatever it adds', () => {
    expect(compare(contract, fitting(), [])).toEqual({ differences: [], stale: [] });
  });

  it.each<[string, (document: AnyDocument) => unknown, string[]]>([
    ['a missing operation', (d) => delete d.paths['/things/'], ['things_list: GET /things/ is missing']],
    [
      'an operation in another place',
      (d) => ((d.paths['/thing/'] = d.paths['/things/']), delete d.paths['/things/']),
      ['things_list: GET /things/ is missing, it stands at GET /thing/'],
    ],
    [
      'another operation id',
      (d) => (d.paths['/things/'].get.operationId = 'list'),
      ['things_list: operation id: is list'],
    ],
    [
      'a missing parameter',
      (d) => d.paths['/things/'].get.parameters.shift(),
      ['things_list: query owner_uuid: is missing'],
    ],
    [
      'a parameter with another format',
      (d) => delete d.paths['/things/'].get.parameters[0].schema.format,
      ['things_list: query owner_uuid: format is undefined, not uuid'],
    ],
    [
      'a list that is written differently',
      (d) => delete d.paths['/things/'].get.parameters[1].explode,
      ['things_list: query o: is repeated, not joined'],
    ],
    [
      'a parameter nobody used to send',
      (d) => (d.paths['/things/'].get.parameters[2].required = true),
      ['things_list: query extra: is required and not in the contract'],
    ],
    [
      'a missing key of a path',
      (d) => delete d.paths['/things/{uuid}/'].put.parameters,
      ['things_update: path uuid: is missing'],
    ],
    [
      'a missing header',
      (d) => delete d.paths['/things/'].get.responses['200'].headers,
      ['things_list: answer 200: the header x-result-count is missing'],
    ],
    [
      'a missing answer',
      (d) => delete d.paths['/things/'].get.responses['400'],
      ['things_list: answer 400: is missing'],
    ],
    [
      'another success',
      (d) => (d.paths['/things/forge/'].post.responses['200'] = {}),
      ['things_forge: answer 200: is a success the contract does not know'],
    ],
    [
      'a missing key',
      (d) => delete d.components.schemas.OurThing.properties.colour,
      ['things_list: answer 200[].colour: is missing', 'things_update: answer 200.colour: is missing'],
    ],
    [
      'a key that is not promised',
      (d) => (d.components.schemas.OurThing.required = []),
      ['things_list: answer 200[].uuid: is not required', 'things_update: answer 200.uuid: is not required'],
    ],
    [
      'another type',
      (d) => (d.components.schemas.OurThing.properties.parts.items.type = 'integer'),
      [
        'things_list: answer 200[].parts[]: type is integer, not string',
        'things_update: answer 200.parts[]: type is integer, not string',
      ],
    ],
    [
      'a null nobody documented',
      (d) => (d.components.schemas.OurThing.properties.uuid.nullable = true),
      [
        'things_list: answer 200[].uuid: nullable is true, not undefined',
        'things_update: answer 200.uuid: nullable is true, not undefined',
      ],
    ],
    [
      'a missing choice and a new one',
      (d) => (d.components.schemas.OurColour.enum = ['red', 'green']),
      [
        'things_list: answer 200[].colour: the choices blue are missing',
        'things_list: answer 200[].colour: the choices green are added',
        'things_update: answer 200.colour: the choices blue are missing',
        'things_update: answer 200.colour: the choices green are added',
      ],
    ],
    [
      'a key that becomes required in a request',
      (d) => d.paths['/things/{uuid}/'].put.requestBody.content['application/json'].schema.required.push('heavy'),
      ['things_update: request.heavy: is required'],
    ],
    [
      'a tighter limit in a request',
      (d) =>
        (d.paths['/things/{uuid}/'].put.requestBody.content['application/json'].schema.properties.name.maxLength = 5),
      ['things_update: request.name: maxLength is 5, not 10'],
    ],
    [
      'a missing request',
      (d) => delete d.paths['/things/{uuid}/'].put.requestBody,
      ['things_update: request: no JSON body is described'],
    ],
    [
      'an error of another shape',
      (d) => (d.components.schemas.OurError.properties = { text: { type: 'string' } }),
      ['things_list: answer 400: is none of the described alternatives'],
    ],
    [
      'credentials the clients do not send, and some nobody takes',
      (d) => (d.components.securitySchemes.ourBearer.scheme = 'basic'),
      ['list', 'update'].flatMap((each) => [
        `things_${each}: security: http bearer is missing`,
        `things_${each}: security: http basic is added`,
      ]),
    ],
    [
      'an operation that asks for a token and need not',
      (d) => delete d.paths['/things/forge/'].post.security,
      ['things_forge: security: apiKey header Authorization is added', 'things_forge: security: http bearer is added'],
    ],
  ])('finds %s', (_, change, differences) => {
    expect(found(change)).toEqual(differences);
  });

  it('gives the reason of a difference that is meant, and names the reasons nobody needs any more', () => {
    const document = fitting();
    delete document.components.schemas!.OurThing!.properties!.colour;
    const meant = { difference: /answer 200\S*\.colour: is missing$/, reason: 'All our things are grey.' };
    const stale = { difference: /weight/, reason: 'They weigh nothing.' };
    const { differences, ...rest } = compare(contract, document, [meant, stale]);
    expect(differences.map(({ reason }) => reason)).toEqual([meant.reason, meant.reason]);
    expect(rest.stale).toEqual([stale]);
  });
});
