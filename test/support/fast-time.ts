/** Waits pass at once, and the clock says that they have passed. */
export function fastTime() {
  let ahead = 0;
  let passed = 0;
  return {
    clock: () => new Date(Date.now() + ahead),
    pass(ms: number): void {
      ahead += ms;
      passed += ms;
    },
    /** For what holds leases: the waits that pass at once are none to it, or each would end every lease. */
    slowClock: () => new Date(Date.now() + passed),
    after(ms: number, run: () => void): () => void {
      const timer = setTimeout(() => {
        ahead += ms;
        run();
      }, 0);
      return () => clearTimeout(timer);
    },
  };
}
