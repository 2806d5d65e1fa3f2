import { z } from 'zod';

/** Why an answer cannot be used; `passing` when ArrowSphere is known to do better on a second try. */
export class AnswerFault extends Error {
  constructor(
    message: string,
    readonly passing = false,
  ) {
    super(message);
  }
}

/** What an answer says of its place in a list, from whichever dialect it speaks; absent where it says nothing. */
export interface PageClaim {
  readonly page?: number;
  readonly pageSize?: number;
  readonly totalPages?: number;
  readonly totalRows?: number;
}

/** A number of rows or pages, or one that counts them, also as text. */
export const count = z
  .union([
    z.number().int().nonnegative(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .nullish()
  .transform((value) => value ?? undefined);

const Pagination = z
  .object({
    current_page: count,
    currentPage: count,
    per_page: count,
    perPage: count,
    total_page: count,
    totalPages: count,
    totalPage: count,
    total: count,
  })
  .transform((said): PageClaim => ({
    page: said.current_page ?? said.currentPage,
    pageSize: (said.per_page ?? said.perPage) || undefined,
    totalPages: said.total_page ?? said.totalPages ?? said.totalPage,
    totalRows: said.total,
  }));

const Paged = z.object({ pagination: z.union([Pagination, z.tuple([]), z.null()]).optional() });

/** The `pagination` of an answer in any of the three dialects. */
export function readPageClaim(answer: unknown): PageClaim {
  const { pagination } = checked(Paged, answer);
  return pagination && !Array.isArray(pagination) ? pagination : {};
}

/** `answer` as the schema has it. Throws {@link AnswerFault} that says where it differs, without quoting any value. */
export function checked<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new AnswerFault(faultSentence(result.error));
}

function faultSentence(error: z.ZodError): string {
  const [issue] = error.issues;
  if (!issue) return 'it is not of the expected shape';
  const place = issue.path.map(String).join('.').slice(0, 100) || 'it';
  const expected = 'expected' in issue && typeof issue.expected === 'string' ? ` (${issue.expected} expected)` : '';
  return `${place} is not of the expected shape${expected}`;
}

/** Text where ArrowSphere sends text, a number or nothing. */
export const text = z.union([z.string(), z.number(), z.null()]).optional();

/** The same of what is only shown: anything else is nothing, as one odd field must not hide a whole list. */
export const shownText = text.catch(undefined);

/** An object that may arrive as an empty array. */
export const map = z
  .union([z.record(z.string(), z.unknown()), z.tuple([])])
  .transform((value) => (Array.isArray(value) ? {} : value));
