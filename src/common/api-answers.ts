import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';

const text = (example?: string) => ({ type: 'string', example });
/** The same sentence under three keys, and a stable code. */
const sentence = (example?: string) => ({
  detail: text(example),
  error: text(example),
  message: text(example),
  code: text(),
});
const detail = (example: string) => ({
  schema: { type: 'object', required: ['detail'], properties: { detail: text(example) } },
});

/** What a route is called by generated clients, and what it does. */
export const Operation = (operationId: string, summary: string, description?: string) =>
  ApiOperation({ operationId, summary, description });

/** Field name → sentences. */
const fieldErrors = {
  description: 'Wrong fields, all of them together',
  schema: { type: 'object', additionalProperties: true, example: { field: ['This field is required.'] } },
};

/** The answer of an action that could not be done. */
export const ApiActionRefused = (example: string) =>
  ApiBadRequestResponse({
    description: 'Wrong fields, or a sentence that says why it cannot be done',
    schema: {
      type: 'object',
      properties: sentence(example),
      additionalProperties: true,
    },
  });

/** 409 of an action: something else stands in its way; `why` says what that can be. */
export const ApiActionConflict = (why: string) =>
  ApiConflictResponse({
    description: why,
    schema: {
      type: 'object',
      required: ['detail', 'error', 'message', 'code'],
      properties: sentence(),
    },
  });

/** 404: the object at the address. */
export const ApiMissing = () =>
  ApiNotFoundResponse({ description: 'No such object', ...detail('No Customer matches the given query.') });

/** 404 of an action: its object, or a thing named in the request. */
export const ApiThingMissing = (example: string) =>
  ApiNotFoundResponse({
    description: 'No such object, or no such thing in it; then `error`, `message` and `code` are there as well',
    schema: {
      type: 'object',
      required: ['detail'],
      properties: sentence(example),
    },
  });

/** 200: a page of a list, with its paging headers. */
export const ApiListed = (item: Type<unknown>) =>
  applyDecorators(
    ApiOkResponse({
      type: [item],
      headers: {
        'X-Result-Count': { description: 'Rows over all pages', schema: { type: 'integer' } },
        Link: { description: 'first, prev, next and last page', schema: { type: 'string' } },
      },
    }),
    ApiBadRequestResponse(fieldErrors),
    ApiNotFoundResponse({ description: 'No such page', ...detail('Invalid page.') }),
  );

/** 200: a list that comes whole, with its count. */
export const ApiCounted = (item: Type<unknown>) =>
  ApiOkResponse({
    type: [item],
    headers: { 'X-Result-Count': { description: 'Rows in the answer', schema: { type: 'integer' } } },
  });

/** 200: one object. */
export const ApiFound = (item: Type<unknown>) => applyDecorators(ApiOkResponse({ type: item }), ApiMissing());

/** 200: what an action gave. */
export const ApiDone = (answer: Type<unknown>) =>
  applyDecorators(ApiOkResponse({ type: answer }), ApiBadRequestResponse(fieldErrors));

/** 201: the new object. */
export const ApiCreated = (item: Type<unknown>) =>
  applyDecorators(ApiCreatedResponse({ type: item }), ApiBadRequestResponse(fieldErrors));

/** 200: the changed object. */
export const ApiUpdated = (item: Type<unknown>) =>
  applyDecorators(ApiOkResponse({ type: item }), ApiBadRequestResponse(fieldErrors), ApiMissing());

/** 204. */
export const ApiDeleted = () =>
  applyDecorators(
    ApiNoContentResponse({ description: 'Deleted' }),
    ApiMissing(),
    ApiConflictResponse({ description: 'It is still in use', ...detail('… cannot be deleted') }),
  );
