import { type ApiReply, type ApiRequest, notFound } from '../http.js';
import type { CatalogueProgram } from '../model.js';
import { snakePagination, xspPage } from '../paging.js';

export function listCategories({ data }: ApiRequest): ApiReply {
  const categories = Object.keys(data.programs).map((name) => ({
    name,
    links: { programs: `/api/catalog/categories/${name}/programs` },
  }));
  return { status: 200, body: { status: 200, data: categories } };
}

function categoryOf({ data }: ApiRequest, category: string): { name: string; programs: CatalogueProgram[] } {
  const name = Object.keys(data.programs).find((known) => known.toLowerCase() === category.toLowerCase());
  const programs = name === undefined ? undefined : data.programs[name];
  if (name === undefined || !programs) throw notFound(`Category ${category} not found`, 'CATEGORY_NOT_FOUND');
  return { name, programs };
}

function onTheWire(program: CatalogueProgram, category: string): Record<string, unknown> {
  const link = `/api/catalog/categories/${category}/programs/${program.reference}`;
  return { ...program, logo: null, category, links: { self: link } };
}

export function listPrograms(request: ApiRequest, category: string): ApiReply {
  const { name, programs } = categoryOf(request, category);
  const page = xspPage(programs, request);
  return {
    status: 200,
    body: {
      status: 200,
      data: page.rows.map((program) => onTheWire(program, name)),
      pagination: snakePagination(page, `catalog/categories/${name}/programs`),
    },
  };
}

export function getProgram(request: ApiRequest, category: string, reference: string): ApiReply {
  const { name, programs } = categoryOf(request, category);
  const program = programs.find((candidate) => candidate.reference.toLowerCase() === reference.toLowerCase());
  if (!program) throw notFound(`Program ${reference} not found`, 'PROGRAM_NOT_FOUND');
  return { status: 200, body: { status: 200, data: onTheWire(program, name) } };
}

/** Programme enrolments of the reseller: `data` is the array itself, without pagination. */
export function listSubscriptions({ data }: ApiRequest): ApiReply {
  return { status: 200, body: { status: 200, data: data.subscriptions } };
}
