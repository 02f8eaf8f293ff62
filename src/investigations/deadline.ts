/** Finding a target and running the playbook take seconds; what has not answered after this long never will. */
const minutes = 5;

export class TooLateError extends Error {
  constructor() {
    super(`No answer after ${minutes} minutes.`);
    this.name = 'TooLateError';
  }
}

/** Rejects with TooLateError where the work does not answer. It cannot be ended, but nobody waits for it any more. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new TooLateError()), minutes * 60_000);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Why something could not be done, for people: what is not in the store is in the log. */
export function whyFailed(what: string, error: unknown): string {
  return error instanceof TooLateError
    ? `${what} did not end within ${minutes} minutes and was given up; the log of this program has the details.`
    : `${what} stopped because of a defect in this program; its log has the details.`;
}
