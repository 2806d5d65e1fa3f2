import { z } from 'zod';
import { AnswerFault, checked, map, text } from './answers.js';
import type { ArrowExportType, ArrowExportTypeDefinition } from './arrow-gateway.js';
import { firstText } from './customer-answers.js';

const Types = z.object({
  data: z.object({
    exportTypes: z.union([z.array(z.object({ reference: text, name: text })), z.record(z.string(), z.unknown())]),
  }),
});

const Definition = z.object({ data: z.object({ name: text, columns: map }) });

/** `data.exportTypes`, a map of reference → name or a list of both. */
export function readExportTypes(answer: unknown): ArrowExportType[] {
  const { exportTypes } = checked(Types, answer).data;
  const pairs = Array.isArray(exportTypes)
    ? exportTypes.map((type): [string, string] => [firstText(type.reference), firstText(type.name)])
    : Object.entries(exportTypes).map(([reference, name]): [string, string] => [reference.trim(), nameOf(name)]);
  const types = pairs.map(([reference, name], index) => {
    if (reference === '') throw new AnswerFault(`data.exportTypes.${index} has no reference`);
    return { reference, name: name || reference };
  });
  if (new Set(types.map(({ reference }) => reference)).size < types.length) {
    throw new AnswerFault('data.exportTypes has a reference twice');
  }
  return types;
}

/** `data` of one export type. */
export function readExportTypeDefinition(answer: unknown, reference: string): ArrowExportTypeDefinition {
  const { data } = checked(Definition, answer);
  const columns: Record<string, string> = {};
  for (const [column, label] of Object.entries(data.columns)) {
    if (typeof label !== 'string') throw new AnswerFault('a label in data.columns is not text');
    columns[column] = label.trim();
  }
  return { reference, name: firstText(data.name) || reference, columns };
}

const Programs = z.object({ data: z.array(z.object({ reference: text, name: text })) });

/** A vendor programme of a catalogue category. */
export interface Program {
  readonly reference: string;
  readonly name: string;
}

/** `data` of a page of a category's programmes. */
export function readPrograms(answer: unknown): Program[] {
  return checked(Programs, answer).data.map((program, index) => {
    const reference = firstText(program.reference, program.name);
    if (reference === '') throw new AnswerFault(`data.${index} has neither reference nor name`);
    return { reference, name: firstText(program.name, program.reference) };
  });
}

function nameOf(name: unknown): string {
  return typeof name === 'string' ? name.trim() : '';
}
