/**
 * Operations of the contract that nobody has built yet. A test fails as soon as one of them exists, so this list can
 * only shrink; the suite is complete when it is empty.
 */
export const PENDING: string[] = [];
