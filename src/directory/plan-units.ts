export const PLAN_UNITS = ['month', 'quarter', 'half_month', 'day', 'hour', 'quantity'] as const;
export type PlanUnit = (typeof PLAN_UNITS)[number];
