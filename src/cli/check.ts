/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly good: boolean;
  readonly says: string;
  /** Somebody ought to look at it some day; nothing is wrong yet. */
  readonly warns?: boolean;
  /** What to do where it is not good, or warns. */
  readonly advice?: string;
}
