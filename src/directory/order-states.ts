export const ORDER_STATES = ['pending-provider', 'executing', 'done', 'erred', 'canceled', 'rejected'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

export const ORDER_TYPES = ['Create', 'Update', 'Terminate'] as const;
export type OrderType = (typeof ORDER_TYPES)[number];

/** What lists of Waldur's orders can be narrowed to. Here no order is ever in some of these, and none is found then. */
export const ASKED_ORDER_STATES = [
  ...ORDER_STATES,
  'pending-consumer',
  'pending-project',
  'pending-start-date',
] as const;
export type AskedOrderState = (typeof ASKED_ORDER_STATES)[number];

/** As {@link ASKED_ORDER_STATES}. */
export const ASKED_ORDER_TYPES = [...ORDER_TYPES, 'Restore'] as const;
export type AskedOrderType = (typeof ASKED_ORDER_TYPES)[number];
