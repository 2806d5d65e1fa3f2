export const ORDER_STATES = ['pending-provider', 'executing', 'done', 'erred', 'canceled', 'rejected'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

export const ORDER_TYPES = ['Create', 'Update', 'Terminate'] as const;
export type OrderType = (typeof ORDER_TYPES)[number];
