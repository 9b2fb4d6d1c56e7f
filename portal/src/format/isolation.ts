/**
 * Text that a person entered, for a string that is not rendered as elements: its direction does not affect what comes after
 * it. Elements isolate it with `<bdi>`.
 */
export const isolated = (text: string) => `\u2068${text}\u2069`;
