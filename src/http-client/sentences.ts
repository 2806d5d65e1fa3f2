/** `2026-11-23 14:05:09 UTC` */
export function utcSentence(when: Date): string {
  return `${when.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Text for a sentence: on one line and not longer than `length`. */
export function shortened(text: string, length: number): string {
  // eslint-disable-next-line no-control-regex -- control characters must not reach logs or terminals
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/gu, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
