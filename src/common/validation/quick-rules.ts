import type { Type } from '@nestjs/common';
import { getMetadataStorage, ValidationTypes, type ValidationArguments } from 'class-validator';

/** Whether a field is looked at, or surely keeps one of its rules. */
type Rule = (object: object, value: unknown) => boolean;

interface FieldRules {
  readonly field: string;
  /** Where one says no, nothing else is asked. */
  readonly conditions: readonly Rule[];
  readonly checks: readonly Rule[];
}

const known = new WeakMap<object, readonly FieldRules[]>();

/**
 * Whether an object surely keeps all rules of its class: the same rules that class-validator goes through, without what
 * it does for its messages, which files of many thousand rows would wait for. False: it has to be asked.
 */
export function surelyKeepsRules(object: object): boolean {
  const dto = object.constructor as Type<object>;
  if (!known.has(dto)) known.set(dto, rulesOf(dto));
  return known.get(dto)!.every(({ field, conditions, checks }) => {
    const value = (object as Record<string, unknown>)[field];
    return !conditions.every((holds) => holds(object, value)) || checks.every((holds) => holds(object, value));
  });
}

/** Of a rule that only class-validator knows how to look at. */
const isUnsure: Rule = () => false;

function rulesOf(dto: Type<object>): FieldRules[] {
  const storage = getMetadataStorage();
  const fields = new Map<string, { conditions: Rule[]; checks: Rule[] }>();
  for (const metadata of storage.getTargetValidationMetadatas(dto, '', false, false)) {
    const { type, propertyName, constraints, constraintCls, each } = metadata;
    const rules = fields.get(propertyName) ?? { conditions: [], checks: [] };
    fields.set(propertyName, rules);
    if (type === ValidationTypes.WHITELIST) continue;
    if (type === ValidationTypes.CONDITIONAL_VALIDATION) {
      rules.conditions.push(constraints[0] as Rule);
      continue;
    }
    if (type !== ValidationTypes.CUSTOM_VALIDATION || each) {
      rules.checks.push(isUnsure);
      continue;
    }
    for (const { instance, async } of storage.getTargetValidatorConstraints(constraintCls)) {
      if (async) rules.checks.push(isUnsure);
      else
        rules.checks.push((_, value) => {
          const args = { value, constraints, property: propertyName } as ValidationArguments;
          return instance.validate(value, args) === true;
        });
    }
  }
  return [...fields].map(([field, rules]) => ({ field, ...rules }));
}
